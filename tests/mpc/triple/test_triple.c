/* Leaky ANDs and bucketing with all parties' views (protocol spec, sections 4.1 to 4.5, 4.7 B and
 * 10.1 item 4), and what a wrong U does; on dealt bits, and on those of the real COT. */
#include "support/test.h"

#include "base/bits.h"
#include "base/mem.h"
#include "mpc/abit/abit.h"
#include "mpc/abit/share.h"
#include "mpc/parties.h"
#include "mpc/preparations.h"
#include "mpc/triple/and_share.h"
#include "mpc/triple/triple.h"
#include "mpc/triple/zero_check.h"

#define N_LAYERS 4
#define LEN      (3 * BUCKET_GROUP + 8) /* with dummies */
#define N_AND    (LEN - 8)
#define TRIPLES  (N_LAYERS * LEN)

/* One party's triples. */
typedef struct view {
    triple_layers layers;
    bool dealt; /* the bits are */
    uint8_t d[(TRIPLES + 7) / 8];
    uint64_t sums_first[TRIPLES]; /* S before d is known */
    bool cheats;                  /* adds `error_u` to U of triple `at` towards everybody */
    size_t at;
    uint64_t error_u;
} view;

static block *new_shares(size_t n)
{
    block *b = mem_new_aligned(LEN * n, sizeof *b);
    assert_non_null(b);
    return b;
}

static void view_init(view *v, size_t n)
{
    v->layers = (triple_layers){.n_layers = N_LAYERS, .len = LEN};
    v->layers.sums = mem_new(TRIPLES, sizeof(uint64_t));
    assert_non_null(v->layers.sums);
    for (size_t c = 0; c < N_LAYERS; c++) {
        v->layers.x[c] = new_shares(n);
        v->layers.y[c] = new_shares(n);
        v->layers.r[c] = new_shares(n);
        v->layers.x_keys[c] = n == 2 ? NULL : new_shares(keys_kept(n));
    }
}

static void view_clear(view *v)
{
    mem_free(v->layers.sums);
    for (size_t c = 0; c < N_LAYERS; c++) {
        mem_free(v->layers.x[c]);
        mem_free(v->layers.y[c]);
        mem_free(v->layers.r[c]);
        mem_free(v->layers.x_keys[c]);
    }
}

static void deal_bits(parties *p, view *views)
{
    for (size_t c = 0; c < N_LAYERS; c++) {
        block *x[PARTIES_MAX], *y[PARTIES_MAX], *r[PARTIES_MAX], *x_keys[PARTIES_MAX];
        for (size_t i = 0; i < p->n; i++) {
            x[i] = views[i].layers.x[c];
            y[i] = views[i].layers.y[c];
            r[i] = views[i].layers.r[c];
            x_keys[i] = views[i].layers.x_keys[c];
        }
        parties_deal(p, x, p->n == 2 ? NULL : x_keys, LEN);
        parties_deal(p, y, NULL, LEN);
        parties_deal(p, r, NULL, LEN);
    }
}

/* By COT, or what a session has when they were dealt. */
static pt_status make_bits(session *s, const view *v, pt_error *error)
{
    abit_range ranges[3 * N_LAYERS];
    if (v->dealt) {
        s->n_batches = 1;
        s->s_tri = block_make(3, 5);
        return PT_OK;
    }
    for (size_t c = 0; c < N_LAYERS; c++) {
        ranges[3 * c] = (abit_range){LEN, v->layers.x[c], v->layers.x_keys[c]};
        ranges[3 * c + 1] = (abit_range){LEN, v->layers.y[c], NULL};
        ranges[3 * c + 2] = (abit_range){LEN, v->layers.r[c], NULL};
    }
    const pt_status status = abit_setup(s, &ideal_base_ot, error);
    return status != PT_OK ? status : abit_batch(s, ranges, 3 * N_LAYERS, NULL, error);
}

static pt_status make(session *s, void *user, pt_error *error)
{
    view *v = user;
    pt_status status = parties_hello(s, error);
    if (status == PT_OK)
        status = make_bits(s, v, error);
    if (status != PT_OK)
        return status;
    status = triples_correct(s, &v->layers, NULL, error);
    return status == PT_OK ? triples_sum(s, &v->layers, v->d, NULL, error) : status;
}

