#include "mpc/ot/cot.h"

#include "base/assert.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/min.h"
#include "crypto/ct.h"
#include "crypto/fold.h"
#include "crypto/ro.h"
#include "crypto/ro_labels.h"

/* ---- Trees (sections 2.1 and 2.2) ---- */

static aes_key *leaves_new(unsigned k)
{
    PT_ASSERT(session_k_is_valid(k));
    return mem_new_aligned(cot_trees(k) << k, sizeof(aes_key));
}

static void leaves_free(aes_key *leaves, unsigned k)
{
    mem_free_secret(leaves, (cot_trees(k) << k) * sizeof(aes_key));
}

static void check_xor(uint8_t *a, const uint8_t *b)
{
    for (size_t i = 0; i < GGM_CHECK_BYTES; i++)
        a[i] ^= b[i];
}

/* D = RO_32("mpcag/pprf"; pid, all check values in order), started. */
static void digest_init(ro *h, const uint8_t pid[GGM_PID_BYTES], unsigned k)
{
    ro_init(h, GGM_CHECK_BYTES, RO_LABEL_PPRF);
    ro_field(h, pid, GGM_PID_BYTES);
    ro_field_begin(h, (cot_trees(k) << k) * GGM_CHECK_BYTES);
}

pt_status cot_receiver_init(cot_receiver *r, block (*ret_messages)[2], uint8_t *ret_check,
                            unsigned k, const uint8_t pid[GGM_PID_BYTES], const block *roots,
                            pt_error *error)
{
    block leaf[GGM_MAX_LEAVES];
    block key[GGM_MAX_LEAVES];
    *r = (cot_receiver){.k = k, .leaves = leaves_new(k)};
    if (r->leaves == NULL)
        return error_memory(error);
    const size_t n_leaves = (size_t)1 << k;
    ro digest;
    digest_init(&digest, pid, k);
    for (uint32_t tau = 0; tau < cot_trees(k); tau++) {
        const ggm_tree tree = {.pid = pid, .tau = tau, .k = k};
        uint8_t sum[GGM_CHECK_BYTES] = {0};
        uint8_t check[GGM_CHECK_BYTES];
        ggm_expand(leaf, ret_messages + tau * k, &tree, roots[tau]);
        for (uint32_t y = 0; y < n_leaves; y++) {
            key[y] = ggm_leaf(check, &tree, y, leaf[y]);
            check_xor(sum, check);
            ro_part(&digest, check, sizeof check);
        }
        aes_key_expand_n(r->leaves + tau * n_leaves, key, n_leaves);
        if (ret_check != NULL)
            memcpy(ret_check + tau * GGM_CHECK_BYTES, sum, sizeof sum);
    }
    uint8_t d[GGM_CHECK_BYTES];
    ro_final(&digest, d);
    if (ret_check != NULL)
        memcpy(ret_check + cot_trees(k) * GGM_CHECK_BYTES, d, sizeof d);
    mem_wipe(leaf, sizeof leaf);
    mem_wipe(key, sizeof key);
    return PT_OK;
}

/* Base OT tau k + h - 1 belongs to level h of tree tau; the choice is the side that the path does
 * not take: c = 1 xor bit(alpha_tau, k - h). */
block cot_choices(block delta, unsigned k)
{
    block c = block_zero();
    for (unsigned t = 0; t < MPC_KAPPA; t++) {
        const unsigned level = t % k + 1;
        const unsigned choice = 1u ^ block_bit(delta, t / k * k + k - level);
        const block bit = t < 64 ? block_make(0, (uint64_t)choice << t)
                                 : block_make((uint64_t)choice << (t - 64), 0);
        c = block_xor(c, bit);
    }
    return c;
}

/* Bits tau k .. tau k + k - 1 of Delta. */
static unsigned cot_delta_slice(block delta, unsigned k, size_t tau)
{
    unsigned alpha = 0;
    for (unsigned b = 0; b < k; b++)
        alpha |= block_bit(delta, (unsigned)tau * k + b) << b;
    return alpha;
}

/* Moves leaf y to place y xor alpha by conditional swaps, one pass per bit. */
static void permute_keys(block *key, unsigned k, unsigned alpha)
{
    for (unsigned b = 0; b < k; b++) {
        const unsigned swap = (alpha >> b) & 1u;
        for (size_t y = 0; y < (size_t)1 << k; y++) {
            const size_t other = y | (size_t)1 << b;
            if (y == other)
                continue;
            const block difference = block_if(swap, block_xor(key[y], key[other]));
            key[y] = block_xor(key[y], difference);
            key[other] = block_xor(key[other], difference);
        }
    }
}

