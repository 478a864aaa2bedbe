/* Channels around channels: one that counts, one that is slow, one that does harm. */
#include "support/test.h"

#include <stdbool.h>

#include "channel/channel.h"
#include "channel/conformance.h"
#include "channel/slow.h"
#include "polytune/meter.h"
#include "support/faulty.h"

/* ---- without faults a wrapper is a channel like any other ---- */

static pt_meter *meters[CONFORMANCE_MAX_PARTIES];

static void open_metered(void *user, pt_channel *ret_channels, size_t parties, uint32_t timeout_ms)
{
    (void)user;
    assert_int_equal(pt_channel_memory_mesh(ret_channels, parties, timeout_ms, NULL), PT_OK);
    for (size_t i = 0; i < parties; i++)
        assert_int_equal(
            pt_channel_metered_wrap(&ret_channels[i], ret_channels[i], meters[i], NULL), PT_OK);
}

static void assert_row(pt_meter *meter, size_t index, const pt_traffic *want)
{
    pt_traffic got;
    assert_true(pt_meter_read(&got, meter, index));
    assert_string_equal(got.phase, want->phase);
    assert_int_equal(got.peer, want->peer);
    assert_int_equal(got.messages_sent, want->messages_sent);
    assert_int_equal(got.bytes_sent, want->bytes_sent);
    assert_int_equal(got.messages_received, want->messages_received);
    assert_int_equal(got.bytes_received, want->bytes_received);
}

static void a_meter_counts_by_phase_and_peer(void **state)
{
    (void)state;
    pt_channel c[3];
    pt_meter *meter = NULL;
    pt_traffic none;
    uint8_t *bytes = NULL;
    size_t len = 0;
    assert_int_equal(pt_channel_memory_mesh(c, 3, 1000, NULL), PT_OK);
    assert_int_equal(pt_meter_new(&meter, 3, NULL), PT_OK);
    assert_false(pt_meter_read(&none, meter, 0));
    assert_int_equal(pt_channel_metered_wrap(&c[0], c[0], meter, NULL), PT_OK);
    assert_int_equal(channel_send(&c[0], 2, "q", (const uint8_t *)"abc", 3, NULL), PT_OK);
    assert_int_equal(channel_send(&c[0], 1, "p", (const uint8_t *)"abc", 3, NULL), PT_OK);
    assert_int_equal(channel_send(&c[0], 1, "p", NULL, 0, NULL), PT_OK);
    assert_int_equal(channel_send(&c[1], 0, "p", (const uint8_t *)"abcd", 4, NULL), PT_OK);
    assert_int_equal(channel_recv(&c[0], 1, "p", 3, &bytes, &len, NULL), PT_ERR_TOO_LARGE);
    assert_int_equal(channel_recv(&c[0], 1, "p", 4, &bytes, &len, NULL), PT_OK);
    free(bytes);
    assert_row(meter, 0, &(pt_traffic){"q", 2, 1, 3, 0, 0});
    assert_row(meter, 1, &(pt_traffic){"p", 1, 2, 3, 1, 4});
    assert_false(pt_meter_read(&none, meter, 2));
    for (size_t i = 0; i < 3; i++)
        pt_channel_close(&c[i]);
    pt_meter_free(meter);
}

/* ---- slow links ---- */

static void open_slow(void *user, pt_channel *ret_channels, size_t parties, uint32_t timeout_ms)
{
    const slow_link link = {.delay_ns = 100000, .bytes_per_second = 1000000000};
    (void)user;
    assert_int_equal(pt_channel_memory_mesh(ret_channels, parties, timeout_ms, NULL), PT_OK);
    for (size_t i = 0; i < parties; i++)
        assert_int_equal(channel_slow_wrap(&ret_channels[i], ret_channels[i], link, NULL), PT_OK);
}

static uint64_t no_work(void)
{
    return 0;
}

