/* Places marked in the text of a program, so that tests need not count columns: `$1[n / k]$1` is
 * the text `n / k`, whose place `$1` stands for in what is expected. Marks are $1 to $9. */
#ifndef TESTS_LANG_MARKS_H
#define TESTS_LANG_MARKS_H

#include <stddef.h>

#define MARKS_MAX      9
#define MARKS_MAX_TEXT 2000

typedef struct marks {
    char *source;                   /* without marks; free */
    char places[MARKS_MAX + 1][60]; /* "2:5-2:10", one-based, end exclusive; empty: no such mark */
} marks;

/* Fails the test if a mark is not closed. */
void marks_read(marks *ret_marks, const char *marked);
void marks_clear(marks *m);
/* `expected` with the places in place of their marks; fails the test if one is missing. */
void marks_expand(char ret_text[MARKS_MAX_TEXT], const marks *m, const char *expected);

#endif
