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
    buffer_put_varint(b, c->exchange_width);
    buffer_put_varint(b, c->code_len);
    /* With what comes after, so that it need not be moved for a few bytes more. */
    (void)buffer_reserve(b, c->code_len + PLAN_PADDING +
                                VARINT_MAX_BYTES * (2 + c->n_outputs + c->n_output_values));
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
    uint32_t width;        /* of rows that are exchanged, so far */
    uint32_t *held;        /* scratch: what registers of two rows hold */
} code_check;

#define NO_WIRE (UINT32_MAX - 1)

/* Whether what a register holds is a wire, and no constant. */
static bool may_be_read(const code_check *k, uint32_t holds)
{
    return holds != NO_WIRE && holds != k->constants[0] && holds != k->constants[1];
}

/* Whether an operand is a wire that is no constant, and written as it has to be: the register it is
 * in holds it still. A distance that is too large is that of no wire. */
static bool operand_is_sound(const code_check *k, uint32_t v, bool is_register, unsigned n_bytes)
{
    const plan_walk *w = &k->gates.plan;
    if (is_register && v >= w->n_taken)
        return false;
    const uint32_t holds = gate_walk_wire(&k->gates, plan_walk_operand(w, v, is_register));
    if (!may_be_read(k, holds))
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

/* A register that holds a wire that is no constant. It holds none until rows_put_back, so that it
 * is in no row twice. */
static bool take_row_wire(code_check *k, uint32_t number, uint32_t n)
{
    if (number >= k->gates.plan.n_taken)
        return false;
    const uint32_t holds = gate_walk_wire(&k->gates, number);
    if (!may_be_read(k, holds))
        return false;
    k->held[n] = k->gates.wires[number];
    k->gates.wires[number] = NO_WIRE + 1;
    return true;
}

/* The runs of two rows from `at` on, n registers; *ret_n of them are sound, and taken. */
static bool rows_take(code_check *k, const uint8_t *at, uint32_t n, uint32_t *ret_n)
{
    *ret_n = 0;
    while (*ret_n < n) {
        if (k->gates.plan.end - at < PLAN_RUN_BYTES)
            return false;
        const uint32_t step = (le_get_u32(at) & PLAN_RUN_DOWN) != 0 ? UINT32_MAX : 1;
        const uint32_t length = le_get_u16(at + 4);
        uint32_t number = le_get_u32(at) & ~PLAN_RUN_DOWN;
        if (length == 0 || length > n - *ret_n)
            return false;
        for (uint32_t i = 0; i < length; i++, number += step) {
            if (!take_row_wire(k, number, *ret_n))
                return false;
            ++*ret_n;
        }
        at += PLAN_RUN_BYTES;
    }
    return true;
}

static void rows_put_back(code_check *k, const uint8_t *at, uint32_t n)
{
    for (uint32_t i = 0; i < n; at += PLAN_RUN_BYTES) {
        const uint32_t step = (le_get_u32(at) & PLAN_RUN_DOWN) != 0 ? UINT32_MAX : 1;
        uint32_t number = le_get_u32(at) & ~PLAN_RUN_DOWN;
        for (unsigned left = le_get_u16(at + 4); left > 0 && i < n; left--, number += step)
            k->gates.wires[number] = k->held[i++];
    }
}

/* The exchange that is next is all there and sound, and there are registers for its differences,
 * the comparison and a sum. */
static bool exchange_is_sound(code_check *k, const pt_circuit *c)
{
    const plan_walk *w = &k->gates.plan;
    uint32_t n_sound;
    if (w->end - w->at < PLAN_EXCHANGE_BYTES)
        return false;
    const uint32_t width = le_get_u16(w->at + 1);
    const uint32_t n_key = le_get_u16(w->at + 3);
    const uint64_t n_free = (uint64_t)w->n_spare + c->n_registers - w->n_taken;
    if (width > w->max_width || n_key == 0 || n_key > width ||
        n_free < (uint64_t)width + (n_key > 1 ? 2 : 1))
        return false;
    const uint8_t *runs = w->at + PLAN_EXCHANGE_BYTES;
    const bool is_sound = rows_take(k, runs, 2 * width, &n_sound);
    rows_put_back(k, runs, n_sound);
    k->width = max_u32(k->width, width);
    return is_sound;
}

/* The next instruction is all there and sound, and there is a register for its output. */
static bool next_is_sound(code_check *k, const pt_circuit *c)
{
    const plan_walk *w = &k->gates.plan;
    const uint8_t *at = w->at;
    if (at < w->end && plan_is_exchange(at))
        return w->exchange.stage != EXCHANGE_BEGIN || exchange_is_sound(k, c);
    if (at < w->end && *at == PLAN_DROPPED)
        at++;
    if (at >= w->end || plan_code_bytes(*at) > (size_t)(w->end - at))
        return false;
    const plan_code code = plan_code_read(at);
    const bool gives_back = (code.control & (PLAN_A_ENDS | PLAN_B_ENDS)) != 0;
    return code_is_sound(k, code) && (gives_back || w->n_spare > 0 || w->n_taken < c->n_registers);
}

static unsigned ends_of_next(const plan_walk *w)
{
    const uint8_t *at = w->at;
    return plan_code_next(&at).control;
}

static void check_step(code_check *k, pt_circuit *c)
{
    plan_walk *w = &k->gates.plan;
    const uint32_t wire = w->wire;
    const uint32_t n_spare = w->n_spare;
    const bool is_exchanged = plan_walk_in_exchange(w);
    const bool is_dropped = plan_walk_is_dropped(w);
    unsigned ends = is_exchanged ? 0 : ends_of_next(w);
    const plan_step step = plan_walk_next(w);
    if (is_exchanged)
        ends = w->exchange.ends;
    const bool a_ends = (ends & PLAN_A_ENDS) != 0;
    const bool b_ends = (ends & PLAN_B_ENDS) != 0;
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
    if (k->gates.plan.n_taken != c->n_registers || k->width != c->exchange_width ||
        k->gates.plan.exchange.stage != EXCHANGE_BEGIN || !plan_walk_is_done(&k->gates.plan))
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
    k.held = mem_new((size_t)2 * c->exchange_width, sizeof *k.held);
    const bool ok = gate_walk_init(&k.gates, c) && k.held != NULL;
    if (ok)
        check_code(c, r, &k);
    mem_free(k.held);
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

/* No count asks for much more than the bytes that are there: without exchanges each gate takes
 * some, and an exchange only gives back what it takes. */
static bool counts_are_likely(const pt_circuit *c, size_t n_bytes)
{
    const uint64_t n_alone = n_bytes / GATE_MIN_BYTES;
    if (c->exchange_width == 0)
        return c->n_gates <= n_alone;
    return c->n_registers <= c->n_inputs + n_alone + c->exchange_width + 2;
}

static bool get_code(pt_circuit *c, reader *r, bool in_place)
{
    _Static_assert(PLAN_PADDING == 4, "it is looked at as a number");
    c->n_gates = (uint32_t)reader_varint(r, CIRCUIT_MAX_WIRES - c->n_inputs);
    c->n_registers = (uint32_t)reader_varint(r, (uint64_t)c->n_inputs + c->n_gates);
    c->exchange_width = (uint32_t)reader_varint(r, PLAN_HAS_EXCHANGES ? PLAN_MAX_ROW : 0);
    if (!counts_are_likely(c, reader_left(r)))
        r->failed = true;
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
