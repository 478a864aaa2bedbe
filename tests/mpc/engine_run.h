/* Running engine_run at n parties in this process, for tests of the upper half of the mpc layer. */
#ifndef TESTS_MPC_ENGINE_RUN_H
#define TESTS_MPC_ENGINE_RUN_H

#include "circuit/circuit.h"
#include "mpc/parties.h"
#include "mpc/preparations.h"

typedef struct test_run {
    const pt_circuit *circuit;
    const uint8_t *inputs;               /* all parties' bits, party 0 first */
    uint64_t segment_ands;               /* 0: the default */
    const test_preparation *preparation; /* says whether there is a dealer; NULL: test_cot */
    pt_mpc_options options;
    mpc_hook_fn hook; /* may be NULL */
    void *hook_user;
    /* Called when the parties are open and before they run, e.g. to wrap a channel; may be NULL. */
    void (*prepare)(struct test_run *t);
    void *prepare_user;
    /* Called by each party when it is done and before it closes its channel; may be NULL. */
    void (*finished)(struct test_run *t, size_t party);
    uint64_t seed;            /* of the parties' generators */
    uint32_t timeout_ms;      /* of the channels; 0: a minute */
    unsigned long fail_alloc; /* the allocation to fail, counted from the start; 0: none */

    mpc_hook_fn dealer_hook; /* of the dealer, if there is one; may be NULL */

    parties parties;
    uint8_t *outputs[PARTIES_MAX]; /* by the caller's number, n_outputs bytes */
} test_run;

/* Runs all parties to the end, each closes its channel
 * when it is done. Fill the first part; release with test_run_clear. */
void test_run_parties(test_run *t);
void test_run_clear(test_run *t);

/* All succeeded, and every receiver has those of the plain circuit's outputs that are for it. */
void test_run_assert_right(const test_run *t);

/* Whoever in `set` (bits by session index) succeeded has the right outputs. */
void test_run_assert_never_wrong(const test_run *t, unsigned set);

#endif
