/* Factors common operands out:
 *     sp ^ sq         ->  s(p ^ q)
 *     !(sp) !(sq)     ->  !(s(p | q))
 * Both save an AND if nothing else reads sp and sq, which is known once all gates are built. So the
 * gates are counted by reader, and built anew with these rules if there is an occasion. */
#include "base/mem.h"
#include "circuit/builder_impl.h"

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

static void share_rebuild(const builder_rebuilt *anew, const circuit_builder *from,
                          const uint8_t *uses)
{
    wire *map = anew->map;
    for (uint32_t i = 0; i < from->n_gates; i++) {
        const uint32_t node = from->n_inputs + 1 + i;
        const builder_gate g = from->gates[i];
        if (uses[node] == 0)
            continue;
        if (from->lines != NULL)
            (void)circuit_builder_set_line(anew->builder, from->lines[i]);
        const wire x = map[wire_node(g.a)] ^ wire_complement(g.a);
        const wire y = map[wire_node(g.b)] ^ wire_complement(g.b);
        map[node] = rebuild_gate(anew->builder, gate_is_and(g), may_share(&g, uses), x, y);
    }
}

bool builder_factor(circuit_builder *b, wire *outputs, size_t n_outputs)
{
    uint8_t *uses = mem_new((size_t)b->n_inputs + 1 + b->n_gates, sizeof *uses);
    builder_rebuilt anew = {0};
    bool kept;
    gate_table_clear(&b->table);
    b->room = 0;
    bool done = uses != NULL;
    if (done) {
        (void)builder_count_uses(b, uses, outputs, n_outputs);
        if (has_occasion(b, uses)) {
            done = builder_rebuilt_init(&anew, b);
            if (done) {
                share_rebuild(&anew, b, uses);
                done = builder_rebuilt_keep(&kept, &anew, b, outputs, n_outputs);
            }
        }
    }
    if (!done)
        circuit_builder_fail(b, PT_ERR_MEMORY);
    builder_rebuilt_clear(&anew);
    mem_free(uses);
    return b->failure == PT_OK;
}
