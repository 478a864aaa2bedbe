/* What writing and verifying an audit log share: its lines. Layer: node. */
#ifndef NODE_AUDIT_LINE_H
#define NODE_AUDIT_LINE_H

#include "base/buffer.h"
#include "node/audit.h"

/* With the newline. */
#define AUDIT_LINE_MAX ((size_t)65536)

/* Base64 of a signature, terminated. */
#define AUDIT_SIGNATURE_SIZE 89

/* The hash that the first line has as "prev". */
void audit_head_begin(audit_head *ret_head);

/* The head that a line of `len` bytes, newline included, makes. */
void audit_head_next(audit_head *head, uint64_t seq, const char *line, size_t len);

/* What a "signed" line that follows `head` signs. */
#define AUDIT_SIGNED_MAX 128
size_t audit_signed_text(char ret_text[AUDIT_SIGNED_MAX], const audit_head *head);

#endif
