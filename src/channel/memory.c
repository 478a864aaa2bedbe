/* Channels between parties in one process: a queue per ordered pair, each with its own lock.
 *
 * The mesh belongs to all its ends together; the last one that closes frees it. A message to an end
 * that is closed is dropped, as on a network: what the other side sent before it left can still be
 * received, and the next recv after that says PT_ERR_CLOSED. */
#include <stdatomic.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/mem.h"
#include "channel/channel.h"
#include "channel/monitor.h"
#include "channel/queue.h"

typedef struct lane {
    monitor lock;
    queue messages;
    bool sender_closed;
    bool receiver_closed;
} lane;

typedef struct mesh mesh;

typedef struct end {
    mesh *mesh;
    size_t party;
} end;

struct mesh {
    size_t parties;
    uint32_t timeout_ms;
    atomic_size_t n_open;
    size_t n_lanes; /* with a working lock; parties * parties once built */
    lane *lanes;    /* lanes[from * parties + to] */
    end *ends;
};

static lane *lane_of(const mesh *m, size_t from, size_t to)
{
    return &m->lanes[from * m->parties + to];
}

static pt_status memory_send(void *self, size_t to, const char *phase, const uint8_t *bytes,
                             size_t len, pt_error *error)
{
    const end *e = self;
    (void)phase;
    const pt_status status = channel_check_peer(e->party, e->mesh->parties, to, error);
    if (status != PT_OK)
        return status;
    lane *l = lane_of(e->mesh, e->party, to);
    monitor_lock(&l->lock);
    const bool ok = l->receiver_closed || queue_put(&l->messages, bytes, len);
    monitor_wake(&l->lock);
    monitor_unlock(&l->lock);
    return ok ? PT_OK : error_memory(error);
}

/* Waits until there is a message; the lane is locked. */
static pt_status wait_for_message(const end *e, lane *l, size_t from, const char *phase,
                                  pt_error *error)
{
    const uint32_t timeout_ms = e->mesh->timeout_ms;
    const uint64_t deadline = timeout_ms == 0 ? MONITOR_FOREVER : clock_ms() + timeout_ms;
    bool in_time = true;
    while (l->messages.count == 0) {
        if (l->sender_closed)
            return error_set_peer(error, PT_ERR_CLOSED, (int)from, phase,
                                  "party %zu closed the connection", from);
        if (!in_time)
            return error_set_peer(error, PT_ERR_TIMEOUT, (int)from, phase,
                                  "party %zu sent nothing for " CLOCK_SECONDS, from,
                                  CLOCK_SECONDS_OF(timeout_ms));
        in_time = monitor_wait(&l->lock, deadline);
    }
    return PT_OK;
}

static pt_status memory_recv(void *self, size_t from, const char *phase, size_t max_len,
                             uint8_t **ret_bytes, size_t *ret_len, pt_error *error)
{
    const end *e = self;
    pt_status status = channel_check_peer(e->party, e->mesh->parties, from, error);
    if (status != PT_OK)
        return status;
    lane *l = lane_of(e->mesh, from, e->party);
    monitor_lock(&l->lock);
    status = wait_for_message(e, l, from, phase, error);
    if (status != PT_OK)
        goto done;
    const size_t len = queue_first(&l->messages)->len;
    if (len > max_len) {
        status = error_set_peer(error, PT_ERR_TOO_LARGE, (int)from, phase,
                                "party %zu sent %zu bytes where at most %zu are expected", from,
                                len, max_len);
        goto done;
    }
    const message received = queue_take(&l->messages);
    *ret_bytes = received.bytes;
    *ret_len = received.len;
done:
    monitor_unlock(&l->lock);
    return status;
}

static void mesh_free(mesh *m)
{
    for (size_t i = 0; i < m->n_lanes; i++) {
        queue_clear(&m->lanes[i].messages);
        monitor_clear(&m->lanes[i].lock);
    }
    mem_free(m->lanes);
    mem_free(m->ends);
    mem_free(m);
}

static void memory_close(void *self)
{
    const end *e = self;
    mesh *m = e->mesh;
    for (size_t peer = 0; peer < m->parties; peer++) {
        lane *in = lane_of(m, peer, e->party);
        monitor_lock(&in->lock);
        in->receiver_closed = true;
        queue_clear(&in->messages);
        monitor_unlock(&in->lock);
        lane *out = lane_of(m, e->party, peer);
        monitor_lock(&out->lock);
        out->sender_closed = true;
        monitor_wake(&out->lock);
        monitor_unlock(&out->lock);
    }
    if (atomic_fetch_sub(&m->n_open, 1) == 1)
        mesh_free(m);
}

static pt_channel_kind memory_kind(void *self)
{
    (void)self;
    return PT_CHANNEL_LOCAL;
}

static const pt_channel_ops memory_ops = {
    .send = memory_send, .recv = memory_recv, .close = memory_close, .kind = memory_kind};

static mesh *mesh_new(size_t parties, uint32_t timeout_ms)
{
    mesh *m = mem_new(1, sizeof *m);
    if (m == NULL)
        return NULL;
    m->parties = parties;
    m->timeout_ms = timeout_ms;
    atomic_init(&m->n_open, parties);
    m->lanes = mem_new(parties * parties, sizeof *m->lanes);
    m->ends = mem_new(parties, sizeof *m->ends);
    if (m->lanes == NULL || m->ends == NULL)
        goto failed;
    for (; m->n_lanes < parties * parties; m->n_lanes++)
        if (!monitor_init(&m->lanes[m->n_lanes].lock))
            goto failed;
    for (size_t i = 0; i < parties; i++)
        m->ends[i] = (end){m, i};
    return m;
failed:
    mesh_free(m);
    return NULL;
}

pt_status pt_channel_memory_mesh(pt_channel *ret_channels, size_t parties, uint32_t timeout_ms,
                                 pt_error *error)
{
    if (ret_channels == NULL)
        return error_missing(error, "a place for the channels");
    if (parties == 0 || parties > CHANNEL_MAX_PARTIES)
        return error_set(error, PT_ERR_USAGE, "%zu parties: 1 to %d are possible", parties,
                         CHANNEL_MAX_PARTIES);
    mesh *m = mesh_new(parties, timeout_ms);
    if (m == NULL)
        return error_memory(error);
    for (size_t i = 0; i < parties; i++)
        ret_channels[i] = (pt_channel){&memory_ops, &m->ends[i]};
    return PT_OK;
}
