/* The random oracle and commitments: the spec's vectors, field encoding, binding of each field. */
#include "crypto/vectors.h"

#include "crypto/ro.h"
#include "crypto/ro_labels.h"

static void assert_hex(const uint8_t *got, const char *hex, size_t len)
{
    uint8_t expected[64];
    bytes_from_hex(expected, hex, len);
    assert_memory_equal(got, expected, len);
}

static void vectors(void **state)
{
    (void)state;
    uint8_t digest[32];
    ro h;
    ro_init(&h, 32, "mpcag/test");
    ro_field(&h, "abc", 3);
    ro_block(&h, block_zero());
    ro_final(&h, digest);
    assert_hex(digest, "dc4fc44992aa570d138c1a73f60c119a5047facd93178bad282ac39d6ac3cf4f", 32);

    ro_init(&h, 32, "mpcag/int");
    ro_u64(&h, 7);
    ro_block(&h, block_zero());
    ro_final(&h, digest);
    assert_hex(digest, "69fb7737e1044bf5e4121620f5db66d5fd923e955788ee1102cc699728c72520", 32);

    ro_init(&h, 16, "mpcag/test");
    assert_block_equal(ro_final_block(&h), block_from_hex("6b367aaf0b27a6a7530e6035fc63e24c"));
}

/* The tree vectors of appendix A: pid 32 zero bytes, tau = 0, then level 1 or leaf 0. */
static void tree_vectors(void **state)
{
    (void)state;
    const uint8_t pid[32] = {0};
    const block seed = block_from_hex("000102030405060708090a0b0c0d0e0f");
    uint8_t digest[48];
    ro h;
    ro_init(&h, 32, RO_LABEL_GGM);
    ro_field(&h, pid, sizeof pid);
    ro_u32(&h, 0);
    ro_u32(&h, 1);
    ro_block(&h, seed);
    ro_final(&h, digest);
    assert_hex(digest, "b29403ba7726bdcd5888e88e4d241db05e81508aba162b8c1b985854909e0d6e", 32);

    ro_init(&h, 48, RO_LABEL_LEAF);
    ro_field(&h, pid, sizeof pid);
    ro_u32(&h, 0);
    ro_u32(&h, 0);
    ro_block(&h, seed);
    ro_final(&h, digest);
    assert_hex(digest,
               "337ed91cff9f1b66bf36974b0b82243ab38f1aa2a7a86414820968e41c35caef7daf529d74c03901ce5"
               "af3d90034d4b9",
               48);
}

/* enc(s) = LE64(|s|) || s, for the label as for the fields: compared with plain BLAKE2b. */
static void fields_carry_their_length(void **state)
{
    (void)state;
    static const uint8_t encoded[] = {1, 0, 0, 0, 0, 0, 0, 0, 'l',             /* label "l" */
                                      3, 0, 0, 0, 0, 0, 0, 0, 'a',  'b',  'c', /* field "abc" */
                                      0, 0, 0, 0, 0, 0, 0, 0,                  /* empty field */
                                      4, 0, 0, 0, 0, 0, 0, 0, 0x04, 0x03, 0x02, 0x01, /* LE32 */
                                      8, 0, 0, 0, 0, 0, 0, 0, 8,    7,    6,    5,
                                      4, 3, 2, 1}; /* LE64 */
    uint8_t expected[64];
    uint8_t got[64];
    crypto_generichash_blake2b(expected, 64, encoded, sizeof encoded, NULL, 0);
    ro h;
    ro_init(&h, 64, "l");
    ro_field(&h, "abc", 3);
    ro_field(&h, NULL, 0);
    ro_u32(&h, 0x01020304);
    ro_u64(&h, 0x0102030405060708);
    ro_final(&h, got);
    assert_memory_equal(got, expected, 64);

    ro_init(&h, 64, "l");
    ro_field_begin(&h, 3);
    ro_part(&h, "a", 1);
    ro_part(&h, NULL, 0);
    ro_part(&h, "bc", 2);
    ro_field(&h, "", 0);
    ro_u32(&h, 0x01020304);
    ro_u64(&h, 0x0102030405060708);
    ro_final(&h, got);
    assert_memory_equal(got, expected, 64);
    const ro wiped = {.out_len = 0};
    assert_int_equal(h.out_len, wiped.out_len);
}