static void hook(void *user, session *s, const char *name, size_t peer, void *data, size_t len)
{
    view *v = (view *)user + s->me;
    if (strcmp(name, "triple_sums") == 0)
        memcpy(v->sums_first, data, len);
    if (v->cheats && strcmp(name, "TRU") == 0 && peer != s->me && len > 0) {
        uint8_t *at = (uint8_t *)data + v->at * sizeof(uint64_t);
        for (size_t b = 0; b < sizeof(uint64_t); b++)
            at[b] ^= (uint8_t)(v->error_u >> (8 * b));
    }
}

/* k = 0: on dealt bits. */
static void run_views(parties *p, view *views, size_t n, unsigned k)
{
    const pt_mpc_options options = {.cot_field_bits = k};
    parties_open(p, n, &options);
    for (size_t i = 0; i < n; i++) {
        view_init(&views[i], n);
        views[i].dealt = k == 0;
    }
    if (k == 0)
        deal_bits(p, views);
    parties_hook(p, hook, views);
    parties_run_each(p, make, views, sizeof *views);
    for (size_t i = 0; i < n; i++)
        assert_int_equal(p->status[i], PT_OK);
}

static void close_views(parties *p, view *views)
{
    for (size_t i = 0; i < p->n; i++)
        view_clear(&views[i]);
    parties_close(p);
}

typedef enum which { X, Y, R } which;

static unsigned open_value(const parties *p, const view *views, which w, size_t c, size_t place)
{
    const block *shares[PARTIES_MAX];
    block deltas[PARTIES_MAX];
    for (size_t i = 0; i < p->n; i++) {
        deltas[i] = p->sessions[i].delta;
        const triple_layers *t = &views[i].layers;
        const block *layer = w == X ? t->x[c] : w == Y ? t->y[c] : t->r[c];
        shares[i] = layer + place * p->n;
    }
    return parties_value(p->n, deltas, shares);
}

static uint64_t delta_sum(const parties *p)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < p->n; i++)
        sum ^= p->sessions[i].delta.lo;
    return sum;
}

/* z = r xor d = xy; the sum of Phi is y Delta_Sigma; the sum of S is (xy xor r) Delta_Sigma on 64
 * bits, and with d Delta it is 0. */
static void check_triple(const parties *p, const view *views, size_t c, size_t place)
{
    const size_t n = p->n;
    const size_t h = c * LEN + place;
    const unsigned x = open_value(p, views, X, c, place);
    const unsigned y = open_value(p, views, Y, c, place);
    const unsigned r = open_value(p, views, R, c, place);
    for (size_t i = 0; i < n; i++)
        assert_int_equal(r ^ bits_get(views[i].d, h), x & y);
    uint64_t phi = 0;
    uint64_t first = 0;
    uint64_t last = 0;
    for (size_t i = 0; i < n; i++) {
        for (size_t slot = 0; slot < n; slot++)
            phi ^= views[i].layers.y[c][place * n + slot].lo;
        first ^= views[i].sums_first[h];
        last ^= views[i].layers.zero_sums[h];
    }
    assert_true(phi == (y != 0 ? delta_sum(p) : 0));
    assert_true(first == (((x & y) ^ r) != 0 ? delta_sum(p) : 0));
    assert_true(last == 0);
}

/* Where gate p of B = 3 or 4 has triple c of its bucket, in the spec's own words. */
static size_t triple_of(const bucket_map *m, size_t p, size_t c, size_t *ret_layer)
{
    const size_t place = (p + m->shifts[c]) % LEN;
    unsigned odd = (unsigned)m->exchange[1];
    for (size_t bits = place / BUCKET_GROUP & m->exchange[0]; bits != 0; bits /= 2)
        odd += bits % 2;
    *ret_layer = m->size.layers == 3 && c > 0 && odd % 2 != 0 ? 3 - c : c;
    return place;
}

/* Z = XY and s = lambda_alpha lambda_beta for given buckets; lambda_beta = y_0, lambda_alpha is
 * y_{B-1} of the same place, which is as good a bit as any. Uses up r_0 of the views. */
static void check_bucketing(const parties *p, view *views, const bucket_map *map)
{
    const size_t n_layers = map->size.layers;
    uint8_t opened[(N_LAYERS * N_AND + 7) / 8] = {0};
    for (size_t place = 0; place < N_AND; place++) {
        const unsigned y_0 = open_value(p, views, Y, 0, place);
        unsigned x_hat = open_value(p, views, Y, N_LAYERS - 1, place);
        x_hat ^= open_value(p, views, X, 0, place);
        for (size_t c = 1; c < n_layers; c++) {
            size_t layer;
            const size_t at = triple_of(map, place, c, &layer);
            bits_set(opened, (c - 1) * N_AND + place, y_0 ^ open_value(p, views, Y, layer, at));
            x_hat ^= open_value(p, views, X, layer, at);
        }
        bits_set(opened, (n_layers - 1) * N_AND + place, x_hat);
    }
    for (size_t i = 0; i < p->n; i++) {
        const triple_layers *t = &views[i].layers;
        const bucket_view b = {map, N_AND, views[i].d, opened};
        and_shares_combine(&p->sessions[i], &b, t->r, t->x, t->y[0]);
    }
    for (size_t place = 0; place < N_AND; place++)
        assert_int_equal(open_value(p, views, R, 0, place),
                         open_value(p, views, Y, N_LAYERS - 1, place) &
                             open_value(p, views, Y, 0, place));
}

