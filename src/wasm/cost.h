/* What a run will cost. Layer: wasm. */
#ifndef WASM_COST_H
#define WASM_COST_H

#include "wasm/request.h"

/* COST of wasm.h for a program; NULL, and PT_OK, when it is for fewer than two parties. */
MUST_CHECK pt_status cost_answer(json_t **ret_answer, const pt_program *program,
                                 const json_t *asked, pt_error *error);

#endif
