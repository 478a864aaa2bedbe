/* The result of a run, on stdout or where -o says. Layer: cli.
 *
 * What FILE.csv, FILE.tsv and a database get are the result's rows, FILE.json gets Garble JSON, and
 * all others the literal. The file is opened before the run, and a database tried, so that a result
 * is not lost for a wrong name. When the result
 * cannot be written after all, it is shown on stderr if that is a terminal, and nowhere otherwise:
 * what goes to a log stays there. */
#ifndef CLI_RESULT_OUT_H
#define CLI_RESULT_OUT_H

#include <jansson.h>

#include "cli/computation.h"
#include "cli/file_out.h"
#include "data/sink.h"

/* -o and --output, --table. */
extern const flag flags_output[];

typedef enum result_format {
    RESULT_TEXT,
    RESULT_JSON,
    RESULT_CSV,
    RESULT_TSV,
    RESULT_DATABASE
} result_format;

typedef struct result_out {
    bool json; /* --json: one object, not the literal alone */
    result_format format;
    bool to_file;
    file_out file;
    sink database;
    char *odbc; /* what database.odbc is */
    const computation *c;
    size_t party;   /* whose part of the result; RESULT_OF_ALL */
    row_shape rows; /* of formats that are tables */
    const args *a;
} result_out;

/* Reads the flags and opens the file. Release with result_out_clear in any case. */
PT_MUST_CHECK pt_status result_out_init(result_out *ret_out, const args *a, pt_error *error);

/* The result as eval and simulate have it, with every party's part if it has parts. */
#define RESULT_OF_ALL SIZE_MAX

/* Makes sure that results of this declared computation, which is borrowed, can be written so: what
 * `party` learns, or RESULT_OF_ALL. PT_ERR_USAGE, PT_ERR_FILE. */
PT_MUST_CHECK pt_status result_out_prepare(result_out *out, const computation *c, size_t party,
                                           pt_error *error);

/* A result of the prepared computation: its output bits, and these as text and as JSON text. */
typedef struct result_value {
    const uint8_t *bits;
    const char *text;
    const char *json;
} result_value;

/* Writes a result; with --json all of it is NULL at a party that receives none. `rest` makes the
 * other members of the JSON object, is taken over, and may be NULL without --json. */
PT_MUST_CHECK pt_status result_out_write(result_out *out, const result_value *value, json_t *rest,
                                         pt_error *error);
void result_out_clear(result_out *out);

#endif
