/* Statistics and progress of a session. Layer: mpc.
 *
 * Bytes and time go to a few rows by the name of the wave (wave_name.h). */
#ifndef MPC_SESSION_STATS_H
#define MPC_SESSION_STATS_H

#include "mpc/session/session.h"
#include "mpc/session/wave_name.h"

void session_count_sent(session *s, wave_name name, size_t bytes);
void session_count_received(session *s, size_t bytes);
/* The time since the last mark belonged to this wave. */
void session_mark_time(session *s, wave_name name);

/* Tells the caller how far the run is, from how far the work for a wave is in its segment. */
void session_progress(session *s, wave_name name, uint64_t done, uint64_t total);

#endif
