/* Factors common operands out:
 *     sp ^ sq         ->  s(p ^ q)
 *     !(sp) !(sq)     ->  !(s(p | q))
 * Both save an AND if nothing else reads sp and sq, which is known once all gates are built. So the
 * gates are counted by reader, and built anew with these rules if there is an occasion. */
#include "base/mem.h"
#include "circuit/builder_impl.h"
#include "circuit/rows/exchange.h"

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
        if (uses[b->n_inputs + 1 + i] != 0 && !gate_is_exchange(*g) && may_share(g, uses) &&
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

static wire rebuilt_wire(const builder_rebuilt *anew, wire old)
{
    return anew->map[wire_node(old)] ^ wire_complement(old);
}

/* Bits of which neither wire is used, and that are not compared, are left out. */
static void rebuild_exchange(const builder_rebuilt *anew, const circuit_builder *from,
                             exchange_record e, const uint8_t *uses, wire *scratch)
{
    const uint32_t node = from->n_inputs + 1 + e.first;
    wire *low = scratch;
    wire *high = low + e.width;
    uint32_t n = 0;
    uint32_t n_used = 0;
    for (uint32_t k = 0; k < e.width; k++) {
        const bool is_used = uses[node + 2 * k] != 0 || uses[node + 2 * k + 1] != 0;
        n_used += is_used ? 1 : 0;
        if (k >= e.n_key && !is_used)
            continue;
        low[n] = rebuilt_wire(anew, exchange_low(from, e, k));
        high[n++] = rebuilt_wire(anew, exchange_high(from, e, k));
    }
    if (n_used == 0)
        return;
    circuit_exchange(anew->builder, low, high, n, e.n_key, high + e.width);
    n = 0;
    for (uint32_t k = 0; k < e.width; k++) {
        if (k >= e.n_key && uses[node + 2 * k] == 0 && uses[node + 2 * k + 1] == 0)
            continue;
        anew->map[node + 2 * k] = low[n];
        anew->map[node + 2 * k + 1] = high[n++];
    }
}

/* `scratch` has three rows. */
static void share_rebuild(const builder_rebuilt *anew, const circuit_builder *from,
                          const uint8_t *uses, wire *scratch)
{
    wire *map = anew->map;
    for (uint32_t i = 0; i < from->n_gates; i++) {
        const uint32_t node = from->n_inputs + 1 + i;
        const builder_gate g = from->gates[i];
        if (gate_is_exchange(g)) {
            const exchange_record e = exchange_that_begins(from, i);
            if (from->lines != NULL)
                (void)circuit_builder_set_line(anew->builder, from->lines[i]);
            rebuild_exchange(anew, from, e, uses, scratch);
            i += 2 * e.width - 1;
            continue;
        }
        if (uses[node] == 0)
            continue;
        if (from->lines != NULL)
            (void)circuit_builder_set_line(anew->builder, from->lines[i]);
        const wire x = rebuilt_wire(anew, g.a);
        const wire y = rebuilt_wire(anew, g.b);
        map[node] = rebuild_gate(anew->builder, gate_is_and(g), may_share(&g, uses), x, y);
    }
}

bool builder_factor(circuit_builder *b, wire *outputs, size_t n_outputs)
{
    uint8_t *uses = mem_new((size_t)b->n_inputs + 1 + b->n_gates, sizeof *uses);
    wire *scratch = mem_new((size_t)3 * b->exchange_width, sizeof *scratch);
    builder_rebuilt anew = {0};
    bool kept;
    gate_table_clear(&b->table);
    b->room = 0;
    bool done = uses != NULL && scratch != NULL;
    if (done) {
        (void)builder_count_uses(b, uses, outputs, n_outputs);
        if (has_occasion(b, uses)) {
            done = builder_rebuilt_init(&anew, b);
            if (done) {
                share_rebuild(&anew, b, uses, scratch);
                done = builder_rebuilt_keep(&kept, &anew, b, outputs, n_outputs);
            }
        }
    }
    if (!done)
        circuit_builder_fail(b, PT_ERR_MEMORY);
    builder_rebuilt_clear(&anew);
    mem_free(uses);
    mem_free(scratch);
    return b->failure == PT_OK;
}
