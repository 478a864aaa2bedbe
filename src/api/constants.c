/* The exchange of constants: polytune/constants.h. Two kinds of messages, numbers little-endian:
 *
 *      byte 0     4: constants                  5: digests
 *           1     protocol version              protocol version
 *           2..   u32 count, then `count`       for each party, in order, the digest of the
 *                 times three terminated        constants message received from it (the own one
 *                 texts: party, name, literal   for oneself)
 *
 * Constants are sorted by party and name, each once. A party that cannot go on sends the engine's
 * ABORT (mpc/session/message.h), which a peer understands that is in the protocol already. */
#include "polytune/constants.h"

#include <stdlib.h>
#include <string.h>

#include "base/assert.h"
#include "base/buffer.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/stop.h"
#include "channel/channel.h"
#include "circuit/circuit.h"
#include "crypto/ct.h"
#include "crypto/ro.h"
#include "crypto/ro_labels.h"
#include "mpc/session/message.h"
#include "mpc/session/params.h"
#include "polytune/mpc.h"

/* The layers below that do not see each other, and embedders, mean the same by it. */
_Static_assert(CIRCUIT_MAX_PARTIES == CHANNEL_MAX_PARTIES &&
                   MPC_MAX_PARTIES == CHANNEL_MAX_PARTIES &&
                   PT_MPC_MAX_PARTIES == CHANNEL_MAX_PARTIES,
               "one number of parties");

#define LIST_AT           6
#define DIGESTS_AT        2
#define MESSAGE_MAX_BYTES ((size_t)1 << 20)
#define COUNT_MAX         4096
#define NAME_MAX          255
#define SHOWN             "%.100s" /* literals in messages are cut */

static const char phase_exchange[] = "constants";
static const char phase_confirm[] = "constants digest";

/* What one party sent. The texts of `list` are in the message. */
typedef struct party_constants {
    uint8_t *message; /* as the channel gives it: released with free */
    size_t len;
    pt_constant *list;
    size_t n;
    uint8_t digest[PT_CONSTANTS_DIGEST_BYTES];
} party_constants;

struct pt_constants {
    size_t party, parties;
    party_constants *sent; /* by party */
    pt_constant *list;
    size_t n;
};

void pt_constants_free(pt_constants *constants)
{
    if (constants == NULL)
        return;
    for (size_t p = 0; constants->sent != NULL && p < constants->parties; p++) {
        free(constants->sent[p].message);
        mem_free(constants->sent[p].list);
    }
    mem_free(constants->sent);
    mem_free(constants->list);
    mem_free(constants);
}

const pt_constant *pt_constants_list(size_t *ret_count, const pt_constants *constants)
{
    if (ret_count != NULL)
        *ret_count = constants == NULL ? 0 : constants->n;
    return constants == NULL ? NULL : constants->list;
}

/* ---- Texts ---- */

static bool is_identifier(const char *text)
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_0123456789";
    const size_t len = strlen(text);
    return len > 0 && len <= NAME_MAX && strspn(text, letters) == len &&
           strchr("0123456789", text[0]) == NULL;
}

/* Printable, so that it can be shown: what it means is for the compiler to find out. */
static bool is_literal(const char *text)
{
    for (const char *c = text; *c != '\0'; c++) {
        if (*c < 0x20 || *c > 0x7e)
            return false;
    }
    return text[0] != '\0';
}

static int compare(const pt_constant *a, const pt_constant *b)
{
    const int order = strcmp(a->party, b->party);
    return order != 0 ? order : strcmp(a->name, b->name);
}

static int compare_untyped(const void *a, const void *b)
{
    return compare(a, b);
}

/* The constant of that name in a sorted list, or NULL. */
static const pt_constant *find(const party_constants *sent, const pt_constant *name)
{
    return sent->n == 0 ? NULL
                        : bsearch(name, sent->list, sent->n, sizeof *sent->list, compare_untyped);
}

