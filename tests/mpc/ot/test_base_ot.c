/* Base OTs: the receiver gets the message it chose and cannot open the other; invalid points and
 * the identity are refused; every field of the context matters. */
#include "support/test.h"

#include <sodium.h>

#include "crypto/crypto.h"
#include "crypto/ct.h"
#include "mpc/ot/base_ot.h"

#define INSTANCE 64 /* bytes of one OT in BOT1 and in BOT2 */

static uint8_t sid[32] = {1, 2, 3};
static workers *crew;

typedef struct run {
    base_ot_pair pair;
    block choices;
    rng random;
    base_ot_receiver receiver;
    block messages[BASE_OT_COUNT][2];
    block chosen[BASE_OT_COUNT];
    uint8_t bot1[BASE_OT_BOT1_SIZE];
    uint8_t bot2[BASE_OT_BOT2_SIZE];
} run;

static void run_init(run *r, uint64_t seed)
{
    rng_init_seed(&r->random, block_make(1, seed));
    r->pair = (base_ot_pair){.sid = sid, .i = 2, .j = 5, .workers = crew};
    r->choices = rng_block(&r->random);
    rng_blocks(&r->random, r->messages[0], 2 * BASE_OT_COUNT);
    base_ot_choose(&r->receiver, r->pair, r->choices, &r->random);
    memcpy(r->bot1, r->receiver.bot1, sizeof r->bot1);
}

static bool run_send(run *r)
{
    return base_ot_send(r->bot2, r->pair, r->bot1, (const block(*)[2])r->messages, &r->random);
}

static bool run_receive(run *r)
{
    return base_ot_receive(r->chosen, &r->receiver, r->bot2);
}

/* How many of the 128 instances gave the chosen message. */
static size_t n_right(const run *r)
{
    size_t right = 0;
    for (unsigned t = 0; t < BASE_OT_COUNT; t++)
        right += ct_block_equal(r->chosen[t], r->messages[t][block_bit(r->choices, t)]);
    return right;
}

static void the_chosen_messages_arrive(void **state)
{
    (void)state;
    for (uint64_t seed = 0; seed < 3; seed++) {
        run r;
        run_init(&r, seed);
        assert_true(run_send(&r));
        assert_true(run_receive(&r));
        assert_int_equal(n_right(&r), BASE_OT_COUNT);
        for (unsigned t = 0; t < BASE_OT_COUNT; t++) {
            const block other = r.messages[t][1 ^ block_bit(r.choices, t)];
            assert_false(ct_block_equal(r.chosen[t], other));
        }
    }
}

static void first_messages_hide_the_choice(void **state)
{
    (void)state;
    /* Both elements are valid and all are different, whatever the choice. */
    run r;
    run_init(&r, 7);
    for (size_t a = 0; a < 2 * BASE_OT_COUNT; a++) {
        assert_int_equal(crypto_core_ristretto255_is_valid_point(r.bot1 + 32 * a), 1);
        for (size_t b = 0; b < a; b++)
            assert_memory_not_equal(r.bot1 + 32 * a, r.bot1 + 32 * b, 32);
    }
}

static void nothing_random_serves_twice(void **state)
{
    (void)state;
    static run r;
    run_init(&r, 8);
    assert_true(run_send(&r));
    for (size_t a = 0; a < BASE_OT_COUNT; a++) {
        for (size_t b = 0; b < a; b++) {
            assert_memory_not_equal(r.receiver.scalars[a], r.receiver.scalars[b], SCALAR_BYTES);
            assert_memory_not_equal(r.bot2 + a * INSTANCE, r.bot2 + b * INSTANCE, POINT_BYTES);
        }
    }
}

