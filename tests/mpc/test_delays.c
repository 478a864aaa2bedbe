/* How many messages the parties wait for one after the other: on a link where a message takes one
 * unit of time and nothing else takes any. */
#include "support/test.h"

#include "channel/slow.h"
#include "mpc/circuits.h"
#include "mpc/engine_run.h"

/* A run, and when each party was done, by the caller's number. */
typedef struct timed_run {
    test_run run;
    uint64_t delays[PARTIES_MAX];
    uint64_t delays_dealer;
} timed_run;

static uint64_t no_work(void)
{
    return 0;
}

static void make_slow(test_run *t)
{
    const slow_link unit = {.delay_ns = 1, .work_ns = no_work};
    for (size_t i = 0; i < t->parties.n + t->parties.has_dealer; i++)
        assert_int_equal(
            channel_slow_wrap(&t->parties.channels[i], t->parties.channels[i], unit, NULL), PT_OK);
}

static void note_delays(test_run *t, size_t party)
{
    ((timed_run *)t)->delays[party] = channel_slow_time_ns(&t->parties.channels[party]);
}

typedef struct delays_case {
    size_t n;
    const test_preparation *preparation;
    uint32_t gates; /* three of four are AND gates */
    uint64_t segment_ands;
    size_t evaluator;
    uint64_t at_evaluator, at_garblers; /* delays until they have the result */
} delays_case;

static void assert_delays(const delays_case *c)
{
    const circuit_shape shape = {
        .n_parties = c->n, .inputs = 8, .gates = c->gates, .outputs = 8, .and_percent = 75};
    pt_circuit *circuit = test_circuit_random(&shape, c->gates);
    uint8_t inputs[PARTIES_MAX * 8] = {0};
    timed_run t = {.run = {.circuit = circuit,
                           .inputs = inputs,
                           .segment_ands = c->segment_ands,
                           .preparation = c->preparation,
                           .options = {.evaluator = c->evaluator},
                           .prepare = make_slow,
                           .finished = note_delays}};
    test_run_parties(&t.run);
    test_run_assert_right(&t.run);
    for (size_t i = 0; i < c->n; i++) {
        const uint64_t due = i == c->evaluator ? c->at_evaluator : c->at_garblers;
        if (t.delays[i] != due)
            fail_msg("party %zu of %zu, %s, %u gates: %llu delays, not %llu", i, c->n,
                     c->preparation->name, c->gates, (unsigned long long)t.delays[i],
                     (unsigned long long)due);
    }
    test_run_clear(&t.run);
    pt_circuit_free(circuit);
}

static void assert_all_delays(const delays_case *cases, size_t n)
{
    for (size_t i = 0; i < n; i++)
        assert_delays(&cases[i]);
}

static void one_segment(void **state)
{
    (void)state;
    static const delays_case cases[] = {
        {2, &test_ideal_ot, 60, 0, 0, 14, 15},
        {2, &test_ideal_ot, 60, 0, 1, 14, 15},
        {3, &test_ideal_ot, 60, 0, 0, 14, 15},
        {5, &test_ideal_ot, 60, 0, 2, 14, 15},
    };
    assert_all_delays(cases, sizeof cases / sizeof *cases);
}

/* Chunks of COT, frames of TRU and GC are not awaited one by one. */
static void frames_cost_no_delays(void **state)
{
    (void)state;
    static const delays_case cases[] = {
        {2, &test_ideal_ot, 6000, 0, 0, 14, 15},
        {3, &test_ideal_ot, 6000, 0, 0, 15, 16}, /* OPEN in form B */
    };
    assert_all_delays(cases, sizeof cases / sizeof *cases);
}

/* COT to EV2 of a further segment: the garblers' COT leaves together with their EV2, one delay
 * before P_1's. */
static void further_segments(void **state)
{
    (void)state;
    static const delays_case cases[] = {
        {2, &test_ideal_ot, 60, 30, 0, 14 + 12, 15 + 12},
        {3, &test_ideal_ot, 60, 30, 2, 14 + 13, 15 + 13},
        {2, &test_ideal_ot, 60, 15, 1, 14 + 2 * 12, 15 + 2 * 12},
    };
    assert_all_delays(cases, sizeof cases / sizeof *cases);
}

static void with_a_dealer(void **state)
{
    (void)state;
    static const delays_case cases[] = {
        {2, &test_dealer, 60, 0, 0, 11, 12},
        {3, &test_dealer, 60, 0, 1, 11, 12},
        {3, &test_dealer, 6000, 0, 0, 11, 12},
    };
    assert_all_delays(cases, sizeof cases / sizeof *cases);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_segment),
        cmocka_unit_test(frames_cost_no_delays),
        cmocka_unit_test(further_segments),
        cmocka_unit_test(with_a_dealer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
