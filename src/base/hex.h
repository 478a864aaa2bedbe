/* Hexadecimal. Layer: base. */
#ifndef BASE_HEX_H
#define BASE_HEX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Characters for `len` bytes, with the terminator. */
#define HEX_SIZE(len) (2 * (size_t)(len) + 1)

/* The value of a digit, in either case; -1 for anything else. */
int hex_digit(char c);

/* Small letters, terminated. The same instructions for all bytes, so they may be secret. */
void hex_write(char *ret_text, const uint8_t *bytes, size_t len);

/* Exactly 2 * `len` digits, in either case. False for anything else, with the bytes undefined.
 * Not for secrets. */
bool hex_read(uint8_t *ret_bytes, size_t len, const char *text);

#endif
