/* A finished graph built anew by the passes over it; see builder_impl.h. */
#include "base/mem.h"
#include "circuit/builder_impl.h"

static void use(uint8_t *uses, wire w)
{
    uint8_t *n = &uses[wire_node(w)];
    *n = *n == 0 ? USED_ONCE : USED_OFTEN;
}

/* A record that ends at gate i is needed if one of its wires is. Bits of which neither is, and that
 * are not compared, are left out. Counts its ANDs. */
static uint32_t use_exchange(const circuit_builder *b, uint8_t *uses, uint32_t i)
{
    const exchange_record e = exchange_that_ends(b, i);
    const uint8_t *of_slot = uses + b->n_inputs + 1 + e.first;
    uint32_t n_used = 0;
    for (uint32_t k = 0; k < e.width; k++)
        n_used += of_slot[2 * k] != 0 || of_slot[2 * k + 1] != 0 ? 1u : 0u;
    for (uint32_t k = 0; n_used > 0 && k < e.width; k++) {
        if (k >= e.n_key && of_slot[2 * k] == 0 && of_slot[2 * k + 1] == 0)
            continue;
        use(uses, exchange_low(b, e, k));
        use(uses, exchange_high(b, e, k));
    }
    return n_used == 0 ? 0 : n_used + e.n_key;
}

uint32_t builder_count_uses(const circuit_builder *b, uint8_t *uses, const wire *outputs,
                            size_t n_outputs)
{
    uint32_t n_and = 0;
    for (size_t i = 0; i < n_outputs; i++)
        use(uses, outputs[i]);
    for (uint32_t i = b->n_gates; i-- > 0;) {
        if (gate_is_exchange(b->gates[i])) {
            n_and += use_exchange(b, uses, i);
            i = exchange_that_ends(b, i).first;
            continue;
        }
        if (uses[b->n_inputs + 1 + i] == 0)
            continue;
        use(uses, b->gates[i].a);
        use(uses, b->gates[i].b);
        n_and += gate_is_and(b->gates[i]) ? 1u : 0u;
    }
    return n_and;
}

bool builder_rebuilt_init(builder_rebuilt *ret_rebuilt, const circuit_builder *from)
{
    circuit_builder *anew = circuit_builder_new(from->party_inputs, from->n_parties, 0);
    wire *map = mem_new((size_t)from->n_inputs + 1 + from->n_gates, sizeof *map);
    *ret_rebuilt = (builder_rebuilt){anew, map};
    if (anew == NULL || map == NULL || (from->lines != NULL && !builder_keep_lines(anew)))
        return false;
    anew->watch = from->watch;
    anew->keeps_exchanges = from->exchange_width > 0;
    map[0] = WIRE_FALSE;
    for (uint32_t i = 0; i < from->n_inputs; i++)
        map[i + 1] = circuit_input(anew, i);
    return true;
}

static void rebuilt_gates(circuit_builder *b, circuit_builder *from)
{
    builder_gate *old = b->gates;
    uint32_t *old_lines = b->lines;
    b->gates = from->gates;
    b->lines = from->lines;
    b->n_gates = from->n_gates;
    b->n_and = from->n_and;
    b->capacity = from->capacity;
    b->exchange_width = from->exchange_width;
    from->gates = old;
    from->lines = old_lines;
}

static size_t count_nodes(const circuit_builder *b)
{
    return (size_t)b->n_inputs + 1 + b->n_gates;
}

bool builder_rebuilt_keep(bool *ret_kept, builder_rebuilt *rebuilt, circuit_builder *b,
                          wire *outputs, size_t n_outputs)
{
    circuit_builder *anew = rebuilt->builder;
    uint8_t *uses = mem_new(count_nodes(b), sizeof *uses);
    uint8_t *new_uses = mem_new(count_nodes(anew), sizeof *new_uses);
    wire *mapped = mem_new(n_outputs, sizeof *mapped);
    if (anew->failure == PT_ERR_CANCELLED)
        circuit_builder_fail(b, PT_ERR_CANCELLED);
    const bool done = b->failure == PT_OK && uses != NULL && new_uses != NULL && mapped != NULL &&
                      anew->failure != PT_ERR_MEMORY;
    *ret_kept = false;
    if (done && anew->failure == PT_OK) {
        for (size_t i = 0; i < n_outputs; i++)
            mapped[i] = rebuilt->map[wire_node(outputs[i])] ^ wire_complement(outputs[i]);
        *ret_kept = builder_count_uses(anew, new_uses, mapped, n_outputs) <
                    builder_count_uses(b, uses, outputs, n_outputs);
    }
    if (*ret_kept) {
        rebuilt_gates(b, anew);
        for (size_t i = 0; i < n_outputs; i++)
            outputs[i] = mapped[i];
    }
    mem_free(uses);
    mem_free(new_uses);
    mem_free(mapped);
    return done;
}

void builder_rebuilt_clear(builder_rebuilt *rebuilt)
{
    mem_free(rebuilt->map);
    circuit_builder_free(rebuilt->builder);
    *rebuilt = (builder_rebuilt){0};
}
