/* Which gates there are, by operands: structural hashing. Layer: circuit.
 *
 * A gate is in the list of its later operand, beside those that read it last: what is built next
 * mostly reads what was just built, so that looking a gate up stays in the processor's cache, and
 * nothing moves when there are more gates. A node may have many readers: when its list has enough
 * of them the gate goes to a hash table. So do gates on nodes that are long past, whose lists are
 * given up, and a full hash table forgets its oldest gates: a large graph takes memory for its
 * gates, not for these tables. Which gates are found depends on the order of what was asked for
 * alone, so that all parties build the same circuit. */
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

/* Of a node; 0 is none. */
typedef struct gate_links {
    uint32_t first; /* the node of the gate that came last into this one's list */
    uint32_t next;  /* the gate that came before this one into the list where it is */
} gate_links;

/* Lists are kept on the nodes of the last blocks. Smaller in tests, which go beyond them. */
#ifdef PT_TESTING
#    define GATE_LINKS_A_BLOCK ((uint32_t)1 << 12)
#    define GATE_SLOTS_BITS    19u
#else
#    define GATE_LINKS_A_BLOCK ((uint32_t)1 << 18) /* 2 MiB */
#    define GATE_SLOTS_BITS    23u
#endif
#define GATE_BLOCKS 64u

/* Whatever is not in a list; free while `node` is 0. */
typedef struct gate_slot {
    uint32_t hash;
    uint32_t node;
} gate_slot;

typedef struct gate_table {
    const builder_gate *gates;      /* the builder's */
    uint32_t first_gate;            /* their first node */
    uint32_t n_blocks;              /* of links so far */
    gate_links *links[GATE_BLOCKS]; /* those of block B at B % GATE_BLOCKS */
    gate_slot *slots;               /* 2^bits, or NULL */
    unsigned bits;                  /* GATE_SLOTS_BITS at most */
    uint32_t n_entries;             /* in them */
    uint32_t oldest;                /* gates before this node are in no slot any more */
} gate_table;

void gate_table_clear(gate_table *t);

/* The node of the gate on the nodes of x < y, an AND, whatever the complements, or a XOR: one that
 * there is, or `node`, which is entered; it is never less than before. 0: out of memory; the table
 * is as before. */
MUST_CHECK uint32_t gate_table_find_or_enter(gate_table *t, wire x, wire y, bool is_and,
                                             uint32_t node);

#endif
