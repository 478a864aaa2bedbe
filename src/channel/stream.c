#define _GNU_SOURCE
#include "channel/stream.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "base/assert.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/mem.h"
#include "channel/frame.h"
#include "channel/monitor.h"
#include "channel/queue.h"

#define INBOX_BYTES       ((size_t)8 << 20) /* received ahead of the caller, per peer */
#define INBOX_COUNT       256
#define STAGE_BYTES       ((size_t)16 << 10)
#define TURN_BYTES        ((size_t)4 << 20) /* moved for one peer before the next one's turn */
#define LENGTH_BYTES      4
#define KEEPALIVE_IDLE_S  15 /* also keeps routers from forgetting the connection */
#define KEEPALIVE_EVERY_S 5
#define KEEPALIVE_COUNT   6

typedef struct stream {
    streams *set;
    size_t party;
    char where[64];

    /* Shared, under the lock. */
    int fd; /* -1: there is none, or it has ended */
    packet *out_first;
    packet *out_last;
    bool out_begun; /* the first is being sent: it must not grow any more */
    queue inbox;
    size_t inbox_bytes;
    bool ended;       /* nothing more comes */
    pt_error failure; /* status other than PT_OK: why it ended */

    /* The thread's. */
    uint64_t next_number;
    size_t out_done;            /* bytes of the first packet, its length included, that are sent */
    bool has_shut;              /* nothing more goes out */
    bool is_broken;             /* nothing more can go out */
    uint8_t stage[STAGE_BYTES]; /* bytes [stage_at, stage_len) are read but not looked at */
    size_t stage_at;
    size_t stage_len;
    bool has_more; /* there may be more on the stage: the inbox was full, or the turn over */
    message body;  /* of the packet begun; no bytes: between packets */
    size_t body_at;

    frame_reader frames; /* the receiving caller's */
} stream;

struct streams {
    size_t parties;
    patience patience;
    monitor lock;
    bool has_lock;
    int wake_fd;
    pthread_t thread;
    bool has_thread;
    bool closing;   /* under the lock: say goodbye, take no more */
    bool stopping;  /* under the lock */
    uint64_t moved; /* bytes, under the lock: to see progress */
    struct pollfd *fds;
    stream *peers; /* by party; those without a connection are unused */
};

/* ---- making ---- */

static void streams_free(streams *s)
{
    for (size_t i = 0; s->peers != NULL && i < s->parties; i++) {
        stream *p = &s->peers[i];
        if (p->fd >= 0)
            (void)close(p->fd);
        frame_free(p->out_first);
        queue_clear(&p->inbox);
        mem_free(p->body.bytes);
        frame_reader_clear(&p->frames);
    }
    if (s->wake_fd >= 0)
        (void)close(s->wake_fd);
    if (s->has_lock)
        monitor_clear(&s->lock);
    mem_free(s->fds);
    mem_free(s->peers);
    mem_free(s);
}

pt_status streams_new(streams **ret_streams, size_t parties, const patience *waits, pt_error *error)
{
    streams *s = mem_new(1, sizeof *s);
    if (s == NULL)
        return error_memory(error);
    s->parties = parties;
    s->patience = *waits;
    s->wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    s->has_lock = monitor_init(&s->lock);
    s->peers = mem_new(parties, sizeof *s->peers);
    s->fds = mem_new(parties + 1, sizeof *s->fds);
    for (size_t i = 0; s->peers != NULL && i < parties; i++) {
        stream *p = &s->peers[i];
        p->set = s;
        p->party = i;
        p->fd = -1;
        p->next_number = 1;
        pt_error_clear(&p->failure);
        frame_reader_init(&p->frames);
    }
    if (s->wake_fd < 0 || !s->has_lock || s->peers == NULL || s->fds == NULL) {
        streams_free(s);
        return error_memory(error);
    }
    *ret_streams = s;
    return PT_OK;
}

static void set_option(int fd, int level, int name, int value)
{
    (void)setsockopt(fd, level, name, &value, sizeof value);
}

