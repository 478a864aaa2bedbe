/* A batch of authenticated bits (protocol spec, sections 2.3, 3.1 and 3.2).
 *
 * Two passes over the blocks, with the check coin between them. The first computes the planes while
 * the corrections are on their way, and leaves them in the places of the shares that they become,
 * which are as large. The second, when the link is idle, hashes them with chi and transposes them
 * into the shares. So AES runs once, and a block's memory is passed through twice.
 *
 * With three parties or more there are more planes than places. There those of the keys are
 * computed in the second pass, from the corrections received, which are kept until then (128/k bits
 * a COT and peer). */
#include "mpc/abit/abit.h"

#include "base/assert.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/min.h"
#include "crypto/ct.h"
#include "mpc/abit/abit_check.h"
#include "mpc/abit/abit_spread.h"
#include "mpc/abit/share.h"
#include "mpc/ot/cot.h"
#include "mpc/session/coin.h"
#include "mpc/session/fault.h"
#include "mpc/session/stats.h"
#include "mpc/session/wave.h"

/* A peer's part of a batch. */
typedef struct batch_peer {
    block *d; /* corrections received, n_kept * n_c, in the batch's or the caller's room */
    plane_hash v, w;
} batch_peer;

/* Blocks that are hashed together: so few that they stay in the first-level cache. */
#define CHECK_BLOCKS 4
#define HELD_BLOCKS  (CHECK_BLOCKS * MPC_KAPPA) /* of their planes towards one peer */

typedef struct bit_batch {
    session *s;
    abit_places places;
    uint64_t number;
    size_t n_bits;
    size_t n_blocks; /* T data blocks and the mask block */
    size_t n_kept;   /* blocks whose corrections are kept */
    size_t n_trees;
    uint64_t first;    /* counter T of block 0 */
    block *x;          /* own bits, n_blocks */
    block *received;   /* the peers' corrections, where the batch has made room for them itself */
    batch_peer *peers; /* n entries; own unused */
    cot_scratch *scratch;
    block *corrections; /* COT_CHUNK * n_c, to be sent */
    block *planes;      /* MPC_KAPPA * COT_STRIDE */
    block *held;        /* n slots of planes of CHECK_BLOCKS */
    abit_range *ranges; /* the caller's, and what is past its last bit */
    size_t n_tail;      /* bits there: the rest of the last data block, and the mask block */
    block *tail;        /* their shares */
    abit_cursor macs_at, keys_at; /* how far the first pass is */
    block x_tilde;
} bit_batch;

/* ---- Memory ---- */

static void bit_batch_clear(bit_batch *b)
{
    const size_t n = b->s->n;
    mem_free_secret(b->x, b->n_blocks * sizeof *b->x);
    mem_free_secret(b->received, (n - 1) * b->n_kept * b->n_trees * sizeof(block));
    mem_free_secret(b->peers, n * sizeof *b->peers);
    cot_scratch_free(b->scratch);
    mem_free_secret(b->corrections, COT_CHUNK * b->n_trees * sizeof *b->corrections);
    mem_free_secret(b->planes, MPC_KAPPA * COT_STRIDE * sizeof *b->planes);
    mem_free_secret(b->held, n * HELD_BLOCKS * sizeof *b->held);
    mem_free_secret(b->tail, b->n_tail * n * sizeof *b->tail);
    mem_free(b->ranges);
}

/* `room`: see abit_batch. */
static bool bit_batch_allocate(bit_batch *b, block *room)
{
    const session *s = b->s;
    const size_t blocks_each = b->n_kept * b->n_trees;
    b->x = mem_new_aligned(b->n_blocks, sizeof *b->x);
    b->peers = mem_new_aligned(s->n, sizeof *b->peers);
    b->scratch = cot_scratch_new();
    b->corrections = mem_new_aligned(COT_CHUNK * b->n_trees, sizeof *b->corrections);
    b->planes = mem_new_aligned(MPC_KAPPA * COT_STRIDE, sizeof *b->planes);
    b->held = mem_new_aligned(s->n * HELD_BLOCKS, sizeof *b->held);
    b->tail = mem_new_aligned(b->n_tail * s->n, sizeof *b->tail);
    b->ranges = mem_new(b->places.n_ranges + 1, sizeof *b->ranges);
    if (b->x == NULL || b->peers == NULL || b->scratch == NULL || b->corrections == NULL ||
        b->planes == NULL || b->held == NULL || b->tail == NULL || b->ranges == NULL)
        return false;
    if (room == NULL) /* not zeroed first: abit_recv_chunk fills it */
        room = b->received = mem_resize(NULL, (s->n - 1) * blocks_each, sizeof(block));
    if (room == NULL)
        return false;
    for (size_t p = 0; p < s->n; p++) {
        if (p != s->me)
            b->peers[p].d = room + key_slot(s->me, p) * blocks_each;
    }
    return true;
}

