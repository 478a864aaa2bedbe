#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "base/assert.h"
#include "base/buffer.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/le.h"
#include "base/mem.h"
#include "base/stop.h"
#include "channel/secure/secure_impl.h"
#include "polytune/secure.h"

/* AGREEMENT: the parties derive the same key from a session secret only with the same values. */
#define ARGON2_PASSES 2
#define ARGON2_BYTES  ((size_t)64 << 20)

#define SECURE_VERSION 1
#define FLAG_SECRET    ((uint8_t)1)

#define DIGEST_BYTES     16
#define COMMITMENT_BYTES 32
#define NONCE_BYTES      32
#define HELLO_NOISE_AT   (SECURE_START_BYTES + 14 + DIGEST_BYTES + COMMITMENT_BYTES)
#define HELLO_BYTES      (HELLO_NOISE_AT + NOISE_OVERHEAD_1_PSK)
#define ANSWER_BYTES     (SECURE_START_BYTES + NOISE_OVERHEAD_2 + NONCE_BYTES)
#define FINISH_BYTES     (SECURE_START_BYTES + NOISE_OVERHEAD_3 + NONCE_BYTES)
#define CONFIRM_BYTES    (SECURE_START_BYTES + NOISE_TAG_BYTES)
#define MESSAGE_MAX      ANSWER_BYTES
#define RECEIVED_MAX     4096 /* what is no message of ours is still looked at */

_Static_assert(HELLO_BYTES <= MESSAGE_MAX && FINISH_BYTES <= MESSAGE_MAX, "ANSWER is the longest");

typedef enum kind { KIND_HELLO = 1, KIND_ANSWER, KIND_FINISH, KIND_CONFIRM, KIND_ALERT } kind;

static const char magic[] = "PTsc";
static const char phase[] = "handshake";

static const char label_psk[] = "polytune/secure/psk";
static const char label_session[] = "polytune/secure/session";
static const char label_commitment[] = "polytune/secure/commitment";
static const char label_prologue[] = "polytune/secure/1";
static const char label_fingerprint[] = "polytune/secure/fingerprint";

/* What a party contributes, and what it says of it beforehand. */
typedef struct identity {
    uint8_t public_key[NOISE_KEY_BYTES];
    uint8_t nonce[NONCE_BYTES];
    uint8_t commitment[COMMITMENT_BYTES];
} identity;

typedef struct handshake {
    secure *s;
    const pt_secure_options *o;
    uint8_t session[DIGEST_BYTES];
    uint8_t psk[NOISE_KEY_BYTES]; /* with a session secret */
    noise_keypair own;
    identity *identities;   /* by party */
    noise_handshake *noise; /* by party; guarded, as the handshake is */
    uint64_t *answered_ns;  /* by party: when ANSWER left */
    size_t blamed;          /* who is told `reason`; the others hear that it is over */
    secure_alert reason;
} handshake;

/* ---- Hashes ---- */

typedef crypto_generichash_blake2b_state digest;

static void digest_field(digest *d, const void *bytes, size_t len)
{
    uint8_t length[8];
    le_put_u64(length, len);
    (void)crypto_generichash_blake2b_update(d, length, sizeof length);
    if (len != 0)
        (void)crypto_generichash_blake2b_update(d, bytes, len);
}

static void digest_number(digest *d, size_t number)
{
    uint8_t bytes[4];
    le_put_u32(bytes, (uint32_t)number);
    digest_field(d, bytes, sizeof bytes);
}

static void digest_begin(digest *d, size_t out_len, const char *label)
{
    (void)crypto_generichash_blake2b_init(d, NULL, 0, out_len);
    digest_field(d, label, strlen(label));
}

static void digest_end(digest *d, uint8_t *ret_digest, size_t out_len)
{
    (void)crypto_generichash_blake2b_final(d, ret_digest, out_len);
    mem_wipe(d, sizeof *d);
}

