#include "circuit/gate_table.h"

#include "base/mem.h"

#define LINKS_A_BLOCK ((uint32_t)1 << 14)
/* So many gates are in a node's list. */
#define LIST_MOST 8u

#define FIRST_BITS 8u

void gate_table_clear(gate_table *t)
{
    for (uint32_t i = 0; i < t->n_blocks; i++)
        mem_free(t->blocks[i]);
    mem_free(t->blocks);
    mem_free(t->slots);
    *t = (gate_table){0};
}

/* --- lists --- */

static gate_links links_of(const gate_table *t, uint32_t node)
{
    const uint32_t block = node / LINKS_A_BLOCK;
    if (block >= t->n_blocks || t->blocks[block] == NULL)
        return (gate_links){0};
    return t->blocks[block][node % LINKS_A_BLOCK];
}

static bool grow_blocks(gate_table *t, uint32_t block)
{
    const uint32_t n = block + block / 2 + 4;
    gate_links **blocks = mem_resize(t->blocks, n, sizeof *blocks);
    if (blocks == NULL)
        return false;
    t->blocks = blocks;
    while (t->n_blocks < n)
        t->blocks[t->n_blocks++] = NULL;
    return true;
}

/* NULL: out of memory. */
static gate_links *links_at(gate_table *t, uint32_t node)
{
    const uint32_t block = node / LINKS_A_BLOCK;
    if (block >= t->n_blocks && !grow_blocks(t, block))
        return NULL;
    if (t->blocks[block] == NULL)
        t->blocks[block] = mem_new(LINKS_A_BLOCK, sizeof **t->blocks);
    return t->blocks[block] == NULL ? NULL : &t->blocks[block][node % LINKS_A_BLOCK];
}

static bool gate_is_on(builder_gate g, gate_key key)
{
    if (!key.is_and)
        return g.a == key.y && g.b == key.x;
    return gate_is_and(g) && wire_node(g.a) == wire_node(key.x) &&
           wire_node(g.b) == wire_node(key.y);
}

/* The gate in the list of `node`, or 0; *ret_full: there is no room in it. */
static uint32_t find_in_list(const gate_table *t, uint32_t node, gate_key key, bool *ret_full)
{
    unsigned n = 0;
    uint32_t at = links_of(t, node).first;
    for (; at != 0; at = links_of(t, at).next, n++) {
        if (gate_is_on(t->gates[at - t->first_gate], key))
            return at;
    }
    *ret_full = n >= LIST_MOST;
    return 0;
}

static bool put_in_list(gate_table *t, uint32_t in, uint32_t node)
{
    gate_links *links = links_at(t, node);
    gate_links *list = links_at(t, in);
    if (links == NULL || list == NULL)
        return false;
    links->next = list->first;
    list->first = node;
    return true;
}

/* --- slots, by their hash: all slots are in the order of these, but for what had to move on --- */

/* All polarities of an AND's operands hash alike. */
static uint32_t hash_gate(gate_key key)
{
    uint64_t v = (uint64_t)wire_node(key.x) << 32 | wire_plain(key.y) | (key.is_and ? 1u : 0u);
    v *= UINT64_C(0x9e3779b97f4a7c15);
    v ^= v >> 29;
    return (uint32_t)(v * UINT64_C(0xbf58476d1ce4e5b9) >> 32);
}

/* The gate, or 0. */
static uint32_t find_in_slots(const gate_table *t, uint32_t hash, gate_key key)
{
    const uint32_t mask = ((uint32_t)1 << t->bits) - 1;
    if (t->slots == NULL)
        return 0;
    for (uint32_t i = hash >> (32 - t->bits);; i++) {
        const gate_slot s = t->slots[i & mask];
        if (s.node == 0 || (s.hash == hash && gate_is_on(t->gates[s.node - t->first_gate], key)))
            return s.node;
    }
}

static void put_in_slot(gate_table *t, gate_slot slot)
{
    const uint32_t mask = ((uint32_t)1 << t->bits) - 1;
    uint32_t i = slot.hash >> (32 - t->bits);
    while (t->slots[i & mask].node != 0)
        i++;
    t->slots[i & mask] = slot;
    t->n_entries++;
}

static bool grow_slots(gate_table *t)
{
    gate_table larger = *t;
    const size_t n = t->slots == NULL ? 0 : (size_t)1 << t->bits;
    larger.bits = t->slots == NULL ? FIRST_BITS : t->bits + 1;
    larger.n_entries = 0;
    larger.slots = mem_new_aligned((size_t)1 << larger.bits, sizeof *larger.slots);
    if (larger.slots == NULL)
        return false;
    for (size_t i = 0; i < n; i++) {
        if (t->slots[i].node != 0)
            put_in_slot(&larger, t->slots[i]);
    }
    mem_free(t->slots);
    *t = larger;
    return true;
}

/* At most 5/8 of the slots are taken. */
static bool slots_make_room(gate_table *t)
{
    if (t->slots != NULL && t->n_entries < ((uint64_t)5 << t->bits) / 8)
        return true;
    return grow_slots(t);
}

/* --- both --- */

bool gate_table_find(uint32_t *ret_node, gate_place *ret_place, const gate_table *t, gate_key key)
{
    bool is_full;
    *ret_place = (gate_place){.node = wire_node(key.y)};
    *ret_node = find_in_list(t, ret_place->node, key, &is_full);
    if (*ret_node != 0 || !is_full)
        return *ret_node != 0;
    ret_place->node = wire_node(key.x);
    *ret_node = find_in_list(t, ret_place->node, key, &is_full);
    if (*ret_node != 0 || !is_full)
        return *ret_node != 0;
    *ret_place = (gate_place){.node = 0, .hash = hash_gate(key)};
    *ret_node = find_in_slots(t, ret_place->hash, key);
    return *ret_node != 0;
}

bool gate_table_put(gate_table *t, gate_place place, uint32_t node)
{
    if (place.node != 0)
        return put_in_list(t, place.node, node);
    if (!slots_make_room(t))
        return false;
    put_in_slot(t, (gate_slot){.hash = place.hash, .node = node});
    return true;
}