static void pass(pt_channel *c, size_t from, size_t to, size_t len)
{
    static const uint8_t bytes[5000];
    uint8_t *got = NULL;
    size_t got_len = 0;
    assert_int_equal(channel_send(&c[from], to, "p", bytes, len, NULL), PT_OK);
    assert_int_equal(channel_recv(&c[to], from, "p", len, &got, &got_len, NULL), PT_OK);
    assert_int_equal(got_len, len);
    free(got);
}

static void open_counting(pt_channel *c, size_t parties, slow_link link)
{
    link.work_ns = no_work;
    assert_int_equal(pt_channel_memory_mesh(c, parties, 1000, NULL), PT_OK);
    for (size_t i = 0; i < parties; i++)
        assert_int_equal(channel_slow_wrap(&c[i], c[i], link, NULL), PT_OK);
}

static void a_slow_link_counts_delays_one_after_the_other(void **state)
{
    (void)state;
    pt_channel c[3];
    open_counting(c, 3, (slow_link){.delay_ns = 10});
    pass(c, 0, 1, 1);
    pass(c, 0, 1, 1); /* left at the same time as the first */
    assert_int_equal(channel_slow_time_ns(&c[1]), 10);
    pass(c, 1, 2, 1);
    pass(c, 2, 0, 1);
    assert_int_equal(channel_slow_time_ns(&c[0]), 30);
    pass(c, 0, 1, 0);
    assert_int_equal(channel_slow_time_ns(&c[1]), 40);
    for (size_t i = 0; i < 3; i++)
        pt_channel_close(&c[i]);
}

/* 1000 bytes take a microsecond. */
static void a_slow_link_has_a_rate_up_and_down(void **state)
{
    (void)state;
    pt_channel c[4];
    open_counting(c, 4, (slow_link){.delay_ns = 500, .bytes_per_second = 1000000000});
    pass(c, 0, 1, 1000);
    assert_int_equal(channel_slow_time_ns(&c[1]), 1500);
    pass(c, 0, 2, 2000); /* behind the first, on the sender's one uplink */
    assert_int_equal(channel_slow_time_ns(&c[2]), 3500);
    pass(c, 3, 2, 5000); /* all of it before the link was free would be 5500 */
    assert_int_equal(channel_slow_time_ns(&c[2]), 8500);
    for (size_t i = 0; i < 4; i++)
        pt_channel_close(&c[i]);
}

/* ---- faults ---- */

/* Sends "0", "1", "2" through a channel with one fault at the second and returns what arrives, as
 * one text with commas. */
static const char *arrivals(fault *f, uint64_t seed, char *ret_text, size_t size)
{
    pt_channel c[2];
    size_t at = 0;
    assert_int_equal(pt_channel_memory_mesh(c, 2, 50, NULL), PT_OK);
    assert_int_equal(channel_faulty_wrap(&c[0], c[0], f, 1, seed, NULL), PT_OK);
    for (int i = 0; i < 3; i++) {
        char text[2] = {(char)('0' + i), '\0'};
        const pt_status status =
            channel_send(&c[0], 1, i == 0 ? "first" : "main", (const uint8_t *)text, 1, NULL);
        assert_true(status == PT_OK || (f->kind == FAULT_CLOSE && status == PT_ERR_CLOSED));
    }
    uint8_t *bytes = NULL;
    size_t len = 0;
    ret_text[0] = '\0';
    pt_status status;
    while ((status = channel_recv(&c[1], 0, "main", 10, &bytes, &len, NULL)) == PT_OK) {
        at += (size_t)snprintf(ret_text + at, size - at, "%.*s,", (int)len, (const char *)bytes);
        free(bytes);
    }
    assert_int_equal(status, f->kind == FAULT_CLOSE ? PT_ERR_CLOSED : PT_ERR_TIMEOUT);
    assert_true(f->struck);
    pt_channel_close(&c[0]);
    pt_channel_close(&c[1]);
    return ret_text;
}

static const char *with_fault(fault_kind kind, char *ret_text, size_t size)
{
    fault f = {.kind = kind, .phase = "main", .peer = 1, .nth = 0};
    return arrivals(&f, 1, ret_text, size);
}

