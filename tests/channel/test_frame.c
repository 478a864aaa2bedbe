/* Messages become packets and come back; anything else that arrives is found out. */
#include "support/test.h"

#include <stdbool.h>

#include "base/mem.h"
#include "channel/frame.h"

/* Takes the first packet's bytes as they would arrive. */
static message take_packet(packet **first, uint64_t number)
{
    packet *p = *first;
    message m;
    *first = p->next;
    p->next = NULL;
    frame_number(p, number);
    m.bytes = message_copy(p->bytes.bytes, p->bytes.len);
    m.len = p->bytes.len;
    assert_non_null(m.bytes);
    frame_free(p);
    return m;
}

static void feed_bytes(frame_reader *r, const void *bytes, size_t len)
{
    const message m = {message_copy(bytes, len), len};
    assert_non_null(m.bytes);
    frame_feed(r, m);
}

static void messages_come_back(void **state)
{
    (void)state;
    static const size_t lengths[] = {0,
                                     1,
                                     100,
                                     FRAME_PACKET_MAX - 22,
                                     FRAME_PACKET_MAX - 21,
                                     FRAME_PACKET_MAX,
                                     3 * FRAME_PACKET_MAX + 17};
    frame_reader r;
    uint64_t number = 0;
    frame_reader_init(&r);
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        const size_t len = lengths[i];
        uint8_t *bytes = malloc(len + 1);
        assert_non_null(bytes);
        for (size_t j = 0; j < len; j++)
            bytes[j] = (uint8_t)(j * 7 + i + j / 251);
        packet *packets = frame_message(bytes, len);
        assert_non_null(packets);
        message m = {0};
        frame_result result;
        while ((result = frame_next(&r, len, &m)) == FRAME_NEED_MORE) {
            assert_non_null(packets);
            assert_true(packets->bytes.len <= FRAME_PACKET_MAX);
            frame_feed(&r, take_packet(&packets, ++number));
        }
        assert_int_equal(result, FRAME_MESSAGE);
        assert_null(packets);
        assert_int_equal(m.len, len);
        assert_memory_equal(m.bytes, bytes, len);
        free(m.bytes);
        free(bytes);
    }
    frame_reader_clear(&r);
}

static void small_messages_share_a_packet(void **state)
{
    (void)state;
    packet *p = frame_message((const uint8_t *)"ab", 2);
    assert_non_null(p);
    assert_true(frame_append(p, NULL, 0));
    assert_true(frame_append(p, (const uint8_t *)"cde", 3));
    static const uint8_t large[FRAME_PACKET_MAX];
    assert_false(frame_append(p, large, FRAME_PACKET_MAX));
    assert_false(frame_append(p, large, FRAME_PACKET_MAX - 60));
    frame_reader r;
    frame_reader_init(&r);
    frame_feed(&r, take_packet(&p, 1));
    for (size_t i = 0; i < 3; i++) {
        message m = {0};
        assert_int_equal(frame_next(&r, 10, &m), FRAME_MESSAGE);
        assert_int_equal(m.len, ((const size_t[]){2, 0, 3})[i]);
        free(m.bytes);
    }
    message m;
    assert_int_equal(frame_next(&r, 10, &m), FRAME_NEED_MORE);
    frame_reader_clear(&r);
}

static void the_limit_holds_before_memory_is_taken(void **state)
{
    (void)state;
    /* Claims 2^60 bytes. */
    static const uint8_t claim[] = {1, 1, 0, 0, 0, 0, 0, 0, 0, 1,  1,  0,
                                    0, 0, 0, 0, 0, 0, 0, 0, 0, 16, 'x'};
    frame_reader r;
    message m;
    frame_reader_init(&r);
    feed_bytes(&r, claim, sizeof claim);
    assert_int_equal(frame_next(&r, (size_t)1 << 30, &m), FRAME_TOO_LARGE);
    assert_int_equal(frame_next(&r, (size_t)1 << 30, &m), FRAME_TOO_LARGE);
    assert_null(r.partial);
    /* Within the limit it still costs no more than what came. */
    assert_int_equal(frame_next(&r, SIZE_MAX, &m), FRAME_NEED_MORE);
    assert_true(r.partial_capacity <= 64);
    frame_reader_clear(&r);
}

static void a_message_can_be_taken_with_a_larger_limit(void **state)
{
    (void)state;
    packet *p = frame_message((const uint8_t *)"abc", 3);
    frame_reader r;
    message m;
    frame_reader_init(&r);
    assert_non_null(p);
    frame_feed(&r, take_packet(&p, 1));
    assert_int_equal(frame_next(&r, 2, &m), FRAME_TOO_LARGE);
    assert_int_equal(frame_next(&r, 3, &m), FRAME_MESSAGE);
    assert_int_equal(m.len, 3);
    free(m.bytes);
    frame_reader_clear(&r);
}

