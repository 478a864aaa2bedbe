/* Ideal base OTs: pads come from what both sides know, and messages keep their length. */
#include "crypto/ro.h"
#include "mpc/preparations.h"

#define BOT2_OT (POINT_BYTES + 2 * sizeof(block))

static block ideal_pad(const base_ot_pair *pair, uint64_t t, uint64_t v, const uint8_t *bot1,
                       const uint8_t *b_point)
{
    ro h;
    ro_init(&h, sizeof(block), "test/ideal-base-ot");
    ro_field(&h, pair->sid, 32);
    ro_u64(&h, pair->i);
    ro_u64(&h, pair->j);
    ro_u64(&h, t);
    ro_u64(&h, v);
    ro_field(&h, bot1 + t * 2 * POINT_BYTES, 2 * POINT_BYTES);
    ro_field(&h, b_point, POINT_BYTES);
    return ro_final_block(&h);
}

static void ideal_choose(base_ot_receiver *r, base_ot_pair pair, block choices, rng *random)
{
    r->pair = pair;
    r->choices = choices;
    rng_bytes(random, r->bot1, sizeof r->bot1);
}

static bool ideal_send(uint8_t *ret_bot2, base_ot_pair pair, const uint8_t *bot1,
                       const block (*messages)[2], rng *random)
{
    for (size_t t = 0; t < BASE_OT_COUNT; t++) {
        uint8_t *at = ret_bot2 + t * BOT2_OT;
        rng_bytes(random, at, POINT_BYTES);
        for (size_t v = 0; v < 2; v++)
            block_store(at + POINT_BYTES + v * sizeof(block),
                        block_xor(messages[t][v], ideal_pad(&pair, t, v, bot1, at)));
    }
    return true;
}

static bool ideal_receive(block *ret_messages, const base_ot_receiver *r, const uint8_t *bot2)
{
    for (unsigned t = 0; t < BASE_OT_COUNT; t++) {
        const unsigned c = block_bit(r->choices, t);
        const uint8_t *at = bot2 + t * BOT2_OT;
        ret_messages[t] = block_xor(block_load(at + POINT_BYTES + c * sizeof(block)),
                                    ideal_pad(&r->pair, t, c, r->bot1, at));
    }
    return true;
}

const base_ot ideal_base_ot = {ideal_choose, ideal_send, ideal_receive};
