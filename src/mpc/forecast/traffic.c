#include "mpc/forecast/traffic.h"

#include <string.h>

#include "base/assert.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/min.h"
#include "mpc/ot/cot.h"
#include "mpc/session/message.h"

#define SMALLEST_FRAME_K 8 /* no frame that fills a window is smaller than COT's at this k */

pt_status traffic_init(traffic *ret_traffic, const session *s, double delay, double byte_time,
                       pt_error *error)
{
    const size_t n = s->n + s->dealer;
    traffic *t = ret_traffic;
    *t = (traffic){.s = s, .delay = delay, .byte_time = byte_time, .n_seats = n};
    t->window_max = stream_window(s, cot_frame_bytes(SMALLEST_FRAME_K, COT_CHUNK));
    t->seats = mem_new(n, sizeof *t->seats);
    t->marks = mem_new(n, sizeof *t->marks);
    t->payload = mem_new(n * n, sizeof *t->payload);
    t->wave_due = mem_new(n * n, sizeof *t->wave_due);
    t->wave_sent = mem_new(n * n, sizeof *t->wave_sent);
    t->frames_due = mem_new(n * n, t->window_max * sizeof *t->frames_due);
    const bool ok = t->seats != NULL && t->marks != NULL && t->payload != NULL &&
                    t->wave_due != NULL && t->wave_sent != NULL && t->frames_due != NULL;
    return ok ? PT_OK : error_memory(error);
}

void traffic_clear(traffic *t)
{
    mem_free(t->seats);
    mem_free(t->marks);
    mem_free(t->payload);
    mem_free(t->wave_due);
    mem_free(t->wave_sent);
    mem_free(t->frames_due);
    *t = (traffic){0};
}

void traffic_mark(traffic *t)
{
    memcpy(t->marks, t->seats, t->n_seats * sizeof *t->seats);
}

void traffic_repeat(traffic *t, uint64_t times)
{
    for (size_t i = 0; i < t->n_seats; i++) {
        traffic_seat *s = &t->seats[i];
        const traffic_seat *mark = &t->marks[i];
        s->bytes_sent += times * (s->bytes_sent - mark->bytes_sent);
        s->bytes_received += times * (s->bytes_received - mark->bytes_received);
        s->messages_sent += times * (s->messages_sent - mark->messages_sent);
        s->messages_received += times * (s->messages_received - mark->messages_received);
        s->now += (double)times * (s->now - mark->now);
        s->up_free += (double)times * (s->up_free - mark->up_free);
        s->down_free += (double)times * (s->down_free - mark->down_free);
    }
}

void traffic_work(traffic *t, size_t seat, double time)
{
    t->seats[seat].now += time;
}

void traffic_work_each(traffic *t, double time)
{
    for (size_t i = 0; i < t->s->n; i++)
        traffic_work(t, i, time);
}

static double later(double a, double b)
{
    return a > b ? a : b;
}

/* `count` messages of `len` bytes in all, as one. Returns when they arrive. */
static double message_leaves(traffic *t, size_t from, uint64_t len, uint64_t count)
{
    traffic_seat *seat = &t->seats[from];
    seat->bytes_sent += len;
    seat->messages_sent += count;
    seat->up_free = later(seat->now, seat->up_free) + (double)len * t->byte_time;
    return seat->up_free + t->delay;
}

static void message_arrives(traffic *t, size_t to, uint64_t len, uint64_t count, double due)
{
    traffic_seat *seat = &t->seats[to];
    seat->bytes_received += len;
    seat->messages_received += count;
    due = later(due, seat->down_free + (double)len * t->byte_time);
    seat->down_free = due;
    seat->now = later(seat->now, due);
}

static size_t pair_at(const traffic *t, size_t from, size_t to)
{
    return from * t->n_seats + to;
}

/* ---- Waves ---- */

void traffic_put(traffic *t, size_t from, size_t to, uint64_t bytes)
{
    if (from != to)
        t->payload[pair_at(t, from, to)] += bytes;
}

void traffic_put_each(traffic *t, uint64_t bytes)
{
    for (size_t i = 0; i < t->s->n; i++) {
        for (size_t j = 0; j < t->s->n; j++)
            traffic_put(t, i, j, bytes);
    }
}

static uint64_t wave_message_bytes(const traffic *t, size_t at)
{
    return MESSAGE_HEADER_BYTES + wave_body_bytes(t->payload[at], 0);
}

void traffic_wave_send(traffic *t, bool sparse)
{
    for (size_t i = 0; i < t->s->n; i++) {
        for (size_t j = 0; j < t->s->n; j++) {
            const size_t at = pair_at(t, i, j);
            t->wave_sent[at] = i != j && (!sparse || t->payload[at] != 0);
            if (t->wave_sent[at])
                t->wave_due[at] = message_leaves(t, i, wave_message_bytes(t, at), 1);
        }
    }
}

