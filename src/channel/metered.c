#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "channel/channel.h"
#include "channel/monitor.h"
#include "polytune/meter.h"

#define MAX_PHASES 64 /* the engine and the command have fewer; what is more counts as one */

struct pt_meter {
    monitor lock;
    size_t parties;
    size_t n_phases;
    const char *phases[MAX_PHASES];
    pt_traffic *traffic[MAX_PHASES]; /* of each phase, by peer */
};

typedef struct metered {
    pt_channel inner;
    pt_meter *meter;
} metered;

/* ---- the meter ---- */

pt_status pt_meter_new(pt_meter **ret_meter, size_t parties, pt_error *error)
{
    if (ret_meter == NULL)
        return error_missing(error, "a place for the meter");
    if (parties < 1 || parties > CHANNEL_MAX_PARTIES)
        return error_set(error, PT_ERR_USAGE, "a meter is for 1 to %d parties, not %zu",
                         CHANNEL_MAX_PARTIES, parties);
    pt_meter *m = mem_new(1, sizeof *m);
    if (m == NULL || !monitor_init(&m->lock)) {
        mem_free(m);
        return error_memory(error);
    }
    m->parties = parties;
    *ret_meter = m;
    return PT_OK;
}

void pt_meter_free(pt_meter *meter)
{
    if (meter == NULL)
        return;
    for (size_t i = 0; i < meter->n_phases; i++)
        mem_free(meter->traffic[i]);
    monitor_clear(&meter->lock);
    mem_free(meter);
}

/* The row of a phase and peer, made if there is none; NULL when it cannot be counted. */
static pt_traffic *meter_find(pt_meter *m, const char *phase, size_t peer)
{
    size_t at = 0;
    if (peer >= m->parties)
        return NULL;
    while (at < m->n_phases && strcmp(m->phases[at], phase) != 0)
        at++;
    if (at == MAX_PHASES)
        at = MAX_PHASES - 1;
    if (at == m->n_phases) {
        pt_traffic *rows = mem_new(m->parties, sizeof *rows);
        if (rows == NULL)
            return NULL;
        for (size_t i = 0; i < m->parties; i++)
            rows[i] = (pt_traffic){.phase = phase, .peer = i};
        m->phases[at] = phase;
        m->traffic[at] = rows;
        m->n_phases++;
    }
    return &m->traffic[at][peer];
}

static bool is_used(const pt_traffic *t)
{
    return t->messages_sent != 0 || t->messages_received != 0;
}

bool pt_meter_read(pt_traffic *ret_traffic, pt_meter *meter, size_t index)
{
    if (ret_traffic == NULL || meter == NULL)
        return false;
    bool found = false;
    monitor_lock(&meter->lock);
    for (size_t i = 0; i < meter->n_phases * meter->parties && !found; i++) {
        const pt_traffic *t = &meter->traffic[i / meter->parties][i % meter->parties];
        found = is_used(t) && index-- == 0;
        if (found)
            *ret_traffic = *t;
    }
    monitor_unlock(&meter->lock);
    return found;
}

/* ---- the channel ---- */

static pt_status metered_send(void *self, size_t to, const char *phase, const uint8_t *bytes,
                              size_t len, pt_error *error)
{
    metered *m = self;
    const pt_status status = channel_send(&m->inner, to, phase, bytes, len, error);
    if (status != PT_OK)
        return status;
    monitor_lock(&m->meter->lock);
    pt_traffic *t = meter_find(m->meter, phase, to);
    if (t != NULL) {
        t->messages_sent++;
        t->bytes_sent += len;
    }
    monitor_unlock(&m->meter->lock);
    return PT_OK;
}

static pt_status metered_recv(void *self, size_t from, const char *phase, size_t max_len,
                              uint8_t **ret_bytes, size_t *ret_len, pt_error *error)
{
    metered *m = self;
    const pt_status status =
        channel_recv(&m->inner, from, phase, max_len, ret_bytes, ret_len, error);
    if (status != PT_OK)
        return status;
    monitor_lock(&m->meter->lock);
    pt_traffic *t = meter_find(m->meter, phase, from);
    if (t != NULL) {
        t->messages_received++;
        t->bytes_received += *ret_len;
    }
    monitor_unlock(&m->meter->lock);
    return PT_OK;
}

static void metered_close(void *self)
{
    metered *m = self;
    pt_channel_close(&m->inner);
    mem_free(m);
}

static pt_channel_kind metered_kind(void *self)
{
    const metered *m = self;
    return channel_kind(&m->inner);
}

static const pt_channel_ops metered_ops = {
    .send = metered_send, .recv = metered_recv, .close = metered_close, .kind = metered_kind};

pt_status pt_channel_metered_wrap(pt_channel *ret_channel, pt_channel inner, pt_meter *meter,
                                  pt_error *error)
{
    if (ret_channel == NULL || !channel_is_whole(&inner) || meter == NULL)
        return error_missing(error, "a channel, a meter and a place for the channel");
    metered *m = mem_new(1, sizeof *m);
    if (m == NULL)
        return error_memory(error);
    *m = (metered){inner, meter};
    *ret_channel = (pt_channel){&metered_ops, m};
    return PT_OK;
}
