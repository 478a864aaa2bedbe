#include "circuit/gate_table.h"

#include <string.h>

#include "base/mem.h"

/* So many gates are in a node's list. */
#define LIST_MOST 4u

#define FIRST_BITS 8u

void gate_table_clear(gate_table *t)
{
    for (uint32_t i = 0; i < GATE_BLOCKS; i++)
        mem_free(t->links[i]);
    mem_free(t->slots);
    *t = (gate_table){0};
}

/* --- lists --- */

static uint32_t block_of(uint32_t node)
{
    return node / GATE_LINKS_A_BLOCK;
}

/* Whether there is a list of the gates on `y`, when the newest gate is `node`. */
static bool has_list(uint32_t y, uint32_t node)
{
    return block_of(node) - block_of(y) < GATE_BLOCKS;
}

/* Zeroed. Of the first one a small graph touches little; others are in large pages. */
static gate_links *new_block(uint32_t block)
{
    return block == 0 ? mem_new(GATE_LINKS_A_BLOCK, sizeof(gate_links))
                      : mem_new_aligned(GATE_LINKS_A_BLOCK, sizeof(gate_links));
}

/* Blocks up to that of the newest gate, in the place of those that are past. False: out of
 * memory. */
static NOINLINE bool make_links(gate_table *t, uint32_t newest)
{
    for (; t->n_blocks <= block_of(newest); t->n_blocks++) {
        gate_links **at = &t->links[t->n_blocks % GATE_BLOCKS];
        if (*at != NULL)
            memset(*at, 0, GATE_LINKS_A_BLOCK * sizeof **at);
        else if ((*at = new_block(t->n_blocks)) == NULL)
            return false;
    }
    return true;
}

static gate_links *links_at(const gate_table *t, uint32_t node)
{
    return &t->links[block_of(node) % GATE_BLOCKS][node % GATE_LINKS_A_BLOCK];
}

static bool gate_is_on(builder_gate g, wire x, wire y, bool is_and)
{
    if (!is_and)
        return g.a == y && g.b == x;
    return gate_is_and(g) && wire_node(g.a) == wire_node(x) && wire_node(g.b) == wire_node(y);
}

/* The gate in a list, or 0; *ret_full: there is no room in it. */
static uint32_t find_in_list(const gate_table *t, const gate_links *list, wire x, wire y,
                             bool is_and, bool *ret_full)
{
    unsigned n = 0;
    uint32_t at = list->first;
    for (; at != 0; at = links_at(t, at)->next, n++) {
        if (gate_is_on(t->gates[at - t->first_gate], x, y, is_and))
            return at;
    }
    *ret_full = n >= LIST_MOST;
    return 0;
}

/* --- slots: the four gates on one node and four neighbours are side by side --- */

/* All polarities of an AND's operands hash alike. */
static uint32_t hash_gate(wire x, wire y, bool is_and)
{
    const uint32_t node = wire_node(x);
    uint64_t v = (uint64_t)(node / 4) << 32 | wire_plain(y) | (is_and ? 1u : 0u);
    v *= UINT64_C(0x9e3779b97f4a7c15);
    v ^= v >> 29;
    v *= UINT64_C(0xbf58476d1ce4e5b9);
    return (uint32_t)(v >> 34) << 2 | node % 4;
}

/* The slot from which on a gate is looked for. */
static uint32_t home_slot(const gate_table *t, uint32_t hash)
{
    return hash >> (34 - t->bits) << 2 | hash % 4;
}

/* Whether a slot is the gate's, or free. */
static bool ends_search(const gate_table *t, gate_slot s, uint32_t hash, wire x, wire y,
                        bool is_and)
{
    return s.node == 0 ||
           (s.hash == hash && gate_is_on(t->gates[s.node - t->first_gate], x, y, is_and));
}

static void put_in_slot(gate_table *t, gate_slot slot)
{
    const uint32_t mask = ((uint32_t)1 << t->bits) - 1;
    uint32_t i = home_slot(t, slot.hash);
    while (t->slots[i & mask].node != 0)
        i++;
    t->slots[i & mask] = slot;
    t->n_entries++;
}

/* The entries from `oldest` on, in 2^bits slots. False: out of memory. */
static bool move_slots(gate_table *t, unsigned bits, uint32_t oldest)
{
    gate_table moved = *t;
    const size_t n = t->slots == NULL ? 0 : (size_t)1 << t->bits;
    moved.bits = bits;
    moved.oldest = oldest;
    moved.n_entries = 0;
    moved.slots = mem_new_aligned((size_t)1 << bits, sizeof *moved.slots);
    if (moved.slots == NULL)
        return false;
    for (size_t i = 0; i < n; i++) {
        if (t->slots[i].node != 0 && t->slots[i].node >= oldest)
            put_in_slot(&moved, t->slots[i]);
    }
    mem_free(t->slots);
    *t = moved;
    return true;
}

/* At most 5/8 of the slots are taken. */
static bool slots_have_room(const gate_table *t)
{
    return t->slots != NULL && t->n_entries < ((uint64_t)5 << t->bits) / 8;
}

/* For an entry of gate `node`. Where slots may not become more, the older half of the nodes is
 * forgotten, and again half of the others if these had few entries. False: out of memory. */
static bool slots_make_room(gate_table *t, uint32_t node)
{
    while (UNLIKELY(!slots_have_room(t))) {
        const bool are_most = t->slots != NULL && t->bits == GATE_SLOTS_BITS;
        const unsigned bits = t->slots == NULL ? FIRST_BITS : t->bits + (are_most ? 0 : 1);
        const uint32_t oldest = are_most ? t->oldest + (node - t->oldest + 1) / 2 : t->oldest;
        if (!move_slots(t, bits, oldest))
            return false;
    }
    return true;
}

static uint32_t find_or_enter_slot(gate_table *t, wire x, wire y, bool is_and, uint32_t node)
{
    const uint32_t hash = hash_gate(x, y, is_and);
    if (!slots_make_room(t, node))
        return 0;
    const uint32_t mask = ((uint32_t)1 << t->bits) - 1;
    uint32_t i = home_slot(t, hash);
    while (!ends_search(t, t->slots[i & mask], hash, x, y, is_and))
        i++;
    if (t->slots[i & mask].node != 0)
        return t->slots[i & mask].node;
    t->slots[i & mask] = (gate_slot){.hash = hash, .node = node};
    t->n_entries++;
    return node;
}

/* --- both --- */

uint32_t gate_table_find_or_enter(gate_table *t, wire x, wire y, bool is_and, uint32_t node)
{
    bool is_full = false;
    if (UNLIKELY(block_of(node) >= t->n_blocks) && !make_links(t, node))
        return 0;
    if (UNLIKELY(!has_list(wire_node(y), node)))
        return find_or_enter_slot(t, x, y, is_and, node);
    gate_links *list = links_at(t, wire_node(y));
    const uint32_t found = find_in_list(t, list, x, y, is_and, &is_full);
    if (found != 0)
        return found;
    if (is_full)
        return find_or_enter_slot(t, x, y, is_and, node);
    links_at(t, node)->next = list->first;
    list->first = node;
    return node;
}
