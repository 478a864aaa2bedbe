/* The operations that all network channels share; see net.h. */
#include "channel/http/net.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/mem.h"
#include "wire/session_name.h"

#define RATE_MIN ((size_t)16 << 10) /* bytes a second, of a packet that takes its time */

char *net_text(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    const int len = vsnprintf(NULL, 0, format, args);
    va_end(args);
    char *text = len < 0 ? NULL : mem_new((size_t)len + 1, 1);
    if (text == NULL)
        return NULL;
    va_start(args, format);
    (void)vsnprintf(text, (size_t)len + 1, format, args);
    va_end(args);
    return text;
}

/* ---- failing; with the lock held ---- */

static void fail_with(net_peer *p, pt_status status, const char *format, va_list args)
{
    char text[PT_ERROR_MESSAGE_MAX];
    if (p->failure.status != PT_OK)
        return;
    (void)vsnprintf(text, sizeof text, format, args);
    (void)error_set_peer(&p->failure, status, (int)p->party, NULL, "%s", text);
    monitor_wake(&p->channel->lock);
}

void net_fail(net_peer *p, pt_status status, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    fail_with(p, status, format, args);
    va_end(args);
}

void net_fail_all(net_channel *c, pt_status status, const char *format, ...)
{
    for (size_t i = 0; i < c->parties; i++) {
        va_list args;
        va_start(args, format);
        if (i != c->party)
            fail_with(&c->peers[i], status, format, args);
        va_end(args);
    }
}

/* Reports the peer's failure as one of this call. */
static pt_status report_failure(const net_peer *p, const char *phase, pt_error *error)
{
    return error_set_peer(error, p->failure.status, (int)p->party, phase, "%s", p->failure.message);
}

/* ---- sending ---- */

static pt_status check_peer(const net_channel *c, size_t peer, pt_error *error)
{
    if (peer < c->parties && peer != c->party)
        return PT_OK;
    return error_set(error, PT_ERR_USAGE, "party %zu has no channel to party %zu", c->party, peer);
}

static void put_packets(net_peer *p, packet *first)
{
    if (p->left) {
        frame_free(first);
        return;
    }
    if (p->out_last == NULL)
        p->out_first = first;
    else
        p->out_last->next = first;
    while (first->next != NULL)
        first = first->next;
    p->out_last = first;
}

void net_peer_left(net_peer *p)
{
    /* A packet on its way belongs to the courier until that is over. */
    packet **keep = p->sending.running ? &p->out_first->next : &p->out_first;
    frame_free(*keep);
    *keep = NULL;
    p->out_last = p->out_first;
    p->left = true;
    monitor_wake(&p->channel->lock);
}

void net_peer_gone(net_peer *p)
{
    p->gone = true;
    p->finished = true;
    net_peer_left(p);
}

/* Appends to the last packet if that has not been sent yet: while one is on its way, small messages
 * gather behind it. With the lock held. */
static bool append(net_peer *p, const uint8_t *bytes, size_t len)
{
    const bool is_waiting = p->out_last != NULL && !(p->out_sending && p->out_last == p->out_first);
    return is_waiting && frame_append(p->out_last, bytes, len);
}

pt_status net_send(void *self, size_t to, const char *phase, const uint8_t *bytes, size_t len,
                   pt_error *error)
{
    net_channel *c = self;
    pt_status status = check_peer(c, to, error);
    if (status != PT_OK)
        return status;
    net_peer *p = &c->peers[to];
    monitor_lock(&c->lock);
    if (p->failure.status != PT_OK)
        status = report_failure(p, phase, error);
    const bool done = status != PT_OK || append(p, bytes, len);
    monitor_unlock(&c->lock);
    if (done)
        return status;
    packet *packets = frame_message(bytes, len);
    if (packets == NULL)
        return error_memory(error);
    monitor_lock(&c->lock);
    put_packets(p, packets);
    monitor_unlock(&c->lock);
    c->link->nudge(c);
    return PT_OK;
}

/* ---- receiving ---- */

bool net_has_room(const net_peer *p)
{
    return p->inbox_bytes < NET_INBOX_BYTES && p->inbox.count < NET_INBOX_COUNT;
}

