#define _DEFAULT_SOURCE
#include "cli/wrap.h"

#include <string.h>
#include <sys/ioctl.h>

#include "base/mem.h"

#define WRAP_COLUMNS_MOST  80
#define WRAP_COLUMNS_LEAST 30 /* below that, lines of one word would be no easier to read */

size_t wrap_window(int fd)
{
    struct winsize window;
    return ioctl(fd, TIOCGWINSZ, &window) == 0 ? window.ws_col : 0;
}

size_t wrap_columns(int fd)
{
    const size_t columns = wrap_window(fd);
    if (columns == 0 || columns > WRAP_COLUMNS_MOST)
        return WRAP_COLUMNS_MOST;
    return columns < WRAP_COLUMNS_LEAST ? WRAP_COLUMNS_LEAST : columns;
}

/* Characters, not bytes, of UTF-8. */
static size_t columns_of(const char *text, size_t len)
{
    size_t n = 0;
    for (size_t i = 0; i < len; i++)
        n += ((unsigned char)text[i] & 0xc0) != 0x80;
    return n;
}

void wrap_put(buffer *b, const char *text, size_t columns, size_t column, size_t indent)
{
    bool is_first = true;
    while (*text != '\0') {
        const size_t blanks = strspn(text, " ");
        const size_t len = strcspn(text + blanks, " ");
        const size_t width = columns_of(text + blanks, len);
        if (!is_first && column + blanks + width > columns) {
            buffer_printf(b, "\n%*s", (int)indent, "");
            column = indent;
        } else {
            buffer_printf(b, "%*s", (int)blanks, "");
            column += blanks;
        }
        buffer_put(b, text + blanks, len);
        column += width;
        text += blanks + len;
        is_first = false;
    }
}

/* Where the text of a line begins: "  name   text" has two blanks or more before it. */
static size_t text_column(const char *line)
{
    const size_t blanks = strspn(line, " ");
    const char *gap = blanks == 0 ? NULL : strstr(line + blanks, "  ");
    return gap == NULL ? blanks : (size_t)(gap - line) + strspn(gap, " ");
}

void wrap_put_lines(buffer *b, const char *lines, size_t columns)
{
    while (*lines != '\0') {
        const size_t len = strcspn(lines, "\n");
        char *line = mem_new(len + 1, 1);
        if (line == NULL) {
            b->failed = true;
            return;
        }
        memcpy(line, lines, len);
        wrap_put(b, line, columns, 0, text_column(line));
        buffer_put_u8(b, '\n');
        mem_free(line);
        lines += len + (lines[len] == '\n');
    }
}

size_t wrap_cut(const char *text, size_t len, size_t columns)
{
    size_t at = 0;
    for (size_t n = 0; at < len; at++) {
        n += ((unsigned char)text[at] & 0xc0) != 0x80;
        if (n > columns)
            break;
    }
    return at;
}
