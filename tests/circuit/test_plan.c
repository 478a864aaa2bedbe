/* A plan computes what its circuit does, with few registers. */
#include "support/test.h"

#include "base/mem.h"
#include "circuit/eval.h"
#include "circuit/plan.h"
#include "support/circuits.h"

static void run_plan(uint64_t *out, const circuit_plan *plan, const pt_circuit *c,
                     const uint64_t *in)
{
    uint64_t *r = calloc(plan->n_registers + 1, sizeof *r);
    memcpy(r, in, c->n_inputs * sizeof *r);
    for (uint32_t i = 0; i < plan->n_steps; i++) {
        const plan_step s = plan_step_at(plan, i);
        assert_true(s.out < plan->n_registers);
        switch (s.op) {
        case GATE_XOR:
            r[s.out] = r[s.a] ^ r[s.b];
            break;
        case GATE_AND:
            r[s.out] = r[s.a] & r[s.b];
            break;
        case GATE_NOT:
            r[s.out] = ~r[s.a];
            break;
        case GATE_CONST:
            r[s.out] = s.a != 0 ? UINT64_MAX : 0;
            break;
        }
    }
    for (uint32_t i = 0; i < c->n_outputs; i++)
        out[i] = r[plan->outputs[i]];
    free(r);
}

static void check_plan(const pt_circuit *c)
{
    circuit_plan plan;
    uint64_t *in = calloc(c->n_inputs + 1, sizeof *in);
    uint64_t *out = calloc(c->n_outputs + 1, sizeof *out);
    uint64_t *want = calloc(c->n_outputs + 1, sizeof *want);
    for (uint32_t i = 0; i < c->n_inputs; i++)
        in[i] = (i + 1) * 0x9e3779b97f4a7c15u;
    assert_int_equal(circuit_plan_init(&plan, c, NULL), PT_OK);
    assert_int_equal(plan.n_steps, c->n_gates);
    assert_true(plan.n_registers <= c->n_inputs + c->n_gates);
    uint32_t n_registers;
    assert_int_equal(circuit_plan_count(&n_registers, c, NULL), PT_OK);
    assert_int_equal(n_registers, plan.n_registers);
    run_plan(out, &plan, c, in);
    assert_int_equal(circuit_eval_lanes(want, c, in, NULL), PT_OK);
    assert_memory_equal(out, want, c->n_outputs * sizeof *out);
    circuit_plan_clear(&plan);
    assert_null(plan.registers);
    free(in);
    free(out);
    free(want);
}

static pt_circuit *read_text(const char *text)
{
    pt_circuit *c = NULL;
    assert_int_equal(pt_circuit_read_bristol(&c, text, strlen(text), NULL, NULL), PT_OK);
    return c;
}

static void registers_are_used_again(void **state)
{
    (void)state;
    /* A chain: the first input's register serves all along. */
    pt_circuit *c = read_text("4 6\n1 2\n1 1\n2 1 0 1 2 AND\n1 1 2 3 INV\n2 1 3 1 4 AND\n"
                              "2 1 4 4 5 XOR\n");
    circuit_plan plan;
    assert_int_equal(circuit_plan_init(&plan, c, NULL), PT_OK);
    assert_int_equal(plan.n_registers, 2);
    circuit_plan_clear(&plan);
    check_plan(c);
    pt_circuit_free(c);
}

static void outputs_keep_their_registers(void **state)
{
    (void)state;
    /* Wire 2 is an output; wires 3 and 4 are never read and share a register. */
    pt_circuit *c = read_text("4 6\n1 2\n1 1\n2 1 0 1 5 AND\n2 1 0 1 3 XOR\n1 1 1 4 INV\n"
                              "1 1 0 2 INV\n");
    check_plan(c);
    pt_circuit_stats stats;
    pt_circuit_get_stats(&stats, c);
    assert_int_equal(stats.registers, 4);
    pt_circuit_free(c);
}

static void random_circuits_are_planned(void **state)
{
    (void)state;
    for (uint32_t seed = 0; seed < 300; seed++) {
        pt_circuit *c =
            circuits_random(1 + seed % 3, 1 + seed % 9, seed * 5, seed * 5 < 30 ? 1 : 30, seed);
        assert_non_null(c);
        check_plan(c);
        pt_circuit_free(c);
    }
}

static void sha256_needs_few_registers(void **state)
{
    (void)state;
    pt_circuit *c = circuits_sha256();
    assert_non_null(c);
    check_plan(c);
    pt_circuit_stats stats;
    pt_circuit_get_stats(&stats, c);
    assert_int_equal(stats.and_gates, c->n_and);
    assert_int_equal(stats.inputs, 768);
    assert_int_equal(stats.outputs, 256);
    assert_int_equal(stats.and_gates + stats.xor_gates + stats.not_gates, c->n_gates);
    assert_true(stats.registers >= 768 && stats.registers < 4000);
    assert_true(stats.and_depth > 100 && stats.and_depth < 10000);
    pt_circuit_free(c);
}

static void every_allocation_may_fail(void **state)
{
    (void)state;
    pt_circuit *c = read_text("1 3\n1 2\n1 1\n2 1 0 1 2 AND\n");
    circuit_plan plan = {.n_steps = 77};
    for (unsigned long nth = 1; nth <= 5; nth++) {
        mem_fail_at(nth);
        assert_int_equal(circuit_plan_init(&plan, c, NULL), PT_ERR_MEMORY);
        assert_int_equal(plan.n_steps, 77);
    }
    mem_fail_at(1);
    pt_circuit_stats stats;
    pt_circuit_get_stats(&stats, c);
    assert_int_equal(stats.and_depth, 0);
    assert_int_equal(stats.registers, 2);
    mem_fail_at(0);
    pt_circuit_free(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(registers_are_used_again),
        cmocka_unit_test(outputs_keep_their_registers),
        cmocka_unit_test(random_circuits_are_planned),
        cmocka_unit_test(sha256_needs_few_registers),
        cmocka_unit_test(every_allocation_may_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
