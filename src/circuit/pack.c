#include "circuit/pack.h"

#include <string.h>

#include "base/assert.h"
#include "base/bits.h"
#include "base/mem.h"
#include "base/min.h"

#define STAGE_BYTES ((size_t)1 << 14)

/* Beside a wire's number in a record: the output is the node's other one. */
#define OTHER_OUTPUT ((uint32_t)1 << 31)
/* In its place: nothing, or nothing that will be read. */
#define NO_OUTPUT UINT32_MAX

bool packer_init(packer *ret_packer, pt_circuit *c, void *memory, uint32_t n_records,
                 uint32_t first_node)
{
    packer *p = ret_packer;
    *p = (packer){.c = c, .memory = memory, .n_records = n_records, .first_node = first_node};
    /* An exchange has at most as many runs as registers. */
    p->stage_bytes =
        STAGE_BYTES + PLAN_EXCHANGE_BYTES + (size_t)2 * c->exchange_width * PLAN_RUN_BYTES;
    p->staged = mem_new(p->stage_bytes, 1);
    c->n_and = 0;
    c->n_spare = 0;
    c->n_registers = c->n_inputs + c->n_gates; /* at most */
    const bool has_walk = plan_walk_init(&p->walk, c);
    return far_wires_init(&p->far) && has_walk && p->staged != NULL;
}

void packer_clear(packer *p)
{
    plan_walk_clear(&p->walk);
    far_wires_clear(&p->far);
    mem_free(p->memory);
    mem_free(p->staged);
    *p = (packer){0};
}

/* --- records and what takes their place --- */

static uint8_t *record_at(const packer *p, uint32_t i)
{
    return p->memory + p->base + (size_t)i * PACK_RECORD_BYTES;
}

static pack_operand output_at(const packer *p, uint32_t i)
{
    pack_operand at;
    memcpy(&at, record_at(p, i), sizeof at);
    return at;
}

static void set_output(const packer *p, uint32_t i, pack_operand at)
{
    memcpy(record_at(p, i), &at, sizeof at);
}

void packer_next(packer *p, void *ret_record)
{
    PT_ASSERT(p->next < p->n_records);
    memcpy(ret_record, record_at(p, p->next), PACK_RECORD_BYTES);
    set_output(p, p->next, (pack_operand){.wire = NO_OUTPUT});
    p->next++;
}

/* Notes where an output is. False: out of memory. */
static bool packer_keep(packer *p, uint32_t number, pack_operand at)
{
    const uint32_t i = number / 2 - p->first_node;
    if (number / 2 < p->first_node || i < p->reached || output_at(p, i).wire != NO_OUTPUT)
        return far_wires_put(&p->far, number, at);
    at.wire |= number % 2 != 0 ? OTHER_OUTPUT : 0;
    set_output(p, i, at);
    return true;
}

pack_operand packer_last(const packer *p)
{
    const uint32_t wire = p->walk.wire - 1;
    return (pack_operand){wire, p->walk.recent[wire & p->walk.mask]};
}

pack_operand packer_find(packer *p, uint32_t number, bool is_end)
{
    const uint32_t i = number / 2 - p->first_node;
    if (number / 2 < p->first_node || i < p->reached)
        return far_wires_get(&p->far, number, is_end);
    pack_operand at = output_at(p, i);
    if (at.wire == NO_OUTPUT || at.wire / OTHER_OUTPUT != number % 2)
        return far_wires_get(&p->far, number, is_end);
    if (is_end)
        set_output(p, i, (pack_operand){.wire = NO_OUTPUT});
    at.wire &= ~OTHER_OUTPUT;
    return at;
}

/* An instruction mostly takes less than a record. Where it does not, the records move on. */
static bool move_records(packer *p)
{
    const size_t end = p->base + (size_t)p->n_records * PACK_RECORD_BYTES;
    const size_t more = p->stage_bytes + (end - p->n_code) / 8;
    uint8_t *memory = mem_resize(p->memory, end + more, 1);
    if (memory == NULL)
        return false;
    memmove(memory + p->n_code + more, memory + p->n_code, end - p->n_code);
    p->memory = memory;
    p->base += more;
    return true;
}