static void invalid_points_are_refused(void **state)
{
    (void)state;
    static const uint8_t identity[32];
    static const uint8_t above_p[32] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
                                        0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
                                        0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
                                        0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f};
    static const uint8_t negative[32] = {1};
    const uint8_t *bad[] = {identity, above_p, negative};
    static run r;
    for (size_t b = 0; b < 3; b++) {
        const size_t where[] = {0, 32, 77 * INSTANCE, 127 * INSTANCE + 32};
        for (size_t i = 0; i < 4; i++) {
            run_init(&r, 9);
            memcpy(r.bot1 + where[i], bad[b], 32);
            assert_false(run_send(&r));
            run_init(&r, 9);
            assert_true(run_send(&r));
            memcpy(r.bot2 + where[i] / INSTANCE * INSTANCE, bad[b], 32);
            assert_false(run_receive(&r));
        }
    }
}

/* r_1 := -HG(ctx, 1, r_0) would make A_1 the identity. The hash is not visible here, so solve for
 * it from what the sender computes: A_c = a G, hence HG = a G - r_c, for the chosen side. */
static void an_identity_product_is_refused(void **state)
{
    (void)state;
    static run r;
    run_init(&r, 11);
    const unsigned c = block_bit(r.choices, 0);
    uint8_t a_point[32], hashed[32], negated[32], zero[32];
    assert_int_equal(crypto_scalarmult_ristretto255_base(a_point, r.receiver.scalars[0]), 0);
    (void)crypto_core_ristretto255_sub(hashed, a_point, r.bot1 + 32 * c);
    (void)crypto_core_ristretto255_sub(zero, hashed, hashed);
    (void)crypto_core_ristretto255_sub(negated, zero, hashed);
    memcpy(r.bot1 + 32 * c, negated, 32);
    assert_false(run_send(&r));
}

static void a_changed_context_gives_other_keys(void **state)
{
    (void)state;
    static run r;
    static uint8_t other_sid[32] = {1, 2, 4};
    for (int c = 0; c < 3; c++) {
        run_init(&r, 13);
        if (c == 0)
            r.pair.sid = other_sid;
        else if (c == 1)
            r.pair.i++;
        else
            r.pair.j++;
        assert_true(run_send(&r));
        assert_true(run_receive(&r));
        assert_int_equal(n_right(&r), 0);
    }
}

static void instances_do_not_mix(void **state)
{
    (void)state;
    static run r;
    uint8_t first[INSTANCE];
    /* The answer to instance 0 moved to instance 1 and back gives nothing. */
    run_init(&r, 15);
    assert_true(run_send(&r));
    memcpy(first, r.bot2, INSTANCE);
    memcpy(r.bot2, r.bot2 + INSTANCE, INSTANCE);
    memcpy(r.bot2 + INSTANCE, first, INSTANCE);
    assert_true(run_receive(&r));
    assert_int_equal(n_right(&r), BASE_OT_COUNT - 2);
    /* The same for the receiver's elements. */
    run_init(&r, 15);
    memcpy(first, r.bot1, INSTANCE);
    memcpy(r.bot1, r.bot1 + INSTANCE, INSTANCE);
    memcpy(r.bot1 + INSTANCE, first, INSTANCE);
    assert_true(run_send(&r));
    assert_true(run_receive(&r));
    assert_int_equal(n_right(&r), BASE_OT_COUNT - 2);
}

static void a_changed_ciphertext_changes_one_message(void **state)
{
    (void)state;
    static run r;
    run_init(&r, 17);
    assert_true(run_send(&r));
    for (size_t v = 0; v < 2; v++)
        r.bot2[3 * INSTANCE + 32 + 16 * v] ^= 1;
    assert_true(run_receive(&r));
    assert_int_equal(n_right(&r), BASE_OT_COUNT - 1);
}

static int start(void **state)
{
    (void)state;
    return crypto_init(NULL) == PT_OK && workers_new(&crew, 3) ? 0 : 1;
}

static int stop(void **state)
{
    (void)state;
    workers_free(crew);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_chosen_messages_arrive),
        cmocka_unit_test(first_messages_hide_the_choice),
        cmocka_unit_test(nothing_random_serves_twice),
        cmocka_unit_test(invalid_points_are_refused),
        cmocka_unit_test(an_identity_product_is_refused),
        cmocka_unit_test(a_changed_context_gives_other_keys),
        cmocka_unit_test(instances_do_not_mix),
        cmocka_unit_test(a_changed_ciphertext_changes_one_message),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
