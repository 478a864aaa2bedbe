/* Candidates and offers: what is refused, and that bytes mean what they should. */
#include "support/test.h"

#include "channel/p2p/candidate.h"

static candidate parsed(const char *text)
{
    candidate c;
    if (!candidate_parse(&c, text, strlen(text)))
        fail_msg("%s is refused", text);
    return c;
}

static void addresses_are_read_and_written(void **state)
{
    (void)state;
    static const char *const texts[] = {"192.0.2.7:40123", "10.0.0.1:1", "[2001:db8::7]:65535",
                                        "[::1]:1024", "127.0.0.1:8000"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        char text[CANDIDATE_TEXT_SIZE];
        struct sockaddr_storage address;
        candidate back;
        const candidate c = parsed(texts[i]);
        candidate_print(text, &c);
        assert_string_equal(text, texts[i]);
        (void)candidate_to_socket(&address, &c);
        assert_true(candidate_from_socket(&back, (struct sockaddr *)&address));
        assert_true(candidate_is_equal(&back, &c));
    }
}

static void what_is_no_address_is_refused(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "",
        ":",
        "192.0.2.7",
        "192.0.2.7:",
        ":80",
        "192.0.2.7:0",
        "192.0.2.7:080",
        "192.0.2.7:65536",
        "192.0.2.7:99999999999999999999",
        "192.0.2.7:-1",
        "192.0.2.7:+1",
        "192.0.2.7:80 ",
        " 192.0.2.7:80",
        "192.0.2:80",
        "192.0.2.256:80",
        "relay.example:80",
        "2001:db8::7:80",
        "[2001:db8::7:80",
        "[192.0.2.7]:80",
        "[fe80::1%eth0]:80",
        "[]:80",
        "[2001:db8:1111:2222:3333:4444:5555:6666:7777:8888:9999]:80"};
    candidate c;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        if (candidate_parse(&c, texts[i], strlen(texts[i])))
            fail_msg("\"%s\" is taken", texts[i]);
    assert_false(candidate_parse(&c, "1.2.3.4\0:80", 11));
}

/* Some are services of this machine or network rather than peers. */
static void impossible_addresses_are_refused(void **state)
{
    (void)state;
    static const char *const good[] = {"192.168.1.7:1024", "10.1.2.3:40000", "203.0.113.1:65535",
                                       "127.0.0.1:2000",   "[::1]:2000",     "[fd00::1]:2000",
                                       "[2a00::1]:2000"};
    static const char *const bad[] = {
        "192.168.1.7:1023",       "192.168.1.7:22",       "0.0.0.0:2000",
        "0.1.2.3:2000",           "224.0.0.1:2000",       "255.255.255.255:2000",
        "240.0.0.1:2000",         "169.254.169.254:2000", "[::]:2000",
        "[ff02::1]:2000",         "[fe80::1]:2000",       "[febf::1]:2000",
        "[::ffff:10.0.0.1]:2000", "[::10.0.0.1]:2000",    "[64:ff9b::a00:1]:2000",
        "[2002:a00:1::1]:2000",   "[2001::1]:2000"};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        const candidate c = parsed(good[i]);
        assert_true(candidate_is_possible(&c));
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        const candidate c = parsed(bad[i]);
        if (candidate_is_possible(&c))
            fail_msg("%s is taken", bad[i]);
    }
}

static void a_list_has_no_doubles_and_an_end(void **state)
{
    (void)state;
    candidates list = {0};
    candidate c = parsed("192.0.2.7:40123");
    candidates_add(&list, &c, CANDIDATES_MAX);
    candidates_add(&list, &c, CANDIDATES_MAX);
    assert_int_equal(list.n, 1);
    for (uint16_t port = 2000; port < 2100; port++) {
        c.port = port;
        candidates_add(&list, &c, port < 2050 ? 5 : 100);
        assert_true(list.n <= (port < 2050 ? 5 : CANDIDATES_MAX));
    }
    assert_int_equal(list.n, CANDIDATES_MAX);
    c.port = 80;
    list.n = 0;
    candidates_add(&list, &c, CANDIDATES_MAX);
    assert_int_equal(list.n, 0);
}

static buffer sample(void)
{
    offer o = {.nonce = {9, 8, 7}};
    const candidate four = parsed("192.0.2.7:40123");
    const candidate six = parsed("[2001:db8::7]:40124");
    candidates_add(&o.candidates, &four, 2);
    candidates_add(&o.candidates, &six, 2);
    buffer b;
    buffer_init(&b, OFFER_BYTES_MAX);
    offer_put(&b, &o);
    assert_false(b.failed);
    return b;
}

static void an_offer_is_read_as_it_was_written(void **state)
{
    (void)state;
    static const uint8_t expected[] = {
        'P',  'T', 'p',  '4', 1,    9,    8, 7, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,   0,    0,   0, 0,
        0,    0,   0,    0,   0,    0,    0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 4, 192, 0,    2,   7, 0xbb,
        0x9c, 6,   0x20, 1,   0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 7,   0xbc, 0x9c};
    buffer b = sample();
    offer back;
    assert_int_equal(b.len, sizeof expected);
    assert_memory_equal(b.bytes, expected, sizeof expected);
    assert_true(offer_parse(&back, b.bytes, b.len));
    assert_int_equal(back.nonce[2], 7);
    assert_int_equal(back.candidates.n, 2);
    const candidate six = parsed("[2001:db8::7]:40124");
    assert_true(candidate_is_equal(&back.candidates.items[1], &six));
    buffer_clear(&b);
}

static void other_bytes_are_no_offer(void **state)
{
    (void)state;
    buffer b = sample();
    offer o;
    for (size_t len = 0; len < b.len; len++)
        assert_false(offer_parse(&o, b.bytes, len));
    buffer_put_u8(&b, 0);
    assert_false(offer_parse(&o, b.bytes, b.len));
    b.len--;
    static const struct {
        size_t at;
        uint8_t value;
    } changes[] = {{0, 'X'}, {4, 2},  {37, 1},   {37, 3}, {37, 17}, {37, 255}, {38, 5},
                   {38, 6},  {38, 0}, {39, 224}, {39, 0}, {44, 3},  {46, 0xff}};
    for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
        const uint8_t before = b.bytes[changes[i].at];
        b.bytes[changes[i].at] = changes[i].value;
        if (offer_parse(&o, b.bytes, b.len))
            fail_msg("byte %zu as %u is taken", changes[i].at, changes[i].value);
        b.bytes[changes[i].at] = before;
    }
    assert_true(offer_parse(&o, b.bytes, b.len));
    buffer_clear(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(addresses_are_read_and_written),
        cmocka_unit_test(what_is_no_address_is_refused),
        cmocka_unit_test(impossible_addresses_are_refused),
        cmocka_unit_test(a_list_has_no_doubles_and_an_end),
        cmocka_unit_test(an_offer_is_read_as_it_was_written),
        cmocka_unit_test(other_bytes_are_no_offer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
