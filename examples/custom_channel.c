/* A channel of one's own: two parties of this process talk over a socket pair.
 *
 * Filling three functions of pt_channel_ops, and saying of what kind the channel is, is all it
 * takes. Two points of the contract need care: `send` must not wait for the peer, so a thread
 * writes what is queued; and what comes from the peer is not trusted, so its length is checked
 * before memory is set aside for it.
 *
 * On the wire a message is its length (8 bytes, little-endian) and its bytes. */
#define _POSIX_C_SOURCE 200809L
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "polytune/channel.h"

#define HEADER_BYTES 8

typedef struct outgoing {
    struct outgoing *next;
    size_t len;
    uint8_t bytes[]; /* header and message */
} outgoing;

typedef struct socket_channel {
    int fd;
    size_t peer;
    int timeout_ms;
    bool has_length; /* the next message's header has been read */
    uint64_t length;

    pthread_t writer;
    pthread_mutex_t mutex; /* guards what follows */
    pthread_cond_t changed;
    outgoing *first;
    outgoing **last;
    bool closing;
} socket_channel;

/* Makes ret_channels[i] the channel of party i of two. */
pt_status socket_channel_pair(pt_channel ret_channels[2], int timeout_ms);

static pt_status fail(pt_error *error, pt_status status, size_t peer, const char *phase)
{
    if (error != NULL) {
        error->status = status;
        error->party = (int)peer;
        error->phase = phase;
        (void)snprintf(error->message, sizeof error->message, "socket to party %zu: %s", peer,
                       pt_status_text(status));
    }
    return status;
}

/* ---- send: queue; a thread writes ---- */

static pt_status socket_send(void *self, size_t to, const char *phase, const uint8_t *bytes,
                             size_t len, pt_error *error)
{
    socket_channel *c = self;
    if (to != c->peer)
        return fail(error, PT_ERR_USAGE, to, phase);
    outgoing *message = malloc(sizeof *message + HEADER_BYTES + len);
    if (message == NULL)
        return fail(error, PT_ERR_MEMORY, to, phase);
    message->next = NULL;
    message->len = HEADER_BYTES + len;
    for (size_t i = 0; i < HEADER_BYTES; i++)
        message->bytes[i] = (uint8_t)((uint64_t)len >> (8 * i));
    if (len != 0)
        memcpy(message->bytes + HEADER_BYTES, bytes, len);
    pthread_mutex_lock(&c->mutex);
    *c->last = message;
    c->last = &message->next;
    pthread_cond_signal(&c->changed);
    pthread_mutex_unlock(&c->mutex);
    return PT_OK;
}

