/* The Delta consistency check (protocol spec, section 3.3; WRK17b = eprint 2017/189, Pi_aShare):
 * P_j commits to d_0 and d_1 for 64 verified bits, everybody shows bits and MACs, P_j opens the one
 * that the others' bits select, after it has seen that this is what their MACs add up to. With
 * unequal Delta towards two honest parties each repetition fails with probability 1/2. */
#include "base/assert.h"
#include "base/bits.h"
#include "base/error.h"
#include "base/mem.h"
#include "crypto/ct.h"
#include "crypto/ro.h"
#include "mpc/abit/abit.h"
#include "mpc/abit/share.h"
#include "mpc/session/fault.h"
#include "mpc/session/wave.h"

#define REPETITIONS   MPC_DELTA_CHECK_REPETITIONS
#define BITS_BYTES    (REPETITIONS / 8)
#define COMMITMENTS   (2 * REPETITIONS + 1)
#define VECTOR_NUMBER (2 * REPETITIONS) /* number of the vector's commitment in the wave */
#define DC1_BYTES     (COMMITMENTS * COMMITMENT_BYTES)
#define SUM_BYTES     (sizeof(block) + COMMITMENT_NONCE_BYTES)
#define DC3_BYTES     (REPETITIONS * SUM_BYTES)

_Static_assert(REPETITIONS % 8 == 0, "the bit vector has no padding");

/* The own secrets of a run, and what came. Number 2m + b of sums and commitments is d_b of
 * repetition m. */
struct delta_run {
    session *s;
    const block *shares;
    uint64_t commit_wave; /* id of DC1, the step of its commitments */
    block sums[2 * REPETITIONS];
    uint8_t nonces[COMMITMENTS][COMMITMENT_NONCE_BYTES];
    uint8_t *vector; /* the own bits, packed, then M_i[y_m] for each m and i != j, ascending */
    size_t vector_len;
    uint8_t *commitments; /* DC1 of every party, DC1_BYTES each */
    uint8_t *vectors;     /* DC2 likewise, vector_len each */
};

static const uint8_t *commitments_of(const delta_run *r, size_t party)
{
    return r->commitments + party * DC1_BYTES;
}

static const uint8_t *vector_of(const delta_run *r, size_t party)
{
    return r->vectors + party * r->vector_len;
}

static size_t mac_offset(const session *s, size_t holder, size_t m, size_t key_owner)
{
    return BITS_BYTES + (m * (s->n - 1) + key_slot(holder, key_owner)) * sizeof(block);
}

/* d_0 = R_j[y] xor y^j Delta_j, d_1 = d_0 xor Delta_j, and the vector. */
static void delta_fill(delta_run *r)
{
    session *s = r->s;
    for (size_t m = 0; m < REPETITIONS; m++) {
        const block *share = r->shares + m * s->n;
        r->sums[2 * m] = block_xor(share[0], block_if(share_bit(share), s->delta));
        r->sums[2 * m + 1] = block_xor(r->sums[2 * m], s->delta);
        bits_set(r->vector, m, share_bit(share));
        for (size_t i = 0; i < s->n; i++) {
            if (i != s->me)
                block_store(r->vector + mac_offset(s, s->me, m, i), share[share_slot(s->me, i)]);
        }
    }
    HOOK(s, "dc_sums", r->sums, sizeof r->sums);
    HOOK(s, "dc_vector", r->vector, r->vector_len);
    rng_bytes(&s->rng, r->nonces, sizeof r->nonces);
}

static void delta_commit(const delta_run *r, uint8_t *ret, size_t party, size_t number,
                         const void *value, size_t len, const uint8_t *nonce)
{
    commitment_make(ret, r->s->sid, r->commit_wave, number, session_number(party), value, len,
                    nonce);
}

