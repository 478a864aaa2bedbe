/* A circuit to measure with. Layer: cli. */
#ifndef CLI_BENCH_CIRCUIT_H
#define CLI_BENCH_CIRCUIT_H

#include "polytune/polytune.h"

/* `n_and` AND gates and about as many XOR gates on random wires among the 1024 last made, always
 * the same ones; `parties` inputs of 128 bits, 128 bits of output that depend on every gate. */
PT_MUST_CHECK pt_status bench_circuit(pt_circuit **ret_circuit, uint64_t n_and, size_t parties,
                                      pt_error *error);

#endif
