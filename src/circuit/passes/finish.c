/* From the builder's graph to the flat circuit: drops dead gates and puts NOT gates where
 * complement bits are left, as few as it can.
 *
 * Going from the outputs down, every node learns in which polarities it is needed. A XOR needed
 * only complemented takes a complemented operand instead, so that complements sink until they meet
 * others, or an input.
 *
 * The circuit takes the place of the graph in memory, for both may be large: the graph is moved up
 * to make room for the NOT gates, and read from there just ahead of what is written. */
#include <string.h>

#include "base/assert.h"
#include "base/error.h"
#include "base/mem.h"
#include "circuit/builder.h"
#include "circuit/builder_impl.h"
#include "circuit/pack.h"

enum {
    NEED_PLAIN = 1,
    NEED_COMPLEMENT = 2,
    NEED_ANY = NEED_PLAIN | NEED_COMPLEMENT,
    FLIP_A = 4, /* this XOR reads operand a, b complemented */
    FLIP_B = 8
};

#define NO_WIRE UINT32_MAX

typedef struct finisher {
    circuit_builder *b;
    uint8_t *needs;        /* per node */
    uint32_t *map;         /* per node that is a gate: the circuit's wire, as it comes out */
    uint32_t *input_nots;  /* per input: its NOT gate's wire, or NO_WIRE; NULL: there are none */
    uint32_t constants[2]; /* wires, or NO_WIRE */
    gate *gates;           /* the circuit's, with PACK_LEAD others before them */
    pt_circuit *c;
} finisher;

static void need(finisher *f, wire w)
{
    f->needs[wire_node(w)] |= wire_complement(w) != 0 ? NEED_COMPLEMENT : NEED_PLAIN;
}

/* Whether `w` may be had complemented without a NOT gate for this: it is needed so anyway, or is a
 * XOR not needed yet, which hands the complement on. */
static bool takes_complement(const finisher *f, wire w)
{
    const uint8_t needs = f->needs[wire_node(w)];
    return (needs & NEED_COMPLEMENT) != 0 || (needs == 0 && builder_is_xor(f->b, w));
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

/* Whether it is needed in the other polarity. */
static bool needs_not(uint8_t needs)
{
    const uint8_t made = made_complement(needs) != 0 ? NEED_COMPLEMENT : NEED_PLAIN;
    return (needs & NEED_ANY & ~made) != 0;
}

/* How many gates the circuit has; *ret_extra of them are not gates of the graph. */
static uint64_t count_gates(const finisher *f, uint32_t *ret_extra)
{
    const circuit_builder *b = f->b;
    uint64_t n = 0;
    uint32_t n_extra = 0;
    if ((f->needs[0] & NEED_PLAIN) != 0)
        n_extra++;
    if ((f->needs[0] & NEED_COMPLEMENT) != 0)
        n_extra++;
    for (uint32_t i = 0; i < b->n_inputs; i++)
        n_extra += (f->needs[i + 1] & NEED_COMPLEMENT) != 0 ? 1 : 0;
    for (uint32_t i = 0; i < b->n_gates; i++) {
        const uint8_t needs = f->needs[b->n_inputs + 1 + i];
        n += (needs & NEED_ANY) != 0 ? 1 : 0;
        n_extra += needs_not(needs) ? 1 : 0;
    }
    *ret_extra = n_extra;
    return n + n_extra;
}

static uint32_t emit(finisher *f, gate_op op, uint32_t a, uint32_t b)
{
    pt_circuit *c = f->c;
    f->gates[PACK_LEAD + c->n_gates] =
        (gate){.op = (unsigned)op & 3u, .a = a & (CIRCUIT_MAX_WIRES - 1), .b = b};
    if (op == GATE_AND)
        c->n_and++;
    return c->n_inputs + c->n_gates++;
}

/* The circuit's wire for `w`. The NOT gate of an input comes with its first use, that of a gate
 * right behind it. */
static uint32_t wire_of(finisher *f, wire w)
{
    const uint32_t node = wire_node(w);
    if (node == 0) {
        if (f->constants[w] == NO_WIRE)
            f->constants[w] = emit(f, GATE_CONST, w, 0);
        return f->constants[w];
    }
    if (node > f->b->n_inputs)
        return f->map[node - f->b->n_inputs - 1] +
               (wire_complement(w) == made_complement(f->needs[node]) ? 0u : 1u);
    if (wire_complement(w) == 0)
        return node - 1;
    if (f->input_nots[node - 1] == NO_WIRE)
        f->input_nots[node - 1] = emit(f, GATE_NOT, node - 1, 0);
    return f->input_nots[node - 1];
}

/* `first`: where in their memory the graph's gates begin. */
static void emit_gates(finisher *f, uint32_t first)
{
    const circuit_builder *b = f->b;
    for (uint32_t i = 0; i < b->n_gates; i++) {
        const uint8_t needs = f->needs[b->n_inputs + 1 + i];
        builder_gate g;
        if ((needs & NEED_ANY) == 0)
            continue;
        memcpy(&g, &f->gates[first + i], sizeof g);
        const uint32_t x = wire_of(f, g.a ^ ((needs & FLIP_A) != 0 ? 1u : 0u));
        const uint32_t y = wire_of(f, g.b ^ ((needs & FLIP_B) != 0 ? 1u : 0u));
        PT_ASSERT(PACK_LEAD + f->c->n_gates <= first + i);
        if (b->lines != NULL && gate_is_and(g))
            b->line_counts[b->lines[i] <= b->n_lines ? b->lines[i] : 0]++;
        f->map[i] = emit(f, gate_is_and(g) ? GATE_AND : GATE_XOR, x, y);
        if (needs_not(needs))
            (void)emit(f, GATE_NOT, f->map[i], 0);
    }
}

/* Inputs may be many, and few circuits need one complemented. False: out of memory. */
static bool make_input_nots(finisher *f)
{
    const uint32_t n = f->b->n_inputs;
    uint32_t i = 0;
    while (i < n && (f->needs[i + 1] & NEED_COMPLEMENT) == 0)
        i++;
    if (i == n)
        return true;
    f->input_nots = mem_new(n, sizeof *f->input_nots);
    return f->input_nots != NULL;
}

/* Takes the builder's gates, moved up to make room. */
static bool finish_gates(finisher *f, uint32_t n_extra)
{
    circuit_builder *b = f->b;
    _Static_assert(sizeof *f->gates == sizeof *b->gates, "one takes the place of the other");
    const size_t first = PACK_LEAD + (size_t)n_extra;
    void *gates = mem_resize(b->gates, first + b->n_gates, sizeof *b->gates);
    if (gates == NULL)
        return false;
    b->gates = NULL;
    f->gates = gates;
    memmove(f->gates + first, gates, b->n_gates * sizeof *b->gates);
    return true;
}

/* False: out of memory. */
static bool finish_packing(finisher *f)
{
    gate *gates = f->gates;
    f->gates = NULL;
    mem_free(f->needs);
    mem_free(f->map);
    f->needs = NULL;
    f->map = NULL;
    return circuit_pack(f->c, gates);
}

static bool new_circuit(finisher *f, uint32_t n_extra, size_t n_outputs, size_t n_output_values)
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
    c->outputs = mem_new(n_outputs, sizeof *c->outputs);
    c->output_value_bits = mem_new(n_output_values, sizeof *c->output_value_bits);
    return c->party_inputs != NULL && c->outputs != NULL && c->output_value_bits != NULL &&
           finish_gates(f, n_extra);
}

