#include "data/csv_first_line.h"

#include <stdbool.h>
#include <string.h>

const char *csv_no_text(const char *text, size_t len)
{
    static const struct {
        const char *start;
        size_t len;
        const char *what;
    } known[] = {
        {"\xff\xfe", 2, "this is UTF-16 text; save the file as UTF-8"},
        {"\xfe\xff", 2, "this is UTF-16 text; save the file as UTF-8"},
        {"PK\x03\x04", 4, "this is a spreadsheet's file or an archive, not text; save it as CSV"},
        {"\xd0\xcf\x11\xe0", 4, "this is a spreadsheet's file, not text; save it as CSV"},
        {"\x1f\x8b", 2, "this is compressed; unpack it"},
        {"SQLite format 3", 15, "this is a database; sqlite:FILE and --query read it"},
    };
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (len >= known[i].len && memcmp(text, known[i].start, known[i].len) == 0)
            return known[i].what;
    return NULL;
}

size_t csv_separator_line(char *ret_separator, const char *text, size_t len)
{
    static const char start[] = "sep=";
    const size_t n = sizeof start - 1;
    if (len < n + 2 || memcmp(text, start, n) != 0 || text[n] == '\0' ||
        strchr(CSV_SEPARATORS, text[n]) == NULL)
        return 0;
    size_t end = n + 1;
    end += text[end] == '\r';
    end += end < len && text[end] == '\n';
    if (end == n + 1)
        return 0;
    *ret_separator = text[n];
    return end;
}

char csv_other_separator(const char *text, size_t len, char separator)
{
    static const char usual[] = ";\t|,";
    bool is_quoted = false;
    char found = '\0';
    for (size_t i = 0; i < len && (is_quoted || (text[i] != '\n' && text[i] != '\r')); i++) {
        if (text[i] == '"')
            is_quoted = !is_quoted;
        if (is_quoted || text[i] == '\0')
            continue;
        if (text[i] == separator)
            return '\0';
        if (found == '\0' && strchr(usual, text[i]) != NULL)
            found = text[i];
    }
    return found;
}