/* Outputs that are read still leave the records where the instructions come. */
static bool leave_records(packer *p)
{
    const size_t end = p->n_code + p->n_staged;
    for (; p->reached < p->next && record_at(p, p->reached) < p->memory + end; p->reached++) {
        const pack_operand at = output_at(p, p->reached);
        const uint32_t number = (p->first_node + p->reached) * 2 + at.wire / OTHER_OUTPUT;
        if (at.wire != NO_OUTPUT &&
            !far_wires_put(&p->far, number,
                           (pack_operand){at.wire & ~OTHER_OUTPUT, at.in_register}))
            return false;
    }
    return true;
}

static bool put_staged(packer *p)
{
    const size_t read = p->base + (size_t)p->next * PACK_RECORD_BYTES;
    if ((p->n_code + p->n_staged > read && !move_records(p)) || !leave_records(p))
        return false;
    memcpy(p->memory + p->n_code, p->staged, p->n_staged);
    p->n_code += p->n_staged;
    p->n_staged = 0;
    return true;
}

/* --- instructions --- */

/* Room for an instruction of at most so many bytes, and for what it gives back, n_back at most. */
static bool packer_make_room(packer *p, size_t bytes, uint32_t n_back)
{
    plan_walk *w = &p->walk;
    if (w->n_spare + n_back > w->max_spare) {
        const uint32_t n = w->max_spare + w->max_spare / 2 + n_back + 16;
        uint32_t *spare = mem_resize(w->spare, n, sizeof *spare);
        if (spare == NULL)
            return false;
        w->spare = spare;
        w->max_spare = n;
    }
    return p->n_staged + bytes + PLAN_PADDING <= p->stage_bytes || put_staged(p);
}

/* Writes an operand and returns how many bytes it has, less one. */
static unsigned put_operand(uint8_t **at, uint32_t distance, uint32_t in_register)
{
    const bool is_near = distance < PLAN_NEAR;
    const uint32_t v = is_near ? distance : in_register;
    unsigned more = is_near ? 0 : 2;
    if (v >> (8 * (more + 1)) != 0)
        more++;
    le_put_u32(*at, v);
    *at += more + 1;
    return more;
}

/* Which register the output gets, and what is counted of that. */
static uint32_t take_register(packer *p, unsigned ends, uint32_t a, uint32_t b)
{
    plan_walk *w = &p->walk;
    pt_circuit *c = p->c;
    if (ends == 0)
        return plan_walk_take(w, 0, a, b);
    c->n_spare = max_u32(c->n_spare, w->n_spare + plan_ends_count(ends));
    const uint32_t out = plan_walk_take(w, ends, a, b);
    if ((ends & PACK_OUT_ENDS) != 0) {
        plan_walk_give_back(w, out);
        c->n_spare = max_u32(c->n_spare, w->n_spare);
    }
    return out;
}

bool packer_put(packer *p, uint32_t number, gate_op op, unsigned ends, pack_operand a,
                pack_operand b)
{
    if (!packer_make_room(p, PLAN_MAX_BYTES, 3))
        return false;
    const uint32_t wire = p->walk.wire;
    uint8_t *at = p->staged + p->n_staged;
    if ((ends & PACK_OUT_ENDS) != 0)
        *at++ = PLAN_DROPPED;
    uint8_t *control = at++;
    const bool is_binary = op == GATE_XOR || op == GATE_AND;
    const unsigned a_more =
        put_operand(&at, op == GATE_CONST ? a.wire : wire - 1 - a.wire, a.in_register);
    const unsigned b_more = put_operand(&at, is_binary ? wire - 1 - b.wire : 0, b.in_register);
    *control =
        (uint8_t)((unsigned)op | (ends & (PLAN_A_ENDS | PLAN_B_ENDS)) | a_more << 4 | b_more << 6);
    p->n_staged = (size_t)(at - p->staged);
    p->c->n_and += op == GATE_AND ? 1u : 0u;
    const uint32_t out = take_register(p, ends, a.in_register, b.in_register);
    return number == 0 || packer_keep(p, number, (pack_operand){wire, out});
}

