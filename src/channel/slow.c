#define _POSIX_C_SOURCE 200809L
#include "channel/slow.h"

#include <string.h>
#include <time.h>

#include "base/assert.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/le.h"
#include "base/mem.h"
#include "channel/channel.h"
#include "channel/monitor.h"

#define NS_PER_S    UINT64_C(1000000000)
#define STAMP_BYTES 8

typedef struct slow_end {
    pt_channel inner;
    slow_link link;
    monitor lock;
    uint64_t waited_ns;    /* if the link has its own idea of time */
    uint64_t last_ns;      /* the last event */
    uint64_t up_free_ns;   /* when the uplink is free again */
    uint64_t down_free_ns; /* and the downlink */
} slow_end;

/* With the lock held. */
static uint64_t slow_now(const slow_end *e)
{
    return e->link.work_ns == NULL ? clock_ns() : e->link.work_ns() + e->waited_ns;
}

static uint64_t later_of(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
}

/* How long `len` bytes occupy a line. */
static uint64_t line_ns(const slow_end *e, size_t len)
{
    const uint64_t rate = e->link.bytes_per_second;
    return rate == 0 ? 0 : (uint64_t)((double)len * (double)NS_PER_S / (double)rate);
}

/* When a message that is sent now arrives. */
static uint64_t slow_depart(slow_end *e, size_t len)
{
    monitor_lock(&e->lock);
    e->last_ns = slow_now(e);
    e->up_free_ns = later_of(e->last_ns, e->up_free_ns) + line_ns(e, len);
    const uint64_t arrives_ns = e->up_free_ns + e->link.delay_ns;
    monitor_unlock(&e->lock);
    return arrives_ns;
}

static void sleep_until(uint64_t until_ns)
{
    const struct timespec until = {.tv_sec = (time_t)(until_ns / NS_PER_S),
                                   .tv_nsec = (long)(until_ns % NS_PER_S)};
    while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL) != 0 &&
           clock_ns() < until_ns)
        continue;
}

/* Waits for a message that arrives then. */
static void slow_arrive(slow_end *e, size_t len, uint64_t arrives_ns)
{
    monitor_lock(&e->lock);
    arrives_ns = later_of(arrives_ns, e->down_free_ns + line_ns(e, len));
    e->down_free_ns = arrives_ns;
    const uint64_t now = slow_now(e);
    if (arrives_ns > now && e->link.work_ns != NULL)
        e->waited_ns += arrives_ns - now;
    e->last_ns = later_of(now, arrives_ns);
    monitor_unlock(&e->lock);
    if (e->link.work_ns == NULL)
        sleep_until(arrives_ns);
}

static pt_status slow_send(void *self, size_t to, const char *phase, const uint8_t *bytes,
                           size_t len, pt_error *error)
{
    slow_end *e = self;
    uint8_t *stamped = mem_new(STAMP_BYTES + len, 1);
    if (stamped == NULL)
        return error_memory(error);
    le_put_u64(stamped, slow_depart(e, len));
    if (len != 0)
        memcpy(stamped + STAMP_BYTES, bytes, len);
    const pt_status status = channel_send(&e->inner, to, phase, stamped, STAMP_BYTES + len, error);
    mem_free_secret(stamped, STAMP_BYTES + len);
    return status;
}

static pt_status slow_recv(void *self, size_t from, const char *phase, size_t max_len,
                           uint8_t **ret_bytes, size_t *ret_len, pt_error *error)
{
    slow_end *e = self;
    uint8_t *stamped = NULL;
    size_t len = 0;
    const size_t most = max_len > SIZE_MAX - STAMP_BYTES ? SIZE_MAX : max_len + STAMP_BYTES;
    const pt_status status = channel_recv(&e->inner, from, phase, most, &stamped, &len, error);
    if (status != PT_OK)
        return status;
    if (len < STAMP_BYTES) {
        mem_free(stamped);
        return error_set_peer(error, PT_PEER_MALFORMED, (int)from, phase,
                              "party %zu sent a message without its time", from);
    }
    slow_arrive(e, len - STAMP_BYTES, le_get_u64(stamped));
    memmove(stamped, stamped + STAMP_BYTES, len - STAMP_BYTES);
    *ret_bytes = stamped;
    *ret_len = len - STAMP_BYTES;
    return PT_OK;
}

static void slow_close(void *self)
{
    slow_end *e = self;
    pt_channel_close(&e->inner);
    monitor_clear(&e->lock);
    mem_free(e);
}

static pt_channel_kind slow_kind(void *self)
{
    const slow_end *e = self;
    return channel_kind(&e->inner);
}

static const pt_channel_ops slow_ops = {
    .send = slow_send, .recv = slow_recv, .close = slow_close, .kind = slow_kind};

pt_status channel_slow_wrap(pt_channel *ret_channel, pt_channel inner, slow_link link,
                            pt_error *error)
{
    slow_end *e = mem_new(1, sizeof *e);
    if (e == NULL)
        return error_memory(error);
    if (!monitor_init(&e->lock)) {
        mem_free(e);
        return error_memory(error);
    }
    e->inner = inner;
    e->link = link;
    *ret_channel = (pt_channel){&slow_ops, e};
    return PT_OK;
}

uint64_t channel_slow_time_ns(const pt_channel *c)
{
    PT_ASSERT(c->ops == &slow_ops);
    const slow_end *e = c->self;
    return e->last_ns;
}
