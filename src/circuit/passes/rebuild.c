/* A finished graph built anew by the passes over it; see builder_impl.h. */
#include "base/mem.h"
#include "circuit/builder_impl.h"

static void use(uint8_t *uses, wire w)
{
    uint8_t *n = &uses[wire_node(w)];
    *n = *n == 0 ? USED_ONCE : USED_OFTEN;
}

uint32_t builder_count_uses(const circuit_builder *b, uint8_t *uses, const wire *outputs,
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

bool builder_rebuilt_init(builder_rebuilt *ret_rebuilt, const circuit_builder *from)
{
    circuit_builder *anew = circuit_builder_new(from->party_inputs, from->n_parties, 0);
    wire *map = mem_new((size_t)from->n_inputs + 1 + from->n_gates, sizeof *map);
    *ret_rebuilt = (builder_rebuilt){anew, map};
    if (anew == NULL || map == NULL || (from->lines != NULL && !builder_keep_lines(anew)))
        return false;
    anew->watch = from->watch;
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
