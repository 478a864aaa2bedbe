/* Channel messages as encrypted records. */
#include "support/test.h"

#include <sodium.h>

#include "channel/secure/record.h"

#define RECORD ((size_t)NOISE_MESSAGE_MAX)
#define PLAIN  (RECORD - NOISE_TAG_BYTES)

static noise_cipher sender, receiver;

static void reset(void)
{
    sender = receiver = (noise_cipher){.key = {1, 2, 3}};
}

static uint8_t *sealed(size_t len, size_t *ret_len)
{
    uint8_t *plain = malloc(len + 1);
    *ret_len = record_sealed_len(len);
    uint8_t *out = malloc(*ret_len);
    assert_true(plain != NULL && out != NULL);
    for (size_t i = 0; i < len; i++)
        plain[i] = (uint8_t)(i * 7 + i / 251);
    assert_int_equal(record_seal(&sender, out, len == 0 ? NULL : plain, len), NOISE_OK);
    free(plain);
    return out;
}

static void every_length_comes_back(void **state)
{
    (void)state;
    const size_t lengths[] = {0,         1,         100,           PLAIN - 9,     PLAIN - 8,
                              PLAIN - 7, PLAIN,     2 * PLAIN - 9, 2 * PLAIN - 8, 2 * PLAIN - 7,
                              3 * PLAIN, 5 * PLAIN, 1000000};
    reset();
    for (size_t n = 0; n < sizeof lengths / sizeof *lengths; n++) {
        const size_t len = lengths[n];
        size_t sealed_len = 0, opened = 0;
        uint8_t *bytes = sealed(len, &sealed_len);
        assert_int_equal(sealed_len, len + 8 + (len + 8 + PLAIN - 1) / PLAIN * NOISE_TAG_BYTES);
        assert_int_equal(record_open(&receiver, bytes, sealed_len, &opened), NOISE_OK);
        assert_int_equal(opened, len);
        for (size_t i = 0; i < len; i++) {
            if (bytes[i] != (uint8_t)(i * 7 + i / 251))
                fail_msg("byte %zu of %zu", i, len);
        }
        assert_true(sodium_is_zero(bytes + len, sealed_len - len)); /* no plaintext stays behind */
        free(bytes);
    }
}

static void lengths_that_do_not_fit_are_none(void **state)
{
    (void)state;
    assert_int_equal(record_sealed_len(SIZE_MAX), SIZE_MAX);
    assert_int_equal(record_sealed_len(SIZE_MAX - RECORD), SIZE_MAX);
    for (size_t len = SIZE_MAX - SIZE_MAX / 1000; len < SIZE_MAX - RECORD; len += SIZE_MAX / 100000)
        assert_true(record_sealed_len(len) > len);
}

/* Opening the first `len` bytes must fail and leave nothing. */
static noise_result open_fails(uint8_t *bytes, size_t len)
{
    size_t opened = 12345;
    receiver.nonce = 0;
    const noise_result result = record_open(&receiver, bytes, len, &opened);
    assert_true(result != NOISE_OK);
    assert_int_equal(opened, 12345);
    assert_true(len == 0 || sodium_is_zero(bytes, len));
    return result;
}

static void a_message_cut_between_records_is_noticed(void **state)
{
    (void)state;
    size_t len = 0;
    for (size_t records = 0; records < 3; records++) {
        reset();
        uint8_t *bytes = sealed(3 * PLAIN - 8, &len);
        assert_int_equal(len, 3 * RECORD);
        assert_int_equal(open_fails(bytes, records * RECORD), NOISE_LENGTH);
        free(bytes);
    }
}

static void records_in_another_order_are_noticed(void **state)
{
    (void)state;
    size_t len = 0;
    reset();
    uint8_t *bytes = sealed(3 * PLAIN - 8, &len);
    uint8_t *first = malloc(RECORD);
    memcpy(first, bytes, RECORD);
    memcpy(bytes, bytes + RECORD, RECORD);
    memcpy(bytes + RECORD, first, RECORD);
    assert_int_equal(open_fails(bytes, len), NOISE_PAYLOAD);
    free(first);
    free(bytes);
}

static void a_changed_bit_anywhere_is_noticed(void **state)
{
    (void)state;
    for (size_t bit = 3; bit < 8 * (2 * RECORD + 32); bit += 65537) {
        size_t len = 0;
        reset();
        uint8_t *bytes = sealed(2 * PLAIN + 8, &len);
        assert_int_equal(len, 2 * RECORD + 32);
        bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
        assert_int_equal(open_fails(bytes, len), NOISE_PAYLOAD);
        free(bytes);
    }
}

/* The peer itself may be the cheater: right tags, wrong lengths. */
static void a_length_that_is_not_so_is_noticed(void **state)
{
    (void)state;
    const uint8_t lengths[][8] = {
        {1}, {3}, {255, 255, 255, 255, 255, 255, 255, 255}, {0, 0, 0, 0, 0, 0, 0, 128}};
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        uint8_t bytes[8 + 2 + NOISE_TAG_BYTES] = {0};
        reset();
        memcpy(bytes, lengths[i], 8);
        assert_int_equal(noise_seal(&sender, bytes, bytes, 8 + 2), NOISE_OK);
        assert_int_equal(open_fails(bytes, sizeof bytes), NOISE_LENGTH);
    }
    for (size_t plain = 0; plain < 8; plain++) {
        uint8_t bytes[8 + NOISE_TAG_BYTES] = {0};
        reset();
        assert_int_equal(noise_seal(&sender, bytes, bytes, plain), NOISE_OK);
        assert_int_equal(open_fails(bytes, plain + NOISE_TAG_BYTES), NOISE_LENGTH);
    }
    /* An empty record more than needed. */
    size_t len = 0;
    reset();
    uint8_t *bytes = sealed(PLAIN - 8, &len);
    bytes = realloc(bytes, len + NOISE_TAG_BYTES);
    assert_int_equal(noise_seal(&sender, bytes + len, bytes + len, 0), NOISE_OK);
    assert_int_equal(open_fails(bytes, len + NOISE_TAG_BYTES), NOISE_LENGTH);
    free(bytes);
}

static void numbers_run_out_once_and_for_all(void **state)
{
    (void)state;
    uint8_t bytes[8 + NOISE_TAG_BYTES];
    size_t len = 0;
    reset();
    sender.nonce = receiver.nonce = UINT64_MAX;
    assert_int_equal(record_seal(&sender, bytes, NULL, 0), NOISE_EXHAUSTED);
    assert_int_equal(record_open(&receiver, bytes, sizeof bytes, &len), NOISE_EXHAUSTED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_length_comes_back),
        cmocka_unit_test(lengths_that_do_not_fit_are_none),
        cmocka_unit_test(a_message_cut_between_records_is_noticed),
        cmocka_unit_test(records_in_another_order_are_noticed),
        cmocka_unit_test(a_changed_bit_anywhere_is_noticed),
        cmocka_unit_test(a_length_that_is_not_so_is_noticed),
        cmocka_unit_test(numbers_run_out_once_and_for_all),
    };
    if (sodium_init() < 0)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