/* The bits of the last blocks that the caller does not want are shared like the others: they enter
 * the check. */
static void add_tail(bit_batch *b)
{
    for (size_t r = 0; r < b->places.n_ranges; r++)
        b->ranges[r] = b->places.ranges[r];
    b->ranges[b->places.n_ranges++] = (abit_range){b->n_tail, b->tail, NULL};
    b->places.ranges = b->ranges;
}

size_t abit_ranges_bits(const abit_range *ranges, size_t n_ranges)
{
    size_t n_bits = 0;
    for (size_t r = 0; r < n_ranges; r++) {
        PT_ASSERT(ranges[r].shares != NULL || ranges[r].count == 0);
        n_bits += ranges[r].count;
    }
    return n_bits;
}

static pt_status bit_batch_init(bit_batch *b, session *s, const abit_range *ranges, size_t n_ranges,
                                block *room, pt_error *error)
{
    const uint64_t max_blocks = MPC_MAX_COTS / COT_BLOCK_BITS;
    *b = (bit_batch){.s = s,
                     .places = {.s = s, .ranges = ranges, .n_ranges = n_ranges},
                     .number = s->n_batches,
                     .n_trees = cot_trees(s->k),
                     .first = s->cot[s->me == 0 ? 1 : 0].next_block};
    b->n_bits = abit_ranges_bits(ranges, n_ranges);
    b->n_blocks = (size_t)abit_blocks(b->n_bits);
    if (b->n_blocks > max_blocks || b->first > max_blocks - b->n_blocks)
        return error_set(error, PT_ERR_LIMIT, "too many authenticated bits for one session");
    b->n_kept = (size_t)abit_kept_blocks(s, b->n_blocks);
    b->n_tail = b->n_blocks * COT_BLOCK_BITS - b->n_bits;
    if (!bit_batch_allocate(b, room))
        return error_memory(error);
    add_tail(b);
    return PT_OK;
}

/* ---- First pass: corrections, and planes ---- */

static size_t chunk_blocks_at(const bit_batch *b, size_t at)
{
    return min_size(COT_CHUNK, b->n_blocks - at);
}

static pt_status abit_send_chunk(void *user, size_t chunk, pt_error *error)
{
    bit_batch *b = user;
    session *s = b->s;
    const size_t at = chunk * COT_CHUNK;
    const size_t n = chunk_blocks_at(b, at);
    const size_t bytes = cot_frame_bytes(s->k, n);
    for (size_t p = 0; p < s->n; p++) {
        if (p == s->me)
            continue;
        cot_receiver_extend(&s->cot[p].receiver, b->scratch, b->corrections, b->planes, b->x + at,
                            b->first + at, n);
        HOOK_PEER(s, "correction", p, b->corrections, bytes);
        const pt_status status =
            stream_send(s, p, WAVE_COT, b->number, b->corrections, bytes, error);
        if (status != PT_OK)
            return status;
        abit_put_planes(&b->places, b->macs_at, key_slot(s->me, p), b->planes, n);
    }
    abit_cursor_advance(&b->places, &b->macs_at, n * COT_BLOCK_BITS);
    return PT_OK;
}

/* Of two parties the slot of the W planes, behind that of the V planes. */
#define PAIR_KEY_SLOT 1

/* Where the corrections of the chunk that begins with block `at` are, of the latest one if not all
 * are kept. */
static block *received_chunk(const bit_batch *b, size_t peer, size_t at)
{
    return b->peers[peer].d + (b->n_kept == b->n_blocks ? at * b->n_trees : 0);
}

/* W planes of a chunk of corrections. */
static void make_key_planes(bit_batch *b, size_t peer, size_t at, size_t n)
{
    cot_sender_planes(&b->s->cot[peer].sender, b->scratch, b->planes, received_chunk(b, peer, at),
                      b->first + at, n);
}

static pt_status abit_recv_chunk(void *user, size_t chunk, pt_error *error)
{
    bit_batch *b = user;
    session *s = b->s;
    const size_t at = chunk * COT_CHUNK;
    const size_t n = chunk_blocks_at(b, at);
    for (size_t p = 0; p < s->n; p++) {
        if (p == s->me)
            continue;
        const pt_status status = stream_recv(s, p, WAVE_COT, b->number, received_chunk(b, p, at),
                                             cot_frame_bytes(s->k, n), error);
        if (status != PT_OK)
            return status;
        if (!abit_keys_are_single(s))
            continue;
        make_key_planes(b, p, at, n);
        abit_put_planes(&b->places, b->keys_at, PAIR_KEY_SLOT, b->planes, n);
    }
    abit_cursor_advance(&b->places, &b->keys_at, n * COT_BLOCK_BITS);
    session_progress(s, WAVE_COT, min_size((at + n) * COT_BLOCK_BITS, b->n_bits), b->n_bits);
    return PT_OK;
}