static void each_fault_does_its_harm(void **state)
{
    (void)state;
    char text[64];
    assert_string_equal(with_fault(FAULT_DROP, text, sizeof text), "0,2,");
    assert_string_equal(with_fault(FAULT_SWAP, text, sizeof text), "0,2,1,");
    assert_string_equal(with_fault(FAULT_DUPLICATE, text, sizeof text), "0,1,1,2,");
    assert_string_equal(with_fault(FAULT_TRUNCATE, text, sizeof text), "0,,2,");
    assert_string_equal(with_fault(FAULT_CLOSE, text, sizeof text), "0,");
    assert_string_equal(with_fault(FAULT_DELAY, text, sizeof text), "0,");
}

static void a_flipped_bit_is_one_bit_and_repeats_with_its_seed(void **state)
{
    (void)state;
    char text[64];
    char again[64];
    fault f = {.kind = FAULT_FLIP_BIT, .peer = FAULT_ANY_PEER, .nth = 1};
    (void)arrivals(&f, 7, text, sizeof text);
    const unsigned difference = (unsigned char)text[2] ^ (unsigned)'1';
    assert_true(difference != 0 && (difference & (difference - 1)) == 0);
    f = (fault){.kind = FAULT_FLIP_BIT, .peer = FAULT_ANY_PEER, .nth = 1};
    assert_string_equal(arrivals(&f, 7, again, sizeof again), text);
}

static void a_delayed_message_comes_with_the_next_recv(void **state)
{
    (void)state;
    pt_channel c[2];
    fault f = {.kind = FAULT_DELAY, .peer = FAULT_ANY_PEER};
    uint8_t *bytes = NULL;
    size_t len = 0;
    assert_int_equal(pt_channel_memory_mesh(c, 2, 50, NULL), PT_OK);
    assert_int_equal(channel_faulty_wrap(&c[0], c[0], &f, 1, 0, NULL), PT_OK);
    assert_int_equal(channel_send(&c[0], 1, "p", (const uint8_t *)"a", 1, NULL), PT_OK);
    assert_int_equal(channel_send(&c[0], 1, "p", (const uint8_t *)"b", 1, NULL), PT_OK);
    assert_int_equal(channel_recv(&c[1], 0, "p", 1, &bytes, &len, NULL), PT_ERR_TIMEOUT);
    assert_int_equal(channel_recv(&c[0], 1, "p", 1, &bytes, &len, NULL), PT_ERR_TIMEOUT);
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(channel_recv(&c[1], 0, "p", 1, &bytes, &len, NULL), PT_OK);
        assert_int_equal(bytes[0], "ab"[i]);
        free(bytes);
    }
    pt_channel_close(&c[0]);
    pt_channel_close(&c[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_meter_counts_by_phase_and_peer),
        cmocka_unit_test(a_slow_link_counts_delays_one_after_the_other),
        cmocka_unit_test(a_slow_link_has_a_rate_up_and_down),
        cmocka_unit_test(each_fault_does_its_harm),
        cmocka_unit_test(a_flipped_bit_is_one_bit_and_repeats_with_its_seed),
        cmocka_unit_test(a_delayed_message_comes_with_the_next_recv),
    };
    conformance_subject metered = {"metered channel", CONFORMANCE_MAX_PARTIES, open_metered, NULL};
    conformance_subject slow = {"slow channel", CONFORMANCE_MAX_PARTIES, open_slow, NULL};
    for (size_t i = 0; i < CONFORMANCE_MAX_PARTIES; i++) {
        if (pt_meter_new(&meters[i], CONFORMANCE_MAX_PARTIES, NULL) != PT_OK)
            return 1;
    }
    const int failures = conformance_run(&metered) + conformance_run(&slow) +
                         cmocka_run_group_tests(tests, NULL, NULL);
    for (size_t i = 0; i < CONFORMANCE_MAX_PARTIES; i++)
        pt_meter_free(meters[i]);
    return failures;
}
