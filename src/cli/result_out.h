/* The result of a run, on stdout or in the file of -o. Layer: cli.
 *
 * The file is opened before the run, so that a result is not lost for a wrong name. When the result
 * cannot be written after all, it is shown on stderr if that is a terminal, and nowhere otherwise:
 * what goes to a log stays there. */
#ifndef CLI_RESULT_OUT_H
#define CLI_RESULT_OUT_H

#include <jansson.h>

#include "cli/file_out.h"
#include "cli/flags/args.h"

/* -o and --output. */
extern const flag flags_output[];

typedef struct result_out {
    bool json; /* --json: one object, not the literal alone */
    bool to_file;
    file_out file;
} result_out;

/* Reads the flags and opens the file. Release with result_out_clear in any case. */
PT_MUST_CHECK pt_status result_out_init(result_out *ret_out, const args *a, pt_error *error);

/* Writes a result, as text and as JSON text; with --json both NULL at a party that receives none.
 * `rest` makes the other members of the JSON object, is taken over, and may be NULL without --json.
 */
PT_MUST_CHECK pt_status result_out_write(result_out *out, const char *text, const char *json,
                                         json_t *rest, pt_error *error);
void result_out_clear(result_out *out);

#endif