static void hash_session(uint8_t ret_digest[DIGEST_BYTES], const char *label,
                         const pt_secure_options *o)
{
    digest d;
    digest_begin(&d, DIGEST_BYTES, label);
    digest_field(&d, o->session, o->session_len);
    digest_end(&d, ret_digest, DIGEST_BYTES);
}

static void commit(uint8_t ret_commitment[COMMITMENT_BYTES], const handshake *h, size_t party)
{
    const identity *who = &h->identities[party];
    digest d;
    digest_begin(&d, COMMITMENT_BYTES, label_commitment);
    digest_field(&d, h->session, sizeof h->session);
    digest_number(&d, party);
    digest_field(&d, who->public_key, sizeof who->public_key);
    digest_field(&d, who->nonce, sizeof who->nonce);
    digest_end(&d, ret_commitment, COMMITMENT_BYTES);
}

/* Five words of consonant, vowel, consonant, vowel, consonant, each 16 bits from the highest on:
 * 4, 2, 4, 2, 4 bits (the proquints of Wilkerson, arXiv:0901.4016). */
static void write_words(char ret_words[PT_FINGERPRINT_SIZE], const uint8_t *bits)
{
    static const char consonants[] = "bdfghjklmnprstvz";
    static const char vowels[] = "aiou";
    char *at = ret_words;
    for (size_t word = 0; word < PT_FINGERPRINT_SIZE / 6; word++, bits += 2) {
        const unsigned v = (unsigned)bits[0] << 8 | bits[1];
        *at++ = consonants[v >> 12];
        *at++ = vowels[v >> 10 & 3];
        *at++ = consonants[v >> 6 & 15];
        *at++ = vowels[v >> 4 & 3];
        *at++ = consonants[v & 15];
        *at++ = '-';
    }
    at[-1] = '\0';
}

static void make_fingerprint(const handshake *h)
{
    uint8_t bits[crypto_generichash_blake2b_BYTES_MIN];
    digest d;
    digest_begin(&d, sizeof bits, label_fingerprint);
    digest_field(&d, h->o->session, h->o->session_len);
    digest_number(&d, h->s->parties);
    for (size_t i = 0; i < h->s->parties; i++) {
        digest_field(&d, h->identities[i].public_key, NOISE_KEY_BYTES);
        digest_field(&d, h->identities[i].nonce, NONCE_BYTES);
    }
    digest_end(&d, bits, sizeof bits);
    write_words(h->s->fingerprint, bits);
}

/* ---- Alerts ---- */

static void put_start(uint8_t *message, kind k)
{
    memcpy(message, magic, SECURE_START_BYTES - 1);
    message[SECURE_START_BYTES - 1] = (uint8_t)k;
}

static bool has_start(const uint8_t *bytes, size_t len, kind k)
{
    return len >= SECURE_START_BYTES && memcmp(bytes, magic, SECURE_START_BYTES - 1) == 0 &&
           bytes[SECURE_START_BYTES - 1] == (uint8_t)k;
}

void secure_send_alert(const secure *s, size_t to, unsigned reason)
{
    uint8_t message[SECURE_ALERT_BYTES];
    pt_error ignored;
    put_start(message, KIND_ALERT);
    message[SECURE_START_BYTES] = (uint8_t)reason;
    if (channel_send(&s->inner, to, phase, message, sizeof message, &ignored) != PT_OK)
        return; /* the connection ends either way */
}

static const char *alert_text(uint8_t reason)
{
    switch (reason) {
    case SECURE_ALERT_SETUP:
        return "it finds this party set up differently";
    case SECURE_ALERT_KEY:
        return "it expects this party to have another public key";
    case SECURE_ALERT_SECRET:
        return "it finds that this party does not have the same session secret";
    case SECURE_ALERT_ALTERED:
        return "what it received from this party was altered on the way";
    default:
        return "it has trouble with another party, and its own message tells which";
    }
}