static pt_status dc1_put(void *user, wave *w, pt_error *error)
{
    delta_run *r = user;
    delta_fill(r);
    r->commit_wave = r->s->wave;
    uint8_t *at = buffer_extend(wave_all(w), DC1_BYTES);
    if (at == NULL)
        return error_memory(error);
    for (size_t c = 0; c < VECTOR_NUMBER; c++)
        delta_commit(r, at + c * COMMITMENT_BYTES, r->s->me, c, &r->sums[c], sizeof(block),
                     r->nonces[c]);
    delta_commit(r, at + VECTOR_NUMBER * COMMITMENT_BYTES, r->s->me, VECTOR_NUMBER, r->vector,
                 r->vector_len, r->nonces[VECTOR_NUMBER]);
    wave_expect_each(w, delta_check_bytes(r->s, WAVE_DC1), 0);
    return PT_OK;
}

static pt_status dc1_take(void *user, const wave *w, pt_error *error)
{
    const delta_run *r = user;
    (void)error;
    for (size_t p = 0; p < r->s->n; p++)
        memcpy(r->commitments + p * DC1_BYTES, wave_along_all_from(w, p), DC1_BYTES);
    return PT_OK;
}

/* Whether `value` and the nonce behind it open a party's commitment of DC1. */
static bool delta_opens(const delta_run *r, size_t party, size_t number, const uint8_t *value,
                        size_t len)
{
    uint8_t expected[COMMITMENT_BYTES];
    delta_commit(r, expected, party, number, value, len, value + len);
    return ct_equal(expected, commitments_of(r, party) + number * COMMITMENT_BYTES,
                    sizeof expected);
}

static pt_status dc2_put(void *user, wave *w, pt_error *error)
{
    const delta_run *r = user;
    (void)error;
    buffer_put(wave_all(w), r->vector, r->vector_len);
    buffer_put(wave_all(w), r->nonces[VECTOR_NUMBER], COMMITMENT_NONCE_BYTES);
    wave_expect_each(w, delta_check_bytes(r->s, WAVE_DC2), 0);
    return PT_OK;
}

/* b_{j,m}: the sum of the others' bits, public since DC2. */
static unsigned delta_selected(const delta_run *r, size_t j, size_t m)
{
    unsigned b = 0;
    for (size_t i = 0; i < r->s->n; i++) {
        if (i != j)
            b ^= bits_get(vector_of(r, i), m);
    }
    return b;
}

/* The sum of M_j[y_m^i] over i != j, which the opened d must be. */
static block mac_sum(const delta_run *r, size_t j, size_t m)
{
    block sum = block_zero();
    for (size_t i = 0; i < r->s->n; i++) {
        if (i != j)
            sum = block_xor(sum, block_load(vector_of(r, i) + mac_offset(r->s, i, m, j)));
    }
    return sum;
}

/* Before an own sum is opened: what the others' bits select must be what their MACs add up to. A
 * flipped bit would select the other sum, and the two together are Delta. */
static pt_status check_selection(const delta_run *r, pt_error *error)
{
    session *s = r->s;
    block wrong = block_zero();
    for (size_t m = 0; m < REPETITIONS; m++) {
        const block d = r->sums[2 * m + delta_selected(r, s->me, m)];
        wrong = block_or(wrong, block_xor(d, mac_sum(r, s->me, m)));
    }
    HOOK(s, "dc_difference", &wrong, sizeof wrong);
    if (ct_block_equal(wrong, block_zero()))
        return PT_OK;
    return peers_fault(s, PT_PEER_DELTA, WAVE_DC2, "showed bits that are not those it holds",
                       "some party showed bits for the key check that are not those it holds",
                       error);
}

/* The vectors, and the comparison before anything more is sent. */
static pt_status dc2_take(void *user, const wave *w, pt_error *error)
{
    const delta_run *r = user;
    for (size_t p = 0; p < r->s->n; p++) {
        const uint8_t *opening = wave_along_all_from(w, p);
        if (p != r->s->me && !delta_opens(r, p, VECTOR_NUMBER, opening, r->vector_len))
            return peer_fault(r->s, PT_PEER_COMMITMENT, p, WAVE_DC2, "opened a commitment wrongly",
                              error);
        memcpy(r->vectors + p * r->vector_len, opening, r->vector_len);
    }
    return check_selection(r, error);
}

