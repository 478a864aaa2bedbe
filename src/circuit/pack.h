/* Gates on wires, as circuits are built, to instructions on registers, as they are kept (plan.h).
 * Layer: circuit.
 *
 * The instructions take the place of what they are made of in memory, for both may be large: a list
 * of records of eight bytes, a gate of some kind each, read from the first to the last. Until an
 * instruction does, what was a gate says where its output is. */
#ifndef CIRCUIT_PACK_H
#define CIRCUIT_PACK_H

#include "circuit/far_wires.h"
#include "circuit/plan.h"

#define PACK_RECORD_BYTES 8
_Static_assert(sizeof(gate) == PACK_RECORD_BYTES, "gates are such records");
_Static_assert(sizeof(pack_operand) == PACK_RECORD_BYTES, "one takes the place of the other");

/* Beside PLAN_A_ENDS and PLAN_B_ENDS: nothing reads the output. */
#define PACK_OUT_ENDS 16u

typedef struct packer {
    pt_circuit *c;
    plan_walk walk;  /* hands the registers out */
    uint8_t *memory; /* instructions, then the records that they have not reached */
    size_t n_code;   /* bytes of instructions */
    size_t base;     /* record 0 is, or was, here */
    uint32_t n_records;
    uint32_t next;    /* record that was not read yet */
    uint32_t reached; /* records before this one are overwritten */
    uint8_t *staged;  /* instructions for which there may be no room yet */
    size_t n_staged;
    size_t stage_bytes;
    uint32_t exchange_width; /* of the widest that was put */
    far_wires far;           /* outputs that are read still, of records that are overwritten */
    uint32_t first_node;
} packer;

/* For c->n_inputs and c->n_gates, and rows of at most c->exchange_width bits; the rest about gates
 * and registers becomes that of those put, but for outputs. The record at i is of node `first_node`
 * + i. `memory` with so many records is taken over in any case. Clear it either way. False: out of
 * memory. */
MUST_CHECK bool packer_init(packer *ret_packer, pt_circuit *c, void *memory, uint32_t n_records,
                            uint32_t first_node);
void packer_clear(packer *p);

/* The next record, which there is. */
void packer_next(packer *p, void *ret_record);
/* Appends an instruction; `ends` is which operands are read for the last time, and whether nothing
 * reads the output. `number` is what packer_find knows the output by: twice the node, plus 1 for
 * another output of its; 0 if by nothing. False: out of memory. */
MUST_CHECK bool packer_put(packer *p, uint32_t number, gate_op op, unsigned ends, pack_operand a,
                           pack_operand b);
/* Appends an exchange (plan.h): of rows of 1 to PLAN_MAX_ROW bits, in the registers of low's and
 * then high's, of which each ends. `numbers` are, in that order, those of the wires afterwards.
 * False: out of memory. */
MUST_CHECK bool packer_put_exchange(packer *p, const uint32_t *registers, const uint32_t *numbers,
                                    uint32_t width, uint32_t n_key);
/* Where the last output is. */
pack_operand packer_last(const packer *p);
/* Where one is, which is forgotten when this is its end. */
pack_operand packer_find(packer *p, uint32_t number, bool is_end);
/* All were put: gives the instructions to the circuit. False: out of memory. */
MUST_CHECK bool packer_finish(packer *p);

/* Makes c->n_gates gates, `memory`, the circuit's: its code, registers and their outputs', of a
 * circuit that has all the rest. `memory` is taken over, also on failure. False: out of memory. */
MUST_CHECK bool circuit_pack(pt_circuit *c, gate *memory);

#endif
