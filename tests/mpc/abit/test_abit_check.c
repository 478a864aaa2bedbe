/* Cheating in the authenticated bits: whatever a party changes from BOT1 to ABCHK is noticed, with
 * one and the same error, except when it guesses the slice of Delta that its error depends on. */
#include "support/test.h"

#include "base/mem.h"
#include "crypto/gf128.h"
#include "mpc/abit/abit.h"
#include "mpc/abit/share.h"
#include "mpc/ot/cot.h"
#include "mpc/parties.h"

#define COUNT   300
#define CHEATER 1

/* One thing that party 1 does wrong. */
typedef struct cheat {
    const char *hook; /* name of the hook at which it acts */
    size_t peer;      /* towards whom; CHEATER: towards all alike */
    size_t at;        /* byte changed, modulo the length */
    size_t len;       /* bytes changed */
    pt_status expected;
    size_t noticed_by;
} cheat;

static void act(void *user, session *s, const char *name, size_t peer, void *data, size_t len)
{
    const cheat *c = user;
    if (s->me == CHEATER && strcmp(name, "dc_difference") == 0)
        memset(data, 0, len); /* goes on */
    if (s->me != CHEATER || strcmp(name, c->hook) != 0 || peer != c->peer)
        return;
    for (size_t i = 0; i < c->len && len != 0; i++)
        ((uint8_t *)data)[(c->at + i) % len] ^= 0x10;
}

static pt_status batch(session *s, pt_error *error)
{
    block *shares = mem_new_aligned(COUNT * s->n, sizeof(block));
    if (shares == NULL)
        return PT_ERR_MEMORY;
    const abit_range range = {.count = COUNT, .shares = shares};
    pt_status status = abit_batch(s, &range, 1, NULL, error);
    if (status == PT_OK && s->n >= 3)
        status = parties_delta_check(s, shares, error);
    mem_free(shares);
    return status;
}

/* With ideal base OTs. */
static pt_status ideal_batch(session *s, void *user, pt_error *error)
{
    (void)user;
    const pt_status status = parties_first_coin(s, error);
    return status == PT_OK ? batch(s, error) : status;
}

static pt_status real_batch(session *s, void *user, pt_error *error)
{
    (void)user;
    const pt_status status = parties_setup(s, error);
    return status == PT_OK ? batch(s, error) : status;
}

static void expect(const parties *p, const cheat *c)
{
    const size_t i = c->noticed_by;
    if (p->status[i] != c->expected)
        fail_msg("%s towards %zu at %zu: %s: %s", c->hook, c->peer, c->at,
                 pt_status_name(p->status[i]), p->errors[i].message);
    if (c->expected == PT_PEER_ABIT || c->expected == PT_PEER_BASE_OT)
        assert_int_equal(p->errors[i].party, CHEATER);
    assert_true(p->sessions[i].aborted);
    /* Section 0.6: the abort erased the secrets. */
    assert_true(p->sessions[i].delta.lo == 0 && p->sessions[i].delta.hi == 0);
    for (size_t peer = 0; peer < p->n; peer++) {
        assert_null(p->sessions[i].cot[peer].receiver.leaves);
        assert_null(p->sessions[i].cot[peer].sender.leaves);
    }
}

static void changes_after_setup_are_noticed(void **state)
{
    (void)state;
    static const cheat cheats[] = {
        /* One d_tau block: data, tail, mask. (These seeds give no lucky guess of alpha_tau.) */
        {"correction", 0, 16 * 9 + 5, 1, PT_PEER_ABIT, 0},
        {"correction", 2, 16 * 32 * 2 + 99, 1, PT_PEER_ABIT, 2},
        {"correction", 0, 16 * 32 * 3 + 16 * 31 + 15, 1, PT_PEER_ABIT, 0},
        /* A frame changed on its way. */
        {"COT", 0, 1000, 1, PT_PEER_ABIT, 0},
        /* Other bits X towards one peer: every d_tau of a block. */
        {"correction", 2, 0, 16 * 32, PT_PEER_ABIT, 2},
        /* x~ for everybody; x~ for one (that one sees a failing check); the digest. */
        {"ABCHK", CHEATER, 0, 1, PT_PEER_ABIT, 0},
        {"ABCHK", CHEATER, 15, 1, PT_PEER_ABIT, 2},
        {"ABCHK", 0, 3, 1, PT_PEER_ABIT, 0},
        {"ABCHK", 2, 16 + 31, 1, PT_PEER_ABIT, 2},
        /* One hashed plane. */
        {"planes_v", 2, 16 * 127, 1, PT_PEER_ABIT, 2},
        {"planes_v", 0, 16, 1, PT_PEER_ABIT, 0},
    };
    for (size_t c = 0; c < sizeof cheats / sizeof cheats[0]; c++) {
        cheat one = cheats[c];
        parties p;
        parties_open(&p, 3, NULL);
        parties_deal_trees(&p);
        parties_hook(&p, act, &one);
        parties_run(&p, ideal_batch, NULL);
        expect(&p, &one);
        parties_close(&p);
    }
}

