#include "mpc/session/wave.h"

#include <limits.h>

#include "base/assert.h"
#include "base/error.h"
#include "base/mem.h"
#include "crypto/ct.h"
#include "crypto/ro.h"
#include "crypto/ro_labels.h"
#include "mpc/session/fault.h"
#include "mpc/session/message.h"
#include "mpc/session/stats.h"

/* A payload is held in memory; bulk goes over the side stream. */
#define MAX_PAYLOAD_BYTES ((size_t)1 << (sizeof(size_t) * CHAR_BIT - 2))

static message_info wave_info(const wave *w, size_t all_bytes, size_t private_bytes)
{
    return (message_info){.kind = MESSAGE_WAVE,
                          .id = w->s->wave,
                          .body_bytes = (size_t)wave_body_bytes(all_bytes, private_bytes)};
}

pt_status wave_begin(wave *w, session *s, wave_name name, pt_error *error)
{
    PT_ASSERT(s->me < s->n); /* a dealer is in no wave */
    *w = (wave){.s = s, .name = name};
    buffer_init(&w->all, MAX_PAYLOAD_BYTES);
    w->peers = mem_new(s->n, sizeof *w->peers);
    if (w->peers == NULL)
        return error_memory(error);
    for (size_t p = 0; p < s->n; p++)
        buffer_init(&w->peers[p].to, MAX_PAYLOAD_BYTES);
    return PT_OK;
}

buffer *wave_all(wave *w)
{
    return &w->all;
}

buffer *wave_to(wave *w, size_t peer)
{
    PT_ASSERT(peer < w->s->n && peer != w->s->me);
    return &w->peers[peer].to;
}

void wave_expect(wave *w, size_t peer, size_t all_bytes, size_t private_bytes)
{
    PT_ASSERT(peer < w->s->n);
    w->peers[peer].expect_all += all_bytes;
    w->peers[peer].expect_private += private_bytes;
}

void wave_expect_each(wave *w, size_t all_bytes, size_t private_bytes)
{
    for (size_t p = 0; p < w->s->n; p++)
        wave_expect(w, p, all_bytes, private_bytes);
}

void wave_make_sparse(wave *w)
{
    w->sparse = true;
}

/* Whether a message goes to a peer, and whether one comes from it. */
static bool wave_sends_to(const wave *w, size_t peer)
{
    PT_ASSERT(!w->sparse || w->all.len == 0);
    return peer != w->s->me && (!w->sparse || w->peers[peer].to.len != 0);
}

static bool wave_awaits(const wave *w, size_t peer)
{
    PT_ASSERT(!w->sparse || w->peers[peer].expect_all == 0);
    return peer != w->s->me && (!w->sparse || w->peers[peer].expect_private != 0);
}

pt_status wave_put_along(wave *w, const wave_along *along, pt_error *error)
{
    if (along == NULL)
        return PT_OK;
    PT_ASSERT(w->along == NULL);
    w->along = along;
    for (size_t p = 0; p < w->s->n; p++) {
        wave_peer *peer = &w->peers[p];
        peer->along_to = peer->to.len;
        peer->along_all = p == w->s->me ? w->all.len : peer->expect_all;
        peer->along_private = peer->expect_private;
    }
    return along->put(along->user, w, error);
}

pt_status wave_take_along(const wave *w, pt_error *error)
{
    return w->along == NULL ? PT_OK : w->along->take(w->along->user, w, error);
}

/* Tells the hooks of each step's own payload, which stands together: at most one of the two steps
 * has an "all" payload and a private one. */
static void tell_hooks(const wave *w, size_t to, uint8_t *payload, size_t len)
{
    const wave_peer *peer = &w->peers[to];
    const size_t all = w->along == NULL ? w->all.len : w->peers[w->s->me].along_all;
    const size_t along_all = w->all.len - all;
    const size_t own_private = w->along == NULL ? peer->to.len : peer->along_to;
    const size_t along_private = peer->to.len - own_private;
    uint8_t *const own = payload + (all == 0 ? along_all : 0);
    PT_ASSERT(along_all == 0 || along_private == 0);
    PT_ASSERT(along_all == 0 || all == 0 || own_private == 0);
    if (w->along == NULL || w->along->name != w->name)
        HOOK_PEER(w->s, wave_text(w->name), to, own, all + own_private);
    if (w->along != NULL)
        HOOK_PEER(w->s, wave_text(w->along->name), to,
                  payload + (along_all != 0 ? all : len - along_private),
                  along_all + along_private);
    (void)own;
    (void)len;
}

static pt_status wave_send_to(wave *w, size_t to, pt_error *error)
{
    const buffer *own = &w->peers[to].to;
    const message_info info = wave_info(w, w->all.len, own->len);
    uint8_t *m = message_new(w->s, to, &info);
    if (m == NULL)
        return error_memory(error);
    uint8_t *body = m + MESSAGE_HEADER_BYTES;
    memcpy(body, w->s->transcript, DIGEST_BYTES);
    if (w->all.len != 0)
        memcpy(body + DIGEST_BYTES, w->all.bytes, w->all.len);
    if (own->len != 0)
        memcpy(body + DIGEST_BYTES + w->all.len, own->bytes, own->len);
    tell_hooks(w, to, body + DIGEST_BYTES, w->all.len + own->len);
    const pt_status status = message_send(w->s, to, w->name, m, &info, error);
    message_free(m, &info);
    return status;
}