pt_status secure_check_alert(size_t from, const char *in_phase, const uint8_t *bytes, size_t len,
                             pt_error *error)
{
    if (len != SECURE_ALERT_BYTES || !has_start(bytes, len, KIND_ALERT))
        return PT_OK;
    const uint8_t reason = bytes[SECURE_START_BYTES];
    const uint8_t note[STOP_NOTE_BYTES] = {(uint8_t)(reason - SECURE_ALERT_STOPPED), (uint8_t)from};
    stop_note stopped;
    if (reason <= SECURE_ALERT_STOPPED || !stop_note_get(&stopped, note))
        return error_set_peer(error, PT_PEER_ABORT, (int)from, in_phase,
                              "party %zu has ended the connection: %s", from, alert_text(reason));
    char text[STOP_TEXT_MAX];
    return error_set_peer(error, stop_note_status(stopped), (int)from, in_phase, "party %zu %s",
                          from, stop_note_text(text, stopped, (int)from));
}

/* ---- What goes wrong ---- */

#define BLAME(h, party, status, why, error, ...)                                                   \
    ((h)->blamed = (party), (h)->reason = (why),                                                   \
     error_set_peer(error, status, (int)(party), phase, __VA_ARGS__))

static pt_status foreign(handshake *h, size_t from, pt_error *error)
{
    return BLAME(h, from, PT_PEER_SETUP, SECURE_ALERT_SETUP, error,
                 "party %zu does not encrypt its messages as this version does", from);
}

static pt_status handshake_malformed(handshake *h, size_t from, pt_error *error)
{
    return BLAME(h, from, PT_PEER_MALFORMED, SECURE_ALERT_ALTERED, error,
                 "what came from party %zu is not what is due: its messages were altered, repeated "
                 "or reordered on the way",
                 from);
}

static pt_status noise_failed(handshake *h, size_t from, noise_result result, kind k,
                              pt_error *error)
{
    if (result == NOISE_PAYLOAD && k == KIND_FINISH && h->o->session_secret != NULL)
        return BLAME(h, from, PT_PEER_IDENTITY, SECURE_ALERT_SECRET, error,
                     "party %zu does not have the same session secret, or somebody between it and "
                     "this party altered its message",
                     from);
    return BLAME(h, from, PT_PEER_ALTERED, SECURE_ALERT_ALTERED, error,
                 "the handshake with party %zu was altered on the way, or it comes from somebody "
                 "else",
                 from);
}

/* ---- Messages ---- */

/* Receives a message of a kind, which is `len` bytes long, start included. */
static pt_status recv_message(handshake *h, size_t from, kind k, uint8_t *ret_message, size_t len,
                              pt_error *error)
{
    uint8_t *bytes = NULL;
    size_t received = 0;
    pt_status status =
        channel_recv(&h->s->inner, from, phase, RECEIVED_MAX, &bytes, &received, error);
    if (status == PT_ERR_TOO_LARGE)
        return foreign(h, from, error);
    if (status != PT_OK)
        return status;
    status = secure_check_alert(from, phase, bytes, received, error);
    if (status == PT_OK && k == KIND_HELLO &&
        (!has_start(bytes, received, k) || received == SECURE_START_BYTES ||
         bytes[SECURE_START_BYTES] != SECURE_VERSION))
        status = foreign(h, from, error);
    if (status == PT_OK && (!has_start(bytes, received, k) || received != len))
        status = handshake_malformed(h, from, error);
    if (status == PT_OK)
        memcpy(ret_message, bytes, len);
    free(bytes);
    return status;
}

/* The length of Noise message 1. */
static size_t first_bytes(const handshake *h)
{
    return h->o->session_secret == NULL ? NOISE_OVERHEAD_1 : NOISE_OVERHEAD_1_PSK;
}