static void changes_in_setup_are_noticed(void **state)
{
    (void)state;
    const size_t check_at = 8192; /* behind the base OTs of BOT2: t_tau, then D */
    const cheat cheats[] = {
        {"BOT2", 0, check_at + 40, 1, PT_PEER_ABIT, 0},
        {"BOT2", 0, check_at + 32 * 32 + 1, 1, PT_PEER_ABIT, 0},
        {"BOT2", 2, 32, 32, PT_PEER_ABIT, 2}, /* e_0 and e_1 */
        {"delta_to", 2, 9, 1, PT_PEER_DELTA, 0},
    };
    for (size_t c = 0; c < sizeof cheats / sizeof cheats[0]; c++) {
        cheat one = cheats[c];
        parties p;
        parties_open(&p, 3, NULL);
        parties_hook(&p, act, &one);
        parties_run(&p, real_batch, NULL);
        if (one.expected == PT_PEER_DELTA)
            assert_true(p.status[0] == PT_PEER_DELTA || p.status[2] == PT_PEER_DELTA);
        else
            expect(&p, &one);
        parties_close(&p);
    }
}

/* The point at c->at becomes the identity. */
static void send_identity(void *user, session *s, const char *name, size_t peer, void *data,
                          size_t len)
{
    const cheat *c = user;
    if (s->me == CHEATER && strcmp(name, c->hook) == 0 && peer == c->peer && c->at + 32 <= len)
        memset((uint8_t *)data + c->at, 0, 32);
}

static void bad_points_are_refused(void **state)
{
    (void)state;
    static const cheat cheats[] = {
        {"BOT1", 0, 32, 0, PT_PEER_BASE_OT, 0}, /* after the coin commitment: r_0 of OT 0 */
        {"BOT1", 0, 32 + 64 * 100 + 32, 0, PT_PEER_BASE_OT, 0},
        {"BOT2", 0, 64 * 127, 0, PT_PEER_BASE_OT, 0},
    };
    for (size_t c = 0; c < sizeof cheats / sizeof cheats[0]; c++) {
        cheat one = cheats[c];
        parties p;
        parties_open(&p, 2, NULL);
        parties_hook(&p, send_identity, &one);
        parties_run(&p, real_batch, NULL);
        /* The cheater may have named the wrong state first, but the honest one knows. */
        expect(&p, &one);
        parties_close(&p);
    }
}

/* e_v changed on one side only: caught if that side was chosen, without effect if not. */
static void a_half_changed_base_ot_selects(void **state)
{
    (void)state;
    size_t n_caught = 0;
    for (size_t t = 0; t < 6; t++) {
        cheat one = {"BOT2", 0, 64 * (t * 20) + 32, 1, PT_PEER_ABIT, 0};
        parties p;
        parties_open(&p, 2, NULL);
        rng_init_seed(&p.sessions[0].rng, block_make(t, 5));
        parties_hook(&p, act, &one);
        parties_run(&p, real_batch, NULL);
        if (p.status[0] != PT_OK) {
            expect(&p, &one);
            n_caught++;
        }
        parties_close(&p);
    }
    assert_in_range(n_caught, 1, 5);
}

/* x~ shown differently to two peers, with the check made to pass at the one deceived: the barrier
 * catches it. Here the bits differ too, so both checks fit what each peer saw. */
typedef struct two_faces {
    block error; /* X towards party 2 is X xor error in block 0 */
    block chi;
} two_faces;

static void wear_two_faces(void *user, session *s, const char *name, size_t peer, void *data,
                           size_t len)
{
    two_faces *f = user;
    if (s->me != CHEATER)
        return;
    if (strcmp(name, "chi") == 0)
        memcpy(&f->chi, data, sizeof f->chi);
    if (peer != 2)
        return;
    block *blocks = data;
    if (strcmp(name, "correction") == 0) {
        for (size_t tau = 0; tau < cot_trees(s->k); tau++)
            blocks[tau] = block_xor(blocks[tau], f->error);
    } else if (strcmp(name, "ABCHK") == 0) {
        assert_int_equal(len, 16 + 32);
        block_store(data, block_xor(block_load(data), gf_mul(f->chi, f->error)));
    }
}

