/* External values: constants such as PARTY_0::ROWS, supplied with a program. Layer: lang (spec C2,
 * C5, D17). */
#ifndef LANG_LOWER_EXTERNAL_H
#define LANG_LOWER_EXTERNAL_H

#include "base/arena.h"
#include "lang/front/ast.h"
#include "polytune/program.h"

/* Values of a program's constants and externals, in their order. Numbers as const.h has them;
 * literals for those externals that are neither bool nor integer, else NULL. */
typedef struct external_values {
    size_t n_externals;
    bool *given; /* which externals were supplied */
    uint64_t *constants;
    uint64_t *externals;
    pt_literal **literals;
} external_values;

/* Reads the supplied constants and evaluates all others. Missing and malformed ones are added to
 * `diagnostics`, all of them, and PT_ERR_CONSTANT is returned; extra ones are ignored. Types are
 * made in `types`. PT_ERR_LIMIT, PT_ERR_MEMORY. Release with external_values_clear, also after a
 * failure. */
MUST_CHECK pt_status external_values_init(external_values *ret_values,
                                          const checked_program *program,
                                          const pt_constant *supplied, size_t n_supplied,
                                          arena *types, pt_diagnostics *diagnostics,
                                          pt_error *error);
/* The same when some are still missing: these count as 0, and as not given. Constants that are
 * neither bool nor integer are read if none is missing: their types may depend on missing ones. */
MUST_CHECK pt_status external_values_init_given(external_values *ret_values,
                                                const checked_program *program,
                                                const pt_constant *supplied, size_t n_supplied,
                                                arena *types, pt_diagnostics *diagnostics,
                                                pt_error *error);
/* Says in the newest of `diagnostics`, after PT_ERR_LIMIT, which numbers may have made the program
 * so large: a few, the largest first. Nothing where none is supplied. */
void external_values_blame(const external_values *values, const checked_program *program,
                           pt_diagnostics *diagnostics);
void external_values_clear(external_values *values);

#endif
