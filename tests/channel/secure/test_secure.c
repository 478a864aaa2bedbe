/* The encrypted channel: what it is without an attacker, and every attack it is there for. */
#include "support/test.h"

#include <sodium.h>
#include <stdbool.h>

#include "base/error.h"
#include "base/mem.h"
#include "channel/conformance.h"
#include "channel/secure/secure_mesh.h"
#include "channel/slow.h"
#include "polytune/secure.h"
#include "support/faulty.h"
#include "support/locked.h"

#define PATIENCE_MS 60000
#define IMPATIENT   150 /* where a message is known to be missing */

static void open_secure(void *user, pt_channel *ret_channels, size_t parties, uint32_t timeout_ms)
{
    (void)user;
    secure_mesh m;
    secure_mesh_init(&m, parties, timeout_ms);
    secure_mesh_run(&m);
    secure_mesh_assert_open(&m);
    for (size_t i = 0; i < parties; i++)
        ret_channels[i] = m.member[i].channel;
}

/* ---- who is who ---- */

static void words_of(const secure_mesh *m, size_t party, char ret_words[PT_FINGERPRINT_SIZE])
{
    assert_int_equal(pt_channel_secure_fingerprint(ret_words, &m->member[party].channel, NULL),
                     PT_OK);
}

static void assert_same_words(const secure_mesh *m)
{
    char first[PT_FINGERPRINT_SIZE], other[PT_FINGERPRINT_SIZE];
    words_of(m, 0, first);
    for (size_t i = 1; i < m->parties; i++) {
        words_of(m, i, other);
        assert_string_equal(first, other);
    }
    for (size_t i = 0; i < PT_FINGERPRINT_SIZE - 1; i++) {
        static const char *const letters[] = {
            "bdfghjklmnprstvz", "aiou", "bdfghjklmnprstvz", "aiou", "bdfghjklmnprstvz", "-"};
        assert_non_null(strchr(letters[i % 6], first[i]));
    }
    assert_int_equal(strlen(first), PT_FINGERPRINT_SIZE - 1);
}

static void all_parties_hold_the_same_words_and_other_sessions_others(void **state)
{
    (void)state;
    char words[3][PT_FINGERPRINT_SIZE];
    for (size_t round = 0; round < 3; round++) {
        static const size_t sizes[] = {2, 3, 5};
        secure_mesh m;
        secure_mesh_init(&m, sizes[round], PATIENCE_MS);
        if (round > 0)
            secure_mesh_use_roster(&m);
        if (round > 1)
            secure_mesh_use_secret(&m, "correct horse");
        secure_mesh_run(&m);
        secure_mesh_assert_open(&m);
        assert_same_words(&m);
        words_of(&m, 0, words[round]);
        secure_mesh_close(&m);
    }
    assert_string_not_equal(words[0], words[1]);
    assert_string_not_equal(words[1], words[2]);
}

/* A handshake's keys and its secret's, the Noise states, and the channel's keys. */
static void keys_are_locked_into_memory(void **state)
{
    (void)state;
    secure_mesh m;
    secure_mesh_init(&m, 2, PATIENCE_MS);
    locked_reset();
    secure_mesh_run(&m);
    secure_mesh_assert_open(&m);
    assert_true(locked_areas() >= 2 * 3);
    secure_mesh_close(&m);
}

/* With the same keys too: a party's contribution is fresh. */
static void the_words_are_fresh_for_every_connection(void **state)
{
    (void)state;
    char words[2][PT_FINGERPRINT_SIZE];
    secure_mesh first, second;
    secure_mesh_init(&first, 2, PATIENCE_MS);
    secure_mesh_use_roster(&first);
    secure_mesh_init(&second, 2, PATIENCE_MS);
    memcpy(second.roster, first.roster, sizeof first.roster);
    memcpy(second.private_keys, first.private_keys, sizeof first.private_keys);
    secure_mesh_use_roster(&second);
    secure_mesh_run(&first);
    secure_mesh_run(&second);
    words_of(&first, 0, words[0]);
    words_of(&second, 0, words[1]);
    assert_string_not_equal(words[0], words[1]);
    secure_mesh_close(&first);
    secure_mesh_close(&second);
}

