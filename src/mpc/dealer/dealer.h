/* The trusted dealer (protocol spec, section 7). Layer: mpc. The messages are in dealing.h. */
#ifndef MPC_DEALER_DEALER_H
#define MPC_DEALER_DEALER_H

#include "mpc/session/session.h"

/* A whole session of the dealer, in a session of session_init_dealer. Works segment by segment and
 * pair by pair: its memory grows neither with the circuit nor with the square of the parties. The
 * caller aborts and clears the session on failure. */
MUST_CHECK pt_status dealer_run(session *d, pt_error *error);

#endif
