/* From the builder's graph to the flat circuit: drops dead gates and puts NOT gates where
 * complement bits are left, as few as it can.
 *
 * Going from the outputs down, every node learns in which polarities it is needed. A XOR needed
 * only complemented takes a complemented operand instead, so that complements sink until they meet
 * others, or an input.
 *
 * The same walk tells who reads a wire last. So the gates are read once more, from the first on,
 * and their instructions take their place in memory. */
#include <string.h>

#include "base/assert.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/min.h"
#include "circuit/builder.h"
#include "circuit/builder_impl.h"
#include "circuit/passes/finish_impl.h"

/* Whether `w` may be had complemented without a NOT gate for this: it is needed so anyway, or is a
 * XOR not needed yet, which hands the complement on. */
static bool takes_complement(const finisher *f, wire w)
{
    const uint8_t needs = f->marks[wire_node(w)];
    return (needs & NEED_COMPLEMENT) != 0 || (needs == 0 && builder_is_xor(f->b, w));
}

/* The same, and it is not needed plain. */
static bool only_complement(const finisher *f, wire w)
{
    return takes_complement(f, w) && (f->marks[wire_node(w)] & NEED_PLAIN) == 0;
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
    if (needs == NEED_PLAIN &&
        ((f->marks[wire_node(g.a)] | f->marks[wire_node(g.b)]) & NEED_COMPLEMENT) != 0 &&
        only_complement(f, g.a) && only_complement(f, g.b))
        return FLIP_A | FLIP_B;
    return 0;
}

static wire flip_a(builder_gate g, uint8_t marks)
{
    return g.a ^ ((marks & FLIP_A) != 0 ? 1u : 0u);
}

static wire flip_b(builder_gate g, uint8_t marks)
{
    return g.b ^ ((marks & FLIP_B) != 0 ? 1u : 0u);
}

/* From the last gate to the first; counts the gates that the circuit will have. */
static void mark_needs(finisher *f, const wire *outputs, size_t n_outputs)
{
    const circuit_builder *b = f->b;
    for (size_t i = 0; i < n_outputs; i++)
        (void)finish_need(f, outputs[i]);
    for (uint32_t i = b->n_gates; i-- > 0;) {
        uint8_t *at = &f->marks[b->n_inputs + 1 + i];
        uint8_t marks = *at;
        const builder_gate g = b->gates[i];
        if (gate_is_exchange(g)) {
            const exchange_record e = exchange_that_ends(b, i);
            finish_exchange_mark(f, e);
            i = e.first;
            continue;
        }
        if (marks == 0)
            continue;
        if (!gate_is_and(g))
            marks |= choose_flips(f, g, marks);
        f->n_gates += finish_needs_not(marks) ? 2 : 1;
        if (finish_need(f, flip_a(g, marks)))
            marks |= LAST_OF_A;
        if (finish_need(f, flip_b(g, marks)))
            marks |= LAST_OF_B;
        *at = marks;
    }
    for (uint32_t i = 0; i <= b->n_inputs; i++)
        f->n_gates += (f->marks[i] & NEED_COMPLEMENT) != 0 ? 1u : 0u;
    f->n_gates += (f->marks[0] & NEED_PLAIN) != 0 ? 1u : 0u;
}

/* Where the circuit has `w`, in the polarity in which its node came out. */
static pack_operand made_operand(finisher *f, wire w, bool ends)
{
    const uint32_t node = wire_node(w);
    if (node <= f->b->n_inputs)
        return (pack_operand){node - 1, node - 1};
    return packer_find(&f->packer, w, ends);
}

/* The NOT gate that drives `w`, with its first use: until then one wire serves for both. False: out
 * of memory. */
static bool emit_not(finisher *f, wire w)
{
    uint8_t *marks = &f->marks[wire_node(w)];
    const uint8_t made = wire_complement(w) != 0 ? NEED_PLAIN : NEED_COMPLEMENT;
    const bool ends = (*marks & made) == 0 || (*marks & WAS_READ) != 0;
    *marks |= NOT_MADE;
    return packer_put(&f->packer, w, GATE_NOT, ends ? PLAN_A_ENDS : 0,
                      made_operand(f, wire_not(w), ends), (pack_operand){0});
}

bool finish_operand(finisher *f, pack_operand *ret, wire w, bool *ends)
{
    uint8_t *marks = &f->marks[wire_node(w)];
    const bool not_to_come = finish_needs_not(*marks) && (*marks & NOT_MADE) == 0;
    if (wire_complement(w) == finish_made_complement(*marks)) {
        if (*ends && not_to_come) {
            *marks |= WAS_READ;
            *ends = false;
        }
        *ret = made_operand(f, w, *ends);
        return true;
    }
    if (not_to_come && !emit_not(f, w))
        return false;
    *ret = packer_find(&f->packer, w, *ends);
    return true;
}

static bool emit_gate(finisher *f, uint32_t node, builder_gate g)
{
    const uint8_t marks = f->marks[node];
    const wire w = node * 2 + finish_made_complement(marks);
    bool a_ends = (marks & LAST_OF_A) != 0;
    bool b_ends = (marks & LAST_OF_B) != 0;
    pack_operand x, y;
    return finish_operand(f, &x, flip_a(g, marks), &a_ends) &&
           finish_operand(f, &y, flip_b(g, marks), &b_ends) &&
           packer_put(&f->packer, w, gate_is_and(g) ? GATE_AND : GATE_XOR,
                      (a_ends ? PLAN_A_ENDS : 0) | (b_ends ? PLAN_B_ENDS : 0), x, y);
}

