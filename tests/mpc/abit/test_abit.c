/* Authenticated bits: shares of all parties fit together, for every k and number of parties; the
 * block counter runs on over chunks and batches (protocol spec, section 10.1, items 1 to 3). */
#include "support/test.h"

#include "base/mem.h"
#include "mpc/abit/abit.h"
#include "mpc/abit/share.h"
#include "mpc/ot/cot.h"
#include "mpc/parties.h"

/* What one party gets: two ranges a batch, the second with individual keys. */
typedef struct bits_view {
    bool dealt;    /* the base OTs were ideal */
    bool has_room; /* for the corrections */
    size_t counts[2];
    block *shares[2];
    block *keys;
} bits_view;

static bits_view view_new(size_t n, size_t a, size_t b)
{
    bits_view v = {.counts = {a, b}};
    v.shares[0] = mem_new_aligned(a * n, sizeof(block));
    v.shares[1] = mem_new_aligned(b * n, sizeof(block));
    v.keys = mem_new_aligned(b * keys_kept(n), sizeof(block));
    assert_non_null(v.shares[0]);
    assert_non_null(v.shares[1]);
    assert_non_null(v.keys);
    return v;
}

static void view_free(bits_view *v)
{
    mem_free(v->shares[0]);
    mem_free(v->shares[1]);
    mem_free(v->keys);
}

static pt_status make_batch(session *s, void *user, pt_error *error)
{
    bits_view *v = user;
    const abit_range ranges[] = {
        {.count = v->counts[0], .shares = v->shares[0]},
        {.count = v->counts[1], .shares = v->shares[1], .keys = v->keys},
    };
    pt_status status = PT_OK;
    if (s->n_batches == 0)
        status = v->dealt ? parties_first_coin(s, error) : parties_setup(s, error);
    block *room = NULL;
    if (v->has_room) {
        room =
            mem_new_aligned(abit_correction_blocks(s, abit_ranges_bits(ranges, 2)), sizeof *room);
        assert_non_null(room);
    }
    if (status == PT_OK)
        status = abit_batch(s, ranges, 2, room, error);
    mem_free(room);
    return status;
}

/* Collects differences, as there are too many blocks to assert on each. */
static void compare(block *wrong, block a, block b)
{
    const block difference = block_xor(a, b);
    wrong->lo |= difference.lo;
    wrong->hi |= difference.hi;
}

/* K_j[x^i] of a bit in the second range. */
static block key_of(const parties *p, const bits_view *views, size_t j, size_t i, size_t h)
{
    return share_key(&p->sessions[j], views[j].shares[1] + h * p->n,
                     views[j].keys + h * keys_kept(p->n), i);
}

/* Section 0.5 for one shared bit with individual keys, all views. */
static void check_full(block *wrong, const parties *p, const bits_view *views, size_t h)
{
    const size_t n = p->n;
    for (size_t i = 0; i < n; i++) {
        const session *si = &p->sessions[i];
        const block *share = views[i].shares[1] + h * n;
        const unsigned x = share_bit(share);
        block sum = block_if(x, si->delta);
        for (size_t j = 0; j < n; j++) {
            if (j == i)
                continue;
            const block mac = share[share_slot(i, j)];
            const block key = key_of(p, views, j, i, h);
            wrong->lo |= block_bit(key, 0) | (block_bit(mac, 0) ^ x);
            compare(wrong, mac, block_xor(key, block_if(x, p->sessions[j].delta)));
            sum = block_xor(sum, key_of(p, views, i, j, h));
        }
        compare(wrong, share[0], sum);
    }
}

/* x Delta_i = R_i[x] xor sum of M_i[x^j]. Returns x. */
static unsigned check_compact(block *wrong, const parties *p, const bits_view *views, size_t range,
                              size_t h)
{
    const size_t n = p->n;
    unsigned x = 0;
    for (size_t i = 0; i < n; i++)
        x ^= share_bit(views[i].shares[range] + h * n);
    for (size_t i = 0; i < n; i++) {
        block sum = views[i].shares[range][h * n];
        for (size_t j = 0; j < n; j++) {
            if (j != i)
                sum = block_xor(sum, views[j].shares[range][h * n + share_slot(j, i)]);
        }
        compare(wrong, sum, block_if(x, p->sessions[i].delta));
    }
    return x;
}

