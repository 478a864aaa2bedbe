/* The peer-to-peer channel: which way a peer's messages go. See p2p_impl.h. Layer: channel. */
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/mem.h"
#include "base/min.h"
#include "channel/http/url.h"
#include "channel/p2p/p2p_impl.h"

static const char phase[] = "p2p";

/* ---- through the relay ---- */

/* With the lock held. */
static pt_status send_tagged(p2p *c, size_t to, const char *phase_name, const uint8_t *bytes,
                             size_t len, p2p_tag tag, pt_error *error)
{
    uint8_t *tagged = len == SIZE_MAX ? NULL : mem_resize(NULL, len + 1, 1);
    if (tagged == NULL)
        return error_memory(error);
    if (len != 0)
        memcpy(tagged, bytes, len);
    tagged[len] = (uint8_t)tag;
    const pt_status status = channel_send(&c->relay, to, phase_name, tagged, len + 1, error);
    mem_free(tagged);
    return status;
}

pt_status p2p_tell(p2p *c, size_t to, p2p_tag tag, const uint8_t *bytes, size_t len,
                   pt_error *error)
{
    return send_tagged(c, to, phase, bytes, len, tag, error);
}

pt_status p2p_move(p2p *c, size_t to, pt_error *error)
{
    const pt_status status = p2p_tell(c, to, P2P_MOVED, NULL, 0, error);
    c->pairs[to].sends_direct = status == PT_OK;
    return status;
}

static pt_status p2p_malformed(size_t from, const char *what, pt_error *error)
{
    return error_set_peer(error, PT_PEER_MALFORMED, (int)from, phase,
                          "party %zu or the relay sent a malformed %s of the peer-to-peer "
                          "protocol",
                          from, what);
}

static pt_status take_their_offer(p2p *c, size_t from, const uint8_t *bytes, size_t len,
                                  pt_error *error)
{
    p2p_pair *p = &c->pairs[from];
    offer theirs;
    if (p->has_theirs || !offer_parse(&theirs, bytes, len))
        return p2p_malformed(from, "offer", error);
    monitor_lock(&c->lock);
    p->theirs = theirs;
    p->has_theirs = true;
    monitor_unlock(&c->lock);
    connector_wake(c);
    return PT_OK;
}

/* The other has moved. It can have only if there is a connection, and the lower party first. */
static pt_status follow(p2p *c, size_t from, size_t len, pt_error *error)
{
    p2p_pair *p = &c->pairs[from];
    pt_status status = PT_OK;
    monitor_lock(&c->lock);
    if (len != 0 || !p->has_stream || (c->party < from && !p->sends_direct))
        status = p2p_malformed(from, "move to a direct connection", error);
    else if (!p->sends_direct)
        status = p2p_move(c, from, error);
    p->receives_direct = status == PT_OK;
    if (status == PT_OK)
        streams_receive(c->streams, from);
    monitor_wake(&c->lock);
    monitor_unlock(&c->lock);
    if (status == PT_OK)
        p2p_report_way(c, from, true);
    return status;
}

/* The caller's next message, or what the two channels say to each other. */
static pt_status recv_tagged(p2p *c, size_t from, const char *phase_name, size_t max_len,
                             uint8_t **ret_bytes, size_t *ret_len, p2p_tag *ret_tag,
                             pt_error *error)
{
    const size_t max = min_size(max_size(max_len, OFFER_BYTES_MAX), SIZE_MAX - 1) + 1;
    pt_status status = channel_recv(&c->relay, from, phase_name, max, ret_bytes, ret_len, error);
    const bool is_large = status == PT_ERR_TOO_LARGE;
    if (status != PT_OK && !is_large)
        return status;
    if (!is_large && (*ret_len == 0 || (*ret_bytes)[*ret_len - 1] > P2P_MOVED)) {
        mem_free(*ret_bytes);
        return p2p_malformed(from, "message", error);
    }
    if (!is_large) {
        *ret_tag = (p2p_tag)(*ret_bytes)[--*ret_len];
        if (*ret_tag != P2P_DATA || *ret_len <= max_len)
            return PT_OK;
        mem_free(*ret_bytes);
    }
    return error_set_peer(error, PT_ERR_TOO_LARGE, (int)from, phase_name,
                          "party %zu sent a message of more than the %zu bytes expected", from,
                          max_len);
}