static void moving_a_field_border_changes_the_digest(void **state)
{
    (void)state;
    ro h;
    ro_init(&h, 16, "mpcag/test");
    ro_field(&h, "ab", 2);
    ro_field(&h, "c", 1);
    const block first = ro_final_block(&h);
    ro_init(&h, 16, "mpcag/test");
    ro_field(&h, "a", 1);
    ro_field(&h, "bc", 2);
    const block second = ro_final_block(&h);
    assert_memory_not_equal(&first, &second, sizeof first);
}

typedef struct commitment_input {
    uint8_t sid[32];
    uint64_t wave;
    uint64_t number;
    uint64_t party;
    uint8_t value[40];
    size_t len;
    uint8_t nonce[COMMITMENT_NONCE_BYTES];
} commitment_input;

static void commit(uint8_t ret[COMMITMENT_BYTES], const commitment_input *in)
{
    commitment_make(ret, in->sid, in->wave, in->number, in->party, in->value, in->len, in->nonce);
}

static commitment_input some_input(void)
{
    commitment_input in = {.wave = 9, .number = 2, .party = 3, .len = 39};
    for (uint8_t i = 0; i < 40; i++)
        in.value[i] = i;
    for (uint8_t i = 0; i < 32; i++) {
        in.sid[i] = (uint8_t)(100 + i);
        in.nonce[i] = (uint8_t)(200 - i);
    }
    return in;
}

static void commitment_is_the_defined_oracle_call(void **state)
{
    (void)state;
    const commitment_input in = some_input();
    const uint8_t step[16] = {9, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0};
    uint8_t expected[32];
    uint8_t got[32];
    ro h;
    ro_init(&h, 32, "mpcag/commit");
    ro_field(&h, in.sid, 32);
    ro_field(&h, step, 16);
    ro_u64(&h, 3);
    ro_field(&h, in.value, 39);
    ro_field(&h, in.nonce, 32);
    ro_final(&h, expected);
    commit(got, &in);
    assert_memory_equal(got, expected, 32);
}

static void assert_other_commitment(const commitment_input *changed)
{
    const commitment_input in = some_input();
    uint8_t original[32];
    uint8_t other[32];
    commit(original, &in);
    commit(other, changed);
    assert_memory_not_equal(original, other, 32);
}

static void commitment_binds_every_field(void **state)
{
    (void)state;
    commitment_input in;
    for (size_t i = 0; i < 32; i++) {
        in = some_input();
        in.sid[i] ^= 1;
        assert_other_commitment(&in);
        in = some_input();
        in.nonce[i] ^= 0x80;
        assert_other_commitment(&in);
    }
    for (size_t i = 0; i < 39; i++) {
        in = some_input();
        in.value[i] ^= 4;
        assert_other_commitment(&in);
    }
    for (unsigned t = 0; t < 64; t++) {
        in = some_input();
        in.wave ^= (uint64_t)1 << t;
        assert_other_commitment(&in);
        in = some_input();
        in.number ^= (uint64_t)1 << t;
        assert_other_commitment(&in);
        in = some_input();
        in.party ^= (uint64_t)1 << t;
        assert_other_commitment(&in);
    }
    in = some_input();
    in.len = 38;
    assert_other_commitment(&in);
    in.len = 40;
    assert_other_commitment(&in);
    in = some_input();
    in.wave = 2; /* wave and number trade places */
    in.number = 9;
    assert_other_commitment(&in);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(vectors),
        cmocka_unit_test(tree_vectors),
        cmocka_unit_test(fields_carry_their_length),
        cmocka_unit_test(moving_a_field_border_changes_the_digest),
        cmocka_unit_test(commitment_is_the_defined_oracle_call),
        cmocka_unit_test(commitment_binds_every_field),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