/* The peers' BOT2, in front of their corrections. */
static pt_status take_base_ots(void *user, pt_error *error)
{
    return base_ots_finish(((bit_batch *)user)->s, error);
}

static pt_status abit_exchange_corrections(bit_batch *b, pt_error *error)
{
    const stream_exchange chunks = {
        .frames = b->n_blocks / COT_CHUNK + (b->n_blocks % COT_CHUNK != 0),
        .frame_bytes = cot_frame_bytes(b->s->k, COT_CHUNK),
        .recv_before = b->s->base_ots != NULL ? take_base_ots : NULL,
        .send = abit_send_chunk,
        .recv = abit_recv_chunk,
        .user = b,
    };
    const pt_status status = stream_exchange_run(b->s, &chunks, error);
    if (status != PT_OK)
        return status;
    for (size_t p = 0; p < b->s->n; p++) {
        PT_ASSERT(p == b->s->me || b->s->cot[p].next_block == b->first);
        b->s->cot[p].next_block = b->first + b->n_blocks;
    }
    session_mark_time(b->s, WAVE_COT);
    return PT_OK;
}

/* ---- The coin: opened only now that all corrections of all peers are here ---- */

static pt_status toss_check_coin(bit_batch *b, block *ret_chi, pt_error *error)
{
    session *s = b->s;
    uint8_t coin[COIN_BYTES];
    const pt_status status = coin_toss(s, coin, NULL, error);
    if (status != PT_OK)
        return status;
    *ret_chi = coin_sub(s, coin, "chi", 0);
    if (b->number == 0) {
        s->s_tri = coin_sub(s, coin, "Stri", 0);
        s->s_gc = coin_sub(s, coin, "Sgc", 0);
    }
    HOOK(s, "chi", ret_chi, sizeof *ret_chi);
    return PT_OK;
}

/* ---- Second pass: hashes, and shares ---- */

/* n <= CHECK_BLOCKS blocks between two parties. */
static void finish_pairs(bit_batch *b, abit_cursor c, const block *weights, size_t n)
{
    const size_t peer = 1 - b->s->me;
    block *v = b->held;
    block *w = b->held + HELD_BLOCKS;
    abit_get_planes(&b->places, c, key_slot(b->s->me, peer), v, n);
    abit_get_planes(&b->places, c, PAIR_KEY_SLOT, w, n);
    plane_hash_add_blocks(&b->peers[peer].v, v, weights, n);
    plane_hash_add_blocks(&b->peers[peer].w, w, weights, n);
    abit_make_pairs(&b->places, c, v, w, n);
}

/* Of n <= CHECK_BLOCKS blocks the MACs towards all peers. */
static void finish_macs(bit_batch *b, abit_cursor c, const block *weights, size_t n)
{
    const session *s = b->s;
    for (size_t p = 0; p < s->n; p++) {
        if (p == s->me)
            continue;
        block *v = b->held + key_slot(s->me, p) * HELD_BLOCKS;
        abit_get_planes(&b->places, c, key_slot(s->me, p), v, n);
        plane_hash_add_blocks(&b->peers[p].v, v, weights, n);
    }
    for (size_t p = 0; p < s->n; p++) {
        if (p != s->me)
            abit_spread_macs(&b->places, c, p, b->held + key_slot(s->me, p) * HELD_BLOCKS, n);
    }
}

static void finish_keys(bit_batch *b, abit_cursor c, const block *weights, size_t at, size_t n)
{
    for (size_t p = 0; p < b->s->n; p++) {
        if (p == b->s->me)
            continue;
        make_key_planes(b, p, at, n);
        plane_hash_add(&b->peers[p].w, b->planes, COT_STRIDE, weights, n);
        abit_spread_planes(&b->places, c, p, ABIT_ROWS_KEY, b->planes, b->x + at, n);
    }
}

static void finish_chunk(bit_batch *b, abit_cursor c, const block *weights, size_t at, size_t n)
{
    const bool is_pair = abit_keys_are_single(b->s);
    abit_cursor here = c;
    for (size_t t = 0; t < n; t += CHECK_BLOCKS) {
        const size_t count = min_size(CHECK_BLOCKS, n - t);
        if (is_pair)
            finish_pairs(b, here, weights + t, count);
        else
            finish_macs(b, here, weights + t, count);
        abit_cursor_advance(&b->places, &here, CHECK_BLOCKS * COT_BLOCK_BITS);
    }
    if (!is_pair)
        finish_keys(b, c, weights, at, n);
}

