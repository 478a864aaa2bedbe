/* Whether the head of a request says one thing to every reader. Layer: httpd. Pure functions on
 * text.
 *
 * A proxy in front and this server must see the same requests in the same bytes (RFC 9112, sections
 * 3, 5 and 6), else somebody's request is taken for somebody else's. The server library is lenient;
 * what two readers could read in two ways is refused here, and the connection closed. */
#ifndef HTTPD_HEAD_H
#define HTTPD_HEAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct request_head {
    unsigned n_lengths;
    unsigned n_encodings;
    unsigned n_hosts;
    bool has_length; /* of the body, as Content-Length says */
    uint64_t length;
    bool is_chunked;
    bool has_bad_target; /* the path or query has a control character */
    bool has_bad_field;  /* a header's name or value has a character that it must not */
} request_head;

/* Takes note of a header. True for those that are the server's own business. */
bool head_take(request_head *h, const char *name, const char *value);

/* Whether the text, part of a path or query before it is decoded, has a control character. */
bool head_is_bad_target(const char *text);

/* What is wrong with the whole head, or NULL. */
const char *head_wrong(const request_head *h, const char *method, const char *version);

/* Whether a body follows. */
bool head_has_body(const request_head *h);

#endif
