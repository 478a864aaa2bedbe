/* The certificate that the node shows, which may be exchanged while it serves. Layer: node. */
#ifndef NODE_HTTP_SERVER_CERTIFICATE_H
#define NODE_HTTP_SERVER_CERTIFICATE_H

#include "base/compiler.h"
#include "polytune/status.h"

typedef struct server_certificate server_certificate;

/* Of PEM files: the chain, and the key of its first certificate. PT_ERR_FILE; PT_ERR_INPUT when
 * they are none, or do not belong together. */
MUST_CHECK pt_status server_certificate_read(server_certificate **ret_certificate,
                                             const char *chain_path, const char *key_path,
                                             pt_error *error);
/* With those that it came after. Accepts NULL. */
void server_certificate_free(server_certificate *c);
/* `before`, taken over, stays until the end: handshakes may be using it. */
void server_certificate_follow(server_certificate *c, server_certificate *before);

/* For httpd_options.tls_show; shows what node.c says is the present one. */
void (*server_certificate_shower(void))(void);

#endif
