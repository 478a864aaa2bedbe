/* The certificate that a client shows in TLS. Layer: node. */
#ifndef NODE_HTTP_CLIENT_CERTIFICATE_H
#define NODE_HTTP_CLIENT_CERTIFICATE_H

#include <microhttpd.h>
#include <stdbool.h>

#define CLIENT_CERTIFICATE_SIZE 65

/* The SHA-256 of the client's certificate (DER), as text, if it shows one that an authority of
 * client-ca has signed, for clients, and that is valid now. */
bool client_certificate(char ret_sha256[CLIENT_CERTIFICATE_SIZE],
                        struct MHD_Connection *connection);

#endif