static void assert_fails(secure_mesh *m, size_t party, pt_status status, int blamed,
                         const char *word)
{
    const secure_member *p = &m->member[party];
    secure_mesh_hear(m, party);
    if (p->status != status || p->error.status != status || p->error.party != blamed ||
        strstr(p->error.message, word) == NULL)
        fail_msg("party %zu: %s, party %d: %s", party, pt_status_name(p->status), p->error.party,
                 p->error.message);
}

static void a_party_with_another_key_is_refused_and_told(void **state)
{
    (void)state;
    for (size_t wrong = 0; wrong < 3; wrong++) {
        secure_mesh m;
        uint8_t rosters[3][3 * PT_KEY_BYTES];
        secure_mesh_init(&m, 3, PATIENCE_MS);
        secure_mesh_use_roster(&m);
        for (size_t i = 0; i < 3; i++) { /* everybody else expects another key of `wrong` */
            memcpy(rosters[i], m.roster, sizeof rosters[i]);
            if (i != wrong)
                rosters[i][wrong * PT_KEY_BYTES] ^= 1;
            m.member[i].options.roster = rosters[i];
        }
        secure_mesh_run(&m);
        for (size_t i = 0; i < 3; i++) {
            if (i == wrong)
                assert_fails(&m, i, PT_PEER_ABORT, i == 0 ? 1 : 0, "another public key");
            else if (m.member[i].status == PT_PEER_IDENTITY)
                assert_fails(&m, i, PT_PEER_IDENTITY, (int)wrong, "roster");
            else /* the other one was faster */
                assert_fails(&m, i, PT_PEER_ABORT, 3 - (int)(i + wrong), "has ended");
        }
    }
}

/* As with a ticket, which has the key of one party. */
static void a_key_that_is_not_known_is_not_checked(void **state)
{
    (void)state;
    for (int wrong = 0; wrong < 2; wrong++) {
        secure_mesh m;
        uint8_t known[3 * PT_KEY_BYTES] = {0};
        secure_mesh_init(&m, 3, PATIENCE_MS);
        memcpy(known, m.roster, PT_KEY_BYTES);
        known[0] ^= (uint8_t)wrong;
        m.member[0].options.private_key = m.private_keys[0];
        m.member[2].options.roster = known;
        secure_mesh_run(&m);
        if (wrong)
            assert_fails(&m, 2, PT_PEER_IDENTITY, 0, "another key");
        else
            secure_mesh_assert_open(&m);
        secure_mesh_close(&m); /* the others may have opened before they heard of it */
    }
}

static void a_different_secret_is_refused_and_told(void **state)
{
    (void)state;
    secure_mesh m;
    secure_mesh_init(&m, 2, PATIENCE_MS);
    secure_mesh_use_secret(&m, "correct horse");
    m.member[1].options.session_secret = "correct house";
    secure_mesh_run(&m);
    assert_fails(&m, 0, PT_PEER_ABORT, 1, "session secret");
    assert_fails(&m, 1, PT_PEER_IDENTITY, 0, "session secret");
}

static void a_secret_with_one_party_only_is_refused(void **state)
{
    (void)state;
    for (size_t without = 0; without < 2; without++) {
        secure_mesh m;
        secure_mesh_init(&m, 2, PATIENCE_MS);
        secure_mesh_use_secret(&m, "correct horse");
        m.member[without].options.session_secret = NULL;
        m.member[without].options.session_secret_len = 0;
        secure_mesh_run(&m);
        for (size_t i = 0; i < 2; i++)
            assert_fails(&m, i, PT_PEER_SETUP, 1 - (int)i, "session secret");
    }
}

static void other_differences_are_named(void **state)
{
    (void)state;
    secure_mesh m;
    secure_mesh_init(&m, 2, PATIENCE_MS);
    m.member[1].options.session = "t";
    secure_mesh_run(&m);
    for (size_t i = 0; i < 2; i++)
        assert_fails(&m, i, PT_PEER_SETUP, 1 - (int)i, "session of another name");
    secure_mesh_init(&m, 3, PATIENCE_MS);
    m.parties = 2; /* party 2 is not there, and nobody gets so far as to wait for it */
    m.member[1].options.parties = 2;
    secure_mesh_run(&m);
    assert_fails(&m, 0, PT_PEER_SETUP, 1, "for party 1 there are 2 parties, for this party 3");
    assert_fails(&m, 1, PT_PEER_SETUP, 0, "for party 0 there are 3 parties, for this party 2");
    pt_channel_close(&m.member[2].inner);
}