/* The party that PARTY_<number> means, or `parties` for any other name. */
static size_t owner_of(const char *party, size_t parties)
{
    static const char prefix[] = "PARTY_";
    const char *at = party + sizeof prefix - 1;
    size_t number = 0;
    if (strncmp(party, prefix, sizeof prefix - 1) != 0 || *at == '\0' ||
        (*at == '0' && at[1] != '\0'))
        return parties;
    for (; *at != '\0'; at++) {
        if (*at < '0' || *at > '9')
            return parties;
        number = number * 10 + (size_t)(*at - '0');
        if (number >= parties)
            return parties;
    }
    return number;
}

/* ---- Messages ---- */

static const char *read_text(reader *r)
{
    const uint8_t *end = reader_left(r) == 0 ? NULL : memchr(r->at, 0, reader_left(r));
    if (end == NULL)
        return NULL;
    return (const char *)reader_take(r, (size_t)(end - r->at) + 1);
}

/* Reads what is behind the header; false if it is not as it should be. */
static bool read_list(party_constants *sent, reader *r, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        pt_constant *c = &sent->list[i];
        c->party = read_text(r);
        c->name = c->party == NULL ? NULL : read_text(r);
        c->literal = c->name == NULL ? NULL : read_text(r);
        if (c->literal == NULL || !is_identifier(c->party) || !is_identifier(c->name) ||
            !is_literal(c->literal) || (i > 0 && compare(&c[-1], c) >= 0))
            return false;
    }
    sent->n = count;
    return reader_done(r);
}

static void take_digest(party_constants *sent, size_t party)
{
    ro h;
    ro_init(&h, sizeof sent->digest, RO_LABEL_CONSTANTS);
    ro_u64(&h, party);
    ro_field(&h, sent->message, sent->len);
    ro_final(&h, sent->digest);
}

/* PT_OK, or what it says of a party that its message is an ABORT or of another version. */
static pt_status check_goes_on(size_t party, const char *phase, const uint8_t *m, size_t len,
                               stop_note *ret_heard, pt_error *error)
{
    char text[STOP_TEXT_MAX];
    char version[VERSION_TEXT_MAX];
    if (message_abort_get(ret_heard, m, len))
        return error_set_peer(error, stop_note_status(*ret_heard), (int)party, phase,
                              "party %zu %s", party, stop_note_text(text, *ret_heard, (int)party));
    if (len >= 2 && m[1] != MPC_PROTOCOL_VERSION)
        return error_set_peer(error, PT_PEER_SETUP, (int)party, phase, "party %zu %s", party,
                              version_text(version, m[1]));
    return PT_OK;
}

/* Fills `sent` from its message, which came from `party`. */
static pt_status parse_message(party_constants *sent, size_t party, stop_note *ret_heard,
                               pt_error *error)
{
    const uint8_t *m = sent->message;
    reader r;
    const pt_status status = check_goes_on(party, phase_exchange, m, sent->len, ret_heard, error);
    if (status != PT_OK)
        return status;
    if (sent->len >= 1 && (m[0] == MESSAGE_WAVE || m[0] == MESSAGE_STREAM))
        return error_set_peer(error, PT_PEER_SETUP, (int)party, phase_exchange,
                              "party %zu runs another program, without external constants", party);
    reader_init(&r, m, sent->len);
    const uint8_t kind = reader_u8(&r);
    (void)reader_u8(&r);
    const uint32_t count = reader_u32(&r);
    if (r.failed || kind != MESSAGE_CONSTANTS || count > COUNT_MAX)
        return error_set_peer(error, PT_PEER_MALFORMED, (int)party, phase_exchange,
                              "party %zu sent no list of constants", party);
    sent->list = mem_new(count, sizeof *sent->list);
    if (sent->list == NULL)
        return error_memory(error);
    if (!read_list(sent, &r, count))
        return error_set_peer(error, PT_PEER_MALFORMED, (int)party, phase_exchange,
                              "party %zu sent a malformed list of constants", party);
    take_digest(sent, party);
    return PT_OK;
}

