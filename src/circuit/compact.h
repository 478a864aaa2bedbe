/* A circuit in few bytes, and back. Layer: circuit.
 *
 *     parties, then the input bits of each
 *     number of gates, of registers, of bits of the widest row that is exchanged, of bytes of code,
 *     then the code of circuit/plan.h with the zeros behind it
 *     number of output bits, then the register of each
 *     number of output values, then the width of each
 *
 * all but the code as numbers of base/varint.h. */
#ifndef CIRCUIT_COMPACT_H
#define CIRCUIT_COMPACT_H

#include "base/buffer.h"
#include "circuit/circuit.h"

/* Appends a circuit; b->failed for want of memory. */
void circuit_put_compact(buffer *b, const pt_circuit *c);

/* Reads one from bytes of anybody's making: what it accepts is a circuit (circuit_is_sound), and
 * the one circuit that these bytes stand for. The caller frees *ret_circuit.
 * `in_place`: it borrows the bytes, which have to stay as they are until then. PT_ERR_CIRCUIT,
 * PT_ERR_MEMORY. */
MUST_CHECK pt_status circuit_get_compact(pt_circuit **ret_circuit, reader *r, bool in_place,
                                         pt_error *error);

#endif
