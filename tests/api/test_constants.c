/* The exchange of constants between honest parties, and with one that writes its own messages. */
#include <pthread.h>

#include "base/mem.h"
#include "mpc/session/message.h"
#include "polytune/polytune.h"
#include "support/test.h"

#define PARTIES 3

typedef struct party {
    pt_channel channel;
    size_t index;
    const pt_constant *given;
    size_t n_given;
    pt_constants *constants;
    pt_status status;
    pt_error error;
    pthread_t thread;
} party;

static void *agree(void *argument)
{
    party *p = argument;
    p->status = pt_constants_exchange(&p->constants, &p->channel, p->index, PARTIES, p->given,
                                      p->n_given, &p->error);
    if (p->status == PT_OK)
        p->status = pt_constants_confirm(p->constants, &p->channel, PT_OK, &p->error);
    return NULL;
}

static void open_parties(party *parties)
{
    pt_channel channels[PARTIES];
    pt_error error;
    assert_int_equal(pt_channel_memory_mesh(channels, PARTIES, 0, &error), PT_OK);
    for (size_t i = 0; i < PARTIES; i++) {
        parties[i] = (party){.channel = channels[i], .index = i};
        pt_error_clear(&parties[i].error);
    }
}

/* Runs the first `n` parties and waits for them. */
static void run_parties(party *parties, size_t n)
{
    for (size_t i = 0; i < n; i++)
        assert_int_equal(pthread_create(&parties[i].thread, NULL, agree, &parties[i]), 0);
    for (size_t i = 0; i < n; i++)
        assert_int_equal(pthread_join(parties[i].thread, NULL), 0);
}

static void close_parties(party *parties)
{
    for (size_t i = 0; i < PARTIES; i++) {
        pt_channel_close(&parties[i].channel);
        pt_constants_free(parties[i].constants);
    }
}

#define GIVE(p, ...)                                                                               \
    static const pt_constant given_##p[] = {__VA_ARGS__};                                          \
    parties[p].given = given_##p;                                                                  \
    parties[p].n_given = sizeof given_##p / sizeof *given_##p

static void all_learn_all_constants(void **state)
{
    (void)state;
    party parties[PARTIES];
    uint8_t digests[PARTIES][PT_CONSTANTS_DIGEST_BYTES];
    open_parties(parties);
    GIVE(0, {"PARTY_0", "ROWS", "3usize"}, {"ALL", "B", "true"}, {"PARTY_7", "A", "1"});
    GIVE(1, {"PARTY_7", "A", "1"}, {"ALL", "B", "true"}, {"PARTY_1", "Z", "[1, 2]"},
         {"PARTY_1", "ROWS", "4usize"});
    GIVE(2, {"ALL", "B", "true"}, {"PARTY_0", "ROWS", "3usize"}, {"PARTY_7", "A", "1"});
    run_parties(parties, PARTIES);
    for (size_t i = 0; i < PARTIES; i++) {
        static const pt_constant expected[] = {{"ALL", "B", "true"},
                                               {"PARTY_0", "ROWS", "3usize"},
                                               {"PARTY_7", "A", "1"},
                                               {"PARTY_1", "ROWS", "4usize"},
                                               {"PARTY_1", "Z", "[1, 2]"}};
        size_t n = 0;
        assert_int_equal(parties[i].status, PT_OK);
        const pt_constant *list = pt_constants_list(&n, parties[i].constants);
        assert_int_equal(n, 5);
        for (size_t c = 0; c < n; c++) {
            assert_string_equal(list[c].party, expected[c].party);
            assert_string_equal(list[c].name, expected[c].name);
            assert_string_equal(list[c].literal, expected[c].literal);
        }
        pt_constants_digest(digests[i], parties[i].constants);
        assert_memory_equal(digests[0], digests[i], sizeof digests[i]);
    }
    close_parties(parties);
}

static void assert_all_say(party *parties, const char *message)
{
    run_parties(parties, PARTIES);
    for (size_t i = 0; i < PARTIES; i++) {
        assert_int_equal(parties[i].status, PT_PEER_SETUP);
        assert_string_equal(parties[i].error.message, message);
        assert_null(parties[i].constants);
    }
    close_parties(parties);
}