bool net_receive(net_peer *p, message m)
{
    if (!queue_put_taken(&p->inbox, m))
        return false;
    p->inbox_bytes += m.len;
    monitor_wake(&p->channel->lock);
    return true;
}

/* Why nothing came in time. With the lock held. */
static pt_status report_silence(const net_peer *p, const char *phase, pt_error *error)
{
    const net_channel *c = p->channel;
    if (p->ask_is_failing)
        return error_set_peer(error, PT_ERR_IO, (int)p->party, phase,
                              "cannot receive from %s%s: %s", p->name, c->via, p->ask_problem);
    return error_set_peer(error, PT_ERR_TIMEOUT, (int)p->party, phase,
                          "%s sent nothing for %.1f s%s", p->name,
                          (double)c->patience.timeout_ms / 1000, c->via);
}

/* A packet that is on its way is no silence, unless it comes so slowly that it might never end. */
static void note_arriving(waiting *w, const net_peer *p)
{
    w->progress_ms = w->start_ms + (uint64_t)p->arriving * 1000 / RATE_MIN;
}

/* Waits for a packet. With the lock held, which is released while waiting or telling. */
static pt_status wait_for_packet(net_peer *p, const char *phase, pt_error *error)
{
    net_channel *c = p->channel;
    waiting w = waiting_begin();
    while (p->inbox.count == 0) {
        if (p->failure.status != PT_OK)
            return report_failure(p, phase, error);
        if (p->gone)
            return error_set_peer(error, PT_ERR_CLOSED, (int)p->party, phase,
                                  "%s has gone: its connection ended%s", p->name, c->via);
        note_arriving(&w, p);
        switch (patience_wait(&c->patience, &w, &c->lock)) {
        case WAIT_ON:
            break;
        case WAIT_TELL:
            monitor_unlock(&c->lock);
            patience_notice(&c->patience, "waiting for %s (%llu s)", p->name, waiting_seconds(&w));
            monitor_lock(&c->lock);
            break;
        case WAIT_TIMEOUT:
            return report_silence(p, phase, error);
        case WAIT_CANCELLED:
            return patience_report_cancelled(error);
        }
    }
    return PT_OK;
}

static pt_status feed_packet(net_peer *p, const char *phase, pt_error *error)
{
    net_channel *c = p->channel;
    message received = {0};
    monitor_lock(&c->lock);
    const pt_status status = wait_for_packet(p, phase, error);
    if (status == PT_OK) {
        received = queue_take(&p->inbox);
        p->inbox_bytes -= received.len;
    }
    monitor_unlock(&c->lock);
    if (status == PT_OK) {
        c->link->has_room(c);
        frame_feed(&p->frames, received);
    }
    return status;
}

/* Nothing of interest can come from that peer any more. */
static void stop_asking(net_peer *p)
{
    monitor_lock(&p->channel->lock);
    p->finished = true;
    monitor_unlock(&p->channel->lock);
}

static pt_status report_frames(net_peer *p, frame_result result, const char *phase, size_t max_len,
                               pt_error *error)
{
    const int party = (int)p->party;
    switch (result) {
    case FRAME_CLOSED:
        stop_asking(p);
        return error_set_peer(error, PT_ERR_CLOSED, party, phase, "party %d closed the connection",
                              party);
    case FRAME_TOO_LARGE:
        return error_set_peer(error, PT_ERR_TOO_LARGE, party, phase,
                              "party %d sent a message of more than the %zu bytes expected", party,
                              max_len);
    case FRAME_MALFORMED:
        stop_asking(p);
        return error_set_peer(error, PT_PEER_MALFORMED, party, phase,
                              "a malformed packet came from %s%s", p->name, p->channel->via);
    case FRAME_LOST:
        stop_asking(p);
        return error_set_peer(error, PT_ERR_IO, party, phase, "a message from %s was lost%s",
                              p->name, p->channel->via);
    case FRAME_MEMORY:
    case FRAME_MESSAGE:
    case FRAME_NEED_MORE:
        break;
    }
    return error_memory(error);
}