/* How many of the registers, of which there are n, are one run. */
static uint32_t run_length(const uint32_t *registers, uint32_t n, uint32_t *ret_step)
{
    uint32_t length = 1;
    *ret_step = n > 1 && registers[1] + 1 == registers[0] ? UINT32_MAX : 1;
    n = min_u32(n, PLAN_MAX_RUN);
    while (length < n && registers[length] == registers[length - 1] + *ret_step)
        length++;
    return length;
}

static void write_exchange(packer *p, const uint32_t *registers, uint32_t width, uint32_t n_key)
{
    uint8_t *at = p->staged + p->n_staged;
    uint32_t step;
    *at = PLAN_EXCHANGE;
    le_put_u16(at + 1, (uint16_t)width);
    le_put_u16(at + 3, (uint16_t)n_key);
    at += PLAN_EXCHANGE_BYTES;
    for (uint32_t i = 0; i < 2 * width;) {
        const uint32_t length = run_length(registers + i, 2 * width - i, &step);
        le_put_u32(at, registers[i] | (step == 1 ? 0 : PLAN_RUN_DOWN));
        le_put_u16(at + 4, (uint16_t)length);
        at += PLAN_RUN_BYTES;
        i += length;
    }
    p->n_staged = (size_t)(at - p->staged);
}

/* Goes through its gates as a walk will; the first drives wire p->walk.wire. */
static void walk_exchange(packer *p, const uint32_t *registers, uint32_t width, uint32_t n_key)
{
    plan_walk *w = &p->walk;
    plan_exchange *x = &w->exchange;
    PT_ASSERT(width > 0 && width <= w->max_width && n_key > 0 && n_key <= width);
    x->stage = EXCHANGE_DIFFERENCE;
    x->width = width;
    x->n_key = n_key;
    x->bit = 0;
    memcpy(x->rows, registers, (size_t)2 * width * sizeof *registers);
    while (x->stage != EXCHANGE_BEGIN) {
        const uint32_t n_spare = w->n_spare;
        (void)plan_exchange_step(w);
        p->c->n_spare = max_u32(p->c->n_spare, n_spare + plan_ends_count(x->ends));
    }
}

bool packer_put_exchange(packer *p, const uint32_t *registers, const uint32_t *numbers,
                         uint32_t width, uint32_t n_key)
{
    const size_t bytes = PLAN_EXCHANGE_BYTES + (size_t)2 * width * PLAN_RUN_BYTES;
    if (!packer_make_room(p, bytes, width + 3))
        return false;
    write_exchange(p, registers, width, n_key);
    walk_exchange(p, registers, width, n_key);
    p->c->n_and += width + n_key;
    p->exchange_width = max_u32(p->exchange_width, width);
    const uint32_t first = p->walk.wire - 3 * width;
    for (uint32_t k = 0; k < width; k++) {
        const pack_operand low = {first + 3 * k + 1, registers[k]};
        const pack_operand high = {first + 3 * k + 2, registers[width + k]};
        if (!packer_keep(p, numbers[k], low) || !packer_keep(p, numbers[width + k], high))
            return false;
    }
    return true;
}

bool packer_finish(packer *p)
{
    pt_circuit *c = p->c;
    PT_ASSERT(p->next == p->n_records && p->walk.wire == c->n_inputs + c->n_gates);
    memset(p->staged + p->n_staged, 0, PLAN_PADDING);
    p->n_staged += PLAN_PADDING;
    if (!put_staged(p))
        return false;
    c->n_registers = p->walk.n_taken;
    c->exchange_width = p->exchange_width;
    uint8_t *code = mem_cut(p->memory, p->n_code, 1);
    if (code == NULL)
        return false;
    c->code = code;
    c->code_len = p->n_code - PLAN_PADDING;
    p->memory = NULL;
    return true;
}