static pt_status send_hello(handshake *h, size_t to, pt_error *error)
{
    const secure *s = h->s;
    uint8_t message[HELLO_BYTES] = {0};
    uint8_t *at = message + SECURE_START_BYTES;
    put_start(message, KIND_HELLO);
    *at++ = SECURE_VERSION;
    *at++ = h->o->session_secret != NULL ? FLAG_SECRET : 0;
    le_put_u32(at, (uint32_t)s->parties);
    le_put_u32(at + 4, (uint32_t)s->party);
    le_put_u32(at + 8, (uint32_t)to);
    memcpy(at + 12, h->session, DIGEST_BYTES);
    memcpy(at + 12 + DIGEST_BYTES, h->identities[s->party].commitment, COMMITMENT_BYTES);
    if (s->party < to) {
        size_t len = 0;
        const noise_result result =
            noise_handshake_write(&h->noise[to], message + HELLO_NOISE_AT, &len, NULL, 0);
        PT_ASSERT(result == NOISE_OK);
        PT_ASSERT(len == first_bytes(h));
    }
    return channel_send(&s->inner, to, phase, message, sizeof message, error);
}

/* Compares what both say about the session; nothing of it is trusted. */
static pt_status handshake_check_hello(handshake *h, size_t from, reader *r, pt_error *error)
{
    const secure *s = h->s;
    const uint8_t flags = reader_u8(r);
    const uint32_t parties = reader_u32(r);
    const uint32_t sender = reader_u32(r);
    const uint32_t receiver = reader_u32(r);
    const uint8_t *session = reader_take(r, DIGEST_BYTES);
    if (flags > FLAG_SECRET || session == NULL)
        return handshake_malformed(h, from, error);
    if ((flags == FLAG_SECRET) != (h->o->session_secret != NULL))
        return BLAME(h, from, PT_PEER_SETUP, SECURE_ALERT_SETUP, error,
                     "party %zu uses %s session secret and this party %s: all parties must give "
                     "the same one, or none",
                     from, flags == FLAG_SECRET ? "a" : "no",
                     flags == FLAG_SECRET ? "none" : "one");
    if (parties != s->parties)
        return BLAME(h, from, PT_PEER_SETUP, SECURE_ALERT_SETUP, error,
                     "for party %zu there are %lu parties, for this party %zu (a dealer counts)",
                     from, (unsigned long)parties, s->parties);
    if (sender != from || receiver != s->party)
        return BLAME(h, from, PT_PEER_IDENTITY, SECURE_ALERT_ALTERED, error,
                     "a message from party %lu to party %lu came as one from party %zu to party "
                     "%zu: the relay mixes up the parties",
                     (unsigned long)sender, (unsigned long)receiver, from, s->party);
    if (memcmp(session, h->session, DIGEST_BYTES) != 0)
        return BLAME(h, from, PT_PEER_SETUP, SECURE_ALERT_SETUP, error,
                     "party %zu is in a session of another name", from);
    return PT_OK;
}

static pt_status recv_hello(handshake *h, size_t from, pt_error *error)
{
    uint8_t message[HELLO_BYTES];
    uint8_t payload[1];
    size_t len = 0;
    reader r;
    pt_status status = recv_message(h, from, KIND_HELLO, message, sizeof message, error);
    if (status != PT_OK)
        return status;
    reader_init(&r, message + SECURE_START_BYTES + 1, HELLO_NOISE_AT - SECURE_START_BYTES - 1);
    status = handshake_check_hello(h, from, &r, error);
    if (status != PT_OK)
        return status;
    reader_get(&r, h->identities[from].commitment, COMMITMENT_BYTES);
    PT_ASSERT(reader_done(&r));
    const size_t noise_bytes = from < h->s->party ? first_bytes(h) : 0;
    if (!sodium_is_zero(message + HELLO_NOISE_AT + noise_bytes, NOISE_OVERHEAD_1_PSK - noise_bytes))
        return handshake_malformed(h, from, error);
    if (noise_bytes == 0)
        return PT_OK;
    const noise_result result =
        noise_handshake_read(&h->noise[from], payload, &len, message + HELLO_NOISE_AT, noise_bytes);
    return result == NOISE_OK ? PT_OK : noise_failed(h, from, result, KIND_HELLO, error);
}

