#include "circuit/compact.h"

#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "base/min.h"
#include "base/varint.h"
#include "circuit/plan.h"

#define GATE_MIN_BYTES 3

/* ---- Writing ---- */

static void put_numbers(buffer *b, const uint32_t *v, size_t n)
{
    for (size_t i = 0; i < n; i++)
        buffer_put_varint(b, v[i]);
}

void circuit_put_compact(buffer *b, const pt_circuit *c)
{
    buffer_put_varint(b, c->n_parties);
    put_numbers(b, c->party_inputs, c->n_parties);
    buffer_put_varint(b, c->n_gates);
    buffer_put_varint(b, c->n_registers);
    buffer_put_varint(b, c->code_len);
    buffer_put(b, c->code, c->code_len + PLAN_PADDING);
    buffer_put_varint(b, c->n_outputs);
    put_numbers(b, c->output_registers, c->n_outputs);
    buffer_put_varint(b, c->n_output_values);
    put_numbers(b, c->output_value_bits, c->n_output_values);
}

/* ---- Reading ---- */

/* Numbers that take at least a byte each, so that no count asks for much more memory than the bytes
 * that are there. */
static uint32_t get_count(reader *r, uint64_t max)
{
    return (uint32_t)reader_varint(r, min_u64(max, reader_left(r)));
}

/* `n` numbers of at most `max` each. NULL for want of memory. */
static uint32_t *get_numbers(reader *r, size_t n, uint64_t max)
{
    uint32_t *v = mem_new(n, sizeof *v);
    for (size_t i = 0; v != NULL && i < n && !r->failed; i++)
        v[i] = (uint32_t)reader_varint(r, max);
    return v;
}

static bool get_inputs(pt_circuit *c, reader *r)
{
    uint64_t n_inputs = 0;
    c->n_parties = get_count(r, CIRCUIT_MAX_PARTIES);
    c->party_inputs = get_numbers(r, c->n_parties, CIRCUIT_MAX_WIRES);
    for (size_t p = 0; c->party_inputs != NULL && p < c->n_parties; p++)
        n_inputs += c->party_inputs[p];
    if (n_inputs > CIRCUIT_MAX_WIRES || c->n_parties == 0)
        r->failed = true;
    c->n_inputs = r->failed ? 0 : (uint32_t)n_inputs;
    return c->party_inputs != NULL;
}

/* What instructions of anybody's making are checked by: a walk through them, a step behind. */
typedef struct code_check {
    gate_walk gates;       /* a register that holds no wire has NO_WIRE + 1 */
    uint32_t constants[2]; /* their wires, or NO_WIRE */
    uint32_t n_spare;      /* at most, so far */
} code_check;

#define NO_WIRE (UINT32_MAX - 1)

/* Whether an operand is a wire that is no constant, and written as it has to be: the register it is
 * in holds it still. A distance that is too large is that of no wire. */
static bool operand_is_sound(const code_check *k, uint32_t v, bool is_register, unsigned n_bytes)
{
    const plan_walk *w = &k->gates.plan;
    if (is_register && v >= w->n_taken)
        return false;
    const uint32_t holds = gate_walk_wire(&k->gates, plan_walk_operand(w, v, is_register));
    if (holds == NO_WIRE || holds == k->constants[0] || holds == k->constants[1])
        return false;
    if (is_register)
        return w->wire - 1 - holds >= PLAN_NEAR && (n_bytes == 3) == (v >> 24 == 0);
    return w->wire - 1 - holds == v && (n_bytes == 1) == (v >> 8 == 0);
}

static bool constant_is_sound(const code_check *k, plan_code code)
{
    return code.a <= 1 && k->constants[code.a] == NO_WIRE && code.control == (unsigned)GATE_CONST &&
           code.b == 0;
}

static bool code_is_sound(const code_check *k, plan_code code)
{
    const plan_walk *w = &k->gates.plan;
    const gate_op op = plan_code_op(code);
    const unsigned ends = code.control & (PLAN_A_ENDS | PLAN_B_ENDS);
    const unsigned a_bytes = 1 + (code.control >> 4 & 3u);
    if (op == GATE_CONST)
        return constant_is_sound(k, code);
    if (!operand_is_sound(k, code.a, code.a_is_register, a_bytes))
        return false;
    if (op == GATE_NOT)
        return code.b == 0 && (code.control & (PLAN_B_ENDS | 0xc0u)) == 0;
    if (!operand_is_sound(k, code.b, code.b_is_register, code.n_bytes - 1 - a_bytes))
        return false;
    return ends != (PLAN_A_ENDS | PLAN_B_ENDS) ||
           plan_walk_operand(w, code.a, code.a_is_register) !=
               plan_walk_operand(w, code.b, code.b_is_register);
}

/* The next instruction is all there and sound, and there is a register for its output. */
static bool next_is_sound(const code_check *k, const pt_circuit *c)
{
    const plan_walk *w = &k->gates.plan;
    const uint8_t *at = w->at;
    if (at < w->end && *at == PLAN_DROPPED)
        at++;
    if (at >= w->end || plan_code_bytes(*at) > (size_t)(w->end - at))
        return false;
    const plan_code code = plan_code_read(at);
    const bool gives_back = (code.control & (PLAN_A_ENDS | PLAN_B_ENDS)) != 0;
    return code_is_sound(k, code) && (gives_back || w->n_spare > 0 || w->n_taken < c->n_registers);
}

