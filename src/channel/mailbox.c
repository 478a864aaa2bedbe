#include "channel/mailbox.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/assert.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/min.h"

#define RATE_MIN ((size_t)16 << 10) /* bytes a second, of a packet that takes its time */

char *mailbox_text(const char *format, ...)
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

/* ---- the outbox ---- */

static void assert_outbox(const mailbox *b)
{
    PT_ASSERT((b->out_first == NULL) == (b->out_last == NULL));
    PT_ASSERT(b->out_last == NULL || b->out_last->next == NULL);
    PT_ASSERT(b->out_first == NULL || !b->out_first->has_arrived);
    PT_ASSERT(b->out != OUTBOX_SHUT || b->out_first == NULL);
    PT_ASSERT(b->out != OUTBOX_ENDING || b->n_lent != 0);
    PT_ASSERT(b->n_lent == 0 || b->out_first != NULL);
}

static void put_packets(mailbox *b, packet *first)
{
    if (mailbox_is_shut(b)) {
        frame_free(first);
        return;
    }
    if (b->out_last == NULL)
        b->out_first = first;
    else
        b->out_last->next = first;
    while (first->next != NULL)
        first = first->next;
    b->out_last = first;
    assert_outbox(b);
}

/* Takes out of the list what `is_done` says. */
static void drop_packets(mailbox *b, bool (*is_done)(const packet *p))
{
    packet **link = &b->out_first;
    b->out_last = NULL;
    while (*link != NULL) {
        packet *p = *link;
        if (is_done(p)) {
            *link = p->next;
            p->next = NULL;
            frame_free(p);
        } else {
            b->out_last = p;
            link = &p->next;
        }
    }
    monitor_wake(&b->set->lock);
}

static void drop_arrived(mailbox *b)
{
    while (b->out_first != NULL && b->out_first->has_arrived) {
        packet *done = b->out_first;
        b->out_first = done->next;
        done->next = NULL;
        frame_free(done);
    }
    if (b->out_first == NULL)
        b->out_last = NULL;
    monitor_wake(&b->set->lock);
}

bool mailbox_has_mail(const mailbox *b)
{
    return b->out_first != NULL;
}

bool mailbox_waits(const packet *p)
{
    return !p->is_lent && !p->has_arrived;
}

void mailbox_begin(mailbox *b, packet *p)
{
    PT_ASSERT(b->out == OUTBOX_OPEN);
    PT_ASSERT(mailbox_waits(p));
    if (p->number == 0) {
        p->number = b->next_number++;
        frame_number(p, p->number);
    }
    p->is_lent = true;
    b->n_lent++;
    assert_outbox(b);
}

static bool is_not_lent(const packet *p)
{
    return !p->is_lent;
}

/* What was lent is back. Nobody waits for it if the peer takes nothing more. */
static void give_back(mailbox *b, packet *p, bool has_arrived)
{
    PT_ASSERT(p->is_lent && b->n_lent != 0);
    p->is_lent = false;
    p->has_arrived = has_arrived;
    b->n_lent--;
    if (b->out == OUTBOX_ENDING)
        drop_packets(b, is_not_lent);
    else
        drop_arrived(b);
    if (b->out == OUTBOX_ENDING && b->n_lent == 0)
        b->out = OUTBOX_SHUT;
    assert_outbox(b);
}

void mailbox_sent(mailbox *b, packet *p)
{
    give_back(b, p, true);
}

void mailbox_not_sent(mailbox *b, packet *p)
{
    give_back(b, p, false);
}

void mailbox_shut(mailbox *b)
{
    if (mailbox_is_shut(b))
        return;
    drop_packets(b, is_not_lent);
    b->out = b->n_lent != 0 ? OUTBOX_ENDING : OUTBOX_SHUT;
    assert_outbox(b);
}

bool mailbox_is_shut(const mailbox *b)
{
    return b->out == OUTBOX_ENDING || b->out == OUTBOX_SHUT;
}

/* Appends to the last packet if that has no number yet and is not full: while others are on their
 * way, small messages gather behind them. */
static bool mailbox_append(mailbox *b, const uint8_t *bytes, size_t len)
{
    const bool may_grow = b->out_last != NULL && !mailbox_is_shut(b) && b->out_last->number == 0;
    return may_grow && b->out_last->bytes.len < b->gather && frame_append(b->out_last, bytes, len);
}

/* ---- the inbox ---- */

