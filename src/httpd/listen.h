/* The sockets a server listens on. Layer: httpd. */
#ifndef HTTPD_LISTEN_H
#define HTTPD_LISTEN_H

#include <stddef.h>
#include <stdint.h>

#include "base/compiler.h"
#include "polytune/status.h"

#define LISTENERS_MAX 8

typedef struct listeners {
    int fds[LISTENERS_MAX]; /* non-blocking */
    size_t n;
} listeners;

/* Listens on all addresses of a host (the first LISTENERS_MAX), on one port; 0 is any free one.
 * Addresses that the machine does not have are passed over, as long as one is left. PT_ERR_USAGE
 * for an address that cannot be resolved, PT_ERR_IO when it cannot be listened on. */
MUST_CHECK pt_status listeners_open(listeners *ret_listeners, uint16_t *ret_port,
                                    const char *address, uint16_t port, pt_error *error);
void listeners_close(listeners *l);

#endif
