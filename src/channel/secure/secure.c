#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "channel/secure/record.h"
#include "channel/secure/secure_impl.h"
#include "polytune/secure.h"

#define SESSION_SECRET_MAX 65536

_Static_assert(PT_KEY_BYTES == NOISE_KEY_BYTES, "keys are Noise keys");

static pt_status start_sodium(pt_error *error)
{
    return sodium_init() >= 0 ? PT_OK
                              : error_set(error, PT_ERR_INTERNAL,
                                          "the operating system's random generator cannot be used");
}

pt_status pt_channel_secure_keygen(uint8_t ret_public_key[PT_KEY_BYTES],
                                   uint8_t ret_private_key[PT_KEY_BYTES], pt_error *error)
{
    if (ret_public_key == NULL || ret_private_key == NULL)
        return error_missing(error, "places for the keys");
    noise_keypair pair;
    const pt_status status = start_sodium(error);
    if (status != PT_OK)
        return status;
    noise_keypair_new(&pair);
    memcpy(ret_public_key, pair.public_key, PT_KEY_BYTES);
    memcpy(ret_private_key, pair.secret_key, PT_KEY_BYTES);
    mem_wipe(&pair, sizeof pair);
    return PT_OK;
}

pt_status pt_channel_secure_public_key(uint8_t ret_public_key[PT_KEY_BYTES],
                                       const uint8_t private_key[PT_KEY_BYTES], pt_error *error)
{
    if (ret_public_key == NULL || private_key == NULL)
        return error_missing(error, "a private key, and a place for the public one,");
    noise_keypair pair;
    const pt_status status = start_sodium(error);
    if (status != PT_OK)
        return status;
    noise_keypair_of(&pair, private_key);
    memcpy(ret_public_key, pair.public_key, PT_KEY_BYTES);
    mem_wipe(&pair, sizeof pair);
    return PT_OK;
}

/* ---- The channel ---- */

static pt_status check_alive(pt_status failed, size_t peer, const char *phase, pt_error *error)
{
    return failed == PT_OK ? PT_OK
                           : error_set_peer(error, failed, (int)peer, phase,
                                            "the connection to party %zu has failed before", peer);
}

/* Nothing more can be sent; the key is of no more use. */
static pt_status end_sending(secure_peer *p, pt_status status)
{
    mem_wipe(&p->send, sizeof p->send);
    p->send_failed = status;
    return status;
}

/* The connection ends here. */
static pt_status end_peer(secure_peer *p, pt_status status)
{
    mem_wipe(&p->recv, sizeof p->recv);
    p->recv_failed = status;
    return end_sending(p, status);
}

static pt_status exhausted(size_t peer, const char *phase, pt_error *error)
{
    return error_set_peer(error, PT_ERR_IO, (int)peer, phase,
                          "all numbers for messages to or from party %zu are used up", peer);
}

static pt_status secure_send(void *self, size_t to, const char *phase, const uint8_t *bytes,
                             size_t len, pt_error *error)
{
    secure *s = self;
    pt_status status = channel_check_peer(s->party, s->parties, to, error);
    if (status == PT_OK)
        status = check_alive(s->peers[to].send_failed, to, phase, error);
    if (status != PT_OK)
        return status;
    const size_t sealed_len = record_sealed_len(len);
    uint8_t *sealed = sealed_len == SIZE_MAX ? NULL : mem_resize(NULL, sealed_len, 1);
    if (sealed == NULL)
        return error_memory(error);
    if (record_seal(&s->peers[to].send, sealed, bytes, len) == NOISE_OK)
        status = channel_send(&s->inner, to, phase, sealed, sealed_len, error);
    else
        status = exhausted(to, phase, error);
    mem_free(sealed);
    /* What was sealed has its number: without it the peer would take nothing that follows. */
    return status == PT_OK ? PT_OK : end_sending(&s->peers[to], status);
}

static pt_status altered(const secure *s, size_t from, const char *phase, pt_error *error)
{
    secure_send_alert(s, from, SECURE_ALERT_ALTERED);
    return error_set_peer(error, PT_PEER_ALTERED, (int)from, phase,
                          "a message from party %zu was altered, repeated or reordered on the "
                          "way, or one before it is lost",
                          from);
}

static pt_status open_message(secure *s, size_t from, const char *phase, uint8_t *bytes,
                              size_t *len, pt_error *error)
{
    const pt_status status = secure_check_alert(from, phase, bytes, *len, error);
    if (status != PT_OK)
        return status;
    const noise_result result = record_open(&s->peers[from].recv, bytes, *len, len);
    if (result == NOISE_EXHAUSTED)
        return exhausted(from, phase, error);
    return result == NOISE_OK ? PT_OK : altered(s, from, phase, error);
}

/* Whether messages can be received from that peer. */
static pt_status check_receiving(secure *s, size_t from, const char *phase, pt_error *error)
{
    secure_peer *p = &s->peers[from];
    pt_status status = check_alive(p->recv_failed, from, phase, error);
    if (status != PT_OK || !p->awaits_confirm)
        return status;
    status = secure_await_confirm(s, from, error);
    p->awaits_confirm = status != PT_OK;
    /* What the inner channel could not receive may still come. */
    if (status == PT_ERR_STOPPED || pt_status_class_of(status) == PT_CLASS_PEER)
        return end_peer(p, status);
    return status;
}

