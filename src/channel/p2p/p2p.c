/* The peer-to-peer channel: opening, and which way a peer's messages go. Layer: channel.
 *
 * All parties open a relay channel, and ask meanwhile how they look from there. The first messages
 * on it, in phase "p2p":
 *
 *     offer     where the sender may be reached (candidate.h), to everybody
 *     verdict   1 u8, from the higher to the lower party of a pair: 1 direct, 0 relay
 *     answer    1 u8, from the lower to the higher: 1 if the connection is there on its side too
 *
 * Between offer and verdict they try to connect (punch.h). The higher party decides: which
 * connection and, when none came about in time, that there is none. So the lower one, with whose
 * message the handshake of secure.h goes on, has the channel first. As verdict and answer travel
 * through the relay, which delivers, both sides come to the same end whatever becomes of the
 * connections, and no message is sent before. */
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/min.h"
#include "base/random.h"
#include "base/thread.h"
#include "channel/channel.h"
#include "channel/http/url.h"
#include "channel/p2p/punch.h"
#include "channel/p2p/stream.h"
#include "polytune/network.h"

#define PUNCH_MS  5000 /* for connecting; less when the timeout is short */
#define GRACE_MS  2000 /* for the choice, when the verdict was faster */
#define ASK_MS    2000 /* for asking the relay for this party's address */
#define FRESH_MS  5000 /* an address that was asked for so long ago may be another one by now */
#define CANCEL_MS 200  /* between looks whether the user cancels */

static const char phase[] = "p2p";

typedef struct p2p {
    size_t party;
    size_t parties;
    patience patience;
    pt_channel relay; /* the closer's, if there is one */
    streams *streams;
    pthread_t closer;
    bool has_closer;
    atomic_bool closer_must_end;
    pt_cancelled_fn cancelled; /* the caller's, may be NULL */
    void *cancelled_user;
} p2p;

/* While opening. */
typedef struct opening {
    p2p *c;
    const pt_p2p_options *options;
    punch *punch; /* NULL: this party connects to nobody */
    candidates own;
    offer *offers;   /* to each party */
    bool *attempted; /* with that party */
    pthread_t gatherer;
    bool has_gatherer;
    uint64_t gathered_ms; /* when that began */
} opening;

/* ---- offers ---- */

/* As many milliseconds, but well within the time for which others wait for this party. */
static uint32_t within_timeout(const p2p *c, uint32_t ms)
{
    return min_u32(ms, c->patience.timeout_ms / 3);
}

static pt_status send_offer(opening *o, size_t to, pt_error *error)
{
    offer *own = &o->offers[to];
    buffer b;
    pt_status status = random_bytes(own->nonce, sizeof own->nonce, error);
    if (status != PT_OK)
        return status;
    own->candidates = o->own;
    buffer_init(&b, OFFER_BYTES_MAX);
    offer_put(&b, own);
    if (b.failed)
        status = error_memory(error);
    else
        status = channel_send(&o->c->relay, to, phase, b.bytes, b.len, error);
    buffer_clear(&b);
    return status;
}

static pt_status p2p_malformed(size_t from, const char *what, pt_error *error)
{
    return error_set_peer(error, PT_PEER_MALFORMED, (int)from, phase,
                          "party %zu or the relay sent a malformed %s of the peer-to-peer "
                          "protocol",
                          from, what);
}

static pt_status recv_offer(opening *o, size_t from, pt_error *error)
{
    uint8_t *bytes = NULL;
    size_t len = 0;
    offer theirs;
    pt_status status =
        channel_recv(&o->c->relay, from, phase, OFFER_BYTES_MAX, &bytes, &len, error);
    if (status != PT_OK)
        return status;
    if (!offer_parse(&theirs, bytes, len))
        status = p2p_malformed(from, "offer", error);
    /* Both know both lists: who wants no connection gets none, and nobody waits for it. */
    o->attempted[from] = status == PT_OK && o->own.n != 0 && theirs.candidates.n != 0;
    if (o->attempted[from])
        status = punch_add(o->punch, from, &o->offers[from], &theirs, error);
    mem_free(bytes);
    return status;
}

static pt_status exchange_offers(opening *o, pt_error *error)
{
    pt_status status = PT_OK;
    for (size_t i = 0; i < o->c->parties && status == PT_OK; i++)
        if (i != o->c->party)
            status = send_offer(o, i, error);
    for (size_t i = 0; i < o->c->parties && status == PT_OK; i++)
        if (i != o->c->party)
            status = recv_offer(o, i, error);
    return status;
}

/* ---- agreeing ---- */

static pt_status send_bit(opening *o, size_t to, bool bit, pt_error *error)
{
    const uint8_t byte = bit ? 1 : 0;
    return channel_send(&o->c->relay, to, phase, &byte, 1, error);
}

static pt_status recv_bit(opening *o, size_t from, bool *ret_bit, pt_error *error)
{
    uint8_t *bytes = NULL;
    size_t len = 0;
    pt_status status = channel_recv(&o->c->relay, from, phase, 1, &bytes, &len, error);
    if (status != PT_OK)
        return status;
    if (len != 1 || bytes[0] > 1)
        status = p2p_malformed(from, "decision", error);
    else
        *ret_bit = bytes[0] != 0;
    mem_free(bytes);
    return status;
}