static void difference_with_the_giver(void **state)
{
    (void)state;
    party parties[PARTIES];
    open_parties(parties);
    GIVE(1, {"PARTY_2", "ROWS", "4usize"});
    GIVE(2, {"PARTY_2", "ROWS", "5usize"});
    assert_all_say(parties, "the constants differ: party 1 gives PARTY_2::ROWS = 4usize, party 2 "
                            "gives 5usize");
}

static void only_the_giver_gives(void **state)
{
    (void)state;
    party parties[PARTIES];
    open_parties(parties);
    GIVE(1, {"PARTY_0", "ROWS", "4usize"});
    assert_all_say(parties, "the constants differ: party 1 gives PARTY_0::ROWS = 4usize, party 0 "
                            "does not give it");
}

static void all_give_what_is_shared(void **state)
{
    (void)state;
    party parties[PARTIES];
    open_parties(parties);
    GIVE(0, {"ALL", "COUNT", "4"});
    GIVE(1, {"ALL", "COUNT", "4"});
    assert_all_say(parties, "the constants differ: party 0 gives ALL::COUNT = 4, party 2 does not "
                            "give it");
}

static void party_0_too(void **state)
{
    (void)state;
    party parties[PARTIES];
    open_parties(parties);
    GIVE(2, {"ALL", "COUNT", "4"});
    assert_all_say(parties, "the constants differ: party 2 gives ALL::COUNT = 4, party 0 does not "
                            "give it");
}

static void what_is_given_is_checked(void **state)
{
    (void)state;
    static const pt_constant bad[][2] = {
        {{"PARTY_0", "A", "1"}, {"PARTY_0", "A", "1"}},
        {{"PARTY_0", "A", "\x1b[2J"}, {"P", "A", "1"}},
        {{"PARTY_0", "A", ""}, {"P", "A", "1"}},
        {{"PARTY_0", "1A", "1"}, {"P", "A", "1"}},
        {{"P Q", "A", "1"}, {"P", "A", "1"}},
        {{"", "A", "1"}, {"P", "A", "1"}},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        party parties[PARTIES];
        open_parties(parties);
        parties[1].given = bad[i];
        parties[1].n_given = 2;
        run_parties(parties, PARTIES);
        assert_int_equal(parties[1].status, PT_ERR_CONSTANT);
        for (size_t p = 0; p < PARTIES; p += 2) {
            assert_int_equal(parties[p].status, PT_ERR_STOPPED);
            assert_int_equal(parties[p].error.party, 1);
            assert_non_null(strstr(parties[p].error.message, "party 1 stopped: its own"));
        }
        close_parties(parties);
    }
}

static void who_cannot_go_on_tells_the_others(void **state)
{
    (void)state;
    party parties[PARTIES];
    pt_error error;
    open_parties(parties);
    assert_int_equal(pthread_create(&parties[0].thread, NULL, agree, &parties[0]), 0);
    assert_int_equal(pthread_create(&parties[1].thread, NULL, agree, &parties[1]), 0);
    party *p = &parties[2];
    assert_int_equal(
        pt_constants_exchange(&p->constants, &p->channel, 2, PARTIES, NULL, 0, &p->error), PT_OK);
    pt_error_clear(&error);
    assert_int_equal(pt_constants_confirm(p->constants, &p->channel, PT_ERR_CONSTANT, &error),
                     PT_ERR_CONSTANT);
    assert_string_equal(error.message, "");
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(pthread_join(parties[i].thread, NULL), 0);
        assert_int_equal(parties[i].status, PT_ERR_STOPPED);
        assert_non_null(strstr(parties[i].error.message, "party 2 stopped: its own"));
    }
    close_parties(parties);
}

/* ---- Party 2 writes its own messages ---- */

static void send_raw(party *p, size_t to, const void *bytes, size_t len)
{
    assert_int_equal(p->channel.ops->send(p->channel.self, to, "raw", bytes, len, NULL), PT_OK);
}

/* A constants message with the given texts, each with its terminator. */
#define VERSION               "\x05"
#define OTHER                 "\x02"
#define MESSAGE(count, texts) "\x04" VERSION "" count "\0\0\0" texts
#define SEND(p, to, literal)  send_raw(p, to, literal, sizeof(literal) - 1)