/* Puts t_tau xor (sum of the other check values) at place alpha, where check[] holds garbage. */
static void complete_checks(uint8_t (*check)[GGM_CHECK_BYTES], unsigned k, unsigned alpha,
                            const uint8_t *t_tau)
{
    uint8_t missing[GGM_CHECK_BYTES];
    memcpy(missing, t_tau, sizeof missing);
    for (unsigned y = 0; y < 1u << k; y++) {
        const uint8_t known = (uint8_t)(0u - ((((y ^ alpha) - 1u) >> 31) ^ 1u));
        for (size_t i = 0; i < GGM_CHECK_BYTES; i++) {
            check[y][i] &= known;
            missing[i] ^= check[y][i];
        }
    }
    for (unsigned y = 0; y < 1u << k; y++) {
        const uint8_t here = (uint8_t)(0u - (((y ^ alpha) - 1u) >> 31));
        for (size_t i = 0; i < GGM_CHECK_BYTES; i++)
            check[y][i] ^= missing[i] & here;
    }
    mem_wipe(missing, sizeof missing);
}

pt_status cot_sender_init(cot_sender *s, block delta, unsigned k, const uint8_t pid[GGM_PID_BYTES],
                          const block *messages, const uint8_t *check, pt_error *error)
{
    block leaf[GGM_MAX_LEAVES];
    block key[GGM_MAX_LEAVES];
    uint8_t checks[GGM_MAX_LEAVES][GGM_CHECK_BYTES];
    *s = (cot_sender){.k = k, .delta = delta, .leaves = leaves_new(k)};
    if (s->leaves == NULL)
        return error_memory(error);
    const size_t n_leaves = (size_t)1 << k;
    ro digest;
    digest_init(&digest, pid, k);
    for (uint32_t tau = 0; tau < cot_trees(k); tau++) {
        const ggm_tree tree = {.pid = pid, .tau = tau, .k = k};
        const unsigned alpha = cot_delta_slice(delta, k, tau);
        ggm_expand_punctured(leaf, &tree, alpha, messages + tau * k);
        for (uint32_t y = 0; y < n_leaves; y++)
            key[y] = ggm_leaf(checks[y], &tree, y, leaf[y]);
        if (check != NULL)
            complete_checks(checks, k, alpha, check + tau * GGM_CHECK_BYTES);
        ro_part(&digest, checks, n_leaves * GGM_CHECK_BYTES);
        permute_keys(key, k, alpha);
        aes_key_expand_n(s->leaves + tau * n_leaves, key, n_leaves);
    }
    uint8_t d[GGM_CHECK_BYTES];
    ro_final(&digest, d);
    s->tree_is_bad =
        check != NULL && !ct_equal(d, check + cot_trees(k) * GGM_CHECK_BYTES, sizeof d);
    mem_wipe(leaf, sizeof leaf);
    mem_wipe(key, sizeof key);
    mem_wipe(checks, sizeof checks);
    return PT_OK;
}

void cot_pair_clear(cot_pair *pair)
{
    if (pair->receiver.leaves != NULL)
        leaves_free(pair->receiver.leaves, pair->receiver.k);
    if (pair->sender.leaves != NULL)
        leaves_free(pair->sender.leaves, pair->sender.k);
    mem_wipe(pair, sizeof *pair);
}

/* ---- Extension (section 2.3) ---- */

/* Blocks handled at a time, so that the leaves of a tree stay in the first-level cache. */
#define STEP       32
#define WIDE_STEP  16 /* for k = 8 */
#define MAX_STREAM (GGM_MAX_LEAVES * WIDE_STEP)

struct cot_scratch {
    block g[MAX_STREAM]; /* g_{tau,y} for STEP counters, leaf by leaf */
    block low[16 * STEP], high[16 * STEP];
    block u[STEP];
    block v[STEP * GGM_MAX_DEPTH]; /* where nobody wants the planes */
};

_Static_assert(sizeof(struct cot_scratch) <= COT_SCRATCH_BYTES, "as is told");
_Static_assert(MAX_STREAM >= 16 * STEP, "the leaves of a tree with k = 4 fit");

cot_scratch *cot_scratch_new(void)
{
    return mem_new_aligned(1, sizeof(cot_scratch));
}

void cot_scratch_free(cot_scratch *scratch)
{
    mem_free_secret(scratch, sizeof *scratch);
}

static void add_blocks(block *sum, const block *v, size_t n)
{
    for (size_t t = 0; t < n; t++)
        sum[t] = block_xor(sum[t], v[t]);
}

/* 256 leaves as a square of 16 by 16: the row sums give the high four planes, the column sums the
 * low four and u. */
static void cot_fold_8(cot_scratch *c, block *ret_v, size_t v_stride, size_t n)
{
    memset(c->low, 0, sizeof c->low);
    memset(c->high, 0, sizeof c->high);
    for (size_t y = 0; y < GGM_MAX_LEAVES; y++) {
        add_blocks(c->low + y % 16 * STEP, c->g + y * WIDE_STEP, n);
        add_blocks(c->high + y / 16 * STEP, c->g + y * WIDE_STEP, n);
    }
    fold_leaves(c->u, ret_v + 4, v_stride, c->high, STEP, n, 4);
    fold_leaves(c->u, ret_v, v_stride, c->low, STEP, n, 4);
}

static size_t step_of(unsigned k)
{
    return k == 8 ? WIDE_STEP : STEP;
}

/* c->u, and v to ret_v[t * v_stride + b], of one tree for the counters first .. first + n - 1,
 * n <= step_of(k). */
