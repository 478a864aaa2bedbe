#include "mpc/ot/base_ot.h"

#include <sodium.h>

#include "base/mem.h"
#include "crypto/ct.h"
#include "crypto/ro.h"
#include "crypto/ro_labels.h"

_Static_assert(crypto_core_ristretto255_BYTES == POINT_BYTES, "libsodium's point size");
_Static_assert(crypto_core_ristretto255_SCALARBYTES == SCALAR_BYTES, "libsodium's scalar size");
_Static_assert(crypto_core_ristretto255_HASHBYTES == 2 * POINT_BYTES, "the map takes 64 bytes");

/* Instances are independent, rounds of a loop: for small circuits this is what all wait for. What
 * is random is drawn before, in the order of the instances. */
#define BOT2_EACH (BASE_OT_BOT2_SIZE / BASE_OT_COUNT)

/* Every hash starts with ctx = (sid, i, j, t) and v. */
static void hash_context(ro *h, const base_ot_pair *pair, uint64_t t, uint64_t v)
{
    ro_field(h, pair->sid, 32);
    ro_u64(h, pair->i);
    ro_u64(h, pair->j);
    ro_u64(h, t);
    ro_u64(h, v);
}

/* HG(ctx, v, r). */
static void hash_to_group(uint8_t ret_point[POINT_BYTES], const base_ot_pair *pair, uint64_t t,
                          uint64_t v, const uint8_t r[POINT_BYTES])
{
    uint8_t wide[crypto_core_ristretto255_HASHBYTES];
    ro h;
    ro_init(&h, sizeof wide, RO_LABEL_BASE_OT_POINT);
    hash_context(&h, pair, t, v);
    ro_field(&h, r, POINT_BYTES);
    ro_final(&h, wide);
    (void)crypto_core_ristretto255_from_hash(ret_point, wide);
    mem_wipe(wide, sizeof wide);
}

/* key_v = RO_16("mpcag/bot-key"; ctx, v, r_0, r_1, B, shared); `r` is r_0 || r_1. */
static block base_ot_pad(const base_ot_pair *pair, uint64_t t, uint64_t v, const uint8_t *r,
                         const uint8_t *b_point, const uint8_t *shared)
{
    ro h;
    ro_init(&h, sizeof(block), RO_LABEL_BASE_OT_KEY);
    hash_context(&h, pair, t, v);
    ro_field(&h, r, POINT_BYTES);
    ro_field(&h, r + POINT_BYTES, POINT_BYTES);
    ro_field(&h, b_point, POINT_BYTES);
    ro_field(&h, shared, POINT_BYTES);
    return ro_final_block(&h);
}

static bool is_usable_point(const uint8_t p[POINT_BYTES])
{
    return crypto_core_ristretto255_is_valid_point(p) == 1 && !sodium_is_zero(p, POINT_BYTES);
}

/* A random scalar and its multiple of the base point; repeats in the event (2^-252) of zero. */
static void random_multiple(uint8_t ret_scalar[SCALAR_BYTES], uint8_t ret_point[POINT_BYTES],
                            rng *random)
{
    uint8_t wide[crypto_core_ristretto255_NONREDUCEDSCALARBYTES];
    do {
        rng_bytes(random, wide, sizeof wide);
        crypto_core_ristretto255_scalar_reduce(ret_scalar, wide);
    } while (crypto_scalarmult_ristretto255_base(ret_point, ret_scalar) != 0);
    mem_wipe(wide, sizeof wide);
}

/* Writes a and b in this order for choice 0, in the other for choice 1. */
static void put_swapped(uint8_t *ret, const uint8_t *a, const uint8_t *b, unsigned choice)
{
    const uint8_t mask = (uint8_t)(0u - choice);
    for (size_t i = 0; i < POINT_BYTES; i++) {
        const uint8_t difference = (uint8_t)((a[i] ^ b[i]) & mask);
        ret[i] = a[i] ^ difference;
        ret[POINT_BYTES + i] = b[i] ^ difference;
    }
}

typedef struct choosing {
    base_ot_receiver *r;
    uint8_t own[BASE_OT_COUNT][POINT_BYTES]; /* the scalars' multiples of the base point */
} choosing;

/* What is drawn for the element of unknown logarithm stands where BOT1 of the instance will. */
static bool choose_one(void *user, size_t t, size_t worker)
{
    const choosing *x = user;
    uint8_t other[POINT_BYTES], hashed[POINT_BYTES], chosen[POINT_BYTES];
    uint8_t *bot1 = x->r->bot1 + t * 2 * POINT_BYTES;
    const unsigned c = block_bit(x->r->choices, (unsigned)t);
    (void)worker;
    (void)crypto_core_ristretto255_from_hash(other, bot1);
    hash_to_group(hashed, &x->r->pair, t, c, other);
    /* Both operands are valid points, so this cannot fail. */
    (void)crypto_core_ristretto255_sub(chosen, x->own[t], hashed);
    put_swapped(bot1, chosen, other, c);
    mem_wipe(other, sizeof other);
    mem_wipe(hashed, sizeof hashed);
    mem_wipe(chosen, sizeof chosen);
    return true;
}