/* The pair of this party and `peer` has a direct connection, or not. */
static pt_status settle(opening *o, size_t peer, bool direct, pt_error *error)
{
    candidate remote;
    char where[CANDIDATE_TEXT_SIZE];
    if (!direct && o->attempted[peer])
        punch_give_up(o->punch, peer);
    if (!direct)
        return PT_OK;
    const int fd = punch_take(o->punch, peer, &remote);
    candidate_print(where, &remote);
    const pt_status status = streams_add(o->c->streams, peer, fd, where, error);
    if (status != PT_OK)
        (void)close(fd);
    return status;
}

static bool has_connection(const opening *o, size_t peer)
{
    return o->attempted[peer] && punch_has(o->punch, peer);
}

/* Tries to connect to `peer`, or all, for so long. */
static pt_status connect_for(opening *o, size_t peer, uint32_t ms, pt_error *error)
{
    const uint64_t deadline = clock_ms() + within_timeout(o->c, ms);
    for (uint64_t until = 0; until < deadline && clock_ms() >= until;) {
        if (patience_is_over(&o->c->patience))
            return patience_report_over(&o->c->patience, error);
        until = min_u64(clock_ms() + CANCEL_MS, deadline);
        punch_run(o->punch, peer, until);
    }
    return PT_OK;
}

/* The higher party `from` has decided. */
static pt_status follow(opening *o, size_t from, pt_error *error)
{
    bool direct = false;
    pt_status status = recv_bit(o, from, &direct, error);
    if (status != PT_OK)
        return status;
    if (direct && !o->attempted[from])
        return p2p_malformed(from, "decision", error);
    if (direct)
        status = connect_for(o, from, GRACE_MS, error);
    if (status != PT_OK)
        return status;
    direct = direct && has_connection(o, from);
    status = send_bit(o, from, direct, error);
    if (status != PT_OK)
        return status;
    return settle(o, from, direct, error);
}

static pt_status hear_answer(opening *o, size_t from, pt_error *error)
{
    bool direct = false;
    const pt_status status = recv_bit(o, from, &direct, error);
    if (status != PT_OK)
        return status;
    if (direct && !has_connection(o, from))
        return p2p_malformed(from, "decision", error);
    return settle(o, from, direct, error);
}

static pt_status agree(opening *o, pt_error *error)
{
    const size_t party = o->c->party;
    pt_status status = PT_OK;
    for (size_t i = 0; i < party && status == PT_OK; i++) {
        const bool direct = has_connection(o, i);
        if (o->attempted[i] && !direct)
            punch_give_up(o->punch, i);
        status = send_bit(o, i, direct, error);
    }
    for (size_t i = party + 1; i < o->c->parties && status == PT_OK; i++)
        status = follow(o, i, error);
    for (size_t i = 0; i < party && status == PT_OK; i++)
        status = hear_answer(o, i, error);
    return status;
}

/* ---- opening ---- */

static void *gather(void *user)
{
    opening *o = user;
    punch_gather(&o->own, o->punch, o->options->relay, o->options->network.tls_ca,
                 within_timeout(o->c, ASK_MS));
    return NULL;
}

/* Finds out where this party may be reached, beside what follows. */
static pt_status gather_begin(opening *o, pt_error *error)
{
    const p2p *c = o->c;
    const char *relay = o->options->relay;
    /* What is wrong with the URL is told when the relay is opened. */
    if (o->options->only_relay || c->parties == 1 || relay == NULL || !url_is_good(relay))
        return PT_OK;
    pt_status status = punch_new(&o->punch, c->party, c->parties, error);
    if (status != PT_OK)
        return status;
    o->gathered_ms = clock_ms();
    status = thread_start(&o->gatherer, gather, o, error);
    o->has_gatherer = status == PT_OK;
    return status;
}

static void gather_end(opening *o)
{
    if (o->has_gatherer)
        (void)pthread_join(o->gatherer, NULL);
    o->has_gatherer = false;
}

/* Everybody is there now. Who has waited for long asks anew, by ports that are. */
static pt_status gather_fresh(opening *o, pt_error *error)
{
    gather_end(o);
    if (o->punch == NULL || clock_ms() - o->gathered_ms < FRESH_MS)
        return PT_OK;
    punch_free(o->punch);
    o->punch = NULL;
    const pt_status status = gather_begin(o, error);
    gather_end(o);
    return status;
}

static pt_status negotiate(opening *o, pt_error *error)
{
    pt_status status = gather_fresh(o, error);
    if (status != PT_OK)
        return status;
    status = exchange_offers(o, error);
    if (status != PT_OK)
        return status;
    if (o->punch != NULL)
        status = connect_for(o, PUNCH_ALL, PUNCH_MS, error);
    if (status != PT_OK)
        return status;
    return agree(o, error);
}

static void opening_clear(opening *o)
{
    gather_end(o);
    punch_free(o->punch);
    mem_free_secret(o->offers, o->offers == NULL ? 0 : o->c->parties * sizeof *o->offers);
    mem_free(o->attempted);
}

