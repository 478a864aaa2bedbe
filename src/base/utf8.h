/* UTF-8. Layer: base. */
#ifndef BASE_UTF8_H
#define BASE_UTF8_H

#include <stdbool.h>
#include <stddef.h>

/* Whether all of it is UTF-8: nothing cut short, overlong, of the surrogates or past U+10FFFF. */
bool utf8_is_valid(const char *text, size_t len);

/* The longest start of valid text that has at most `max` bytes and ends with a whole letter. */
size_t utf8_cut(const char *text, size_t len, size_t max);

/* How many bytes at the start, of which there are some, are one letter that shows nothing itself
 * and could disturb a terminal, or show what follows in another order: a control character, or one
 * that sets the direction of text. Else 0. */
size_t utf8_hidden(const char *text, size_t len);

#endif