/* What another party opened. It has compared that with the MACs as well. */
static pt_status check_party(const delta_run *r, size_t j, const uint8_t *openings, pt_error *error)
{
    const session *s = r->s;
    for (size_t m = 0; m < REPETITIONS; m++) {
        const uint8_t *opening = openings + m * SUM_BYTES;
        if (!delta_opens(r, j, 2 * m + delta_selected(r, j, m), opening, sizeof(block)))
            return peer_fault(s, PT_PEER_COMMITMENT, j, WAVE_DC3, "opened a commitment wrongly",
                              error);
        if (!ct_block_equal(block_load(opening), mac_sum(r, j, m)))
            return peer_fault(s, PT_PEER_DELTA, j, WAVE_DC3,
                              "used different global keys towards different parties", error);
    }
    return PT_OK;
}

static pt_status dc3_put(void *user, wave *w, pt_error *error)
{
    const delta_run *r = user;
    (void)error;
    for (size_t m = 0; m < REPETITIONS; m++) {
        const size_t number = 2 * m + delta_selected(r, r->s->me, m);
        buffer_put(wave_all(w), &r->sums[number], sizeof(block));
        buffer_put(wave_all(w), r->nonces[number], COMMITMENT_NONCE_BYTES);
    }
    wave_expect_each(w, delta_check_bytes(r->s, WAVE_DC3), 0);
    return PT_OK;
}

static pt_status dc3_take(void *user, const wave *w, pt_error *error)
{
    const delta_run *r = user;
    for (size_t j = 0; j < r->s->n; j++) {
        const pt_status status =
            j == r->s->me ? PT_OK : check_party(r, j, wave_along_all_from(w, j), error);
        if (status != PT_OK)
            return status;
    }
    return PT_OK;
}

static size_t vector_bytes(const session *s)
{
    return BITS_BYTES + REPETITIONS * (s->n - 1) * sizeof(block);
}

size_t delta_check_bytes(const session *s, wave_name step)
{
    if (step == WAVE_DC1)
        return DC1_BYTES;
    return step == WAVE_DC2 ? vector_bytes(s) + COMMITMENT_NONCE_BYTES : DC3_BYTES;
}

pt_status delta_check_init(delta_check *ret_check, session *s, const block *shares, pt_error *error)
{
    PT_ASSERT(s->n >= 3);
    PT_DEBUG_ASSERT(shares_agree(shares, REPETITIONS, s->n));
    delta_run *r = mem_new(1, sizeof *r);
    *ret_check = (delta_check){.dc1 = {WAVE_DC1, dc1_put, dc1_take, r},
                               .dc2 = {WAVE_DC2, dc2_put, dc2_take, r},
                               .dc3 = {WAVE_DC3, dc3_put, dc3_take, r},
                               .run = r};
    if (r == NULL)
        return error_memory(error);
    r->s = s;
    r->shares = shares;
    r->vector_len = vector_bytes(s);
    r->vector = mem_new(r->vector_len, 1);
    r->commitments = mem_new(s->n, DC1_BYTES);
    r->vectors = mem_new(s->n, r->vector_len);
    if (r->vector == NULL || r->commitments == NULL || r->vectors == NULL)
        return error_memory(error);
    return PT_OK;
}

void delta_check_clear(delta_check *c)
{
    delta_run *r = c->run;
    if (r == NULL)
        return;
    mem_free_secret(r->commitments, r->s->n * DC1_BYTES);
    mem_free_secret(r->vectors, r->s->n * r->vector_len);
    mem_free_secret(r->vector, r->vector_len);
    mem_free_secret(r, sizeof *r);
    *c = (delta_check){0};
}