static void turn_inbox(mailbox *b, inbox_state to)
{
    static const unsigned allowed[] = {
        [INBOX_OPEN] = 1u << INBOX_TROUBLED | 1u << INBOX_GONE | 1u << INBOX_FINISHED,
        [INBOX_TROUBLED] = 1u << INBOX_OPEN | 1u << INBOX_GONE | 1u << INBOX_FINISHED,
        [INBOX_GONE] = 1u << INBOX_FINISHED,
        [INBOX_FINISHED] = 0,
    };
    if (b->in == to)
        return;
    PT_ASSERT((allowed[b->in] >> to & 1u) != 0);
    b->in = to;
    monitor_wake(&b->set->lock);
}

bool mailbox_is_wanted(const mailbox *b)
{
    return b->in == INBOX_OPEN || b->in == INBOX_TROUBLED;
}

bool mailbox_has_room(const mailbox *b)
{
    return b->inbox_bytes < MAILBOX_INBOX_BYTES && b->inbox.count < MAILBOX_INBOX_COUNT;
}

bool mailbox_receive(mailbox *b, message m)
{
    if (!queue_put_taken(&b->inbox, m))
        return false;
    b->inbox_bytes += m.len;
    b->n_received++;
    monitor_wake(&b->set->lock);
    return true;
}

void mailbox_ignore(mailbox *b)
{
    b->n_received++;
}

static message take_packet(mailbox *b)
{
    const message m = queue_take(&b->inbox);
    PT_ASSERT(b->inbox_bytes >= m.len);
    b->inbox_bytes -= m.len;
    PT_ASSERT(b->inbox.count != 0 || b->inbox_bytes == 0);
    return m;
}

void mailbox_trouble(mailbox *b, const char *why)
{
    if (!mailbox_is_wanted(b))
        return;
    if (why != NULL)
        (void)snprintf(b->trouble, sizeof b->trouble, "%s", why);
    turn_inbox(b, why == NULL ? INBOX_OPEN : INBOX_TROUBLED);
}

void mailbox_gone(mailbox *b)
{
    if (mailbox_is_wanted(b))
        turn_inbox(b, INBOX_GONE);
    mailbox_shut(b);
}

void mailbox_finish(mailbox *b)
{
    turn_inbox(b, INBOX_FINISHED);
}

/* ---- failing ---- */

bool mailbox_has_failed(const mailbox *b)
{
    return b->failure.status != PT_OK;
}

static void fail_with(mailbox *b, pt_status status, const char *format, va_list args)
{
    char text[PT_ERROR_MESSAGE_MAX];
    if (mailbox_has_failed(b))
        return;
    (void)vsnprintf(text, sizeof text, format, args);
    (void)error_set_peer(&b->failure, status, (int)b->party, NULL, "%s", text);
    monitor_wake(&b->set->lock);
}

void mailbox_fail(mailbox *b, pt_status status, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    fail_with(b, status, format, args);
    va_end(args);
}

void mailboxes_fail(mailboxes *m, pt_status status, const char *format, ...)
{
    for (size_t i = 0; i < m->parties; i++) {
        va_list args;
        va_start(args, format);
        if (i != m->party)
            fail_with(&m->boxes[i], status, format, args);
        va_end(args);
    }
}

/* Reports the peer's failure as one of this call. */
static pt_status report_failure(const mailbox *b, const char *phase, pt_error *error)
{
    return error_set_peer(error, b->failure.status, (int)b->party, phase, "%s", b->failure.message);
}

/* ---- sending ---- */

pt_status mailboxes_send(void *self, size_t to, const char *phase, const uint8_t *bytes, size_t len,
                         pt_error *error)
{
    mailboxes *m = self;
    pt_status status = channel_check_peer(m->party, m->parties, to, error);
    if (status != PT_OK)
        return status;
    mailbox *b = &m->boxes[to];
    monitor_lock(&m->lock);
    if (mailbox_has_failed(b))
        status = report_failure(b, phase, error);
    const bool done = status != PT_OK || mailbox_append(b, bytes, len);
    monitor_unlock(&m->lock);
    if (done)
        return status;
    packet *packets = frame_message(bytes, len);
    if (packets == NULL)
        return error_memory(error);
    monitor_lock(&m->lock);
    put_packets(b, packets);
    monitor_unlock(&m->lock);
    m->pump->has_mail(m);
    return PT_OK;
}

/* ---- receiving ---- */