static void check_step(code_check *k, pt_circuit *c)
{
    plan_walk *w = &k->gates.plan;
    const uint32_t wire = w->wire;
    const uint32_t n_spare = w->n_spare;
    const bool is_dropped = plan_walk_is_dropped(w);
    const uint8_t *at = w->at;
    const plan_code code = plan_code_next(&at);
    const plan_step step = plan_walk_next(w);
    const bool a_ends = (code.control & PLAN_A_ENDS) != 0;
    const bool b_ends = (code.control & PLAN_B_ENDS) != 0;
    if (step.op == GATE_CONST)
        k->constants[step.a] = wire;
    if (a_ends)
        k->gates.wires[step.a] = NO_WIRE + 1;
    if (b_ends)
        k->gates.wires[step.b] = NO_WIRE + 1;
    k->gates.wires[step.out] = is_dropped ? NO_WIRE + 1 : wire + 1;
    k->n_spare = max_u32(k->n_spare, n_spare + (a_ends ? 1u : 0u) + (b_ends ? 1u : 0u));
    k->n_spare = max_u32(k->n_spare, w->n_spare);
    c->n_and += step.op == GATE_AND ? 1 : 0;
}

/* Goes through the instructions; the outputs' registers are checked by it and give their wires. */
static void check_code(pt_circuit *c, reader *r, code_check *k)
{
    for (uint32_t i = 0; i < c->n_gates && !r->failed; i++) {
        if (next_is_sound(k, c))
            check_step(k, c);
        else
            r->failed = true;
        plan_walk_pass_often(&k->gates.plan, c);
    }
    if (k->gates.plan.n_taken != c->n_registers || !plan_walk_is_done(&k->gates.plan))
        r->failed = true;
    for (uint32_t i = 0; i < c->n_outputs && !r->failed; i++) {
        c->outputs[i] = gate_walk_wire(&k->gates, c->output_registers[i]);
        r->failed |= c->outputs[i] == NO_WIRE;
    }
    c->n_spare = k->n_spare;
}

/* False: out of memory. */
static bool find_outputs(pt_circuit *c, reader *r)
{
    code_check k = {.constants = {NO_WIRE, NO_WIRE}};
    if (r->failed)
        return true;
    c->n_spare = c->n_registers; /* room for any number */
    const bool ok = gate_walk_init(&k.gates, c);
    if (ok)
        check_code(c, r, &k);
    plan_walk_pass(&k.gates.plan, c);
    gate_walk_clear(&k.gates);
    return ok;
}

static bool padding_is_sound(const uint8_t *padding)
{
    return le_get_u32(padding) == 0;
}

static uint8_t *code_copy(const uint8_t *code, size_t len)
{
    uint8_t *copy = mem_new(len, 1);
    if (copy != NULL)
        memcpy(copy, code, len);
    return copy;
}

static bool get_code(pt_circuit *c, reader *r, bool in_place)
{
    _Static_assert(PLAN_PADDING == 4, "it is looked at as a number");
    c->n_gates = (uint32_t)reader_varint(
        r, min_u64(CIRCUIT_MAX_WIRES - c->n_inputs, reader_left(r) / GATE_MIN_BYTES));
    c->n_registers = (uint32_t)reader_varint(r, (uint64_t)c->n_inputs + c->n_gates);
    c->code_len = (size_t)reader_varint(r, reader_left(r));
    const uint8_t *code = reader_take(r, c->code_len + PLAN_PADDING);
    if (code == NULL || c->n_registers < c->n_inputs || !padding_is_sound(code + c->code_len)) {
        r->failed = true;
        return true;
    }
    c->code_is_borrowed = in_place;
    c->code = in_place ? code : code_copy(code, c->code_len + PLAN_PADDING);
    return c->code != NULL;
}

static bool get_outputs(pt_circuit *c, reader *r)
{
    uint64_t sum = 0;
    c->n_outputs = get_count(r, CIRCUIT_MAX_WIRES);
    if (c->n_registers == 0 && c->n_outputs != 0)
        r->failed = true;
    c->output_registers =
        get_numbers(r, c->n_outputs, c->n_registers == 0 ? 0 : c->n_registers - 1);
    c->outputs = mem_new(c->n_outputs, sizeof *c->outputs);
    c->n_output_values = get_count(r, CIRCUIT_MAX_WIRES);
    c->output_value_bits = get_numbers(r, c->n_output_values, CIRCUIT_MAX_WIRES);
    for (size_t i = 0; c->output_value_bits != NULL && i < c->n_output_values; i++)
        sum += c->output_value_bits[i];
    if (sum != c->n_outputs)
        r->failed = true;
    return c->outputs != NULL && c->output_registers != NULL && c->output_value_bits != NULL;
}

pt_status circuit_get_compact(pt_circuit **ret_circuit, reader *r, bool in_place, pt_error *error)
{
    pt_circuit *c = mem_new(1, sizeof *c);
    const bool ok = c != NULL && get_inputs(c, r) && get_code(c, r, in_place) &&
                    get_outputs(c, r) && find_outputs(c, r);
    if (ok && !r->failed) {
        *ret_circuit = c;
        return PT_OK;
    }
    pt_circuit_free(c);
    return ok ? error_set(error, PT_ERR_CIRCUIT, "the circuit is damaged") : error_memory(error);
}
