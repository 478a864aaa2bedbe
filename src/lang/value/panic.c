#include "lang/value/panic.h"

#include <string.h>

#include "base/assert.h"
#include "base/bits.h"
#include "base/mem.h"

const char *panic_reason_text(panic_reason reason)
{
    switch (reason) {
    case PANIC_OVERFLOW:
        return "Overflow";
    case PANIC_DIVISION_BY_ZERO:
        return "Division By Zero";
    case PANIC_OUT_OF_BOUNDS:
        break;
    }
    return "Array Access Out Of Bounds";
}

unsigned panic_code_bits(size_t n_sites)
{
    unsigned bits = 0;
    while (bits < PANIC_MAX_CODE_BITS && (n_sites >> bits) != 0)
        bits++;
    return bits;
}

void panics_init(panics *p, circuit_builder *builder)
{
    *p = (panics){.builder = builder, .active = WIRE_TRUE};
}

void panics_clear(panics *p)
{
    mem_free(p->sites);
    mem_free(p->table);
    mem_free(p->tested);
    mem_free(p->trail);
    *p = (panics){.active = WIRE_TRUE};
}

static bool same_site(const panic_site *x, const panic_site *y)
{
    return x->reason == y->reason && x->at.line == y->at.line && x->at.column == y->at.column &&
           x->at.end_line == y->at.end_line && x->at.end_column == y->at.end_column;
}

/* Where the site is or belongs in the table, which has room. */
static size_t find_slot(const panics *p, const panic_site *site)
{
    uint64_t hash = (uint64_t)site->at.line << 32 | site->at.column;
    hash = (hash ^ ((uint64_t)site->at.end_line << 20) ^ ((uint64_t)site->at.end_column << 44) ^
            (uint64_t)site->reason) *
           UINT64_C(0x9e3779b97f4a7c15);
    size_t slot = (size_t)(hash >> 32) & (p->table_size - 1);
    while (p->table[slot] != 0 && !same_site(&p->sites[p->table[slot] - 1], site))
        slot = (slot + 1) & (p->table_size - 1);
    return slot;
}

static bool grow_sites(panics *p)
{
    const size_t capacity = p->sites_capacity == 0 ? 16 : p->sites_capacity * 2;
    panic_site *sites = mem_resize(p->sites, capacity, sizeof *sites);
    if (sites == NULL)
        return false;
    p->sites = sites;
    p->sites_capacity = capacity;
    uint32_t *table = mem_new(capacity * 2, sizeof *table);
    if (table == NULL)
        return false;
    mem_free(p->table);
    p->table = table;
    p->table_size = capacity * 2;
    for (size_t i = 0; i < p->n_sites; i++)
        p->table[find_slot(p, &p->sites[i])] = (uint32_t)(i + 1);
    return true;
}

/* The site's code, 0 when out of memory. */
static uint32_t code_of_site(panics *p, const panic_site *site)
{
    if (p->n_sites == p->sites_capacity && !grow_sites(p))
        return 0;
    const size_t slot = find_slot(p, site);
    if (p->table[slot] == 0) {
        p->sites[p->n_sites++] = *site;
        p->table[slot] = (uint32_t)p->n_sites;
    }
    return p->table[slot];
}

static bool was_tested(const panics *p, wire condition)
{
    return condition < p->tested_wires && bits_get(p->tested, condition) != 0;
}

static bool remember_tested(panics *p, wire condition)
{
    if (condition >= p->tested_wires) {
        const size_t wires = ((size_t)condition + 64) * 2 / 8 * 8;
        uint8_t *tested = mem_resize(p->tested, wires / 8, 1);
        if (tested == NULL)
            return false;
        memset(tested + p->tested_wires / 8, 0, (wires - p->tested_wires) / 8);
        p->tested = tested;
        p->tested_wires = wires;
    }
    if (p->n_trail == p->trail_capacity) {
        const size_t capacity = p->trail_capacity == 0 ? 64 : p->trail_capacity * 2;
        wire *trail = mem_resize(p->trail, capacity, sizeof *trail);
        if (trail == NULL)
            return false;
        p->trail = trail;
        p->trail_capacity = capacity;
    }
    p->trail[p->n_trail++] = condition;
    bits_set(p->tested, condition, 1);
    return true;
}

bool panic_raise(panics *p, wire condition, panic_reason reason, span at)
{
    if (condition == WIRE_FALSE || p->active == WIRE_FALSE || was_tested(p, condition))
        return true;
    const panic_site site = {.reason = reason, .at = at};
    const uint32_t code = code_of_site(p, &site);
    if (code == 0 || !remember_tested(p, condition))
        return false;
    const wire first = circuit_and(p->builder, p->active, condition);
    for (unsigned bit = 0; bit < PANIC_MAX_CODE_BITS; bit++) {
        if ((code >> bit & 1) != 0)
            p->code[bit] = circuit_xor(p->builder, p->code[bit], first);
    }
    p->active = circuit_xor(p->builder, p->active, first);
    p->n_raised++;
    return true;
}

void panic_fork_begin(panic_fork *ret_fork, const panics *p)
{
    *ret_fork = (panic_fork){.before = p->active,
                             .rest = p->active,
                             .done = WIRE_FALSE,
                             .n_raised = p->n_raised,
                             .trail_mark = p->n_trail};
}

void panic_arm_begin(panics *p, panic_fork *fork, wire condition)
{
    p->active = circuit_and(p->builder, fork->rest, condition);
    fork->rest = circuit_xor(p->builder, fork->rest, p->active);
}

void panic_arm_end(panics *p, panic_fork *fork)
{
    PT_ASSERT(p->n_trail >= fork->trail_mark);
    fork->done = circuit_xor(p->builder, fork->done, p->active);
    while (p->n_trail > fork->trail_mark)
        bits_set(p->tested, p->trail[--p->n_trail], 0);
}

void panic_fork_end(panics *p, const panic_fork *fork)
{
    PT_ASSERT(p->n_trail == fork->trail_mark);
    PT_ASSERT(p->n_raised >= fork->n_raised);
    /* Nothing raised: what was active still is, and the arms' wires are not needed. */
    p->active = p->n_raised == fork->n_raised ? fork->before
                                              : circuit_xor(p->builder, fork->done, fork->rest);
}
