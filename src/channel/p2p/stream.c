#define _GNU_SOURCE
#include "channel/p2p/stream.h"

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
#include "base/error.h"
#include "base/mem.h"

#define STAGE_BYTES       ((size_t)16 << 10)
#define TURN_BYTES        ((size_t)4 << 20) /* moved for one peer before the next one's turn */
#define LENGTH_BYTES      4
#define KEEPALIVE_IDLE_S  15 /* also keeps routers from forgetting the connection */
#define KEEPALIVE_EVERY_S 5
#define KEEPALIVE_COUNT   6

/* One connection. The thread's, but for `fd`, which it changes under the lock. */
typedef struct stream {
    streams *set;
    net_peer *peer;
    int fd; /* -1: there is none, or it has ended */
    uint64_t next_number;
    size_t out_done;            /* bytes of the first packet, its length included, that are sent */
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
    net_channel net;
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
    for (size_t i = 0; s->list != NULL && i < s->net.parties; i++) {
        if (s->list[i].fd >= 0)
            (void)close(s->list[i].fd);
        mem_free(s->list[i].body.bytes);
    }
    if (s->wake_fd >= 0)
        (void)close(s->wake_fd);
    net_clear(&s->net);
    mem_free(s->fds);
    mem_free(s->list);
    mem_free(s);
}

static void nudge(net_channel *c)
{
    const streams *s = (const streams *)c;
    const uint64_t one = 1;
    (void)!write(s->wake_fd, &one, sizeof one);
}

static void has_room(net_channel *c)
{
    streams *s = (streams *)c;
    monitor_lock(&c->lock);
    const bool lacked = s->lacks_room;
    monitor_unlock(&c->lock);
    if (lacked)
        nudge(c);
}

static const net_link stream_link = {.nudge = nudge, .has_room = has_room};

pt_status streams_new(streams **ret_streams, const net_options *options, pt_error *error)
{
    streams *s = mem_new(1, sizeof *s);
    if (s == NULL)
        return error_memory(error);
    s->wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    s->list = mem_new(options->parties, sizeof *s->list);
    s->fds = mem_new(options->parties + 1, sizeof *s->fds);
    const bool ok = net_init(&s->net, &stream_link, options);
    for (size_t i = 0; s->list != NULL && i < options->parties; i++)
        s->list[i] = (stream){.set = s, .fd = -1, .next_number = 1};
    if (!ok || s->wake_fd < 0 || s->list == NULL || s->fds == NULL) {
        streams_free(s);
        return error_memory(error);
    }
    for (size_t i = 0; i < options->parties; i++) {
        s->list[i].peer = &s->net.peers[i];
        s->net.peers[i].left = true; /* so far */
    }
    *ret_streams = s;
    return PT_OK;
}

static void set_option(int fd, int level, int name, int value)
{
    (void)setsockopt(fd, level, name, &value, sizeof value);
}

pt_status streams_add(streams *s, size_t peer, int fd, const char *where, pt_error *error)
{
    PT_ASSERT(peer < s->net.parties && s->list[peer].fd < 0 && !s->has_thread);
    net_peer *p = &s->net.peers[peer];
    p->name = net_text("party %zu at %s", peer, where);
    if (p->name == NULL)
        return error_memory(error);
    set_option(fd, IPPROTO_TCP, TCP_NODELAY, 1);
    set_option(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
    set_option(fd, IPPROTO_TCP, TCP_KEEPIDLE, KEEPALIVE_IDLE_S);
    set_option(fd, IPPROTO_TCP, TCP_KEEPINTVL, KEEPALIVE_EVERY_S);
    set_option(fd, IPPROTO_TCP, TCP_KEEPCNT, KEEPALIVE_COUNT);
    s->list[peer].fd = fd;
    p->left = false;
    return PT_OK;
}

const char *streams_name(const streams *s, size_t peer)
{
    return s->net.peers[peer].name;
}

bool streams_has(const streams *s, size_t peer)
{
    return streams_name(s, peer) != NULL;
}

/* ---- the thread: ending; with the lock held ---- */

/* Nothing more goes either way. */
static void end(stream *p)
{
    (void)close(p->fd);
    p->fd = -1;
    mem_free(p->body.bytes);
    p->body = (message){0};
    p->out_done = 0;
    net_peer_left(p->peer);
    p->peer->out_sending = false;
}

static void fail(stream *p, pt_status status, const char *problem)
{
    net_fail(p->peer, status, "the direct connection to %s failed: %s", p->peer->name, problem);
    end(p);
}

/* The peer has closed, or is gone. */
static void end_of_input(stream *p, int problem)
{
    char text[128];
    const bool is_whole = p->body.bytes == NULL && p->stage_at == p->stage_len;
    if (problem == 0 && is_whole && p->said_bye)
        end(p);
    else
        fail(p, PT_ERR_IO,
             problem == 0 ? "that party is gone" : strerror_r(problem, text, sizeof text));
}

/* ---- the thread: reading ---- */

static bool may_read(const stream *p)
{
    return p->set->net.closing || net_has_room(p->peer);
}

/* A packet is complete. False when reading must stop for now, or for ever. */
static bool deliver(stream *p)
{
    net_channel *c = &p->set->net;
    const message m = p->body;
    p->body = (message){0};
    p->body_at = 0;
    p->said_bye = frame_is_bye(m.bytes, m.len);
    monitor_lock(&c->lock);
    p->peer->arriving = 0;
    if (c->closing) {
        mem_free(m.bytes);
    } else if (!net_receive(p->peer, m)) {
        mem_free(m.bytes);
        fail(p, PT_ERR_MEMORY, "out of memory");
    }
    p->has_more = p->fd >= 0 && !may_read(p);
    const bool goes_on = p->fd >= 0 && !p->has_more;
    monitor_unlock(&c->lock);
    return goes_on;
}

static void fail_now(stream *p, pt_status status, const char *problem)
{
    monitor_lock(&p->set->net.lock);
    fail(p, status, problem);
    monitor_unlock(&p->set->net.lock);
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

static void note_arriving(stream *p)
{
    monitor_lock(&p->set->net.lock);
    p->peer->arriving = p->body_at;
    monitor_unlock(&p->set->net.lock);
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
            monitor_lock(&p->set->net.lock);
            end_of_input(p, problem);
            monitor_unlock(&p->set->net.lock);
            return;
        }
        turn += (size_t)n;
        if (p->body.bytes != NULL && p->body_at == p->body.len && !deliver(p))
            return;
        note_arriving(p);
    }
}

