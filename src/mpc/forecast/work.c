/* Each cost is measured on the functions that the run calls, over data about as large as there, by
 * the time that the thread has a processor: what else the machine does counts little. */
#include "mpc/forecast/work.h"

#include "base/assert.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/mem.h"
#include "crypto/crypto.h"
#include "crypto/gf128.h"
#include "crypto/hash.h"
#include "crypto/ro.h"
#include "crypto/ro_labels.h"
#include "mpc/abit/abit_check.h"
#include "mpc/abit/abit_spread.h"
#include "mpc/abit/share.h"
#include "mpc/ot/base_ot.h"
#include "mpc/ot/cot.h"

#define SAMPLES        5u
#define SAMPLE_MIN_NS  300000u
#define PROBE_BLOCKS   65536u
#define SHARE_BLOCKS   (36 * PROBE_BLOCKS) /* 36 MiB: out of the caches, and from the system */
#define FEW_SHARES     (4 * PROBE_BLOCKS)  /* where only k is chosen */
#define HASHES         1024u
#define TWEAKS         256u
#define CHECKED_BLOCKS 4u /* of planes, at once */
#define GATE_TIME      6  /* in blocks: to find the registers of a gate, at random places */

typedef struct probe {
    session s; /* two parties; of it the keys to spread by count */
    unsigned k;
    cot_pair pair;
    cot_scratch *scratch;
    base_ot_receiver *receiver;
    uint8_t *bot2;
    block *messages; /* of the base OTs, chosen */
    block *a, *b;    /* PROBE_BLOCKS each */
    block *planes;
    block *shares;
    size_t n_shares; /* blocks */
    uint32_t *eps;
    aes_key *keys;
} probe;

static double sample_seconds(probe *p, void (*once)(probe *p))
{
    uint64_t runs = 0;
    uint64_t taken_ns = 0;
    const uint64_t start_ns = clock_thread_ns();
    while (taken_ns < SAMPLE_MIN_NS) {
        once(p);
        runs++;
        taken_ns = clock_thread_ns() - start_ns;
    }
    return (double)taken_ns * 1e-9 / (double)runs;
}

/* The quickest of several samples: others were disturbed. */
static double seconds_of(probe *p, void (*once)(probe *p), double things)
{
    double least = sample_seconds(p, once);
    for (unsigned i = 1; i < SAMPLES; i++) {
        const double seconds = sample_seconds(p, once);
        least = seconds < least ? seconds : least;
    }
    return least / things;
}

/* ---- Base OTs, once ---- */

static const base_ot_pair probe_pair = {
    .sid = (const uint8_t *)"the pair that a probe has: #1 #2", 1, 2};

static double since(uint64_t *mark_ns)
{
    const uint64_t now = clock_thread_ns();
    const double seconds = (double)(now - *mark_ns) * 1e-9;
    *mark_ns = now;
    return seconds;
}

static void probe_base_ots(probe *p, work_costs *c)
{
    block sums[BASE_OT_COUNT][2] = {0};
    uint64_t mark_ns = clock_thread_ns();
    base_ot_choose(p->receiver, probe_pair, p->a[0], &p->s.rng);
    c->base_ot_choose = since(&mark_ns);
    const bool sent =
        base_ot_send(p->bot2, probe_pair, p->receiver->bot1, (const block(*)[2])sums, &p->s.rng);
    c->base_ot_send = since(&mark_ns);
    const bool received = base_ot_receive(p->messages, p->receiver, p->bot2);
    c->base_ot_receive = since(&mark_ns);
    PT_ASSERT(sent && received);
}

