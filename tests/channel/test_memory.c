/* The channel between parties in one process. */
#include "support/test.h"

#include "channel/channel.h"
#include "channel/conformance.h"

#include "base/mem.h"

static void open_memory(void *user, pt_channel *ret_channels, size_t parties, uint32_t timeout_ms)
{
    (void)user;
    assert_int_equal(pt_channel_memory_mesh(ret_channels, parties, timeout_ms, NULL), PT_OK);
}

static void the_number_of_parties_is_checked(void **state)
{
    (void)state;
    pt_channel c[1];
    assert_int_equal(pt_channel_memory_mesh(c, 0, 0, NULL), PT_ERR_USAGE);
    assert_int_equal(pt_channel_memory_mesh(c, CHANNEL_MAX_PARTIES + 1, 0, NULL), PT_ERR_USAGE);
}

static void running_out_of_memory_is_reported(void **state)
{
    (void)state;
    pt_channel c[3];
    for (unsigned long nth = 1; nth <= 3; nth++) {
        mem_fail_at(nth);
        assert_int_equal(pt_channel_memory_mesh(c, 3, 0, NULL), PT_ERR_MEMORY);
    }
    mem_fail_at(0);
    assert_int_equal(pt_channel_memory_mesh(c, 3, 0, NULL), PT_OK);
    for (unsigned long nth = 1; nth <= 2; nth++) {
        mem_fail_at(nth);
        assert_int_equal(channel_send(&c[0], 1, "phase", NULL, 0, NULL), PT_ERR_MEMORY);
    }
    mem_fail_at(0);
    for (size_t i = 0; i < 3; i++)
        pt_channel_close(&c[i]);
}

static void sending_to_a_closed_end_is_dropped(void **state)
{
    (void)state;
    pt_channel c[2];
    assert_int_equal(pt_channel_memory_mesh(c, 2, 0, NULL), PT_OK);
    pt_channel_close(&c[1]);
    assert_int_equal(channel_send(&c[0], 1, "phase", (const uint8_t *)"x", 1, NULL), PT_OK);
    pt_channel_close(&c[0]);
}

static void closing_nothing_is_harmless(void **state)
{
    (void)state;
    pt_channel c = {0};
    pt_channel_close(&c);
    pt_channel_close(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_number_of_parties_is_checked),
        cmocka_unit_test(running_out_of_memory_is_reported),
        cmocka_unit_test(sending_to_a_closed_end_is_dropped),
        cmocka_unit_test(closing_nothing_is_harmless),
    };
    conformance_subject memory = {"memory channel", CONFORMANCE_MAX_PARTIES, open_memory, NULL};
    return conformance_run(&memory) + cmocka_run_group_tests(tests, NULL, NULL);
}
