/* A rough estimate of what a session secret withstands, for warnings. */
#include <stdbool.h>
#include <string.h>

#include "base/mem.h"
#include "base/min.h"
#include "polytune/secure.h"

#define TENTHS_IN_WORDS 21 /* a random word and its blank: about 13 bits for 6 characters */

/* Tenths of a bit that a character is worth: of the kinds that occur, if all are drawn at random;
 * in words much less. */
static size_t worth_of_a_character(const unsigned char *text, size_t len)
{
    bool lower = false, upper = false, digit = false, other = false;
    for (size_t i = 0; i < len; i++) {
        lower |= text[i] >= 'a' && text[i] <= 'z';
        upper |= text[i] >= 'A' && text[i] <= 'Z';
        digit |= text[i] >= '0' && text[i] <= '9';
        other |= text[i] > ' ' && text[i] != '-' && strchr("0123456789", text[i]) == NULL &&
                 !((text[i] | 32) >= 'a' && (text[i] | 32) <= 'z');
    }
    if (!digit && !other)
        return TENTHS_IN_WORDS;
    if (!lower && !upper)
        return other ? 50 : 33;
    return other ? 63 : (lower && upper ? 59 : 50);
}

/* At most as many characters count as three times the different ones. */
size_t pt_channel_secure_secret_bits(const void *secret, size_t len)
{
    const unsigned char *text = secret;
    bool seen[256] = {false};
    size_t different = 0;
    if (secret == NULL)
        return 0;
    for (size_t i = 0; i < len; i++) {
        different += !seen[text[i]];
        seen[text[i]] = true;
    }
    mem_wipe(seen, sizeof seen);
    return min_size(len, 3 * different) * worth_of_a_character(text, len) / 10;
}
