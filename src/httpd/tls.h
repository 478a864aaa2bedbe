/* Reading the files that TLS needs. Layer: httpd. */
#ifndef HTTPD_TLS_H
#define HTTPD_TLS_H

#include "base/buffer.h"
#include "base/compiler.h"
#include "polytune/status.h"

/* A PEM file as text; `what` names it in the error. The buffer is wiped by buffer_clear.
 * PT_ERR_USAGE when it cannot be read or is no PEM file. */
MUST_CHECK pt_status tls_read_pem(buffer *ret_text, const char *path, const char *what,
                                  pt_error *error);

#endif
