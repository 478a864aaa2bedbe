/* A plan computes what its circuit does, with few registers. */
#include "support/test.h"

#include "base/mem.h"
#include "circuit/eval.h"
#include "circuit/pack.h"
#include "circuit/plan.h"
#include "support/circuits.h"

static void run_plan(uint64_t *out, plan_walk *w, const pt_circuit *c, const uint64_t *in)
{
    uint64_t *r = calloc(c->n_registers + 1, sizeof *r);
    uint32_t n_steps = 0;
    memcpy(r, in, c->n_inputs * sizeof *r);
    for (; !plan_walk_is_done(w); n_steps++) {
        const bool is_and = plan_walk_at_and(w);
        const plan_step s = plan_walk_next(w);
        assert_true(s.out < c->n_registers);
        assert_true(is_and == (s.op == GATE_AND));
        assert_true(w->n_spare <= c->n_spare);
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
    assert_int_equal(n_steps, c->n_gates);
    for (uint32_t i = 0; i < c->n_outputs; i++)
        out[i] = r[c->output_registers[i]];
    free(r);
}

/* What the gates compute, wire by wire. */
static void run_gates(uint64_t *out, gate_walk *w, const pt_circuit *c, const uint64_t *in)
{
    uint64_t *wires = calloc(c->n_inputs + c->n_gates + 1, sizeof *wires);
    memcpy(wires, in, c->n_inputs * sizeof *wires);
    for (uint32_t i = 0; i < c->n_gates; i++) {
        const gate g = gate_walk_next(w);
        uint64_t *to = &wires[c->n_inputs + i];
        switch ((gate_op)g.op) {
        case GATE_XOR:
            *to = wires[g.a] ^ wires[g.b];
            break;
        case GATE_AND:
            *to = wires[g.a] & wires[g.b];
            break;
        case GATE_NOT:
            *to = ~wires[g.a];
            assert_int_equal(g.b, 0);
            break;
        case GATE_CONST:
            *to = g.a != 0 ? UINT64_MAX : 0;
            assert_int_equal(g.b, 0);
            break;
        }
    }
    for (uint32_t i = 0; i < c->n_outputs; i++)
        out[i] = wires[c->outputs[i]];
    free(wires);
}

static void check_plan(const pt_circuit *c)
{
    plan_walk steps;
    gate_walk gates;
    uint64_t *in = calloc(c->n_inputs + 1, sizeof *in);
    uint64_t *out = calloc(c->n_outputs + 1, sizeof *out);
    uint64_t *want = calloc(c->n_outputs + 1, sizeof *want);
    for (uint32_t i = 0; i < c->n_inputs; i++)
        in[i] = (i + 1) * 0x9e3779b97f4a7c15u;
    assert_true(circuit_is_sound(c));
    assert_true(c->n_registers <= c->n_inputs + c->n_gates);
    assert_true(plan_walk_init(&steps, c));
    run_plan(out, &steps, c, in);
    plan_walk_clear(&steps);
    assert_true(gate_walk_init(&gates, c));
    run_gates(want, &gates, c, in);
    gate_walk_clear(&gates);
    assert_memory_equal(out, want, c->n_outputs * sizeof *out);
    assert_int_equal(circuit_eval_lanes(out, c, in, NULL), PT_OK);
    assert_memory_equal(out, want, c->n_outputs * sizeof *out);
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
    assert_int_equal(c->n_registers, 2);
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

/* The register of what nobody reads is free for one wire, not for two. */
static void registers_of_unread_wires_are_counted_once(void **state)
{
    (void)state;
    pt_circuit *c = read_text("5 7\n1 2\n1 4\n2 1 0 1 2 XOR\n2 1 0 1 3 AND\n2 1 0 1 4 XOR\n"
                              "1 1 0 5 INV\n1 1 1 6 INV\n");
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

/* Nothing but constants, of which the first is wire 0, found again long after. */
static void circuits_without_inputs_are_planned(void **state)
{
    (void)state;
    enum { N_GATES = 10000 };
    pt_circuit *c = mem_new(1, sizeof *c);
    gate *memory = mem_new(N_GATES, sizeof *memory);
    *c = (pt_circuit){.n_parties = 1,
                      .party_inputs = mem_new(1, sizeof *c->party_inputs),
                      .n_gates = N_GATES,
                      .n_outputs = 3,
                      .outputs = mem_new(3, sizeof *c->outputs),
                      .n_output_values = 1,
                      .output_value_bits = mem_new(1, sizeof *c->output_value_bits)};
    c->output_value_bits[0] = 3;
    c->outputs[1] = 1;
    c->outputs[2] = N_GATES - 1;
    for (uint32_t i = 0; i < N_GATES; i++)
        memory[i] = (gate){.op = GATE_CONST, .a = (i + 1) % 2};
    assert_true(circuit_pack(c, memory));
    check_plan(c);
    pt_circuit_free(c);
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

/* A circuit of so many inputs, whose gates each read one that is `step` further on, and the gate
 * before. */
static pt_circuit *long_circuit(uint32_t n_inputs, uint32_t n_gates, uint32_t step)
{
    pt_circuit *c = mem_new(1, sizeof *c);
    gate *memory = mem_new((size_t)n_gates, sizeof *memory);
    *c = (pt_circuit){.n_parties = 1,
                      .party_inputs = mem_new(1, sizeof *c->party_inputs),
                      .n_inputs = n_inputs,
                      .n_gates = n_gates,
                      .n_outputs = 1,
                      .outputs = mem_new(1, sizeof *c->outputs),
                      .n_output_values = 1,
                      .output_value_bits = mem_new(1, sizeof *c->output_value_bits)};
    c->party_inputs[0] = n_inputs;
    c->output_value_bits[0] = 1;
    c->outputs[0] = n_inputs + n_gates - 1;
    for (uint32_t i = 0; i < n_gates; i++) {
        const bool is_and = i % 3 == 1;
        memory[i] = (gate){.op = is_and ? GATE_AND : GATE_XOR,
                           .a = i * step % n_inputs & (CIRCUIT_MAX_WIRES - 1),
                           .b = n_inputs + i - 1};
        c->n_and += is_and;
    }
    assert_true(circuit_pack(c, memory));
    return c;
}

/* Wires by their distance, in one byte and two, and by their register, in three and four. */
static void operands_have_as_many_bytes_as_they_need(void **state)
{
    (void)state;
    static const struct {
        uint32_t n_inputs, n_gates, step;
    } cases[] = {{100, 300, 1},
                 {255, 600, 7},
                 {65500, 200, 331},
                 {65536, 200000, 12347},
                 {(1 << 24) + 300, 400, 41999}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        pt_circuit *c = long_circuit(cases[i].n_inputs, cases[i].n_gates, cases[i].step);
        check_plan(c);
        assert_true(c->code_len >= 3 * (size_t)c->n_gates);
        assert_true(c->code_len <= 7 * (size_t)c->n_gates);
        pt_circuit_free(c);
    }
}

static void every_allocation_may_fail(void **state)
{
    (void)state;
    static const char text[] = "1 3\n1 2\n1 1\n2 1 0 1 2 AND\n";
    pt_circuit *c = read_text(text);
    for (unsigned long nth = 1; nth <= 2; nth++) {
        plan_walk w;
        mem_fail_at(nth);
        assert_false(plan_walk_init(&w, c));
        plan_walk_clear(&w);
    }
    mem_fail_at(1);
    pt_circuit_stats stats;
    pt_circuit_get_stats(&stats, c);
    assert_int_equal(stats.and_depth, 0);
    assert_int_equal(stats.registers, 2);
    assert_int_equal(stats.and_gates, 1);
    mem_fail_at(0);
    pt_circuit_free(c);
    pt_status status = PT_ERR_MEMORY;
    for (unsigned long nth = 1; status != PT_OK; nth++) {
        mem_fail_at(nth);
        status = pt_circuit_read_bristol(&c, text, strlen(text), NULL, NULL);
        assert_true(status == PT_OK || status == PT_ERR_MEMORY);
        assert_true(nth < 30);
    }
    mem_fail_at(0);
    pt_circuit_free(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(registers_are_used_again),
        cmocka_unit_test(outputs_keep_their_registers),
        cmocka_unit_test(registers_of_unread_wires_are_counted_once),
        cmocka_unit_test(random_circuits_are_planned),
        cmocka_unit_test(circuits_without_inputs_are_planned),
        cmocka_unit_test(sha256_needs_few_registers),
        cmocka_unit_test(operands_have_as_many_bytes_as_they_need),
        cmocka_unit_test(every_allocation_may_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
