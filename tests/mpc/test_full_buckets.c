/* Whole runs whose segments have buckets of three, so that groups of triples change their layers
 * (protocol spec, sections 4.5 and 4.6), and in which a party has others change. */
#include "support/test.h"

#include "mpc/circuits.h"
#include "mpc/engine_run.h"
#include "mpc/triple/bucket.h"

#define N_AND 250000 /* enough for B = 3, with dummies */

typedef struct buckets {
    size_t cheater; /* who changes what `hook` has; none: PARTIES_MAX */
    const char *hook;
    size_t at; /* the byte */
    size_t seen[PARTIES_MAX];
} buckets;

/* Changes a bit of "shifts" and "exchange". */
static void watch(void *user, session *s, const char *name, size_t peer, void *data, size_t len)
{
    buckets *b = user;
    (void)peer;
    if (strcmp(name, "shifts") == 0) {
        assert_int_equal(len, 3 * sizeof(size_t));
        b->seen[s->me]++;
    }
    if (s->me == b->cheater && strcmp(name, b->hook) == 0)
        ((uint8_t *)data)[b->at] ^= 1;
}

static void run(test_run *t, buckets *b, pt_circuit *circuit)
{
    static const uint8_t inputs[3 * 8] = {1, 0, 0, 1, 1, 1, 0, 1, 0, 1, 1};
    *t = (test_run){.circuit = circuit,
                    .inputs = inputs,
                    .seed = circuit->n_parties,
                    .preparation = &test_ideal_ot,
                    .hook = watch,
                    .hook_user = b};
    test_run_parties(t);
    for (size_t i = 0; i < circuit->n_parties; i++)
        assert_int_equal(b->seen[i], 1);
}

static pt_circuit *circuit_of(size_t n)
{
    const circuit_shape shape = {
        .n_parties = n, .inputs = 8, .gates = N_AND, .outputs = 64, .and_percent = 100};
    assert_int_equal(bucket_choose(N_AND, MPC_RHO_DEFAULT).layers, 3);
    return test_circuit_random(&shape, n);
}

static void honest(void **state)
{
    (void)state;
    for (size_t n = 2; n <= 3; n++) {
        test_run t;
        buckets b = {.cheater = PARTIES_MAX, .hook = ""};
        pt_circuit *circuit = circuit_of(n);
        run(&t, &b, circuit);
        test_run_assert_right(&t);
        test_run_clear(&t);
        pt_circuit_free(circuit);
    }
}

/* Other triples at one party: what is opened fails its check. */
static void other_triples(void **state)
{
    (void)state;
    static const struct {
        size_t n;
        const char *hook;
        size_t at;
    } changes[] = {
        {2, "shifts", 2 * sizeof(size_t)},
        {2, "exchange", 0},                /* every other group */
        {3, "exchange", sizeof(uint64_t)}, /* all of them */
    };
    for (size_t c = 0; c < sizeof changes / sizeof changes[0]; c++) {
        test_run t;
        buckets b = {.cheater = 1, .hook = changes[c].hook, .at = changes[c].at};
        pt_circuit *circuit = circuit_of(changes[c].n);
        run(&t, &b, circuit);
        assert_int_equal(t.parties.status[0], PT_PEER_OPENING);
        test_run_clear(&t);
        pt_circuit_free(circuit);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(honest),
        cmocka_unit_test(other_triples),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