/* ANSWER or FINISH. */
static pt_status send_identity(handshake *h, size_t to, kind k, pt_error *error)
{
    uint8_t message[MESSAGE_MAX];
    size_t len = 0;
    put_start(message, k);
    const noise_result result =
        noise_handshake_write(&h->noise[to], message + SECURE_START_BYTES, &len,
                              h->identities[h->s->party].nonce, NONCE_BYTES);
    if (result != NOISE_OK) /* the peer's ephemeral key is one that gives zero */
        return noise_failed(h, to, result, k, error);
    return channel_send(&h->s->inner, to, phase, message, SECURE_START_BYTES + len, error);
}

/* Whether the peer is the one it has to be. */
static pt_status check_identity(handshake *h, size_t from, pt_error *error)
{
    const identity *who = &h->identities[from];
    const uint8_t *expected = secure_known_key(h->o, from);
    uint8_t commitment[COMMITMENT_BYTES];
    if (expected != NULL && memcmp(who->public_key, expected, PT_KEY_BYTES) != 0)
        return BLAME(h, from, PT_PEER_IDENTITY, SECURE_ALERT_KEY, error,
                     "party %zu has another key than the roster says (or the ticket): either that "
                     "or its private key is the wrong one, or it is somebody else",
                     from);
    commit(commitment, h, from);
    if (memcmp(commitment, who->commitment, COMMITMENT_BYTES) != 0)
        return BLAME(h, from, PT_PEER_ALTERED, SECURE_ALERT_ALTERED, error,
                     "party %zu has another key than it committed to: somebody is between it and "
                     "this party",
                     from);
    return PT_OK;
}

static pt_status recv_identity(handshake *h, size_t from, kind k, pt_error *error)
{
    uint8_t message[MESSAGE_MAX];
    uint8_t nonce[NONCE_BYTES];
    identity *who = &h->identities[from];
    const size_t len = k == KIND_ANSWER ? ANSWER_BYTES : FINISH_BYTES;
    size_t nonce_len = 0;
    const pt_status status = recv_message(h, from, k, message, len, error);
    if (status != PT_OK)
        return status;
    const noise_result result = noise_handshake_read(
        &h->noise[from], nonce, &nonce_len, message + SECURE_START_BYTES, len - SECURE_START_BYTES);
    if (result != NOISE_OK)
        return noise_failed(h, from, result, k, error);
    memcpy(who->public_key, h->noise[from].peer_static, NOISE_KEY_BYTES);
    memcpy(who->nonce, nonce, NONCE_BYTES);
    return check_identity(h, from, error);
}

static void split(handshake *h, size_t peer)
{
    secure_peer *p = &h->s->peers[peer];
    noise_handshake_split(&h->noise[peer], &p->send, &p->recv);
}

static pt_status send_confirm(handshake *h, size_t to, pt_error *error)
{
    uint8_t message[CONFIRM_BYTES];
    put_start(message, KIND_CONFIRM);
    const noise_result result =
        noise_seal(&h->s->peers[to].send, message + SECURE_START_BYTES, NULL, 0);
    PT_ASSERT(result == NOISE_OK);
    return channel_send(&h->s->inner, to, phase, message, sizeof message, error);
}

static pt_status recv_confirm(handshake *h, size_t from, pt_error *error)
{
    uint8_t message[CONFIRM_BYTES];
    uint8_t nothing[1];
    const pt_status status = recv_message(h, from, KIND_CONFIRM, message, sizeof message, error);
    if (status != PT_OK)
        return status;
    const noise_result result =
        noise_open(&h->s->peers[from].recv, nothing, message + SECURE_START_BYTES, NOISE_TAG_BYTES);
    return result == NOISE_OK ? PT_OK : noise_failed(h, from, result, KIND_CONFIRM, error);
}

