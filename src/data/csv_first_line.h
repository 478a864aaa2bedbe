/* What a file's first line tells about the separator of its values. Layer: data. */
#ifndef DATA_CSV_FIRST_LINE_H
#define DATA_CSV_FIRST_LINE_H

#include <stddef.h>

/* What --separator takes. */
#define CSV_SEPARATORS ",;\t|: "

/* Why a file that begins so is no text that can be read; NULL if nothing speaks against it. */
const char *csv_no_text(const char *text, size_t len);

/* The bytes of a line "sep=;", as some spreadsheets write it before all others, with its end; 0 if
 * the text does not begin with one. *ret_separator is written only then. */
size_t csv_separator_line(char *ret_separator, const char *text, size_t len);

/* What seems to stand between the values of the first line in place of `separator`, which is not in
 * it outside of quotes; 0: nothing. */
char csv_other_separator(const char *text, size_t len, char separator);

#endif
