/* Where a table comes from, as the command's --input names it. Layer: data.
 *
 *      @patients.csv, @patients.tsv    a file
 *      sqlite:FILE, odbc:..            a query's result */
#ifndef DATA_SOURCE_H
#define DATA_SOURCE_H

#include "data/table.h"

/* Whether the argument names a table, and whether that needs a query. */
bool source_is_table(const char *argument);
bool source_needs_query(const char *argument);

/* Whether the argument is the name of a file that exists, or of a table's, without the @ that has
 * it read. */
bool source_lacks_at(const char *argument);
/* The latter alone: it ends in .csv or .tsv. */
bool source_is_table_name(const char *argument);
/* How to read a spreadsheet's or database's file, which is no text; for the end of a message, else
 * "". */
const char *source_foreign_hint(const char *path);

/* What a file's first line is. */
typedef enum source_header {
    HEADER_UNSAID, /* the columns' names, unless it looks like a row: then it is refused */
    HEADER_NAMES,
    HEADER_ROW
} source_header;

typedef struct source_options {
    const char *query; /* SQL; NULL for a file */
    const char *odbc;  /* the connection, if it is odbc:.. (odbc_link.h) */
    char separator;    /* between a file's values; 0: a comma, or a tab in .tsv */
    source_header header;
    bool has_decimal_comma; /* numbers are written like 12,50 */
} source_options;

/* Whether the text is a mark for decimal numbers: "." or ",", which *ret_is_comma tells. */
MUST_CHECK bool source_read_decimal(bool *ret_is_comma, const char *text);

/* Reads all of it. *ret_table: release with table_clear, also after a failure. PT_ERR_FILE,
 * PT_ERR_INPUT. */
MUST_CHECK pt_status source_read(table *ret_table, const char *argument,
                                 const source_options *options, pt_error *error);

#endif
