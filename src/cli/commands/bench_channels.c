#define _DEFAULT_SOURCE
#include "cli/commands/bench_channels.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/thread.h"
#include "cli/commands/bench_circuit.h"
#include "cli/flags/connect.h"
#include "relay/relay.h"

#define URL_SIZE   32 /* http://127.0.0.1:65535; */
#define TIMEOUT_MS 60000
#define SESSION    "bench"

#define RATE_PARTIES  2
#define RATE_MESSAGE  ((size_t)256 << 10)
#define RATE_MESSAGES 64
#define RATE_AHEAD    16 /* messages that are sent before one is awaited, as COT does */
#define RATE_ECHOES   64

/* Where the parties meet. */
typedef struct place {
    size_t seats;
    relay_server *relay;                    /* NULL without */
    char where[BENCH_MAX_SEATS * URL_SIZE]; /* the relay's URL, or those of all parties */
    connection connections[BENCH_MAX_SEATS];
} place;

typedef struct opener {
    connection *connection;
    size_t seat;
    size_t seats;
    pt_channel channel;
    pt_status status;
    pt_error error;
    pthread_t thread;
    bool started;
} opener;

static int open_socket(uint16_t *ret_port)
{
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t len = sizeof address;
    if (fd >= 0 && bind(fd, (const struct sockaddr *)&address, len) == 0 &&
        getsockname(fd, (struct sockaddr *)&address, &len) == 0)
        *ret_port = ntohs(address.sin_port);
    return fd;
}

/* URLs at ports that are free now; holding all at once makes them different. */
static pt_status find_urls(place *p, pt_error *error)
{
    int fds[BENCH_MAX_SEATS];
    uint16_t ports[BENCH_MAX_SEATS] = {0};
    pt_status status = PT_OK;
    size_t len = 0;
    for (size_t i = 0; i < p->seats; i++) {
        fds[i] = open_socket(&ports[i]);
        if (ports[i] == 0)
            status =
                error_set(error, PT_ERR_IO, "no port is free on 127.0.0.1: %s", strerror(errno));
        len += (size_t)snprintf(p->where + len, sizeof p->where - len, "%shttp://127.0.0.1:%u",
                                i == 0 ? "" : ";", (unsigned)ports[i]);
    }
    for (size_t i = 0; i < p->seats; i++) {
        if (fds[i] >= 0)
            (void)close(fds[i]);
    }
    return status;
}

static pt_status start_relay(place *p, pt_error *error)
{
    const relay_options options = {0};
    const pt_status status = relay_server_start(&p->relay, &options, error);
    if (status == PT_OK)
        (void)snprintf(p->where, sizeof p->where, "http://127.0.0.1:%u",
                       (unsigned)relay_server_port(p->relay));
    return status;
}

/* The first party's ticket for all. */
static pt_status make_ticket(place *p, pt_error *error)
{
    uint8_t key[PT_KEY_BYTES];
    pt_p2p_ticket ticket = {0};
    connection *first = &p->connections[0];
    pt_status status = secure_flags_own_key(&first->secure, key, error);
    if (status == PT_OK)
        status = pt_p2p_ticket_new(&ticket, p->where, 0, key, error);
    for (size_t i = 0; i < p->seats; i++) {
        connection *c = &p->connections[i];
        where_clear(&c->where);
        c->where = (where){.kind = i == 0 ? WHERE_P2P_NEW : WHERE_P2P_JOIN, .ticket = ticket};
        c->session = c->where.ticket.session;
        if (i != 0)
            secure_flags_pin(&c->secure, 0, key);
    }
    return status;
}

static pt_status place_prepare(place *p, bench_channel over, pt_error *error)
{
    pt_status status = PT_OK;
    for (size_t i = 0; i < p->seats; i++)
        p->connections[i] = (connection){.session = SESSION, .timeout_ms = TIMEOUT_MS};
    if (over == BENCH_DIRECT)
        status = find_urls(p, error);
    if (over == BENCH_RELAY || over == BENCH_P2P)
        status = start_relay(p, error);
    for (size_t i = 0; status == PT_OK && over != BENCH_MEMORY && i < p->seats; i++)
        status = where_parse(&p->connections[i].where, p->where, error);
    if (status == PT_OK && over == BENCH_P2P)
        status = make_ticket(p, error);
    return status;
}

static void *open_one(void *argument)
{
    opener *o = argument;
    o->status = connection_open(&o->channel, o->connection, o->seat, o->seats, &o->error);
    return NULL;
}

/* Everybody waits for everybody, so all open at once. */
static pt_status open_all(pt_channel *ret_channels, place *p, pt_error *error)
{
    opener openers[BENCH_MAX_SEATS] = {0};
    pt_status status = PT_OK;
    for (size_t i = 0; i < p->seats; i++) {
        openers[i] = (opener){.connection = &p->connections[i], .seat = i, .seats = p->seats};
        const pt_status start = thread_start(&openers[i].thread, open_one, &openers[i], error);
        openers[i].started = start == PT_OK;
        if (start != PT_OK)
            status = start;
    }
    for (size_t i = 0; i < p->seats; i++) {
        if (openers[i].started)
            (void)pthread_join(openers[i].thread, NULL);
        ret_channels[i] = openers[i].channel;
        if (status == PT_OK && openers[i].status != PT_OK) {
            status = openers[i].status;
            *error = openers[i].error;
        }
    }
    return status;
}

