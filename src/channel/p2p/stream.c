#define _GNU_SOURCE
#include "channel/p2p/stream.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "base/assert.h"
#include "base/error.h"
#include "base/le.h"
#include "base/mem.h"
#include "base/min.h"
#include "base/thread.h"

#define STAGE_BYTES       ((size_t)16 << 10)
#define TURN_BYTES        ((size_t)4 << 20) /* moved for one peer before the next one's turn */
#define LENGTH_BYTES      4
#define EARLY_BYTES       ((size_t)64 << 10)
#define KEEPALIVE_IDLE_S  15 /* also keeps routers from forgetting the connection */
#define KEEPALIVE_EVERY_S 5
#define KEEPALIVE_COUNT   6

/* One connection. The thread's, but for `fd`, which it changes under the lock. */
typedef struct stream {
    streams *set;
    mailbox *box;
    int fd;                     /* -1: there is none, or it has ended */
    size_t out_done;            /* bytes of the first packet, its length included, that are sent */
    bool is_received;           /* under the lock: packets are taken from it */
    bool has_shut;              /* nothing more goes out */
    bool said_bye;              /* the last packet that came was a goodbye */
    uint8_t stage[STAGE_BYTES]; /* bytes [stage_at, stage_len) are read but not looked at */
    size_t stage_at;
    size_t stage_len;
    bool has_more; /* there may be more on the stage: the inbox was full, or the turn over */
    message body;  /* of the packet begun; no bytes: between packets */
    size_t body_at;
} stream;

struct streams {
    mailboxes mail; /* first: the channel's operations find it there */
    int wake_fd;
    pthread_t thread;
    bool has_thread;
    bool stopping;   /* under the lock */
    bool lacks_room; /* under the lock: some peer is not read from before there is room again */
    struct pollfd *fds;
    stream *list; /* by party; those without a connection are unused */
};

/* ---- making ---- */

static void streams_free(streams *s)
{
    for (size_t i = 0; s->list != NULL && i < s->mail.parties; i++) {
        if (s->list[i].fd >= 0)
            (void)close(s->list[i].fd);
        mem_free(s->list[i].body.bytes);
    }
    if (s->wake_fd >= 0)
        (void)close(s->wake_fd);
    mailboxes_clear(&s->mail);
    mem_free(s->fds);
    mem_free(s->list);
    mem_free(s);
}

static void streams_nudge(mailboxes *m)
{
    const streams *s = (const streams *)m;
    const uint64_t one = 1;
    (void)!write(s->wake_fd, &one, sizeof one);
}

static void streams_has_room(mailboxes *m)
{
    const streams *s = (streams *)m;
    monitor_lock(&m->lock);
    const bool lacked = s->lacks_room;
    monitor_unlock(&m->lock);
    if (lacked)
        streams_nudge(m);
}

static const mailbox_pump stream_pump = {streams_nudge, streams_has_room, mailboxes_wait};

pt_status streams_new(streams **ret_streams, const mailbox_options *options, pt_error *error)
{
    streams *s = mem_new(1, sizeof *s);
    if (s == NULL)
        return error_memory(error);
    s->wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    s->list = mem_new(options->parties, sizeof *s->list);
    s->fds = mem_new(options->parties + 1, sizeof *s->fds);
    const bool ok = mailboxes_init(&s->mail, &stream_pump, options);
    s->mail.via = mem_string("");
    for (size_t i = 0; s->list != NULL && i < options->parties; i++)
        s->list[i] = (stream){.set = s, .fd = -1};
    if (!ok || s->mail.via == NULL || s->wake_fd < 0 || s->list == NULL || s->fds == NULL) {
        streams_free(s);
        return error_memory(error);
    }
    for (size_t i = 0; i < options->parties; i++)
        s->list[i].box = &s->mail.boxes[i];
    *ret_streams = s;
    return PT_OK;
}

