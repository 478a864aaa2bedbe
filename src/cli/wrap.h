/* Text in lines that fit a terminal. Layer: cli. */
#ifndef CLI_WRAP_H
#define CLI_WRAP_H

#include "base/buffer.h"

/* How wide lines may be that go to this file: 80, or as many columns as its terminal has if those
 * are fewer. */
size_t wrap_columns(int fd);

/* The columns of the terminal; 0 when it is none or does not tell. */
size_t wrap_window(int fd);

/* Appends `text`, one line long, broken at blanks so that lines have at most `columns`; it begins
 * at `column`, and further lines at `indent`. A word that is too long stays whole. No end of line
 * at the end. */
void wrap_put(buffer *b, const char *text, size_t columns, size_t column, size_t indent);

/* Appends lines, each wrapped. What a line continues in begins where its own text does: after its
 * blanks, or, in a list of names and texts, after the blanks between the two. */
void wrap_put_lines(buffer *b, const char *lines, size_t columns);

/* As many bytes of the text as fit into so many columns. */
size_t wrap_cut(const char *text, size_t len, size_t columns);

#endif
