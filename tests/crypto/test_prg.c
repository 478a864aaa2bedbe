/* Generators: the spec's vector, streams without overlap, wiping. */
#include "crypto/vectors.h"

#include "crypto/crypto.h"

static void vector(void **state)
{
    (void)state;
    const block key = block_from_hex("000102030405060708090a0b0c0d0e0f");
    block got[2];
    prg_expand(got, key, 0, 2);
    assert_block_equal(got[0], block_from_hex("c6a13b37878f5b826f4f8162a1c8d879"));
    assert_block_equal(got[1], block_from_hex("e37cd363dd7c87a09aff0e3e60e09c82"));
    prg_expand(got, key, 1, 1);
    assert_block_equal(got[0], block_from_hex("e37cd363dd7c87a09aff0e3e60e09c82"));
}

static void a_seeded_generator_runs_through_its_stream(void **state)
{
    (void)state;
    const block seed = block_make(1, 2);
    block stream[40];
    block got[40];
    prg_expand(stream, seed, 0, 40);
    rng r;
    rng_init_seed(&r, seed);
    got[0] = rng_block(&r);
    rng_blocks(&r, got + 1, 0);
    rng_blocks(&r, got + 1, 12);
    rng_bytes(&r, got + 13, 16 * 16);
    assert_memory_equal(got, stream, 29 * sizeof(block));
    uint8_t bytes[21] = {0};
    rng_bytes(&r, bytes, 20); /* a started block is not used again */
    assert_memory_equal(bytes, stream + 29, 20);
    assert_int_equal(bytes[20], 0);
    assert_block_equal(rng_block(&r), stream[31]);
    rng_clear(&r);
    const rng zero = {.counter = 0};
    assert_memory_equal(&r, &zero, sizeof r);
}

static void generators_from_the_system_differ(void **state)
{
    (void)state;
    pt_error error;
    assert_int_equal(crypto_init(&error), PT_OK);
    assert_int_equal(crypto_init(NULL), PT_OK);
    rng a;
    rng b;
    rng_init(&a);
    rng_init(&b);
    const block from_a = rng_block(&a);
    const block from_b = rng_block(&b);
    assert_memory_not_equal(&from_a, &from_b, sizeof from_a);
    rng_clear(&a);
    rng_clear(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(vector),
        cmocka_unit_test(a_seeded_generator_runs_through_its_stream),
        cmocka_unit_test(generators_from_the_system_differ),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
