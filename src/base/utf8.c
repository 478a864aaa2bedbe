#include "base/utf8.h"

#include <stdint.h>
#include <string.h>

/* What may follow a first byte: how many bytes, and the range of the next one (the others: 80 to
 * bf). Unicode 15, table 3-7. */
typedef struct utf8_lead {
    uint8_t first, last;
    uint8_t n_more;
    uint8_t low, high;
} utf8_lead;

static const utf8_lead leads[] = {
    {0xc2, 0xdf, 1, 0x80, 0xbf}, {0xe0, 0xe0, 2, 0xa0, 0xbf}, {0xe1, 0xec, 2, 0x80, 0xbf},
    {0xed, 0xed, 2, 0x80, 0x9f}, {0xee, 0xef, 2, 0x80, 0xbf}, {0xf0, 0xf0, 3, 0x90, 0xbf},
    {0xf1, 0xf3, 3, 0x80, 0xbf}, {0xf4, 0xf4, 3, 0x80, 0x8f},
};

/* The length of the letter beyond ASCII at `at`, or 0. */
static size_t letter_len(const uint8_t *at, size_t left)
{
    for (size_t i = 0; i < sizeof leads / sizeof *leads; i++) {
        const utf8_lead *l = &leads[i];
        if (at[0] < l->first || at[0] > l->last)
            continue;
        if (left <= l->n_more || at[1] < l->low || at[1] > l->high)
            return 0;
        for (size_t k = 2; k <= l->n_more; k++) {
            if ((at[k] & 0xc0) != 0x80)
                return 0;
        }
        return (size_t)l->n_more + 1;
    }
    return 0;
}

bool utf8_is_valid(const char *text, size_t len)
{
    const uint8_t *bytes = (const uint8_t *)text;
    for (size_t i = 0; i < len;) {
        const size_t n = bytes[i] < 0x80 ? 1 : letter_len(bytes + i, len - i);
        if (n == 0)
            return false;
        i += n;
    }
    return true;
}

size_t utf8_cut(const char *text, size_t len, size_t max)
{
    if (len <= max)
        return len;
    while (max > 0 && ((unsigned char)text[max] & 0xc0) == 0x80)
        max--;
    return max;
}

/* Beyond ASCII: the controls of ISO 8859, and Unicode's Bidi_Control and separators of lines. */
static const struct {
    char lead[3];
    uint8_t first, last; /* byte behind it */
} hidden[] = {
    {"\xc2", 0x80, 0x9f},     {"\xd8", 0x9c, 0x9c},     {"\xe2\x80", 0x8e, 0x8f},
    {"\xe2\x80", 0xa8, 0xae}, {"\xe2\x81", 0xa6, 0xa9},
};

size_t utf8_hidden(const char *text, size_t len)
{
    const uint8_t first = (uint8_t)text[0];
    if (first < 0x20 || first == 0x7f)
        return 1;
    for (size_t i = 0; i < sizeof hidden / sizeof *hidden; i++) {
        const size_t n = strlen(hidden[i].lead);
        if (len > n && memcmp(text, hidden[i].lead, n) == 0 &&
            (uint8_t)text[n] >= hidden[i].first && (uint8_t)text[n] <= hidden[i].last)
            return n + 1;
    }
    return 0;
}
