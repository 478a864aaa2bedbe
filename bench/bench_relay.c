/* How many messages a second a relay passes on: bench_relay PORT SESSIONS MESSAGES.
 *
 * For a relay that listens on loopback. Each session has a thread that plays two parties: it posts
 * a numbered message of 64 bytes on one connection and fetches it on another, so one message at a
 * time is on its way per session, and each costs the relay two requests. */
#define _DEFAULT_SOURCE
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"

#define BODY_BYTES 64

typedef struct pair {
    uint16_t port;
    unsigned session;
    unsigned long messages;
    pthread_t thread;
    bool ok;
} pair;

static int open_connection(uint16_t port)
{
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr = {htonl(INADDR_LOOPBACK)}};
    const int on = 1;
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (connect(fd, (const struct sockaddr *)&address, sizeof address) == 0)
        return fd;
    (void)close(fd);
    return -1;
}

/* Asks and reads the whole answer, which fits the buffer; whether it is 200. */
static bool ask(int fd, const char *request, size_t len)
{
    char answer[2048];
    size_t got = 0;
    if (send(fd, request, len, MSG_NOSIGNAL) != (ssize_t)len)
        return false;
    for (;;) {
        const ssize_t n = recv(fd, answer + got, sizeof answer - 1 - got, 0);
        if (n <= 0)
            return false;
        got += (size_t)n;
        answer[got] = '\0';
        const char *end = strstr(answer, "\r\n\r\n");
        const char *length = strstr(answer, "Content-Length: ");
        if (end == NULL || length == NULL)
            continue;
        const size_t whole = (size_t)(end + 4 - answer) + strtoul(length + 16, NULL, 10);
        if (got >= whole)
            return strncmp(answer, "HTTP/1.1 200", 12) == 0;
    }
}

static bool join(int fd, unsigned session, unsigned party)
{
    char request[256];
    const int len = snprintf(request, sizeof request,
                             "PUT /join/bench-%u-%u/%u HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n"
                             "Authorization: Bearer bench-token-of-seat-%04u\r\n\r\n",
                             (unsigned)getpid(), session, party, party);
    return ask(fd, request, (size_t)len);
}

/* One request about the nth message; with a body it is a send. */
static bool pass(int fd, const pair *p, unsigned long n, bool sends)
{
    char request[512];
    int len =
        snprintf(request, sizeof request,
                 "POST /%s/bench-%u-%u/0/1 HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n"
                 "Authorization: Bearer bench-token-of-seat-%04u\r\nX-Polytune-Seq: %lu\r\n\r\n",
                 sends ? "send" : "recv", (unsigned)getpid(), p->session, sends ? BODY_BYTES : 0,
                 sends ? 0u : 1u, n);
    if (sends) {
        memset(request + len, 'x', BODY_BYTES);
        len += BODY_BYTES;
    }
    return ask(fd, request, (size_t)len);
}

static void *run(void *user)
{
    pair *p = user;
    const int sender = open_connection(p->port);
    const int receiver = open_connection(p->port);
    p->ok = sender >= 0 && receiver >= 0 && join(sender, p->session, 0) &&
            join(receiver, p->session, 1);
    for (unsigned long n = 1; p->ok && n <= p->messages; n++)
        p->ok = pass(sender, p, n, true) && pass(receiver, p, n, false);
    (void)close(sender);
    (void)close(receiver);
    return NULL;
}

int main(int argc, char **argv)
{
    if (argc != 4) {
        (void)fprintf(stderr, "usage: bench_relay PORT SESSIONS MESSAGES\n");
        return 2;
    }
    const unsigned sessions = (unsigned)strtoul(argv[2], NULL, 10);
    const unsigned long messages = strtoul(argv[3], NULL, 10);
    pair *pairs = calloc(sessions, sizeof *pairs);
    bool ok = pairs != NULL;
    const uint64_t start = clock_ns();
    for (unsigned i = 0; ok && i < sessions; i++) {
        pairs[i] = (pair){
            .port = (uint16_t)strtoul(argv[1], NULL, 10), .session = i, .messages = messages};
        if (pthread_create(&pairs[i].thread, NULL, run, &pairs[i]) != 0)
            abort();
    }
    for (unsigned i = 0; ok && i < sessions; i++)
        (void)pthread_join(pairs[i].thread, NULL);
    const double seconds = (double)(clock_ns() - start) / 1e9;
    for (unsigned i = 0; ok && i < sessions; i++)
        ok = pairs[i].ok;
    free(pairs);
    if (!ok) {
        (void)fprintf(stderr, "bench_relay: a request failed\n");
        return 1;
    }
    (void)printf("%u sessions, %lu messages each: %.0f messages/s\n", sessions, messages,
                 (double)sessions * (double)messages / seconds);
    return 0;
}
