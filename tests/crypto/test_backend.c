#define _DEFAULT_SOURCE /* setenv */
/* The one-time choice of back-ends: first use by several threads at once, and the environment. */
#include "support/test.h"

#include <pthread.h>

#include "base/random.h"
#include "crypto/aes.h"
#include "crypto/crypto.h"
#include "crypto/gf128.h"
#include "crypto/transpose.h"

#define THREADS 4

/* Returns its argument if the forced back-ends are in use. */
static void *first_use(void *token)
{
    block planes[128] = {{0}};
    block rows[128];
    aes_key key;
    transpose_128(rows, planes, 1);
    aes_key_expand(&key, gf_mul(rows[0], rows[1]));
    return strcmp(aes_backend(), "soft") == 0 && strcmp(gf_backend(), "soft") == 0 ? token : NULL;
}

/* Runs first: nothing is chosen yet. */
static void threads_choose_what_the_environment_says(void **state)
{
    (void)state;
    pthread_t threads[THREADS];
    assert_int_equal(setenv("POLYTUNE_AES", "soft", 1), 0);
    assert_int_equal(setenv("POLYTUNE_GF", "soft", 1), 0);
    for (size_t i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, first_use, threads), 0);
    for (size_t i = 0; i < THREADS; i++) {
        void *chosen = NULL;
        assert_int_equal(pthread_join(threads[i], &chosen), 0);
        assert_non_null(chosen);
    }
    assert_int_equal(crypto_init(NULL), PT_OK);
}

static void a_wrong_back_end_name_is_reported(void **state)
{
    (void)state;
    pt_error error;
    assert_int_equal(setenv("POLYTUNE_AES", "nonesuch", 1), 0);
    assert_int_equal(crypto_init(&error), PT_ERR_USAGE);
    assert_int_equal(unsetenv("POLYTUNE_AES"), 0);
    assert_int_equal(setenv("POLYTUNE_GF", "", 1), 0);
    assert_int_equal(crypto_init(&error), PT_ERR_USAGE);
    assert_int_equal(unsetenv("POLYTUNE_GF"), 0);
    assert_int_equal(crypto_init(&error), PT_OK);
}

static void a_system_without_randomness_is_reported(void **state)
{
    (void)state;
    pt_error error;
    random_fail(true);
    assert_int_equal(crypto_init(&error), PT_ERR_RANDOM);
    random_fail(false);
    assert_int_equal(crypto_init(&error), PT_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(threads_choose_what_the_environment_says),
        cmocka_unit_test(a_wrong_back_end_name_is_reported),
        cmocka_unit_test(a_system_without_randomness_is_reported),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