static void different_bits_end_at_the_barrier(void **state)
{
    (void)state;
    two_faces f = {.error = block_make(0, 2)};
    parties p;
    parties_open(&p, 3, NULL);
    parties_deal_trees(&p);
    parties_hook(&p, wear_two_faces, &f);
    parties_run(&p, ideal_batch, NULL);
    assert_true(p.status[0] == PT_PEER_TRANSCRIPT || p.status[0] == PT_PEER_ABORT);
    assert_true(p.status[2] == PT_PEER_TRANSCRIPT || p.status[2] == PT_PEER_ABORT);
    assert_int_not_equal(parties_find(&p, PT_PEER_TRANSCRIPT), PARTIES_MAX);
    parties_close(&p);
}

/* ---- Section 10.3: guessing a slice of Delta ---- */

/* Party 1 changes d_tau of one tree and corrects its hashed planes for a guess of alpha_tau. */
typedef struct guesser {
    size_t tau;
    unsigned guess;
    block error;
    block chi;
} guesser;

static void guess_slice(void *user, session *s, const char *name, size_t peer, void *data,
                        size_t len)
{
    guesser *g = user;
    block *blocks = data;
    (void)len;
    if (s->me != CHEATER)
        return;
    if (strcmp(name, "chi") == 0)
        g->chi = *blocks;
    if (peer != 0)
        return;
    if (strcmp(name, "correction") == 0)
        blocks[g->tau] = block_xor(blocks[g->tau], g->error);
    if (strcmp(name, "planes_v") == 0) {
        const block hashed = gf_mul(g->chi, g->error);
        for (unsigned b = 0; b < s->k; b++) {
            block *value = &blocks[g->tau * s->k + b];
            *value = block_xor(*value, block_if(g->guess >> b & 1, hashed));
        }
    }
}

static bool guess_once(unsigned k, uint64_t run)
{
    const pt_mpc_options options = {.cot_field_bits = k};
    parties p;
    parties_open(&p, 2, &options);
    for (size_t i = 0; i < 2; i++)
        rng_init_seed(&p.sessions[i].rng, block_make(run, i + 2 * k));
    parties_deal_trees(&p);
    rng *random = &p.sessions[CHEATER].rng;
    guesser g = {.tau = 1 + rng_block(random).lo % (cot_trees(k) - 1),
                 .guess = (unsigned)rng_block(random).lo & ((1u << k) - 1),
                 .error = rng_block(random)};
    unsigned alpha = 0;
    for (unsigned b = 0; b < k; b++)
        alpha |= block_bit(p.sessions[0].delta, (unsigned)g.tau * k + b) << b;
    parties_hook(&p, guess_slice, &g);
    parties_run(&p, ideal_batch, NULL);
    const bool passed = p.status[0] == PT_OK;
    assert_int_equal(passed, g.guess == alpha); /* exactly when right */
    if (!passed)
        assert_int_equal(p.status[0], PT_PEER_ABIT);
    parties_close(&p);
    return passed;
}

static void a_guess_of_k_bits_passes_with_2_to_minus_k(void **state)
{
    (void)state;
    const size_t n_runs = 160;
    for (unsigned k = 1; k <= 4; k *= 2) {
        size_t n_passed = 0;
        for (uint64_t run = 0; run < n_runs; run++)
            n_passed += guess_once(k, run);
        const size_t mean = n_runs >> k;
        assert_in_range(n_passed, mean - (k == 4 ? 8 : 28), mean + (k == 4 ? 12 : 28));
    }
}

/* A range's allocation failure, and too many bits, are errors and no crash. */
static void failures_are_reported(void **state)
{
    (void)state;
    for (unsigned long nth = 1; nth <= 12; nth++) {
        parties p;
        parties_open(&p, 2, NULL);
        parties_deal_trees(&p);
        mem_fail_at(nth);
        parties_run(&p, ideal_batch, NULL);
        mem_fail_at(0);
        for (size_t i = 0; i < 2; i++)
            assert_true(p.status[i] == PT_ERR_MEMORY || p.status[i] == PT_ERR_STOPPED);
        parties_close(&p);
    }
    parties p;
    pt_error error;
    block share[2];
    const abit_range range = {.count = (size_t)1 << 43, .shares = share};
    parties_open(&p, 2, NULL);
    parties_deal_trees(&p);
    assert_int_equal(abit_batch(&p.sessions[0], &range, 1, NULL, &error), PT_ERR_LIMIT);
    parties_close(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(changes_after_setup_are_noticed),
        cmocka_unit_test(changes_in_setup_are_noticed),
        cmocka_unit_test(bad_points_are_refused),
        cmocka_unit_test(a_half_changed_base_ot_selects),
        cmocka_unit_test(different_bits_end_at_the_barrier),
        cmocka_unit_test(a_guess_of_k_bits_passes_with_2_to_minus_k),
        cmocka_unit_test(failures_are_reported),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
