#include "mpc/forecast/held.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <time.h>

#include "support/test.h"

#include "channel/channel.h"

#define PATIENCE_S 60

typedef enum held_state { HELD_RUNS, HELD_WAITS, HELD_CLOSED } held_state;

/* From one seat to another. */
typedef struct held_lane {
    size_t count;
    size_t bytes;
} held_lane;

typedef struct held_end {
    held *mesh;
    pt_channel inner;
    size_t seat;
    held_state state;
    size_t from; /* whose message it waits for */
} held_end;

struct held {
    pthread_mutex_t lock;
    pthread_cond_t given;
    size_t seats;
    size_t last;
    size_t most;
    void (*count)(long long bytes);
    held_end ends[HELD_SEATS_MAX];
    held_lane lanes[HELD_SEATS_MAX][HELD_SEATS_MAX];
};

static bool held_is_due(const held *h, const held_end *e)
{
    return e->state == HELD_WAITS &&
           (h->lanes[e->from][e->seat].count > 0 || h->ends[e->from].state == HELD_CLOSED);
}

/* One of those who can go on does, when nobody else runs. With the lock held. */
static void held_give(held *h)
{
    held_end *next = NULL;
    for (size_t i = 0; i < h->seats; i++) {
        held_end *e = &h->ends[i];
        if (e->state == HELD_RUNS)
            return;
        if (held_is_due(h, e) && (next == NULL || next->seat == h->last))
            next = e;
    }
    if (next != NULL)
        next->state = HELD_RUNS;
    (void)pthread_cond_broadcast(&h->given);
}

static void held_count(held *h, size_t from, size_t to, size_t len)
{
    held_lane *lane = &h->lanes[from][to];
    lane->count++;
    lane->bytes += len;
    const size_t both = lane->bytes + h->lanes[to][from].bytes;
    h->most = both > h->most ? both : h->most;
    h->count((long long)len);
}

static pt_status held_send(void *self, size_t to, const char *phase, const uint8_t *bytes,
                           size_t len, pt_error *error)
{
    const held_end *e = self;
    held *h = e->mesh;
    (void)pthread_mutex_lock(&h->lock);
    held_count(h, e->seat, to, len);
    (void)pthread_mutex_unlock(&h->lock);
    return channel_send(&e->inner, to, phase, bytes, len, error);
}

static void held_wait(held_end *e, size_t from)
{
    held *h = e->mesh;
    struct timespec end;
    (void)timespec_get(&end, TIME_UTC);
    end.tv_sec += PATIENCE_S; /* then the channel says what is wrong */
    (void)pthread_mutex_lock(&h->lock);
    e->state = HELD_WAITS;
    e->from = from;
    held_give(h);
    while (e->state == HELD_WAITS && pthread_cond_timedwait(&h->given, &h->lock, &end) == 0)
        continue;
    e->state = HELD_RUNS;
    (void)pthread_mutex_unlock(&h->lock);
}

static pt_status held_recv(void *self, size_t from, const char *phase, size_t max_len,
                           uint8_t **ret_bytes, size_t *ret_len, pt_error *error)
{
    held_end *e = self;
    held *h = e->mesh;
    if (h->last != HELD_NOT)
        held_wait(e, from);
    const pt_status status =
        channel_recv(&e->inner, from, phase, max_len, ret_bytes, ret_len, error);
    (void)pthread_mutex_lock(&h->lock);
    if (status == PT_OK) {
        h->lanes[from][e->seat].count--;
        h->lanes[from][e->seat].bytes -= *ret_len;
        h->count(-(long long)*ret_len);
    }
    (void)pthread_mutex_unlock(&h->lock);
    return status;
}

static void held_close(void *self)
{
    held_end *e = self;
    held *h = e->mesh;
    pt_channel_close(&e->inner);
    (void)pthread_mutex_lock(&h->lock);
    e->state = HELD_CLOSED;
    held_give(h);
    (void)pthread_mutex_unlock(&h->lock);
}

static pt_channel_kind held_kind(void *self)
{
    const held_end *e = self;
    return channel_kind(&e->inner);
}

static const pt_channel_ops held_ops = {
    .send = held_send, .recv = held_recv, .close = held_close, .kind = held_kind};

held *held_wrap(pt_channel *channels, size_t seats, size_t last, void (*count)(long long bytes))
{
    held *h = calloc(1, sizeof *h);
    assert_true(h != NULL && seats <= HELD_SEATS_MAX);
    assert_int_equal(pthread_mutex_init(&h->lock, NULL), 0);
    assert_int_equal(pthread_cond_init(&h->given, NULL), 0);
    h->seats = seats;
    h->last = last;
    h->count = count;
    for (size_t i = 0; i < seats; i++) {
        h->ends[i] = (held_end){.mesh = h, .inner = channels[i], .seat = i};
        channels[i] = (pt_channel){&held_ops, &h->ends[i]};
    }
    return h;
}

void held_free(held *h)
{
    (void)pthread_mutex_destroy(&h->lock);
    (void)pthread_cond_destroy(&h->given);
    free(h);
}

size_t held_most(const held *h)
{
    return h->most;
}
