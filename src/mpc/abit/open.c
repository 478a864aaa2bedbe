#include "mpc/abit/open.h"

#include "base/bits.h"
#include "base/error.h"
#include "base/le.h"
#include "base/mem.h"
#include "base/min.h"
#include "crypto/ct.h"
#include "crypto/gf128.h"
#include "crypto/ro.h"
#include "crypto/ro_labels.h"
#include "mpc/abit/share.h"
#include "mpc/session/fault.h"

#define TAG_BYTES sizeof(block)

/* Bits h = 0 .. count-1 of which share h is at shares + index[h] * n. */
typedef struct share_list {
    const session *s;
    const block *shares;
    const uint32_t *index; /* NULL: 0, 1, .. */
    size_t count;
} share_list;

static const block *share_of(const share_list *l, size_t h)
{
    return l->shares + (l->index == NULL ? h : l->index[h]) * l->s->n;
}

/* The own bits, packed. */
static void put_own_bits(uint8_t *ret_bits, const share_list *l)
{
    for (size_t at = 0; at < l->count; at += 64) {
        const size_t n = min_size(64, l->count - at);
        uint64_t word = 0;
        for (size_t h = 0; h < n; h++)
            word |= (uint64_t)share_bit(share_of(l, at + h)) << h;
        bits_set_word(ret_bits, at, n, word);
    }
}

#define OPEN_PIECE 64 /* LOCAL: shares hashed at once, which then are in the first-level cache */

/* Slot `slot` of shares at .. at + n - 1; with `bits`, R_i[v_h] xor v_h Delta_i (slot 0). */
static void gather_slot(block *ret, const share_list *l, size_t at, size_t n, size_t slot,
                        const uint8_t *bits)
{
    for (size_t t = 0; t < n; t++) {
        ret[t] = share_of(l, at + t)[slot];
        if (bits != NULL)
            ret[t] = block_xor(ret[t], block_if(bits_get(bits, at + t), l->s->delta));
    }
}

/* Adds slots first .. first + n_slots - 1 of all shares to a hash each. `bits` are of slot 0. */
static void hash_slots(polyhash *hashes, const share_list *l, size_t first, size_t n_slots,
                       const uint8_t *bits)
{
    block piece[OPEN_PIECE];
    for (size_t at = 0; at < l->count; at += OPEN_PIECE) {
        const size_t n = min_size(OPEN_PIECE, l->count - at);
        for (size_t k = 0; k < n_slots; k++) {
            gather_slot(piece, l, at, n, first + k, first + k == 0 ? bits : NULL);
            polyhash_add(&hashes[k], piece, n);
        }
    }
    mem_wipe(piece, sizeof piece);
}

/* PH_chi over one slot of the shares. */
static block hash_slot(const share_list *l, block chi, size_t slot, const uint8_t *bits)
{
    polyhash hash;
    polyhash_init(&hash, chi);
    hash_slots(&hash, l, slot, 1, bits);
    const block value = polyhash_value(&hash);
    mem_wipe(&hash, sizeof hash);
    return value;
}

/* Over each of the n slots, into ret_values. */
static pt_status hash_all_slots(block *ret_values, const share_list *l, block chi,
                                const uint8_t *bits, pt_error *error)
{
    const size_t n = l->s->n;
    polyhash *hashes = mem_new_aligned(n, sizeof *hashes);
    if (hashes == NULL)
        return error_memory(error);
    polyhash_init(&hashes[0], chi);
    for (size_t slot = 1; slot < n; slot++)
        hashes[slot] = hashes[0];
    hash_slots(hashes, l, 0, n, bits);
    for (size_t slot = 0; slot < n; slot++)
        ret_values[slot] = polyhash_value(&hashes[slot]);
    mem_free_secret(hashes, n * sizeof *hashes);
    return PT_OK;
}

/* chi starts as RO_16("mpcag/open"; sid, step, ..); the step is (wave that carries the bits, 0), or
 * 1 in the place of 0 for what travels along, which may be a second opening in the wave. */
static void challenge_init(ro *h, const session *s, uint64_t wave_id, bool along)
{
    uint8_t step[16] = {0};
    le_put_u64(step, wave_id);
    le_put_u64(step + 8, along ? 1 : 0);
    ro_init(h, sizeof(block), RO_LABEL_OPEN);
    ro_field(h, s->sid, SID_BYTES);
    ro_field(h, step, sizeof step);
}

/* Form A: RO_16("mpcag/open"; sid, step, j, P_j's bits). */
static block challenge_a(const session *s, uint64_t wave_id, bool along, size_t party,
                         const uint8_t *bits, size_t m)
{
    ro h;
    challenge_init(&h, s, wave_id, along);
    ro_u64(&h, session_number(party));
    ro_field(&h, bits, bits_bytes(m));
    return ro_final_block(&h);
}

static pt_status open_fault(const session *s, wave_name name, pt_error *error)
{
    return peers_fault(s, PT_PEER_OPENING, name, "opened a shared bit that is not the one it holds",
                       "some party opened a shared bit that is not the one it holds", error);
}

