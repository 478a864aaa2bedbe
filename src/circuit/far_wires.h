/* Where wires are that were made long ago and are still read: a hash table, by a number of each
 * that is not 0. Layer: circuit. */
#ifndef CIRCUIT_FAR_WIRES_H
#define CIRCUIT_FAR_WIRES_H

#include <stdbool.h>
#include <stdint.h>

#include "base/compiler.h"

/* What an instruction reads; of a constant `wire` is the value. */
typedef struct pack_operand {
    uint32_t wire;
    uint32_t in_register;
} pack_operand;

typedef struct far_wire {
    uint32_t number;
    pack_operand at;
} far_wire;

typedef struct far_wires {
    far_wire *places; /* 2^bits */
    unsigned bits;
    uint32_t n_used;
} far_wires;

/* Clear it either way. False: out of memory. */
MUST_CHECK bool far_wires_init(far_wires *ret_far);
void far_wires_clear(far_wires *f);
/* A number that is not there. False: out of memory. */
MUST_CHECK bool far_wires_put(far_wires *f, uint32_t number, pack_operand at);
/* One that is there, and is dropped when this is its end. */
pack_operand far_wires_get(far_wires *f, uint32_t number, bool is_end);

#endif
