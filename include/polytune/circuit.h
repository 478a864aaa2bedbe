/* Boolean circuits: what every party evaluates.
 *
 * A circuit has one input value per party (a number of bits, possibly zero), XOR, AND and NOT gates
 * in topological order, and a list of output bits. Handles are immutable once made and may be
 * shared by threads. */
#ifndef POLYTUNE_CIRCUIT_H
#define POLYTUNE_CIRCUIT_H

#include <stddef.h>
#include <stdint.h>

#include "polytune/status.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct pt_circuit pt_circuit;

typedef struct pt_circuit_stats {
    uint64_t and_gates;
    uint64_t xor_gates;
    uint64_t not_gates;
    uint64_t inputs;    /* input bits, all parties */
    uint64_t outputs;   /* output bits */
    uint64_t and_depth; /* most AND gates on any path */
    uint64_t registers; /* most wires alive at once */
} pt_circuit_stats;

/* Reads Bristol Fashion text: each input value is one party's; gates XOR, AND, INV. `name` is used
 * in messages only. PT_ERR_CIRCUIT with the line number on bad text. The caller frees
 * *ret_circuit. */
PT_API PT_MUST_CHECK pt_status pt_circuit_read_bristol(pt_circuit **ret_circuit, const char *text,
                                                       size_t len, const char *name,
                                                       pt_error *error);

/* Writes Bristol Fashion text; *ret_text is terminated and released with pt_text_free. An output
 * that is an input, a constant or repeated gets fresh gates at the end. */
PT_API PT_MUST_CHECK pt_status pt_circuit_write_bristol(char **ret_text, size_t *ret_len,
                                                        const pt_circuit *circuit, pt_error *error);

/* The same function with fewer AND gates where that is found, and never more: what the compiler
 * does to programs, for circuits from elsewhere. The caller frees *ret_circuit. */
PT_API PT_MUST_CHECK pt_status pt_circuit_optimize(pt_circuit **ret_circuit,
                                                   const pt_circuit *circuit, pt_error *error);

/* Bits of a circuit's input value, from where the piece before ends, and whose they are. */
typedef struct pt_input_piece {
    size_t party;
    size_t bits;
} pt_input_piece;

/* The circuit of one input value with that value divided among parties: the pieces follow each
 * other from its first bit to its last, and a party's input is its pieces in that order.
 * PT_ERR_USAGE when the circuit has another number of input values, when the pieces are not of its
 * length together, or when a party below the highest has none. The caller frees *ret_circuit. */
PT_API PT_MUST_CHECK pt_status pt_circuit_split_input(pt_circuit **ret_circuit,
                                                      const pt_circuit *circuit,
                                                      const pt_input_piece *pieces, size_t n_pieces,
                                                      pt_error *error);
/* The same where no party knows the value: each gives a share of its length, and the circuit
 * computes on the XOR of all shares, at no cost in AND gates. PT_ERR_LIMIT for too large a circuit.
 */
PT_API PT_MUST_CHECK pt_status pt_circuit_share_input(pt_circuit **ret_circuit,
                                                      const pt_circuit *circuit, size_t parties,
                                                      pt_error *error);

PT_API size_t pt_circuit_parties(const pt_circuit *circuit);
/* Input bits of one party. */
PT_API size_t pt_circuit_input_bits(const pt_circuit *circuit, size_t party);
PT_API size_t pt_circuit_output_bits(const pt_circuit *circuit);

/* Output values of a Bristol circuit: how many, and the width of each. A compiled program has one.
 */
PT_API size_t pt_circuit_output_values(const pt_circuit *circuit);
PT_API size_t pt_circuit_output_value_bits(const pt_circuit *circuit, size_t value);

/* Plain evaluation, no cryptography. `input_bits`: all parties' bits, party 0 first, one byte 0 or
 * 1 each; `ret_output_bits`: pt_circuit_output_bits(circuit) of them, zeroed on failure. Counts
 * that are not the circuit's are PT_ERR_USAGE, other bytes than 0 and 1 PT_ERR_INPUT. */
PT_API PT_MUST_CHECK pt_status pt_circuit_eval(uint8_t *ret_output_bits, size_t n_output_bits,
                                               const pt_circuit *circuit, const uint8_t *input_bits,
                                               size_t n_input_bits, pt_error *error);

/* The same with packed bits (status.h). */
PT_API PT_MUST_CHECK pt_status pt_circuit_eval_packed(uint8_t *ret_outputs, size_t n_output_bytes,
                                                      const pt_circuit *circuit,
                                                      const uint8_t *inputs, size_t n_input_bytes,
                                                      pt_error *error);

/* Its AND gates, which are what a run costs. */
PT_API uint64_t pt_circuit_and_gates(const pt_circuit *circuit);
/* All counts, for which it is gone through once; and_depth is 0 when there is no memory to find it.
 */
PT_API void pt_circuit_get_stats(pt_circuit_stats *ret_stats, const pt_circuit *circuit);

PT_API void pt_circuit_free(pt_circuit *circuit);

#ifdef __cplusplus
}
#endif
#endif