static pt_status open_place(place *p, pt_channel *ret_channels, bench_channel over, pt_error *error)
{
    return over == BENCH_MEMORY ? pt_channel_memory_mesh(ret_channels, p->seats, TIMEOUT_MS, error)
                                : open_all(ret_channels, p, error);
}

static void place_close(place *p, pt_channel *channels)
{
    for (size_t i = 0; i < p->seats; i++) {
        pt_channel_close(&channels[i]);
        connection_clear(&p->connections[i]);
    }
    relay_server_free(p->relay);
}

pt_status bench_channel_run(double *ret_seconds, double *ret_cpu_seconds, const pt_circuit *circuit,
                            size_t parties, bench_channel over, bool dealer, pt_error *error)
{
    place p = {.seats = parties + dealer};
    pt_channel channels[BENCH_MAX_SEATS] = {0};
    bench_run runs[BENCH_MAX_SEATS] = {0};
    pt_status status = place_prepare(&p, over, error);
    const uint64_t start_ns = clock_ns();
    const double start_cpu = bench_cpu_seconds();
    if (status == PT_OK)
        status = open_place(&p, channels, over, error);
    if (status == PT_OK)
        status = bench_circuit_run(runs, circuit, channels, parties, dealer, 0, error);
    if (status == PT_OK)
        *ret_seconds = (double)(clock_ns() - start_ns) / 1e9;
    *ret_cpu_seconds = bench_cpu_seconds() - start_cpu;
    place_close(&p, channels);
    return status;
}

/* ---- rates ---- */

/* One of two parties, which do the same at once. */
typedef struct talker {
    pt_channel *channel;
    size_t party;
    double flood_seconds;
    double echo_seconds;
    pt_status status;
    pt_error error;
    pthread_t thread;
} talker;

static pt_status talker_send(talker *t, const uint8_t *bytes, size_t len)
{
    return t->channel->ops->send(t->channel->self, 1 - t->party, "rate", bytes, len, &t->error);
}

static pt_status talker_recv(talker *t, size_t len)
{
    uint8_t *bytes = NULL;
    size_t got = 0;
    const pt_status status =
        t->channel->ops->recv(t->channel->self, 1 - t->party, "rate", len, &bytes, &got, &t->error);
    free(bytes);
    return status;
}

static pt_status talker_flood(talker *t, const uint8_t *bytes)
{
    pt_status status = PT_OK;
    for (size_t i = 0; status == PT_OK && i < RATE_MESSAGES + RATE_AHEAD; i++) {
        if (i < RATE_MESSAGES)
            status = talker_send(t, bytes, RATE_MESSAGE);
        if (status == PT_OK && i >= RATE_AHEAD)
            status = talker_recv(t, RATE_MESSAGE);
    }
    return status;
}

/* The first party begins, the other answers. */
static pt_status talker_echo(talker *t, const uint8_t *bytes)
{
    pt_status status = t->party == 0 ? talker_send(t, bytes, 1) : PT_OK;
    for (size_t i = 0; status == PT_OK && i < RATE_ECHOES; i++) {
        status = talker_recv(t, 1);
        if (status == PT_OK && (t->party == 1 || i + 1 < RATE_ECHOES))
            status = talker_send(t, bytes, 1);
    }
    return status;
}

static void *talk(void *argument)
{
    talker *t = argument;
    uint8_t *bytes = mem_new(RATE_MESSAGE, 1);
    t->status = bytes == NULL ? error_memory(&t->error) : talker_echo(t, bytes);
    uint64_t mark_ns = clock_ns();
    if (t->status == PT_OK) /* connections are warm now */
        t->status = talker_echo(t, bytes);
    t->echo_seconds = (double)(clock_ns() - mark_ns) / 1e9;
    mark_ns = clock_ns();
    if (t->status == PT_OK)
        t->status = talker_flood(t, bytes);
    t->flood_seconds = (double)(clock_ns() - mark_ns) / 1e9;
    mem_free(bytes);
    return NULL;
}

static pt_status talk_both(talker *ret_talkers, pt_channel *channels, pt_error *error)
{
    pt_status status = PT_OK;
    for (size_t i = 0; i < RATE_PARTIES; i++)
        ret_talkers[i] = (talker){.channel = &channels[i], .party = i};
    status = thread_start(&ret_talkers[1].thread, talk, &ret_talkers[1], error);
    if (status != PT_OK)
        return status;
    (void)talk(&ret_talkers[0]);
    (void)pthread_join(ret_talkers[1].thread, NULL);
    for (size_t i = 0; status == PT_OK && i < RATE_PARTIES; i++) {
        status = ret_talkers[i].status;
        if (status != PT_OK)
            *error = ret_talkers[i].error;
    }
    return status;
}

pt_status bench_channel_rate(double *ret_bytes_per_second, double *ret_round_trip,
                             bench_channel over, pt_error *error)
{
    place p = {.seats = RATE_PARTIES};
    pt_channel channels[BENCH_MAX_SEATS] = {0};
    talker talkers[RATE_PARTIES] = {{0}};
    pt_status status = place_prepare(&p, over, error);
    if (status == PT_OK)
        status = open_place(&p, channels, over, error);
    if (status == PT_OK)
        status = talk_both(talkers, channels, error);
    place_close(&p, channels);
    const double a = talkers[0].flood_seconds;
    const double b = talkers[1].flood_seconds;
    if (status == PT_OK) {
        *ret_bytes_per_second = (double)RATE_MESSAGES * (double)RATE_MESSAGE / (a > b ? a : b);
        *ret_round_trip = talkers[0].echo_seconds / RATE_ECHOES;
    }
    return status;
}