static void a_peer_that_does_not_encrypt_is_named(void **state)
{
    (void)state;
    static const uint8_t plain[5000] = {1, 1, 0, 1};
    static const uint8_t version_2[] = {'P', 'T', 's', 'c', 1, 2, 0};
    const struct {
        const uint8_t *bytes;
        size_t len;
    } messages[] = {{plain, 0},
                    {plain, 100},
                    {plain, sizeof plain},
                    {version_2, 5},
                    {version_2, sizeof version_2}};
    for (size_t i = 0; i < sizeof messages / sizeof *messages; i++) {
        secure_mesh m;
        uint8_t *bytes = NULL;
        size_t len = 0;
        secure_mesh_init(&m, 2, PATIENCE_MS);
        m.parties = 1;
        assert_int_equal(
            channel_send(&m.member[1].inner, 0, "p", messages[i].bytes, messages[i].len, NULL),
            PT_OK);
        secure_mesh_run(&m);
        assert_fails(&m, 0, PT_PEER_SETUP, 1, "does not encrypt its messages as this version");
        /* It gets a HELLO and the reason. */
        for (size_t n = 0; n < 2; n++) {
            assert_int_equal(channel_recv(&m.member[1].inner, 0, "p", 1000, &bytes, &len, NULL),
                             PT_OK);
            free(bytes);
        }
        assert_int_equal(len, 6);
        pt_channel_close(&m.member[1].inner);
    }
}

static void options_are_checked(void **state)
{
    (void)state;
    static uint8_t same[2 * PT_KEY_BYTES];
    uint8_t key[PT_KEY_BYTES] = {1};
    secure_mesh m;
    pt_channel c;
    memset(same, 9, sizeof same);
    char words[PT_FINGERPRINT_SIZE];
    secure_mesh_init(&m, 2, PATIENCE_MS);
    pt_secure_options o = {.party = 2, .parties = 2};
    assert_int_equal(pt_channel_secure_wrap(&c, m.member[0].inner, &o, NULL), PT_ERR_USAGE);
    o = (pt_secure_options){.parties = CHANNEL_MAX_PARTIES + 1};
    assert_int_equal(pt_channel_secure_wrap(&c, m.member[0].inner, &o, NULL), PT_ERR_USAGE);
    o = (pt_secure_options){.parties = 2, .session_secret = ""};
    assert_int_equal(pt_channel_secure_wrap(&c, m.member[0].inner, &o, NULL), PT_ERR_USAGE);
    o = (pt_secure_options){.parties = 2, .roster = same};
    assert_int_equal(pt_channel_secure_wrap(&c, m.member[0].inner, &o, NULL), PT_ERR_USAGE);
    o = (pt_secure_options){.parties = 2, .roster = m.roster, .private_key = key};
    assert_int_equal(pt_channel_secure_wrap(&c, m.member[0].inner, &o, NULL), PT_ERR_USAGE);
    assert_int_equal(pt_channel_secure_fingerprint(words, &m.member[0].inner, NULL), PT_ERR_USAGE);
    for (size_t i = 0; i < 2; i++)
        pt_channel_close(&m.member[i].inner);
}

static void a_private_key_has_one_public_key(void **state)
{
    (void)state;
    uint8_t public_key[PT_KEY_BYTES];
    secure_mesh m;
    secure_mesh_init(&m, 2, PATIENCE_MS);
    assert_int_equal(pt_channel_secure_public_key(public_key, m.private_keys[1], NULL), PT_OK);
    assert_memory_equal(public_key, m.roster + PT_KEY_BYTES, PT_KEY_BYTES);
    for (size_t i = 0; i < 2; i++)
        pt_channel_close(&m.member[i].inner);
}

/* ---- somebody in between ---- */

/* Passes everything on, as `change` would have it. */
typedef struct between {
    pt_channel inner;
    size_t (*route)(size_t peer); /* which peer a message to or from a peer goes to or comes from */
    void (*sent)(uint8_t *bytes, size_t len);
    void (*received)(uint8_t *bytes, size_t len);
    bool refuses;    /* to send */
    pt_status fails; /* to receive */
} between;