/* ---- the thread: writing ---- */

/* The first packet, which from now on is being sent; NULL when there is none. */
static packet *begin_packet(stream *p)
{
    net_peer *peer = p->peer;
    monitor_lock(&p->set->net.lock);
    packet *first = peer->out_first;
    if (first != NULL && !peer->out_sending) {
        peer->out_sending = true;
        frame_number(first, p->next_number++);
    }
    monitor_unlock(&p->set->net.lock);
    return first;
}

static void finish_packet(stream *p)
{
    net_peer *peer = p->peer;
    monitor_lock(&p->set->net.lock);
    packet *done = peer->out_first;
    peer->out_first = done->next;
    if (peer->out_first == NULL)
        peer->out_last = NULL;
    peer->out_sending = false;
    monitor_wake(&p->set->net.lock);
    monitor_unlock(&p->set->net.lock);
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

/* Nothing more can go out, but what the peer sent before can still be read. */
static void break_outbox(stream *p)
{
    monitor_lock(&p->set->net.lock);
    net_peer_left(p->peer);
    p->peer->out_sending = false;
    monitor_unlock(&p->set->net.lock);
    p->out_done = 0;
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
        p->out_done += (size_t)n;
        if (p->out_done == LENGTH_BYTES + first->bytes.len)
            finish_packet(p);
    }
}

/* ---- the thread: the loop ---- */

/* What to wait for. With the lock held. */
static short wanted(stream *p)
{
    const bool has_output = p->peer->out_first != NULL;
    if (p->set->net.closing && !has_output && !p->has_shut) {
        p->has_shut = true;
        (void)shutdown(p->fd, SHUT_WR);
    }
    return (short)((may_read(p) ? POLLIN : 0) | (has_output ? POLLOUT : 0));
}

/* Fills s->fds; the first is the wake-up. `ret_ready`: there is something to do without waiting.
 * False when the thread is to stop. */
static bool prepare(streams *s, bool *ret_ready)
{
    *ret_ready = false;
    monitor_lock(&s->net.lock);
    s->lacks_room = false;
    for (size_t i = 0; i < s->net.parties; i++) {
        stream *p = &s->list[i];
        const short events = p->fd < 0 ? 0 : wanted(p);
        /* One of which nothing is wanted is left alone: poll would report its end again and again.
         */
        s->fds[1 + i] = (struct pollfd){.fd = events == 0 ? -1 : p->fd, .events = events};
        *ret_ready = *ret_ready || (p->has_more && (events & POLLIN) != 0);
        s->lacks_room = s->lacks_room || (p->fd >= 0 && (events & POLLIN) == 0);
    }
    const bool goes_on = !s->stopping;
    monitor_unlock(&s->net.lock);
    s->fds[0] = (struct pollfd){.fd = s->wake_fd, .events = POLLIN};
    return goes_on;
}

static void *run(void *user)
{
    streams *s = user;
    bool ready;
    while (prepare(s, &ready)) {
        if (poll(s->fds, s->net.parties + 1, ready ? 0 : -1) < 0)
            continue;
        uint64_t count;
        if (s->fds[0].revents != 0)
            (void)!read(s->wake_fd, &count, sizeof count);
        for (size_t i = 0; i < s->net.parties; i++) {
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
    /* Signals are for the program's own threads. */
    sigset_t all;
    sigset_t before;
    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &before);
    s->has_thread = pthread_create(&s->thread, NULL, run, s) == 0;
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    return s->has_thread ? PT_OK : error_memory(error);
}

/* ---- the callers' side ---- */

pt_status streams_send(streams *s, size_t to, const char *phase, const uint8_t *bytes, size_t len,
                       pt_error *error)
{
    return net_send(&s->net, to, phase, bytes, len, error);
}

pt_status streams_recv(streams *s, size_t from, const char *phase, size_t max_len,
                       uint8_t **ret_bytes, size_t *ret_len, pt_error *error)
{
    return net_recv(&s->net, from, phase, max_len, ret_bytes, ret_len, error);
}

/* ---- closing ---- */

/* Whether some peer was sent everything, but has not closed. */
static bool is_any_open(const streams *s)
{
    for (size_t i = 0; i < s->net.parties; i++)
        if (s->list[i].fd >= 0 && s->net.peers[i].out_first == NULL)
            return true;
    return false;
}

/* Says goodbye, and waits until the peers have taken everything and closed. */
static void say_goodbye(streams *s)
{
    net_flush(&s->net);
    monitor_lock(&s->net.lock);
    waiting w = waiting_begin();
    while (is_any_open(s) && patience_linger(&s->net.patience, &w, &s->net.lock))
        continue;
    s->stopping = true;
    monitor_unlock(&s->net.lock);
    nudge(&s->net);
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
