#define _GNU_SOURCE
#include "support/test.h"

#include "channel/http/plain_relay.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdbool.h>
#include <sys/socket.h>
#include <unistd.h>

#define PARTIES         8
#define CONNECTIONS_MAX 256
#define BODY_MAX        ((size_t)4 << 20)

typedef struct item {
    struct item *next;
    size_t len;
    uint8_t bytes[];
} item;

struct plain_relay {
    plain_relay_options options;
    int listen_fd;
    uint16_t port;
    pthread_t acceptor;
    pthread_mutex_t mutex; /* guards what follows */
    item *queues[PARTIES][PARTIES];
    unsigned n_taken[PARTIES][PARTIES]; /* out of each queue */
    bool seated[PARTIES];
    unsigned n_requests, n_sends, n_deliveries;
    size_t n_connections;
    int fds[CONNECTIONS_MAX];
    pthread_t threads[CONNECTIONS_MAX];
};

typedef struct connection {
    plain_relay *relay;
    int fd;
} connection;

static bool read_exactly(int fd, void *bytes, size_t len)
{
    return len == 0 || recv(fd, bytes, len, MSG_WAITALL) == (ssize_t)len;
}

static bool read_head(int fd, char *head, size_t size)
{
    for (size_t len = 0; len + 1 < size; len++) {
        if (!read_exactly(fd, head + len, 1))
            return false;
        head[len + 1] = '\0';
        if (len >= 3 && strcmp(head + len - 3, "\r\n\r\n") == 0)
            return true;
    }
    return false;
}

static bool reply(int fd, int status, const void *body, size_t len)
{
    char head[128];
    const int head_len = snprintf(head, sizeof head,
                                  "HTTP/1.1 %d Status\r\nContent-Length: %zu\r\n\r\n", status, len);
    return send(fd, head, (size_t)head_len, MSG_NOSIGNAL) == head_len &&
           (len == 0 || send(fd, body, len, MSG_NOSIGNAL) == (ssize_t)len);
}

/* How many messages are in the queue or were. */
static unsigned n_stored(const plain_relay *r, unsigned from, unsigned to)
{
    unsigned n = r->n_taken[from][to];
    for (const item *i = r->queues[from][to]; i != NULL; i = i->next)
        n++;
    return n;
}

static unsigned number_of(const char *head)
{
    const char *found = strstr(head, "X-Polytune-Seq: ");
    assert_non_null(found);
    return (unsigned)strtoul(found + 16, NULL, 10);
}

static bool is_turn(unsigned *count, unsigned every)
{
    (*count)++;
    return every != 0 && *count % every == 0;
}

static bool answer_participants(plain_relay *r, int fd)
{
    char text[64] = "[";
    size_t len = 1;
    for (int i = 0; i < PARTIES; i++)
        if (r->seated[i])
            len += (size_t)snprintf(text + len, sizeof text - len, "%s%d", len == 1 ? "" : ", ", i);
    text[len++] = ']';
    return reply(fd, 200, text, len);
}

static bool answer_send(plain_relay *r, int fd, unsigned from, unsigned to, const uint8_t *body,
                        size_t len)
{
    const bool cut = is_turn(&r->n_sends, r->options.cut_every);
    if (r->n_sends != r->options.lose_nth) {
        item **last = &r->queues[from][to];
        while (*last != NULL)
            last = &(*last)->next;
        *last = malloc(sizeof **last + len);
        if (*last == NULL)
            return false;
        (*last)->next = NULL;
        (*last)->len = len;
        memcpy((*last)->bytes, body, len);
    }
    return !cut && reply(fd, 200, "", 0);
}

static void take_first(plain_relay *r, unsigned from, unsigned to)
{
    item *first = r->queues[from][to];
    r->queues[from][to] = first->next;
    r->n_taken[from][to]++;
    free(first);
}

static bool send_numbered(plain_relay *r, int fd, const char *head, unsigned from, unsigned to,
                          const uint8_t *body, size_t len)
{
    const unsigned number = number_of(head);
    const unsigned n = n_stored(r, from, to);
    if (number > n + 1)
        return reply(fd, 409, "", 0);
    return number <= n ? reply(fd, 200, "", 0) : answer_send(r, fd, from, to, body, len);
}

/* Asking for a message acknowledges those before it. */
static bool recv_numbered(plain_relay *r, int fd, const char *head, unsigned from, unsigned to)
{
    const unsigned number = number_of(head);
    if (number > n_stored(r, from, to) + 1 || number <= r->n_taken[from][to])
        return reply(fd, 409, "", 0);
    while (r->n_taken[from][to] + 1 < number)
        take_first(r, from, to);
    const item *first = r->queues[from][to];
    return first == NULL ? reply(fd, 400, "", 0) : reply(fd, 200, first->bytes, first->len);
}