static void fill_circuit(finisher *f, uint32_t n_extra, const wire *outputs,
                         const uint32_t *output_value_bits)
{
    pt_circuit *c = f->c;
    for (size_t p = 0; p < c->n_parties; p++)
        c->party_inputs[p] = f->b->party_inputs[p];
    f->constants[0] = f->constants[1] = NO_WIRE;
    for (uint32_t i = 0; f->input_nots != NULL && i < c->n_inputs; i++)
        f->input_nots[i] = NO_WIRE;
    emit_gates(f, PACK_LEAD + n_extra);
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
    if (b->failure == PT_ERR_CANCELLED)
        return error_set(error, PT_ERR_CANCELLED, "cancelled while the circuit was built");
    if (b->max_gates == 0)
        return error_set(error, PT_ERR_LIMIT, "the circuit has too many parties or input bits");
    if (b->n_and >= b->max_ands)
        return error_set(error, PT_ERR_LIMIT, "the circuit needs more than %u AND gates",
                         (unsigned)b->max_ands);
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
    if (!builder_factor(b, shared_outputs, n_outputs) ||
        !builder_rewrite(b, shared_outputs, n_outputs)) {
        status = failure(b, error);
        goto done;
    }

    const size_t n_nodes = (size_t)b->n_inputs + 1 + b->n_gates;
    f.needs = mem_new(n_nodes, sizeof *f.needs);
    f.map = mem_new(b->n_gates, sizeof *f.map);
    if (f.needs == NULL || f.map == NULL) {
        status = error_memory(error);
        goto done;
    }
    mark_needs(&f, shared_outputs, n_outputs);
    if (!make_input_nots(&f)) {
        status = error_memory(error);
        goto done;
    }
    uint32_t n_extra;
    const uint64_t n_gates = count_gates(&f, &n_extra);
    if (n_gates + b->n_inputs > CIRCUIT_MAX_WIRES) {
        status = error_set(error, PT_ERR_LIMIT, "the circuit needs more than %u wires",
                           (unsigned)CIRCUIT_MAX_WIRES);
        goto done;
    }
    if (!new_circuit(&f, n_extra, n_outputs, output_value_bits == NULL ? 1 : n_output_values)) {
        status = error_memory(error);
        goto done;
    }
    fill_circuit(&f, n_extra, shared_outputs, output_value_bits);
    PT_ASSERT(f.c->n_gates == n_gates);
    if (!finish_packing(&f)) {
        status = error_memory(error);
        goto done;
    }
    PT_DEBUG_ASSERT(circuit_is_sound(f.c));
    *ret_circuit = f.c;
    f.c = NULL;
done:
    mem_free(shared_outputs);
    mem_free(f.needs);
    mem_free(f.map);
    mem_free(f.input_nots);
    mem_free(f.gates);
    pt_circuit_free(f.c);
    return status;
}