/* Receives until there is a message for the caller, or the other has moved. */
static pt_status recv_through_relay(p2p *c, size_t from, const char *phase_name, size_t max_len,
                                    uint8_t **ret_bytes, size_t *ret_len, pt_error *error)
{
    while (!c->pairs[from].receives_direct) {
        uint8_t *bytes = NULL;
        size_t len = 0;
        p2p_tag tag = P2P_DATA;
        pt_status status = recv_tagged(c, from, phase_name, max_len, &bytes, &len, &tag, error);
        if (status != PT_OK)
            return status;
        if (tag == P2P_DATA) {
            *ret_bytes = bytes;
            *ret_len = len;
            return PT_OK;
        }
        if (tag == P2P_OFFER)
            status = take_their_offer(c, from, bytes, len, error);
        else
            status = follow(c, from, len, error);
        mem_free(bytes);
        if (status != PT_OK)
            return status;
    }
    *ret_bytes = NULL;
    return PT_OK;
}

bool p2p_needs_relay(const p2p *c)
{
    for (size_t i = 0; i < c->parties; i++)
        if (i != c->party && !(c->pairs[i].sends_direct && c->pairs[i].receives_direct))
            return true;
    return false;
}

void p2p_report_way(const p2p *c, size_t peer, bool is_direct)
{
    c->pairs[peer].is_told = true;
    if (is_direct)
        patience_notice(&c->patience, "direct connection to %s", streams_name(c->streams, peer));
    else
        patience_notice(&c->patience,
                        "no direct connection to party %zu; its messages go through the relay",
                        peer);
}

/* ---- the channel ---- */

static pt_status p2p_send(void *self, size_t to, const char *phase_name, const uint8_t *bytes,
                          size_t len, pt_error *error)
{
    p2p *c = self;
    pt_status status = channel_check_peer(c->party, c->parties, to, error);
    if (status != PT_OK)
        return status;
    monitor_lock(&c->lock);
    const bool is_direct = c->pairs[to].sends_direct;
    if (!is_direct)
        status = send_tagged(c, to, phase_name, bytes, len, P2P_DATA, error);
    monitor_unlock(&c->lock);
    return is_direct ? streams_send(c->streams, to, phase_name, bytes, len, error) : status;
}

static pt_status p2p_recv(void *self, size_t from, const char *phase_name, size_t max_len,
                          uint8_t **ret_bytes, size_t *ret_len, pt_error *error)
{
    p2p *c = self;
    uint8_t *bytes = NULL;
    size_t len = 0;
    pt_status status = channel_check_peer(c->party, c->parties, from, error);
    if (status == PT_OK)
        status = recv_through_relay(c, from, phase_name, max_len, &bytes, &len, error);
    if (status != PT_OK)
        return status;
    if (bytes == NULL)
        return streams_recv(c->streams, from, phase_name, max_len, ret_bytes, ret_len, error);
    *ret_bytes = bytes;
    *ret_len = len;
    return PT_OK;
}

/* ---- closing ---- */

/* Asked by whoever waits for the relay. */
static bool must_leave_relay(void *user)
{
    p2p *c = user;
    return atomic_load(&c->must_end) || (c->cancelled != NULL && c->cancelled(c->cancelled_user));
}

static void p2p_free(p2p *c)
{
    if (c->has_lock)
        monitor_clear(&c->lock);
    if (c->wake_fd >= 0)
        (void)close(c->wake_fd);
    mem_free_secret(c->pairs, c->pairs == NULL ? 0 : c->parties * sizeof *c->pairs);
    mem_free(c->relay_url);
    mem_free(c->relay_tls_ca);
    mem_free(c);
}

static void connector_end(p2p *c)
{
    if (c->has_connector)
        (void)pthread_join(c->connector, NULL);
    c->has_connector = false;
}

/* Tells the connector, and whether it has left the relay: then it adds no connection any more, and
 * the peers' goodbyes need not wait for the relay's. */
static bool tell_closing(p2p *c)
{
    if (!c->has_lock)
        return false;
    monitor_lock(&c->lock);
    c->is_closing = true;
    const bool has_left = c->has_left_relay;
    monitor_wake(&c->lock);
    monitor_unlock(&c->lock);
    connector_wake(c);
    return has_left;
}

