#include "mpc/session/stats.h"

#include "base/assert.h"
#include "base/clock.h"

/* A row for each kind, and "other" for what comes before any. */
_Static_assert(STATS_ROWS <= PT_MPC_MAX_PHASES, "every row has a place");

/* Makes the row of this wave the running one, adding it on first use. */
static void enter_row(session *s, wave_name name)
{
    pt_mpc_stats *stats = s->stats;
    const stats_row row = wave_facts_of(name)->row;
    if (row == STATS_SAME && stats->n_phases > 0)
        return;
    if (s->stats_places[row] == 0) {
        PT_ASSERT(stats->n_phases < PT_MPC_MAX_PHASES);
        stats->phases[stats->n_phases].name = row == STATS_SAME ? "other" : stats_row_text(row);
        s->stats_places[row] = (uint8_t)++stats->n_phases;
    }
    s->stats_phase = s->stats_places[row] - 1u;
}

void session_count_sent(session *s, wave_name name, size_t bytes)
{
    enter_row(s, name);
    s->stats->bytes_sent += bytes;
    s->stats->messages_sent++;
    s->stats->phases[s->stats_phase].bytes_sent += bytes;
}

void session_count_received(session *s, size_t bytes)
{
    s->stats->bytes_received += bytes;
}

void session_mark_time(session *s, wave_name name)
{
    const uint64_t now = clock_ns();
    enter_row(s, name);
    s->stats->phases[s->stats_phase].seconds += (double)(now - s->stats_mark_ns) * 1e-9;
    s->stats_mark_ns = now;
}

void session_progress(session *s, wave_name name, uint64_t done, uint64_t total)
{
    const wave_facts *facts = wave_facts_of(name);
    PT_ASSERT(facts->work != NULL && done <= total);
    if (s->progress == NULL || total == 0 || s->progress_ands == 0)
        return;
    const uint64_t percent = facts->start + facts->share * done / total;
    const uint64_t reached = 100 * s->next_and + percent * s->progress_segment;
    if (reached <= s->progress_done)
        return; /* small batches on the side repeat phases */
    s->progress_done = reached;
    s->progress(s->progress_user, facts->work, reached, 100 * s->progress_ands);
}
