/* Token buckets: bursts, refilling, keys apart, a bounded table. */
#include "support/test.h"

#include <stdio.h>

#include "relay/quota.h"

static uint64_t take(quota *q, const char *key, uint64_t now_ms)
{
    return quota_take(q, key, strlen(key), now_ms);
}

static void a_bucket_empties_and_fills(void **state)
{
    (void)state;
    quota q;
    assert_int_equal(quota_init(&q, 10, 20, NULL), PT_OK);
    for (int i = 0; i < 20; i++)
        assert_int_equal(take(&q, "a", 1000), 0);
    /* Empty: the next permission is there after a tenth of a second. */
    assert_in_range(take(&q, "a", 1000), 100, 102);
    assert_in_range(take(&q, "a", 1050), 50, 52);
    assert_int_equal(quota_wait_ms(&q, "a", 1, 1101), 0);
    assert_int_equal(take(&q, "a", 1101), 0);
    assert_int_not_equal(take(&q, "a", 1101), 0);
    /* Another key has its own; and no bucket holds more than the burst. */
    assert_int_equal(take(&q, "b", 1101), 0);
    for (int i = 0; i < 20; i++)
        assert_int_equal(take(&q, "a", 1000000), 0);
    assert_int_not_equal(take(&q, "a", 1000000), 0);
    quota_clear(&q);
}

static void no_rate_is_no_limit(void **state)
{
    (void)state;
    quota q;
    assert_int_equal(quota_init(&q, 0, 0, NULL), PT_OK);
    for (int i = 0; i < 1000; i++)
        assert_int_equal(take(&q, "a", 1), 0);
    assert_int_equal(quota_wait_ms(&q, "a", 1, 1), 0);
    quota_clear(&q);
}

static void many_keys_do_not_free_the_busy_one(void **state)
{
    (void)state;
    quota q;
    char key[16];
    size_t passed = 0;
    assert_int_equal(quota_init(&q, 0.001, 1, NULL), PT_OK);
    for (uint64_t i = 0; i < 100000; i++) {
        (void)snprintf(key, sizeof key, "%llu", (unsigned long long)i);
        assert_int_equal(take(&q, key, 1000 + i / 10), 0);
        passed += take(&q, "busy", 1000 + i / 10) == 0;
    }
    /* It was used last each time, so the others push each other out. */
    assert_int_equal(passed, 1);
    quota_clear(&q);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_bucket_empties_and_fills),
        cmocka_unit_test(no_rate_is_no_limit),
        cmocka_unit_test(many_keys_do_not_free_the_busy_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
