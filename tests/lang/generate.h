/* Random programs that every compiler must accept. Layer: tests of lang.
 *
 * Written from sections 1 to 3 of the specification (with the decisions of section 11): types are
 * chosen first, then expressions of that type, down to a bounded size. Values lean to corner cases
 * (limits of types, zero divisors, indices just out of bounds), names to shadowing.
 *
 * Values of PARTY::N2 are 2 and so on, those of other constants are of anybody's choice. The entry
 * function is `main`. Parameters called jl and jr are arrays for a join: their inputs
 * must be strictly ascending by key (S32). */
#ifndef TESTS_LANG_GENERATE_H
#define TESTS_LANG_GENERATE_H

#include "base/buffer.h"
#include "lang/choices.h"

/* Appends a program to `out`. `size` bounds it: about as many nodes are evaluated at most,
 * iterations and calls counted. */
void generate_program(buffer *out, choices *c, uint32_t size);

#endif