static pt_status between_send(void *self, size_t to, const char *phase, const uint8_t *bytes,
                              size_t len, pt_error *error)
{
    between *b = self;
    uint8_t copy[4096];
    if (len > sizeof copy)
        return PT_ERR_INTERNAL;
    if (b->refuses)
        return PT_ERR_CLOSED;
    memcpy(copy, bytes, len);
    if (b->sent != NULL)
        b->sent(copy, len);
    return channel_send(&b->inner, b->route(to), phase, copy, len, error);
}

static pt_status between_recv(void *self, size_t from, const char *phase, size_t max_len,
                              uint8_t **ret_bytes, size_t *ret_len, pt_error *error)
{
    between *b = self;
    if (b->fails != PT_OK)
        return error_set(error, b->fails, "as told");
    const pt_status status =
        channel_recv(&b->inner, b->route(from), phase, max_len, ret_bytes, ret_len, error);
    if (status == PT_OK && b->received != NULL)
        b->received(*ret_bytes, *ret_len);
    return status;
}

static void between_close(void *self)
{
    between *b = self;
    pt_channel_close(&b->inner);
}

static void put_between(secure_member *p, between *b)
{
    static const pt_channel_ops ops = {
        .send = between_send, .recv = between_recv, .close = between_close};
    b->inner = p->inner;
    p->inner = (pt_channel){&ops, b};
}

static size_t swap_1_and_2(size_t peer)
{
    return 3 - peer;
}

/* HELLO has the sender's number at byte 11 and the receiver's at 15. */
static void exchange_receiver(uint8_t *bytes, size_t len)
{
    if (len > 40 && bytes[4] == 1)
        bytes[15] = (uint8_t)(3 - bytes[15]);
}

static void exchange_sender(uint8_t *bytes, size_t len)
{
    if (len > 40 && bytes[4] == 1)
        bytes[11] = (uint8_t)(3 - bytes[11]);
}

static void a_relay_that_swaps_two_parties_is_noticed(void **state)
{
    (void)state;
    secure_mesh m;
    between b = {.route = swap_1_and_2};
    secure_mesh_init(&m, 3, PATIENCE_MS);
    put_between(&m.member[0], &b);
    secure_mesh_run(&m);
    assert_fails(&m, 0, PT_PEER_IDENTITY, 1, "the relay mixes up the parties");
    for (size_t i = 1; i < 3; i++)
        assert_fails(&m, i, PT_PEER_IDENTITY, 0, "the relay mixes up the parties");
    /* One that also writes what the parties want to read. */
    b = (between){.route = swap_1_and_2, .sent = exchange_receiver, .received = exchange_sender};
    secure_mesh_init(&m, 3, PATIENCE_MS);
    put_between(&m.member[0], &b);
    secure_mesh_run(&m);
    assert_fails(&m, 0, PT_PEER_ALTERED, 1, "altered");
    for (size_t i = 1; i < 3; i++)
        assert_fails(&m, i, PT_PEER_ABORT, 0, "has ended");
}

/* Two separate conversations: somebody plays party 1 for party 0 and party 0 for party 1. */
static void somebody_who_plays_both_sides(void (*know)(secure_mesh *), secure_mesh m[2])
{
    for (size_t i = 0; i < 2; i++)
        secure_mesh_init(&m[i], 2, PATIENCE_MS);
    memcpy(m[1].roster, m[0].roster, sizeof m[0].roster);
    memcpy(m[1].private_keys, m[0].private_keys, sizeof m[0].private_keys);
    for (size_t i = 0; i < 2; i++) {
        if (know != NULL)
            know(&m[i]);
        pt_secure_options *cheat = &m[i].member[1 - i].options;
        *cheat =
            (pt_secure_options){.party = 1 - i,
                                .parties = 2,
                                .session = "s",
                                .session_len = 1,
                                .session_secret = cheat->session_secret == NULL ? NULL : "a guess",
                                .session_secret_len = cheat->session_secret == NULL ? 0 : 7};
        secure_mesh_run(&m[i]);
    }
}

static void know_secret(secure_mesh *m)
{
    secure_mesh_use_secret(m, "correct horse");
}

