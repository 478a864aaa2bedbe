#include "circuit/gate_table.h"

#include "base/mem.h"

#define LINKS_A_BLOCK   GATE_LINKS_A_BLOCK
#define BLOCKS_ALONE    GATE_BLOCKS_ALONE
#define BLOCKS_TOGETHER GATE_BLOCKS_TOGETHER
#define WINDOW          (GATE_GROUPS_IN_A_WINDOW * BLOCKS_TOGETHER * LINKS_A_BLOCK)
/* So many gates are in a node's list. */
#define LIST_MOST 4u

#define FIRST_BITS 8u

void gate_table_clear(gate_table *t)
{
    for (uint32_t i = 0; i < t->n_blocks; i += i < BLOCKS_ALONE ? 1 : BLOCKS_TOGETHER)
        mem_free(t->blocks[i]);
    mem_free(t->blocks);
    mem_free(t->slots);
    *t = (gate_table){0};
}

/* --- lists --- */

/* Of a gate that is in a list; NULL when they were given up. */
static const gate_links *links_in_list(const gate_table *t, uint32_t node)
{
    const gate_links *block = t->blocks[node / LINKS_A_BLOCK];
    return block == NULL ? NULL : &block[node % LINKS_A_BLOCK];
}

static bool grow_blocks(gate_table *t, uint32_t block)
{
    const uint32_t n = (block + block / 2) / BLOCKS_TOGETHER * BLOCKS_TOGETHER + BLOCKS_TOGETHER;
    gate_links **blocks = mem_resize(t->blocks, n, sizeof *blocks);
    if (blocks == NULL)
        return false;
    t->blocks = blocks;
    while (t->n_blocks < n)
        t->blocks[t->n_blocks++] = NULL;
    return true;
}

/* Whether there is a list of the gates on `y`, when the newest gate is `node`. */
static bool has_list(uint32_t y, uint32_t node)
{
    return node - y < WINDOW || y < BLOCKS_ALONE * LINKS_A_BLOCK;
}

/* Lists of nodes that are further back than a window from all that are in `group`. */
static void give_up_before(gate_table *t, uint32_t group)
{
    const uint32_t alone = BLOCKS_ALONE / BLOCKS_TOGETHER;
    if (t->first_group < alone)
        t->first_group = alone;
    for (; t->first_group + GATE_GROUPS_IN_A_WINDOW < group; t->first_group++) {
        gate_links **blocks = t->blocks + (size_t)t->first_group * BLOCKS_TOGETHER;
        mem_free(blocks[0]);
        for (uint32_t i = 0; i < BLOCKS_TOGETHER; i++)
            blocks[i] = NULL;
    }
}

/* False: out of memory. */
static bool make_links(gate_table *t, uint32_t block)
{
    if (block < BLOCKS_ALONE) {
        t->blocks[block] = mem_new(LINKS_A_BLOCK, sizeof **t->blocks);
        return t->blocks[block] != NULL;
    }
    give_up_before(t, block / BLOCKS_TOGETHER);
    const uint32_t first = block / BLOCKS_TOGETHER * BLOCKS_TOGETHER;
    gate_links *links =
        mem_new_aligned((size_t)LINKS_A_BLOCK * BLOCKS_TOGETHER, sizeof **t->blocks);
    for (uint32_t i = 0; i < BLOCKS_TOGETHER && links != NULL; i++)
        t->blocks[first + i] = links + (size_t)i * LINKS_A_BLOCK;
    return links != NULL;
}

/* NULL: out of memory. */
static NOINLINE gate_links *links_made(gate_table *t, uint32_t node)
{
    const uint32_t block = node / LINKS_A_BLOCK;
    if (block >= t->n_blocks && !grow_blocks(t, block))
        return NULL;
    if (t->blocks[block] == NULL && !make_links(t, block))
        return NULL;
    return &t->blocks[block][node % LINKS_A_BLOCK];
}

/* The same, mostly without a call. */
static gate_links *links_at(gate_table *t, uint32_t node)
{
    const uint32_t block = node / LINKS_A_BLOCK;
    if (LIKELY(block < t->n_blocks && t->blocks[block] != NULL))
        return &t->blocks[block][node % LINKS_A_BLOCK];
    return links_made(t, node);
}

static bool gate_is_on(builder_gate g, wire x, wire y, bool is_and)
{
    if (!is_and)
        return g.a == y && g.b == x;
    return gate_is_and(g) && wire_node(g.a) == wire_node(x) && wire_node(g.b) == wire_node(y);
}

/* The gate in a list, or 0; *ret_full: there is no room in it, or its end was given up. */
static uint32_t find_in_list(const gate_table *t, const gate_links *list, wire x, wire y,
                             bool is_and, bool *ret_full)
{
    const gate_links *links = list;
    unsigned n = 0;
    for (uint32_t at = list->first; at != 0; at = links->next, n++) {
        if (gate_is_on(t->gates[at - t->first_gate], x, y, is_and))
            return at;
        links = links_in_list(t, at);
        if (links == NULL)
            break;
    }
    *ret_full = links == NULL || n >= LIST_MOST;
    return 0;
}

/* Returns the node, or 0: out of memory. */
static uint32_t enter_in_list(gate_table *t, gate_links *list, uint32_t node)
{
    gate_links *links = links_at(t, node);
    if (links == NULL)
        return 0;
    links->next = list->first;
    list->first = node;
    return node;
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
    if (UNLIKELY(!has_list(wire_node(y), node)))
        return find_or_enter_slot(t, x, y, is_and, node);
    gate_links *list = links_at(t, wire_node(y));
    if (list == NULL)
        return 0;
    const uint32_t found = find_in_list(t, list, x, y, is_and, &is_full);
    if (found != 0)
        return found;
    if (is_full)
        return find_or_enter_slot(t, x, y, is_and, node);
    return enter_in_list(t, list, node);
}
