/* The table of gates, beyond the window in which it keeps lists, and with more than fill its
 * slots. */
#include "support/test.h"

#include "base/mem.h"
#include "circuit/gate_table.h"

#define FIRST_NODES 1000u /* constant and inputs */
#define WINDOW      (GATE_BLOCKS * GATE_LINKS_A_BLOCK)
#define N_GATES     (6 * WINDOW)

static uint32_t below(uint64_t *state, uint32_t bound)
{
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(*state >> 33) % bound;
}

static bool has_list(uint32_t y, uint32_t newest)
{
    return newest / GATE_LINKS_A_BLOCK - y / GATE_LINKS_A_BLOCK < GATE_BLOCKS;
}

static bool is_on(builder_gate g, builder_gate wanted)
{
    return g.a == wanted.a && g.b == wanted.b;
}

static uint32_t find_or_enter(gate_table *t, builder_gate g, uint32_t node)
{
    const bool is_and = gate_is_and(g);
    return gate_table_find_or_enter(t, is_and ? g.a : g.b, is_and ? g.b : g.a, is_and, node);
}

static uint32_t later_operand(builder_gate g)
{
    return wire_node(gate_is_and(g) ? g.b : g.a);
}

/* Whether a gate that was looked for when `then` was the newest is where it is now looked for. */
static bool stays_found(const gate_table *t, builder_gate g, uint32_t then, uint32_t now)
{
    const uint32_t y = later_operand(g);
    return then >= t->oldest && has_list(y, then) == has_list(y, now);
}

/* A gate on nodes below `node`: just before it, long past, or among the first. */
static builder_gate any_gate(uint64_t *r, uint32_t node)
{
    const uint32_t kind = below(r, 10);
    const uint32_t reach = node - 1;
    uint32_t y = kind < 4   ? reach - below(r, 50)
                 : kind < 9 ? 1 + below(r, reach)
                            : 1 + below(r, 100);
    if (y < 2)
        y = 2;
    const uint32_t x = 1 + below(r, y - 1);
    return below(r, 2) == 0 ? (builder_gate){.a = 2 * x, .b = 2 * y}
                            : (builder_gate){.a = 2 * y, .b = 2 * x};
}

static void what_is_not_long_past_is_found(void **state)
{
    (void)state;
    uint64_t r = 1;
    builder_gate *gates = mem_new(N_GATES, sizeof *gates);
    assert_non_null(gates);
    gate_table t = {.gates = gates, .first_gate = FIRST_NODES};
    for (uint32_t node = FIRST_NODES; node < FIRST_NODES + N_GATES;) {
        const builder_gate g = any_gate(&r, node);
        const uint32_t found = find_or_enter(&t, g, node);
        assert_in_range(found, FIRST_NODES, node);
        if (found == node)
            gates[node++ - FIRST_NODES] = g;
        assert_true(is_on(gates[found - FIRST_NODES], g));
        if (stays_found(&t, g, node - 1, node))
            assert_int_equal(find_or_enter(&t, g, node), found);

        /* One that was built some time ago, if its operand's list is not given up since. */
        const uint32_t back = 1 + below(&r, WINDOW / 2);
        if (node - FIRST_NODES <= back)
            continue;
        const builder_gate before = gates[node - back - FIRST_NODES];
        if (stays_found(&t, before, node - back, node))
            assert_int_equal(find_or_enter(&t, before, node), node - back);
    }
    assert_int_equal(t.bits, GATE_SLOTS_BITS);
    assert_true(t.oldest > 0);
    gate_table_clear(&t);
    mem_free(gates);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_not_long_past_is_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
