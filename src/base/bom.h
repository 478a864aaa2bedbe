/* The byte order mark that some editors put before UTF-8 text. Layer: base. */
#ifndef BASE_BOM_H
#define BASE_BOM_H

#include <stddef.h>
#include <string.h>

/* How many bytes of `text` (`len` bytes; NULL if there are none) to skip: 3 or 0. */
static inline size_t bom_len(const char *text, size_t len)
{
    return len >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
}

#endif