static pt_status check_given(const pt_constant *sorted, size_t n, pt_error *error)
{
    size_t left = MESSAGE_MAX_BYTES - LIST_AT;
    if (n > COUNT_MAX)
        return error_set(error, PT_ERR_CONSTANT, "%zu constants given; at most %d are possible", n,
                         COUNT_MAX);
    for (size_t i = 0; i < n; i++) {
        const pt_constant *c = &sorted[i];
        if (!is_identifier(c->party) || !is_identifier(c->name))
            return error_set(error, PT_ERR_CONSTANT,
                             "expected PARTY::NAME of a constant, found " SHOWN "::" SHOWN,
                             c->party, c->name);
        if (!is_literal(c->literal))
            return error_set(error, PT_ERR_CONSTANT,
                             "constant %s::%s: expected a literal of printable ASCII characters",
                             c->party, c->name);
        if (i > 0 && compare(&c[-1], c) == 0)
            return error_set(error, PT_ERR_CONSTANT, "constant %s::%s is given twice", c->party,
                             c->name);
        const size_t len = strlen(c->party) + strlen(c->name) + strlen(c->literal) + 3;
        if (len > left)
            return error_set(error, PT_ERR_CONSTANT, "the constants take more than %zu bytes",
                             MESSAGE_MAX_BYTES);
        left -= len;
    }
    return PT_OK;
}

/* Writes the own message. */
static pt_status make_message(buffer *out, const pt_constant *given, size_t n, pt_error *error)
{
    pt_constant *sorted = mem_new(n, sizeof *sorted);
    if (sorted == NULL)
        return error_memory(error);
    for (size_t i = 0; i < n; i++)
        sorted[i] = given[i];
    qsort(sorted, n, sizeof *sorted, compare_untyped);
    const pt_status status = check_given(sorted, n, error);
    buffer_put_u8(out, MESSAGE_CONSTANTS);
    buffer_put_u8(out, MPC_PROTOCOL_VERSION);
    buffer_put_u32(out, (uint32_t)n);
    for (size_t i = 0; status == PT_OK && i < n; i++) {
        const char *texts[] = {sorted[i].party, sorted[i].name, sorted[i].literal};
        for (size_t t = 0; t < 3; t++)
            buffer_put(out, texts[t], strlen(texts[t]) + 1);
    }
    mem_free(sorted);
    return status == PT_OK && out->failed ? error_memory(error) : status;
}

static pt_status send_to_all(const pt_constants *c, const pt_channel *channel, const char *phase,
                             const uint8_t *bytes, size_t len, pt_error *error)
{
    pt_status status = PT_OK;
    for (size_t p = 0; p < c->parties && status == PT_OK; p++) {
        if (p != c->party)
            status = channel_send(channel, p, phase, bytes, len, error);
    }
    return status;
}

/* Tells all that this party stops; who cannot be told will see it otherwise. `heard`: the ABORT
 * that is the reason, if it is one. */
static void send_abort(const pt_constants *c, const pt_channel *channel, pt_status status,
                       stop_note heard)
{
    uint8_t bytes[MESSAGE_ABORT_BYTES];
    const char *phase = phase_confirm;
    if (heard.reason == STOP_NONE)
        heard = (stop_note){.reason = stop_reason_of(status), .party = (uint8_t)c->party};
    message_abort_put(bytes, heard);
    for (size_t p = 0; p < c->parties; p++) {
        if (p != c->party && channel_send(channel, p, phase, bytes, sizeof bytes, NULL) != PT_OK)
            continue;
    }
}

/* ---- Agreement ---- */

static pt_status report_difference(const pt_constant *name, size_t p, const pt_constant *theirs,
                                   size_t q, const pt_constant *other, pt_error *error)
{
    if (theirs == NULL)
        return error_set_peer(error, PT_PEER_SETUP, (int)p, phase_exchange,
                              "the constants differ: party %zu gives %s::%s = " SHOWN
                              ", party %zu does not give it",
                              q, name->party, name->name, other->literal, p);
    return error_set_peer(error, PT_PEER_SETUP, (int)p, phase_exchange,
                          "the constants differ: party %zu gives %s::%s = " SHOWN
                          ", party %zu gives " SHOWN,
                          q, name->party, name->name, other->literal, p, theirs->literal);
}

