/* From the builder's graph to the flat circuit: drops dead gates and puts NOT gates where
 * complement bits are left, as few as it can.
 *
 * Going from the outputs down, every node learns in which polarities it is needed. A XOR needed
 * only complemented takes a complemented operand instead, so that complements sink until they meet
 * others, or an input. */

#include "base/assert.h"
#include "base/error.h"
#include "base/mem.h"
#include "circuit/builder.h"
#include "circuit/builder_impl.h"

enum {
    NEED_PLAIN = 1,
    NEED_COMPLEMENT = 2,
    NEED_ANY = NEED_PLAIN | NEED_COMPLEMENT,
    FLIP_A = 4, /* this XOR reads operand a, b complemented */
    FLIP_B = 8
};

#define NO_WIRE UINT32_MAX

typedef struct finisher {
    const circuit_builder *b;
    uint8_t *needs; /* per node */
    uint32_t *map;  /* per builder wire: the circuit's wire, or NO_WIRE */
    pt_circuit *c;
} finisher;

static void need(finisher *f, wire w)
{
    f->needs[wire_node(w)] |= wire_complement(w) != 0 ? NEED_COMPLEMENT : NEED_PLAIN;
}

static bool is_xor(const circuit_builder *b, wire w)
{
    const uint32_t node = wire_node(w);
    return node > b->n_inputs && !gate_is_and(b->gates[node - b->n_inputs - 1]);
}

/* Whether `w` may be had complemented without a NOT gate for this: it is needed so anyway, or is a
 * XOR not needed yet, which hands the complement on. */
static bool takes_complement(const finisher *f, wire w)
{
    const uint8_t needs = f->needs[wire_node(w)];
    return (needs & NEED_COMPLEMENT) != 0 || (needs == 0 && is_xor(f->b, w));
}

/* The same, and it is not needed plain. */
static bool only_complement(const finisher *f, wire w)
{
    return takes_complement(f, w) && (f->needs[wire_node(w)] & NEED_PLAIN) == 0;
}

static bool is_input(const circuit_builder *b, wire w)
{
    return wire_node(w) <= b->n_inputs;
}

static uint8_t choose_flips(const finisher *f, builder_gate g, uint8_t needs)
{
    if (needs == NEED_COMPLEMENT) {
        if (takes_complement(f, g.a))
            return FLIP_A;
        /* One NOT of an input serves many. */
        if (takes_complement(f, g.b) || is_input(f->b, g.b))
            return FLIP_B;
        return is_input(f->b, g.a) ? FLIP_A : 0;
    }
    if (needs == NEED_PLAIN && only_complement(f, g.a) && only_complement(f, g.b) &&
        ((f->needs[wire_node(g.a)] | f->needs[wire_node(g.b)]) & NEED_COMPLEMENT) != 0)
        return FLIP_A | FLIP_B;
    return 0;
}

static void mark_needs(finisher *f, const wire *outputs, size_t n_outputs)
{
    const circuit_builder *b = f->b;
    for (size_t i = 0; i < n_outputs; i++)
        need(f, outputs[i]);
    for (uint32_t i = b->n_gates; i-- > 0;) {
        uint8_t *needs = &f->needs[b->n_inputs + 1 + i];
        const builder_gate g = b->gates[i];
        if (*needs == 0)
            continue;
        if (!gate_is_and(g))
            *needs |= choose_flips(f, g, *needs);
        need(f, g.a ^ ((*needs & FLIP_A) != 0 ? 1u : 0u));
        need(f, g.b ^ ((*needs & FLIP_B) != 0 ? 1u : 0u));
    }
}

/* The polarity in which a gate comes out: complemented when exactly one operand is flipped. */
static wire made_complement(uint8_t needs)
{
    return ((needs & FLIP_A) != 0) != ((needs & FLIP_B) != 0);
}

static uint64_t count_gates(const finisher *f)
{
    const circuit_builder *b = f->b;
    uint64_t n = (f->needs[0] & NEED_PLAIN) != 0 ? 1 : 0;
    if ((f->needs[0] & NEED_COMPLEMENT) != 0)
        n++;
    for (uint32_t i = 0; i < b->n_inputs; i++)
        n += (f->needs[i + 1] & NEED_COMPLEMENT) != 0 ? 1 : 0;
    for (uint32_t i = 0; i < b->n_gates; i++) {
        const uint8_t needs = f->needs[b->n_inputs + 1 + i];
        const uint8_t made = made_complement(needs) ? NEED_COMPLEMENT : NEED_PLAIN;
        if ((needs & NEED_ANY) != 0)
            n += (needs & NEED_ANY & ~made) != 0 ? 2 : 1;
    }
    return n;
}

static uint32_t emit(pt_circuit *c, gate_op op, uint32_t a, uint32_t b)
{
    c->gates[c->n_gates] =
        (gate){.op = (unsigned)op & 3u, .a = a & (CIRCUIT_MAX_WIRES - 1), .b = b};
    if (op == GATE_AND)
        c->n_and++;
    return c->n_inputs + c->n_gates++;
}

/* The circuit's wire for `w`; its NOT gate comes with the first use. */
static uint32_t wire_of(finisher *f, wire w)
{
    if (f->map[w] == NO_WIRE) {
        if (wire_is_const(w))
            f->map[w] = emit(f->c, GATE_CONST, w, 0);
        else
            f->map[w] = emit(f->c, GATE_NOT, f->map[wire_not(w)], 0);
    }
    return f->map[w];
}

