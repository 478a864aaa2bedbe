/* What goes to stdout: the result, or one JSON object. Layer: cli. */
#ifndef CLI_OUTPUT_H
#define CLI_OUTPUT_H

#include <jansson.h>

#include "base/buffer.h"
#include "polytune/polytune.h"

/* Prints a line of text. Fails when stdout cannot be written. */
PT_MUST_CHECK pt_status output_line(const char *text, pt_error *error);

/* Prints text as it is. Fails when this, or what was printed before, cannot be written. */
PT_MUST_CHECK pt_status output_text(const char *text, size_t len, pt_error *error);

/* Prints a JSON object on one line and releases it. NULL is taken as out of memory. */
PT_MUST_CHECK pt_status output_json(json_t *object, pt_error *error);

/* Appends an object with the JSON text of a computation's result (NULL: null) as its first member,
 * "result", and at least one more, from `object`, which it releases. The text goes out as it is: a
 * tree in between would lose numbers of 2^63 and more, which jansson cannot hold. */
PT_MUST_CHECK pt_status output_put_result(buffer *ret_line, const char *result, json_t *object,
                                          pt_error *error);

/* A number that is not negative, rounded to a millionth. NULL when out of memory. */
json_t *output_real(double value);

/* Text as a JSON string; bytes beyond ASCII become '?' if they are not UTF-8. NULL when out of
 * memory. */
json_t *output_json_text(const char *text, size_t len);

/* Adds the figures of a run to an object: "parties", "and", "seconds", "peak_rss_bytes", "phases".
 */
void output_add_stats(json_t *object, size_t parties, const pt_mpc_stats *stats);
/* Adds "traffic": an object per phase and peer. */
void output_add_traffic(json_t *object, pt_meter *meter);

#endif
