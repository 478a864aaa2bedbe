/* Circuits for tests of the mpc layer, built gate by gate without folding. */
#ifndef TESTS_MPC_CIRCUITS_H
#define TESTS_MPC_CIRCUITS_H

#include "circuit/circuit.h"

/* The same numbers on every machine. */
typedef struct test_random {
    uint64_t state;
} test_random;
uint32_t test_below(test_random *r, uint32_t bound);

typedef struct circuit_shape {
    size_t n_parties;
    uint32_t inputs; /* of each party */
    uint32_t gates;
    uint32_t outputs;
    unsigned and_percent; /* of the gates; the rest XOR and NOT and a few constants */
    unsigned constants;   /* 0: none */
} circuit_shape;

/* Random gates with fan-out, equal operands, NOT chains, constants; outputs may repeat and may be
 * inputs. */
pt_circuit *test_circuit_random(const circuit_shape *shape, uint64_t seed);

/* A circuit from arrays, which are copied; one output value. */
pt_circuit *test_circuit(const uint32_t *party_inputs, size_t n_parties, const gate *gates,
                         uint32_t n_gates, const uint32_t *outputs, uint32_t n_outputs);

/* Values of all wires: ret_values[n_inputs + n_gates]. */
void test_circuit_values(const pt_circuit *c, const uint8_t *inputs, uint8_t *ret_values);

#endif
