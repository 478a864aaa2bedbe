/* A batch of authenticated bits (protocol spec, sections 2.3, 3.1 and 3.2).
 *
 * Two passes over the blocks, with the check coin between them. The first computes the planes while
 * the corrections are on their way, and leaves them in the places of the shares that they become,
 * which are as large. The second, when the link is idle, hashes them with chi and transposes them
 * into the shares. So AES runs once, and a block's memory is passed through twice.
 *
 * With three parties or more there are more planes than places. There those of the keys are
 * computed in the second pass, from the corrections received, which are kept until then (128/k bits
 * a COT and peer). In the places of the shares the planes of the MACs leave a slot free, which has
 * those of k peers; those of further peers have room of their own. */
#include "mpc/abit/abit.h"

#include "base/assert.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/min.h"
#include "crypto/ct.h"
#include "crypto/transpose.h"
#include "mpc/abit/abit_check.h"
#include "mpc/abit/abit_spread.h"
#include "mpc/abit/share.h"
#include "mpc/ot/cot.h"
#include "mpc/session/coin.h"
#include "mpc/session/fault.h"
#include "mpc/session/stats.h"
#include "mpc/session/wave.h"

/* Blocks that are hashed together: so few that they stay in the first-level cache. */
#define CHECK_BLOCKS 4
#define HELD_BLOCKS  (CHECK_BLOCKS * MPC_KAPPA) /* of their planes towards one peer */

/* What a thread works in. */
typedef struct bit_worker {
    cot_scratch *scratch;
    block *planes;     /* COT_PLANES */
    block *held;       /* n slots of planes of CHECK_BLOCKS */
    block *taken;      /* corrections of a chunk out of the shares' places, peer by peer */
    plane_hash *v, *w; /* its part of the hashes towards each peer, n entries; own unused */
} bit_worker;

typedef struct bit_batch {
    session *s;
    abit_places places;
    uint64_t number;
    size_t n_bits;
    size_t n_blocks; /* T data blocks and the mask block */
    size_t n_kept;   /* blocks whose corrections are kept */
    size_t n_trees;
    size_t n_in_place;   /* peers whose corrections are where the shares will be */
    uint64_t first;      /* counter T of block 0 */
    block *x;            /* own bits, n_blocks */
    block *room;         /* corrections received, n_kept * n_c from each other peer, by key_slot */
    block *own_room;     /* the same, where the batch has made it itself */
    size_t n_chunks;     /* of COT_CHUNK blocks */
    size_t n_workers;    /* threads at work */
    bit_worker *workers; /* one for each of the session's threads */
    size_t n_ahead;      /* chunks that are computed together */
    block *corrections;  /* of these, to be sent: COT_CHUNK * n_c to each peer */
    block *weights;      /* of the blocks of these */
    abit_range *ranges;  /* the caller's, and what is past its last bit */
    size_t n_tail;       /* bits there: the rest of the last data block, and the mask block */
    block *tail;         /* their shares */
    size_t n_sent_made, n_received_used; /* how far the first pass is, in chunks */
    abit_cursor macs_at, keys_at;        /* the same in the ranges */
    block x_tilde;
} bit_batch;

/* ---- Memory ---- */

/* Corrections of a chunk that are in the shares' places. */
static size_t taken_size(const session *s)
{
    return abit_peers_in_place(s) * COT_CHUNK * cot_trees(s->k);
}

static bool bit_worker_init(bit_worker *w, const session *s)
{
    const size_t n = s->n;
    w->scratch = cot_scratch_new();
    w->planes = mem_new_aligned(COT_PLANES, sizeof *w->planes);
    w->held = mem_new_aligned(n * HELD_BLOCKS, sizeof *w->held);
    w->taken = mem_new_aligned(taken_size(s), sizeof *w->taken);
    w->v = mem_new_aligned(n, sizeof *w->v);
    w->w = mem_new_aligned(n, sizeof *w->w);
    return w->scratch != NULL && w->planes != NULL && w->held != NULL && w->taken != NULL &&
           w->v != NULL && w->w != NULL;
}