/* Asked by whoever waits for the relay. */
static bool must_leave_relay(void *user)
{
    p2p *c = user;
    return atomic_load(&c->closer_must_end) ||
           (c->cancelled != NULL && c->cancelled(c->cancelled_user));
}

static void *close_relay(void *user)
{
    pt_channel_close(&((p2p *)user)->relay);
    return NULL;
}

/* Says goodbye there, for which nobody waits. */
static void let_go_of_relay(p2p *c)
{
    pt_error unused;
    c->has_closer = thread_start(&c->closer, close_relay, c, &unused) == PT_OK;
    if (!c->has_closer)
        pt_channel_close(&c->relay);
}

/* Lets go of the relay when nothing goes through it, and says how the others are reached. */
static void report_ways(p2p *c)
{
    bool needs_relay = false;
    for (size_t i = 0; i < c->parties; i++)
        needs_relay = needs_relay || (i != c->party && !streams_has(c->streams, i));
    if (!needs_relay)
        let_go_of_relay(c);
    for (size_t i = 0; i < c->parties; i++) {
        if (i == c->party)
            continue;
        if (streams_has(c->streams, i))
            patience_notice(&c->patience, "direct connection to %s", streams_name(c->streams, i));
        else
            patience_notice(&c->patience,
                            "no direct connection to party %zu; its messages go through the relay",
                            i);
    }
}

/* ---- the channel ---- */

static pt_status p2p_send(void *self, size_t to, const char *phase_name, const uint8_t *bytes,
                          size_t len, pt_error *error)
{
    p2p *c = self;
    const pt_status status = channel_check_peer(c->party, c->parties, to, error);
    if (status != PT_OK)
        return status;
    if (streams_has(c->streams, to))
        return streams_send(c->streams, to, phase_name, bytes, len, error);
    return channel_send(&c->relay, to, phase_name, bytes, len, error);
}

static pt_status p2p_recv(void *self, size_t from, const char *phase_name, size_t max_len,
                          uint8_t **ret_bytes, size_t *ret_len, pt_error *error)
{
    p2p *c = self;
    const pt_status status = channel_check_peer(c->party, c->parties, from, error);
    if (status != PT_OK)
        return status;
    if (streams_has(c->streams, from))
        return streams_recv(c->streams, from, phase_name, max_len, ret_bytes, ret_len, error);
    return channel_recv(&c->relay, from, phase_name, max_len, ret_bytes, ret_len, error);
}

static void p2p_close(void *self)
{
    p2p *c = self;
    streams_close(c->streams);
    if (c->has_closer) {
        atomic_store(&c->closer_must_end, true); /* whatever has become of the relay */
        (void)pthread_join(c->closer, NULL);
    }
    pt_channel_close(&c->relay);
    mem_free(c);
}

static const pt_channel_ops p2p_ops = {.send = p2p_send, .recv = p2p_recv, .close = p2p_close};

/* Fills a zeroed channel. What fails leaves it as far as it came, for p2p_close. */
static pt_status p2p_start(p2p *c, const pt_p2p_options *options, pt_error *error)
{
    opening o = {.c = c, .options = options};
    pt_relay_options at_relay = {
        .url = options->relay,
        .session = options->session,
        .party = options->party,
        .parties = options->parties,
        .network = options->network,
    };
    c->cancelled = options->network.cancelled;
    c->cancelled_user = options->network.cancelled_user;
    at_relay.network.cancelled = must_leave_relay;
    at_relay.network.cancelled_user = c;
    c->party = options->party;
    c->parties = options->parties;
    c->patience = patience_init(&options->network);
    const mailbox_options for_streams = {
        .party = c->party, .parties = c->parties, .patience = c->patience};
    pt_status status = mailboxes_check(&for_streams, error);
    if (status != PT_OK)
        return status;
    o.offers = mem_new(c->parties, sizeof *o.offers);
    o.attempted = mem_new(c->parties, sizeof *o.attempted);
    status = o.offers == NULL || o.attempted == NULL ? error_memory(error) : PT_OK;
    if (status == PT_OK)
        status = gather_begin(&o, error);
    if (status == PT_OK)
        status = pt_channel_relay_open(&c->relay, &at_relay, error);
    if (status == PT_OK)
        status = streams_new(&c->streams, &for_streams, error);
    if (status == PT_OK)
        status = negotiate(&o, error);
    opening_clear(&o);
    return status == PT_OK ? streams_start(c->streams, error) : status;
}

pt_status pt_channel_p2p_open(pt_channel *ret_channel, const pt_p2p_options *options,
                              pt_error *error)
{
    if (ret_channel == NULL || options == NULL)
        return error_set(error, PT_ERR_USAGE, "a place for the channel and options must be given");
    p2p *c = mem_new(1, sizeof *c);
    if (c == NULL)
        return error_memory(error);
    const pt_status status = p2p_start(c, options, error);
    if (status != PT_OK) {
        p2p_close(c);
        return status;
    }
    report_ways(c);
    *ret_channel = (pt_channel){&p2p_ops, c};
    return PT_OK;
}