/* Both ends of a pair's trees; what base OTs would have brought is at hand. */
static pt_status probe_trees(probe *p, work_costs *c, pt_error *error)
{
    static const uint8_t pid[GGM_PID_BYTES] = {1};
    block sums[BASE_OT_COUNT][2];
    const block delta = session_pin_delta(p->a[0], 1);
    const block choices = cot_choices(delta, p->k);
    uint64_t mark_ns = clock_thread_ns();
    const pt_status status =
        cot_receiver_init(&p->pair.receiver, sums, NULL, p->k, pid, p->a, error);
    if (status != PT_OK)
        return status;
    c->trees = since(&mark_ns);
    for (unsigned t = 0; t < BASE_OT_COUNT; t++)
        p->messages[t] = sums[t][block_bit(choices, t)];
    return cot_sender_init(&p->pair.sender, delta, p->k, pid, p->messages, NULL, error);
}

/* ---- What is done for every bit, triple and gate ---- */

static void correct_once(probe *p)
{
    cot_correct(&p->pair.receiver, p->scratch, p->b, p->a, 0, COT_CHUNK);
}

static void extend_once(probe *p)
{
    const abit_range range = {COT_CHUNK * COT_BLOCK_BITS, p->b, NULL};
    const abit_places places = {&p->s, &range, 1};
    const abit_cursor start = {0};
    cot_receiver_planes(&p->pair.receiver, p->scratch, p->planes, p->a, 0, COT_CHUNK);
    abit_put_planes(&places, start, 0, p->planes, COT_CHUNK);
    cot_sender_planes(&p->pair.sender, p->scratch, p->planes, p->a, 0, COT_CHUNK);
    abit_put_planes(&places, start, 1, p->planes, COT_CHUNK);
}

static void check_once(probe *p)
{
    const abit_range range = {COT_CHUNK * COT_BLOCK_BITS, p->b, NULL};
    const abit_places places = {&p->s, &range, 1};
    plane_hash hash = {0};
    abit_cursor at = {0};
    for (size_t t = 0; t < COT_CHUNK; t += CHECKED_BLOCKS) {
        const abit_held v = abit_get_planes(&places, at, 0, p->planes, CHECKED_BLOCKS);
        const abit_held w = abit_get_planes(&places, at, 1, p->planes, CHECKED_BLOCKS);
        plane_hash_add(&hash, v.at, v.stride, p->a, CHECKED_BLOCKS);
        plane_hash_add(&hash, w.at, w.stride, p->a, CHECKED_BLOCKS);
        abit_make_pairs(&places, at, v, w, CHECKED_BLOCKS);
        abit_cursor_advance(&places, &at, CHECKED_BLOCKS * COT_BLOCK_BITS);
    }
}

static void hash_once(probe *p)
{
    hash_pair(p->b, p->keys, p->a, p->eps, HASHES / 2);
}

static void keys_once(probe *p)
{
    hash_keys(p->keys, p->a[0], 0, TWEAKS);
}

static void multiply_once(probe *p)
{
    polyhash hash;
    polyhash_init(&hash, p->a[0]);
    polyhash_add(&hash, p->a, HASHES);
    p->b[0] = polyhash_value(&hash);
}

/* Shares of a segment are in memory that no cache holds: a core's has 2 MiB, and the last level's
 * tens, which all cores share. Not memory that is new each time, which would count for every pass
 * over a share. */
static void blocks_once(probe *p)
{
    for (size_t at = 0; at < p->n_shares; at += PROBE_BLOCKS)
        share_xor(p->shares + at, p->shares + at, p->a, PROBE_BLOCKS);
}

/* The first pass: allocators have so large a block from the system, whose pages come now. */
static double first_pass_seconds(probe *p)
{
    uint64_t mark_ns = clock_thread_ns();
    blocks_once(p);
    return since(&mark_ns) / (double)p->n_shares;
}

static void digest_once(probe *p)
{
    ro h;
    ro_init(&h, DIGEST_BYTES, RO_LABEL_CIRCUIT);
    ro_field(&h, p->a, PROBE_BLOCKS * sizeof *p->a);
    ro_final(&h, p->b);
}