static void bit_worker_clear(bit_worker *w, const session *s)
{
    const size_t n = s->n;
    cot_scratch_free(w->scratch);
    mem_free_secret(w->planes, COT_PLANES * sizeof *w->planes);
    mem_free_secret(w->held, n * HELD_BLOCKS * sizeof *w->held);
    mem_free_secret(w->taken, taken_size(s) * sizeof *w->taken);
    mem_free_secret(w->v, n * sizeof *w->v);
    mem_free_secret(w->w, n * sizeof *w->w);
}

static uint64_t chunks_of(uint64_t blocks)
{
    return blocks / COT_CHUNK + (blocks % COT_CHUNK != 0);
}

uint64_t abit_work_bytes(const session *s, uint64_t n_bits)
{
    const uint64_t chunks = chunks_of(abit_blocks(n_bits));
    const uint64_t blocks = COT_PLANES + s->n * HELD_BLOCKS + taken_size(s);
    const uint64_t of_worker =
        COT_SCRATCH_BYTES + blocks * sizeof(block) + 2 * s->n * sizeof(plane_hash);
    const uint64_t of_chunk =
        (s->n - 1) * cot_frame_bytes(s->k, COT_CHUNK) + COT_CHUNK * sizeof(block);
    return session_busy(s, chunks) * of_worker + session_ahead(s, chunks) * of_chunk;
}

/* Blocks of corrections received that have room of their own. */
static size_t room_size(const bit_batch *b)
{
    return (b->s->n - 1 - b->n_in_place) * b->n_kept * b->n_trees;
}

/* Blocks of corrections to be sent. */
static size_t corrections_size(const bit_batch *b)
{
    return (b->s->n - 1) * b->n_ahead * COT_CHUNK * b->n_trees;
}

static void bit_batch_clear(bit_batch *b)
{
    const size_t n = b->s->n;
    for (size_t i = 0; b->workers != NULL && i < b->n_workers; i++)
        bit_worker_clear(&b->workers[i], b->s);
    mem_free(b->workers);
    mem_free_secret(b->x, b->n_blocks * sizeof *b->x);
    mem_free_secret(b->own_room, room_size(b) * sizeof(block));
    mem_free_secret(b->corrections, corrections_size(b) * sizeof *b->corrections);
    mem_free(b->weights);
    mem_free_secret(b->tail, b->n_tail * n * sizeof *b->tail);
    mem_free(b->ranges);
}

/* `room`: see abit_batch. */
static bool bit_batch_allocate(bit_batch *b, block *room)
{
    const session *s = b->s;
    b->x = mem_new_aligned(b->n_blocks, sizeof *b->x);
    b->workers = mem_new(b->n_workers, sizeof *b->workers);
    b->corrections = mem_new_aligned(corrections_size(b), sizeof *b->corrections);
    b->weights = mem_new_aligned(b->n_ahead * COT_CHUNK, sizeof *b->weights);
    b->tail = mem_new_aligned(b->n_tail * s->n, sizeof *b->tail);
    b->ranges = mem_new(b->places.n_ranges + 1, sizeof *b->ranges);
    if (b->x == NULL || b->workers == NULL || b->corrections == NULL || b->weights == NULL ||
        b->tail == NULL || b->ranges == NULL)
        return false;
    for (size_t i = 0; i < b->n_workers; i++) {
        if (!bit_worker_init(&b->workers[i], s))
            return false;
    }
    b->room = room;
    if (room == NULL) /* not zeroed first: abit_recv_chunk fills it */
        b->room = b->own_room = mem_resize(NULL, room_size(b), sizeof(block));
    return b->room != NULL;
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
                     .n_in_place = abit_peers_in_place(s),
                     .first = s->cot[s->me == 0 ? 1 : 0].next_block};
    b->n_bits = abit_ranges_bits(ranges, n_ranges);
    b->n_blocks = (size_t)abit_blocks(b->n_bits);
    if (b->n_blocks > max_blocks || b->first > max_blocks - b->n_blocks)
        return error_set(error, PT_ERR_LIMIT, "too many authenticated bits for one session");
    b->n_chunks = (size_t)chunks_of(b->n_blocks);
    b->n_workers = session_busy(s, b->n_chunks);
    b->n_ahead = session_ahead(s, b->n_chunks);
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