static pt_status open_padding_fault(const session *s, size_t peer, wave_name name, pt_error *error)
{
    return peer_fault(s, PT_PEER_MALFORMED, peer, name, "sent bits with nonzero padding", error);
}

static void bits_xor(uint8_t *a, const uint8_t *b, size_t bytes)
{
    for (size_t i = 0; i < bytes; i++)
        a[i] ^= b[i];
}

/* Form A's check: tag = PH_chi(K_i[v^j] xor v^j Delta_i); with two parties the argument is
 * R_i[v] xor v Delta_i. */
static bool tag_a_is_right(const share_list *l, block chi, const uint8_t *v, const uint8_t *tag)
{
    return ct_block_equal(hash_slot(l, chi, 0, v), block_load(tag));
}

/* Form B, wave 1: everybody's bits. Gives their sum and chi = RO_16("mpcag/open"; sid, step, all
 * bit vectors in party order). */
static pt_status exchange_bits(session *s, wave_name name, size_t m, uint8_t *v, block *ret_chi,
                               const wave_along *along, pt_error *error)
{
    const size_t bytes = bits_bytes(m);
    ro h;
    challenge_init(&h, s, s->wave, false);
    wave w;
    pt_status status = wave_begin(&w, s, name, error);
    if (status != PT_OK)
        goto done;
    buffer_put(wave_all(&w), v, bytes);
    wave_expect_each(&w, (size_t)open_public_bytes(s, m, 0), 0);
    status = wave_put_along(&w, along, error);
    if (status == PT_OK)
        status = wave_run(&w, error);
    for (size_t p = 0; status == PT_OK && p < s->n; p++) {
        const uint8_t *bits = wave_all_from(&w, p);
        ro_field(&h, bits, bytes);
        if (p == s->me)
            continue;
        bits_xor(v, bits, bytes);
        if (!bits_padding_is_zero(bits, m))
            status = open_padding_fault(s, p, name, error);
    }
    if (status == PT_OK)
        *ret_chi = ro_final_block(&h);
    if (status == PT_OK)
        status = wave_take_along(&w, error);
done:
    wave_end(&w);
    return status;
}

/* Form B, wave 2: the tags. */
static pt_status exchange_tags(session *s, wave_name name, const share_list *l, block chi,
                               const uint8_t *v, const wave_along *along, pt_error *error)
{
    block hashes[MPC_MAX_PARTIES];
    wave w;
    pt_status status = wave_begin(&w, s, name, error);
    if (status == PT_OK)
        status = hash_all_slots(hashes, l, chi, v, error);
    if (status != PT_OK)
        goto done;
    for (size_t p = 0; p < s->n; p++) {
        if (p != s->me)
            buffer_put(wave_to(&w, p), &hashes[share_slot(s->me, p)], TAG_BYTES);
    }
    wave_expect_each(&w, 0, (size_t)open_public_bytes(s, l->count, 1));
    status = wave_put_along(&w, along, error);
    if (status == PT_OK)
        status = wave_run(&w, error);
    if (status != PT_OK)
        goto done;
    block sum = hashes[0];
    for (size_t p = 0; p < s->n; p++) {
        if (p != s->me)
            sum = block_xor(sum, block_load(wave_from(&w, p)));
    }
    status =
        ct_block_equal(sum, block_zero()) ? wave_take_along(&w, error) : open_fault(s, name, error);
done:
    wave_end(&w);
    mem_wipe(hashes, sizeof hashes);
    return status;
}

/* ---- One receiver ---- */

size_t open_to_bytes(const session *s, size_t m)
{
    if (m == 0)
        return 0;
    return s->n == 2 ? bits_bytes(m) + TAG_BYTES : m * sizeof(block);
}

void open_to_put(wave *w, size_t receiver, const block *shares, const uint32_t *index, size_t m)
{
    const session *s = w->s;
    const share_list l = {.s = s, .shares = shares, .index = index, .count = m};
    const size_t slot = share_slot(s->me, receiver);
    uint8_t *at = m == 0 ? NULL : buffer_extend(wave_to(w, receiver), open_to_bytes(s, m));
    if (at == NULL)
        return;
    if (s->n == 2) {
        put_own_bits(at, &l);
        block_store(
            at + bits_bytes(m),
            hash_slot(&l, challenge_a(s, s->wave, w->along != NULL, s->me, at, m), slot, NULL));
    } else {
        for (size_t h = 0; h < m; h++)
            block_store(at + h * sizeof(block), share_of(&l, h)[slot]);
    }
}

static share_list list_of(const opening *o)
{
    return (share_list){.s = o->s, .shares = o->shares, .index = o->index, .count = o->count};
}