/* Party 2 tells party 0 alone, which passes on who it was and why. */
static void an_abort_is_passed_on(void **state)
{
    (void)state;
    static const struct {
        stop_reason reason;
        pt_status status;
        const char *told;
        const char *passed_on;
    } cases[] = {
        {STOP_CHECK, PT_PEER_ABORT, "party 2 stopped: a check failed",
         "party 0 says that party 2 stopped: a check failed"},
        {STOP_CANCELLED, PT_ERR_STOPPED, "party 2 stopped: its user cancelled",
         "party 0 says that party 2 stopped: its user cancelled"},
        {STOP_TRANSPORT, PT_ERR_STOPPED, "party 2 stopped: it lost a connection",
         "party 0 says that party 2 stopped: it lost a connection"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        party parties[PARTIES];
        uint8_t m[MESSAGE_ABORT_BYTES];
        open_parties(parties);
        message_abort_put(m, (stop_note){cases[i].reason, 2});
        send_raw(&parties[2], 0, m, sizeof m);
        send_raw(&parties[2], 1, MESSAGE("\0", ""), sizeof(MESSAGE("\0", "")) - 1);
        run_parties(parties, 2);
        assert_int_equal(parties[0].status, cases[i].status);
        assert_non_null(strstr(parties[0].error.message, cases[i].told));
        assert_int_equal(parties[1].status, cases[i].status);
        assert_non_null(strstr(parties[1].error.message, cases[i].passed_on));
        close_parties(parties);
    }
}

static void lies_to_different_parties_are_found(void **state)
{
    (void)state;
    party parties[PARTIES];
    open_parties(parties);
    SEND(&parties[2], 0,
         MESSAGE("\x01", "PARTY_2\0N\0"
                         "1\0"));
    SEND(&parties[2], 1,
         MESSAGE("\x01", "PARTY_2\0N\0"
                         "2\0"));
    run_parties(parties, 2);
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(parties[i].status, PT_PEER_TRANSCRIPT);
        assert_int_equal(parties[i].error.party, PT_NO_PARTY); /* the other one may lie */
        assert_non_null(strstr(parties[i].error.message, "the constants differ: party 2"));
        assert_non_null(strstr(parties[i].error.message, "cannot be told"));
    }
    close_parties(parties);
}

static void false_confirmations_are_found(void **state)
{
    (void)state;
    party parties[PARTIES];
    static const uint8_t digests[2 + PARTIES * PT_CONSTANTS_DIGEST_BYTES] = {5,
                                                                             MPC_PROTOCOL_VERSION};
    open_parties(parties);
    for (size_t to = 0; to < 2; to++) {
        SEND(&parties[2], to, MESSAGE("\0", ""));
        send_raw(&parties[2], to, digests, to == 0 ? sizeof digests : sizeof digests - 1);
    }
    run_parties(parties, 2);
    assert_int_equal(parties[0].status, PT_PEER_TRANSCRIPT);
    /* Party 1 hears of it from party 2's message or from party 0. */
    assert_true(parties[1].status == PT_PEER_MALFORMED || parties[1].status == PT_PEER_ABORT);
    close_parties(parties);
}

