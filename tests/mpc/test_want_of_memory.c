/* Each allocation of a run fails in turn, at whichever party makes it: nobody crashes, hangs, keeps
 * its secrets or is wrong. */
#include "support/test.h"

#include "mpc/circuits.h"
#include "mpc/engine_run.h"

static const test_preparation *chosen;

static void assert_wiped(const session *s)
{
    assert_true((s->delta.lo | s->delta.hi) == 0);
}

static void run_failing(size_t n, uint64_t segment_ands)
{
    const circuit_shape shape = {
        .n_parties = n, .inputs = 3, .gates = 80, .outputs = 12, .and_percent = 50, .constants = 1};
    pt_circuit *c = test_circuit_random(&shape, 9);
    const uint8_t inputs[9] = {1, 0, 1, 1, 0, 0, 1, 0, 1};
    size_t n_failed = 0;
    for (unsigned long nth = 1;; nth += 1 + nth / 60) {
        test_run t = {.circuit = c,
                      .inputs = inputs,
                      .segment_ands = segment_ands,
                      .fail_alloc = nth,
                      .preparation = chosen};
        test_run_parties(&t);
        test_run_assert_never_wrong(&t, (1u << n) - 1);
        const bool failed = parties_find(&t.parties, PT_ERR_MEMORY) != PARTIES_MAX ||
                            t.parties.dealer_status == PT_ERR_MEMORY;
        n_failed += failed;
        if (!failed)
            test_run_assert_right(&t);
        for (size_t i = 0; i < n; i++) {
            if (t.parties.status[i] != PT_OK)
                assert_wiped(&t.parties.sessions[i]);
        }
        test_run_clear(&t);
        if (!failed)
            break;
    }
    assert_true(n_failed > 50);
    pt_circuit_free(c);
}

static void test_two_parties(void **state)
{
    (void)state;
    run_failing(2, 20);
}

static void test_three_parties(void **state)
{
    (void)state;
    run_failing(3, 20);
}

int main(int argc, char **argv)
{
    chosen = test_preparation_chosen(argc, argv);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_two_parties),
        cmocka_unit_test(test_three_parties),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
