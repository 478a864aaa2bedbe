/* Who is blamed, and how a session ends (protocol spec, section 0.6). Layer: mpc. */
#ifndef MPC_SESSION_FAULT_H
#define MPC_SESSION_FAULT_H

#include "mpc/session/session.h"

/* For checks that cannot tell who cheated. */
#define NO_PEER SIZE_MAX

/* Fails with PT_PEER_* blaming `peer` (or NO_PEER). `what` is what the party did, e.g. "opened a
 * commitment wrongly"; the message becomes "party 2 opened a commitment wrongly". With NO_PEER it
 * is a whole sentence. Does not abort: the caller does. */
pt_status peer_fault(const session *s, pt_status status, size_t peer, wave_name name,
                     const char *what, pt_error *error);

/* The same for a check that tells only that somebody cheated. With two parties that is the other
 * one, who `what`; a dealer does not. With more nobody is named: the message is the `sentence` on
 * what was found, and that it cannot be told who it was. */
pt_status peers_fault(const session *s, pt_status status, wave_name name, const char *what,
                      const char *sentence, pt_error *error);

/* Ends the session after a failure: sends ABORT to all peers, once, and wipes the session's
 * secrets. Of `status` the peers learn the stop_reason; all failed checks look alike to them. Who
 * stopped because another party had passes on what that one said. */
void session_abort(session *s, pt_status status);

/* Sends ABORT to one peer, ignoring failures. */
void session_send_abort(session *s, size_t to, stop_note note);

#endif
