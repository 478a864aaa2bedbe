/* Integer gadgets on the circuit builder. Layer: circuit.
 *
 * Numbers are arrays of n wires, MOST significant bit first (spec garble.md, section 6), two's
 * complement when signed. n is 1 .. 64. Outputs may alias inputs. Costs (AND gates): add, sub n-1
 * (n with overflow), less n, equal n-1, mux n. An overflow or error wire is 1 when the exact result
 * does not fit. */
#ifndef CIRCUIT_ARITH_H
#define CIRCUIT_ARITH_H

#include "circuit/builder.h"

void arith_const(wire *ret, size_t n, uint64_t value);

/* ret = x + y; *ret_overflow (may be NULL when not wanted) by signedness. */
void arith_add(circuit_builder *b, wire *ret, wire *ret_overflow, const wire *x, const wire *y,
               size_t n, bool is_signed);
void arith_sub(circuit_builder *b, wire *ret, wire *ret_overflow, const wire *x, const wire *y,
               size_t n, bool is_signed);
/* -x; overflow when x is the minimum. */
void arith_neg(circuit_builder *b, wire *ret, wire *ret_overflow, const wire *x, size_t n);
/* Overflow exactly when the product does not fit, also signed (spec D4, D6). Constants by strength
 * reduction. */
void arith_mul(circuit_builder *b, wire *ret, wire *ret_overflow, const wire *x, const wire *y,
               size_t n, bool is_signed);
/* Quotient and remainder (either may be NULL), truncating. *ret_by_zero: y = 0. *ret_overflow:
 * signed MIN / -1, for the remainder as well (spec D5). Results are unspecified when either wire
 * is 1. */
void arith_div(circuit_builder *b, wire *ret_quotient, wire *ret_remainder, wire *ret_by_zero,
               wire *ret_overflow, const wire *x, const wire *y, size_t n, bool is_signed);

wire arith_less(circuit_builder *b, const wire *x, const wire *y, size_t n, bool is_signed);
wire arith_equal(circuit_builder *b, const wire *x, const wire *y, size_t n);
wire arith_is_zero(circuit_builder *b, const wire *x, size_t n);

/* x shifted by `amount` (8 wires, unsigned, most significant first); *ret_overflow when amount >=
 * n. Left, or right: arithmetic when is_signed. */
void arith_shift(circuit_builder *b, wire *ret, wire *ret_overflow, const wire *x, size_t n,
                 const wire *amount, bool left, bool is_signed);

/* ret[i] = s ? t[i] : f[i]. */
void arith_mux(circuit_builder *b, wire *ret, wire s, const wire *t, const wire *f, size_t n);

/* One of n >= 2 values of `width` wires each, one after the other: that of the first condition
 * which holds, or the last value when none of the n - 1 does. */
typedef struct arith_choice {
    size_t n, width;
    const wire *values;
    const wire *conditions; /* n - 1 */
    const wire *exclusive;  /* n - 1: the condition holds, and none before it; NULL: not at hand */
} arith_choice;
void arith_choose(circuit_builder *b, wire *ret, const arith_choice *choice);

/* Element `index` (n_index wires) of `count` elements of `width` wires each: (count - 1) * width
 * ANDs and the decoder. *ret_out_of_bounds when index >= count; the result is then unspecified. */
void arith_select(circuit_builder *b, wire *ret, wire *ret_out_of_bounds, const wire *elements,
                  size_t count, size_t width, const wire *index, size_t n_index);
/* Replaces element `index` of `elements` by `value`; out of bounds writes nothing. */
void arith_store(circuit_builder *b, wire *elements, wire *ret_out_of_bounds, size_t count,
                 size_t width, const wire *index, size_t n_index, const wire *value);

#endif