/* Only who has the session secret sends one; without a secret there is nothing to wait for now. */
static pt_status expect_confirm(handshake *h, size_t from, pt_error *error)
{
    if (h->o->session_secret != NULL)
        return recv_confirm(h, from, error);
    h->s->peers[from].awaits_confirm = true;
    return PT_OK;
}

/* ---- The handshake ---- */

static pt_status derive_psk(handshake *h, pt_error *error)
{
    uint8_t salt[DIGEST_BYTES];
    _Static_assert(sizeof salt == crypto_pwhash_argon2id_SALTBYTES, "the digest is the salt");
    if (h->o->session_secret == NULL)
        return PT_OK;
    hash_session(salt, label_psk, h->o);
    if (crypto_pwhash_argon2id(h->psk, sizeof h->psk, h->o->session_secret,
                               h->o->session_secret_len, salt, ARGON2_PASSES, ARGON2_BYTES,
                               crypto_pwhash_argon2id_ALG_ARGON2ID13) != 0)
        return error_memory(error);
    return PT_OK;
}

/* What the two ends of a pair must see alike: protocol, session, parties, and who is who. */
static void begin_noise(handshake *h, size_t peer)
{
    const secure *s = h->s;
    const bool initiator = s->party < peer;
    uint8_t prologue[crypto_generichash_blake2b_BYTES];
    digest d;
    digest_begin(&d, sizeof prologue, label_prologue);
    digest_field(&d, h->o->session, h->o->session_len);
    digest_number(&d, s->parties);
    digest_number(&d, initiator ? s->party : peer);
    digest_number(&d, initiator ? peer : s->party);
    digest_end(&d, prologue, sizeof prologue);
    const noise_options options = {.initiator = initiator,
                                   .psk = h->o->session_secret == NULL ? NULL : h->psk,
                                   .prologue = prologue,
                                   .prologue_len = sizeof prologue,
                                   .own_static = &h->own};
    noise_handshake_init(&h->noise[peer], &options);
}

static pt_status handshake_begin(handshake *h, pt_error *error)
{
    identity *own = &h->identities[h->s->party];
    hash_session(h->session, label_session, h->o);
    if (h->o->private_key == NULL)
        noise_keypair_new(&h->own);
    else
        noise_keypair_of(&h->own, h->o->private_key);
    memcpy(own->public_key, h->own.public_key, NOISE_KEY_BYTES);
    randombytes_buf(own->nonce, NONCE_BYTES);
    commit(own->commitment, h, h->s->party);
    const pt_status status = derive_psk(h, error);
    for (size_t peer = 0; status == PT_OK && peer < h->s->parties; peer++) {
        if (peer != h->s->party)
            begin_noise(h, peer);
    }
    return status;
}

/* ---- the steps ---- */

static pt_status send_answer(handshake *h, size_t peer, pt_error *error)
{
    h->answered_ns[peer] = clock_ns();
    return send_identity(h, peer, KIND_ANSWER, error);
}

static pt_status finish(handshake *h, size_t peer, pt_error *error)
{
    pt_status status = recv_identity(h, peer, KIND_ANSWER, error);
    if (status != PT_OK)
        return status;
    status = send_identity(h, peer, KIND_FINISH, error);
    if (status != PT_OK)
        return status;
    split(h, peer);
    return PT_OK;
}

/* FINISH leaves when ANSWER is there. */
static void note_round_trip(const handshake *h, size_t peer)
{
    secure *s = h->s;
    const uint64_t taken_ns = clock_ns() - h->answered_ns[peer];
    if (s->round_trip_ns == 0 || taken_ns < s->round_trip_ns)
        s->round_trip_ns = taken_ns;
}

static pt_status confirm(handshake *h, size_t peer, pt_error *error)
{
    const pt_status status = recv_identity(h, peer, KIND_FINISH, error);
    if (status != PT_OK)
        return status;
    note_round_trip(h, peer);
    split(h, peer);
    return send_confirm(h, peer, error);
}

