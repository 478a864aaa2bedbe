/* The passes over the finished graph: they change no function, never add ANDs, and find what cannot
 * be seen while building. */
#include "support/test.h"

#include "base/mem.h"
#include "circuit/builder_impl.h"
#include "circuit/eval.h"
#include "circuit/keep_outputs.h"

enum { N_INPUTS = 8, MAX_NODES = 1200, MAX_OUTPUTS = 24 };

static uint32_t next(uint64_t *state)
{
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(*state >> 33);
}

/* A graph under construction, and the value of every wire on 64 inputs. */
typedef struct graph {
    circuit_builder *b;
    uint64_t inputs[N_INPUTS];
    wire wires[MAX_NODES];
    uint64_t values[MAX_NODES];
    uint32_t n;
} graph;

static void graph_init(graph *g, uint64_t *random)
{
    const uint32_t n_inputs[1] = {N_INPUTS};
    g->b = circuit_builder_new(n_inputs, 1, 0);
    assert_non_null(g->b);
    for (g->n = 0; g->n < N_INPUTS; g->n++) {
        g->wires[g->n] = circuit_input(g->b, g->n);
        g->values[g->n] = g->inputs[g->n] =
            (uint64_t)next(random) << 40 ^ (uint64_t)next(random) << 20 ^ next(random);
    }
}

/* One more gate on wires that are among the last `near`. */
static void graph_grow(graph *g, uint64_t *random, uint32_t near)
{
    const uint32_t first = g->n > near ? g->n - near : 0;
    const uint32_t i = first + next(random) % (g->n - first);
    const uint32_t k = first + next(random) % (g->n - first);
    const bool flip = next(random) % 3 == 0;
    const wire x = g->wires[i] ^ (flip ? 1u : 0u);
    const uint64_t p = g->values[i] ^ (flip ? UINT64_MAX : 0);
    const uint32_t kind = next(random) % 5;
    g->wires[g->n] = kind < 2 ? circuit_xor(g->b, x, g->wires[k])
                              : (kind < 4 ? circuit_and(g->b, x, g->wires[k])
                                          : circuit_or(g->b, x, g->wires[k]));
    g->values[g->n] =
        kind < 2 ? p ^ g->values[k] : (kind < 4 ? p & g->values[k] : p | g->values[k]);
    g->n++;
}

static uint32_t live_ands(const circuit_builder *b, const wire *outputs, size_t n)
{
    uint8_t *uses = mem_new((size_t)b->n_inputs + 1 + b->n_gates, 1);
    const uint32_t n_and = builder_count_uses(b, uses, outputs, n);
    mem_free(uses);
    return n_and;
}

/* Returns the ANDs saved. */
static uint32_t check_graph(uint64_t seed)
{
    static graph g;
    uint64_t random = seed, results[MAX_OUTPUTS];
    wire outputs[MAX_OUTPUTS];
    pt_circuit *c = NULL, *again = NULL;
    graph_init(&g, &random);
    const uint32_t n = N_INPUTS + next(&random) % (MAX_NODES - N_INPUTS);
    const uint32_t near = 4 + next(&random) % 40;
    const uint32_t n_outputs = 1 + next(&random) % MAX_OUTPUTS;
    while (g.n < n)
        graph_grow(&g, &random, near);
    for (uint32_t i = 0; i < n_outputs; i++)
        outputs[i] = g.wires[g.n - 1 - i % g.n] ^ (i & 1);
    const uint32_t before = live_ands(g.b, outputs, n_outputs);
    assert_int_equal(circuit_builder_finish(&c, g.b, outputs, n_outputs, NULL, 0, NULL), PT_OK);
    assert_int_equal(circuit_eval_lanes(results, c, g.inputs, NULL), PT_OK);
    for (uint32_t i = 0; i < n_outputs; i++)
        assert_true(results[i] == (g.values[g.n - 1 - i % g.n] ^ ((i & 1) != 0 ? UINT64_MAX : 0)));
    assert_true(c->n_and <= before);
    assert_int_equal(circuit_keep_outputs(&again, c, 0, n_outputs, NULL), PT_OK);
    assert_true(again->n_and <= c->n_and);
    assert_int_equal(circuit_eval_lanes(results, again, g.inputs, NULL), PT_OK);
    for (uint32_t i = 0; i < n_outputs; i++)
        assert_true(results[i] == (g.values[g.n - 1 - i % g.n] ^ ((i & 1) != 0 ? UINT64_MAX : 0)));
    const uint32_t saved = before - c->n_and;
    pt_circuit_free(c);
    pt_circuit_free(again);
    circuit_builder_free(g.b);
    return saved;
}