static void tree_sums(cot_scratch *c, block *ret_v, size_t v_stride, const aes_key *leaves,
                      unsigned k, uint64_t first, size_t n)
{
    const size_t step = step_of(k);
    for (size_t y = 0; y < (size_t)1 << k; y++)
        aes_ctr(c->g + y * step, &leaves[y], first, n);
    if (k == 8)
        cot_fold_8(c, ret_v, v_stride, n);
    else
        fold_leaves(c->u, ret_v, v_stride, c->g, STEP, n, k);
}

/* Corrections, planes (NULL: not wanted), or both. */
static void receiver_pass(const cot_receiver *r, cot_scratch *scratch, block *ret_d,
                          block *ret_planes, const block *x, uint64_t first, size_t n)
{
    const size_t trees = cot_trees(r->k);
    const size_t step = step_of(r->k);
    PT_ASSERT(r->leaves != NULL);
    PT_ASSERT(n <= COT_CHUNK);
    PT_ASSERT(first <= MPC_MAX_COTS / COT_BLOCK_BITS - n);
    for (size_t at = 0; at < n; at += step) {
        const size_t m = min_size(step, n - at);
        for (size_t tau = 0; tau < trees; tau++) {
            const bool wanted = ret_planes != NULL;
            block *v = wanted ? ret_planes + at * MPC_KAPPA + tau * r->k : scratch->v;
            tree_sums(scratch, v, wanted ? MPC_KAPPA : GGM_MAX_DEPTH, r->leaves + (tau << r->k),
                      r->k, first + at, m);
            for (size_t t = 0; ret_d != NULL && t < m; t++)
                ret_d[(at + t) * trees + tau] = block_xor(x[at + t], scratch->u[t]);
        }
    }
    for (size_t t = 0; ret_planes != NULL && t < n; t++)
        ret_planes[t * MPC_KAPPA] = x[t];
}

void cot_correct(const cot_receiver *r, cot_scratch *scratch, block *ret_d, const block *x,
                 uint64_t first, size_t n)
{
    receiver_pass(r, scratch, ret_d, NULL, x, first, n);
}

void cot_receiver_planes(const cot_receiver *r, cot_scratch *scratch, block *ret_planes,
                         const block *x, uint64_t first, size_t n)
{
    receiver_pass(r, scratch, NULL, ret_planes, x, first, n);
}

void cot_receiver_extend(const cot_receiver *r, cot_scratch *scratch, block *ret_d,
                         block *ret_planes, const block *x, uint64_t first, size_t n)
{
    receiver_pass(r, scratch, ret_d, ret_planes, x, first, n);
}

/* To k planes of n blocks what corrects those whose bit of Delta is set: d[t * trees]. */
static ALWAYS_INLINE void add_corrections(block *planes, const block *masks, unsigned k,
                                          const block *d, size_t trees, size_t n)
{
    for (size_t t = 0; t < n; t++) {
        const block correction = d[t * trees];
        block *row = planes + t * MPC_KAPPA;
        for (unsigned b = 0; b < k; b++) {
            row[b].lo ^= masks[b].lo & correction.lo;
            row[b].hi ^= masks[b].hi & correction.hi;
        }
    }
}

/* Of tree tau. The loops are short: the compiler is to know the usual k. */
static void correct_planes(const cot_sender *s, block *planes, const block *d, size_t tau, size_t n)
{
    const block ones = block_make(UINT64_MAX, UINT64_MAX);
    block masks[GGM_MAX_DEPTH];
    for (unsigned b = 0; b < s->k; b++)
        masks[b] = block_if(block_bit(s->delta, (unsigned)tau * s->k + b), ones);
    if (s->k == 4)
        add_corrections(planes, masks, 4, d, cot_trees(4), n);
    else
        add_corrections(planes, masks, s->k, d, cot_trees(s->k), n);
    mem_wipe(masks, sizeof masks);
}

void cot_sender_planes(const cot_sender *s, cot_scratch *scratch, block *ret_planes, const block *d,
                       uint64_t first, size_t n)
{
    const size_t trees = cot_trees(s->k);
    const size_t step = step_of(s->k);
    PT_ASSERT(s->leaves != NULL);
    PT_ASSERT(n <= COT_CHUNK);
    PT_ASSERT(first <= MPC_MAX_COTS / COT_BLOCK_BITS - n);
    for (size_t at = 0; at < n; at += step) {
        const size_t m = min_size(step, n - at);
        for (size_t tau = 0; tau < trees; tau++) {
            /* Place y of the leaves holds leaf y xor alpha, so v[b] is W of section 2.3; place 0,
             * the unknown leaf, has no bit set and enters no v[b]. */
            block *planes = ret_planes + at * MPC_KAPPA + tau * s->k;
            tree_sums(scratch, planes, MPC_KAPPA, s->leaves + (tau << s->k), s->k, first + at, m);
            correct_planes(s, planes, d + at * trees + tau, tau, m);
        }
    }
    for (size_t t = 0; t < n; t++)
        ret_planes[t * MPC_KAPPA] = block_zero();
}
