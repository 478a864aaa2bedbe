#include "channel/metered.h"

#include "base/error.h"
#include "base/mem.h"

typedef struct metered {
    pt_channel inner;
    channel_meter *meter;
} metered;

static pt_status metered_send(void *self, size_t to, const char *phase, const uint8_t *bytes,
                              size_t len, pt_error *error)
{
    metered *m = self;
    const pt_status status = channel_send(&m->inner, to, phase, bytes, len, error);
    if (status == PT_OK) {
        (void)atomic_fetch_add_explicit(&m->meter->messages_sent, 1, memory_order_relaxed);
        (void)atomic_fetch_add_explicit(&m->meter->bytes_sent, len, memory_order_relaxed);
    }
    return status;
}

static pt_status metered_recv(void *self, size_t from, const char *phase, size_t max_len,
                              uint8_t **ret_bytes, size_t *ret_len, pt_error *error)
{
    metered *m = self;
    const pt_status status =
        channel_recv(&m->inner, from, phase, max_len, ret_bytes, ret_len, error);
    if (status == PT_OK) {
        (void)atomic_fetch_add_explicit(&m->meter->messages_received, 1, memory_order_relaxed);
        (void)atomic_fetch_add_explicit(&m->meter->bytes_received, *ret_len, memory_order_relaxed);
    }
    return status;
}

static void metered_close(void *self)
{
    metered *m = self;
    pt_channel_close(&m->inner);
    mem_free(m);
}

static const pt_channel_ops metered_ops = {metered_send, metered_recv, metered_close};

pt_status channel_metered_wrap(pt_channel *ret_channel, pt_channel inner, channel_meter *meter,
                               pt_error *error)
{
    metered *m = mem_new(1, sizeof *m);
    if (m == NULL)
        return error_memory(error);
    *m = (metered){inner, meter};
    *ret_channel = (pt_channel){&metered_ops, m};
    return PT_OK;
}