/* Corrections of a chunk that are to be sent to a peer. */
static block *corrections_of(const bit_batch *b, size_t chunk, size_t peer)
{
    const size_t place = chunk % b->n_ahead * (b->s->n - 1) + key_slot(b->s->me, peer);
    return b->corrections + place * COT_CHUNK * b->n_trees;
}

/* From a cursor at chunk `from` to one at chunk `to`. */
static abit_cursor cursor_at_chunk(const bit_batch *b, abit_cursor c, size_t from, size_t to)
{
    abit_cursor_advance(&b->places, &c, (to - from) * COT_CHUNK * COT_BLOCK_BITS);
    return c;
}

/* A chunk towards all peers. */
static bool compute_corrections(void *user, size_t round, size_t worker)
{
    const bit_batch *b = user;
    const bit_worker *w = &b->workers[worker];
    const session *s = b->s;
    const size_t chunk = b->n_sent_made + round;
    const size_t at = chunk * COT_CHUNK;
    const abit_cursor c = cursor_at_chunk(b, b->macs_at, b->n_sent_made, chunk);
    for (size_t p = 0; p < s->n; p++) {
        if (p == s->me)
            continue;
        cot_receiver_extend(&s->cot[p].receiver, w->scratch, corrections_of(b, chunk, p), w->planes,
                            b->x + at, b->first + at, chunk_blocks_at(b, at));
        abit_put_planes(&b->places, c, key_slot(s->me, p), w->planes, chunk_blocks_at(b, at));
    }
    return true;
}

static pt_status abit_send_chunk(void *user, size_t chunk, pt_error *error)
{
    bit_batch *b = user;
    session *s = b->s;
    const size_t bytes = cot_frame_bytes(s->k, chunk_blocks_at(b, chunk * COT_CHUNK));
    if (chunk == b->n_sent_made) {
        const size_t count = min_size(b->n_ahead, b->n_chunks - chunk);
        (void)workers_run(s->workers, count, compute_corrections, b);
        b->macs_at = cursor_at_chunk(b, b->macs_at, 0, count);
        b->n_sent_made += count;
    }
    for (size_t p = 0; p < s->n; p++) {
        if (p == s->me)
            continue;
        block *corrections = corrections_of(b, chunk, p);
        HOOK_PEER(s, "correction", p, corrections, bytes);
        const pt_status status = stream_send(s, p, WAVE_COT, b->number, corrections, bytes, error);
        if (status != PT_OK)
            return status;
    }
    return PT_OK;
}

/* Of two parties the slot of the W planes, behind that of the V planes. */
#define PAIR_KEY_SLOT 1

/* Where a peer's corrections are in the memory of a block's shares: behind the MAC planes. */
static size_t correction_place(const bit_batch *b, size_t slot)
{
    return (b->s->n - 1) * MPC_KAPPA + slot * b->n_trees;
}

/* A worker's copy of them, of a chunk. */
static block *taken_chunk(const bit_batch *b, const bit_worker *w, size_t slot)
{
    return w->taken + slot * COT_CHUNK * b->n_trees;
}

/* Where the corrections of the chunk that begins with block `at` are to work on: of the latest
 * chunks if not all are kept. */
static block *received_chunk(const bit_batch *b, const bit_worker *w, size_t peer, size_t at)
{
    const size_t slot = key_slot(b->s->me, peer);
    if (slot < b->n_in_place)
        return taken_chunk(b, w, slot);
    block *d = b->room + (slot - b->n_in_place) * b->n_kept * b->n_trees;
    return d + at % b->n_kept * b->n_trees;
}

/* Those of a chunk of n blocks, from bit `c` on, before its shares take their places. */
static void take_corrections(const bit_batch *b, const bit_worker *w, abit_cursor c, size_t n)
{
    for (size_t slot = 0; slot < b->n_in_place; slot++)
        abit_copy_held(&b->places, c, correction_place(b, slot), taken_chunk(b, w, slot),
                       b->n_trees, n);
}

