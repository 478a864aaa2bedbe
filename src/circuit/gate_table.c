#include "circuit/gate_table.h"

#include "base/le.h"
#include "base/mem.h"

#define FIRST_BITS 6u
/* Of the slots, at most so many sixteenths are in use. */
#define MOST_SIXTEENTHS 11u

bool gate_table_init(gate_table *t)
{
    *t = (gate_table){.bits = FIRST_BITS};
    t->lines = mem_new_aligned((size_t)1 << FIRST_BITS, sizeof *t->lines);
    return t->lines != NULL;
}

void gate_table_clear(gate_table *t)
{
    mem_free(t->lines);
    *t = (gate_table){0};
}

static uint64_t gate_mix(uint64_t v)
{
    v *= UINT64_C(0x9e3779b97f4a7c15);
    v ^= v >> 29;
    return v * UINT64_C(0xbf58476d1ce4e5b9);
}

/* All polarities of an AND's operands hash alike. */
static uint64_t hash_gate(wire x, wire y, bool is_and)
{
    return gate_mix((uint64_t)wire_node(x) << 32 | wire_plain(y) | (is_and ? 1u : 0u));
}

static uint8_t tag_of(uint64_t hash)
{
    return (uint8_t)(hash >> 8);
}

static bool gate_is_on(builder_gate g, wire x, wire y, bool is_and)
{
    return is_and ? (wire_node(g.a) == wire_node(x) && wire_node(g.b) == wire_node(y))
                  : (g.a == y && g.b == x);
}

/* Bit 7 of every byte that is zero, and perhaps of some above one that is. */
static uint64_t zero_bytes(uint64_t v)
{
    return (v - UINT64_C(0x0101010101010101)) & ~v & UINT64_C(0x8080808080808080);
}

/* The first slot from `from` on whose tag is like `tag`, or one from l->n on. */
static unsigned next_alike(const gate_line *l, uint8_t tag, unsigned from)
{
    for (unsigned i = from; i < l->n; i++) {
        if (l->tags[i] == tag)
            return i;
    }
    return GATE_LINE_SLOTS;
}

/* Whether some slot may have this tag; those from l->n on may seem to. */
static bool may_have(const gate_line *l, uint8_t tag)
{
    const uint64_t all = UINT64_C(0x0101010101010101) * tag;
    const uint64_t low = le_get_u64(l->tags) ^ all;
    const uint64_t high = le_get_u64(l->tags + GATE_LINE_SLOTS - 8) ^ all;
    return (zero_bytes(low) | zero_bytes(high)) != 0;
}

/* The lines where a gate may be, in order: the one of the later node and its neighbours, the one of
 * both nodes and their neighbours, then any. */
typedef struct line_walk {
    wire x, y;
    uint64_t hash;
    unsigned n;
} line_walk;

static size_t next_gate_line(line_walk *w, unsigned bits)
{
    const unsigned n = w->n++;
    if (n == 0)
        return wire_node(w->y) / 8 ^ (w->hash & 3);
    if (n == 1)
        return (size_t)(gate_mix((uint64_t)(wire_node(w->x) / 4) << 32 | wire_node(w->y) / 2) >>
                        (64 - bits));
    return (size_t)(w->hash >> (64 - bits)) + n;
}

bool gate_table_find(uint32_t *ret_gate, gate_place *ret_place, const gate_table *t,
                     const builder_gate *gates, wire x, wire y, bool is_and)
{
    const size_t mask = ((size_t)1 << t->bits) - 1;
    line_walk w = {x, y, hash_gate(x, y, is_and), 0};
    const uint8_t tag = tag_of(w.hash);
    for (;;) {
        gate_line *l = &t->lines[next_gate_line(&w, t->bits) & mask];
        for (unsigned i = may_have(l, tag) ? next_alike(l, tag, 0) : GATE_LINE_SLOTS;
             i < GATE_LINE_SLOTS; i = next_alike(l, tag, i + 1)) {
            *ret_gate = l->gates[i];
            if (gate_is_on(gates[l->gates[i]], x, y, is_and))
                return true;
        }
        if (l->n < GATE_LINE_SLOTS) {
            *ret_place = (gate_place){l, tag};
            return false;
        }
    }
}

void gate_table_put(gate_table *t, gate_place place, uint32_t number)
{
    gate_line *l = place.line;
    l->tags[l->n] = place.tag;
    l->gates[l->n] = number;
    l->n++;
    t->n_entries++;
}

static line_walk walk_of(builder_gate g)
{
    const bool is_and = gate_is_and(g);
    const wire x = is_and ? g.a : g.b;
    const wire y = is_and ? g.b : g.a;
    return (line_walk){x, y, hash_gate(x, y, is_and), 0};
}

/* Puts the gates of a line, all of which are different, into a larger table. */
static void put_again(gate_table *t, const builder_gate *gates, const gate_line *from)
{
    line_walk walks[GATE_LINE_SLOTS];
    const size_t mask = ((size_t)1 << t->bits) - 1;
    for (unsigned i = 0; i < from->n; i++)
        walks[i] = walk_of(gates[from->gates[i]]);
    for (unsigned i = 0; i < from->n; i++) {
        gate_line *l;
        do
            l = &t->lines[next_gate_line(&walks[i], t->bits) & mask];
        while (l->n == GATE_LINE_SLOTS);
        gate_table_put(t, (gate_place){l, tag_of(walks[i].hash)}, from->gates[i]);
    }
}

/* How many lines ahead the gates are fetched. */
#define LINES_AHEAD 2

static void fetch_gates(const builder_gate *gates, const gate_line *l)
{
    for (unsigned i = 0; i < l->n; i++)
        PREFETCH(&gates[l->gates[i]]);
}

static bool gate_table_grow(gate_table *t, const builder_gate *gates)
{
    const size_t n_lines = (size_t)1 << t->bits;
    gate_table larger = {.bits = t->bits + 1};
    larger.lines = mem_new_aligned(2 * n_lines, sizeof *larger.lines);
    if (larger.lines == NULL)
        return false;
    for (size_t i = 0; i < n_lines; i++) {
        if (i + LINES_AHEAD < n_lines)
            fetch_gates(gates, &t->lines[i + LINES_AHEAD]);
        put_again(&larger, gates, &t->lines[i]);
    }
    gate_table_clear(t);
    *t = larger;
    return true;
}

bool gate_table_make_room(gate_table *t, const builder_gate *gates)
{
    const uint64_t most = ((uint64_t)GATE_LINE_SLOTS << t->bits) * MOST_SIXTEENTHS / 16;
    return t->n_entries < most || gate_table_grow(t, gates);
}
