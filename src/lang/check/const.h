/* Values of constants and array sizes. Layer: lang (spec C3, C4, D17).
 *
 * Arithmetic wraps in the type of the constant; usize has 64 bits here, so that a size of
 * 3usize - 5usize is hopeless rather than plausible (C3). Values are 64-bit two's complement: bool
 * is 0 or 1, signed types are sign-extended. Of a usize constant the run-time value is the low 32
 * bits. */
#ifndef LANG_CHECK_CONST_H
#define LANG_CHECK_CONST_H

#include <stdbool.h>
#include <stdint.h>

#include "lang/front/ast.h"

/* Evaluates all constants in order. `externals[i]` is the value of program->externals[i], of its
 * type, ignored if that is neither bool nor integer. `ret_values[i]`, for program->constants[i], is
 * 0 if that is neither bool nor integer; look at its `external` then. Cannot fail on a checked
 * program. */
void const_values(uint64_t *ret_values, const checked_program *program, const uint64_t *externals);

/* Which constants do not depend on an external value that is not among the given ones. */
void const_known(bool *ret_known, const checked_program *program, const bool *externals_given);

/* The number of elements that `size` stands for, given all constants' and externals' values. */
uint64_t const_size(const array_size *size, const uint64_t *constants, const uint64_t *externals);

#endif
