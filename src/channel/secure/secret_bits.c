/* A rough estimate of what a session secret withstands, for warnings. */
#include <stdbool.h>
#include <string.h>

#include "base/mem.h"
#include "base/min.h"
#include "polytune/secure.h"

#define TENTHS_IN_WORDS 21 /* a random word and its blank: about 13 bits for 6 characters */

/* A random word, however long it is, and from how many letters on they are one. What is too long
 * for one are several, joined. */
#define WORD_TENTHS 130
#define WORD_MIN    4
#define WORD_MAX    12
#define JOINED_MEAN 7

static bool secret_is_lower(unsigned char c)
{
    return c >= 'a' && c <= 'z';
}

static bool secret_is_letter(unsigned char c)
{
    return secret_is_lower(c) || (c >= 'A' && c <= 'Z');
}

/* Tenths of a bit that a character is worth: of the kinds that occur, if all are drawn at random;
 * in words much less. */
static size_t worth_of_a_character(const unsigned char *text, size_t len)
{
    bool lower = false, upper = false, digit = false, other = false;
    for (size_t i = 0; i < len; i++) {
        lower |= secret_is_lower(text[i]);
        upper |= text[i] >= 'A' && text[i] <= 'Z';
        digit |= text[i] >= '0' && text[i] <= '9';
        other |= text[i] > ' ' && text[i] != '-' && strchr("0123456789", text[i]) == NULL &&
                 !secret_is_letter(text[i]);
    }
    if (!digit && !other)
        return TENTHS_IN_WORDS;
    if (!lower && !upper)
        return other ? 50 : 33;
    return other ? 63 : (lower && upper ? 59 : 50);
}

/* The letters that `text` begins with, if they may be a word: of one case, but for the first. */
static size_t word_len(const unsigned char *text, size_t len)
{
    size_t n = 0;
    while (n < len && secret_is_letter(text[n]) &&
           (n < 2 || secret_is_lower(text[n]) == secret_is_lower(text[1])))
        n++;
    return n >= WORD_MIN ? n : 0;
}

/* Tenths of a bit if whoever guesses knows that there are words, and what separates them. */
static size_t worth_of_words(const unsigned char *text, size_t len, size_t of_a_character)
{
    size_t tenths = 0;
    for (size_t i = 0; i < len;) {
        const size_t word = word_len(text + i, len - i);
        if (word != 0)
            tenths += WORD_TENTHS * (word > WORD_MAX ? word / JOINED_MEAN : 1);
        else if (text[i] != '\0' && strchr(" -_.,", text[i]) == NULL)
            tenths += of_a_character;
        i += word != 0 ? word : 1;
    }
    return tenths;
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
    const size_t of_one = worth_of_a_character(text, len);
    const size_t of_all = min_size(len, 3 * different) * of_one;
    return min_size(of_all, worth_of_words(text, len, of_one)) / 10;
}
