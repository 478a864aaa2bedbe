#define _POSIX_C_SOURCE 200809L
#include "node/run/agreement.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/error.h"
#include "channel/channel.h"

#define VERSION     1
#define KIND_AGREE  'A'
#define KIND_WAIT   'W'
#define KIND_GO     'G'
#define DIGEST      POLICY_HASH_BYTES
#define N_DIGESTS   4
#define AGREE_BYTES (2 + N_DIGESTS * DIGEST + 4)
#define MESSAGE_MAX ((size_t)1024)
#define LAST_WORDS  64                 /* messages that are read on the way to them */
#define WORDS_MAX   ((size_t)64 << 20) /* and how long those may be */

static const char phase_agree[] = "agreement";
static const char phase_begin[] = "beginning";
static const char phase_stop[] = "stopping";

static const char *const digest_names[N_DIGESTS] = {"program", "function", "list of participants",
                                                    "list of output parties"};

/* How 'F' begins: as no message of the protocol does, for it may come after some of these. */
static const uint8_t stop_mark[] = {'F', 'p', 't', '-', 'n', 'o', 'd', 'e'};

/* ---- messages ---- */

static bool is_stop(const uint8_t *message, size_t len)
{
    return len >= sizeof stop_mark && memcmp(message, stop_mark, sizeof stop_mark) == 0;
}

static void digest_participants(uint8_t ret_digest[DIGEST], const policy *p)
{
    crypto_hash_sha256_state h;
    (void)crypto_hash_sha256_init(&h);
    for (size_t i = 0; i < p->n_parties; i++) {
        const char *url = p->participants[i];
        size_t len = strlen(url);
        while (len > 0 && url[len - 1] == '/')
            len--;
        (void)crypto_hash_sha256_update(&h, (const uint8_t *)url, len);
        (void)crypto_hash_sha256_update(&h, (const uint8_t *)"", 1);
    }
    (void)crypto_hash_sha256_final(&h, ret_digest);
}

static void digest_receivers(uint8_t ret_digest[DIGEST], const policy *p)
{
    uint8_t list[POLICY_PARTIES_MAX];
    for (size_t i = 0; i < p->n_parties; i++)
        list[i] = p->receives[i] ? 1 : 0;
    (void)crypto_hash_sha256(ret_digest, list, p->n_parties);
}

static void agree_message(uint8_t ret_message[AGREE_BYTES], const policy *p)
{
    const char *function = p->function == NULL ? "main" : p->function;
    uint8_t *at = ret_message + 2;
    ret_message[0] = KIND_AGREE;
    ret_message[1] = VERSION;
    memcpy(at, p->program_sha256, DIGEST);
    (void)crypto_hash_sha256(at + DIGEST, (const uint8_t *)function, strlen(function));
    digest_participants(at + 2 * DIGEST, p);
    digest_receivers(at + 3 * DIGEST, p);
    at += N_DIGESTS * DIGEST;
    for (size_t i = 0; i < 4; i++)
        at[i] = (uint8_t)(p->leader >> 8 * i);
}

/* Text of another party, as it may be shown. */
static void take_reason(char ret_reason[AGREEMENT_REASON_MAX], const uint8_t *text, size_t len)
{
    size_t n = 0;
    for (size_t i = 0; i < len && n + 1 < AGREEMENT_REASON_MAX; i++)
        ret_reason[n++] = text[i] >= 0x20 && text[i] < 0x7f ? (char)text[i] : '?';
    ret_reason[n] = '\0';
}

static pt_status send_all(const pt_channel *channel, const policy *p, const char *phase,
                          const uint8_t *bytes, size_t len, pt_error *error)
{
    for (size_t i = 0; i < p->n_parties; i++) {
        if (i == p->party)
            continue;
        const pt_status status = channel_send(channel, i, phase, bytes, len, error);
        if (status != PT_OK)
            return status;
    }
    return PT_OK;
}

/* The next message of `from`, for the caller to free(); what it says of stopping is a failure. */
static pt_status recv_kind(uint8_t **ret_message, size_t *ret_len, const pt_channel *channel,
                           size_t from, const char *phase, pt_error *error)
{
    char reason[AGREEMENT_REASON_MAX];
    const pt_status status =
        channel_recv(channel, from, phase, MESSAGE_MAX, ret_message, ret_len, error);
    if (status != PT_OK)
        return status;
    if (!is_stop(*ret_message, *ret_len))
        return PT_OK;
    take_reason(reason, *ret_message + sizeof stop_mark, *ret_len - sizeof stop_mark);
    free(*ret_message);
    *ret_message = NULL;
    return error_set_peer(error, PT_ERR_STOPPED, (int)from, phase, "party %zu stopped: %s", from,
                          reason);
}