pt_status net_recv(void *self, size_t from, const char *phase, size_t max_len, uint8_t **ret_bytes,
                   size_t *ret_len, pt_error *error)
{
    net_channel *c = self;
    pt_status status = check_peer(c, from, error);
    if (status != PT_OK)
        return status;
    net_peer *p = &c->peers[from];
    for (;;) {
        message m;
        const frame_result result = frame_next(&p->frames, max_len, &m);
        if (result == FRAME_MESSAGE) {
            *ret_bytes = m.bytes;
            *ret_len = m.len;
            return PT_OK;
        }
        if (result != FRAME_NEED_MORE)
            return report_frames(p, result, phase, max_len, error);
        status = feed_packet(p, phase, error);
        if (status != PT_OK)
            return status;
    }
}

/* ---- closing ---- */

static size_t n_packets_queued(const net_channel *c)
{
    size_t n = 0;
    for (size_t i = 0; i < c->parties; i++)
        for (const packet *p = c->peers[i].failure.status == PT_OK ? c->peers[i].out_first : NULL;
             p != NULL; p = p->next)
            n++;
    return n;
}

void net_flush(net_channel *c)
{
    monitor_lock(&c->lock);
    c->closing = true;
    for (size_t i = 0; i < c->parties; i++) {
        packet *bye = i == c->party || c->peers[i].failure.status != PT_OK ? NULL : frame_bye();
        if (bye != NULL)
            put_packets(&c->peers[i], bye);
    }
    c->link->nudge(c);
    size_t n = n_packets_queued(c);
    waiting w = waiting_begin();
    while (n != 0 && patience_linger(&c->patience, &w, &c->lock)) {
        const size_t n_now = n_packets_queued(c);
        if (n_now < n)
            w.progress_ms = clock_ms();
        n = n_now;
    }
    monitor_unlock(&c->lock);
}

/* ---- life ---- */

pt_status net_check(const net_options *o, pt_error *error)
{
    if (o->session == NULL || !session_name_is_good(o->session, strlen(o->session)))
        return error_set(error, PT_ERR_USAGE, "%s", SESSION_NAME_RULE);
    if (o->parties == 0 || o->parties > CHANNEL_MAX_PARTIES)
        return error_set(error, PT_ERR_USAGE, "%zu parties: 1 to %d are possible", o->parties,
                         CHANNEL_MAX_PARTIES);
    if (o->party >= o->parties)
        return error_set(error, PT_ERR_USAGE, "party %zu: the %zu parties are numbered from 0",
                         o->party, o->parties);
    return PT_OK;
}

bool net_init(net_channel *c, const net_link *link, const net_options *o)
{
    c->link = link;
    c->party = o->party;
    c->parties = o->parties;
    c->patience = o->patience;
    c->session = mem_string(o->session);
    c->tls_ca = o->tls_ca == NULL ? NULL : mem_string(o->tls_ca);
    c->peers = mem_new(o->parties, sizeof *c->peers);
    c->has_lock = monitor_init(&c->lock);
    for (size_t i = 0; c->peers != NULL && i < c->parties; i++) {
        c->peers[i].channel = c;
        c->peers[i].party = i;
        pt_error_clear(&c->peers[i].failure);
        frame_reader_init(&c->peers[i].frames);
    }
    const bool random = getrandom(&c->random, sizeof c->random, 0) == sizeof c->random;
    c->random |= 1; /* xorshift would stay at 0 */
    return c->session != NULL && (o->tls_ca == NULL || c->tls_ca != NULL) && c->peers != NULL &&
           c->has_lock && random;
}

void net_clear(net_channel *c)
{
    courier_stop(c);
    for (size_t i = 0; i < c->parties && c->peers != NULL; i++) {
        frame_free(c->peers[i].out_first);
        queue_clear(&c->peers[i].inbox);
        frame_reader_clear(&c->peers[i].frames);
        mem_free(c->peers[i].name);
    }
    if (c->has_lock)
        monitor_clear(&c->lock);
    mem_free(c->peers);
    mem_free(c->via);
    mem_free(c->session);
    mem_free(c->tls_ca);
}