void streams_add(streams *s, size_t peer, int fd, const char *where)
{
    PT_ASSERT(peer < s->parties && s->peers[peer].fd < 0 && !s->has_thread);
    set_option(fd, IPPROTO_TCP, TCP_NODELAY, 1);
    set_option(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
    set_option(fd, IPPROTO_TCP, TCP_KEEPIDLE, KEEPALIVE_IDLE_S);
    set_option(fd, IPPROTO_TCP, TCP_KEEPINTVL, KEEPALIVE_EVERY_S);
    set_option(fd, IPPROTO_TCP, TCP_KEEPCNT, KEEPALIVE_COUNT);
    s->peers[peer].fd = fd;
    (void)snprintf(s->peers[peer].where, sizeof s->peers[peer].where, "%s", where);
}

bool streams_has(const streams *s, size_t peer)
{
    return s->peers[peer].where[0] != '\0';
}

const char *streams_where(const streams *s, size_t peer)
{
    return s->peers[peer].where;
}

static void nudge(streams *s)
{
    const uint64_t one = 1;
    (void)!write(s->wake_fd, &one, sizeof one);
}

/* ---- the thread: ending; with the lock held ---- */

static void drop_outbox(stream *p)
{
    frame_free(p->out_first);
    p->out_first = p->out_last = NULL;
    p->out_begun = false;
    p->out_done = 0;
}

static void end(stream *p)
{
    (void)close(p->fd);
    p->fd = -1;
    p->ended = true;
    drop_outbox(p);
    mem_free(p->body.bytes);
    p->body = (message){0};
    monitor_wake(&p->set->lock);
}

static void fail(stream *p, pt_status status, const char *problem)
{
    (void)error_set_peer(&p->failure, status, (int)p->party, NULL,
                         "the direct connection to party %zu at %s failed: %s", p->party, p->where,
                         problem);
    end(p);
}

static void fail_lost(stream *p, int problem)
{
    char text[128];
    fail(p, PT_ERR_IO, strerror_r(problem, text, sizeof text));
}

/* ---- the thread: reading ---- */

static bool may_read(const stream *p)
{
    return p->set->closing || (p->inbox_bytes < INBOX_BYTES && p->inbox.count < INBOX_COUNT);
}

/* A packet is complete. False when reading must stop for now, or for ever. */
static bool deliver(stream *p)
{
    const message m = p->body;
    bool goes_on;
    p->body = (message){0};
    p->body_at = 0;
    monitor_lock(&p->set->lock);
    if (p->set->closing) {
        mem_free(m.bytes);
    } else if (!queue_put_taken(&p->inbox, m)) {
        mem_free(m.bytes);
        fail(p, PT_ERR_MEMORY, "out of memory");
    } else {
        p->inbox_bytes += m.len;
        monitor_wake(&p->set->lock);
    }
    goes_on = p->fd >= 0 && may_read(p);
    p->has_more = !goes_on;
    monitor_unlock(&p->set->lock);
    return goes_on;
}

static void fail_now(stream *p, pt_status status, const char *problem)
{
    monitor_lock(&p->set->lock);
    fail(p, status, problem);
    monitor_unlock(&p->set->lock);
}

/* Looks at what is staged: begins a packet, or fills the one begun. False as above. */
static bool unstage(stream *p)
{
    while (p->stage_len - p->stage_at >= (p->body.bytes == NULL ? LENGTH_BYTES : 1)) {
        const uint8_t *at = p->stage + p->stage_at;
        if (p->body.bytes == NULL) {
            const size_t len =
                at[0] | (size_t)at[1] << 8 | (size_t)at[2] << 16 | (size_t)at[3] << 24;
            if (len == 0 || len > FRAME_PACKET_MAX) {
                fail_now(p, PT_PEER_MALFORMED, "a packet of a wrong length");
                return false;
            }
            p->body = (message){mem_resize(NULL, len, 1), len};
            if (p->body.bytes == NULL) {
                fail_now(p, PT_ERR_MEMORY, "out of memory");
                return false;
            }
            p->stage_at += LENGTH_BYTES;
            continue;
        }
        const size_t staged = p->stage_len - p->stage_at;
        const size_t missing = p->body.len - p->body_at;
        const size_t n = staged < missing ? staged : missing;
        memcpy(p->body.bytes + p->body_at, at, n);
        p->body_at += n;
        p->stage_at += n;
        if (p->body_at == p->body.len && !deliver(p))
            return false;
    }
    return true;
}

/* Reads once: large rests of packets to where they belong, all else to the stage. Returns what
 * recv returned. */
static ssize_t read_once(stream *p)
{
    const size_t missing = p->body.bytes == NULL ? 0 : p->body.len - p->body_at;
    if (missing >= STAGE_BYTES && p->stage_at == p->stage_len) {
        const ssize_t n = recv(p->fd, p->body.bytes + p->body_at, missing, 0);
        if (n > 0)
            p->body_at += (size_t)n;
        return n;
    }
    const size_t staged = p->stage_len - p->stage_at;
    memmove(p->stage, p->stage + p->stage_at, staged);
    p->stage_at = 0;
    p->stage_len = staged;
    const ssize_t n = recv(p->fd, p->stage + staged, STAGE_BYTES - staged, 0);
    if (n > 0)
        p->stage_len += (size_t)n;
    return n;
}

static void note_progress(stream *p, size_t n)
{
    monitor_lock(&p->set->lock);
    p->set->moved += n;
    monitor_unlock(&p->set->lock);
}

/* Nothing more comes: the end of a close, or the peer has gone. */
static void read_end(stream *p, ssize_t n, int problem)
{
    monitor_lock(&p->set->lock);
    if (n == 0 && p->body.bytes == NULL && p->stage_at == p->stage_len)
        end(p);
    else
        fail_lost(p, n == 0 ? ECONNRESET : problem);
    monitor_unlock(&p->set->lock);
}

static void read_some(stream *p)
{
    p->has_more = false;
    for (size_t turn = 0; unstage(p);) {
        if (turn >= TURN_BYTES) {
            p->has_more = true;
            return;
        }
        const ssize_t n = read_once(p);
        if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR))
            return;
        if (n <= 0) {
            read_end(p, n, errno);
            return;
        }
        turn += (size_t)n;
        note_progress(p, (size_t)n);
        if (p->body.bytes != NULL && p->body_at == p->body.len && !deliver(p))
            return;
    }
}

