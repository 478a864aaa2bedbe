#include "node/run/config_words.h"

#include <stdio.h>
#include <string.h>

#define WORDS_MAX 2048

/* Longer ones first where one begins like another. */
static const struct {
    const char *flag;
    const char *word;
} words[] = {
    {"--input=", "from: "},
    {"--query", "query"},
    {"--header=no", "header: false"},
    {"--header=yes", "header: true"},
    {"--truncate", "truncate: true"},
    {"--separator=tab", "separator: \"\\t\""},
    {"--separator=", "separator: "},
    {"--rows=", "rows: "},
    {"--scale=", "scale: "},
    {"--scale", "scale"},
    {"--decimal=,", "decimal: \",\""},
    {"--decimal=", "decimal: "},
    {"--decimal", "decimal"},
    {" (see --tls-ca)", ""},
    {"the roster says (or the ticket)", "the configuration says"},
    {"the roster's", "the configuration's"},
    {"in the roster", "in the configuration"},
    {"in its own roster", "in its own configuration"},
    {"with another roster", "with other participants or keys"},
};

void config_words(char *text, size_t size)
{
    char out[WORDS_MAX];
    size_t len = 0;
    const char *at = text;
    while (*at != '\0' && len + 1 < sizeof out) {
        size_t i = 0;
        while (i < sizeof words / sizeof *words &&
               strncmp(at, words[i].flag, strlen(words[i].flag)) != 0)
            i++;
        if (i == sizeof words / sizeof *words) {
            out[len++] = *at++;
            continue;
        }
        const size_t word_len = strlen(words[i].word);
        if (len + word_len >= sizeof out)
            break;
        memcpy(out + len, words[i].word, word_len);
        len += word_len;
        at += strlen(words[i].flag);
    }
    out[len] = '\0';
    (void)snprintf(text, size, "%s", out);
}