static pt_status malformed(size_t from, const char *phase, pt_error *error)
{
    return error_set_peer(error, PT_PEER_MALFORMED, (int)from, phase,
                          "party %zu sent what is no message of a node", from);
}

/* ---- agreeing ---- */

static pt_status compare_agreements(const uint8_t *own, const uint8_t *theirs, size_t len,
                                    size_t from, pt_error *error)
{
    if (len < 2 || theirs[0] != KIND_AGREE)
        return malformed(from, phase_agree, error);
    if (theirs[1] != VERSION)
        return error_set_peer(error, PT_PEER_SETUP, (int)from, phase_agree,
                              "party %zu is a node of another version", from);
    if (len != AGREE_BYTES)
        return malformed(from, phase_agree, error);
    for (size_t i = 0; i < N_DIGESTS; i++) {
        if (memcmp(own + 2 + i * DIGEST, theirs + 2 + i * DIGEST, DIGEST) != 0)
            return error_set_peer(error, PT_PEER_SETUP, (int)from, phase_agree,
                                  "party %zu was given another %s", from, digest_names[i]);
    }
    if (memcmp(own, theirs, AGREE_BYTES) != 0)
        return error_set_peer(error, PT_PEER_SETUP, (int)from, phase_agree,
                              "party %zu was given another leader", from);
    return PT_OK;
}

static pt_status agree_with(const pt_channel *channel, const uint8_t *own, size_t from,
                            pt_error *error)
{
    uint8_t *message = NULL;
    size_t len = 0;
    pt_status status = recv_kind(&message, &len, channel, from, phase_agree, error);
    if (status == PT_OK)
        status = compare_agreements(own, message, len, from, error);
    free(message);
    return status;
}

pt_status agreement_exchange(const pt_channel *channel, const policy *p, pt_error *error)
{
    uint8_t own[AGREE_BYTES];
    agree_message(own, p);
    pt_status status = send_all(channel, p, phase_agree, own, sizeof own, error);
    for (size_t i = 0; i < p->n_parties && status == PT_OK; i++) {
        if (i != p->party)
            status = agree_with(channel, own, i, error);
    }
    return status;
}

/* ---- beginning ---- */

pt_status agreement_tell(const pt_channel *channel, const policy *p, bool begins, pt_error *error)
{
    const uint8_t message[] = {begins ? KIND_GO : KIND_WAIT};
    return send_all(channel, p, phase_begin, message, sizeof message, error);
}

pt_status agreement_wait(const pt_channel *channel, const policy *p, pt_error *error)
{
    for (;;) {
        uint8_t *message = NULL;
        size_t len = 0;
        const pt_status status = recv_kind(&message, &len, channel, p->leader, phase_begin, error);
        if (status != PT_OK)
            return status;
        const uint8_t kind = len == 0 ? 0 : message[0];
        free(message);
        if (len != 1 || (kind != KIND_GO && kind != KIND_WAIT))
            return malformed(p->leader, phase_begin, error);
        if (kind == KIND_GO)
            return PT_OK;
    }
}

/* ---- stopping ---- */

void agreement_stop(const pt_channel *channel, const policy *p, const char *reason)
{
    uint8_t message[sizeof stop_mark + AGREEMENT_REASON_MAX];
    const size_t len = strnlen(reason, AGREEMENT_REASON_MAX - 1);
    memcpy(message, stop_mark, sizeof stop_mark);
    memcpy(message + sizeof stop_mark, reason, len);
    for (size_t i = 0; i < p->n_parties; i++) {
        if (i != p->party &&
            channel_send(channel, i, phase_stop, message, sizeof stop_mark + len, NULL) != PT_OK)
            continue;
    }
}

bool agreement_last_words(char ret_reason[AGREEMENT_REASON_MAX], const pt_channel *channel,
                          size_t party)
{
    bool found = false;
    for (size_t i = 0; i < LAST_WORDS && !found; i++) {
        uint8_t *message = NULL;
        size_t len = 0;
        if (channel_recv(channel, party, phase_stop, WORDS_MAX, &message, &len, NULL) != PT_OK)
            return false;
        found = is_stop(message, len);
        if (found)
            take_reason(ret_reason, message + sizeof stop_mark, len - sizeof stop_mark);
        free(message);
    }
    return found;
}