/* --- gates that are there in full --- */

static unsigned gate_reads(gate g)
{
    switch ((gate_op)g.op) {
    case GATE_XOR:
    case GATE_AND:
        return 2;
    case GATE_NOT:
        return 1;
    case GATE_CONST:
        break;
    }
    return 0;
}

/* Marks a wire as read; `flag` if it was not yet, else 0. */
static unsigned first_mark(uint8_t *read, uint32_t wire, unsigned flag)
{
    const unsigned mask = 1u << wire % 8;
    const unsigned old = read[wire / 8];
    read[wire / 8] = (uint8_t)(old | mask);
    return (old & mask) == 0 ? flag : 0;
}

/* What each gate reads for the last time; NULL: out of memory. Goes backwards, so that the first
 * reader met is the last one; a bit a wire stays in the cache. */
static uint8_t *find_ends(const pt_circuit *c, const gate *gates)
{
    uint8_t *read = mem_new(bits_bytes((size_t)c->n_inputs + c->n_gates), 1);
    uint8_t *ends = mem_new(c->n_gates, 1);
    if (read == NULL || ends == NULL) {
        mem_free(read);
        mem_free(ends);
        return NULL;
    }
    for (uint32_t i = 0; i < c->n_outputs; i++)
        (void)first_mark(read, c->outputs[i], 0);
    for (uint32_t i = c->n_gates; i-- > 0;) {
        const gate g = gates[i];
        const unsigned n_reads = gate_reads(g);
        unsigned end = first_mark(read, c->n_inputs + i, PACK_OUT_ENDS);
        if (n_reads > 0)
            end |= first_mark(read, g.a, PLAN_A_ENDS);
        if (n_reads > 1)
            end |= first_mark(read, g.b, PLAN_B_ENDS);
        ends[i] = (uint8_t)end;
    }
    mem_free(read);
    return ends;
}

/* By which a wire is found: not 0, wire 0 of a circuit without inputs included. */
static uint32_t wire_number(uint32_t wire)
{
    return (wire + 1) * 2;
}

static pack_operand operand_of(packer *p, uint32_t wire, bool is_end)
{
    if (wire < p->c->n_inputs)
        return (pack_operand){wire, wire};
    return packer_find(p, wire_number(wire), is_end);
}

static bool pack_gate(packer *p, unsigned ends)
{
    gate g;
    pack_operand a = {0}, b = {0};
    const uint32_t number = (ends & PACK_OUT_ENDS) != 0 ? 0 : wire_number(p->walk.wire);
    packer_next(p, &g);
    const unsigned n_reads = gate_reads(g);
    /* The second operand first: when both are one wire, the first one ends it. */
    if (n_reads > 1)
        b = operand_of(p, g.b, (ends & PLAN_B_ENDS) != 0);
    if (n_reads > 0)
        a = operand_of(p, g.a, (ends & PLAN_A_ENDS) != 0);
    else
        a.wire = g.a;
    return packer_put(p, number, (gate_op)g.op, ends, a, b);
}

static bool pack_gates(packer *p, const uint8_t *ends)
{
    pt_circuit *c = p->c;
    for (uint32_t i = 0; i < c->n_gates; i++) {
        if (!pack_gate(p, ends[i]))
            return false;
    }
    for (uint32_t i = 0; i < c->n_outputs; i++)
        c->output_registers[i] = operand_of(p, c->outputs[i], false).in_register;
    return packer_finish(p);
}

bool circuit_pack(pt_circuit *c, gate *memory)
{
    packer p;
    uint8_t *ends = find_ends(c, memory);
    c->output_registers = mem_new(c->n_outputs, sizeof *c->output_registers);
    const bool done = packer_init(&p, c, memory, c->n_gates, c->n_inputs + 1) && ends != NULL &&
                      c->output_registers != NULL && pack_gates(&p, ends);
    packer_clear(&p);
    mem_free(ends);
    return done;
}
