/* Which gates there are, by operands: structural hashing. Layer: circuit.
 *
 * Lines of twelve gates fill one line of the processor's cache each, with a tag from the hash of
 * every gate beside its number, so that gates themselves are read only to confirm. A gate belongs
 * to a line that it shares with the gates on neighbouring nodes: building then moves through the
 * table as it moves through the circuit. When that is full, for a node may have many readers, the
 * gate goes to the line of both its nodes and their neighbours, then anywhere. */
#ifndef CIRCUIT_GATE_TABLE_H
#define CIRCUIT_GATE_TABLE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/compiler.h"
#include "circuit/builder.h"

/* A gate's operands, never the same node. Which gate it is shows in their order: a < b is AND,
 * a > b XOR. Operands of XOR are without complement bit. */
typedef struct builder_gate {
    wire a;
    wire b;
} builder_gate;

static inline uint32_t wire_node(wire w)
{
    return w >> 1;
}
static inline wire wire_complement(wire w)
{
    return w & 1u;
}
static inline wire wire_plain(wire w)
{
    return w & ~(wire)1;
}
static inline bool gate_is_and(builder_gate g)
{
    return g.a < g.b;
}

#define GATE_LINE_SLOTS 12

typedef struct gate_line {
    uint8_t tags[GATE_LINE_SLOTS];
    uint8_t n;
    uint8_t unused[3];
    uint32_t gates[GATE_LINE_SLOTS];
} gate_line;

_Static_assert(sizeof(gate_line) == 64, "a line of the table is one of the cache");

typedef struct gate_table {
    gate_line *lines; /* 2^bits */
    unsigned bits;
    uint32_t n_entries;
} gate_table;

/* Where a gate that was not found belongs; until the next change of the table. */
typedef struct gate_place {
    gate_line *line;
    uint8_t tag;
} gate_place;

/* False: out of memory. */
MUST_CHECK bool gate_table_init(gate_table *t);
void gate_table_clear(gate_table *t);

/* Room for one gate more. False: out of memory; the table is as before. */
MUST_CHECK bool gate_table_make_room(gate_table *t, const builder_gate *gates);

/* The gate on the nodes of x < y: an AND, whatever the complements, or a XOR. False: there is none,
 * *ret_place is where it belongs. */
MUST_CHECK bool gate_table_find(uint32_t *ret_gate, gate_place *ret_place, const gate_table *t,
                                const builder_gate *gates, wire x, wire y, bool is_and);
void gate_table_put(gate_table *t, gate_place place, uint32_t number);

#endif
