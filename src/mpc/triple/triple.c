#include "mpc/triple/triple.h"

#include <limits.h>

#include "base/assert.h"
#include "base/bits.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/min.h"
#include "crypto/hash.h"
#include "mpc/abit/share.h"
#include "mpc/session/fault.h"
#include "mpc/session/stats.h"
#include "mpc/session/wave.h"

#define HASH_BLOCKS 3072 /* LOCAL: hash inputs worked on at once, 48 KiB */

/* Triple h = c len + p of the batch. */
typedef struct position {
    unsigned layer;
    size_t place;
} position;

static position position_of(const triple_layers *t, size_t h)
{
    return (position){(unsigned)(h / t->len), h % t->len};
}

static void position_next(const triple_layers *t, position *at)
{
    if (++at->place == t->len) {
        at->place = 0;
        at->layer++;
    }
}

static size_t triples_count(const triple_layers *t)
{
    return t->n_layers * t->len;
}

static ALWAYS_INLINE uint64_t lo64_sum(const block *v, size_t n)
{
    uint64_t sum = 0;
    for (size_t c = 0; c < n; c++)
        sum ^= v[c].lo;
    return sum;
}

/* eps of the three hashes for each peer j: h_ij of K and of K xor Delta, h_ji of M. */
static void hash_tags(const session *s, uint32_t *ret_eps)
{
    const unsigned i = (unsigned)session_number(s->me);
    for (size_t peer = 0; peer < s->n; peer++) {
        if (peer == s->me)
            continue;
        const unsigned j = (unsigned)session_number(peer);
        uint32_t *eps = ret_eps + 3 * key_slot(s->me, peer);
        eps[0] = hash_eps(i, j);
        eps[1] = hash_eps(i, j);
        eps[2] = hash_eps(j, i);
    }
}

/* The hash inputs of one triple, in the order of hash_tags: the peer with key slot q has share slot
 * q + 1. Returns x^i as a mask. */
static ALWAYS_INLINE uint64_t hash_inputs(const triple_layers *t, position at, size_t n,
                                          block delta, block *ret_in)
{
    const block *x = t->x[at.layer] + at.place * n;
    const size_t kept = keys_kept(n);
    const block *keys = kept == 0 ? NULL : t->x_keys[at.layer] + at.place * kept;
    for (size_t q = 0; q <= kept; q++) {
        const block key = q < kept ? keys[q] : share_last_key(x, keys, delta, n);
        ret_in[3 * q] = key;
        ret_in[3 * q + 1] = block_xor(key, delta);
        ret_in[3 * q + 2] = x[q + 1];
    }
    return (uint64_t)0 - share_bit(x);
}

/* What one triple gives before U of the peers is known, x being x^i as a mask: U_ij for each peer
 * at u[slot * stride], and S_i without the terms x^i U_ji and what r has beside itself. Returns
 * S_i.
 */
static ALWAYS_INLINE uint64_t combine_hashes(const triple_layers *t, position at, size_t n,
                                             const block *hashes, uint64_t x, uint64_t *u,
                                             size_t stride)
{
    const size_t share = at.place * n;
    const uint64_t phi = lo64_sum(t->y[at.layer] + share, n);
    uint64_t sum = (x & phi) ^ lo64_sum(t->r[at.layer] + share, n);
    for (size_t q = 0; q + 1 < n; q++) {
        const block *h = hashes + 3 * q;
        u[q * stride] = h[0].lo ^ h[1].lo ^ phi;
        sum ^= h[0].lo ^ h[2].lo;
    }
    return sum;
}

#define FRAME_WORDS (TRIPLE_FRAME / 64)

/* What a thread works in. */
typedef struct tru_worker {
    block *hashes;
    uint64_t *x; /* x^i of a frame, as masks */
} tru_worker;

/* All of a batch's TRU. */
typedef struct tru_run {
    session *s;
    const triple_layers *t;
    wave front;          /* T over ABCHK, before the frames */
    size_t n_workers;    /* threads at work */
    tru_worker *workers; /* one for each of the session's threads */
    uint32_t *eps;
    size_t step;    /* triples hashed at once */
    size_t n_ahead; /* frames that are computed together */
    size_t n_frames;
    size_t n_made;      /* frames */
    uint64_t *u;        /* of frames made and not sent, one for each peer, by key_slot */
    uint64_t *received; /* a frame */
    uint64_t *x_ahead;  /* x^i of frames made and not answered, packed */
    size_t n_x_ahead;   /* how many these are at most */
} tru_run;

