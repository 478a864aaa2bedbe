/* What this machine itself can do, to compare with: `bench_machine` prints memory and loopback, a
 * name, a number and a unit a line. The best of several runs. */
#define _DEFAULT_SOURCE
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"

#define RUNS         5
#define MEMORY_BYTES ((size_t)64 << 20)
#define STREAM_BYTES ((size_t)256 << 20)
#define PIECE_BYTES  ((size_t)64 << 10)
#define ROUND_TRIPS  2000

static double seconds_since(uint64_t start_ns)
{
    return (double)(clock_ns() - start_ns) * 1e-9;
}

/* Bytes a second that are read and written. */
static double copy_rate(void)
{
    uint8_t *from = malloc(MEMORY_BYTES);
    uint8_t *to = malloc(MEMORY_BYTES);
    double best = 0;
    if (from == NULL || to == NULL)
        exit(EXIT_FAILURE);
    memset(from, 1, MEMORY_BYTES);
    memset(to, 2, MEMORY_BYTES);
    for (int i = 0; i < RUNS; i++) {
        const uint64_t start_ns = clock_ns();
        memcpy(to, from, MEMORY_BYTES);
        const double rate = 2 * (double)MEMORY_BYTES / seconds_since(start_ns);
        best = rate > best ? rate : best;
        from[0] ^= to[MEMORY_BYTES - 1];
    }
    free(from);
    free(to);
    return best;
}

/* Two ends of a TCP connection over loopback. */
static bool connect_pair(int ret_ends[2])
{
    const int on = 1;
    const int listener = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t len = sizeof address;
    if (listener < 0 || bind(listener, (const struct sockaddr *)&address, len) != 0 ||
        listen(listener, 1) != 0 || getsockname(listener, (struct sockaddr *)&address, &len) != 0)
        return false;
    ret_ends[0] = socket(AF_INET, SOCK_STREAM, 0);
    if (connect(ret_ends[0], (const struct sockaddr *)&address, len) != 0)
        return false;
    ret_ends[1] = accept(listener, NULL, NULL);
    for (int i = 0; i < 2; i++)
        (void)setsockopt(ret_ends[i], IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    (void)close(listener);
    return ret_ends[1] >= 0;
}

static bool read_all(int fd, uint8_t *to, size_t len)
{
    for (size_t got = 0; got < len;) {
        const ssize_t n = read(fd, to + got, len - got);
        if (n <= 0)
            return false;
        got += (size_t)n;
    }
    return true;
}

static void *send_stream(void *user)
{
    static uint8_t piece[PIECE_BYTES];
    const int fd = *(const int *)user;
    for (size_t sent = 0; sent < STREAM_BYTES;) {
        const ssize_t n = write(fd, piece, sizeof piece);
        if (n <= 0)
            break;
        sent += (size_t)n;
    }
    return NULL;
}

static double stream_rate(const int ends[2])
{
    static uint8_t piece[PIECE_BYTES];
    pthread_t sender;
    const uint64_t start_ns = clock_ns();
    if (pthread_create(&sender, NULL, send_stream, (void *)(uintptr_t)&ends[0]) != 0)
        exit(EXIT_FAILURE);
    for (size_t got = 0; got < STREAM_BYTES; got += sizeof piece) {
        if (!read_all(ends[1], piece, sizeof piece))
            exit(EXIT_FAILURE);
    }
    const double rate = (double)STREAM_BYTES / seconds_since(start_ns);
    (void)pthread_join(sender, NULL);
    return rate;
}

static void *echo(void *user)
{
    const int fd = *(const int *)user;
    uint8_t message[64];
    while (read_all(fd, message, sizeof message)) {
        if (write(fd, message, sizeof message) != (ssize_t)sizeof message)
            break;
    }
    return NULL;
}

static double round_trip(const int ends[2])
{
    uint8_t message[64] = {0};
    pthread_t other;
    if (pthread_create(&other, NULL, echo, (void *)(uintptr_t)&ends[1]) != 0)
        exit(EXIT_FAILURE);
    const uint64_t start_ns = clock_ns();
    for (int i = 0; i < ROUND_TRIPS; i++) {
        if (write(ends[0], message, sizeof message) != (ssize_t)sizeof message ||
            !read_all(ends[0], message, sizeof message))
            exit(EXIT_FAILURE);
    }
    const double seconds = seconds_since(start_ns) / ROUND_TRIPS;
    (void)shutdown(ends[0], SHUT_RDWR);
    (void)pthread_join(other, NULL);
    return seconds;
}

int main(void)
{
    int ends[2];
    double best = 0;
    printf("memory %.0f bytes/s\n", copy_rate());
    if (!connect_pair(ends)) {
        perror("loopback");
        return EXIT_FAILURE;
    }
    for (int i = 0; i < RUNS; i++) {
        const double rate = stream_rate(ends);
        best = rate > best ? rate : best;
    }
    printf("loopback %.0f bytes/s\n", best);
    printf("round_trip %.9f s\n", round_trip(ends));
    (void)close(ends[0]);
    (void)close(ends[1]);
    return EXIT_SUCCESS;
}
