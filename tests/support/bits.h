/* Bits of values and circuits, for tests that know their sizes. */
#ifndef TESTS_SUPPORT_BITS_H
#define TESTS_SUPPORT_BITS_H

#include "circuit/circuit.h"
#include "lang/value/literal.h"
#include "support/test.h"

static inline pt_status eval_bits(uint8_t *ret_outputs, const pt_circuit *c, const uint8_t *inputs,
                                  pt_error *error)
{
    return pt_circuit_eval(ret_outputs, c->n_outputs, c, inputs, c->n_inputs, error);
}

static inline void literal_bits(uint8_t *ret_bits, const pt_literal *literal)
{
    assert_int_equal(pt_literal_to_bits(ret_bits, literal->type->n_bits, literal, NULL), PT_OK);
}

#endif