/* ---- the thread: writing ---- */

/* The first packet, which from now on is being sent; NULL when there is none. */
static packet *begin_packet(stream *p)
{
    monitor_lock(&p->set->lock);
    packet *first = p->out_first;
    if (first != NULL && !p->out_begun) {
        p->out_begun = true;
        frame_number(first, p->next_number++);
    }
    monitor_unlock(&p->set->lock);
    return first;
}

static void finish_packet(stream *p)
{
    monitor_lock(&p->set->lock);
    packet *done = p->out_first;
    p->out_first = done->next;
    if (p->out_first == NULL)
        p->out_last = NULL;
    p->out_begun = false;
    monitor_unlock(&p->set->lock);
    p->out_done = 0;
    done->next = NULL;
    frame_free(done);
}

/* Sends what is left of a packet, as far as it goes at once. */
static ssize_t write_once(const stream *p, const packet *first)
{
    const size_t len = first->bytes.len;
    uint8_t length[LENGTH_BYTES];
    for (size_t i = 0; i < LENGTH_BYTES; i++)
        length[i] = (uint8_t)(len >> (8 * i));
    const size_t of_length = p->out_done < LENGTH_BYTES ? LENGTH_BYTES - p->out_done : 0;
    const size_t of_body = p->out_done < LENGTH_BYTES ? 0 : p->out_done - LENGTH_BYTES;
    struct iovec parts[2] = {{length + LENGTH_BYTES - of_length, of_length},
                             {first->bytes.bytes + of_body, len - of_body}};
    const struct msghdr all = {.msg_iov = parts, .msg_iovlen = 2};
    return sendmsg(p->fd, &all, MSG_NOSIGNAL);
}

/* What was sent cannot be taken back, but what the peer sent before can still be read. */
static void break_outbox(stream *p)
{
    p->is_broken = true;
    monitor_lock(&p->set->lock);
    drop_outbox(p);
    monitor_unlock(&p->set->lock);
}

static void write_some(stream *p)
{
    packet *first;
    for (size_t turn = 0; turn < TURN_BYTES && (first = begin_packet(p)) != NULL;) {
        const ssize_t n = write_once(p, first);
        if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR))
            return;
        if (n < 0) {
            break_outbox(p);
            return;
        }
        turn += (size_t)n;
        note_progress(p, (size_t)n);
        p->out_done += (size_t)n;
        if (p->out_done == LENGTH_BYTES + first->bytes.len)
            finish_packet(p);
    }
}

/* ---- the thread: the loop ---- */

