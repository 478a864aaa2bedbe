/* What the gadgets share. Layer: circuit. */
#ifndef CIRCUIT_ARITH_IMPL_H
#define CIRCUIT_ARITH_IMPL_H

#include "circuit/arith.h"

#define ARITH_MAX_BITS 64

/* The majority of x, y, c: the carry of a full adder. One AND (Boyar, Peralta). */
wire arith_carry(circuit_builder *b, wire x, wire y, wire c);

/* ret = x + (y ^ flip) + c. *ret_overflow (may be NULL) is the carry out, or signed overflow. */
void arith_add_carry(circuit_builder *b, wire *ret, wire *ret_overflow, const wire *x,
                     const wire *y, wire flip, size_t n, wire c, bool is_signed);

/* (x ^ s) + s: -x if s, else x, wrapping. n - 1 ANDs. */
void arith_negate_if(circuit_builder *b, wire *ret, wire s, const wire *x, size_t n);

/* OR of n wires. */
wire arith_any(circuit_builder *b, const wire *x, size_t n);

/* True when all wires are constant; then *ret_value is their number. */
bool arith_is_const(uint64_t *ret_value, const wire *x, size_t n);

/* Copies in reverse order: between most and least significant bit first. */
static inline void arith_reverse(wire *ret, const wire *x, size_t n)
{
    for (size_t i = 0; i < n; i++)
        ret[i] = x[n - 1 - i];
}

/* Bits that matter of a number with the LEAST significant bit first: without leading zeros, or
 * without repeated signs. */
size_t arith_width(const wire *x, size_t n, bool is_signed);

#endif
