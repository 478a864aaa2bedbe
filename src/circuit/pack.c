#include "circuit/pack.h"

#include <string.h>

#include "base/assert.h"
#include "base/bits.h"
#include "base/mem.h"
#include "base/min.h"
#include "circuit/plan.h"

/* Beside PLAN_A_ENDS and PLAN_B_ENDS: nothing reads the output. */
#define OUT_ENDS 16u

/* Registers below take three bytes, so that no instruction has more bytes than a gate. */
#define REGISTERS_IN_PLACE ((uint32_t)1 << 24)
_Static_assert(2 + 3 + 3 <= sizeof(gate), "what is written stays behind what is read");

typedef struct packer {
    const pt_circuit *c;
    const gate *gates;
    uint8_t *ends;       /* per gate */
    uint32_t *registers; /* of each gate's output */
    plan_walk walk;      /* hands the registers out */
    uint8_t *at;
} packer;

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

/* Goes backwards, so that the first reader met is the last one; a bit a wire stays in the cache. */
static bool find_ends(packer *p)
{
    const pt_circuit *c = p->c;
    uint8_t *read = mem_new(bits_bytes((size_t)c->n_inputs + c->n_gates), 1);
    p->ends = mem_new(c->n_gates, 1);
    if (read == NULL || p->ends == NULL) {
        mem_free(read);
        return false;
    }
    for (uint32_t i = 0; i < c->n_outputs; i++)
        (void)first_mark(read, c->outputs[i], 0);
    for (uint32_t i = c->n_gates; i-- > 0;) {
        const gate g = p->gates[i];
        const unsigned n_reads = gate_reads(g);
        unsigned end = first_mark(read, c->n_inputs + i, OUT_ENDS);
        if (n_reads > 0)
            end |= first_mark(read, g.a, PLAN_A_ENDS);
        if (n_reads > 1)
            end |= first_mark(read, g.b, PLAN_B_ENDS);
        p->ends[i] = (uint8_t)end;
    }
    mem_free(read);
    return true;
}

/* How many registers there are, and how many of them are given back at most. */
static void count_registers(pt_circuit *c, const uint8_t *ends)
{
    uint32_t n = c->n_inputs;
    uint32_t n_spare = 0;
    c->n_spare = 0;
    for (uint32_t i = 0; i < c->n_gates; i++) {
        n_spare += (ends[i] & PLAN_A_ENDS ? 1u : 0u) + (ends[i] & PLAN_B_ENDS ? 1u : 0u);
        c->n_spare = max_u32(c->n_spare, n_spare);
        if (n_spare > 0)
            n_spare--;
        else
            n++;
        n_spare += ends[i] & OUT_ENDS ? 1u : 0u;
        c->n_spare = max_u32(c->n_spare, n_spare);
    }
    c->n_registers = n;
}

static uint32_t register_of(const packer *p, uint32_t wire)
{
    return wire < p->c->n_inputs ? wire : p->registers[wire - p->c->n_inputs];
}

/* Writes an operand and returns how many bytes it has, less one. */
static unsigned put_operand(packer *p, uint32_t distance, uint32_t in_register)
{
    const bool is_near = distance < PLAN_NEAR;
    const uint32_t v = is_near ? distance : in_register;
    unsigned more = is_near ? 0 : 2;
    if (v >> (8 * (more + 1)) != 0)
        more++;
    le_put_u32(p->at, v);
    p->at += more + 1;
    return more;
}

static void put_step(packer *p, uint32_t i)
{
    const gate g = p->gates[i];
    const unsigned n_reads = gate_reads(g);
    const unsigned ends = p->ends[i];
    const uint32_t wire = p->walk.wire;
    const uint32_t a = n_reads > 0 ? register_of(p, g.a) : 0;
    const uint32_t b = n_reads > 1 ? register_of(p, g.b) : 0;
    if (ends & OUT_ENDS)
        *p->at++ = PLAN_DROPPED;
    uint8_t *control = p->at++;
    const unsigned a_more = put_operand(p, n_reads > 0 ? wire - 1 - g.a : g.a, a);
    const unsigned b_more = put_operand(p, n_reads > 1 ? wire - 1 - g.b : 0, b);
    *control = (uint8_t)(g.op | (ends & (PLAN_A_ENDS | PLAN_B_ENDS)) | a_more << 4 | b_more << 6);
    const uint32_t out = plan_walk_take(&p->walk, ends, a, b);
    if (ends & OUT_ENDS)
        plan_walk_give_back(&p->walk, out);
    p->registers[i] = out;
}

/* Where the instructions go: into the gates' own memory if they surely fit. */
static uint8_t *code_place(const pt_circuit *c, gate *memory)
{
    if (c->n_registers <= REGISTERS_IN_PLACE)
        return (uint8_t *)memory;
    return mem_new((size_t)c->n_gates * PLAN_MAX_BYTES + PLAN_PADDING, 1);
}

/* Gives back what instructions take less than gates. */
static void keep_code(pt_circuit *c, uint8_t *code, size_t len)
{
    uint8_t *smaller = mem_resize(code, len + PLAN_PADDING, 1);
    c->code = smaller != NULL ? smaller : code;
    c->code_len = len;
}

static bool pack_gates(pt_circuit *c, packer *p, gate *memory)
{
    uint8_t *code = code_place(c, memory);
    if (code == NULL)
        return false;
    p->at = code;
    for (uint32_t i = 0; i < c->n_gates; i++)
        put_step(p, i);
    memset(p->at, 0, PLAN_PADDING);
    PT_ASSERT(p->walk.n_taken == c->n_registers);
    for (uint32_t i = 0; i < c->n_outputs; i++)
        c->output_registers[i] = register_of(p, c->outputs[i]);
    keep_code(c, code, (size_t)(p->at - code));
    if (code != (uint8_t *)memory)
        mem_free(memory);
    return true;
}

bool circuit_pack(pt_circuit *c, gate *memory)
{
    packer p = {.c = c, .gates = memory + PACK_LEAD};
    bool done = find_ends(&p);
    if (done) {
        count_registers(c, p.ends);
        c->output_registers = mem_new(c->n_outputs, sizeof *c->output_registers);
        p.registers = mem_new(c->n_gates, sizeof *p.registers);
        done = plan_walk_init(&p.walk, c) && p.registers != NULL && c->output_registers != NULL &&
               pack_gates(c, &p, memory);
    }
    if (!done)
        mem_free(memory);
    plan_walk_clear(&p.walk);
    mem_free(p.registers);
    mem_free(p.ends);
    return done;
}
