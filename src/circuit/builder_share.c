/* Factors common operands out:
 *     sp ^ sq         ->  s(p ^ q)
 *     !(sp) !(sq)     ->  !(s(p | q))
 * Both save an AND if nothing else reads sp and sq, which is known once all gates are built. So the
 * gates are counted by reader, and built anew with these rules if there is an occasion. */
#include "base/assert.h"
#include "base/mem.h"
#include "circuit/builder_impl.h"

enum { USED_ONCE = 1, USED_OFTEN = 2 };

static void use(uint8_t *uses, wire w)
{
    uint8_t *n = &uses[wire_node(w)];
    *n = *n == 0 ? USED_ONCE : USED_OFTEN;
}

/* Counts the readers of each node that some output needs; returns how many of these are ANDs. */
static uint32_t count_uses(const circuit_builder *b, uint8_t *uses, const wire *outputs,
                           size_t n_outputs)
{
    uint32_t n_and = 0;
    for (size_t i = 0; i < n_outputs; i++)
        use(uses, outputs[i]);
    for (uint32_t i = b->n_gates; i-- > 0;) {
        if (uses[b->n_inputs + 1 + i] == 0)
            continue;
        use(uses, b->gates[i].a);
        use(uses, b->gates[i].b);
        n_and += gate_is_and(b->gates[i]) ? 1u : 0u;
    }
    return n_and;
}

/* Two wires x, y driven by ANDs with a common operand s: sp and sq, up to complements. */
static bool have_common(const circuit_builder *b, wire x, wire y, wire *s, wire *p, wire *q)
{
    builder_gate gx, gy;
    if (!builder_gate_of(b, &gx, x) || !builder_gate_of(b, &gy, y) || !gate_is_and(gx) ||
        !gate_is_and(gy))
        return false;
    const bool first = gx.a == gy.a || gx.a == gy.b;
    *s = first ? gx.a : gx.b;
    *p = first ? gx.b : gx.a;
    *q = gy.a == *s ? gy.b : gy.a;
    return *s == gy.a || *s == gy.b;
}

/* The gate may be of the forms above, with operands used once. */
static bool may_share(const builder_gate *g, const uint8_t *uses)
{
    const bool complemented = wire_complement(g->a) != 0 && wire_complement(g->b) != 0;
    return uses[wire_node(g->a)] == USED_ONCE && uses[wire_node(g->b)] == USED_ONCE &&
           (complemented || !gate_is_and(*g));
}

static bool has_occasion(const circuit_builder *b, const uint8_t *uses)
{
    wire s, p, q;
    for (uint32_t i = 0; i < b->n_gates; i++) {
        const builder_gate *g = &b->gates[i];
        if (uses[b->n_inputs + 1 + i] != 0 && may_share(g, uses) &&
            have_common(b, g->a, g->b, &s, &p, &q))
            return true;
    }
    return false;
}

/* The gate on the new wires x, y. */
static wire rebuild_gate(circuit_builder *b, bool is_and, bool may, wire x, wire y)
{
    wire s, p, q;
    const wire complement = wire_complement(x ^ y);
    if (may && have_common(b, x, y, &s, &p, &q)) {
        if (!is_and)
            return circuit_and(b, s, circuit_xor(b, p, q)) ^ complement;
        if (wire_complement(x) != 0 && wire_complement(y) != 0)
            return wire_not(circuit_and(b, s, circuit_or(b, p, q)));
    }
    return is_and ? circuit_and(b, x, y) : circuit_xor(b, x, y);
}

/* map[n] = the wire in `to` of node n in `from`, for the nodes in use. */
static void rebuild(circuit_builder *to, wire *map, const circuit_builder *from,
                    const uint8_t *uses)
{
    map[0] = WIRE_FALSE;
    for (uint32_t i = 0; i < from->n_inputs; i++)
        map[i + 1] = circuit_input(to, i);
    for (uint32_t i = 0; i < from->n_gates; i++) {
        const uint32_t node = from->n_inputs + 1 + i;
        const builder_gate g = from->gates[i];
        if (uses[node] == 0)
            continue;
        if (from->lines != NULL)
            to->line = from->lines[i];
        const wire x = map[wire_node(g.a)] ^ wire_complement(g.a);
        const wire y = map[wire_node(g.b)] ^ wire_complement(g.b);
        map[node] = rebuild_gate(to, gate_is_and(g), may_share(&g, uses), x, y);
    }
}

static void take_gates(circuit_builder *b, circuit_builder *from)
{
    builder_gate *old = b->gates;
    uint32_t *old_lines = b->lines;
    b->gates = from->gates;
    b->lines = from->lines;
    b->n_gates = from->n_gates;
    b->n_and = from->n_and;
    b->capacity = from->capacity;
    from->gates = old;
    from->lines = old_lines;
}

/* Builds anew and keeps it if it has fewer ANDs than `n_and`. */
static void try_rebuilt(circuit_builder *b, const uint8_t *uses, uint32_t n_and, wire *outputs,
                        size_t n_outputs)
{
    circuit_builder *anew = circuit_builder_new(b->party_inputs, b->n_parties, 0);
    wire *map = mem_new((size_t)b->n_inputs + 1 + b->n_gates, sizeof *map);
    wire *mapped = mem_new(n_outputs, sizeof *mapped);
    uint8_t *new_uses = NULL;
    if (anew == NULL || map == NULL || mapped == NULL ||
        (b->lines != NULL && !builder_keep_lines(anew)))
        goto done;
    rebuild(anew, map, b, uses);
    for (size_t i = 0; i < n_outputs; i++)
        mapped[i] = map[wire_node(outputs[i])] ^ wire_complement(outputs[i]);
    new_uses = mem_new((size_t)b->n_inputs + 1 + anew->n_gates, sizeof *new_uses);
    if (new_uses == NULL || anew->failure != PT_OK)
        goto done;
    if (count_uses(anew, new_uses, mapped, n_outputs) < n_and) {
        take_gates(b, anew);
        for (size_t i = 0; i < n_outputs; i++)
            outputs[i] = mapped[i];
    }
done:
    if (anew == NULL || map == NULL || mapped == NULL || new_uses == NULL)
        circuit_builder_fail(b, PT_ERR_MEMORY);
    else if (anew->failure != PT_OK)
        circuit_builder_fail(b, anew->failure);
    mem_free(map);
    mem_free(mapped);
    mem_free(new_uses);
    circuit_builder_free(anew);
}

bool builder_share(circuit_builder *b, wire *outputs, size_t n_outputs)
{
    uint8_t *uses = mem_new((size_t)b->n_inputs + 1 + b->n_gates, sizeof *uses);
    mem_free(b->table);
    b->table = NULL;
    if (uses == NULL) {
        circuit_builder_fail(b, PT_ERR_MEMORY);
        return false;
    }
    const uint32_t n_and = count_uses(b, uses, outputs, n_outputs);
    if (has_occasion(b, uses))
        try_rebuilt(b, uses, n_and, outputs, n_outputs);
    mem_free(uses);
    return b->failure == PT_OK;
}