/* Why nothing came in time. With the lock held. */
static pt_status report_silence(const mailbox *b, const char *phase, pt_error *error)
{
    mailboxes *m = b->set;
    m->patience.is_spent = true;
    if (b->in == INBOX_TROUBLED)
        return error_set_peer(error, PT_ERR_IO, (int)b->party, phase,
                              "cannot receive from %s%s: %s", b->name, m->via, b->trouble);
    return error_set_peer(error, PT_ERR_TIMEOUT, (int)b->party, phase,
                          "%s sent nothing for " CLOCK_SECONDS "%s", b->name,
                          CLOCK_SECONDS_OF(m->patience.timeout_ms), m->via);
}

/* A packet that is on its way is no silence, unless it comes so slowly that it might never end. */
static void note_arriving(waiting *w, const mailbox *b)
{
    w->excuse_ms = (uint64_t)b->arriving * 1000 / RATE_MIN;
}

/* Nor is one that came. But whoever sends it is not known before the message is whole and has been
 * checked: a byte now and then must not hold up anybody for ever. */
static void note_packet(waiting *w, size_t len)
{
    w->progress_ms = min_u64(clock_ms(), w->progress_ms + (uint64_t)len * 1000 / RATE_MIN);
}

/* Waits a moment, or tells the user. With the lock held, but not while telling. */
static pt_status wait_a_moment(mailbox *b, waiting *w, const char *phase, pt_error *error)
{
    mailboxes *m = b->set;
    uint64_t until_ms = 0;
    switch (patience_look(&m->patience, w, &until_ms)) {
    case WAIT_ON:
        m->pump->wait(m, b, until_ms);
        break;
    case WAIT_TELL:
        monitor_unlock(&m->lock);
        patience_notice(&m->patience, "waiting for %s (%llu s)", b->name, waiting_seconds(w));
        monitor_lock(&m->lock);
        break;
    case WAIT_TIMEOUT:
        return report_silence(b, phase, error);
    case WAIT_OVER:
        return patience_report_over(&m->patience, error);
    }
    return PT_OK;
}

/* Waits for a packet. With the lock held, which is released while waiting or telling. */
static pt_status wait_for_packet(mailbox *b, waiting *w, const char *phase, pt_error *error)
{
    while (b->inbox.count == 0) {
        if (mailbox_has_failed(b))
            return report_failure(b, phase, error);
        if (b->in == INBOX_GONE)
            return error_set_peer(error, PT_ERR_CLOSED, (int)b->party, phase,
                                  "%s has gone: its connection ended%s", b->name, b->set->via);
        note_arriving(w, b);
        const pt_status status = wait_a_moment(b, w, phase, error);
        if (status != PT_OK)
            return status;
    }
    return PT_OK;
}

static pt_status feed_packet(mailbox *b, waiting *w, const char *phase, pt_error *error)
{
    mailboxes *m = b->set;
    message received = {0};
    monitor_lock(&m->lock);
    const pt_status status = wait_for_packet(b, w, phase, error);
    if (status == PT_OK)
        received = take_packet(b);
    monitor_unlock(&m->lock);
    if (status != PT_OK)
        return status;
    m->pump->has_room(m);
    const size_t len = received.len;
    if (frame_feed(&b->frames, received))
        note_packet(w, len);
    return PT_OK;
}

static void stop_asking(mailbox *b)
{
    monitor_lock(&b->set->lock);
    mailbox_finish(b);
    monitor_unlock(&b->set->lock);
}

static pt_status report_frames(mailbox *b, frame_result result, const char *phase, size_t max_len,
                               pt_error *error)
{
    const int party = (int)b->party;
    switch (result) {
    case FRAME_CLOSED:
        stop_asking(b);
        return error_set_peer(error, PT_ERR_CLOSED, party, phase, "party %d closed the connection",
                              party);
    case FRAME_TOO_LARGE:
        return error_set_peer(error, PT_ERR_TOO_LARGE, party, phase,
                              "party %d sent a message of more than the %zu bytes expected", party,
                              max_len);
    case FRAME_MALFORMED:
        stop_asking(b);
        return error_set_peer(error, PT_PEER_MALFORMED, party, phase,
                              "a malformed packet came from %s%s", b->name, b->set->via);
    case FRAME_LOST:
        stop_asking(b);
        return error_set_peer(error, PT_ERR_IO, party, phase, "a message from %s was lost%s",
                              b->name, b->set->via);
    case FRAME_MEMORY:
    case FRAME_MESSAGE:
    case FRAME_NEED_MORE:
        break;
    }
    return error_memory(error);
}