/* W planes of a chunk of corrections. */
static void make_key_planes(const bit_batch *b, const bit_worker *w, size_t peer, size_t at,
                            size_t n)
{
    cot_sender_planes(&b->s->cot[peer].sender, w->scratch, w->planes,
                      received_chunk(b, w, peer, at), b->first + at, n);
}

/* A chunk between two parties. */
static bool use_corrections(void *user, size_t round, size_t worker)
{
    const bit_batch *b = user;
    const bit_worker *w = &b->workers[worker];
    const size_t chunk = b->n_received_used + round;
    const size_t at = chunk * COT_CHUNK;
    const abit_cursor c = cursor_at_chunk(b, b->keys_at, b->n_received_used, chunk);
    make_key_planes(b, w, 1 - b->s->me, at, chunk_blocks_at(b, at));
    abit_put_planes(&b->places, c, PAIR_KEY_SLOT, w->planes, chunk_blocks_at(b, at));
    return true;
}

/* The corrections of a chunk of n blocks from one peer; those in the shares' places come to a
 * worker's memory first, all of whom are idle. */
static pt_status recv_corrections(bit_batch *b, size_t peer, size_t at, size_t n, pt_error *error)
{
    session *s = b->s;
    const size_t slot = key_slot(s->me, peer);
    block *d = received_chunk(b, &b->workers[0], peer, at);
    const pt_status status =
        stream_recv(s, peer, WAVE_COT, b->number, d, cot_frame_bytes(s->k, n), error);
    if (status == PT_OK && slot < b->n_in_place)
        abit_put_held(&b->places, b->keys_at, correction_place(b, slot), d, b->n_trees, n);
    return status;
}

