/* One message between two parties: header, checks, statistics (protocol spec, section 0.6). Layer:
 * mpc, below wave.h.
 *
 *      byte  0      kind: 1 wave, 2 stream frame, 3 abort (4 and 5: before, api/constants.c)
 *            1      protocol version
 *            2      sender    (the caller's numbers, so that HELLO can be read even when the
 *            3      receiver   parties disagree on the evaluator)
 *            4..35  sid, zero in HELLO
 *           36..43  wave id, or number of the frame in its stream
 *           44..51  bytes that follow
 *
 * An ABORT is the first two bytes and a stop_note (base/stop.h): all failed checks look alike. */
#ifndef MPC_SESSION_MESSAGE_H
#define MPC_SESSION_MESSAGE_H

#include "base/stop.h"
#include "mpc/session/session.h"

#define MESSAGE_HEADER_BYTES 52
#define MESSAGE_ABORT_BYTES  (2 + STOP_NOTE_BYTES)

typedef enum message_kind {
    MESSAGE_WAVE = 1,
    MESSAGE_STREAM,
    MESSAGE_ABORT,
    MESSAGE_CONSTANTS,
    MESSAGE_CONSTANT_DIGESTS
} message_kind;

/* What the header must say; `body_bytes` follow it. */
typedef struct message_info {
    message_kind kind;
    uint64_t id;
    size_t body_bytes;
} message_info;

/* A message with its header written and room behind it for the body, which holds anything at first;
 * NULL for want of memory. Release with message_free. */
MUST_CHECK uint8_t *message_new(const session *s, size_t to, const message_info *info);
void message_free(uint8_t *message, const message_info *info);

/* Sends a message made by message_new. */
MUST_CHECK pt_status message_send(session *s, size_t to, wave_name name, uint8_t *message,
                                  const message_info *info, pt_error *error);

/* An ABORT. */
void message_abort_put(uint8_t ret_message[MESSAGE_ABORT_BYTES], stop_note note);
bool message_abort_get(stop_note *ret_note, const uint8_t *m, size_t len);

/* What is said of a party whose messages have another protocol version than ours. */
#define VERSION_TEXT_MAX 112
const char *version_text(char ret_text[VERSION_TEXT_MAX], unsigned version);

/* Receives a message and checks every field of its header and its length; *ret_message (header and
 * body) is released with message_free. PT_PEER_ABORT or PT_ERR_STOPPED for an ABORT,
 * PT_PEER_SETUP, PT_PEER_MALFORMED, or the channel's errors. */
MUST_CHECK pt_status message_recv(session *s, size_t from, wave_name name,
                                  const message_info *expected, uint8_t **ret_message,
                                  pt_error *error);

#endif