static void somebody_in_between_is_seen_in_the_words_or_refused(void **state)
{
    (void)state;
    secure_mesh m[2];
    char words[2][PT_FINGERPRINT_SIZE];
    somebody_who_plays_both_sides(NULL, m);
    for (size_t i = 0; i < 2; i++) {
        secure_mesh_assert_open(&m[i]);
        words_of(&m[i], i, words[i]);
        secure_mesh_close(&m[i]);
    }
    assert_string_not_equal(words[0], words[1]);
    somebody_who_plays_both_sides(secure_mesh_use_roster, m);
    for (size_t i = 0; i < 2; i++) {
        assert_fails(&m[i], i, PT_PEER_IDENTITY, 1 - (int)i, "another key than the roster says");
        secure_mesh_close(&m[i]);
    }
    somebody_who_plays_both_sides(know_secret, m);
    assert_true(m[0].member[0].status == PT_PEER_ABORT); /* told by the cheater, who cannot read */
    assert_fails(&m[1], 1, PT_PEER_IDENTITY, 0, "session secret");
    for (size_t i = 0; i < 2; i++)
        secure_mesh_close(&m[i]);
}

static void commit_to_something_else(uint8_t *bytes, size_t len)
{
    if (len > 80 && bytes[4] == 1)
        bytes[40] ^= 1;
}

static size_t same(size_t peer)
{
    return peer;
}

/* Whether it was cancelled, lost somebody, or cannot go on: that ends it for all, and accuses
 * nobody. */
static void who_stops_says_why(void **state)
{
    static const struct {
        pt_status status;
        const char *told;
    } ends[] = {
        {PT_ERR_CANCELLED, "party 0 stopped: its user cancelled"},
        {PT_ERR_TIMEOUT, "party 0 stopped: it lost a connection or waited too long"},
        {PT_ERR_CLOSED, "party 0 stopped: it lost a connection or waited too long"},
        {PT_ERR_STOPPED, "party 0 stopped: another party had stopped"},
        {PT_ERR_MEMORY, "party 0 stopped: its own program, input, constants or memory failed"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        secure_mesh m;
        between b = {.route = same, .fails = ends[i].status};
        secure_mesh_init(&m, 2, PATIENCE_MS);
        put_between(&m.member[0], &b);
        secure_mesh_run(&m);
        assert_fails(&m, 0, ends[i].status, PT_NO_PARTY, "as told");
        assert_fails(&m, 1, PT_ERR_STOPPED, 0, ends[i].told);
    }
}

static void a_key_that_was_not_committed_to_is_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        secure_mesh m;
        between b = {.route = same, .sent = commit_to_something_else};
        secure_mesh_init(&m, 2, PATIENCE_MS);
        put_between(&m.member[i], &b);
        secure_mesh_run(&m);
        assert_fails(&m, 1 - i, PT_PEER_ALTERED, (int)i, "committed");
        assert_fails(&m, i, PT_PEER_ABORT, 1 - (int)i, "altered");
    }
}

/* ---- harm to the handshake ---- */

/* Harm to the nth message that `from` of two parties sends while connecting. After it either a
 * party has failed, or what follows the handshake does. Returns false when there was no such
 * message. */
static bool harm_handshake(fault_kind kind, size_t from, uint64_t nth, uint64_t seed)
{
    secure_mesh m;
    fault f = {.kind = kind, .peer = FAULT_ANY_PEER, .nth = nth};
    secure_mesh_init(&m, 2, kind == FAULT_DROP ? IMPATIENT : PATIENCE_MS);
    if (seed % 2 == 1)
        secure_mesh_use_roster(&m);
    assert_int_equal(
        channel_faulty_wrap(&m.member[from].inner, m.member[from].inner, &f, 1, seed, NULL), PT_OK);
    secure_mesh_run(&m);
    bool failed = m.member[0].status != PT_OK || m.member[1].status != PT_OK;
    for (size_t i = 0; i < 2; i++) {
        if (m.member[i].status == PT_OK || m.member[1 - i].status == PT_OK)
            continue;
        if (kind != FAULT_DROP && kind != FAULT_CLOSE)
            assert_int_equal(pt_status_class_of(m.member[i].status), PT_CLASS_PEER);
    }
    if (!failed) { /* a repeated last message, say: it is in the way of the next one */
        uint8_t *bytes = NULL;
        size_t len = 0;
        const pt_status sent = channel_send(&m.member[from].channel, 1 - from, "p", NULL, 0, NULL);
        assert_true(sent == PT_OK || kind == FAULT_CLOSE);
        const pt_status status =
            channel_recv(&m.member[1 - from].channel, from, "p", 1000, &bytes, &len, NULL);
        failed = status == PT_PEER_ALTERED || status == PT_PEER_MALFORMED ||
                 (status == PT_ERR_CLOSED && kind == FAULT_CLOSE);
        if (!failed)
            free(bytes);
    }
    if (f.struck && !failed)
        fail_msg("fault %d in message %d of party %zu did no harm (seed %d)", (int)kind, (int)nth,
                 from, (int)seed);
    secure_mesh_close(&m);
    return f.struck;
}