static void probe_cot(probe *p, work_costs *c)
{
    c->cot_correct = seconds_of(p, correct_once, COT_CHUNK);
    c->cot_extend = seconds_of(p, extend_once, COT_CHUNK);
    c->block = seconds_of(p, blocks_once, (double)p->n_shares);
}

static void probe_rest(probe *p, work_costs *c)
{
    probe_base_ots(p, c);
    c->cot_check = seconds_of(p, check_once, COT_CHUNK);
    c->hash_key = seconds_of(p, keys_once, TWEAKS);
    c->hash = seconds_of(p, hash_once, HASHES);
    c->multiply = seconds_of(p, multiply_once, HASHES);
    c->digest_byte = seconds_of(p, digest_once, PROBE_BLOCKS * sizeof *p->a);
    c->gate = GATE_TIME * c->block;
}

/* ---- All of it ---- */

static void probe_free(probe *p)
{
    if (p == NULL)
        return;
    cot_pair_clear(&p->pair);
    cot_scratch_free(p->scratch);
    mem_free(p->receiver);
    mem_free(p->bot2);
    mem_free(p->messages);
    mem_free(p->a);
    mem_free(p->b);
    mem_free(p->planes);
    mem_free(p->shares);
    mem_free(p->eps);
    mem_free(p->keys);
    mem_free(p);
}

static probe *probe_new(unsigned k, size_t n_shares)
{
    probe *p = mem_new_aligned(1, sizeof *p);
    if (p == NULL)
        return NULL;
    p->k = k;
    p->n_shares = n_shares;
    p->s.n = 2;
    rng_init_seed(&p->s.rng, block_make(0, 1));
    p->scratch = cot_scratch_new();
    p->receiver = mem_new(1, sizeof *p->receiver);
    p->bot2 = mem_new(BASE_OT_BOT2_SIZE, 1);
    p->messages = mem_new_aligned(BASE_OT_COUNT, sizeof *p->messages);
    p->a = mem_new_aligned(PROBE_BLOCKS, sizeof *p->a);
    p->b = mem_new_aligned(PROBE_BLOCKS, sizeof *p->b);
    p->planes = mem_new_aligned(COT_PLANES, sizeof *p->planes);
    p->shares = mem_new(n_shares, sizeof *p->shares);
    p->eps = mem_new(HASHES, sizeof *p->eps);
    p->keys = mem_new_aligned(TWEAKS, sizeof *p->keys);
    if (p->scratch == NULL || p->receiver == NULL || p->bot2 == NULL || p->messages == NULL ||
        p->a == NULL || p->b == NULL || p->planes == NULL || p->shares == NULL || p->eps == NULL ||
        p->keys == NULL) {
        probe_free(p);
        return NULL;
    }
    rng_blocks(&p->s.rng, p->a, PROBE_BLOCKS);
    return p;
}

static pt_status work_probe(work_costs *ret_costs, unsigned k, bool is_whole, pt_error *error)
{
    pt_status status = crypto_init(error);
    if (status != PT_OK)
        return status;
    *ret_costs = (work_costs){0};
    probe *p = probe_new(k, is_whole ? SHARE_BLOCKS : FEW_SHARES);
    if (p == NULL)
        return error_memory(error);
    const double first_pass = first_pass_seconds(p);
    status = probe_trees(p, ret_costs, error);
    if (status == PT_OK)
        probe_cot(p, ret_costs);
    if (status == PT_OK && is_whole)
        probe_rest(p, ret_costs);
    if (status == PT_OK && is_whole && first_pass > ret_costs->block)
        ret_costs->touch = first_pass - ret_costs->block;
    probe_free(p);
    return status;
}

pt_status work_costs_probe(work_costs *ret_costs, unsigned k, pt_error *error)
{
    return work_probe(ret_costs, k, true, error);
}

pt_status work_costs_probe_cot(work_costs *ret_costs, unsigned k, pt_error *error)
{
    return work_probe(ret_costs, k, false, error);
}