/* Lower peers are initiators towards this party, higher ones responders. */
typedef enum step_peers { WITH_ALL, WITH_LOWER, WITH_HIGHER } step_peers;

static const struct {
    step_peers with;
    pt_status (*take)(handshake *h, size_t peer, pt_error *error);
} handshake_steps[] = {
    {WITH_ALL, send_hello},
    {WITH_ALL, recv_hello},
    /* From here on all commitments are in, and the own contribution may become known. */
    {WITH_LOWER, send_answer},
    {WITH_HIGHER, finish},
    {WITH_LOWER, confirm},
    {WITH_HIGHER, expect_confirm},
};

static bool is_with(step_peers with, size_t me, size_t peer)
{
    return peer != me && (with == WITH_ALL || (with == WITH_LOWER) == (peer < me));
}

/* Each step for all peers before the next one, so that nobody waits for what need not be waited
 * for. */
static pt_status talk(handshake *h, pt_error *error)
{
    for (size_t i = 0; i < sizeof handshake_steps / sizeof *handshake_steps; i++) {
        for (size_t peer = 0; peer < h->s->parties; peer++) {
            if (!is_with(handshake_steps[i].with, h->s->party, peer))
                continue;
            const pt_status status = handshake_steps[i].take(h, peer, error);
            if (status != PT_OK)
                return status;
        }
    }
    return PT_OK;
}

/* A check that failed concerns whom it accuses. */
static void tell_others(const handshake *h, pt_status status)
{
    const stop_reason why = stop_reason_of(status);
    const unsigned other =
        why == STOP_CHECK ? SECURE_ALERT_ENDED : SECURE_ALERT_STOPPED + (unsigned)why;
    for (size_t peer = 0; peer < h->s->parties; peer++) {
        if (peer != h->s->party)
            secure_send_alert(h->s, peer, peer == h->blamed ? h->reason : other);
    }
}

static void handshake_free(handshake *h)
{
    const size_t parties = h->s->parties;
    mem_free_secret(h->identities, h->identities == NULL ? 0 : parties * sizeof *h->identities);
    mem_free_guarded(h->noise, parties * sizeof *h->noise);
    mem_free(h->answered_ns);
    mem_free_guarded(h, sizeof *h);
}

/* NULL for want of memory. */
static handshake *handshake_new(secure *s, const pt_secure_options *options)
{
    handshake *h = mem_new_guarded(1, sizeof *h);
    if (h == NULL)
        return NULL;
    *h = (handshake){.s = s, .o = options, .blamed = SIZE_MAX};
    h->identities = mem_new(s->parties, sizeof *h->identities);
    h->noise = mem_new_guarded(s->parties, sizeof *h->noise);
    h->answered_ns = mem_new(s->parties, sizeof *h->answered_ns);
    if (h->identities != NULL && h->noise != NULL && h->answered_ns != NULL)
        return h;
    handshake_free(h);
    return NULL;
}

pt_status secure_await_confirm(secure *s, size_t from, pt_error *error)
{
    static const pt_secure_options no_secret = {0};
    handshake h = {.s = s, .o = &no_secret, .blamed = SIZE_MAX};
    const pt_status status = recv_confirm(&h, from, error);
    if (status != PT_OK && h.blamed == from)
        secure_send_alert(s, from, h.reason);
    return status;
}

NOINLINE pt_status secure_handshake(secure *s, const pt_secure_options *options, pt_error *error)
{
    handshake *h = handshake_new(s, options);
    if (h == NULL) {
        const handshake none = {.s = s, .blamed = SIZE_MAX};
        tell_others(&none, PT_ERR_MEMORY);
        return error_memory(error);
    }
    pt_status status = handshake_begin(h, error);
    if (status == PT_OK)
        status = talk(h, error);
    if (status == PT_OK)
        make_fingerprint(h);
    else
        tell_others(h, status);
    handshake_free(h);
    return status;
}