static void test_algebra(void **state)
{
    (void)state;
    static const bucket_map maps[] = {
        {{4, LEN}, {0, 0, 0, 0}, {0, 0}},
        {{4, LEN}, {0, LEN - 1, 1, 0}, {3, 1}}, /* nothing is exchanged but with B = 3 */
        {{4, LEN}, {0, LEN - N_AND, N_AND, 17}, {0, 0}},
        {{4, LEN}, {0, 36, 36, 36}, {0, 0}},
        {{3, LEN}, {0, 0, BUCKET_GROUP}, {0, 0}},
        {{3, LEN}, {0, LEN - 1, BUCKET_GROUP - 1}, {0, 1}},
        {{3, LEN}, {0, 17, LEN + 17 - BUCKET_GROUP}, {1, 0}},
        {{3, LEN}, {0, 100, 1}, {UINT64_MAX, 1}},
    };
    for (size_t n = 2; n <= 6; n++) {
        for (unsigned run = 0; run < 2 * sizeof maps / sizeof maps[0]; run++) {
            const unsigned kind = run / 2; /* and every k */
            parties p;
            view views[PARTIES_MAX] = {0};
            run_views(&p, views, n, run % 2 == 0 ? 0 : 1u << kind % 4);
            for (size_t c = 0; c < N_LAYERS; c++) {
                for (size_t place = 0; place < LEN; place++)
                    check_triple(&p, views, c, place);
            }
            check_bucketing(&p, views, &maps[kind]);
            close_views(&p, views);
        }
    }
}

/* The sum of T_i is zero for every chi, and covers every triple: a change anywhere shows. */
static void test_zero_sum(void **state)
{
    (void)state;
    parties p;
    view views[PARTIES_MAX] = {0};
    run_views(&p, views, 3, 0);
    const block chi = block_make(0x0123456789abcdef, 0xfedcba9876543210);
    block sum = block_zero();
    for (size_t i = 0; i < 3; i++)
        sum = block_xor(sum, zero_check_sum(views[i].layers.zero_sums, TRIPLES, chi));
    assert_true((sum.lo | sum.hi) == 0);
    const block before = zero_check_sum(views[1].layers.zero_sums, TRIPLES, chi);
    for (size_t h = 0; h < TRIPLES; h++) {
        views[1].layers.zero_sums[h] ^= 4;
        const block after = zero_check_sum(views[1].layers.zero_sums, TRIPLES, chi);
        assert_memory_not_equal(&before, &after, sizeof before);
        views[1].layers.zero_sums[h] ^= 4;
    }
    close_views(&p, views);
}

/* A wrong U_ij changes S_j exactly when x^j = 1 (section 4.3), whatever bits it is wrong in. */
static void test_wrong_u(void **state)
{
    (void)state;
    static const uint64_t errors[] = {1, 2, (uint64_t)1 << 63, 0x123456789abcdef0};
    unsigned seen[2] = {0, 0};
    for (size_t k = 0; k < 32; k++) {
        parties p;
        view views[PARTIES_MAX] = {0};
        views[1].cheats = true;
        views[1].at = k;
        views[1].error_u = errors[k % 4];
        run_views(&p, views, 2, 0);
        const unsigned x = share_bit(views[0].layers.x[0] + k * 2);
        /* Bit 1 of S changes d as well, which both parties then add to S. */
        const uint64_t d_term = (errors[k % 4] >> 1 & x) != 0 ? delta_sum(&p) : 0;
        const uint64_t sum = views[0].layers.zero_sums[k] ^ views[1].layers.zero_sums[k];
        assert_true(sum == ((((uint64_t)0 - x) & errors[k % 4]) ^ d_term));
        seen[x] = 1;
        close_views(&p, views);
    }
    assert_true(seen[0] && seen[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_algebra),
        cmocka_unit_test(test_zero_sum),
        cmocka_unit_test(test_wrong_u),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
