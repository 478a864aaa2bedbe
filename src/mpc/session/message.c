#include "mpc/session/message.h"

#include <stdio.h>

#include "base/assert.h"
#include "base/error.h"
#include "base/le.h"
#include "base/mem.h"
#include "crypto/ct.h"
#include "mpc/session/fault.h"
#include "mpc/session/stats.h"

/* Messages up to this size are taken even when a shorter one is due, so that the header of another
 * version's message can be looked at. */
#define READABLE_BYTES 4096

enum {
    AT_KIND = 0,
    AT_VERSION = 1,
    AT_SENDER = 2,
    AT_RECEIVER = 3,
    AT_SID = 4,
    AT_ID = 36,
    AT_LENGTH = 44,
    ABORT_AT_NOTE = 2
};

uint8_t *message_new(const session *s, size_t to, const message_info *info)
{
    if (info->body_bytes > SIZE_MAX - MESSAGE_HEADER_BYTES)
        return NULL;
    uint8_t *m = mem_resize(NULL, MESSAGE_HEADER_BYTES + info->body_bytes, 1);
    if (m == NULL)
        return NULL;
    PT_ASSERT(s->roster[s->me] <= UINT8_MAX && s->roster[to] <= UINT8_MAX);
    m[AT_KIND] = (uint8_t)info->kind;
    m[AT_VERSION] = MPC_PROTOCOL_VERSION;
    m[AT_SENDER] = (uint8_t)s->roster[s->me];
    m[AT_RECEIVER] = (uint8_t)s->roster[to];
    memcpy(m + AT_SID, s->sid, SID_BYTES);
    le_put_u64(m + AT_ID, info->id);
    le_put_u64(m + AT_LENGTH, info->body_bytes);
    return m;
}

void message_free(uint8_t *message, const message_info *info)
{
    mem_free_secret(message, MESSAGE_HEADER_BYTES + info->body_bytes);
}

pt_status message_send(session *s, size_t to, wave_name name, uint8_t *message,
                       const message_info *info, pt_error *error)
{
    const size_t len = MESSAGE_HEADER_BYTES + info->body_bytes;
    HOOK_PEER(s, "message", to, message, len);
    const pt_status status =
        channel_send(s->channel, s->roster[to], wave_text(name), message, len, error);
    if (status == PT_OK)
        session_count_sent(s, name, len);
    return status;
}

void message_abort_put(uint8_t ret_message[MESSAGE_ABORT_BYTES], stop_note note)
{
    ret_message[AT_KIND] = MESSAGE_ABORT;
    ret_message[AT_VERSION] = MPC_PROTOCOL_VERSION;
    stop_note_put(ret_message + ABORT_AT_NOTE, note);
}

bool message_abort_get(stop_note *ret_note, const uint8_t *m, size_t len)
{
    return len == MESSAGE_ABORT_BYTES && m[AT_KIND] == MESSAGE_ABORT &&
           m[AT_VERSION] == MPC_PROTOCOL_VERSION && stop_note_get(ret_note, m + ABORT_AT_NOTE);
}

/* What is wrong with a message of the right version, or NULL. */
static const char *header_fault(const session *s, size_t from, const message_info *expected,
                                const uint8_t *m, size_t len)
{
    if (m[AT_KIND] != expected->kind)
        return "sent a message of the wrong kind";
    if (m[AT_SENDER] != s->roster[from])
        return "sent a message with a wrong sender number";
    if (m[AT_RECEIVER] != s->roster[s->me])
        return "sent a message meant for another party";
    if (le_get_u64(m + AT_ID) != expected->id)
        return "sent a message out of order";
    if (le_get_u64(m + AT_LENGTH) != expected->body_bytes ||
        len - MESSAGE_HEADER_BYTES != expected->body_bytes)
        return "sent a message of the wrong length";
    return NULL;
}

/* The sid is made of all HELLOs: a third party that showed two others different ones, or a dealer
 * another than the peers, makes them differ. */
static pt_status sid_fault(const session *s, wave_name name, pt_error *error)
{
    static const char what[] = "sent a message of another session";
    static const char sentence[] = "a message is of another session: some party sent two HELLOs";
    if (s->dealer)
        return peer_fault(s, PT_PEER_MALFORMED, NO_PEER, name, sentence, error);
    return peers_fault(s, PT_PEER_MALFORMED, name, what, sentence, error);
}

const char *version_text(char ret_text[VERSION_TEXT_MAX], unsigned version)
{
    (void)snprintf(ret_text, VERSION_TEXT_MAX,
                   "runs version %u of the protocol, and this party version %u: all parties need "
                   "the same release",
                   version, MPC_PROTOCOL_VERSION);
    return ret_text;
}

static pt_status message_check(session *s, size_t from, wave_name name,
                               const message_info *expected, const uint8_t *m, size_t len,
                               pt_error *error)
{
    char text[STOP_TEXT_MAX];
    if (message_abort_get(&s->heard, m, len))
        return peer_fault(s, stop_note_status(s->heard), from, name,
                          stop_note_text(text, s->heard, session_party(s, from)), error);
    char version[VERSION_TEXT_MAX];
    if (len > AT_VERSION && m[AT_VERSION] != MPC_PROTOCOL_VERSION)
        return peer_fault(s, PT_PEER_SETUP, from, name, version_text(version, m[AT_VERSION]),
                          error);
    if (len > AT_VERSION && m[AT_KIND] == MESSAGE_CONSTANTS && expected->kind == MESSAGE_WAVE &&
        expected->id == 0)
        return peer_fault(s, PT_PEER_SETUP, from, name,
                          "runs another program, with external constants", error);
    if (len < MESSAGE_HEADER_BYTES)
        return peer_fault(s, PT_PEER_MALFORMED, from, name, "sent a message without a header",
                          error);
    if (!ct_equal(m + AT_SID, s->sid, SID_BYTES))
        return sid_fault(s, name, error);
    const char *fault = header_fault(s, from, expected, m, len);
    if (fault != NULL)
        return peer_fault(s, PT_PEER_MALFORMED, from, name, fault, error);
    return PT_OK;
}

pt_status message_recv(session *s, size_t from, wave_name name, const message_info *expected,
                       uint8_t **ret_message, pt_error *error)
{
    if (expected->body_bytes > SIZE_MAX - MESSAGE_HEADER_BYTES)
        return error_memory(error);
    const size_t due = MESSAGE_HEADER_BYTES + expected->body_bytes;
    uint8_t *m = NULL;
    size_t len = 0;
    pt_status status = channel_recv(s->channel, s->roster[from], wave_text(name),
                                    due < READABLE_BYTES ? READABLE_BYTES : due, &m, &len, error);
    if (status == PT_ERR_TOO_LARGE)
        return peer_fault(s, PT_PEER_MALFORMED, from, name, "sent a message of the wrong length",
                          error);
    if (status != PT_OK)
        return status;
    session_count_received(s, len);
    status = message_check(s, from, name, expected, m, len, error);
    if (status != PT_OK) {
        mem_free_secret(m, len);
        return status;
    }
    *ret_message = m;
    return PT_OK;
}