static void harm_to_any_handshake_message_is_noticed(void **state)
{
    (void)state;
    static const fault_kind kinds[] = {FAULT_DROP,   FAULT_DUPLICATE, FAULT_TRUNCATE,
                                       FAULT_EXTEND, FAULT_REPLACE,   FAULT_CLOSE};
    for (size_t from = 0; from < 2; from++) {
        for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++) {
            uint64_t nth = 0;
            /* Party 0 sends HELLO, FINISH; party 1 HELLO, ANSWER, CONFIRM. */
            while (nth < 2 + from && harm_handshake(kinds[k], from, nth, nth + k))
                nth++;
            assert_int_equal(nth, 2 + from);
        }
    }
}

static void a_flipped_bit_in_any_handshake_message_is_noticed(void **state)
{
    (void)state;
    for (uint64_t seed = 0; seed < 100; seed++) {
        for (size_t from = 0; from < 2; from++)
            assert_true(harm_handshake(FAULT_FLIP_BIT, from, seed % (2 + from), seed));
    }
}

/* ---- harm to what follows ---- */

static pt_status recv_text(const pt_channel *c, size_t from, const char *expected, pt_error *error)
{
    uint8_t *bytes = NULL;
    size_t len = 0;
    const pt_status status = channel_recv(c, from, "main", 100, &bytes, &len, error);
    if (status == PT_OK) {
        assert_int_equal(len, strlen(expected));
        assert_memory_equal(bytes, expected, len);
        free(bytes);
    }
    return status;
}

static pt_status send_text(const pt_channel *c, size_t to, const char *text)
{
    return channel_send(c, to, "main", (const uint8_t *)text, strlen(text), NULL);
}

static void assert_dead(const pt_channel *c, size_t peer, pt_status failed)
{
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(recv_text(c, peer, "", NULL), failed);
        assert_int_equal(send_text(c, peer, "x"), failed);
    }
}

/* Party 0 of three sends three messages to party 1, the second one with a fault; returns how many
 * arrive before the failure. */
static size_t arrivals(fault_kind kind, uint64_t seed)
{
    static const char *const texts[] = {"first", "second", "third"};
    secure_mesh m;
    fault f = {.kind = kind, .phase = "main", .peer = 1, .nth = 1};
    size_t n = 0;
    pt_error error;
    secure_mesh_init(&m, 3, PATIENCE_MS);
    assert_int_equal(channel_faulty_wrap(&m.member[0].inner, m.member[0].inner, &f, 1, seed, NULL),
                     PT_OK);
    secure_mesh_run(&m);
    secure_mesh_assert_open(&m);
    const pt_channel *c[3] = {&m.member[0].channel, &m.member[1].channel, &m.member[2].channel};
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(send_text(c[0], 1, texts[i]), PT_OK);
    pt_status status;
    while ((status = recv_text(c[1], 0, texts[n], &error)) == PT_OK)
        n++;
    assert_int_equal(status, PT_PEER_ALTERED);
    assert_int_equal(error.party, 0);
    assert_string_equal(error.phase, "main");
    assert_dead(c[1], 0, PT_PEER_ALTERED);
    /* The sender hears of it, and the others are not concerned. */
    assert_int_equal(recv_text(c[0], 1, "", &error), PT_PEER_ABORT);
    assert_non_null(strstr(error.message, "altered"));
    assert_dead(c[0], 1, PT_PEER_ABORT);
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(send_text(c[i], 2, "hello"), PT_OK);
        assert_int_equal(recv_text(c[2], i, "hello", &error), PT_OK);
    }
    secure_mesh_close(&m);
    return n;
}