/* Writes all, giving up when the peer takes nothing for the timeout. */
static bool write_all(const socket_channel *c, const uint8_t *bytes, size_t len)
{
    while (len != 0) {
        struct pollfd ready = {.fd = c->fd, .events = POLLOUT};
        if (poll(&ready, 1, c->timeout_ms) <= 0)
            return false;
        const ssize_t n = send(c->fd, bytes, len, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (n < 0 && errno != EAGAIN && errno != EINTR)
            return false;
        if (n > 0) {
            bytes += n;
            len -= (size_t)n;
        }
    }
    return true;
}

static void *write_queued(void *self)
{
    socket_channel *c = self;
    bool works = true;
    pthread_mutex_lock(&c->mutex);
    for (;;) {
        while (c->first == NULL && !c->closing)
            pthread_cond_wait(&c->changed, &c->mutex);
        outgoing *message = c->first;
        if (message == NULL)
            break;
        c->first = message->next;
        if (c->first == NULL)
            c->last = &c->first;
        pthread_mutex_unlock(&c->mutex);
        works = works && write_all(c, message->bytes, message->len);
        free(message);
        pthread_mutex_lock(&c->mutex);
    }
    pthread_mutex_unlock(&c->mutex);
    return NULL;
}

/* ---- recv ---- */

static pt_status read_all(const socket_channel *c, uint8_t *bytes, size_t len)
{
    while (len != 0) {
        struct pollfd ready = {.fd = c->fd, .events = POLLIN};
        const int n_ready = poll(&ready, 1, c->timeout_ms);
        if (n_ready == 0)
            return PT_ERR_TIMEOUT;
        const ssize_t n = n_ready < 0 ? -1 : recv(c->fd, bytes, len, 0);
        if (n == 0 || (n < 0 && errno == ECONNRESET))
            return PT_ERR_CLOSED;
        if (n < 0 && errno != EINTR)
            return PT_ERR_IO;
        if (n > 0) {
            bytes += n;
            len -= (size_t)n;
        }
    }
    return PT_OK;
}

/* A timeout amid a message loses count of it; a caller that goes on after one must remember how far
 * it got. The engine gives up. */
static pt_status socket_recv(void *self, size_t from, const char *phase, size_t max_len,
                             uint8_t **ret_bytes, size_t *ret_len, pt_error *error)
{
    socket_channel *c = self;
    if (from != c->peer)
        return fail(error, PT_ERR_USAGE, from, phase);
    if (!c->has_length) {
        uint8_t header[HEADER_BYTES];
        const pt_status status = read_all(c, header, sizeof header);
        if (status != PT_OK)
            return fail(error, status, from, phase);
        c->length = 0;
        for (size_t i = 0; i < HEADER_BYTES; i++)
            c->length |= (uint64_t)header[i] << (8 * i);
        c->has_length = true;
    }
    if (c->length > max_len)
        return fail(error, PT_ERR_TOO_LARGE, from, phase);
    const size_t len = (size_t)c->length;
    uint8_t *bytes = malloc(len == 0 ? 1 : len);
    if (bytes == NULL)
        return fail(error, PT_ERR_MEMORY, from, phase);
    const pt_status status = read_all(c, bytes, len);
    if (status != PT_OK) {
        free(bytes);
        return fail(error, status, from, phase);
    }
    c->has_length = false;
    *ret_bytes = bytes;
    *ret_len = len;
    return PT_OK;
}

/* ---- close ---- */

static void socket_close(void *self)
{
    socket_channel *c = self;
    pthread_mutex_lock(&c->mutex);
    c->closing = true;
    pthread_cond_signal(&c->changed);
    pthread_mutex_unlock(&c->mutex);
    pthread_join(c->writer, NULL);
    pthread_cond_destroy(&c->changed);
    pthread_mutex_destroy(&c->mutex);
    close(c->fd);
    free(c);
}

/* Both ends are in this process. Over a network leave `kind` out, and put pt_channel_secure_wrap
 * around the channel. */
static pt_channel_kind socket_kind(void *self)
{
    (void)self;
    return PT_CHANNEL_LOCAL;
}

static const pt_channel_ops socket_ops = {
    .send = socket_send, .recv = socket_recv, .close = socket_close, .kind = socket_kind};

/* ---- open ---- */

/* Takes over the socket. */
static pt_status open_end(pt_channel *ret_channel, int fd, size_t peer, int timeout_ms)
{
    socket_channel *c = calloc(1, sizeof *c);
    if (c == NULL) {
        close(fd);
        return PT_ERR_MEMORY;
    }
    c->fd = fd;
    c->peer = peer;
    c->timeout_ms = timeout_ms;
    c->last = &c->first;
    pthread_mutex_init(&c->mutex, NULL);
    pthread_cond_init(&c->changed, NULL);
    if (pthread_create(&c->writer, NULL, write_queued, c) != 0) {
        close(fd);
        free(c);
        return PT_ERR_IO;
    }
    *ret_channel = (pt_channel){&socket_ops, c};
    return PT_OK;
}

pt_status socket_channel_pair(pt_channel ret_channels[2], int timeout_ms)
{
    int fds[2];
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, fds) != 0)
        return PT_ERR_IO;
    pt_status status = open_end(&ret_channels[0], fds[0], 1, timeout_ms);
    if (status != PT_OK) {
        close(fds[1]);
        return status;
    }
    status = open_end(&ret_channels[1], fds[1], 0, timeout_ms);
    if (status != PT_OK)
        pt_channel_close(&ret_channels[0]);
    return status;
}

#ifndef CUSTOM_CHANNEL_NO_MAIN

/* Each party runs in a thread of its own: greets the other and prints the answer. */
typedef struct party {
    pt_channel channel;
    size_t number;
    pt_status status;
    char heard[64];
} party;

static void *run_party(void *user)
{
    party *p = user;
    const size_t other = 1 - p->number;
    char text[64];
    const int len = snprintf(text, sizeof text, "hello from party %zu", p->number);
    uint8_t *bytes = NULL;
    size_t received = 0;
    p->status = p->channel.ops->send(p->channel.self, other, "greeting", (const uint8_t *)text,
                                     (size_t)len, NULL);
    if (p->status == PT_OK)
        p->status = p->channel.ops->recv(p->channel.self, other, "greeting", sizeof p->heard - 1,
                                         &bytes, &received, NULL);
    if (p->status == PT_OK)
        memcpy(p->heard, bytes, received);
    free(bytes);
    return NULL;
}

int main(void)
{
    pt_channel channels[2];
    party parties[2];
    pthread_t threads[2];
    int exit_status = 0;
    if (socket_channel_pair(channels, 10000) != PT_OK)
        return 1;
    for (size_t i = 0; i < 2; i++) {
        parties[i] = (party){.channel = channels[i], .number = i};
        if (pthread_create(&threads[i], NULL, run_party, &parties[i]) != 0)
            return 1;
    }
    for (size_t i = 0; i < 2; i++) {
        pthread_join(threads[i], NULL);
        printf("party %zu heard: %s\n", i, parties[i].heard);
        if (parties[i].status != PT_OK)
            exit_status = 1;
        pt_channel_close(&channels[i]);
    }
    return exit_status;
}

#endif
