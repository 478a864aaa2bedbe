#include "mpc/session/fault.h"

#include "base/error.h"
#include "mpc/session/message.h"
#include "mpc/session/stats.h"

pt_status peer_fault(const session *s, pt_status status, size_t peer, wave_name name,
                     const char *what, pt_error *error)
{
    if (peer == NO_PEER)
        return error_set_peer(error, status, PT_NO_PARTY, wave_text(name), "%s", what);
    const int party = session_party(s, peer);
    if (s->dealer && peer == s->n)
        return error_set_peer(error, status, party, wave_text(name), "the dealer %s", what);
    return error_set_peer(error, status, party, wave_text(name), "party %d %s", party, what);
}

pt_status peers_fault(const session *s, pt_status status, wave_name name, const char *what,
                      const char *sentence, pt_error *error)
{
    if (s->n == 2 && s->me < 2)
        return peer_fault(s, status, 1 - s->me, name, what, error);
    return error_set_peer(error, status, PT_NO_PARTY, wave_text(name),
                          "%s; which one cannot be told", sentence);
}

void session_send_abort(session *s, size_t to, stop_note note)
{
    uint8_t m[MESSAGE_ABORT_BYTES];
    pt_error ignored;
    message_abort_put(m, note);
    if (channel_send(s->channel, s->roster[to], wave_text(WAVE_ABORT), m, sizeof m, &ignored) ==
        PT_OK)
        session_count_sent(s, WAVE_ABORT, sizeof m);
}

static stop_note note_of(const session *s, pt_status status)
{
    if (s->heard.reason != STOP_NONE)
        return s->heard;
    return (stop_note){.reason = stop_reason_of(status), .party = (uint8_t)s->roster[s->me]};
}

void session_abort(session *s, pt_status status)
{
    if (!s->aborted) {
        const stop_note note = note_of(s, status);
        s->aborted = true;
        for (size_t p = 0; p < s->seats; p++) {
            if (p != s->me)
                session_send_abort(s, p, note);
        }
    }
    session_wipe_secrets(s);
}