static void harm_to_any_later_message_is_noticed(void **state)
{
    (void)state;
    assert_int_equal(arrivals(FAULT_DROP, 0), 1);
    assert_int_equal(arrivals(FAULT_SWAP, 0), 1);
    assert_int_equal(arrivals(FAULT_DUPLICATE, 0), 2);
    for (uint64_t seed = 0; seed < 10; seed++) {
        assert_int_equal(arrivals(FAULT_TRUNCATE, seed), 1);
        assert_int_equal(arrivals(FAULT_REPLACE, seed), 1);
        assert_int_equal(arrivals(FAULT_FLIP_BIT, seed), 1);
    }
}

/* A longer message may also be more than the receiver takes at all. */
static void a_message_with_something_behind_it_is_not_taken(void **state)
{
    (void)state;
    secure_mesh m;
    uint8_t *bytes = NULL;
    size_t len = 0;
    fault f = {.kind = FAULT_EXTEND, .phase = "main", .peer = 1};
    secure_mesh_init(&m, 2, PATIENCE_MS);
    assert_int_equal(channel_faulty_wrap(&m.member[0].inner, m.member[0].inner, &f, 1, 1, NULL),
                     PT_OK);
    secure_mesh_run(&m);
    assert_int_equal(send_text(&m.member[0].channel, 1, "first"), PT_OK);
    assert_int_equal(channel_recv(&m.member[1].channel, 0, "p", 5, &bytes, &len, NULL),
                     PT_ERR_TOO_LARGE);
    assert_int_equal(channel_recv(&m.member[1].channel, 0, "p", 100000, &bytes, &len, NULL),
                     PT_PEER_ALTERED);
    secure_mesh_close(&m);
}

static void what_was_sent_to_one_party_is_nothing_for_another(void **state)
{
    (void)state;
    secure_mesh m;
    between b = {.route = same};
    secure_mesh_init(&m, 3, PATIENCE_MS);
    put_between(&m.member[0], &b);
    secure_mesh_run(&m);
    secure_mesh_assert_open(&m);
    b.route = swap_1_and_2;
    assert_int_equal(send_text(&m.member[0].channel, 1, "for party 1"), PT_OK);
    assert_int_equal(recv_text(&m.member[2].channel, 0, "", NULL), PT_PEER_ALTERED);
    secure_mesh_close(&m);
}

/* A peer that is gone cannot be sent to, but why it went can still be read. */
static void what_came_before_sending_failed_is_received(void **state)
{
    (void)state;
    secure_mesh m;
    between b = {.route = same};
    secure_mesh_init(&m, 2, PATIENCE_MS);
    put_between(&m.member[0], &b);
    secure_mesh_run(&m);
    secure_mesh_assert_open(&m);
    const pt_channel *c = &m.member[0].channel;
    assert_int_equal(send_text(&m.member[1].channel, 0, "good-bye"), PT_OK);
    b.refuses = true;
    assert_int_equal(send_text(c, 1, "hello"), PT_ERR_CLOSED);
    b.refuses = false;
    assert_int_equal(send_text(c, 1, "hello"), PT_ERR_CLOSED); /* the first one has its number */
    assert_int_equal(recv_text(c, 1, "good-bye", NULL), PT_OK);
    secure_mesh_close(&m);
}

/* ---- size, memory ---- */

static void a_large_message_takes_the_memory_it_needs(void **state)
{
    (void)state;
    const size_t len = 100u << 20;
    secure_mesh m;
    uint8_t *bytes = NULL;
    size_t got = 0;
    uint8_t *sent = malloc(len);
    assert_non_null(sent);
    for (size_t i = 0; i < len; i++)
        sent[i] = (uint8_t)(i * 7 + i / 65519);
    secure_mesh_init(&m, 2, PATIENCE_MS);
    secure_mesh_run(&m);
    assert_int_equal(channel_send(&m.member[0].channel, 1, "p", sent, len, NULL), PT_OK);
    assert_int_equal(channel_recv(&m.member[1].channel, 0, "p", len - 1, &bytes, &got, NULL),
                     PT_ERR_TOO_LARGE);
    assert_int_equal(channel_recv(&m.member[1].channel, 0, "p", SIZE_MAX, &bytes, &got, NULL),
                     PT_OK);
    assert_int_equal(got, len);
    assert_int_equal(memcmp(bytes, sent, len), 0);
    free(bytes);
    free(sent);
    secure_mesh_close(&m);
}

