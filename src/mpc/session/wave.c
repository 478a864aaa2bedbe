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
                          .body_bytes = DIGEST_BYTES + all_bytes + private_bytes};
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
    w->peers[peer].expect_all = all_bytes;
    w->peers[peer].expect_private = private_bytes;
}

void wave_expect_each(wave *w, size_t all_bytes, size_t private_bytes)
{
    for (size_t p = 0; p < w->s->n; p++)
        wave_expect(w, p, all_bytes, private_bytes);
}

static pt_status wave_send(wave *w, size_t to, pt_error *error)
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
    HOOK_PEER(w->s, wave_text(w->name), to, body + DIGEST_BYTES, w->all.len + own->len);
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

static pt_status wave_talk(wave *w, pt_error *error)
{
    session *s = w->s;
    const pt_status going = session_check_going(s, error);
    if (going != PT_OK)
        return going;
    if (!wave_is_complete(w))
        return error_memory(error);
    HOOK(s, wave_text(w->name), w->all.bytes, w->all.len);
    for (size_t p = 0; p < s->n; p++) {
        if (p == s->me)
            continue;
        const pt_status status = wave_send(w, p, error);
        if (status != PT_OK)
            return status;
    }
    for (size_t p = 0; p < s->n; p++) {
        if (p == s->me)
            continue;
        const pt_status status = wave_recv(w, p, error);
        if (status != PT_OK)
            return status;
    }
    return PT_OK;
}

pt_status wave_exchange(wave *w, pt_error *error)
{
    const pt_status status = wave_talk(w, error);
    if (status != PT_OK)
        session_abort(w->s, status);
    session_mark_time(w->s, w->name);
    return status;
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

const uint8_t *wave_all_from(const wave *w, size_t peer)
{
    static const uint8_t nothing;
    PT_ASSERT(peer < w->s->n);
    if (peer != w->s->me) {
        PT_ASSERT(w->peers[peer].received != NULL);
        return w->peers[peer].all;
    }
    return w->all.len == 0 ? &nothing : w->all.bytes;
}

const uint8_t *wave_from(const wave *w, size_t peer)
{
    PT_ASSERT(peer < w->s->n && peer != w->s->me);
    PT_ASSERT(w->peers[peer].received != NULL);
    return w->peers[peer].private_;
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

pt_status wave_barrier(session *s, wave_name name, pt_error *error)
{
    wave w;
    pt_status status = wave_begin(&w, s, name, error);
    if (status == PT_OK)
        status = wave_run(&w, error);
    wave_end(&w);
    return status;
}
