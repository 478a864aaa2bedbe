#include "support/faulty.h"

#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "channel/queue.h"

#define MAX_EXTENSION 8192

/* Messages to one peer that wait. */
typedef struct held_back {
    queue messages;
    bool delays; /* until the next recv */
    bool swaps;  /* until the next message has been sent */
} held_back;

typedef struct faulty {
    pt_channel inner;
    fault *faults;
    size_t n_faults;
    uint64_t random;
    const char *phase; /* of the last send, for what is sent late */
    held_back peers[CHANNEL_MAX_PARTIES];
} faulty;

static uint64_t faulty_random(faulty *f)
{
    /* splitmix64 (Steele, Lea, Flood 2014). */
    uint64_t z = f->random += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

/* The fault that strikes this message, or NULL. */
static fault *find_fault(faulty *f, size_t to, const char *phase)
{
    fault *found = NULL;
    for (size_t i = 0; i < f->n_faults; i++) {
        fault *candidate = &f->faults[i];
        const bool fits_phase =
            candidate->phase == NULL || (phase != NULL && strcmp(candidate->phase, phase) == 0);
        const bool fits_peer = candidate->peer == FAULT_ANY_PEER || (size_t)candidate->peer == to;
        if (!fits_phase || !fits_peer)
            continue;
        if (candidate->n_seen++ == candidate->nth && found == NULL)
            found = candidate;
    }
    return found;
}

static pt_status send_held(faulty *f, size_t to, pt_error *error)
{
    held_back *held = &f->peers[to];
    pt_status status = PT_OK;
    while (status == PT_OK && held->messages.count != 0) {
        const message m = queue_take(&held->messages);
        status = channel_send(&f->inner, to, f->phase, m.bytes, m.len, error);
        mem_free(m.bytes);
    }
    held->delays = held->swaps = false;
    return status;
}

/* Sends, or queues behind what is delayed; lets what was swapped follow. */
static pt_status pass(faulty *f, size_t to, const char *phase, const uint8_t *bytes, size_t len,
                      pt_error *error)
{
    held_back *held = &f->peers[to];
    if (held->delays)
        return queue_put(&held->messages, bytes, len) ? PT_OK : error_memory(error);
    pt_status status = channel_send(&f->inner, to, phase, bytes, len, error);
    if (status == PT_OK && held->swaps)
        status = send_held(f, to, error);
    return status;
}

static pt_status hold(faulty *f, size_t to, const uint8_t *bytes, size_t len, pt_error *error)
{
    return queue_put(&f->peers[to].messages, bytes, len) ? PT_OK : error_memory(error);
}

/* Sends a copy with something behind it. */
static pt_status pass_extended(faulty *f, size_t to, const char *phase, const uint8_t *bytes,
                               size_t len, pt_error *error)
{
    const size_t more = (size_t)(faulty_random(f) % MAX_EXTENSION) + 1;
    uint8_t *copy = mem_new(len + more, 1);
    if (copy == NULL)
        return error_memory(error);
    if (len != 0)
        memcpy(copy, bytes, len);
    for (size_t i = len; i < len + more; i++)
        copy[i] = (uint8_t)faulty_random(f);
    const pt_status status = pass(f, to, phase, copy, len + more, error);
    mem_free(copy);
    return status;
}

/* Sends a copy that differs. */
static pt_status pass_changed(faulty *f, fault_kind kind, size_t to, const char *phase,
                              const uint8_t *bytes, size_t len, pt_error *error)
{
    uint8_t *copy = message_copy(bytes, len);
    if (copy == NULL)
        return error_memory(error);
    if (kind == FAULT_TRUNCATE && len != 0) {
        len = (size_t)(faulty_random(f) % len);
    } else if (kind == FAULT_FLIP_BIT && len != 0) {
        const uint64_t bit = faulty_random(f) % ((uint64_t)len * 8);
        copy[bit / 8] ^= (uint8_t)(1u << (bit % 8));
    } else if (kind == FAULT_REPLACE) {
        for (size_t i = 0; i < len; i++)
            copy[i] = (uint8_t)faulty_random(f);
    }
    const pt_status status = pass(f, to, phase, copy, len, error);
    mem_free(copy);
    return status;
}

static pt_status strike(faulty *f, fault *found, size_t to, const char *phase, const uint8_t *bytes,
                        size_t len, pt_error *error)
{
    pt_status status = PT_OK;
    found->struck = true;
    switch (found->kind) {
    case FAULT_DROP:
        break;
    case FAULT_DELAY:
        f->peers[to].delays = true;
        status = hold(f, to, bytes, len, error);
        break;
    case FAULT_SWAP:
        f->peers[to].swaps = true;
        status = hold(f, to, bytes, len, error);
        break;
    case FAULT_DUPLICATE:
        status = pass(f, to, phase, bytes, len, error);
        if (status == PT_OK)
            status = pass(f, to, phase, bytes, len, error);
        break;
    case FAULT_EXTEND:
        status = pass_extended(f, to, phase, bytes, len, error);
        break;
    case FAULT_TRUNCATE:
    case FAULT_FLIP_BIT:
    case FAULT_REPLACE:
        status = pass_changed(f, found->kind, to, phase, bytes, len, error);
        break;
    case FAULT_CLOSE:
        pt_channel_close(&f->inner);
        break;
    }
    return status;
}

static pt_status check_open(const faulty *f, size_t peer, const char *phase, pt_error *error)
{
    if (peer >= CHANNEL_MAX_PARTIES)
        return error_set(error, PT_ERR_USAGE, "there is no channel to party %zu", peer);
    if (f->inner.ops == NULL)
        return error_set_peer(error, PT_ERR_CLOSED, (int)peer, phase, "the channel was closed");
    return PT_OK;
}

static pt_status faulty_send(void *self, size_t to, const char *phase, const uint8_t *bytes,
                             size_t len, pt_error *error)
{
    faulty *f = self;
    const pt_status status = check_open(f, to, phase, error);
    if (status != PT_OK)
        return status;
    f->phase = phase;
    fault *found = find_fault(f, to, phase);
    return found == NULL ? pass(f, to, phase, bytes, len, error)
                         : strike(f, found, to, phase, bytes, len, error);
}

static pt_status faulty_recv(void *self, size_t from, const char *phase, size_t max_len,
                             uint8_t **ret_bytes, size_t *ret_len, pt_error *error)
{
    faulty *f = self;
    pt_status status = check_open(f, from, phase, error);
    for (size_t to = 0; status == PT_OK && to < CHANNEL_MAX_PARTIES; to++)
        if (f->peers[to].delays)
            status = send_held(f, to, error);
    return status == PT_OK
               ? channel_recv(&f->inner, from, phase, max_len, ret_bytes, ret_len, error)
               : status;
}

/* What is still held back is lost. */
static void faulty_close(void *self)
{
    faulty *f = self;
    for (size_t i = 0; i < CHANNEL_MAX_PARTIES; i++)
        queue_clear(&f->peers[i].messages);
    pt_channel_close(&f->inner);
    mem_free(f);
}

static pt_channel_kind faulty_kind(void *self)
{
    const faulty *f = self;
    return channel_kind(&f->inner);
}

static const pt_channel_ops faulty_ops = {
    .send = faulty_send, .recv = faulty_recv, .close = faulty_close, .kind = faulty_kind};

pt_status channel_faulty_wrap(pt_channel *ret_channel, pt_channel inner, fault *faults,
                              size_t n_faults, uint64_t seed, pt_error *error)
{
    faulty *f = mem_new(1, sizeof *f);
    if (f == NULL)
        return error_memory(error);
    f->inner = inner;
    f->faults = faults;
    f->n_faults = n_faults;
    f->random = seed;
    *ret_channel = (pt_channel){&faulty_ops, f};
    return PT_OK;
}
