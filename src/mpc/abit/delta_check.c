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

/* The own secrets of a run. Number 2m + b of sums and commitments is d_b of repetition m. */
typedef struct delta_run {
    session *s;
    const block *shares;
    uint64_t commit_wave; /* id of DC1, the step of its commitments */
    block sums[2 * REPETITIONS];
    uint8_t nonces[COMMITMENTS][COMMITMENT_NONCE_BYTES];
    uint8_t *vector; /* the own bits, packed, then M_i[y_m] for each m and i != j, ascending */
    size_t vector_len;
    wave dc1, dc2, dc3;
} delta_run;

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

static pt_status run_dc1(delta_run *r, pt_error *error)
{
    pt_status status = wave_begin(&r->dc1, r->s, WAVE_DC1, error);
    if (status != PT_OK)
        return status;
    r->commit_wave = r->s->wave;
    uint8_t *at = buffer_extend(wave_all(&r->dc1), DC1_BYTES);
    if (at == NULL)
        return error_memory(error);
    for (size_t c = 0; c < VECTOR_NUMBER; c++)
        delta_commit(r, at + c * COMMITMENT_BYTES, r->s->me, c, &r->sums[c], sizeof(block),
                     r->nonces[c]);
    delta_commit(r, at + VECTOR_NUMBER * COMMITMENT_BYTES, r->s->me, VECTOR_NUMBER, r->vector,
                 r->vector_len, r->nonces[VECTOR_NUMBER]);
    wave_expect_each(&r->dc1, DC1_BYTES, 0);
    return wave_run(&r->dc1, error);
}

/* Whether `value` and the nonce behind it open a party's commitment of DC1. */
static bool delta_opens(const delta_run *r, size_t party, size_t number, const uint8_t *value,
                        size_t len)
{
    uint8_t expected[COMMITMENT_BYTES];
    delta_commit(r, expected, party, number, value, len, value + len);
    return ct_equal(expected, wave_all_from(&r->dc1, party) + number * COMMITMENT_BYTES,
                    sizeof expected);
}

static pt_status run_dc2(delta_run *r, pt_error *error)
{
    pt_status status = wave_begin(&r->dc2, r->s, WAVE_DC2, error);
    if (status != PT_OK)
        return status;
    buffer_put(wave_all(&r->dc2), r->vector, r->vector_len);
    buffer_put(wave_all(&r->dc2), r->nonces[VECTOR_NUMBER], COMMITMENT_NONCE_BYTES);
    wave_expect_each(&r->dc2, r->vector_len + COMMITMENT_NONCE_BYTES, 0);
    status = wave_run(&r->dc2, error);
    for (size_t p = 0; status == PT_OK && p < r->s->n; p++) {
        if (p != r->s->me &&
            !delta_opens(r, p, VECTOR_NUMBER, wave_all_from(&r->dc2, p), r->vector_len))
            status = peer_fault(r->s, PT_PEER_COMMITMENT, p, WAVE_DC2,
                                "opened a commitment wrongly", error);
    }
    return status;
}

/* b_{j,m}: the sum of the others' bits, public since DC2. */
static unsigned delta_selected(const delta_run *r, size_t j, size_t m)
{
    unsigned b = 0;
    for (size_t i = 0; i < r->s->n; i++) {
        if (i != j)
            b ^= bits_get(wave_all_from(&r->dc2, i), m);
    }
    return b;
}

/* The sum of M_j[y_m^i] over i != j, which the opened d must be. */
static block mac_sum(const delta_run *r, size_t j, size_t m)
{
    block sum = block_zero();
    for (size_t i = 0; i < r->s->n; i++) {
        if (i != j)
            sum = block_xor(sum, block_load(wave_all_from(&r->dc2, i) + mac_offset(r->s, i, m, j)));
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

/* What another party opened. It has compared that with the MACs as well. */
static pt_status check_party(const delta_run *r, size_t j, pt_error *error)
{
    const session *s = r->s;
    for (size_t m = 0; m < REPETITIONS; m++) {
        const uint8_t *opening = wave_all_from(&r->dc3, j) + m * SUM_BYTES;
        if (!delta_opens(r, j, 2 * m + delta_selected(r, j, m), opening, sizeof(block)))
            return peer_fault(s, PT_PEER_COMMITMENT, j, WAVE_DC3, "opened a commitment wrongly",
                              error);
        if (!ct_block_equal(block_load(opening), mac_sum(r, j, m)))
            return peer_fault(s, PT_PEER_DELTA, j, WAVE_DC3,
                              "used different global keys towards different parties", error);
    }
    return PT_OK;
}

static pt_status run_dc3(delta_run *r, pt_error *error)
{
    session *s = r->s;
    pt_status status = wave_begin(&r->dc3, s, WAVE_DC3, error);
    if (status != PT_OK)
        return status;
    for (size_t m = 0; m < REPETITIONS; m++) {
        const size_t number = 2 * m + delta_selected(r, s->me, m);
        buffer_put(wave_all(&r->dc3), &r->sums[number], sizeof(block));
        buffer_put(wave_all(&r->dc3), r->nonces[number], COMMITMENT_NONCE_BYTES);
    }
    wave_expect_each(&r->dc3, DC3_BYTES, 0);
    status = wave_run(&r->dc3, error);
    for (size_t j = 0; status == PT_OK && j < s->n; j++) {
        if (j != s->me)
            status = check_party(r, j, error);
    }
    return status;
}

static pt_status delta_waves(delta_run *r, pt_error *error)
{
    delta_fill(r);
    pt_status status = run_dc1(r, error);
    if (status != PT_OK)
        return status;
    status = run_dc2(r, error);
    if (status != PT_OK)
        return status;
    status = check_selection(r, error);
    if (status != PT_OK)
        return status;
    return run_dc3(r, error);
}

pt_status delta_check(session *s, const block *shares, pt_error *error)
{
    PT_ASSERT(s->n >= 3);
    PT_DEBUG_ASSERT(shares_agree(shares, REPETITIONS, s->n));
    delta_run *r = mem_new(1, sizeof *r);
    if (r == NULL)
        return error_memory(error);
    r->s = s;
    r->shares = shares;
    r->vector_len = BITS_BYTES + REPETITIONS * (s->n - 1) * sizeof(block);
    r->vector = mem_new(r->vector_len, 1);
    pt_status status = PT_OK;
    if (r->vector == NULL)
        status = error_memory(error);
    else
        status = delta_waves(r, error);
    wave_end(&r->dc1);
    wave_end(&r->dc2);
    wave_end(&r->dc3);
    mem_free_secret(r->vector, r->vector_len);
    mem_free_secret(r, sizeof *r);
    return status;
}