static void malformed_lists_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *bytes;
        size_t len;
        pt_status status;
    } cases[] = {
#define ROW(literal, status) {literal, sizeof(literal) - 1, status}
        ROW("", PT_PEER_MALFORMED),
        ROW("\x04", PT_PEER_MALFORMED),
        ROW("\x04" VERSION "\0\0\0", PT_PEER_MALFORMED),
        ROW("\x05" VERSION "\0\0\0\0", PT_PEER_MALFORMED),
        ROW("\x03" VERSION "\x01\x02", PT_PEER_ABORT),
        ROW("\x03" VERSION "\x02\x02", PT_ERR_STOPPED),
        ROW("\x03" VERSION "\x03\x02", PT_ERR_STOPPED),
        ROW("\x03" VERSION "\x04\x02", PT_ERR_STOPPED),
        ROW("\x03" VERSION "\x05\x02", PT_ERR_STOPPED),
        ROW("\x03" VERSION "\0\x02", PT_PEER_MALFORMED), /* no reason */
        ROW("\x03" VERSION "\x06\x02", PT_PEER_MALFORMED),
        ROW("\x03" VERSION, PT_PEER_MALFORMED),
        ROW("\x01" VERSION "\0\0\0\0\0", PT_PEER_SETUP), /* the protocol's HELLO */
        ROW("\x04" OTHER "\0\0\0\0", PT_PEER_SETUP),     /* another version */
        ROW("\x03" OTHER "\x01\x02", PT_PEER_SETUP),
        ROW("\x04" VERSION "\xff\xff\xff\xff", PT_PEER_MALFORMED),
        ROW(MESSAGE("\0", "x"), PT_PEER_MALFORMED),
        ROW(MESSAGE("\x01", ""), PT_PEER_MALFORMED),
        ROW(MESSAGE("\x01", "P\0A\0"), PT_PEER_MALFORMED),
        ROW(MESSAGE("\x01", "P\0A\0"
                            "1"),
            PT_PEER_MALFORMED),
        ROW(MESSAGE("\x01", "P\0A\0\0"), PT_PEER_MALFORMED),
        ROW(MESSAGE("\x01", "P\0A B\0"
                            "1\0"),
            PT_PEER_MALFORMED),
        ROW(MESSAGE("\x01", "P\0A\0\x1b\0"), PT_PEER_MALFORMED),
        ROW(MESSAGE("\x01", "P\0A\0\xff\0"), PT_PEER_MALFORMED),
        ROW(MESSAGE("\x02", "P\0A\0"
                            "1\0P\0A\0"
                            "1\0"),
            PT_PEER_MALFORMED), /* twice */
        ROW(MESSAGE("\x02", "P\0B\0"
                            "1\0P\0A\0"
                            "1\0"),
            PT_PEER_MALFORMED), /* not sorted */
#undef ROW
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        party parties[PARTIES];
        open_parties(parties);
        for (size_t to = 0; to < 2; to++)
            send_raw(&parties[2], to, cases[i].bytes, cases[i].len);
        run_parties(parties, 2);
        for (size_t to = 0; to < 2; to++) {
            assert_int_equal(parties[to].status, cases[i].status);
            assert_int_equal(parties[to].error.party, 2);
            if (cases[i].len > 1 && cases[i].bytes[1] == OTHER[0])
                assert_non_null(strstr(parties[to].error.message,
                                       "party 2 runs version 2 of the protocol, and this party "
                                       "version 5: all parties need the same release"));
        }
        close_parties(parties);
    }
}

static void every_allocation_may_fail(void **state)
{
    (void)state;
    pt_error error;
    bool ended = false;
    for (unsigned long nth = 1; !ended; nth++) {
        party parties[PARTIES];
        open_parties(parties);
        party *p = &parties[2];
        static const pt_constant given[] = {{"PARTY_2", "A", "1"}};
        for (size_t from = 0; from < 2; from++)
            SEND(&parties[from], 2,
                 MESSAGE("\x01", "PARTY_1\0N\0"
                                 "1\0"));
        mem_fail_at(nth);
        const pt_status status =
            pt_constants_exchange(&p->constants, &p->channel, 2, PARTIES, given, 1, &error);
        mem_fail_at(0);
        ended = status == PT_OK;
        assert_true(ended || status == PT_ERR_MEMORY);
        assert_true(ended == (p->constants != NULL));
        close_parties(parties);
        assert_true(nth < 1000);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_learn_all_constants),
        cmocka_unit_test(difference_with_the_giver),
        cmocka_unit_test(only_the_giver_gives),
        cmocka_unit_test(all_give_what_is_shared),
        cmocka_unit_test(party_0_too),
        cmocka_unit_test(what_is_given_is_checked),
        cmocka_unit_test(who_cannot_go_on_tells_the_others),
        cmocka_unit_test(an_abort_is_passed_on),
        cmocka_unit_test(lies_to_different_parties_are_found),
        cmocka_unit_test(false_confirmations_are_found),
        cmocka_unit_test(malformed_lists_are_refused),
        cmocka_unit_test(every_allocation_may_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
