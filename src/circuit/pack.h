/* Gates on wires, as circuits are built, to instructions on registers, as they are kept (plan.h).
 * Layer: circuit. */
#ifndef CIRCUIT_PACK_H
#define CIRCUIT_PACK_H

#include "circuit/circuit.h"

/* Gates to be packed stand behind so many others, for the instructions take their place. */
#define PACK_LEAD 2

/* Makes c->n_gates gates, `memory` + PACK_LEAD, the circuit's: its code, registers and their
 * outputs', of a circuit that has all the rest. `memory` is taken over, also on failure. False: out
 * of memory. */
MUST_CHECK bool circuit_pack(pt_circuit *c, gate *memory);

#endif