static void set_option(int fd, int level, int name, int value)
{
    (void)setsockopt(fd, level, name, &value, sizeof value);
}

pt_status streams_add(streams *s, size_t peer, int fd, const char *where, const uint8_t *first,
                      size_t first_len, pt_error *error)
{
    PT_ASSERT(peer < s->mail.parties && s->mail.boxes[peer].name == NULL);
    char *name = mailbox_text("party %zu at %s", peer, where);
    if (name == NULL)
        return error_memory(error);
    set_option(fd, IPPROTO_TCP, TCP_NODELAY, 1);
    set_option(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
    set_option(fd, IPPROTO_TCP, TCP_KEEPIDLE, KEEPALIVE_IDLE_S);
    set_option(fd, IPPROTO_TCP, TCP_KEEPINTVL, KEEPALIVE_EVERY_S);
    set_option(fd, IPPROTO_TCP, TCP_KEEPCNT, KEEPALIVE_COUNT);
    monitor_lock(&s->mail.lock);
    s->mail.boxes[peer].name = name;
    s->list[peer].fd = fd;
    /* A fresh connection takes so few bytes at once. */
    if (first_len != 0 && send(fd, first, first_len, MSG_NOSIGNAL) != (ssize_t)first_len)
        (void)shutdown(fd, SHUT_RDWR);
    monitor_unlock(&s->mail.lock);
    streams_nudge(&s->mail);
    return PT_OK;
}

void streams_receive(streams *s, size_t peer)
{
    monitor_lock(&s->mail.lock);
    s->list[peer].is_received = true;
    monitor_unlock(&s->mail.lock);
    streams_nudge(&s->mail);
}

const char *streams_name(const streams *s, size_t peer)
{
    return s->mail.boxes[peer].name;
}

/* ---- the thread: ending; with the lock held ---- */

/* Nothing more can go out, but what the peer sent before can still be read. */
static void break_outbox(stream *p)
{
    packet *first = p->box->out_first;
    if (first != NULL && first->is_lent)
        mailbox_not_sent(p->box, first);
    mailbox_shut(p->box);
    p->out_done = 0;
}

/* Nothing more goes either way. */
static void stream_end(stream *p)
{
    (void)close(p->fd);
    p->fd = -1;
    mem_free(p->body.bytes);
    p->body = (message){0};
    break_outbox(p);
}

static void stream_fail(stream *p, pt_status status, const char *problem)
{
    mailbox_fail(p->box, status, "the direct connection to %s failed: %s", p->box->name, problem);
    stream_end(p);
}

/* The peer has closed, or is gone. */
static void end_of_input(stream *p, int problem)
{
    char text[128];
    const bool is_whole = p->body.bytes == NULL && p->stage_at == p->stage_len;
    if (problem == 0 && is_whole && p->said_bye)
        stream_end(p);
    else
        stream_fail(p, PT_ERR_IO,
                    problem == 0 ? "that party is gone" : strerror_r(problem, text, sizeof text));
}

/* ---- the thread: reading ---- */

/* As long as nobody receives, little is read: the rest waits in the system's buffers, and at the
 * sender. But a goodbye is, or whoever closes would wait for one who is done with it. */
static bool may_read(const stream *p)
{
    if (p->set->mail.closing)
        return true;
    return mailbox_has_room(p->box) && (p->is_received || p->box->inbox_bytes < EARLY_BYTES);
}

/* A packet is complete. False when reading must stop for now, or for ever. */
static bool deliver(stream *p)
{
    mailboxes *mail = &p->set->mail;
    const message m = p->body;
    p->body = (message){0};
    p->body_at = 0;
    p->said_bye = frame_is_bye(m.bytes, m.len);
    monitor_lock(&mail->lock);
    p->box->arriving = 0;
    if (mail->closing) {
        mem_free(m.bytes);
    } else if (!mailbox_receive(p->box, m)) {
        mem_free(m.bytes);
        stream_fail(p, PT_ERR_MEMORY, "out of memory");
    }
    p->has_more = p->fd >= 0 && !may_read(p);
    const bool goes_on = p->fd >= 0 && !p->has_more;
    monitor_unlock(&mail->lock);
    return goes_on;
}

static void fail_now(stream *p, pt_status status, const char *problem)
{
    monitor_lock(&p->set->mail.lock);
    stream_fail(p, status, problem);
    monitor_unlock(&p->set->mail.lock);
}

/* Looks at what is staged: begins a packet, or fills the one begun. False as above. */
static bool unstage(stream *p)
{
    while (p->stage_len - p->stage_at >= (p->body.bytes == NULL ? LENGTH_BYTES : 1)) {
        const uint8_t *at = p->stage + p->stage_at;
        if (p->body.bytes == NULL) {
            const size_t len = le_get_u32(at);
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
        const size_t n = min_size(staged, missing);
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

static void stream_note_arriving(stream *p)
{
    monitor_lock(&p->set->mail.lock);
    p->box->arriving = p->body_at;
    monitor_unlock(&p->set->mail.lock);
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
            const int problem = n == 0 ? 0 : errno;
            monitor_lock(&p->set->mail.lock);
            end_of_input(p, problem);
            monitor_unlock(&p->set->mail.lock);
            return;
        }
        turn += (size_t)n;
        if (p->body.bytes != NULL && p->body_at == p->body.len && !deliver(p))
            return;
        stream_note_arriving(p);
    }
}

/* ---- the thread: writing ---- */

/* The first packet, which from now on is being sent; NULL when there is none. */
static packet *begin_packet(stream *p)
{
    mailbox *b = p->box;
    monitor_lock(&p->set->mail.lock);
    packet *first = b->out_first;
    if (first != NULL && !first->is_lent)
        mailbox_begin(b, first);
    monitor_unlock(&p->set->mail.lock);
    return first;
}

static void finish_packet(stream *p)
{
    monitor_lock(&p->set->mail.lock);
    mailbox_sent(p->box, p->box->out_first);
    monitor_unlock(&p->set->mail.lock);
    p->out_done = 0;
}

/* Sends what is left of a packet, as far as it goes at once. */
static ssize_t write_once(const stream *p, const packet *first)
{
    const size_t len = first->bytes.len;
    uint8_t length[LENGTH_BYTES];
    le_put_u32(length, (uint32_t)len);
    const size_t of_length = p->out_done < LENGTH_BYTES ? LENGTH_BYTES - p->out_done : 0;
    const size_t of_body = p->out_done < LENGTH_BYTES ? 0 : p->out_done - LENGTH_BYTES;
    struct iovec parts[2] = {{length + LENGTH_BYTES - of_length, of_length},
                             {first->bytes.bytes + of_body, len - of_body}};
    const struct msghdr all = {.msg_iov = parts, .msg_iovlen = 2};
    return sendmsg(p->fd, &all, MSG_NOSIGNAL);
}

static void write_some(stream *p)
{
    packet *first;
    for (size_t turn = 0; turn < TURN_BYTES && (first = begin_packet(p)) != NULL;) {
        const ssize_t n = write_once(p, first);
        if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR))
            return;
        if (n < 0) {
            monitor_lock(&p->set->mail.lock);
            break_outbox(p);
            monitor_unlock(&p->set->mail.lock);
            return;
        }
        turn += (size_t)n;
        p->out_done += (size_t)n;
        if (p->out_done == LENGTH_BYTES + first->bytes.len)
            finish_packet(p);
    }
}

