#include "circuit/compact.h"

#include "base/error.h"
#include "base/mem.h"
#include "base/min.h"
#include "base/varint.h"

#define GATE_MAX_BYTES 10 /* two numbers below 2^35 */
#define OP_BITS        2
#define OP_MASK        3u
#define GATES_AT_ONCE  4096u

/* ---- Writing ---- */

static void put_numbers(buffer *b, const uint32_t *v, size_t n)
{
    for (size_t i = 0; i < n; i++)
        buffer_put_varint(b, v[i]);
}

/* Gate `g`, which drives wire `w`. */
static uint8_t *gate_write(uint8_t *at, gate g, uint32_t w)
{
    const uint64_t a = g.op == GATE_CONST ? g.a : w - 1 - g.a;
    at = varint_write(at, a << OP_BITS | g.op);
    if (g.op == GATE_XOR || g.op == GATE_AND)
        at = varint_write(at, w - 1 - g.b);
    return at;
}

static void put_gates(buffer *b, const pt_circuit *c)
{
    for (uint32_t i = 0; i < c->n_gates && !b->failed;) {
        const uint32_t n = (uint32_t)min_size(GATES_AT_ONCE, c->n_gates - i);
        const size_t before = b->len;
        uint8_t *at = buffer_extend(b, n * (size_t)GATE_MAX_BYTES);
        if (at == NULL)
            return;
        for (const uint32_t end = i + n; i < end; i++)
            at = gate_write(at, c->gates[i], c->n_inputs + i);
        b->len = before + (size_t)(at - (b->bytes + before));
    }
}

void circuit_put_compact(buffer *b, const pt_circuit *c)
{
    buffer_put_varint(b, c->n_parties);
    put_numbers(b, c->party_inputs, c->n_parties);
    buffer_put_varint(b, c->n_gates);
    put_gates(b, c);
    buffer_put_varint(b, c->n_outputs);
    put_numbers(b, c->outputs, c->n_outputs);
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

/* A wire below `w` that is no constant. */
static uint32_t get_operand(const pt_circuit *c, reader *r, uint64_t distance, uint32_t w)
{
    const uint32_t wire = distance < w ? w - 1 - (uint32_t)distance : 0;
    const bool is_gate = wire >= c->n_inputs;
    if (distance >= w || (is_gate && c->gates[wire - c->n_inputs].op == GATE_CONST))
        r->failed = true;
    return wire;
}

/* Gate number i; `seen` says which constants there are already. */
static gate get_gate(const pt_circuit *c, reader *r, uint32_t i, unsigned *seen)
{
    const uint64_t first = reader_varint(r, ((uint64_t)CIRCUIT_MAX_WIRES << OP_BITS) | OP_MASK);
    const uint64_t a = first >> OP_BITS;
    const uint32_t w = c->n_inputs + i;
    gate g = {.op = first & OP_MASK};
    switch ((gate_op)g.op) {
    case GATE_XOR:
    case GATE_AND:
        g.a = get_operand(c, r, a, w) & (CIRCUIT_MAX_WIRES - 1);
        g.b = get_operand(c, r, reader_varint(r, CIRCUIT_MAX_WIRES), w);
        break;
    case GATE_NOT:
        g.a = get_operand(c, r, a, w) & (CIRCUIT_MAX_WIRES - 1);
        break;
    case GATE_CONST:
        g.a = a & 1;
        r->failed |= a > 1 || (*seen >> g.a & 1u) != 0;
        *seen |= 1u << g.a;
        break;
    }
    return g;
}

static bool get_gates(pt_circuit *c, reader *r)
{
    unsigned seen = 0;
    c->n_gates = get_count(r, CIRCUIT_MAX_WIRES - c->n_inputs);
    c->gates = mem_new(c->n_gates, sizeof *c->gates);
    for (uint32_t i = 0; c->gates != NULL && i < c->n_gates && !r->failed; i++) {
        c->gates[i] = get_gate(c, r, i, &seen);
        c->n_and += c->gates[i].op == GATE_AND ? 1 : 0;
    }
    return c->gates != NULL;
}

static bool get_outputs(pt_circuit *c, reader *r)
{
    const uint32_t n_wires = c->n_inputs + c->n_gates;
    uint64_t sum = 0;
    c->n_outputs = get_count(r, CIRCUIT_MAX_WIRES);
    if (n_wires == 0 && c->n_outputs != 0)
        r->failed = true;
    c->outputs = get_numbers(r, c->n_outputs, n_wires == 0 ? 0 : n_wires - 1);
    c->n_output_values = get_count(r, CIRCUIT_MAX_WIRES);
    c->output_value_bits = get_numbers(r, c->n_output_values, CIRCUIT_MAX_WIRES);
    for (size_t i = 0; c->output_value_bits != NULL && i < c->n_output_values; i++)
        sum += c->output_value_bits[i];
    if (sum != c->n_outputs)
        r->failed = true;
    return c->outputs != NULL && c->output_value_bits != NULL;
}

pt_status circuit_get_compact(pt_circuit **ret_circuit, reader *r, pt_error *error)
{
    pt_circuit *c = mem_new(1, sizeof *c);
    const bool ok = c != NULL && get_inputs(c, r) && get_gates(c, r) && get_outputs(c, r);
    if (ok && !r->failed) {
        *ret_circuit = c;
        return PT_OK;
    }
    pt_circuit_free(c);
    return ok ? error_set(error, PT_ERR_CIRCUIT, "the circuit is damaged") : error_memory(error);
}