static uint64_t *frame_u(const tru_run *r, size_t frame, size_t slot)
{
    const size_t n_peers = r->s->n - 1;
    return r->u + (frame % r->n_ahead * n_peers + slot) * TRIPLE_FRAME;
}

static uint64_t *frame_x_bits(const tru_run *r, size_t frame)
{
    return r->x_ahead + frame % r->n_x_ahead * FRAME_WORDS;
}

static uint64_t frames_of(uint64_t triples)
{
    return triples / TRIPLE_FRAME + (triples % TRIPLE_FRAME != 0);
}

static size_t step_for(size_t n)
{
    const size_t per_triple = 3 * (n - 1);
    return per_triple < HASH_BLOCKS ? HASH_BLOCKS / per_triple : 1;
}

/* Whose x^i are kept: frames made and not answered. */
static size_t x_frames_ahead(const session *s, uint64_t frames)
{
    return stream_window(s, TRIPLE_FRAME * sizeof(uint64_t)) + session_ahead(s, frames);
}

uint64_t triples_work_bytes(const session *s, uint64_t triples)
{
    const uint64_t frames = frames_of(triples);
    const uint64_t of_worker =
        step_for(s->n) * 3 * (s->n - 1) * sizeof(block) + TRIPLE_FRAME * sizeof(uint64_t);
    const uint64_t of_frame = (s->n - 1) * TRIPLE_FRAME * sizeof(uint64_t);
    return session_busy(s, frames) * of_worker + session_ahead(s, frames) * of_frame +
           TRIPLE_FRAME * sizeof(uint64_t) + x_frames_ahead(s, frames) * TRIPLE_FRAME / CHAR_BIT;
}

static size_t hashes_size(const tru_run *r)
{
    return r->step * 3 * (r->s->n - 1);
}

static size_t u_size(const tru_run *r)
{
    return r->n_ahead * (r->s->n - 1) * TRIPLE_FRAME;
}

static void tru_run_clear(tru_run *r)
{
    for (size_t i = 0; r->workers != NULL && i < r->n_workers; i++) {
        mem_free_secret(r->workers[i].hashes, hashes_size(r) * sizeof(block));
        mem_free_secret(r->workers[i].x, TRIPLE_FRAME * sizeof *r->workers[i].x);
    }
    mem_free(r->workers);
    mem_free(r->eps);
    mem_free_secret(r->u, u_size(r) * sizeof *r->u);
    mem_free_secret(r->received, TRIPLE_FRAME * sizeof *r->received);
    mem_free_secret(r->x_ahead, r->n_x_ahead * FRAME_WORDS * sizeof *r->x_ahead);
}

static bool tru_run_allocate(tru_run *r)
{
    const size_t per_triple = 3 * (r->s->n - 1);
    r->workers = mem_new(r->n_workers, sizeof *r->workers);
    r->eps = mem_new(per_triple, sizeof *r->eps);
    r->u = mem_new(u_size(r), sizeof *r->u);
    r->received = mem_new(TRIPLE_FRAME, sizeof *r->received);
    r->x_ahead = mem_new(r->n_x_ahead * FRAME_WORDS, sizeof *r->x_ahead);
    if (r->workers == NULL || r->eps == NULL || r->u == NULL || r->received == NULL ||
        r->x_ahead == NULL)
        return false;
    for (size_t i = 0; i < r->n_workers; i++) {
        r->workers[i].hashes = mem_new_aligned(hashes_size(r), sizeof(block));
        r->workers[i].x = mem_new(TRIPLE_FRAME, sizeof *r->workers[i].x);
        if (r->workers[i].hashes == NULL || r->workers[i].x == NULL)
            return false;
    }
    return true;
}

static pt_status tru_run_init(tru_run *r, pt_error *error)
{
    r->step = step_for(r->s->n);
    r->n_frames = (size_t)frames_of(triples_count(r->t));
    r->n_workers = session_busy(r->s, r->n_frames);
    r->n_ahead = session_ahead(r->s, r->n_frames);
    r->n_x_ahead = x_frames_ahead(r->s, r->n_frames);
    if (!tru_run_allocate(r))
        return error_memory(error);
    hash_tags(r->s, r->eps);
    return PT_OK;
}

static size_t frame_triples(const triple_layers *t, size_t first)
{
    return min_size(TRIPLE_FRAME, triples_count(t) - first);
}

