/* Waves: one message per ordered pair of parties, everybody sends before waiting (protocol spec,
 * section 0.6). Layer: mpc.
 *
 * A wave's message to a peer is  header | T_{w-1} | "all" payload | private payload.  The header
 * carries version, sid, wave id, sender, receiver, payload length. T_w covers the "all" payloads of
 * every party, own included. A wrong header, digest or length ends the session with
 * PT_PEER_MALFORMED or PT_PEER_TRANSCRIPT. All lengths are known beforehand: what a peer sends is
 * compared with what wave_expect was told before it is stored. After any failure of a function here
 * that talks to peers, ABORT was sent and the session's secrets are wiped.
 *
 * In a sparse wave only those talk who have something to say, which both sides know. Two steps may
 * share a wave: the second one's payload travels along behind the first one's (wave_along).
 *
 * Use: wave_begin; fill wave_all and wave_to; wave_expect where something is due; wave_run; read by
 * wave_all_from and wave_from; wave_end (also after a failure; wipes). Where frames of the side
 * stream go between, wave_send and wave_receive in the place of wave_run. */
#ifndef MPC_SESSION_WAVE_H
#define MPC_SESSION_WAVE_H

#include "base/buffer.h"
#include "mpc/session/session.h"

typedef struct wave wave;

/* The step that travels along in another one's wave. Its payload is all "all" payload, which every
 * party gets, or all private. */
typedef struct wave_along {
    wave_name name;
    /* Before the wave is sent: appends to the payloads and says what is due. */
    pt_status (*put)(void *user, wave *w, pt_error *error);
    /* When the wave has come and its own step is content: reads by wave_along_all_from and
     * wave_along_from. */
    pt_status (*take)(void *user, const wave *w, pt_error *error);
    void *user;
} wave_along;

typedef struct wave_peer {
    buffer to;         /* private payload for this peer */
    size_t along_to;   /* where in it the part begins that travels along */
    size_t expect_all; /* bytes due from this peer */
    size_t expect_private;
    size_t along_all; /* where in these parts what travels along begins */
    size_t along_private;
    uint8_t *received;  /* the message, owned by the wave */
    const uint8_t *all; /* views into it */
    const uint8_t *private_;
} wave_peer;

struct wave {
    session *s;
    wave_name name;
    bool sparse;
    buffer all;       /* own "all" payload */
    wave_peer *peers; /* n entries; of the own one only where in `all` what travels along begins */
    const wave_along *along; /* NULL: nothing travels along */
};

/* Starts a wave. Fails only for want of memory. */
MUST_CHECK pt_status wave_begin(wave *w, session *s, wave_name name, pt_error *error);

/* Payload buffers to append to. Bit vectors are packed with zero padding. */
buffer *wave_all(wave *w);
buffer *wave_to(wave *w, size_t peer);

/* The bytes of such a message behind its header. */
static inline uint64_t wave_body_bytes(uint64_t all_bytes, uint64_t private_bytes)
{
    return DIGEST_BYTES + all_bytes + private_bytes;
}

/* What `peer` must send: bytes of "all" payload and of private payload (default 0 and 0). */
void wave_expect(wave *w, size_t peer, size_t all_bytes, size_t private_bytes);
/* The same for every peer. What is expected adds up. */
void wave_expect_each(wave *w, size_t all_bytes, size_t private_bytes);

/* Private messages without payload are neither sent nor awaited: where no "all" payload of the wave
 * before is open, T is not due. */
void wave_make_sparse(wave *w);

/* Puts the part that travels along, behind the wave's own, which is complete; NULL: there is none.
 */
MUST_CHECK pt_status wave_put_along(wave *w, const wave_along *along, pt_error *error);
/* Has it taken, after the wave's own; nothing without one. */
MUST_CHECK pt_status wave_take_along(const wave *w, pt_error *error);

/* Sends to all peers, then receives from all, checks headers, T and lengths, and advances the
 * transcript. PT_PEER_ABORT or PT_ERR_STOPPED when a peer stopped, PT_PEER_SETUP when it runs
 * another version, PT_PEER_MALFORMED, PT_PEER_TRANSCRIPT, or the channel's errors. */
MUST_CHECK pt_status wave_run(wave *w, pt_error *error);

/* Its two halves, for what is sent before the wave is awaited. */
MUST_CHECK pt_status wave_send(wave *w, pt_error *error);
MUST_CHECK pt_status wave_receive(wave *w, pt_error *error);

/* wave_run without advancing the transcript, and that: HELLO's T can be computed only after its
 * payloads gave the sid. */
MUST_CHECK pt_status wave_exchange(wave *w, pt_error *error);
void wave_advance(wave *w);

/* The payloads that came, of exactly the expected length; where none was due, nothing.
 * wave_all_from(w, own index) is the own one. */
const uint8_t *wave_all_from(const wave *w, size_t peer);
const uint8_t *wave_from(const wave *w, size_t peer);
/* Their parts that travelled along. */
const uint8_t *wave_along_all_from(const wave *w, size_t peer);
const uint8_t *wave_along_from(const wave *w, size_t peer);

/* A step that shares no wave runs in one of its own. */
MUST_CHECK pt_status wave_run_alone(session *s, const wave_along *step, pt_error *error);

/* Releases and wipes. Accepts a wave whose wave_begin failed. */
void wave_end(wave *w);

/* The side stream for bulk payloads (COT, TRU, GC): frames with their own counter per ordered pair,
 * bound to sid, batch or segment number and sender. They go between the waves, behind the message
 * that the protocol has them follow. Each stream_send is one frame, taken by one stream_recv of the
 * same length. */
MUST_CHECK pt_status stream_send(session *s, size_t to, wave_name name, uint64_t batch,
                                 const void *bytes, size_t len, pt_error *error);
MUST_CHECK pt_status stream_recv(session *s, size_t from, wave_name name, uint64_t batch,
                                 void *ret_bytes, size_t len, pt_error *error);

/* The bytes of a frame behind its header: the batch or segment number, then what it carries. */
#define STREAM_NUMBER_BYTES 8
static inline uint64_t stream_body_bytes(uint64_t len)
{
    return STREAM_NUMBER_BYTES + len;
}

/* Frames that every party sends to every other, as many each way. A party is ahead of those it
 * awaits by a window, so that no round trip waits for another. `send` sends a frame to all peers,
 * `recv` takes one from all; both are called with 0, 1, .. frames-1 in order. */
typedef struct stream_exchange {
    size_t frames;
    size_t frame_bytes; /* of a full one, to one peer */
    /* Receives what was sent before the frames, once the first of these have left; may be NULL. */
    pt_status (*recv_before)(void *user, pt_error *error);
    pt_status (*send)(void *user, size_t frame, pt_error *error);
    pt_status (*recv)(void *user, size_t frame, pt_error *error);
    void *user;
} stream_exchange;

/* The frames of so many bytes that may be sent ahead, at least 1. */
size_t stream_window(const session *s, size_t frame_bytes);
MUST_CHECK pt_status stream_exchange_run(const session *s, const stream_exchange *x,
                                         pt_error *error);

#endif