void finish_count_ands(const finisher *f, uint32_t i, uint32_t n)
{
    const circuit_builder *b = f->b;
    if (b->lines != NULL)
        b->line_counts[b->lines[i] <= b->n_lines ? b->lines[i] : 0] += n;
}

static bool emit_gates(finisher *f)
{
    const circuit_builder *b = f->b;
    for (uint32_t i = 0; i < b->n_gates; i++) {
        const uint32_t node = b->n_inputs + 1 + i;
        builder_gate g;
        packer_next(&f->packer, &g);
        if (gate_is_exchange(g)) {
            const uint32_t n_slots = finish_exchange_emit(f, i, g);
            if (n_slots == 0)
                return false;
            i += n_slots - 1;
            continue;
        }
        if (f->marks[node] == 0)
            continue;
        if (gate_is_and(g))
            finish_count_ands(f, i, 1);
        if (!emit_gate(f, node, g))
            return false;
    }
    return true;
}

static bool emit_output(finisher *f, pack_operand *ret, wire w)
{
    bool ends = false;
    if (!wire_is_const(w))
        return finish_operand(f, ret, w, &ends);
    if (!f->has_constant[w]) {
        if (!packer_put(&f->packer, 0, GATE_CONST, 0, (pack_operand){w, 0}, (pack_operand){0}))
            return false;
        f->constants[w] = packer_last(&f->packer);
        f->has_constant[w] = true;
    }
    *ret = f->constants[w];
    return true;
}

static bool emit_outputs(finisher *f, const wire *outputs)
{
    pt_circuit *c = f->c;
    pack_operand at;
    for (size_t i = 0; i < c->n_outputs; i++) {
        if (!emit_output(f, &at, outputs[i]))
            return false;
        c->outputs[i] = at.wire;
        c->output_registers[i] = at.in_register;
    }
    return true;
}

/* Everything but gates and outputs. */
static bool new_circuit(finisher *f, size_t n_outputs, const uint32_t *output_value_bits,
                        size_t n_output_values)
{
    const circuit_builder *b = f->b;
    pt_circuit *c = f->c = mem_new(1, sizeof *c);
    if (c == NULL)
        return false;
    c->n_parties = b->n_parties;
    c->n_inputs = b->n_inputs;
    c->n_gates = (uint32_t)f->n_gates;
    c->exchange_width = min_u32(b->exchange_width, PLAN_MAX_ROW); /* at most */
    c->n_outputs = (uint32_t)n_outputs;
    c->n_output_values = n_output_values;
    c->party_inputs = mem_new(c->n_parties, sizeof *c->party_inputs);
    c->outputs = mem_new(n_outputs, sizeof *c->outputs);
    c->output_registers = mem_new(n_outputs, sizeof *c->output_registers);
    c->output_value_bits = mem_new(n_output_values, sizeof *c->output_value_bits);
    if (c->party_inputs == NULL || c->outputs == NULL || c->output_registers == NULL ||
        c->output_value_bits == NULL)
        return false;
    for (size_t p = 0; p < c->n_parties; p++)
        c->party_inputs[p] = b->party_inputs[p];
    uint64_t sum = 0;
    for (size_t i = 0; i < n_output_values; i++)
        sum += c->output_value_bits[i] = output_value_bits[i];
    PT_ASSERT(sum == n_outputs);
    return true;
}

/* Takes the builder's gates. False: out of memory. */
static bool fill_circuit(finisher *f, const wire *outputs)
{
    circuit_builder *b = f->b;
    builder_gate *gates = b->gates;
    _Static_assert(sizeof *gates == PACK_RECORD_BYTES, "the packer's records");
    b->gates = NULL;
    return packer_init(&f->packer, f->c, gates, b->n_gates, b->n_inputs + 1) && emit_gates(f) &&
           emit_outputs(f, outputs) && packer_finish(&f->packer);
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
    gate_table_clear(&b->table); /* no gate is built any more */
    f.marks = mem_new((size_t)b->n_inputs + 1 + b->n_gates, sizeof *f.marks);
    if (f.marks == NULL || (PLAN_HAS_EXCHANGES && !finish_exchanges_init(&f))) {
        status = error_memory(error);
        goto done;
    }
    mark_needs(&f, shared_outputs, n_outputs);
    if (f.n_gates + b->n_inputs > CIRCUIT_MAX_WIRES) {
        status = error_set(error, PT_ERR_LIMIT, "the circuit needs more than %u wires",
                           (unsigned)CIRCUIT_MAX_WIRES);
        goto done;
    }
    const uint32_t one_value[] = {(uint32_t)n_outputs};
    if (!(output_value_bits == NULL
              ? new_circuit(&f, n_outputs, one_value, 1)
              : new_circuit(&f, n_outputs, output_value_bits, n_output_values)) ||
        !fill_circuit(&f, shared_outputs)) {
        status = error_memory(error);
        goto done;
    }
    PT_DEBUG_ASSERT(circuit_is_sound(f.c));
    *ret_circuit = f.c;
    f.c = NULL;
done:
    mem_free(shared_outputs);
    mem_free(f.marks);
    if (PLAN_HAS_EXCHANGES)
        finish_exchanges_clear(&f);
    packer_clear(&f.packer);
    pt_circuit_free(f.c);
    return status;
}