/* What to wait for. With the lock held. */
static short wanted(stream *p)
{
    if (p->set->closing && p->out_first == NULL && !p->has_shut) {
        p->has_shut = true;
        (void)shutdown(p->fd, SHUT_WR);
    }
    return (short)((may_read(p) ? POLLIN : 0) |
                   (p->out_first != NULL && !p->is_broken ? POLLOUT : 0));
}

/* Fills s->fds; the first is the wake-up. `ret_ready`: there is something to do without waiting.
 * False when the thread is to stop. */
static bool prepare(streams *s, bool *ret_ready)
{
    *ret_ready = false;
    monitor_lock(&s->lock);
    for (size_t i = 0; i < s->parties; i++) {
        stream *p = &s->peers[i];
        const short events = p->fd < 0 ? 0 : wanted(p);
        /* One of which nothing is wanted is left alone: poll would report its end again and again.
         */
        s->fds[1 + i] = (struct pollfd){.fd = events == 0 ? -1 : p->fd, .events = events};
        *ret_ready = *ret_ready || (p->has_more && (events & POLLIN) != 0);
    }
    const bool goes_on = !s->stopping;
    monitor_unlock(&s->lock);
    s->fds[0] = (struct pollfd){.fd = s->wake_fd, .events = POLLIN};
    return goes_on;
}

static void *run(void *user)
{
    streams *s = user;
    bool ready;
    while (prepare(s, &ready)) {
        if (poll(s->fds, s->parties + 1, ready ? 0 : -1) < 0)
            continue;
        uint64_t count;
        if (s->fds[0].revents != 0)
            (void)!read(s->wake_fd, &count, sizeof count);
        for (size_t i = 0; i < s->parties; i++) {
            const short happened = s->fds[1 + i].revents;
            const short asked = s->fds[1 + i].events;
            stream *p = &s->peers[i];
            if ((happened & (POLLOUT | POLLERR | POLLHUP)) != 0 && (asked & POLLOUT) != 0)
                write_some(p);
            if (((happened & (POLLIN | POLLERR | POLLHUP)) != 0 || p->has_more) &&
                (asked & POLLIN) != 0)
                read_some(p);
        }
    }
    return NULL;
}

pt_status streams_start(streams *s, pt_error *error)
{
    /* Signals are for the program's own threads. */
    sigset_t all;
    sigset_t before;
    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &before);
    s->has_thread = pthread_create(&s->thread, NULL, run, s) == 0;
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    return s->has_thread ? PT_OK : error_memory(error);
}

/* ---- sending ---- */

/* Appends to the last packet if that has not been begun. With the lock held. */
static bool append(stream *p, const uint8_t *bytes, size_t len)
{
    const bool is_waiting = p->out_last != NULL && !(p->out_begun && p->out_last == p->out_first);
    return is_waiting && frame_append(p->out_last, bytes, len);
}

/* With the lock held. */
static void put_packets(stream *p, packet *first)
{
    if (p->out_last == NULL)
        p->out_first = first;
    else
        p->out_last->next = first;
    while (first->next != NULL)
        first = first->next;
    p->out_last = first;
}

static pt_status report_failure(const stream *p, const char *phase, pt_error *error)
{
    return error_set_peer(error, p->failure.status, (int)p->party, phase, "%s", p->failure.message);
}

pt_status streams_send(streams *s, size_t to, const char *phase, const uint8_t *bytes, size_t len,
                       pt_error *error)
{
    stream *p = &s->peers[to];
    pt_status status = PT_OK;
    monitor_lock(&s->lock);
    if (p->failure.status != PT_OK)
        status = report_failure(p, phase, error);
    /* A message to a party that has closed is dropped: what it sent before can still be received.
     */
    const bool done = status != PT_OK || p->ended || p->is_broken || append(p, bytes, len);
    monitor_unlock(&s->lock);
    if (done)
        return status;
    packet *packets = frame_message(bytes, len);
    if (packets == NULL)
        return error_memory(error);
    monitor_lock(&s->lock);
    if (p->ended || p->is_broken)
        frame_free(packets);
    else
        put_packets(p, packets);
    monitor_unlock(&s->lock);
    nudge(s);
    return PT_OK;
}

/* ---- receiving ---- */