/* Of pairs whose messages came to an end before connecting did. */
static void report_rest(const p2p *c)
{
    for (size_t i = 0; c->is_open && i < c->parties; i++)
        if (i != c->party && !c->pairs[i].is_told)
            p2p_report_way(c, i, c->pairs[i].sends_direct);
}

static void p2p_close(void *self)
{
    p2p *c = self;
    const bool has_left = tell_closing(c);
    if (!has_left) {
        connector_end(c);
        report_rest(c);
    }
    streams_close(c->streams);
    if (has_left)
        atomic_store(&c->must_end, true); /* whatever has become of the relay */
    connector_end(c);
    pt_channel_close(&c->relay);
    p2p_free(c);
}

static const pt_channel_ops p2p_ops = {.send = p2p_send, .recv = p2p_recv, .close = p2p_close};

/* ---- opening ---- */

/* What this party and those that are to be connected need. */
static pt_status p2p_prepare(p2p *c, const pt_p2p_options *options, pt_error *error)
{
    const mailbox_options mail = {
        .party = c->party, .parties = c->parties, .patience = c->patience};
    pt_status status = mailboxes_check(&mail, error);
    if (status != PT_OK)
        return status;
    const char *tls_ca = options->network.tls_ca;
    c->pairs = mem_new(c->parties, sizeof *c->pairs);
    c->has_lock = monitor_init(&c->lock);
    c->relay_url = mem_string(options->relay == NULL ? "" : options->relay);
    c->relay_tls_ca = tls_ca == NULL ? NULL : mem_string(tls_ca);
    if (c->pairs == NULL || !c->has_lock || c->relay_url == NULL ||
        (tls_ca != NULL && c->relay_tls_ca == NULL))
        return error_memory(error);
    status = streams_new(&c->streams, &mail, error);
    return status == PT_OK ? streams_start(c->streams, error) : status;
}

/* Without a connector: nobody is connected to, and told so. */
static pt_status offer_nothing(p2p *c, pt_error *error)
{
    pt_status status = PT_OK;
    buffer b;
    buffer_init(&b, OFFER_BYTES_MAX);
    for (size_t i = 0; i < c->parties && status == PT_OK; i++) {
        if (i == c->party)
            continue;
        buffer_reset(&b);
        offer_put(&b, &c->pairs[i].own);
        if (b.failed)
            status = error_memory(error);
        else
            status = p2p_tell(c, i, P2P_OFFER, b.bytes, b.len, error);
        p2p_report_way(c, i, false);
    }
    buffer_clear(&b);
    return status;
}

static pt_status p2p_meet(p2p *c, const pt_p2p_options *options, pt_error *error)
{
    pt_relay_options at_relay = {
        .url = options->relay,
        .session = options->session,
        .party = options->party,
        .parties = options->parties,
        .network = options->network,
    };
    at_relay.network.cancelled = must_leave_relay;
    at_relay.network.cancelled_user = c;
    pt_channel relay = {0};
    const pt_status status = pt_channel_relay_open(&relay, &at_relay, error);
    if (status != PT_OK)
        return status;
    monitor_lock(&c->lock);
    c->relay = relay;
    c->is_open = true;
    monitor_wake(&c->lock);
    monitor_unlock(&c->lock);
    return PT_OK;
}

/* Fills a zeroed channel. What fails leaves it as far as it came, for p2p_close. */
static pt_status p2p_start(p2p *c, const pt_p2p_options *options, pt_error *error)
{
    c->wake_fd = -1;
    c->cancelled = options->network.cancelled;
    c->cancelled_user = options->network.cancelled_user;
    c->party = options->party;
    c->parties = options->parties;
    c->patience = patience_init(&options->network);
    pt_status status = p2p_prepare(c, options, error);
    if (status != PT_OK)
        return status;
    /* What is wrong with the URL is told when the relay is opened. */
    const bool connects = !options->only_relay && c->parties > 1 && url_is_good(c->relay_url);
    if (connects)
        status = connector_start(c, error);
    if (status == PT_OK)
        status = p2p_meet(c, options, error);
    return status == PT_OK && !connects ? offer_nothing(c, error) : status;
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
    *ret_channel = (pt_channel){&p2p_ops, c};
    return PT_OK;
}