static pt_status abit_recv_chunk(void *user, size_t chunk, pt_error *error)
{
    bit_batch *b = user;
    session *s = b->s;
    const size_t at = chunk * COT_CHUNK;
    const size_t n = chunk_blocks_at(b, at);
    const size_t waiting = chunk + 1 - b->n_received_used;
    for (size_t p = 0; p < s->n; p++) {
        if (p == s->me)
            continue;
        const pt_status status = recv_corrections(b, p, at, n, error);
        if (status != PT_OK)
            return status;
    }
    if (!abit_keys_are_single(s)) {
        b->keys_at = cursor_at_chunk(b, b->keys_at, chunk, chunk + 1);
    } else if (waiting == b->n_ahead || chunk + 1 == b->n_chunks) {
        (void)workers_run(s->workers, waiting, use_corrections, b);
        b->keys_at = cursor_at_chunk(b, b->keys_at, 0, waiting);
        b->n_received_used += waiting;
    }
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
        .frames = b->n_chunks,
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
static void finish_pairs(const bit_batch *b, const bit_worker *k, abit_cursor c,
                         const block *weights, size_t n)
{
    const size_t peer = 1 - b->s->me;
    const size_t slot = key_slot(b->s->me, peer);
    const abit_held v = abit_get_planes(&b->places, c, slot, k->held, n);
    const abit_held w = abit_get_planes(&b->places, c, PAIR_KEY_SLOT, k->held + HELD_BLOCKS, n);
    plane_hash_add(&k->v[peer], v.at, v.stride, weights, n);
    plane_hash_add(&k->w[peer], w.at, w.stride, weights, n);
    abit_make_pairs(&b->places, c, v, w, n);
}

/* Of n <= CHECK_BLOCKS blocks the MACs towards all peers. */
static void finish_macs(const bit_batch *b, const bit_worker *k, abit_cursor c,
                        const block *weights, size_t n)
{
    const session *s = b->s;
    for (size_t p = 0; p < s->n; p++) {
        if (p == s->me)
            continue;
        block *rows = k->held + key_slot(s->me, p) * HELD_BLOCKS;
        const abit_held v = abit_get_planes(&b->places, c, key_slot(s->me, p), rows, n);
        plane_hash_add(&k->v[p], v.at, v.stride, weights, n);
        for (size_t t = 0; t < n; t++)
            transpose_128(rows + t * MPC_KAPPA, v.at + t * v.stride, 1);
    }
    for (size_t p = 0; p < s->n; p++) {
        if (p != s->me)
            abit_spread_macs(&b->places, c, p, k->held + key_slot(s->me, p) * HELD_BLOCKS, n);
    }
}

static void finish_keys(const bit_batch *b, const bit_worker *k, abit_cursor c,
                        const block *weights, size_t at, size_t n)
{
    for (size_t p = 0; p < b->s->n; p++) {
        if (p == b->s->me)
            continue;
        make_key_planes(b, k, p, at, n);
        plane_hash_add(&k->w[p], k->planes, MPC_KAPPA, weights, n);
        abit_spread_planes(&b->places, c, p, ABIT_ROWS_KEY, k->planes, b->x + at, n);
    }
}

/* The chunks whose weights are there. */
typedef struct finish_run {
    const bit_batch *b;
    size_t first;  /* chunk */
    abit_cursor c; /* there */
} finish_run;

static bool finish_chunk(void *user, size_t round, size_t worker)
{
    const finish_run *f = user;
    const bit_batch *b = f->b;
    const bit_worker *k = &b->workers[worker];
    const block *weights = b->weights + round * COT_CHUNK;
    const size_t at = (f->first + round) * COT_CHUNK;
    const size_t n = chunk_blocks_at(b, at);
    const abit_cursor c = cursor_at_chunk(b, f->c, 0, round);
    abit_cursor here = c;
    take_corrections(b, k, c, n);
    for (size_t t = 0; t < n; t += CHECK_BLOCKS) {
        const size_t count = min_size(CHECK_BLOCKS, n - t);
        if (abit_keys_are_single(b->s))
            finish_pairs(b, k, here, weights + t, count);
        else
            finish_macs(b, k, here, weights + t, count);
        abit_cursor_advance(&b->places, &here, CHECK_BLOCKS * COT_BLOCK_BITS);
    }
    if (!abit_keys_are_single(b->s))
        finish_keys(b, k, c, weights, at, n);
    return true;
}

static void finish_blocks(bit_batch *b, block chi)
{
    check_weights next;
    gf_acc x_tilde = {0};
    finish_run f = {.b = b};
    check_weights_init(&next, chi);
    for (; f.first < b->n_chunks; f.first += b->n_ahead) {
        const size_t at = f.first * COT_CHUNK;
        const size_t n = min_size(b->n_ahead * COT_CHUNK, b->n_blocks - at);
        check_weights_next(&next, b->weights, n, at + n == b->n_blocks);
        gf_dot_add(&x_tilde, b->x + at, b->weights, n);
        (void)workers_run(b->s->workers, (n + COT_CHUNK - 1) / COT_CHUNK, finish_chunk, &f);
        abit_cursor_advance(&b->places, &f.c, n * COT_BLOCK_BITS);
    }
    PT_ASSERT(f.c.range == b->places.n_ranges); /* every bit has come */
    b->x_tilde = gf_reduce(&x_tilde);
}

/* To the first worker's hashes those of the others. */
static void add_hashes(const bit_batch *b)
{
    for (size_t i = 1; i < b->n_workers; i++) {
        for (size_t p = 0; p < b->s->n; p++) {
            plane_hash_join(&b->workers[0].v[p], &b->workers[i].v[p]);
            plane_hash_join(&b->workers[0].w[p], &b->workers[i].w[p]);
        }
    }
}

/* ---- ABCHK ---- */

/* P_i -> P_j: the digest of the hashed V planes. */
static void put_check(bit_batch *b, wave *w, size_t peer)
{
    block values[MPC_KAPPA];
    uint8_t digest[DIGEST_BYTES];
    plane_hash_values(values, &b->workers[0].v[peer]);
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
    plane_hash_values(values, &b->workers[0].w[peer]);
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
    add_hashes(&b);
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