/* Why nothing comes any more, after all that came was received. */
static pt_status report_end(const stream *p, const char *phase, pt_error *error)
{
    if (p->failure.status != PT_OK)
        return report_failure(p, phase, error);
    return error_set_peer(error, PT_ERR_IO, (int)p->party, phase,
                          "the direct connection to party %zu at %s ended: that party has gone",
                          p->party, p->where);
}

/* With the lock held, which is released while waiting or telling. */
static pt_status wait_for_packet(stream *p, const char *phase, pt_error *error)
{
    streams *s = p->set;
    waiting w = waiting_begin();
    while (p->inbox.count == 0) {
        if (p->ended)
            return report_end(p, phase, error);
        switch (patience_wait(&s->patience, &w, &s->lock)) {
        case WAIT_ON:
            break;
        case WAIT_TELL:
            monitor_unlock(&s->lock);
            patience_notice(&s->patience, "waiting for party %zu (%llu s)", p->party,
                            waiting_seconds(&w));
            monitor_lock(&s->lock);
            break;
        case WAIT_TIMEOUT:
            return error_set_peer(error, PT_ERR_TIMEOUT, (int)p->party, phase,
                                  "party %zu at %s sent nothing for %.1f s", p->party, p->where,
                                  (double)s->patience.timeout_ms / 1000);
        case WAIT_CANCELLED:
            return patience_report_cancelled(error);
        }
    }
    return PT_OK;
}

static pt_status feed_packet(stream *p, const char *phase, pt_error *error)
{
    message received = {0};
    monitor_lock(&p->set->lock);
    const pt_status status = wait_for_packet(p, phase, error);
    const bool was_full = !may_read(p);
    if (status == PT_OK) {
        received = queue_take(&p->inbox);
        p->inbox_bytes -= received.len;
    }
    monitor_unlock(&p->set->lock);
    if (status != PT_OK)
        return status;
    if (was_full)
        nudge(p->set); /* there is room again */
    frame_feed(&p->frames, received);
    return PT_OK;
}

static pt_status report_frames(const stream *p, frame_result result, const char *phase,
                               size_t max_len, pt_error *error)
{
    const int party = (int)p->party;
    switch (result) {
    case FRAME_CLOSED:
        return error_set_peer(error, PT_ERR_CLOSED, party, phase, "party %d closed the connection",
                              party);
    case FRAME_TOO_LARGE:
        return error_set_peer(error, PT_ERR_TOO_LARGE, party, phase,
                              "party %d sent a message of more than the %zu bytes expected", party,
                              max_len);
    case FRAME_MALFORMED:
    case FRAME_LOST:
        return error_set_peer(error, PT_PEER_MALFORMED, party, phase,
                              "party %d at %s sent a malformed packet", party, p->where);
    case FRAME_MEMORY:
    case FRAME_MESSAGE:
    case FRAME_NEED_MORE:
        break;
    }
    return error_memory(error);
}

pt_status streams_recv(streams *s, size_t from, const char *phase, size_t max_len,
                       uint8_t **ret_bytes, size_t *ret_len, pt_error *error)
{
    stream *p = &s->peers[from];
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
        const pt_status status = feed_packet(p, phase, error);
        if (status != PT_OK)
            return status;
    }
}

/* ---- closing ---- */

static size_t n_open(const streams *s)
{
    size_t n = 0;
    for (size_t i = 0; i < s->parties; i++)
        n += s->peers[i].fd >= 0;
    return n;
}

/* Says goodbye and waits until all connections have ended, as long as that makes progress. */
static void flush(streams *s)
{
    monitor_lock(&s->lock);
    for (size_t i = 0; i < s->parties; i++) {
        stream *p = &s->peers[i];
        packet *bye = p->fd < 0 || p->is_broken ? NULL : frame_bye();
        if (bye != NULL)
            put_packets(p, bye);
        queue_clear(&p->inbox);
    }
    s->closing = true;
    nudge(s);
    uint64_t moved = s->moved;
    waiting w = waiting_begin();
    while (n_open(s) != 0 && patience_linger(&s->patience, &w, &s->lock)) {
        if (s->moved != moved)
            w.progress_ms = clock_ms();
        moved = s->moved;
    }
    s->stopping = true;
    monitor_unlock(&s->lock);
    nudge(s);
}

void streams_close(streams *s)
{
    if (s == NULL)
        return;
    if (s->has_thread) {
        flush(s);
        (void)pthread_join(s->thread, NULL);
    }
    streams_free(s);
}
