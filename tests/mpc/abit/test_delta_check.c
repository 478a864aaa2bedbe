/* The Delta check: honest parties pass; a party with different Deltas towards two peers is caught,
 * with probability 1/2 in each repetition; changed commitments and openings are noticed. */
#include "support/test.h"

#include "base/mem.h"
#include "mpc/abit/abit.h"
#include "mpc/abit/share.h"
#include "mpc/parties.h"

#define COUNT MPC_DELTA_CHECK_REPETITIONS

typedef struct fixture {
    parties p;
    block *shares[PARTIES_MAX];
    block *keys[PARTIES_MAX];
    const char *phase; /* what party 1 changes */
    size_t at;
    size_t towards;
} fixture;

static void fixture_init(fixture *f, size_t n, uint64_t seed)
{
    memset(f, 0, sizeof *f);
    parties_open(&f->p, n, NULL);
    for (size_t i = 0; i < n; i++) {
        rng_init_seed(&f->p.sessions[i].rng, block_make(seed, i));
        f->shares[i] = mem_new_aligned(COUNT * n, sizeof(block));
        f->keys[i] = mem_new_aligned(COUNT * (n - 1), sizeof(block));
        assert_true(f->shares[i] != NULL && f->keys[i] != NULL);
    }
    parties_deal(&f->p, f->shares, f->keys, COUNT);
}

static void fixture_clear(fixture *f)
{
    for (size_t i = 0; i < f->p.n; i++) {
        mem_free(f->shares[i]);
        mem_free(f->keys[i]);
    }
    parties_close(&f->p);
}

static pt_status check(session *s, void *user, pt_error *error)
{
    const fixture *f = user;
    return parties_delta_check(s, f->shares[s->me], error);
}

static void honest_parties_pass(void **state)
{
    (void)state;
    static fixture f;
    for (size_t n = 3; n <= 6; n++) {
        fixture_init(&f, n, n);
        parties_run_ok(&f.p, check, &f);
        assert_true(f.p.sessions[0].wave == 3);
        fixture_clear(&f);
    }
}

/* From repetition `first` to the one before `end`, party 1 holds its keys with party 2 under
 * another Delta: what a second choice vector in the base OTs gives. */
static void use_another_delta(fixture *f, size_t first, size_t end)
{
    const size_t n = f->p.n;
    const block difference = block_make(0x123, 0x4568);
    for (size_t m = first; m < end; m++) {
        block *share = f->shares[2] + m * n;
        share[share_slot(2, 1)] =
            block_xor(share[share_slot(2, 1)], block_if(share_bit(share), difference));
    }
}

/* Party 1 goes on although its own sums are not what the MACs add up to. */
static void go_on(void *user, session *s, const char *name, size_t peer, void *data, size_t len)
{
    (void)user;
    (void)peer;
    if (s->me == 1 && strcmp(name, "dc_difference") == 0)
        memset(data, 0, len);
}

static void two_deltas_are_noticed(void **state)
{
    (void)state;
    static fixture f;
    for (size_t n = 3; n <= 5; n++) {
        fixture_init(&f, n, 100 + n);
        use_another_delta(&f, 0, COUNT);
        parties_hook(&f.p, go_on, NULL);
        parties_run(&f.p, check, &f);
        for (size_t i = 0; i < n; i++)
            assert_int_equal(f.p.status[i], i == 1 ? PT_OK : PT_PEER_DELTA);
        fixture_clear(&f);
    }
}

/* Section 10.3. The cheater commits honestly to d_0 and d_0 xor Delta; it is caught when the bit of
 * party 2 is 1. */
static void one_repetition_catches_half(void **state)
{
    (void)state;
    static fixture f;
    size_t n_passed = 0;
    const size_t n_runs = 200;
    for (size_t run = 0; run < n_runs; run++) {
        fixture_init(&f, 3, 1000 + run);
        use_another_delta(&f, run % COUNT, run % COUNT + 1);
        parties_hook(&f.p, go_on, NULL);
        parties_run(&f.p, check, &f);
        const bool passed = f.p.status[0] == PT_OK;
        assert_int_equal(passed, !share_bit(f.shares[2] + run % COUNT * 3));
        n_passed += passed;
        fixture_clear(&f);
    }
    assert_in_range(n_passed, n_runs / 2 - 35, n_runs / 2 + 35);
}

static void change(void *user, session *s, const char *name, size_t peer, void *data, size_t len)
{
    const fixture *f = user;
    if (s->me == 1 && strcmp(name, f->phase) == 0 && peer == f->towards)
        ((uint8_t *)data)[f->at % len] ^= 2;
}

static void changed_messages_are_noticed(void **state)
{
    (void)state;
    static fixture f;
    static const struct {
        const char *phase;
        size_t at;
        pt_status expected;
    } cases[] = {
        {"DC1", 128 * 32 + 7, PT_PEER_COMMITMENT}, /* commitment to the vector */
        {"DC2", 0, PT_PEER_COMMITMENT},            /* a bit */
        {"DC2", 8 + 500, PT_PEER_COMMITMENT},      /* a MAC */
        {"DC2", 8 + 64 * 32, PT_PEER_COMMITMENT},  /* the nonce */
        {"DC3", 3 * 48 + 2, PT_PEER_COMMITMENT},   /* d */
        {"DC3", 63 * 48 + 20, PT_PEER_COMMITMENT}, /* a nonce */
    };
    for (size_t c = 0; c < sizeof cases / sizeof cases[0]; c++) {
        fixture_init(&f, 3, c);
        f.phase = cases[c].phase;
        f.at = cases[c].at;
        f.towards = 1;
        parties_hook(&f.p, change, &f);
        parties_run(&f.p, check, &f);
        assert_int_equal(f.p.status[0], cases[c].expected);
        assert_int_equal(f.p.errors[0].party, 1);
        fixture_clear(&f);
    }
}

static void equivocated_vectors_are_noticed(void **state)
{
    (void)state;
    static fixture f;
    fixture_init(&f, 3, 77);
    f.phase = "DC1"; /* of a commitment that is never opened, perhaps */
    f.at = 5;
    f.towards = 2;
    parties_hook(&f.p, change, &f);
    parties_run(&f.p, check, &f);
    assert_int_equal(f.p.status[2], PT_PEER_TRANSCRIPT);
    fixture_clear(&f);
}

/* Both sums of every repetition changed before they are committed to. */
static void change_sums(void *user, session *s, const char *name, size_t peer, void *data,
                        size_t len)
{
    go_on(user, s, name, peer, data, len);
    if (s->me != 1 || strcmp(name, "dc_sums") != 0)
        return;
    block *sums = data;
    for (size_t i = 0; i < len / sizeof(block); i++)
        sums[i].hi ^= 1;
}

static void wrong_sums_are_noticed(void **state)
{
    (void)state;
    static fixture f;
    fixture_init(&f, 3, 78);
    parties_hook(&f.p, change_sums, &f);
    parties_run(&f.p, check, &f);
    assert_int_equal(f.p.status[0], PT_PEER_DELTA);
    assert_int_equal(f.p.status[2], PT_PEER_DELTA);
    assert_int_equal(f.p.errors[0].party, 1); /* who alone opened what the MACs are not */
    assert_int_equal(f.p.errors[2].party, 1);
    fixture_clear(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(honest_parties_pass),
        cmocka_unit_test(two_deltas_are_noticed),
        cmocka_unit_test(one_repetition_catches_half),
        cmocka_unit_test(changed_messages_are_noticed),
        cmocka_unit_test(equivocated_vectors_are_noticed),
        cmocka_unit_test(wrong_sums_are_noticed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