static pt_status secure_recv(void *self, size_t from, const char *phase, size_t max_len,
                             uint8_t **ret_bytes, size_t *ret_len, pt_error *error)
{
    secure *s = self;
    uint8_t *bytes = NULL;
    size_t len = 0;
    pt_status status = channel_check_peer(s->party, s->parties, from, error);
    if (status == PT_OK)
        status = check_receiving(s, from, phase, error);
    /* A sealed message of this length is one of max_len bytes at most. */
    if (status == PT_OK)
        status =
            channel_recv(&s->inner, from, phase, record_sealed_len(max_len), &bytes, &len, error);
    if (status != PT_OK)
        return status;
    status = open_message(s, from, phase, bytes, &len, error);
    if (status != PT_OK) {
        free(bytes);
        return end_peer(&s->peers[from], status);
    }
    *ret_bytes = bytes;
    *ret_len = len;
    return PT_OK;
}

static void secure_free(secure *s)
{
    if (s == NULL)
        return;
    mem_free_guarded(s->peers, s->parties * sizeof *s->peers);
    mem_free(s);
}

static void secure_close(void *self)
{
    secure *s = self;
    pt_channel_close(&s->inner);
    secure_free(s);
}

static pt_channel_kind secure_kind(void *self)
{
    (void)self;
    return PT_CHANNEL_SECURE;
}

static const pt_channel_ops secure_ops = {
    .send = secure_send, .recv = secure_recv, .close = secure_close, .kind = secure_kind};

/* ---- Opening one ---- */

const uint8_t *secure_known_key(const pt_secure_options *o, size_t party)
{
    const uint8_t *key = o->roster == NULL ? NULL : o->roster + party * PT_KEY_BYTES;
    return key == NULL || sodium_is_zero(key, PT_KEY_BYTES) ? NULL : key;
}

/* A roster is of use only if it tells the parties apart and the others can find this one in it. */
static pt_status check_roster(const pt_secure_options *o, pt_error *error)
{
    uint8_t own[PT_KEY_BYTES];
    pt_status status = PT_OK;
    for (size_t i = 0; i < o->parties; i++) {
        const uint8_t *key = secure_known_key(o, i);
        for (size_t j = 0; key != NULL && j < i; j++) {
            if (memcmp(key, o->roster + j * PT_KEY_BYTES, PT_KEY_BYTES) == 0)
                return error_set(error, PT_ERR_USAGE,
                                 "parties %zu and %zu have the same public key in the roster", j,
                                 i);
        }
    }
    const uint8_t *expected = secure_known_key(o, o->party);
    if (expected == NULL || o->private_key == NULL)
        return PT_OK;
    status = pt_channel_secure_public_key(own, o->private_key, error);
    if (status == PT_OK && memcmp(own, expected, sizeof own) != 0)
        status = error_set(error, PT_ERR_USAGE,
                           "the roster's public key for party %zu, this party, is not the one of "
                           "its private key",
                           o->party);
    return status;
}

static pt_status secure_check_options(const pt_secure_options *o, pt_error *error)
{
    if (o->parties > CHANNEL_MAX_PARTIES || o->party >= o->parties)
        return error_set(error, PT_ERR_USAGE, "party %zu of %zu: at most %d parties, from 0 on",
                         o->party, o->parties, CHANNEL_MAX_PARTIES);
    if (o->session == NULL && o->session_len != 0)
        return error_missing(error, "the session");
    if (o->session_secret == NULL && o->session_secret_len != 0)
        return error_missing(error, "the session secret");
    if (o->session_secret != NULL &&
        (o->session_secret_len == 0 || o->session_secret_len > SESSION_SECRET_MAX))
        return error_set(error, PT_ERR_USAGE, "a session secret has 1 to %d bytes, not %zu",
                         SESSION_SECRET_MAX, o->session_secret_len);
    return check_roster(o, error);
}

pt_status pt_channel_secure_wrap(pt_channel *ret_channel, pt_channel inner,
                                 const pt_secure_options *options, pt_error *error)
{
    if (ret_channel == NULL || !channel_is_whole(&inner) || options == NULL)
        return error_missing(error, "a channel, options and a place for the channel");
    pt_status status = start_sodium(error);
    if (status == PT_OK)
        status = secure_check_options(options, error);
    if (status != PT_OK)
        return status;
    secure *s = mem_new(1, sizeof *s);
    if (s == NULL)
        return error_memory(error);
    *s = (secure){.inner = inner, .party = options->party, .parties = options->parties};
    s->peers = mem_new_guarded(s->parties, sizeof *s->peers);
    status = s->peers == NULL ? error_memory(error) : secure_handshake(s, options, error);
    mem_wipe_stack(); /* on which compilers leave copies of keys */
    if (status != PT_OK) {
        secure_free(s);
        return status;
    }
    *ret_channel = (pt_channel){&secure_ops, s};
    return PT_OK;
}

pt_status pt_channel_secure_round_trip(double *ret_seconds, const pt_channel *channel,
                                       pt_error *error)
{
    if (ret_seconds == NULL || channel == NULL)
        return error_missing(error, "a channel, and a place for the round trip,");
    if (channel->ops != &secure_ops)
        return error_set(error, PT_ERR_USAGE, "this channel has made no handshake");
    const secure *s = channel->self;
    *ret_seconds = (double)s->round_trip_ns * 1e-9;
    return PT_OK;
}

pt_status pt_channel_secure_fingerprint(char ret_words[PT_FINGERPRINT_SIZE],
                                        const pt_channel *channel, pt_error *error)
{
    if (ret_words == NULL || channel == NULL)
        return error_missing(error, "a channel, and a place for the words,");
    if (channel->ops != &secure_ops)
        return error_set(error, PT_ERR_USAGE, "this channel has no fingerprint");
    const secure *s = channel->self;
    memcpy(ret_words, s->fingerprint, PT_FINGERPRINT_SIZE);
    return PT_OK;
}
