/* Reading the files that TLS needs. Layer: httpd. */
#ifndef HTTPD_TLS_H
#define HTTPD_TLS_H

#include "base/buffer.h"
#include "base/compiler.h"
#include "polytune/status.h"

/* A PEM file as text. The buffer is wiped by buffer_clear.
 * PT_ERR_FILE when it cannot be read, PT_ERR_INPUT when it is no PEM file, or a key that others
 * than its owner may read. */
MUST_CHECK pt_status tls_read_certificate(buffer *ret_text, const char *path, pt_error *error);
MUST_CHECK pt_status tls_read_key(buffer *ret_text, const char *path, pt_error *error);

#endif
