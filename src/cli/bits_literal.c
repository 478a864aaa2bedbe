#include "cli/bits_literal.h"

#include <string.h>

#include "base/error.h"
#include "base/hex.h"

pt_status bits_literal_parse(uint8_t *ret_bits, size_t n_bits, const char *text, size_t len,
                             pt_error *error)
{
    const bool hex = strncmp(text, "0x", 2) == 0;
    const size_t per_digit = hex ? 4 : 1;
    if (!hex && strncmp(text, "0b", 2) != 0)
        return error_set(error, PT_ERR_INPUT,
                         "expected 0x and hexadecimal digits, or 0b and binary digits");
    const size_t n_digits = len - 2;
    if (n_digits == 0 && n_bits != 0)
        return error_set(error, PT_ERR_INPUT, "expected digits after %.2s", text);
    memset(ret_bits, 0, n_bits);
    for (size_t i = 0; i < n_digits; i++) {
        const char c = text[2 + n_digits - 1 - i];
        const int value = hex_digit(c);
        if (value < 0 || value >= 1 << per_digit)
            return error_set(error, PT_ERR_INPUT, "'%c' at position %zu is not a %s digit",
                             c >= ' ' && c <= '~' ? c : '?', 2 + n_digits - i,
                             hex ? "hexadecimal" : "binary");
        for (size_t b = 0; b < per_digit; b++) {
            const size_t bit = i * per_digit + b;
            const uint8_t set = (uint8_t)((value >> b) & 1);
            if (bit < n_bits)
                ret_bits[bit] = set;
            else if (set)
                return error_set(error, PT_ERR_INPUT,
                                 "the value needs more than the input's %zu bits", n_bits);
        }
    }
    return PT_OK;
}

void bits_literal_print(buffer *b, const uint8_t *bits, size_t n_bits)
{
    buffer_printf(b, "0x");
    for (size_t digit = (n_bits + 3) / 4; digit > 0; digit--) {
        unsigned value = 0;
        for (size_t i = 4; i > 0; i--) {
            const size_t bit = (digit - 1) * 4 + i - 1;
            value = value << 1 | (bit < n_bits ? bits[bit] : 0u);
        }
        buffer_put_u8(b, (uint8_t) "0123456789abcdef"[value]);
    }
}