pt_status mailboxes_recv(void *self, size_t from, const char *phase, size_t max_len,
                         uint8_t **ret_bytes, size_t *ret_len, pt_error *error)
{
    mailboxes *m = self;
    pt_status status = channel_check_peer(m->party, m->parties, from, error);
    if (status != PT_OK)
        return status;
    mailbox *b = &m->boxes[from];
    waiting w = waiting_begin();
    for (;;) {
        message received;
        const frame_result result = frame_next(&b->frames, max_len, &received);
        if (result == FRAME_MESSAGE) {
            *ret_bytes = received.bytes;
            *ret_len = received.len;
            return PT_OK;
        }
        if (result != FRAME_NEED_MORE)
            return report_frames(b, result, phase, max_len, error);
        status = feed_packet(b, &w, phase, error);
        if (status != PT_OK)
            return status;
    }
}

/* ---- closing ---- */

/* Not those that are on their way to a peer who takes nothing more: who says goodbye last would
 * wait for an answer to it. */
static size_t n_packets_queued(const mailboxes *m)
{
    size_t n = 0;
    for (size_t i = 0; i < m->parties; i++) {
        if (mailbox_has_failed(&m->boxes[i]) || mailbox_is_shut(&m->boxes[i]))
            continue;
        for (const packet *p = m->boxes[i].out_first; p != NULL; p = p->next)
            n++;
    }
    return n;
}

static void put_goodbyes(mailboxes *m)
{
    monitor_lock(&m->lock);
    m->closing = true;
    for (size_t i = 0; i < m->parties; i++) {
        mailbox *b = &m->boxes[i];
        packet *bye = i == m->party || mailbox_has_failed(b) ? NULL : frame_bye();
        if (bye != NULL)
            put_packets(b, bye);
    }
    monitor_unlock(&m->lock);
    m->pump->has_mail(m);
}

void mailboxes_flush(mailboxes *m)
{
    uint64_t until_ms = 0;
    put_goodbyes(m);
    monitor_lock(&m->lock);
    size_t n = n_packets_queued(m);
    waiting w = waiting_begin();
    while (n != 0 && patience_linger(&m->patience, &w, &until_ms)) {
        m->pump->wait(m, NULL, until_ms);
        const size_t n_now = n_packets_queued(m);
        if (n_now < n)
            w.progress_ms = clock_ms();
        n = n_now;
    }
    monitor_unlock(&m->lock);
}

/* ---- life ---- */

pt_status mailboxes_check(const mailbox_options *o, pt_error *error)
{
    if (o->parties == 0 || o->parties > CHANNEL_MAX_PARTIES)
        return error_set(error, PT_ERR_USAGE, "%zu parties: 1 to %d are possible", o->parties,
                         CHANNEL_MAX_PARTIES);
    if (o->party >= o->parties)
        return error_set(error, PT_ERR_USAGE, "party %zu: the %zu parties are numbered from 0",
                         o->party, o->parties);
    return PT_OK;
}

bool mailboxes_init(mailboxes *m, const mailbox_pump *pump, const mailbox_options *o)
{
    m->pump = pump;
    m->party = o->party;
    m->parties = o->parties;
    m->patience = o->patience;
    m->boxes = mem_new(o->parties, sizeof *m->boxes);
    m->has_lock = monitor_init(&m->lock);
    for (size_t i = 0; m->boxes != NULL && i < m->parties; i++) {
        mailbox *b = &m->boxes[i];
        b->set = m;
        b->party = i;
        b->next_number = 1;
        b->gather = MAILBOX_GATHER_BYTES;
        pt_error_clear(&b->failure);
        frame_reader_init(&b->frames);
    }
    return m->boxes != NULL && m->has_lock;
}

void mailboxes_clear(mailboxes *m)
{
    for (size_t i = 0; i < m->parties && m->boxes != NULL; i++) {
        mailbox *b = &m->boxes[i];
        frame_free(b->out_first);
        queue_clear(&b->inbox);
        frame_reader_clear(&b->frames);
        mem_free(b->name);
    }
    if (m->has_lock)
        monitor_clear(&m->lock);
    mem_free(m->boxes);
    mem_free(m->via);
}

void mailboxes_wait(mailboxes *m, const mailbox *awaited, uint64_t until_ms)
{
    (void)awaited;
    (void)monitor_wait(&m->lock, until_ms);
}