/* Of 20 ms each way; only who has answered somebody knows. */
static void the_round_trip_is_measured(void **state)
{
    (void)state;
    const slow_link link = {.delay_ns = 20000000};
    double seconds = 0;
    secure_mesh m;
    secure_mesh_init(&m, 3, PATIENCE_MS);
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(channel_slow_wrap(&m.member[i].inner, m.member[i].inner, link, NULL),
                         PT_OK);
    secure_mesh_run(&m);
    secure_mesh_assert_open(&m);
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(pt_channel_secure_round_trip(&seconds, &m.member[i].channel, NULL), PT_OK);
        assert_true(i == 0 ? seconds == 0 : seconds >= 0.04 && seconds < PATIENCE_MS * 1e-3);
    }
    assert_int_equal(pt_channel_secure_round_trip(&seconds, &m.member[0].inner, NULL),
                     PT_ERR_USAGE);
    secure_mesh_close(&m);
}

static void running_out_of_memory_is_reported(void **state)
{
    (void)state;
    bool open = false;
    for (unsigned long nth = 1; !open; nth++) {
        secure_mesh m;
        secure_mesh_init(&m, 2, PATIENCE_MS);
        mem_fail_at(nth);
        secure_mesh_run(&m);
        mem_fail_at(0);
        open = m.member[0].status == PT_OK && m.member[1].status == PT_OK;
        assert_true(open || m.member[0].status == PT_ERR_MEMORY ||
                    m.member[1].status == PT_ERR_MEMORY);
        if (open) { /* a message that could not be sealed has no number: the next one fits */
            mem_fail_at(1);
            assert_int_equal(send_text(&m.member[0].channel, 1, "a"), PT_ERR_MEMORY);
            mem_fail_at(0);
            assert_int_equal(send_text(&m.member[0].channel, 1, "b"), PT_OK);
            assert_int_equal(recv_text(&m.member[1].channel, 0, "b", NULL), PT_OK);
        }
        secure_mesh_close(&m);
        assert_true(nth < 100);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_parties_hold_the_same_words_and_other_sessions_others),
        cmocka_unit_test(keys_are_locked_into_memory),
        cmocka_unit_test(the_words_are_fresh_for_every_connection),
        cmocka_unit_test(a_party_with_another_key_is_refused_and_told),
        cmocka_unit_test(a_key_that_is_not_known_is_not_checked),
        cmocka_unit_test(a_different_secret_is_refused_and_told),
        cmocka_unit_test(a_secret_with_one_party_only_is_refused),
        cmocka_unit_test(other_differences_are_named),
        cmocka_unit_test(a_peer_that_does_not_encrypt_is_named),
        cmocka_unit_test(options_are_checked),
        cmocka_unit_test(a_private_key_has_one_public_key),
        cmocka_unit_test(a_relay_that_swaps_two_parties_is_noticed),
        cmocka_unit_test(who_stops_says_why),
        cmocka_unit_test(somebody_in_between_is_seen_in_the_words_or_refused),
        cmocka_unit_test(a_key_that_was_not_committed_to_is_refused),
        cmocka_unit_test(harm_to_any_handshake_message_is_noticed),
        cmocka_unit_test(a_flipped_bit_in_any_handshake_message_is_noticed),
        cmocka_unit_test(harm_to_any_later_message_is_noticed),
        cmocka_unit_test(a_message_with_something_behind_it_is_not_taken),
        cmocka_unit_test(what_came_before_sending_failed_is_received),
        cmocka_unit_test(what_was_sent_to_one_party_is_nothing_for_another),
        cmocka_unit_test(a_large_message_takes_the_memory_it_needs),
        cmocka_unit_test(the_round_trip_is_measured),
        cmocka_unit_test(running_out_of_memory_is_reported),
    };
    conformance_subject secure = {"secure channel", CONFORMANCE_MAX_PARTIES, open_secure, NULL};
    if (sodium_init() < 0)
        return 1;
    return conformance_run(&secure) + cmocka_run_group_tests(tests, NULL, NULL);
}