void base_ot_choose(base_ot_receiver *r, base_ot_pair pair, block choices, rng *random)
{
    choosing x = {.r = r};
    r->pair = pair;
    r->choices = choices;
    for (size_t t = 0; t < BASE_OT_COUNT; t++) {
        random_multiple(r->scalars[t], x.own[t], random);
        rng_bytes(random, r->bot1 + t * 2 * POINT_BYTES, 2 * POINT_BYTES);
    }
    (void)workers_run(pair.workers, BASE_OT_COUNT, choose_one, &x);
    mem_wipe(x.own, sizeof x.own);
}

/* shared = b (r_v + HG(ctx, v, r_{1-v})). */
static bool shared_point(uint8_t ret[POINT_BYTES], const base_ot_pair *pair, uint64_t t, unsigned v,
                         const uint8_t *r, const uint8_t b[SCALAR_BYTES])
{
    uint8_t hashed[POINT_BYTES], a[POINT_BYTES];
    hash_to_group(hashed, pair, t, v, r + (1 - v) * POINT_BYTES);
    return crypto_core_ristretto255_add(a, r + v * POINT_BYTES, hashed) == 0 &&
           crypto_scalarmult_ristretto255(ret, b, a) == 0;
}

/* B, the multiple of b, stands there already. */
static bool send_one(uint8_t *ret, const base_ot_pair *pair, uint64_t t, const uint8_t *r,
                     const block message[2], const uint8_t b[SCALAR_BYTES])
{
    uint8_t shared[POINT_BYTES];
    bool ok = is_usable_point(r) && is_usable_point(r + POINT_BYTES);
    for (unsigned v = 0; ok && v < 2; v++) {
        ok = shared_point(shared, pair, t, v, r, b);
        if (ok)
            block_store(ret + POINT_BYTES + v * sizeof(block),
                        block_xor(message[v], base_ot_pad(pair, t, v, r, ret, shared)));
    }
    mem_wipe(shared, sizeof shared);
    return ok;
}

typedef struct sending {
    uint8_t *bot2;
    const base_ot_pair *pair;
    const uint8_t *bot1;
    const block (*messages)[2];
    uint8_t scalars[BASE_OT_COUNT][SCALAR_BYTES];
} sending;

static bool send_round(void *user, size_t t, size_t worker)
{
    const sending *s = user;
    (void)worker;
    return send_one(s->bot2 + t * BOT2_EACH, s->pair, t, s->bot1 + t * 2 * POINT_BYTES,
                    s->messages[t], s->scalars[t]);
}

bool base_ot_send(uint8_t ret_bot2[BASE_OT_BOT2_SIZE], base_ot_pair pair,
                  const uint8_t bot1[BASE_OT_BOT1_SIZE], const block (*messages)[2], rng *random)
{
    sending s = {.bot2 = ret_bot2, .pair = &pair, .bot1 = bot1, .messages = messages};
    for (size_t t = 0; t < BASE_OT_COUNT; t++)
        random_multiple(s.scalars[t], ret_bot2 + t * BOT2_EACH, random);
    const size_t done = workers_run(pair.workers, BASE_OT_COUNT, send_round, &s);
    mem_wipe(s.scalars, sizeof s.scalars);
    return done == BASE_OT_COUNT;
}

static bool receive_one(block *ret_message, const base_ot_receiver *r, unsigned t,
                        const uint8_t *bot2)
{
    uint8_t shared[POINT_BYTES];
    const unsigned c = block_bit(r->choices, t);
    const uint8_t *e = bot2 + POINT_BYTES;
    const bool ok =
        is_usable_point(bot2) && crypto_scalarmult_ristretto255(shared, r->scalars[t], bot2) == 0;
    if (ok)
        *ret_message = block_xor(
            ct_select(c, block_load(e + sizeof(block)), block_load(e)),
            base_ot_pad(&r->pair, t, c, r->bot1 + (size_t)t * 2 * POINT_BYTES, bot2, shared));
    mem_wipe(shared, sizeof shared);
    return ok;
}

typedef struct receiving {
    block *messages;
    const base_ot_receiver *r;
    const uint8_t *bot2;
} receiving;

static bool receive_round(void *user, size_t t, size_t worker)
{
    const receiving *x = user;
    (void)worker;
    return receive_one(&x->messages[t], x->r, (unsigned)t, x->bot2 + t * BOT2_EACH);
}

bool base_ot_receive(block ret_messages[BASE_OT_COUNT], const base_ot_receiver *r,
                     const uint8_t bot2[BASE_OT_BOT2_SIZE])
{
    receiving x = {.messages = ret_messages, .r = r, .bot2 = bot2};
    return workers_run(r->pair.workers, BASE_OT_COUNT, receive_round, &x) == BASE_OT_COUNT;
}

const base_ot base_ot_ristretto = {base_ot_choose, base_ot_send, base_ot_receive};
