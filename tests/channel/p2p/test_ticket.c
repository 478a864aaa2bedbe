/* Tickets: what comes out is what went in, and every mistyped one is noticed. */
#include "support/test.h"

#include "polytune/channel.h"
#include "polytune/network.h"

static const uint8_t key[32] = {1, 2, 3, [31] = 255};
static const char relay[] = "https://relay.example:8443/a";

static pt_p2p_ticket make(char ret_text[PT_P2P_TICKET_SIZE])
{
    pt_p2p_ticket t;
    assert_int_equal(pt_p2p_ticket_new(&t, relay, 3, key, NULL), PT_OK);
    assert_int_equal(pt_p2p_ticket_print(ret_text, &t, NULL), PT_OK);
    return t;
}

static void assert_refused(const char *text, const char *word)
{
    pt_p2p_ticket t = {.opener = 77};
    pt_error error;
    pt_error_clear(&error);
    if (pt_p2p_ticket_parse(&t, text, &error) != PT_ERR_USAGE)
        fail_msg("%s is taken", text);
    if (strstr(error.message, word) == NULL)
        fail_msg("\"%s\" does not say \"%s\"", error.message, word);
    assert_int_equal(t.opener, 77);
}

static void a_ticket_is_read_as_it_was_written(void **state)
{
    (void)state;
    char text[PT_P2P_TICKET_SIZE];
    const pt_p2p_ticket t = make(text);
    pt_p2p_ticket back;
    assert_int_equal(pt_p2p_ticket_parse(&back, text, NULL), PT_OK);
    assert_string_equal(back.relay, relay);
    assert_string_equal(back.session, t.session);
    assert_int_equal(strlen(back.session), 32);
    assert_int_equal(back.opener, 3);
    assert_memory_equal(back.opener_key, key, sizeof key);
    assert_true(strlen(text) < 130);
    assert_int_equal(
        strspn(text, "p2:ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"),
        strlen(text));
}

static void every_session_is_another(void **state)
{
    (void)state;
    char text[PT_P2P_TICKET_SIZE];
    const pt_p2p_ticket a = make(text);
    const pt_p2p_ticket b = make(text);
    assert_string_not_equal(a.session, b.session);
}

static void the_longest_ticket_fits(void **state)
{
    (void)state;
    char url[PT_P2P_RELAY_SIZE + 1] = "http://";
    char text[PT_P2P_TICKET_SIZE];
    pt_p2p_ticket t;
    pt_p2p_ticket back;
    memset(url + 7, 'h', sizeof url - 8);
    assert_int_equal(pt_p2p_ticket_new(&t, url, 0, key, NULL), PT_ERR_USAGE);
    url[PT_P2P_RELAY_SIZE - 1] = '\0';
    assert_int_equal(pt_p2p_ticket_new(&t, url, 254, key, NULL), PT_OK);
    assert_int_equal(pt_p2p_ticket_print(text, &t, NULL), PT_OK);
    assert_int_equal(pt_p2p_ticket_parse(&back, text, NULL), PT_OK);
    assert_string_equal(back.relay, url);
}

static void typing_mistakes_are_noticed(void **state)
{
    (void)state;
    static const char others[] = "Ab9_-~ =/+";
    char text[PT_P2P_TICKET_SIZE + 1];
    (void)make(text);
    const size_t len = strlen(text);
    for (size_t i = 4; i < len; i++) {
        const char right = text[i];
        for (size_t k = 0; k < sizeof others - 1; k++) {
            text[i] = others[k];
            if (text[i] != right)
                assert_refused(text, "mistyped");
        }
        text[i] = '\0';
        assert_refused(text, "mistyped");
        text[i] = right;
    }
    for (size_t i = 4; i + 1 < len; i++) {
        const char first = text[i];
        if (first == text[i + 1])
            continue;
        text[i] = text[i + 1];
        text[i + 1] = first;
        assert_refused(text, "mistyped");
        text[i + 1] = text[i];
        text[i] = first;
    }
    text[len] = 'A';
    text[len + 1] = '\0';
    assert_refused(text, "mistyped");
}

static void what_is_no_ticket_is_refused(void **state)
{
    (void)state;
    assert_refused("", "begins with p2p:");
    assert_refused("p2p", "begins with p2p:");
    assert_refused("http://127.0.0.1:8000", "begins with p2p:");
    assert_refused("p2p:", "mistyped");
    assert_refused("p2p:new", "mistyped");
    /* These have good checks: another version, party 255, and relays that are none. */
    assert_refused(
        "p2p:AgAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAABodHRwOi8vaGVs"
        "bG_2gau4",
        "version 2");
    assert_refused(
        "p2p:Af8AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAABodHRwOi8vaGVs"
        "bG_etiLJ",
        "mistyped");
    assert_refused(
        "p2p:AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAABnb3BoZXI6Ly9o"
        "ZWxsb9pRxqc",
        "mistyped");
    assert_refused(
        "p2p:AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAABodHRwOi8vYSBi"
        "nm3lzA",
        "mistyped");
}

static void a_ticket_needs_a_relay(void **state)
{
    (void)state;
    static const char *const urls[] = {NULL,         "",          "relay.example",  "ftp://x",
                                       "http://a b", "http://\n", "http://\xc3\xa4"};
    pt_p2p_ticket t;
    for (size_t i = 0; i < sizeof urls / sizeof *urls; i++)
        assert_int_equal(pt_p2p_ticket_new(&t, urls[i], 0, key, NULL), PT_ERR_USAGE);
    assert_int_equal(pt_p2p_ticket_new(&t, relay, 255, key, NULL), PT_ERR_USAGE);
}

static void an_invented_ticket_is_not_printed(void **state)
{
    (void)state;
    char text[PT_P2P_TICKET_SIZE];
    const pt_p2p_ticket good = make(text);
    pt_p2p_ticket t = good;
    t.session[5] = 'x';
    assert_int_equal(pt_p2p_ticket_print(text, &t, NULL), PT_ERR_USAGE);
    t = good;
    t.opener = 255;
    assert_int_equal(pt_p2p_ticket_print(text, &t, NULL), PT_ERR_USAGE);
    t = good;
    memset(t.relay, 'a', sizeof t.relay);
    assert_int_equal(pt_p2p_ticket_print(text, &t, NULL), PT_ERR_USAGE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_ticket_is_read_as_it_was_written),
        cmocka_unit_test(every_session_is_another),
        cmocka_unit_test(the_longest_ticket_fits),
        cmocka_unit_test(typing_mistakes_are_noticed),
        cmocka_unit_test(what_is_no_ticket_is_refused),
        cmocka_unit_test(a_ticket_needs_a_relay),
        cmocka_unit_test(an_invented_ticket_is_not_printed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
