/* The builder's memory, shared by building (builder.c) and the passes of passes/finish.c. Layer:
 * circuit.
 *
 * Node 0 is the constant false, nodes 1 .. n_inputs the inputs, node n_inputs + 1 + g gate g. */
#ifndef CIRCUIT_BUILDER_IMPL_H
#define CIRCUIT_BUILDER_IMPL_H

#include "circuit/builder.h"
#include "circuit/gate_table.h"
#include "circuit/plan.h"

struct circuit_builder {
    size_t n_parties;
    uint32_t *party_inputs;
    uint32_t n_inputs;
    uint32_t n_gates;
    uint32_t n_and;
    uint32_t max_gates;
    uint32_t max_ands;
    uint32_t capacity;  /* of gates */
    uint32_t room;      /* so many gates may be built before anything is looked at again */
    uint32_t next_look; /* at who waits, with so many gates */
    builder_gate *gates;
    gate_table table;        /* cleared once finished */
    bool is_sharing;         /* gates are looked up and entered */
    bool keeps_exchanges;    /* as records, of whatever size the graph is */
    uint32_t exchange_width; /* of the widest that is kept; 0: none is */
    uint64_t work;           /* gates looked up so far */
    uint32_t line;           /* of the gate built next */
    uint32_t n_lines;
    uint32_t *lines;       /* of each gate, as many as `gates`; NULL when not asked for */
    uint32_t *line_counts; /* n_lines + 1; NULL when not asked for */
    watch *watch;          /* may be NULL */
    pt_status failure;     /* PT_OK, PT_ERR_MEMORY, PT_ERR_LIMIT or PT_ERR_CANCELLED */
};

/* Larger circuits are not rewritten (passes/rewrite.c), for time and memory. */
#define BUILDER_REWRITE_MAX_GATES ((uint32_t)1500000)

/* Of larger ones exchanges are kept as records. Their gates come out in another order: where the
 * module for browsers, which keeps none (wasm/CMakeLists.txt), is to run a program together with
 * others, its circuit must be smaller than this. */
#define BUILDER_EXCHANGE_MIN_GATES ((uint32_t)1 << 23)

/* --- exchanges (rows/exchange.h) kept as records ---
 *
 * A record has two slots a bit, in place of gates: of bit k, which drive low[k] and high[k] as they
 * are afterwards,
 *
 *     a: low[k]                  b: high[k]      as they were before
 *     a: k, but of bit 0 n_key   b: width
 *
 * each with EXCHANGE_MARK, which no wire has. */
#define EXCHANGE_MARK ((wire)1 << 31)

static inline bool gate_is_exchange(builder_gate g)
{
    return PLAN_HAS_EXCHANGES && (g.a & EXCHANGE_MARK) != 0;
}

/* The bits of the slot's half. */
static inline uint32_t exchange_number(wire half)
{
    return half & ~EXCHANGE_MARK;
}

typedef struct exchange_record {
    uint32_t first; /* of its slots, as a gate */
    uint32_t width;
    uint32_t n_key;
} exchange_record;

static inline exchange_record exchange_that_begins(const circuit_builder *b, uint32_t i)
{
    const builder_gate head = b->gates[i + 1];
    return (exchange_record){i, exchange_number(head.b), exchange_number(head.a)};
}

static inline exchange_record exchange_that_ends(const circuit_builder *b, uint32_t i)
{
    return exchange_that_begins(b, i + 1 - 2 * exchange_number(b->gates[i].b));
}

static inline wire exchange_low(const circuit_builder *b, exchange_record e, uint32_t k)
{
    return exchange_number(b->gates[e.first + 2 * k].a);
}

static inline wire exchange_high(const circuit_builder *b, exchange_record e, uint32_t k)
{
    return exchange_number(b->gates[e.first + 2 * k].b);
}

/* Whether gates are not looked for, and exchanges are kept as records. */
static inline bool builder_keeps_exchanges(const circuit_builder *b)
{
    return PLAN_HAS_EXCHANGES &&
           (b->keeps_exchanges || (!b->is_sharing && b->n_gates > BUILDER_EXCHANGE_MIN_GATES));
}

/* Adds one of wires that are no constants, nor low[k] and high[k] of one node; they become those
 * that it drives. False: the builder has failed. */
MUST_CHECK bool builder_add_exchange(circuit_builder *b, wire *low, wire *high, size_t width,
                                     size_t n_key);

/* The gate that drives `w`; false for constants, inputs and wires that come out of a record. */
static inline bool builder_gate_of(const circuit_builder *b, builder_gate *ret_gate, wire w)
{
    const uint32_t node = wire_node(w);
    if (node <= b->n_inputs)
        return false;
    *ret_gate = b->gates[node - b->n_inputs - 1];
    return !gate_is_exchange(*ret_gate);
}

static inline bool builder_is_xor(const circuit_builder *b, wire w)
{
    builder_gate g;
    return builder_gate_of(b, &g, w) && !gate_is_and(g);
}

/* x as a conjunction of two wires, or as the complement of one. */
bool builder_as_and(const circuit_builder *b, builder_gate *ret_gate, bool *ret_negated, wire x);

/* Makes `b` keep the line of each gate. False: out of memory. */
MUST_CHECK bool builder_keep_lines(circuit_builder *b);

/* --- rebuilding (passes/rebuild.c): a finished graph is built anew, by better rules --- */

enum { USED_ONCE = 1, USED_OFTEN = 2 };

/* Counts the readers of each node that some output needs, in `uses`, zeroed before; returns how
 * many of these are ANDs. */
uint32_t builder_count_uses(const circuit_builder *b, uint8_t *uses, const wire *outputs,
                            size_t n_outputs);

typedef struct builder_rebuilt {
    circuit_builder *builder;
    wire *map; /* per node of the old graph: the wire in the new one */
} builder_rebuilt;

/* An empty graph with the inputs of `from`, which are mapped. False: out of memory. Clear it either
 * way. */
MUST_CHECK bool builder_rebuilt_init(builder_rebuilt *ret_rebuilt, const circuit_builder *from);
/* Replaces the graph of `b` and `outputs` by the new ones if these have fewer ANDs. False: out of
 * memory. */
MUST_CHECK bool builder_rebuilt_keep(bool *ret_kept, builder_rebuilt *rebuilt, circuit_builder *b,
                                     wire *outputs, size_t n_outputs);
void builder_rebuilt_clear(builder_rebuilt *rebuilt);

/* Factors common operands out where that saves ANDs, which shows only when everything is built: see
 * passes/factor.c. Rewrites the gates and `outputs`; afterwards no gates can be added. False: the
 * builder has failed. */
MUST_CHECK bool builder_factor(circuit_builder *b, wire *outputs, size_t n_outputs);

/* Replaces parts of the graph by parts with fewer ANDs: see passes/rewrite.c. After
 * builder_factor, and like it. */
MUST_CHECK bool builder_rewrite(circuit_builder *b, wire *outputs, size_t n_outputs);

#endif
