/* The circuit in memory: gates, topologically sorted, in the few bytes of circuit/plan.h.
 * Layer: circuit.
 *
 * Wires 0 .. n_inputs-1 are the inputs, party 0's bits first; gate g drives wire n_inputs + g. A
 * gate reads only lower wires. Immutable once made, but for its digest: by circuit_pack from gates,
 * or from a file. */
#ifndef CIRCUIT_CIRCUIT_H
#define CIRCUIT_CIRCUIT_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/compiler.h"
#include "polytune/circuit.h"

typedef enum gate_op {
    GATE_XOR = 0,
    GATE_AND = 1,
    GATE_NOT = 2, /* b unused, 0 */
    /* a is the value 0 or 1; b unused, 0. At most one of each, only if an output needs it; no gate
     * reads it. */
    GATE_CONST = 3
} gate_op;

#define CIRCUIT_MAX_WIRES    ((uint32_t)1 << 30)
#define CIRCUIT_MAX_PARTIES  255
#define CIRCUIT_DIGEST_BYTES 32

typedef struct gate {
    uint32_t op : 2;
    uint32_t a : 30;
    uint32_t b;
} gate;

_Static_assert(sizeof(gate) == 8, "gates are packed");

struct pt_circuit {
    size_t n_parties;
    uint32_t *party_inputs; /* input bits per party */
    uint32_t n_inputs;      /* their sum */
    uint32_t n_gates;
    const uint8_t *code; /* of the gates, see circuit/plan.h */
    size_t code_len;
    bool code_is_borrowed; /* it is in a file, say, of whoever made the circuit */
    uint32_t n_registers;
    uint32_t n_spare;        /* most registers that are given back and not taken again */
    uint32_t exchange_width; /* most bits of a row that an instruction exchanges; 0: none does */
    uint32_t n_outputs;
    uint32_t *outputs;          /* wires; may repeat, may be inputs */
    uint32_t *output_registers; /* where they are in the end */
    size_t n_output_values;
    uint32_t *output_value_bits; /* widths; their sum is n_outputs */
    uint32_t n_and;
    /* Of all the rest, by whoever asked first (mpc/session/circuit_hash.c): there once the state
     * says so. */
    atomic_int digest_state;
    uint8_t digest[CIRCUIT_DIGEST_BYTES];
};

/* Whether a circuit keeps what is written above: sums, wires read before they are driven, counts.
 * For assertions: it walks all gates. */
bool circuit_is_sound(const pt_circuit *c);

/* First input wire of a party. */
uint32_t circuit_party_first_input(const pt_circuit *c, size_t party);

#endif
