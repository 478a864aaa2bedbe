/* Opening the socket a server listens on. Layer: httpd. */
#ifndef HTTPD_LISTEN_H
#define HTTPD_LISTEN_H

#include <stdint.h>

#include "base/compiler.h"
#include "polytune/status.h"

/* Listens on a host's first address that can be had. The descriptor is the caller's; `ret_port`
 * tells which port it got. PT_ERR_USAGE for an address that cannot be resolved, PT_ERR_IO when it
 * cannot be listened on. */
MUST_CHECK pt_status listen_open(int *ret_fd, uint16_t *ret_port, const char *address,
                                 uint16_t port, pt_error *error);

#endif