void traffic_wave_receive(traffic *t, size_t seat)
{
    for (size_t i = 0; i < t->s->n; i++) {
        const size_t at = pair_at(t, i, seat);
        if (t->wave_sent[at])
            message_arrives(t, seat, wave_message_bytes(t, at), 1, t->wave_due[at]);
        t->wave_sent[at] = false;
        t->payload[at] = 0;
    }
}

void traffic_wave(traffic *t, bool sparse)
{
    traffic_wave_send(t, sparse);
    for (size_t j = 0; j < t->s->n; j++)
        traffic_wave_receive(t, j);
}

/* ---- The side stream ---- */

static uint64_t frame_message_bytes(uint64_t len)
{
    return MESSAGE_HEADER_BYTES + stream_body_bytes(len);
}

/* Of an exchange, frames that are treated as one. */
typedef struct frame_group {
    uint64_t payload;
    uint64_t count;
    double share; /* of a full frame's work */
} frame_group;

static uint64_t group_bytes(const frame_group *g)
{
    return g->payload + g->count * frame_message_bytes(0);
}

static frame_group group_of(const traffic *t, const traffic_exchange *x, uint64_t number,
                            uint64_t frames)
{
    frame_group g = {.payload = x->bytes, .count = frames, .share = (double)frames};
    if (!t->is_unit) {
        const uint64_t left = x->bytes - number * x->frame_bytes;
        g.payload = min_u64(x->frame_bytes, left);
        g.count = 1;
        g.share = (double)g.payload / (double)x->frame_bytes;
    }
    return g;
}

static double *group_due(const traffic *t, uint64_t number, size_t from, size_t to)
{
    const size_t place = (size_t)(number % t->window_max);
    return &t->frames_due[place * t->n_seats * t->n_seats + pair_at(t, from, to)];
}

static void exchange_send(traffic *t, const traffic_exchange *x, uint64_t number,
                          const frame_group *g)
{
    for (size_t i = 0; i < t->s->n; i++) {
        traffic_work(t, i, g->share * x->send_time);
        for (size_t j = 0; j < t->s->n; j++) {
            if (i != j)
                *group_due(t, number, i, j) = message_leaves(t, i, group_bytes(g), g->count);
        }
    }
}

static void exchange_receive(traffic *t, const traffic_exchange *x, uint64_t number,
                             const frame_group *g)
{
    for (size_t j = 0; j < t->s->n; j++) {
        for (size_t i = 0; i < t->s->n; i++) {
            if (i != j)
                message_arrives(t, j, group_bytes(g), g->count, *group_due(t, number, i, j));
        }
        traffic_work(t, j, g->share * x->recv_time);
    }
}

void traffic_exchange_run(traffic *t, const traffic_exchange *x)
{
    const uint64_t frames = x->bytes / x->frame_bytes + (x->bytes % x->frame_bytes != 0);
    const uint64_t groups = t->is_unit ? frames != 0 : frames;
    const uint64_t window = stream_window(t->s, x->frame_bytes);
    uint64_t sent = 0;
    PT_ASSERT(window <= t->window_max);
    for (uint64_t received = 0; received < groups; received++) {
        for (; sent < groups && sent - received < window; sent++) {
            const frame_group g = group_of(t, x, sent, frames);
            exchange_send(t, x, sent, &g);
        }
        for (size_t i = 0; received == 0 && x->front && i < t->s->n; i++)
            traffic_wave_receive(t, i);
        const frame_group g = group_of(t, x, received, frames);
        exchange_receive(t, x, received, &g);
    }
}

/* The places of window number 0 serve single frames, too: no exchange is running. */
void traffic_frame_send(traffic *t, size_t from, size_t to, uint64_t len)
{
    *group_due(t, 0, from, to) = message_leaves(t, from, frame_message_bytes(len), 1);
}

void traffic_frame_receive(traffic *t, size_t from, size_t to, uint64_t len)
{
    message_arrives(t, to, frame_message_bytes(len), 1, *group_due(t, 0, from, to));
}

void traffic_dealer_send(traffic *t, uint64_t len)
{
    for (size_t i = 0; i < t->s->n; i++)
        traffic_frame_send(t, i, t->s->n, len);
}

void traffic_dealer_receive(traffic *t, uint64_t len)
{
    for (size_t i = 0; i < t->s->n; i++)
        traffic_frame_receive(t, i, t->s->n, len);
}

void traffic_dealer_answer(traffic *t, uint64_t len)
{
    for (size_t i = 0; i < t->s->n; i++)
        traffic_frame_send(t, t->s->n, i, len);
}

void traffic_dealer_answer_receive(traffic *t, uint64_t len)
{
    for (size_t i = 0; i < t->s->n; i++)
        traffic_frame_receive(t, t->s->n, i, len);
}