/* U and S of a frame. n is the number of parties. */
static ALWAYS_INLINE void compute_frame_of(const tru_run *r, size_t frame, const tru_worker *w,
                                           size_t n)
{
    const session *s = r->s;
    const triple_layers *t = r->t;
    const block delta = s->delta;
    const size_t per_triple = 3 * (n - 1);
    const size_t first = frame * TRIPLE_FRAME;
    const size_t count = frame_triples(t, first);
    uint64_t *u = frame_u(r, frame, 0);
    for (size_t done = 0; done < count;) {
        const size_t step = min_size(r->step, count - done);
        position at = position_of(t, first + done);
        for (size_t h = 0; h < step; h++, position_next(t, &at))
            w->x[done + h] = hash_inputs(t, at, n, delta, w->hashes + h * per_triple);
        hash_batch(w->hashes, s->s_tri, s->next_triple_tweak + first + done, step, w->hashes,
                   r->eps, per_triple);
        at = position_of(t, first + done);
        for (size_t h = 0; h < step; h++, position_next(t, &at)) {
            uint64_t *sum = &t->sums[first + done + h];
            const uint64_t beside = first + done + h < t->n_masked ? *sum : 0;
            *sum = beside ^ combine_hashes(t, at, n, w->hashes + h * per_triple, w->x[done + h],
                                           u + done + h, TRIPLE_FRAME);
        }
        done += step;
    }
}

static void keep_x(const tru_run *r, size_t frame, const uint64_t *x)
{
    const size_t count = frame_triples(r->t, frame * TRIPLE_FRAME);
    uint64_t *bits = frame_x_bits(r, frame);
    memset(bits, 0, FRAME_WORDS * sizeof *bits);
    for (size_t h = 0; h < count; h++)
        bits[h / 64] |= (x[h] & 1u) << (h % 64);
}

/* The loops are short: it helps when the compiler knows the number of parties. */
static bool compute_frame(void *user, size_t round, size_t worker)
{
    const tru_run *r = user;
    const tru_worker *w = &r->workers[worker];
    const size_t frame = r->n_made + round;
    switch (r->s->n) {
    case 2:
        compute_frame_of(r, frame, w, 2);
        break;
    case 3:
        compute_frame_of(r, frame, w, 3);
        break;
    default:
        compute_frame_of(r, frame, w, r->s->n);
        break;
    }
    keep_x(r, frame, w->x);
    return true;
}

static pt_status triples_send_frame(void *user, size_t frame, pt_error *error)
{
    tru_run *r = user;
    session *s = r->s;
    const size_t count = frame_triples(r->t, frame * TRIPLE_FRAME);
    if (frame == r->n_made) {
        const size_t ahead = min_size(r->n_ahead, r->n_frames - frame);
        (void)workers_run(s->workers, ahead, compute_frame, r);
        r->n_made += ahead;
    }
    for (size_t peer = 0; peer < s->n; peer++) {
        if (peer == s->me)
            continue;
        const uint64_t *u = frame_u(r, frame, key_slot(s->me, peer));
        const pt_status status =
            stream_send(s, peer, WAVE_TRU, session_batch(s), u, count * sizeof *u, error);
        if (status != PT_OK)
            return status;
    }
    return PT_OK;
}

/* S_i ^= x^i U_ji for the triples of a frame. */
static void apply_corrections(uint64_t *sums, const uint64_t *u, const uint64_t *x_bits,
                              size_t count)
{
    for (size_t h = 0; h < count; h++)
        sums[h] ^= ((uint64_t)0 - ((x_bits[h / 64] >> (h % 64)) & 1u)) & u[h];
}

static pt_status triples_recv_frame(void *user, size_t frame, pt_error *error)
{
    tru_run *r = user;
    session *s = r->s;
    const size_t first = frame * TRIPLE_FRAME;
    const size_t count = frame_triples(r->t, first);
    for (size_t peer = 0; peer < s->n; peer++) {
        if (peer == s->me)
            continue;
        const pt_status status = stream_recv(s, peer, WAVE_TRU, session_batch(s), r->received,
                                             count * sizeof *r->received, error);
        if (status != PT_OK)
            return status;
        apply_corrections(r->t->sums + first, r->received, frame_x_bits(r, frame), count);
    }
    session_progress(s, WAVE_TRU, first + count, triples_count(r->t));
    return PT_OK;
}

static pt_status triples_recv_front(void *user, pt_error *error)
{
    tru_run *r = user;
    const pt_status status = wave_receive(&r->front, error);
    return status != PT_OK ? status : wave_take_along(&r->front, error);
}