/* ---- the thread: the loop ---- */

/* What to wait for. With the lock held. */
static short wanted(stream *p)
{
    const bool has_output = mailbox_has_mail(p->box);
    if (p->set->mail.closing && !has_output && !p->has_shut) {
        p->has_shut = true;
        (void)shutdown(p->fd, SHUT_WR);
    }
    return (short)((may_read(p) ? POLLIN : 0) | (has_output ? POLLOUT : 0));
}

/* Fills s->fds; the first is the wake-up. `ret_ready`: there is something to do without waiting.
 * False when the thread is to stop. */
static bool streams_prepare(streams *s, bool *ret_ready)
{
    *ret_ready = false;
    monitor_lock(&s->mail.lock);
    s->lacks_room = false;
    for (size_t i = 0; i < s->mail.parties; i++) {
        stream *p = &s->list[i];
        const short events = p->fd < 0 ? 0 : wanted(p);
        /* One of which nothing is wanted is left alone: poll would report its end again and again.
         */
        s->fds[1 + i] = (struct pollfd){.fd = events == 0 ? -1 : p->fd, .events = events};
        *ret_ready = *ret_ready || (p->has_more && (events & POLLIN) != 0);
        s->lacks_room = s->lacks_room || (p->fd >= 0 && (events & POLLIN) == 0);
    }
    const bool goes_on = !s->stopping;
    monitor_unlock(&s->mail.lock);
    s->fds[0] = (struct pollfd){.fd = s->wake_fd, .events = POLLIN};
    return goes_on;
}