static void test_random_graphs(void **state)
{
    uint64_t saved = 0;
    (void)state;
    for (uint64_t seed = 0; seed < 400; seed++)
        saved += check_graph(seed * 0x9e3779b97f4a7c15u);
    assert_true(saved > 1000);
}

static circuit_builder *eight_inputs(wire *ret_inputs)
{
    const uint32_t n_inputs[1] = {8};
    circuit_builder *b = circuit_builder_new(n_inputs, 1, 0);
    for (uint32_t i = 0; i < 8; i++)
        ret_inputs[i] = circuit_input(b, i);
    return b;
}

static uint32_t finished_ands(circuit_builder *b, const wire *outputs, size_t n)
{
    pt_circuit *c = NULL;
    assert_int_equal(circuit_builder_finish(&c, b, outputs, n, NULL, 0, NULL), PT_OK);
    const uint32_t n_and = c->n_and;
    pt_circuit_free(c);
    circuit_builder_free(b);
    return n_and;
}

static void test_known_savings(void **state)
{
    wire x[8], out[2];
    (void)state;
    /* The textbook majority has three ANDs and two ORs. */
    circuit_builder *b = eight_inputs(x);
    out[0] = circuit_or(b, circuit_or(b, circuit_and(b, x[0], x[1]), circuit_and(b, x[0], x[2])),
                        circuit_and(b, x[1], x[2]));
    assert_int_equal(finished_ands(b, out, 1), 1);
    /* The textbook full adder. */
    b = eight_inputs(x);
    const wire half = circuit_xor(b, x[0], x[1]);
    out[0] = circuit_xor(b, half, x[2]);
    out[1] = circuit_or(b, circuit_and(b, x[0], x[1]), circuit_and(b, half, x[2]));
    assert_int_equal(finished_ands(b, out, 2), 1);
    /* A sum of products with one factor in common. */
    b = eight_inputs(x);
    out[0] = WIRE_FALSE;
    for (size_t i = 1; i < 8; i++)
        out[0] = circuit_xor(b, out[0], circuit_and(b, x[0], x[i]));
    assert_int_equal(finished_ands(b, out, 1), 1);
    /* What is needed anyway stays: the products are outputs. */
    b = eight_inputs(x);
    wire outs[4] = {circuit_and(b, x[0], x[1]), circuit_and(b, x[0], x[2]),
                    circuit_and(b, x[1], x[2]), WIRE_FALSE};
    outs[3] = circuit_or(b, circuit_or(b, outs[0], outs[1]), outs[2]);
    assert_int_equal(finished_ands(b, outs, 4), 4);
}

/* Cuts stop at windows of nodes, and decisions at a number of visits: a long chain of majorities
 * goes through both. */
static void test_long_chain(void **state)
{
    enum { LENGTH = 9000 };
    wire x[8];
    (void)state;
    circuit_builder *b = eight_inputs(x);
    wire carry = x[0];
    uint64_t random = 5;
    for (uint32_t i = 0; i < LENGTH; i++) {
        const wire p = circuit_xor(b, x[next(&random) % 4], x[4 + next(&random) % 4]);
        const wire q = x[next(&random) % 8];
        carry = circuit_or(b, circuit_and(b, p, q), circuit_and(b, carry, circuit_or(b, p, q)));
        carry = circuit_xor(b, carry, x[i % 8]);
    }
    const uint32_t before = live_ands(b, &carry, 1);
    assert_true(before > 2 * LENGTH);
    assert_in_range(finished_ands(b, &carry, 1), 1, before - before / 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_random_graphs),
        cmocka_unit_test(test_known_savings),
        cmocka_unit_test(test_long_chain),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
