/* Rows of text as they were read from a file or a database, before they have types. Layer: data.
 *
 * A table is filled once, cell after cell from left to right, and then walked with a cursor. The
 * cells lie one behind the other in chunks, each with its length, so that a million rows take
 * little more than their file. They are a party's private input: chunks are wiped when freed. */
#ifndef DATA_TABLE_H
#define DATA_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/compiler.h"
#include "polytune/status.h"

/* Longest cell, most columns and most rows that are read. */
#define TABLE_CELL_BYTES_MAX ((size_t)1 << 20)
#define TABLE_COLUMNS_MAX    ((size_t)4096)
#define TABLE_ROWS_MAX       ((size_t)1 << 27)

typedef struct table_chunk table_chunk;

typedef struct table {
    char *source;     /* for messages: "patients.csv" */
    char **columns;   /* their names */
    size_t n_columns; /* set before the first cell */
    size_t n_cells;
    size_t first_line;      /* of the file: where row 0 begins; 0 when there are no lines */
    bool has_names;         /* the columns' names are the table's own, not just numbers */
    bool has_decimal_comma; /* its numbers are written like 12,50 */
    char other_separator; /* of a file: what seems to separate its values in place of what was said;
                             0: nothing does */
    table_chunk *first;
    table_chunk *last;
} table;

/* A cell; `text` is not terminated. Missing is not the same as empty: an unquoted nothing in a
 * file, NULL in a database. */
typedef struct table_cell {
    const char *text;
    size_t len;
    bool is_missing;
} table_cell;

MUST_CHECK pt_status table_init(table *ret_table, const char *source, pt_error *error);
/* Also for a table that is only zeroed. */
void table_clear(table *t);

MUST_CHECK pt_status table_add_column(table *t, const char *name, size_t len, pt_error *error);
/* The next cell; the row is complete with its n_columns-th. PT_ERR_INPUT past a limit. */
MUST_CHECK pt_status table_add_cell(table *t, const table_cell *cell, pt_error *error);

size_t table_rows(const table *t);
/* The column of that name, or n_columns. */
size_t table_find_column(const table *t, const char *name);

typedef struct table_cursor {
    const table_chunk *chunk;
    size_t at;
} table_cursor;

void table_cursor_init(table_cursor *ret_cursor, const table *t);
/* The next cell, borrowed; false after the last. */
bool table_next(table_cursor *c, table_cell *ret_cell);

/* The line of the file where `row` (from 0) begins. */
size_t table_line(const table *t, size_t row);

/* PT_ERR_INPUT: "SOURCE, row 3 (line 4), column 'age': MESSAGE"; rows count from 1. */
pt_status table_fail(const table *t, size_t row, size_t column, pt_error *error, const char *format,
                     ...) PRINTF_LIKE(5, 6);

/* "; if ';' stands between its values ..", where a file seems to need that; else "". */
#define TABLE_HINT_BYTES 96
void table_separator_hint(char ret_text[TABLE_HINT_BYTES], const table *t);

/* A value as messages show it: at most 40 bytes of it, and nothing that could disturb a terminal.
 */
#define TABLE_SHOWN_BYTES 48
void table_show(char ret_text[TABLE_SHOWN_BYTES], const char *text, size_t len);

#endif
