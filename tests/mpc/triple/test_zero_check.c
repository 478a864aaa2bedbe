/* The zero check, plain and blinded, on given T_i (protocol spec, sections 4.4 and 10.1 item 4). */
#include "support/test.h"

#include "base/mem.h"
#include "crypto/gf128.h"
#include "mpc/abit/share.h"
#include "mpc/parties.h"
#include "mpc/triple/zero_check.h"

typedef struct view {
    block t;
    bool blinded;
    bool wrong_block; /* flips a bit of V_{ij,at} */
    size_t at;
    block q[ZERO_CHECK_BLIND_BITS * PARTIES_MAX];
    block q_keys[ZERO_CHECK_BLIND_BITS * PARTIES_MAX];
    block opened; /* the sum of all openings */
    bool judged;
} view;

static pt_status check(session *s, void *user, pt_error *error)
{
    view *v = user;
    const pt_status status = parties_hello(s, error);
    if (status != PT_OK)
        return status;
    s->n_batches = 1; /* the dealt bits */
    s->first_inl_sent = v->blinded;
    return zero_check(s, v->t, v->blinded ? v->q : NULL, s->n == 2 ? NULL : v->q_keys, NULL, error);
}

static void hook(void *user, session *s, const char *name, size_t peer, void *data, size_t len)
{
    view *v = (view *)user + s->me;
    (void)len;
    if (strcmp(name, "zero_check") == 0) {
        memcpy(&v->opened, data, sizeof v->opened);
        v->judged = true;
    }
    if (strcmp(name, "ZB") == 0 && v->wrong_block && peer != s->me)
        ((uint8_t *)data)[v->at * sizeof(block) + 5] ^= 1;
}

/* T_i that add up to `sum`, and a run. */
static void run_check(parties *p, view *views, size_t n, bool blinded, block sum)
{
    block *q[PARTIES_MAX];
    block *q_keys[PARTIES_MAX];
    rng r;
    rng_init_seed(&r, block_make(n, blinded));
    parties_open(p, n, NULL);
    for (size_t i = 0; i < n; i++) {
        q[i] = views[i].q;
        q_keys[i] = views[i].q_keys;
        views[i].t = i + 1 < n ? rng_block(&r) : sum;
        views[i].blinded = blinded;
        sum = block_xor(sum, views[i].t);
    }
    parties_deal(p, q, q_keys, ZERO_CHECK_BLIND_BITS);
    parties_hook(p, hook, views);
    parties_run_each(p, check, views, sizeof *views);
}

static block blind_sum(const view *views, size_t n)
{
    block q = block_zero();
    for (unsigned t = 0; t < ZERO_CHECK_BLIND_BITS; t++) {
        uint64_t bit = 0;
        for (size_t i = 0; i < n; i++)
            bit ^= share_bit(views[i].q + t * n);
        q.lo |= t < 64 ? bit << t : 0;
        q.hi |= t < 64 ? 0 : bit << (t - 64);
    }
    return q;
}

static void test_honest(void **state)
{
    (void)state;
    for (size_t n = 2; n <= 6; n++) {
        for (int blinded = 0; blinded < 2; blinded++) {
            parties p;
            view *views = mem_new(n, sizeof *views);
            assert_non_null(views);
            run_check(&p, views, n, blinded != 0, block_zero());
            for (size_t i = 0; i < n; i++) {
                assert_int_equal(p.status[i], PT_OK);
                assert_true(views[i].judged);
            }
            parties_close(&p);
            mem_free(views);
        }
    }
}

/* Everybody sees V, or q V, and nobody goes on. */
static void check_wrong_sum(block wrong)
{
    for (size_t n = 2; n <= 4; n++) {
        for (int blinded = 0; blinded < 2; blinded++) {
            parties p;
            view *views = mem_new(n, sizeof *views);
            assert_non_null(views);
            run_check(&p, views, n, blinded != 0, wrong);
            const block expected = blinded != 0 ? gf_mul(blind_sum(views, n), wrong) : wrong;
            for (size_t i = 0; i < n; i++) {
                assert_int_equal(p.status[i], PT_PEER_ZERO_CHECK);
                assert_string_equal(p.errors[i].phase, "ZO");
                assert_int_equal(p.errors[i].party, n == 2 ? (int)(1 - i) : PT_NO_PARTY);
                assert_memory_equal(&views[i].opened, &expected, sizeof expected);
                assert_true((p.sessions[i].delta.lo | p.sessions[i].delta.hi) == 0);
            }
            parties_close(&p);
            mem_free(views);
        }
    }
}

static void test_wrong_sum(void **state)
{
    (void)state;
    check_wrong_sum(block_make(0, 0x8000000000000001));
    check_wrong_sum(block_make(0, 1));
    check_wrong_sum(block_make((uint64_t)1 << 63, 0));
}

/* A wrong block of ZB counts exactly where the receiver's q_t is 1. */
static void test_wrong_blind_block(void **state)
{
    (void)state;
    for (size_t at = 0; at < 24; at++) {
        parties p;
        view *views = mem_new(2, sizeof *views);
        assert_non_null(views);
        views[1].wrong_block = true;
        views[1].at = at;
        run_check(&p, views, 2, true, block_zero());
        const unsigned q = share_bit(views[0].q + at * 2);
        assert_int_equal(p.status[0], q != 0 ? PT_PEER_ZERO_CHECK : PT_OK);
        parties_close(&p);
        mem_free(views);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_honest),
        cmocka_unit_test(test_wrong_sum),
        cmocka_unit_test(test_wrong_blind_block),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