static bool answer_recv(plain_relay *r, int fd, unsigned from, unsigned to)
{
    item *first = r->queues[from][to];
    if (first == NULL)
        return reply(fd, 400, "", 0);
    const bool ok = reply(fd, 200, first->bytes, first->len);
    if (!is_turn(&r->n_deliveries, r->options.repeat_every))
        take_first(r, from, to);
    return ok;
}

/* False closes the connection. */
static bool answer(plain_relay *r, int fd, const char *head, const uint8_t *body, size_t len)
{
    unsigned a = 0;
    unsigned b = 0;
    if (is_turn(&r->n_requests, r->options.fail_every))
        return reply(fd, 503, "", 0);
    if (sscanf(head, "PUT /join/plain/%u", &a) == 1 && a < PARTIES) {
        static const char named[] = "HTTP/1.1 200 OK\r\nX-Polytune-Session: 1\r\n"
                                    "Content-Length: 0\r\n\r\n";
        r->seated[a] = true;
        if (r->options.is_numbered)
            return send(fd, named, sizeof named - 1, MSG_NOSIGNAL) == sizeof named - 1;
        return reply(fd, 200, "", 0);
    }
    if (strncmp(head, "GET /participants/plain", 23) == 0)
        return answer_participants(r, fd);
    if (sscanf(head, "POST /send/plain/%u/%u", &a, &b) == 2 && a < PARTIES && b < PARTIES)
        return r->options.is_numbered ? send_numbered(r, fd, head, a, b, body, len)
                                      : answer_send(r, fd, a, b, body, len);
    if (sscanf(head, "POST /recv/plain/%u/%u", &a, &b) == 2 && a < PARTIES && b < PARTIES)
        return r->options.is_numbered ? recv_numbered(r, fd, head, a, b) : answer_recv(r, fd, a, b);
    return reply(fd, 404, "", 0);
}

static void *serve(void *user)
{
    connection c = *(connection *)user;
    free(user);
    char head[2048];
    uint8_t *body = malloc(BODY_MAX);
    for (bool open = body != NULL; open && read_head(c.fd, head, sizeof head);) {
        const char *length = strstr(head, "Content-Length: ");
        const size_t len = length == NULL ? 0 : strtoul(length + 16, NULL, 10);
        open = len <= BODY_MAX && read_exactly(c.fd, body, len);
        if (!open)
            break;
        pthread_mutex_lock(&c.relay->mutex);
        open = answer(c.relay, c.fd, head, body, len);
        pthread_mutex_unlock(&c.relay->mutex);
    }
    free(body);
    (void)shutdown(c.fd, SHUT_RDWR);
    return NULL;
}

static void *accept_all(void *user)
{
    plain_relay *r = user;
    for (int fd; (fd = accept4(r->listen_fd, NULL, NULL, SOCK_CLOEXEC)) >= 0;) {
        const int on = 1;
        (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        connection *c = malloc(sizeof *c);
        if (c == NULL || r->n_connections == CONNECTIONS_MAX) {
            free(c);
            (void)close(fd);
            continue;
        }
        *c = (connection){r, fd};
        r->fds[r->n_connections] = fd;
        if (pthread_create(&r->threads[r->n_connections], NULL, serve, c) == 0)
            r->n_connections++;
    }
    return NULL;
}

plain_relay *plain_relay_start(plain_relay_options options)
{
    plain_relay *r = calloc(1, sizeof *r);
    assert_non_null(r);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t size = sizeof address;
    r->options = options;
    r->listen_fd = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(bind(r->listen_fd, (struct sockaddr *)&address, size), 0);
    assert_int_equal(listen(r->listen_fd, 64), 0);
    assert_int_equal(getsockname(r->listen_fd, (struct sockaddr *)&address, &size), 0);
    r->port = ntohs(address.sin_port);
    assert_int_equal(pthread_mutex_init(&r->mutex, NULL), 0);
    assert_int_equal(pthread_create(&r->acceptor, NULL, accept_all, r), 0);
    return r;
}

uint16_t plain_relay_port(const plain_relay *relay)
{
    return relay->port;
}

void plain_relay_stop(plain_relay *r)
{
    (void)shutdown(r->listen_fd, SHUT_RDWR);
    (void)pthread_join(r->acceptor, NULL);
    (void)close(r->listen_fd);
    for (size_t i = 0; i < r->n_connections; i++) {
        (void)shutdown(r->fds[i], SHUT_RDWR);
        (void)pthread_join(r->threads[i], NULL);
        (void)close(r->fds[i]);
    }
    for (size_t i = 0; i < PARTIES * PARTIES; i++)
        for (item *next, *at = r->queues[i / PARTIES][i % PARTIES]; at != NULL; at = next) {
            next = at->next;
            free(at);
        }
    (void)pthread_mutex_destroy(&r->mutex);
    free(r);
}
