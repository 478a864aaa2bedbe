/* Tables from text: comma-separated (RFC 4180) or tab-separated values. Layer: data.
 *
 * Strict: a quote within an unquoted value, text behind a closing quote, an open quote at the end,
 * a row with more or fewer values than the first, bytes that are not UTF-8, and NUL are errors with
 * their line. Blanks belong to the values. Lines end with LF, CR LF or CR; a byte-order mark is
 * skipped. An unquoted nothing is a missing value. An empty line is a missing value in a table of
 * one column; with more columns empty lines may stand at the end only. A line "sep=;" before all
 * others, as some spreadsheets write it, says the separator. */
#ifndef DATA_CSV_READ_H
#define DATA_CSV_READ_H

#include <stdio.h>

#include "data/csv_first_line.h"
#include "data/table.h"

typedef struct csv_options {
    const char *source; /* for messages */
    char separator;     /* one of CSV_SEPARATORS */
    bool has_no_header; /* the first line is a row */
} csv_options;

/* Reads all of `file`. *ret_table: release with table_clear, also after a failure. PT_ERR_INPUT,
 * PT_ERR_FILE. */
MUST_CHECK pt_status csv_read(table *ret_table, FILE *file, const csv_options *options,
                              pt_error *error);

#endif