static pt_status wave_recv(wave *w, size_t from, pt_error *error)
{
    wave_peer *peer = &w->peers[from];
    const message_info info = wave_info(w, peer->expect_all, peer->expect_private);
    const pt_status status = message_recv(w->s, from, w->name, &info, &peer->received, error);
    if (status != PT_OK)
        return status;
    const uint8_t *body = peer->received + MESSAGE_HEADER_BYTES;
    if (!ct_equal(body, w->s->transcript, DIGEST_BYTES))
        return peers_fault(w->s, PT_PEER_TRANSCRIPT, w->name, "saw other messages than this party",
                           "some party did not tell all parties the same", error);
    peer->all = body + DIGEST_BYTES;
    peer->private_ = peer->all + peer->expect_all;
    return PT_OK;
}

static bool wave_is_complete(const wave *w)
{
    bool ok = !w->all.failed;
    for (size_t p = 0; p < w->s->n; p++)
        ok &= !w->peers[p].to.failed;
    return ok;
}

/* The own "all" payloads, before anything is sent. */
static void tell_hooks_of_all(const wave *w)
{
    const size_t own = w->along == NULL ? w->all.len : w->peers[w->s->me].along_all;
    if (w->along == NULL || w->along->name != w->name)
        HOOK(w->s, wave_text(w->name), w->all.bytes, own);
    if (w->along != NULL)
        HOOK(w->s, wave_text(w->along->name), (void *)(uintptr_t)wave_along_all_from(w, w->s->me),
             w->all.len - own);
    (void)own;
}

static pt_status wave_send_all(wave *w, pt_error *error)
{
    session *s = w->s;
    const pt_status going = session_check_going(s, error);
    if (going != PT_OK)
        return going;
    if (!wave_is_complete(w))
        return error_memory(error);
    tell_hooks_of_all(w);
    for (size_t p = 0; p < s->n; p++) {
        if (!wave_sends_to(w, p))
            continue;
        const pt_status status = wave_send_to(w, p, error);
        if (status != PT_OK)
            return status;
    }
    return PT_OK;
}

static pt_status wave_recv_all(wave *w, pt_error *error)
{
    const session *s = w->s;
    const pt_status going = session_check_going(s, error);
    if (going != PT_OK)
        return going;
    for (size_t p = 0; p < s->n; p++) {
        if (!wave_awaits(w, p))
            continue;
        const pt_status status = wave_recv(w, p, error);
        if (status != PT_OK)
            return status;
    }
    return PT_OK;
}

/* A half is over: after a failure the others are told. */
static pt_status wave_done(const wave *w, pt_status status)
{
    if (status != PT_OK)
        session_abort(w->s, status);
    session_mark_time(w->s, w->name);
    return status;
}

pt_status wave_send(wave *w, pt_error *error)
{
    return wave_done(w, wave_send_all(w, error));
}

pt_status wave_receive(wave *w, pt_error *error)
{
    const pt_status status = wave_done(w, wave_recv_all(w, error));
    if (status == PT_OK)
        wave_advance(w);
    return status;
}

pt_status wave_exchange(wave *w, pt_error *error)
{
    const pt_status status = wave_send(w, error);
    return status != PT_OK ? status : wave_done(w, wave_recv_all(w, error));
}

/* T_w = RO_32("mpcag/tr"; sid, T_{w-1}, w, payload_1, .., payload_n). */
void wave_advance(wave *w)
{
    session *s = w->s;
    ro h;
    ro_init(&h, DIGEST_BYTES, RO_LABEL_TRANSCRIPT);
    ro_field(&h, s->sid, SID_BYTES);
    ro_field(&h, s->transcript, DIGEST_BYTES);
    ro_u64(&h, s->wave);
    for (size_t p = 0; p < s->n; p++)
        ro_field(&h, wave_all_from(w, p), p == s->me ? w->all.len : w->peers[p].expect_all);
    ro_final(&h, s->transcript);
    s->wave++;
}

pt_status wave_run(wave *w, pt_error *error)
{
    const pt_status status = wave_exchange(w, error);
    if (status == PT_OK)
        wave_advance(w);
    return status;
}

static const uint8_t nothing;

const uint8_t *wave_all_from(const wave *w, size_t peer)
{
    PT_ASSERT(peer < w->s->n);
    if (peer == w->s->me)
        return w->all.len == 0 ? &nothing : w->all.bytes;
    if (!wave_awaits(w, peer))
        return &nothing;
    PT_ASSERT(w->peers[peer].received != NULL);
    return w->peers[peer].all;
}

const uint8_t *wave_from(const wave *w, size_t peer)
{
    PT_ASSERT(peer < w->s->n && peer != w->s->me);
    if (!wave_awaits(w, peer))
        return &nothing;
    PT_ASSERT(w->peers[peer].received != NULL);
    return w->peers[peer].private_;
}

const uint8_t *wave_along_all_from(const wave *w, size_t peer)
{
    PT_ASSERT(w->along != NULL);
    return wave_all_from(w, peer) + w->peers[peer].along_all;
}

const uint8_t *wave_along_from(const wave *w, size_t peer)
{
    PT_ASSERT(w->along != NULL);
    return wave_from(w, peer) + w->peers[peer].along_private;
}

pt_status wave_run_alone(session *s, const wave_along *step, pt_error *error)
{
    wave w;
    pt_status status = wave_begin(&w, s, step->name, error);
    if (status == PT_OK)
        status = wave_put_along(&w, step, error);
    if (status == PT_OK)
        status = wave_run(&w, error);
    if (status == PT_OK)
        status = wave_take_along(&w, error);
    wave_end(&w);
    return status;
}

void wave_end(wave *w)
{
    buffer_clear(&w->all);
    for (size_t p = 0; w->peers != NULL && p < w->s->n; p++) {
        wave_peer *peer = &w->peers[p];
        const message_info info = wave_info(w, peer->expect_all, peer->expect_private);
        buffer_clear(&peer->to);
        message_free(peer->received, &info);
    }
    mem_free(w->peers);
    *w = (wave){0};
}
