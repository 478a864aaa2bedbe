/* Answers as JSON. Layer: wasm.
 *
 * json_t of jansson; NULL is out of memory everywhere, which all of its calls accept and pass on.
 */
#ifndef WASM_ANSWER_H
#define WASM_ANSWER_H

#include <jansson.h>

#include "polytune/polytune.h"

/* The text of an answer, which it takes over; NULL when out of memory. */
char *answer_text(json_t *answer);

/* {"error": ..}; `diagnostics` and `panic` may be NULL. */
json_t *answer_error(pt_status status, const pt_error *error, const pt_diagnostics *diagnostics);

json_t *answer_diagnostics(const pt_diagnostics *diagnostics);
json_t *answer_type(const pt_type *type);

/* RESULT of a literal. */
json_t *answer_result(const pt_literal *literal, const pt_type *type);

#endif