static void *streams_run(void *user)
{
    streams *s = user;
    bool ready;
    while (streams_prepare(s, &ready)) {
        if (poll(s->fds, s->mail.parties + 1, ready ? 0 : -1) < 0)
            continue;
        uint64_t count;
        if (s->fds[0].revents != 0)
            (void)!read(s->wake_fd, &count, sizeof count);
        for (size_t i = 0; i < s->mail.parties; i++) {
            const short happened = s->fds[1 + i].revents;
            const short asked = s->fds[1 + i].events;
            stream *p = &s->list[i];
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
    const pt_status status = thread_start(&s->thread, streams_run, s, error);
    s->has_thread = status == PT_OK;
    return status;
}

/* ---- the callers' side ---- */

pt_status streams_send(streams *s, size_t to, const char *phase, const uint8_t *bytes, size_t len,
                       pt_error *error)
{
    return mailboxes_send(&s->mail, to, phase, bytes, len, error);
}

pt_status streams_recv(streams *s, size_t from, const char *phase, size_t max_len,
                       uint8_t **ret_bytes, size_t *ret_len, pt_error *error)
{
    return mailboxes_recv(&s->mail, from, phase, max_len, ret_bytes, ret_len, error);
}

/* ---- closing ---- */

/* Whether some peer was sent everything, but has not closed. */
static bool is_any_open(const streams *s)
{
    for (size_t i = 0; i < s->mail.parties; i++)
        if (s->list[i].fd >= 0 && !mailbox_has_mail(s->list[i].box))
            return true;
    return false;
}

/* There is nobody to say goodbye to. */
static void shut_unconnected(streams *s)
{
    monitor_lock(&s->mail.lock);
    for (size_t i = 0; i < s->mail.parties; i++)
        if (s->list[i].fd < 0)
            mailbox_shut(s->list[i].box);
    monitor_unlock(&s->mail.lock);
}

/* Says goodbye, and waits until the peers have taken everything and closed. */
static void say_goodbye(streams *s)
{
    uint64_t until_ms = 0;
    shut_unconnected(s);
    mailboxes_flush(&s->mail);
    monitor_lock(&s->mail.lock);
    waiting w = waiting_begin();
    while (is_any_open(s) && patience_linger(&s->mail.patience, &w, &until_ms))
        mailboxes_wait(&s->mail, NULL, until_ms);
    s->stopping = true;
    monitor_unlock(&s->mail.lock);
    streams_nudge(&s->mail);
}

void streams_close(streams *s)
{
    if (s == NULL)
        return;
    if (s->has_thread) {
        say_goodbye(s);
        (void)pthread_join(s->thread, NULL);
    }
    streams_free(s);
}
