/* The lines of links.py: forwards packets between tunnel devices, late and no faster than a rate.
 *
 *     link_wire RATE DELAY_US QUEUE_US HOSTS [TRACE]
 *
 * Descriptors 3, 4, .. are the hosts' devices, by the last byte of their addresses from 1. Every
 * host but the last has one line up and one down, of RATE bytes a second (0: any) and of DELAY_US;
 * what would wait longer than QUEUE_US in front of one is dropped. Ends when standard input does.
 * TRACE is a file for what the hosts send: a line for each TRACE_NS in which they do, with its
 * start by the monotonic clock in ms and the bytes of every host. Links are measured on machines
 * whose processors the parties need themselves, so this is no script. */
#define _GNU_SOURCE
#include <inttypes.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define HOSTS_MAX   16
#define PACKET_MAX  65536
#define AT_ONCE     64 /* packets of a device, before others have their turn */
#define ADDRESS_AT  16 /* of the receiver, in an IPv4 header */
#define HEADER_MIN  20
#define FIRST_FD    3
#define NS          1000000000u
#define NEVER       UINT64_MAX
#define IDLE_MAX_NS NS
#define TRACE_NS    (NS / 50)

typedef struct packet {
    struct packet *next;
    uint64_t due_ns; /* when it is through the line */
    size_t to;
    size_t len;
    uint8_t bytes[];
} packet;

/* One direction of a host's connection. */
typedef struct line {
    double byte_ns;
    uint64_t delay_ns, queue_ns;
    uint64_t free_ns;
    packet *first, **last;
} line;

typedef struct wire {
    size_t n;
    line lines[2 * HOSTS_MAX]; /* the hosts' up, then their down */
    FILE *trace;               /* or NULL */
    uint64_t traced;           /* which TRACE_NS */
    uint64_t sent[HOSTS_MAX];  /* in it */
} wire;

static uint64_t now_ns(void)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * NS + (uint64_t)t.tv_nsec;
}

/* A packet comes to the line, which takes it over. */
static void line_take(line *l, packet *p, uint64_t now)
{
    const uint64_t start = now > l->free_ns ? now : l->free_ns;
    if (start - now > l->queue_ns) {
        free(p);
        return;
    }
    l->free_ns = start + (uint64_t)((double)p->len * l->byte_ns);
    p->due_ns = l->free_ns + l->delay_ns;
    p->next = NULL;
    *l->last = p;
    l->last = &p->next;
}

static packet *line_pop(line *l)
{
    packet *p = l->first;
    l->first = p->next;
    if (l->first == NULL)
        l->last = &l->first;
    return p;
}

static void wire_init(wire *w, size_t n, double rate, uint64_t delay_ns, uint64_t queue_ns)
{
    w->n = n;
    for (size_t i = 0; i < 2 * n; i++) {
        const bool is_limited = i % n != n - 1;
        w->lines[i] = (line){.byte_ns = is_limited && rate > 0 ? NS / rate : 0,
                             .delay_ns = is_limited ? delay_ns : 0,
                             .queue_ns = queue_ns,
                             .last = &w->lines[i].first};
    }
}

static bool is_for_a_host(const uint8_t *bytes, ssize_t len, size_t n)
{
    static const uint8_t network[] = {10, 77, 0};
    return len >= HEADER_MIN && bytes[0] >> 4 == 4 &&
           memcmp(bytes + ADDRESS_AT, network, sizeof network) == 0 && bytes[ADDRESS_AT + 3] >= 1 &&
           bytes[ADDRESS_AT + 3] <= n;
}

/* Tells of what was sent in the time that is over. */
static void trace_write(wire *w)
{
    (void)fprintf(w->trace, "%" PRIu64, w->traced * (TRACE_NS / 1000000));
    for (size_t i = 0; i < w->n; i++) {
        (void)fprintf(w->trace, " %" PRIu64, w->sent[i]);
        w->sent[i] = 0;
    }
    (void)fputc('\n', w->trace);
    (void)fflush(w->trace);
}

static void trace_add(wire *w, size_t host, size_t len, uint64_t now)
{
    if (w->trace == NULL)
        return;
    if (now / TRACE_NS != w->traced) {
        trace_write(w);
        w->traced = now / TRACE_NS;
    }
    w->sent[host] += len;
}

/* What the host has sent. */
static void wire_read(wire *w, size_t host)
{
    static uint8_t bytes[PACKET_MAX];
    for (int i = 0; i < AT_ONCE; i++) {
        const ssize_t len = read(FIRST_FD + (int)host, bytes, sizeof bytes);
        if (len <= 0)
            return;
        if (!is_for_a_host(bytes, len, w->n))
            continue;
        packet *p = malloc(sizeof *p + (size_t)len);
        if (p == NULL)
            return;
        p->to = bytes[ADDRESS_AT + 3] - 1u;
        p->len = (size_t)len;
        memcpy(p->bytes, bytes, (size_t)len);
        const uint64_t now = now_ns();
        trace_add(w, host, p->len, now);
        line_take(&w->lines[host], p, now);
    }
}

/* The line whose first packet is due before those of all others. */
static line *next_line(wire *w)
{
    line *next = NULL;
    for (size_t i = 0; i < 2 * w->n; i++) {
        line *l = &w->lines[i];
        if (l->first != NULL && (next == NULL || l->first->due_ns < next->first->due_ns))
            next = l;
    }
    return next;
}

/* Moves what is due; when the next one will be. */
static uint64_t wire_advance(wire *w)
{
    const uint64_t now = now_ns();
    for (line *l; (l = next_line(w)) != NULL;) {
        if (l->first->due_ns > now)
            return l->first->due_ns;
        packet *p = line_pop(l);
        if (l < w->lines + w->n) {
            line_take(&w->lines[w->n + p->to], p, p->due_ns);
            continue;
        }
        /* What a full device does not take is dropped, as by a line. */
        const ssize_t written = write(FIRST_FD + (int)p->to, p->bytes, p->len);
        (void)written;
        free(p);
    }
    return NEVER;
}

static void wire_run(wire *w)
{
    struct pollfd fds[HOSTS_MAX + 1] = {{.fd = STDIN_FILENO, .events = POLLIN}};
    for (size_t i = 0; i < w->n; i++)
        fds[i + 1] = (struct pollfd){.fd = FIRST_FD + (int)i, .events = POLLIN};
    while (fds[0].revents == 0) {
        const uint64_t due = wire_advance(w);
        const uint64_t now = now_ns();
        uint64_t wait = due <= now ? 0 : due - now;
        wait = wait > IDLE_MAX_NS ? IDLE_MAX_NS : wait;
        const struct timespec t = {(time_t)(wait / NS), (long)(wait % NS)};
        if (ppoll(fds, (nfds_t)w->n + 1, &t, NULL) < 0)
            return;
        for (size_t i = 0; i < w->n; i++)
            if (fds[i + 1].revents != 0)
                wire_read(w, i);
    }
}

int main(int argc, char **argv)
{
    static wire w;
    const size_t n = argc == 5 || argc == 6 ? strtoul(argv[4], NULL, 10) : 0;
    if (n < 1 || n > HOSTS_MAX) {
        (void)fputs("link_wire RATE DELAY_US QUEUE_US HOSTS [TRACE]\n", stderr);
        return 2;
    }
    w.trace = argc == 6 ? fopen(argv[5], "w") : NULL;
    wire_init(&w, n, strtod(argv[1], NULL), strtoull(argv[2], NULL, 10) * 1000,
              strtoull(argv[3], NULL, 10) * 1000);
    wire_run(&w);
    return 0;
}