static pt_status triples_exchange_corrections(tru_run *r, pt_error *error)
{
    pt_status status = tru_run_init(r, error);
    const stream_exchange frames = {
        .frames = r->n_frames,
        .frame_bytes = TRIPLE_FRAME * sizeof *r->u,
        .recv_before = r->s->n > 2 ? triples_recv_front : NULL,
        .send = triples_send_frame,
        .recv = triples_recv_frame,
        .user = r,
    };
    if (status == PT_OK)
        status = stream_exchange_run(r->s, &frames, error);
    r->s->next_triple_tweak += triples_count(r->t);
    tru_run_clear(r);
    session_mark_time(r->s, WAVE_TRU);
    return status;
}

pt_status triples_correct(session *s, const triple_layers *t, const wave_along *along,
                          pt_error *error)
{
    tru_run r = {.s = s, .t = t};
    PT_ASSERT(t->n_layers >= 1 && t->n_layers <= MPC_BUCKET_MAX);
    PT_DEBUG_ASSERT(shares_agree(t->x[0], t->len, s->n));
    PT_DEBUG_ASSERT(shares_agree(t->y[0], t->len, s->n));
    pt_status status = PT_OK;
    if (s->n > 2) {
        status = wave_begin(&r.front, s, WAVE_BARRIER, error);
        if (status == PT_OK)
            status = wave_put_along(&r.front, along, error);
        if (status == PT_OK)
            status = wave_send(&r.front, error);
    }
    if (status == PT_OK)
        status = triples_exchange_corrections(&r, error);
    wave_end(&r.front);
    HOOK(s, "triple_sums", t->sums, triples_count(t) * sizeof *t->sums);
    return status;
}

/* d of all triples into ret_d: the sum of everybody's parity bits, own ones included. */
static pt_status sum_parities(const wave *w, uint8_t *ret_d, size_t total, pt_error *error)
{
    const session *s = w->s;
    for (size_t party = 0; party < s->n; party++) {
        const uint8_t *bits = wave_all_from(w, party);
        if (!bits_padding_is_zero(bits, total))
            return peer_fault(s, PT_PEER_MALFORMED, party, WAVE_TRS, "sent nonzero padding", error);
        for (size_t b = 0; b < bits_bytes(total); b++)
            ret_d[b] ^= bits[b];
    }
    return PT_OK;
}

/* S ^= d lo64(Delta_i). d is public. */
static void apply_parities(const session *s, const triple_layers *t, const uint8_t *d)
{
    const size_t total = triples_count(t);
    for (size_t h = 0; h < total; h++) {
        const unsigned bit = bits_get(d, h);
        t->zero_sums[h] ^= ((uint64_t)0 - bit) & s->delta.lo;
    }
}

/* Bit 1 of every sum, packed. */
static void put_parities(uint8_t *ret_bits, const uint64_t *sums, size_t total)
{
    for (size_t at = 0; at < total; at += 64) {
        const size_t n = min_size(64, total - at);
        uint64_t word = 0;
        for (size_t h = 0; h < n; h++)
            word |= ((sums[at + h] >> 1) & 1u) << h;
        bits_set_word(ret_bits, at, n, word);
    }
}

/* TRS: d of all triples, packed. */
static pt_status triples_exchange_parities(session *s, const triple_layers *t, uint8_t *ret_d,
                                           const wave_along *along, pt_error *error)
{
    const size_t total = triples_count(t);
    wave w;
    pt_status status = wave_begin(&w, s, WAVE_TRS, error);
    if (status != PT_OK)
        goto done;
    uint8_t *parities = buffer_extend(wave_all(&w), bits_bytes(total));
    if (parities == NULL) {
        status = error_memory(error);
        goto done;
    }
    put_parities(parities, t->sums, total);
    wave_expect_each(&w, triples_trs_bytes(total), 0);
    status = wave_put_along(&w, along, error);
    if (status == PT_OK)
        status = wave_run(&w, error);
    if (status == PT_OK)
        status = sum_parities(&w, ret_d, total, error);
    if (status == PT_OK)
        status = wave_take_along(&w, error);
done:
    wave_end(&w);
    return status;
}

pt_status triples_sum(session *s, const triple_layers *t, uint8_t *ret_d, const wave_along *along,
                      pt_error *error)
{
    memset(ret_d, 0, triples_trs_bytes(triples_count(t)));
    const pt_status status = triples_exchange_parities(s, t, ret_d, along, error);
    if (status == PT_OK)
        apply_parities(s, t, ret_d);
    return status;
}