/* `theirs`, of party p, must be what party q gives for it. */
static pt_status check_equal(const pt_constants *c, size_t p, const pt_constant *theirs, size_t q,
                             pt_error *error)
{
    const pt_constant *other = find(&c->sent[q], theirs);
    if (other != NULL && strcmp(other->literal, theirs->literal) == 0)
        return PT_OK;
    return report_difference(theirs, q, other, p, theirs, error);
}

/* The party whose word counts: for PARTY_<number>:: that one, else party 0, whom all must agree
 * with. */
static size_t giver_of(const pt_constants *c, const pt_constant *given, bool *ret_is_shared)
{
    const size_t owner = owner_of(given->party, c->parties);
    *ret_is_shared = owner == c->parties;
    return *ret_is_shared ? 0 : owner;
}

/* All parties look in this order, so they find the same difference first. */
static pt_status check_agreement(const pt_constants *c, pt_error *error)
{
    bool is_shared;
    for (size_t p = 0; p < c->parties; p++) {
        for (size_t i = 0; i < c->sent[p].n; i++) {
            const pt_constant *given = &c->sent[p].list[i];
            const size_t giver = giver_of(c, given, &is_shared);
            const size_t end = p == 0 && is_shared ? c->parties : giver + 1;
            for (size_t q = giver; q < end; q++) {
                const pt_status status = check_equal(c, p, given, q, error);
                if (status != PT_OK)
                    return status;
            }
        }
    }
    return PT_OK;
}

static pt_status make_list(pt_constants *c, pt_error *error)
{
    bool is_shared;
    size_t most = 0;
    for (size_t p = 0; p < c->parties; p++)
        most += c->sent[p].n;
    c->list = mem_new(most, sizeof *c->list);
    if (c->list == NULL)
        return error_memory(error);
    for (size_t p = 0; p < c->parties; p++) {
        for (size_t i = 0; i < c->sent[p].n; i++) {
            if (giver_of(c, &c->sent[p].list[i], &is_shared) == p)
                c->list[c->n++] = c->sent[p].list[i];
        }
    }
    return PT_OK;
}

static pt_status recv_all(pt_constants *c, const pt_channel *channel, stop_note *ret_heard,
                          pt_error *error)
{
    pt_status status = PT_OK;
    for (size_t p = 0; p < c->parties && status == PT_OK; p++) {
        party_constants *sent = &c->sent[p];
        if (p != c->party)
            status = channel_recv(channel, p, phase_exchange, MESSAGE_MAX_BYTES, &sent->message,
                                  &sent->len, error);
        if (status == PT_OK)
            status = parse_message(sent, p, ret_heard, error);
    }
    return status;
}

pt_status pt_constants_exchange(pt_constants **ret_constants, const pt_channel *channel,
                                size_t party, size_t parties, const pt_constant *given,
                                size_t n_given, pt_error *error)
{
    buffer own;
    stop_note heard = {STOP_NONE, 0};
    if (ret_constants == NULL || !channel_is_whole(channel) || (given == NULL && n_given != 0))
        return error_missing(error, "a channel, constants and a place for all of them");
    for (size_t i = 0; i < n_given; i++) {
        if (given[i].party == NULL || given[i].name == NULL || given[i].literal == NULL)
            return error_missing(error, "the texts of every constant");
    }
    if (parties == 0 || parties > CHANNEL_MAX_PARTIES || party >= parties)
        return error_set(error, PT_ERR_USAGE, "party %zu of %zu: 1 to %d are possible, from 0",
                         party, parties, CHANNEL_MAX_PARTIES);
    pt_constants *c = mem_new(1, sizeof *c);
    if (c == NULL)
        return error_memory(error);
    buffer_init(&own, MESSAGE_MAX_BYTES);
    *c = (pt_constants){.party = party, .parties = parties};
    c->sent = mem_new(parties, sizeof *c->sent);
    pt_status status =
        c->sent == NULL ? error_memory(error) : make_message(&own, given, n_given, error);
    if (status == PT_OK)
        status = send_to_all(c, channel, phase_exchange, own.bytes, own.len, error);
    if (status == PT_OK) {
        c->sent[party].message = buffer_take(&own, &c->sent[party].len);
        status = recv_all(c, channel, &heard, error);
    }
    if (status == PT_OK)
        status = check_agreement(c, error);
    if (status == PT_OK)
        status = make_list(c, error);
    buffer_clear(&own);
    if (status != PT_OK) {
        send_abort(c, channel, status, heard);
        pt_constants_free(c);
        return status;
    }
    *ret_constants = c;
    return PT_OK;
}