static void check_batch(const parties *p, const bits_view *views)
{
    block wrong = block_zero();
    size_t ones = 0;
    for (size_t h = 0; h < views[0].counts[0]; h++)
        ones += check_compact(&wrong, p, views, 0, h);
    for (size_t h = 0; h < views[0].counts[1]; h++) {
        ones += check_compact(&wrong, p, views, 1, h);
        check_full(&wrong, p, views, h);
    }
    assert_true(wrong.lo == 0 && wrong.hi == 0);
    const size_t total = views[0].counts[0] + views[0].counts[1];
    if (total > 200) {
        assert_true(ones > total / 4);
        assert_true(ones < total - total / 4);
    }
}

static void run_batches(size_t n, unsigned k, bool dealt, const size_t (*counts)[2],
                        size_t n_batches)
{
    const pt_mpc_options options = {.cot_field_bits = k, .threads = k};
    parties p;
    parties_open(&p, n, &options);
    if (dealt)
        parties_deal_trees(&p);
    uint64_t blocks = 0;
    for (size_t b = 0; b < n_batches; b++) {
        bits_view views[PARTIES_MAX];
        for (size_t i = 0; i < n; i++) {
            views[i] = view_new(n, counts[b][0], counts[b][1]);
            views[i].has_room = (b + i) % 2 == 1;
        }
        for (size_t i = 0; i < n; i++)
            views[i].dealt = dealt;
        parties_run_each(&p, make_batch, views, sizeof views[0]);
        for (size_t i = 0; i < n; i++)
            assert_int_equal(p.status[i], PT_OK);
        check_batch(&p, views);
        blocks += (counts[b][0] + counts[b][1] + 127) / 128 + 1;
        for (size_t i = 0; i < n; i++) {
            for (size_t j = 0; j < n; j++)
                assert_true(p.sessions[i].cot[j].next_block == blocks);
            assert_memory_equal(p.sessions[i].transcript, p.sessions[0].transcript, DIGEST_BYTES);
            assert_memory_equal(&p.sessions[i].s_tri, &p.sessions[0].s_tri, sizeof(block));
            view_free(&views[i]);
        }
    }
    parties_close(&p);
}

/* Fewer bits than a block, whole blocks, no multiple of one, a bit alone; then three chunks. */
static const size_t few[][2] = {{5, 60}, {128, 128}, {0, 300}, {1, 0}};
static const size_t many[][2] = {{11000, 5777}, {130, 9}};

static void shares_fit_together(void **state)
{
    (void)state;
    for (size_t n = 2; n <= 6; n++) {
        for (unsigned k = 1; k <= 8; k *= 2)
            run_batches(n, k, true, few, 4);
    }
}

static void many_chunks_fit_together(void **state)
{
    (void)state;
    for (size_t n = 2; n <= 6; n++) {
        for (unsigned k = 1; k <= 8; k *= 2)
            run_batches(n, k, true, many, 2);
    }
}

static void real_base_ots_serve(void **state)
{
    (void)state;
    for (unsigned k = 1; k <= 8; k *= 2)
        run_batches(2, k, false, few, 2);
    run_batches(3, 4, false, few, 4);
}

static void deltas_are_pinned(void **state)
{
    (void)state;
    parties p;
    bits_view views[3];
    parties_open(&p, 3, NULL);
    for (size_t i = 0; i < 3; i++)
        views[i] = view_new(3, 1, 1);
    parties_run_each(&p, make_batch, views, sizeof views[0]);
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(p.status[i], PT_OK);
        assert_int_equal(block_bit(p.sessions[i].delta, 0), 1);
        assert_int_equal(block_bit(p.sessions[i].delta, 1), i == 1);
        view_free(&views[i]);
    }
    parties_close(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shares_fit_together),
        cmocka_unit_test(many_chunks_fit_together),
        cmocka_unit_test(real_base_ots_serve),
        cmocka_unit_test(deltas_are_pinned),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
