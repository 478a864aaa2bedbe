/* Numbers and escapes in requests, read strictly. Layer: httpd. Pure functions on text. */
#ifndef HTTPD_TEXT_H
#define HTTPD_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A decimal number of at most `max`; false for anything else. */
bool text_number(const char *text, size_t len, uint64_t max, uint64_t *ret_number);

/* A hexadecimal number of 1 to 16 digits; false for anything else. */
bool text_hex(const char *text, uint64_t *ret_number);

/* Decodes the %-escapes of unreserved characters in place (RFC 3986, section 6.2.2.2) and leaves
 * all others, so that an escaped slash or zero byte cannot change what a path means. Returns the
 * new length. */
size_t text_unescape(char *text);

#endif