/* ---- Confirmation ---- */

static pt_status check_digests(const pt_constants *c, size_t party, const uint8_t *m, size_t len,
                               pt_error *error)
{
    if (len != DIGESTS_AT + c->parties * PT_CONSTANTS_DIGEST_BYTES ||
        m[0] != MESSAGE_CONSTANT_DIGESTS)
        return error_set_peer(error, PT_PEER_MALFORMED, (int)party, phase_confirm,
                              "party %zu sent malformed digests of constants", party);
    for (size_t p = 0; p < c->parties; p++) {
        if (ct_equal(m + DIGESTS_AT + p * PT_CONSTANTS_DIGEST_BYTES, c->sent[p].digest,
                     PT_CONSTANTS_DIGEST_BYTES))
            continue;
        if (p == party || p == c->party)
            return error_set_peer(error, PT_PEER_TRANSCRIPT, (int)party, phase_confirm,
                                  "the constants differ: party %zu confirms others than were sent",
                                  party);
        return error_set_peer(error, PT_PEER_TRANSCRIPT, PT_NO_PARTY, phase_confirm,
                              "the constants differ: party %zu sent others to party %zu than to "
                              "this party, or party %zu says so wrongly; which cannot be told",
                              p, party, party);
    }
    return PT_OK;
}

static pt_status send_digests(const pt_constants *c, const pt_channel *channel, pt_error *error)
{
    buffer out;
    buffer_init(&out, DIGESTS_AT + c->parties * PT_CONSTANTS_DIGEST_BYTES);
    buffer_put_u8(&out, MESSAGE_CONSTANT_DIGESTS);
    buffer_put_u8(&out, MPC_PROTOCOL_VERSION);
    for (size_t p = 0; p < c->parties; p++)
        buffer_put(&out, c->sent[p].digest, sizeof c->sent[p].digest);
    const pt_status status =
        out.failed ? error_memory(error)
                   : send_to_all(c, channel, phase_confirm, out.bytes, out.len, error);
    buffer_clear(&out);
    return status;
}

pt_status pt_constants_confirm(const pt_constants *constants, const pt_channel *channel,
                               pt_status own, pt_error *error)
{
    const pt_constants *c = constants;
    if (c == NULL || !channel_is_whole(channel))
        return error_missing(error, "constants and a channel");
    stop_note heard = {STOP_NONE, 0};
    if (own != PT_OK) {
        send_abort(c, channel, own, heard);
        return own;
    }
    pt_status status = send_digests(c, channel, error);
    for (size_t p = 0; p < c->parties && status == PT_OK; p++) {
        uint8_t *m = NULL;
        size_t len = 0;
        if (p == c->party)
            continue;
        status = channel_recv(channel, p, phase_confirm, MESSAGE_MAX_BYTES, &m, &len, error);
        if (status == PT_OK)
            status = check_goes_on(p, phase_confirm, m, len, &heard, error);
        if (status == PT_OK)
            status = check_digests(c, p, m, len, error);
        free(m);
    }
    if (status != PT_OK)
        send_abort(c, channel, status, heard);
    return status;
}

void pt_constants_digest(uint8_t ret_digest[PT_CONSTANTS_DIGEST_BYTES],
                         const pt_constants *constants)
{
    ro h;
    if (ret_digest == NULL)
        return;
    memset(ret_digest, 0, PT_CONSTANTS_DIGEST_BYTES);
    if (constants == NULL)
        return;
    ro_init(&h, PT_CONSTANTS_DIGEST_BYTES, RO_LABEL_CONSTANTS);
    ro_u64(&h, constants->parties);
    for (size_t p = 0; p < constants->parties; p++)
        ro_field(&h, constants->sent[p].digest, sizeof constants->sent[p].digest);
    ro_final(&h, ret_digest);
}