static void numbers_show_repeats_and_losses(void **state)
{
    (void)state;
    frame_reader r;
    message m = {0};
    frame_reader_init(&r);
    for (int i = 0; i < 3; i++) {
        packet *p = frame_message(NULL, 0);
        assert_non_null(p);
        frame_feed(&r, take_packet(&p, 1));
        if (i == 0) {
            assert_int_equal(frame_next(&r, 0, &m), FRAME_MESSAGE);
            free(m.bytes);
        }
        assert_int_equal(frame_next(&r, 0, &m), FRAME_NEED_MORE);
    }
    packet *p = frame_message(NULL, 0);
    assert_non_null(p);
    frame_feed(&r, take_packet(&p, 3));
    assert_int_equal(frame_next(&r, 0, &m), FRAME_LOST);
    p = frame_message(NULL, 0);
    assert_non_null(p);
    assert_false(frame_feed(&r, take_packet(&p, 2)));
    assert_int_equal(frame_next(&r, 0, &m), FRAME_LOST);
    frame_reader_clear(&r);
}

static void a_goodbye_ends_it(void **state)
{
    (void)state;
    packet *p = frame_bye();
    frame_reader r;
    message m;
    frame_reader_init(&r);
    assert_non_null(p);
    frame_feed(&r, take_packet(&p, 1));
    assert_int_equal(frame_next(&r, 0, &m), FRAME_CLOSED);
    feed_bytes(&r, "garbage", 7);
    assert_int_equal(frame_next(&r, 0, &m), FRAME_CLOSED);
    frame_reader_clear(&r);
}

static void malformed_packets_are_found_out(void **state)
{
    (void)state;
#define HEAD "\1\1\0\0\0\0\0\0\0"
    static const struct {
        const char *bytes;
        size_t len;
    } packets[] = {
        {"", 0},
        {"\1\1\0\0\0\0\0\0", 8},
        {"\2\1\0\0\0\0\0\0\0", 9},
        {"\1\0\0\0\0\0\0\0\0", 9},
        {HEAD "\1", 10},                                                    /* cut header */
        {HEAD "\3\0\0\0\0\0\0\0\0\0\0\0\0", 22},                            /* unknown kind */
        {HEAD "\1\2\0\0\0\0\0\0\0\0\0\0\0x", 23},                           /* cut bytes */
        {HEAD "\1\377\377\377\377\0\0\0\0\0\0\0\0x", 23},                   /* cut bytes */
        {HEAD "\1\0\0\0\0\1\0\0\0\0\0\0\0", 22},                            /* no progress */
        {HEAD "\1\1\0\0\0\377\377\377\377\377\377\377\377x", 23},           /* length overflows */
        {HEAD "\2\1\0\0\0\0\0\0\0\0\0\0\0x", 23},                           /* goodbye with bytes */
        {HEAD "\1\1\0\0\0\1\0\0\0\0\0\0\0x\2\0\0\0\0\0\0\0\0\0\0\0\0", 36}, /* goodbye amid */
        {HEAD "\1\1\0\0\0\2\0\0\0\0\0\0\0x\1\1\0\0\0\0\0\0\0\0\0\0\0x", 37}, /* lengths disagree */
    };
#undef HEAD
    for (size_t i = 0; i < sizeof packets / sizeof *packets; i++) {
        frame_reader r;
        message m;
        frame_reader_init(&r);
        feed_bytes(&r, packets[i].bytes, packets[i].len);
        assert_int_equal(frame_next(&r, SIZE_MAX, &m), FRAME_MALFORMED);
        assert_int_equal(frame_next(&r, SIZE_MAX, &m), FRAME_MALFORMED);
        frame_reader_clear(&r);
    }
}

static void running_out_of_memory_loses_nothing(void **state)
{
    (void)state;
    static const uint8_t bytes[100];
    for (unsigned long nth = 1; nth <= 2; nth++) {
        mem_fail_at(nth);
        assert_null(frame_message(bytes, sizeof bytes));
    }
    mem_fail_at(0);
    packet *p = frame_message(bytes, sizeof bytes);
    assert_non_null(p);
    frame_reader r;
    message m;
    frame_reader_init(&r);
    frame_feed(&r, take_packet(&p, 1));
    mem_fail_at(1);
    assert_int_equal(frame_next(&r, 100, &m), FRAME_MEMORY);
    mem_fail_at(0);
    assert_int_equal(frame_next(&r, 100, &m), FRAME_MESSAGE);
    assert_int_equal(m.len, 100);
    free(m.bytes);
    frame_reader_clear(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(messages_come_back),
        cmocka_unit_test(small_messages_share_a_packet),
        cmocka_unit_test(the_limit_holds_before_memory_is_taken),
        cmocka_unit_test(a_message_can_be_taken_with_a_larger_limit),
        cmocka_unit_test(numbers_show_repeats_and_losses),
        cmocka_unit_test(a_goodbye_ends_it),
        cmocka_unit_test(malformed_packets_are_found_out),
        cmocka_unit_test(running_out_of_memory_loses_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