static void emit_gates(finisher *f)
{
    const circuit_builder *b = f->b;
    for (uint32_t i = 0; i < b->n_gates; i++) {
        const uint32_t node = b->n_inputs + 1 + i;
        const uint8_t needs = f->needs[node];
        const builder_gate g = b->gates[i];
        if ((needs & NEED_ANY) == 0)
            continue;
        const uint32_t x = wire_of(f, g.a ^ ((needs & FLIP_A) != 0 ? 1u : 0u));
        const uint32_t y = wire_of(f, g.b ^ ((needs & FLIP_B) != 0 ? 1u : 0u));
        if (b->lines != NULL && gate_is_and(g))
            b->line_counts[b->lines[i] <= b->n_lines ? b->lines[i] : 0]++;
        f->map[2 * (size_t)node + made_complement(needs)] =
            emit(f->c, gate_is_and(g) ? GATE_AND : GATE_XOR, x, y);
    }
}

static bool new_circuit(finisher *f, uint32_t n_gates, size_t n_outputs, size_t n_output_values)
{
    const circuit_builder *b = f->b;
    pt_circuit *c = f->c = mem_new(1, sizeof *c);
    if (c == NULL)
        return false;
    c->n_parties = b->n_parties;
    c->n_inputs = b->n_inputs;
    c->n_outputs = (uint32_t)n_outputs;
    c->n_output_values = n_output_values;
    c->party_inputs = mem_new(c->n_parties, sizeof *c->party_inputs);
    c->gates = mem_new(n_gates, sizeof *c->gates);
    c->outputs = mem_new(n_outputs, sizeof *c->outputs);
    c->output_value_bits = mem_new(n_output_values, sizeof *c->output_value_bits);
    return c->party_inputs != NULL && c->gates != NULL && c->outputs != NULL &&
           c->output_value_bits != NULL;
}

static void fill_circuit(finisher *f, const wire *outputs, const uint32_t *output_value_bits)
{
    pt_circuit *c = f->c;
    for (size_t p = 0; p < c->n_parties; p++)
        c->party_inputs[p] = f->b->party_inputs[p];
    const size_t n_wires = ((size_t)f->b->n_inputs + 1 + f->b->n_gates) * 2;
    for (size_t w = 0; w < n_wires; w++)
        f->map[w] = NO_WIRE;
    for (uint32_t i = 0; i < c->n_inputs; i++)
        f->map[2 * ((size_t)i + 1)] = i;
    emit_gates(f);
    for (size_t i = 0; i < c->n_outputs; i++)
        c->outputs[i] = wire_of(f, outputs[i]);
    if (output_value_bits == NULL) {
        c->output_value_bits[0] = c->n_outputs;
        return;
    }
    uint64_t sum = 0;
    for (size_t i = 0; i < c->n_output_values; i++)
        sum += c->output_value_bits[i] = output_value_bits[i];
    PT_ASSERT(sum == c->n_outputs);
}

static pt_status failure(const circuit_builder *b, pt_error *error)
{
    if (b->failure == PT_ERR_MEMORY)
        return error_memory(error);
    if (b->max_gates == 0)
        return error_set(error, PT_ERR_LIMIT, "the circuit has too many parties or input bits");
    return error_set(error, PT_ERR_LIMIT, "the circuit needs more than %u gates",
                     (unsigned)b->max_gates);
}

pt_status circuit_builder_finish(pt_circuit **ret_circuit, circuit_builder *b, const wire *outputs,
                                 size_t n_outputs, const uint32_t *output_value_bits,
                                 size_t n_output_values, pt_error *error)
{
    finisher f = {.b = b};
    pt_status status = PT_OK;
    if (b->failure != PT_OK)
        return failure(b, error);
    if (n_outputs >= CIRCUIT_MAX_WIRES)
        return error_set(error, PT_ERR_LIMIT, "the circuit has too many output bits");
    wire *shared_outputs = mem_new(n_outputs, sizeof *shared_outputs);
    if (shared_outputs == NULL)
        return error_memory(error);
    for (size_t i = 0; i < n_outputs; i++)
        shared_outputs[i] = outputs[i];
    if (!builder_share(b, shared_outputs, n_outputs) ||
        !builder_rewrite(b, shared_outputs, n_outputs)) {
        status = failure(b, error);
        goto done;
    }

    const size_t n_nodes = (size_t)b->n_inputs + 1 + b->n_gates;
    f.needs = mem_new(n_nodes, sizeof *f.needs);
    f.map = mem_new(n_nodes, 2 * sizeof *f.map);
    if (f.needs == NULL || f.map == NULL) {
        status = error_memory(error);
        goto done;
    }
    mark_needs(&f, shared_outputs, n_outputs);
    const uint64_t n_gates = count_gates(&f);
    if (n_gates + b->n_inputs > CIRCUIT_MAX_WIRES) {
        status = error_set(error, PT_ERR_LIMIT, "the circuit needs more than %u wires",
                           (unsigned)CIRCUIT_MAX_WIRES);
        goto done;
    }
    if (!new_circuit(&f, (uint32_t)n_gates, n_outputs,
                     output_value_bits == NULL ? 1 : n_output_values)) {
        status = error_memory(error);
        goto done;
    }
    fill_circuit(&f, shared_outputs, output_value_bits);
    PT_ASSERT(f.c->n_gates == n_gates);
    *ret_circuit = f.c;
    f.c = NULL;
done:
    mem_free(shared_outputs);
    mem_free(f.needs);
    mem_free(f.map);
    pt_circuit_free(f.c);
    return status;
}
