/* The side stream of wave.h. A frame's body is the batch or segment number, then the bytes. */
#include "base/assert.h"
#include "base/error.h"
#include "base/le.h"
#include "base/mem.h"
#include "base/min.h"
#include "mpc/session/fault.h"
#include "mpc/session/message.h"
#include "mpc/session/wave.h"

static pt_status frame_send(session *s, size_t to, wave_name name, uint64_t batch,
                            const void *bytes, size_t len, pt_error *error)
{
    PT_ASSERT(to != s->me && to < s->n + s->dealer);
    const pt_status going = session_check_going(s, error);
    if (going != PT_OK)
        return going;
    const message_info info = {.kind = MESSAGE_STREAM,
                               .id = s->stream_frames_sent[to],
                               .body_bytes = (size_t)stream_body_bytes(len)};
    uint8_t *m = message_new(s, to, &info);
    if (m == NULL)
        return error_memory(error);
    uint8_t *body = m + MESSAGE_HEADER_BYTES;
    le_put_u64(body, batch);
    if (len != 0)
        memcpy(body + STREAM_NUMBER_BYTES, bytes, len);
    HOOK_PEER(s, wave_text(name), to, body + STREAM_NUMBER_BYTES, len);
    const pt_status status = message_send(s, to, name, m, &info, error);
    if (status == PT_OK)
        s->stream_frames_sent[to]++;
    message_free(m, &info);
    return status;
}

pt_status stream_send(session *s, size_t to, wave_name name, uint64_t batch, const void *bytes,
                      size_t len, pt_error *error)
{
    const pt_status status = frame_send(s, to, name, batch, bytes, len, error);
    if (status != PT_OK)
        session_abort(s, status);
    return status;
}

static pt_status frame_recv(session *s, size_t from, wave_name name, uint64_t batch,
                            void *ret_bytes, size_t len, pt_error *error)
{
    PT_ASSERT(from != s->me && from < s->n + s->dealer);
    const pt_status going = session_check_going(s, error);
    if (going != PT_OK)
        return going;
    const message_info info = {.kind = MESSAGE_STREAM,
                               .id = s->stream_frames_received[from],
                               .body_bytes = (size_t)stream_body_bytes(len)};
    uint8_t *m = NULL;
    pt_status status = message_recv(s, from, name, &info, &m, error);
    if (status != PT_OK)
        return status;
    const uint8_t *body = m + MESSAGE_HEADER_BYTES;
    if (le_get_u64(body) != batch) {
        status =
            peer_fault(s, PT_PEER_MALFORMED, from, name, "sent a frame of another batch", error);
    } else {
        if (len != 0)
            memcpy(ret_bytes, body + STREAM_NUMBER_BYTES, len);
        s->stream_frames_received[from]++;
    }
    message_free(m, &info);
    return status;
}

pt_status stream_recv(session *s, size_t from, wave_name name, uint64_t batch, void *ret_bytes,
                      size_t len, pt_error *error)
{
    const pt_status status = frame_recv(s, from, name, batch, ret_bytes, len, error);
    if (status != PT_OK)
        session_abort(s, status);
    return status;
}

size_t stream_window(const session *s, size_t frame_bytes)
{
    const size_t bytes = min_size(MPC_WINDOW_BYTES, MPC_WINDOW_BYTES_ALL / (s->n - 1));
    return frame_bytes < bytes ? bytes / frame_bytes : 1;
}

pt_status stream_exchange_run(const session *s, const stream_exchange *x, pt_error *error)
{
    const size_t window = stream_window(s, x->frame_bytes);
    pt_status status = PT_OK;
    size_t sent = 0;
    for (size_t received = 0; received < x->frames; received++) {
        for (; sent < x->frames && sent - received < window; sent++) {
            status = x->send(x->user, sent, error);
            if (status != PT_OK)
                return status;
        }
        if (received == 0 && x->recv_before != NULL)
            status = x->recv_before(x->user, error);
        if (status == PT_OK)
            status = x->recv(x->user, received, error);
        if (status != PT_OK)
            return status;
    }
    return PT_OK;
}