static void finish_blocks(bit_batch *b, block chi)
{
    block weights[COT_CHUNK];
    check_weights next;
    gf_acc x_tilde = {0};
    abit_cursor c = {0};
    check_weights_init(&next, chi);
    for (size_t at = 0; at < b->n_blocks; at += COT_CHUNK) {
        const size_t n = min_size(COT_CHUNK, b->n_blocks - at);
        check_weights_next(&next, weights, n, at + n == b->n_blocks);
        gf_dot_add(&x_tilde, b->x + at, weights, n);
        finish_chunk(b, c, weights, at, n);
        abit_cursor_advance(&b->places, &c, n * COT_BLOCK_BITS);
    }
    PT_ASSERT(c.range == b->places.n_ranges); /* every bit has come */
    b->x_tilde = gf_reduce(&x_tilde);
}

/* ---- ABCHK ---- */

/* P_i -> P_j: the digest of the hashed V planes. */
static void put_check(bit_batch *b, wave *w, size_t peer)
{
    block values[MPC_KAPPA];
    uint8_t digest[DIGEST_BYTES];
    plane_hash_values(values, &b->peers[peer].v);
    HOOK_PEER(b->s, "planes_v", peer, values, sizeof values);
    abit_check_digest(digest, b->s, b->number, b->s->me, peer, values);
    buffer_put(wave_to(w, peer), digest, sizeof digest);
    mem_wipe(values, sizeof values);
}

/* P_j: the same of W_p xor bit(Delta_j,p) x~^i, and the verdict on the peer's trees. */
static bool check_passes(bit_batch *b, const wave *w, size_t peer)
{
    const cot_sender *sender = &b->s->cot[peer].sender;
    const block x_tilde = block_load(wave_all_from(w, peer));
    block values[MPC_KAPPA];
    uint8_t digest[DIGEST_BYTES];
    plane_hash_values(values, &b->peers[peer].w);
    for (unsigned p = 1; p < MPC_KAPPA; p++)
        values[p] = block_xor(values[p], block_if(block_bit(sender->delta, p), x_tilde));
    HOOK_PEER(b->s, "planes_w", peer, values, sizeof values);
    abit_check_digest(digest, b->s, b->number, peer, b->s->me, values);
    const bool equal = ct_equal(digest, wave_from(w, peer), sizeof digest);
    mem_wipe(values, sizeof values);
    return equal & !sender->tree_is_bad;
}

static pt_status run_check(bit_batch *b, pt_error *error)
{
    session *s = b->s;
    wave w;
    pt_status status = wave_begin(&w, s, WAVE_ABCHK, error);
    if (status != PT_OK)
        goto done;
    buffer_put(wave_all(&w), &b->x_tilde, sizeof b->x_tilde);
    for (size_t p = 0; p < s->n; p++) {
        if (p != s->me)
            put_check(b, &w, p);
    }
    wave_expect_each(&w, ABCHK_ALL_BYTES, ABCHK_PRIVATE_BYTES);
    status = wave_run(&w, error);
    for (size_t p = 0; status == PT_OK && p < s->n; p++) {
        if (p != s->me && !check_passes(b, &w, p))
            status = peer_fault(s, PT_PEER_ABIT, p, WAVE_ABCHK,
                                "failed the check of the authenticated bits", error);
    }
done:
    wave_end(&w);
    return status;
}

pt_status abit_batch(session *s, const abit_range *ranges, size_t n_ranges, block *room,
                     pt_error *error)
{
    bit_batch b;
    block chi;
    pt_status status = bit_batch_init(&b, s, ranges, n_ranges, room, error);
    if (status != PT_OK)
        goto done;
    rng_blocks(&s->rng, b.x, b.n_blocks);
    status = abit_exchange_corrections(&b, error);
    if (status == PT_OK)
        status = toss_check_coin(&b, &chi, error);
    if (status != PT_OK)
        goto done;
    finish_blocks(&b, chi);
    status = run_check(&b, error);
    if (status != PT_OK)
        goto done;
    s->n_batches++;
    for (size_t r = 0; r < n_ranges; r++)
        PT_DEBUG_ASSERT(shares_agree(ranges[r].shares, ranges[r].count, s->n));
    HOOK(s, "batch", (void *)(uintptr_t)ranges, n_ranges);
done:
    bit_batch_clear(&b);
    return status;
}