static pt_status check_form_a(const opening *o, uint8_t *ret_bits, pt_error *error)
{
    const session *s = o->s;
    const share_list l = list_of(o);
    const size_t peer = 1 - s->me;
    const size_t bytes = bits_bytes(o->count);
    const uint8_t *theirs = o->from[peer];
    if (!bits_padding_is_zero(theirs, o->count))
        return open_padding_fault(s, peer, o->name, error);
    if (o->own_bits != NULL)
        memcpy(ret_bits, o->own_bits, bytes);
    else
        put_own_bits(ret_bits, &l);
    bits_xor(ret_bits, theirs, bytes);
    const block chi = challenge_a(s, s->wave - 1, o->along, peer, theirs, o->count);
    if (!tag_a_is_right(&l, chi, ret_bits, theirs + bytes))
        return open_fault(s, o->name, error);
    return PT_OK;
}

/* Form C: for each h, sum of M_i[v_h^j] = R_i[v_h] xor v_h Delta_i, where v_h is the sum of all
 * lowest bits. One verdict for all h. */
static pt_status check_form_c(const opening *o, uint8_t *ret_bits, pt_error *error)
{
    const session *s = o->s;
    const share_list l = list_of(o);
    block wrong = block_zero();
    memset(ret_bits, 0, bits_bytes(o->count));
    for (size_t h = 0; h < o->count; h++) {
        block sum = share_of(&l, h)[0];
        for (size_t p = 0; p < s->n; p++) {
            if (p != s->me)
                sum = block_xor(sum, block_load(o->from[p] + h * sizeof(block)));
        }
        const unsigned v = (unsigned)(sum.lo & 1u);
        bits_set(ret_bits, h, v);
        sum = block_xor(sum, block_if(v, s->delta));
        wrong = block_or(wrong, sum);
    }
    return ct_block_equal(wrong, block_zero()) ? PT_OK : open_fault(s, o->name, error);
}

pt_status open_to_check(const opening *o, uint8_t *ret_bits, pt_error *error)
{
    if (o->count == 0)
        return PT_OK;
    const pt_status status =
        o->s->n == 2 ? check_form_a(o, ret_bits, error) : check_form_c(o, ret_bits, error);
    if (status != PT_OK)
        memset(ret_bits, 0, bits_bytes(o->count));
    return status;
}

/* ---- Everybody ---- */

size_t open_public_waves(const session *s, size_t m)
{
    return s->n == 2 || m <= OPEN_FORM_C_MAX ? 1 : 2;
}

uint64_t open_public_bytes(const session *s, size_t m, size_t round)
{
    if (open_public_waves(s, m) == 1)
        return open_to_bytes(s, m);
    return round == 0 ? bits_bytes(m) : TAG_BYTES;
}

/* To each as to one receiver. */
static pt_status open_at_once(session *s, const share_list *l, wave_name name, uint8_t *ret_bits,
                              const wave_along *along, pt_error *error)
{
    opening o = {.s = s, .name = name, .shares = l->shares, .count = l->count};
    wave w;
    pt_status status = wave_begin(&w, s, name, error);
    if (status != PT_OK)
        goto done;
    for (size_t p = 0; p < s->n; p++) {
        if (p != s->me)
            open_to_put(&w, p, l->shares, NULL, l->count);
    }
    wave_expect_each(&w, 0, (size_t)open_public_bytes(s, l->count, 0));
    status = wave_put_along(&w, along, error);
    if (status == PT_OK)
        status = wave_run(&w, error);
    if (status != PT_OK)
        goto done;
    for (size_t p = 0; p < s->n; p++)
        o.from[p] = p == s->me ? NULL : wave_from(&w, p);
    if (s->n == 2) /* form A begins with them */
        o.own_bits = wave_to(&w, 1 - s->me)->bytes;
    status = open_to_check(&o, ret_bits, error);
    if (status == PT_OK)
        status = wave_take_along(&w, error);
done:
    wave_end(&w);
    return status;
}

/* Form B. `v` holds the own bits at entry, the opened ones at exit. */
static pt_status open_form_b(session *s, const share_list *l, wave_name name, uint8_t *v,
                             const wave_along *with_bits, const wave_along *with_tags,
                             pt_error *error)
{
    block chi;
    put_own_bits(v, l);
    const pt_status status = exchange_bits(s, name, l->count, v, &chi, with_bits, error);
    if (status != PT_OK)
        return status;
    return exchange_tags(s, name, l, chi, v, with_tags, error);
}

pt_status open_public(session *s, wave_name name, const block *shares, size_t m, uint8_t *ret_bits,
                      const wave_along *with_bits, const wave_along *with_tags, pt_error *error)
{
    const share_list l = {.s = s, .shares = shares, .count = m};
    uint8_t *v = mem_new(bits_bytes(m), 1);
    if (v == NULL)
        return error_memory(error);
    pt_status status;
    if (open_public_waves(s, m) == 1)
        status = open_at_once(s, &l, name, v, with_bits, error);
    else
        status = open_form_b(s, &l, name, v, with_bits, with_tags, error);
    if (status == PT_OK && m != 0)
        memcpy(ret_bits, v, bits_bytes(m));
    mem_free_secret(v, bits_bytes(m));
    return status;
}
