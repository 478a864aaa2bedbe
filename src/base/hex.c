#include "base/hex.h"

int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

/* Without a branch or a table: v - 10 wraps around, and has high bits, only for the digits. */
static char digit_of(unsigned v)
{
    const unsigned is_letter = ~((v - 10) >> 8) & 1u;
    return (char)('0' + v + is_letter * ('a' - '0' - 10));
}

void hex_write(char *ret_text, const uint8_t *bytes, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        ret_text[2 * i] = digit_of(bytes[i] >> 4);
        ret_text[2 * i + 1] = digit_of(bytes[i] & 15u);
    }
    ret_text[2 * len] = '\0';
}

bool hex_read(uint8_t *ret_bytes, size_t len, const char *text)
{
    for (size_t i = 0; i < len; i++) {
        const int high = hex_digit(text[2 * i]);
        const int low = high < 0 ? -1 : hex_digit(text[2 * i + 1]);
        if (low < 0)
            return false;
        ret_bytes[i] = (uint8_t)(high * 16 + low);
    }
    return text[2 * len] == '\0';
}
