/* Builds circuits gate by gate, folding and sharing as it goes. Layer: circuit.
 *
 * A wire is a node number times two plus a complement bit, so NOT is free to build and XOR, AND
 * fold through complements. Equal gates are built once (structural hashing). Errors are sticky:
 * after running out of memory or past the gate limit every call returns WIRE_FALSE and
 * circuit_builder_finish reports what happened. */
#ifndef CIRCUIT_BUILDER_H
#define CIRCUIT_BUILDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/watch.h"
#include "circuit/circuit.h"

typedef uint32_t wire;
#define WIRE_FALSE ((wire)0)
#define WIRE_TRUE  ((wire)1)

typedef struct circuit_builder circuit_builder;

/* A builder with the given input bits per party. `max_gates` 0 means the largest possible. NULL on
 * no memory. */
MUST_CHECK circuit_builder *circuit_builder_new(const uint32_t *party_inputs, size_t n_parties,
                                                uint32_t max_gates);
void circuit_builder_free(circuit_builder *b);

/* Input bit i, counted over all parties. */
wire circuit_input(const circuit_builder *b, uint32_t i);
/* Whether the wire is an input bit, and which. */
bool circuit_is_input(uint32_t *ret_i, const circuit_builder *b, wire w);

static inline wire wire_const(bool value)
{
    return value ? WIRE_TRUE : WIRE_FALSE;
}
static inline bool wire_is_const(wire w)
{
    return w <= WIRE_TRUE;
}
static inline wire wire_not(wire w)
{
    return w ^ 1u;
}

wire circuit_xor(circuit_builder *b, wire x, wire y);
wire circuit_and(circuit_builder *b, wire x, wire y);
wire circuit_or(circuit_builder *b, wire x, wire y);
/* t if s, else f; one AND. */
wire circuit_mux(circuit_builder *b, wire s, wire t, wire f);

/* Whether at most one of the wires is ever true, as far as their gates tell: comparisons of one
 * number with different constants. */
bool circuit_are_exclusive(circuit_builder *b, const wire *wires, size_t n);

/* Asks for counts of AND gates by source line, before the first gate. Lines are 1 .. n_lines, and 0
 * for none. False: out of memory. */
MUST_CHECK bool circuit_builder_count_lines(circuit_builder *b, uint32_t n_lines);
/* The line of gates built from now on; returns the one before. Costs nothing when not asked for. */
uint32_t circuit_builder_set_line(circuit_builder *b, uint32_t line);
/* After circuit_builder_finish: the AND gates in the circuit of each line, n_lines + 1 numbers. A
 * gate counts for the line that first built it. NULL when not asked for. */
const uint32_t *circuit_builder_line_counts(const circuit_builder *b);

/* Who waits for the circuit; borrowed until circuit_builder_free. When told to stop the builder
 * fails with PT_ERR_CANCELLED. */
void circuit_builder_set_watch(circuit_builder *b, watch *w);

/* Whether equal gates are built once, and gates looked at for what they have in common, as at
 * first; returns what it was before. Large networks on fresh wires have nothing of the kind, and
 * are built faster and in less memory without looking: only constants and equal wires fold. */
bool circuit_builder_set_sharing(circuit_builder *b, bool on);

/* Most AND gates that may be built, dead ones included; at first any number. */
void circuit_builder_set_max_ands(circuit_builder *b, uint32_t max_ands);

bool circuit_builder_failed(const circuit_builder *b);
/* Makes the builder fail with PT_ERR_MEMORY, PT_ERR_LIMIT or PT_ERR_CANCELLED: for gadgets that
 * could not get scratch memory, for example. The first failure stays. */
void circuit_builder_fail(circuit_builder *b, pt_status failure);
/* Gates asked for that did not fold at once, built or found again: what building has cost so far.
 */
uint64_t circuit_builder_work(const circuit_builder *b);
/* AND gates built so far, dead ones included. */
uint32_t circuit_builder_and_count(const circuit_builder *b);

/* Drops what no output needs and makes the circuit. `output_value_bits` gives the widths of the
 * output values (sum n_outputs), or NULL for one value. The builder stays usable only for
 * circuit_builder_free. */
MUST_CHECK pt_status circuit_builder_finish(pt_circuit **ret_circuit, circuit_builder *b,
                                            const wire *outputs, size_t n_outputs,
                                            const uint32_t *output_value_bits,
                                            size_t n_output_values, pt_error *error);

#endif
