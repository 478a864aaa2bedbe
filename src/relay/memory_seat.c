#include "relay/memory_session.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/min.h"
#include "crypto/ct.h"

static size_t seat_place(const memory_session *e, uint32_t party)
{
    size_t low = 0;
    while (low < e->n_seats && e->seats[low].party < party)
        low++;
    return low;
}

memory_seat *memory_seat_find(const memory_session *e, uint32_t party)
{
    const size_t place = seat_place(e, party);
    return place < e->n_seats && e->seats[place].party == party ? &e->seats[place] : NULL;
}

bool memory_seat_is_held_by(const memory_seat *own, const store_caller *who)
{
    return own->has_token && who->has_token &&
           ct_equal(own->digest, who->digest, STORE_DIGEST_BYTES);
}

store_result memory_may_speak(const memory_store *m, const memory_session *e,
                              const store_caller *who)
{
    if (who->has_epoch && (e == NULL || e->epoch != who->epoch))
        return STORE_LOST;
    const memory_seat *own = e == NULL ? NULL : memory_seat_find(e, who->party);
    const bool is_bound = own != NULL && own->has_token;
    if (!is_bound && !m->base.options.needs_tokens)
        return STORE_DONE;
    if (!who->has_token)
        return STORE_UNAUTHORIZED;
    return is_bound && memory_seat_is_held_by(own, who) ? STORE_DONE : STORE_FORBIDDEN;
}

void memory_seat_touch(memory_session *e, uint32_t party, const store_caller *who)
{
    memory_seat *own = memory_seat_find(e, party);
    e->active_ms = clock_ms();
    if (own == NULL)
        return;
    if (who->timeout_ms != 0)
        own->timeout_ms = who->timeout_ms;
    if (who->terms != NULL)
        (void)snprintf(own->terms, sizeof own->terms, "%s", who->terms);
    own->active_ms = e->active_ms;
    own->absent_ms = 0;
}

/* The smallest that was told by those who are there. */
static uint64_t session_timeout(const memory_store *m, const memory_session *e)
{
    uint64_t least = UINT64_MAX;
    for (size_t i = 0; i < e->n_seats; i++)
        if (e->seats[i].has_token && !e->seats[i].left)
            least = min_u64(least, e->seats[i].timeout_ms);
    return least == UINT64_MAX ? m->base.options.timeout_ms : least;
}

static bool seat_is_dead(const memory_seat *own, uint64_t timeout_ms, uint64_t now_ms)
{
    if (own->absent_ms != 0 && now_ms - own->absent_ms >= timeout_ms / STORE_ABSENCE)
        return true;
    return now_ms - own->active_ms >= timeout_ms;
}

static bool anybody_lives(const memory_store *m, const memory_session *e)
{
    const uint64_t timeout_ms = session_timeout(m, e);
    const uint64_t now = clock_ms();
    for (size_t i = 0; i < e->n_seats; i++)
        if (!e->seats[i].left && !seat_is_dead(&e->seats[i], timeout_ms, now))
            return true;
    return false;
}

static bool anybody_left(const memory_session *e)
{
    for (size_t i = 0; i < e->n_seats; i++)
        if (e->seats[i].left)
            return true;
    return false;
}

store_result memory_seat_is_free(const memory_store *m, const memory_session *e,
                                 const store_caller *who)
{
    const memory_seat *own = memory_seat_find(e, who->party);
    if (own != NULL && memory_seat_is_held_by(own, who))
        return STORE_DONE;
    /* Clients without tokens are not told apart. */
    if (!who->has_token && (own == NULL || !own->has_token))
        return STORE_DONE;
    if (own == NULL && !anybody_left(e))
        return STORE_DONE;
    if (own == NULL || own->left)
        return anybody_lives(m, e) ? STORE_ENDING : STORE_LOST;
    if (!seat_is_dead(own, session_timeout(m, e), clock_ms()))
        return STORE_TAKEN;
    return e->used ? STORE_LOST : STORE_DONE;
}

store_result memory_seat_add(memory_store *m, memory_session *e, uint32_t party,
                             memory_seat **ret_seat)
{
    if (e->n_seats >= m->base.options.seats || e->n_seats >= STORE_SEATS_MAX)
        return STORE_FULL_SEATS;
    const store_result charged = memory_charge(m, e, sizeof(memory_seat));
    if (charged != STORE_DONE)
        return charged;
    const size_t place = seat_place(e, party);
    memory_seat *seats = memory_open_gap(e->seats, &e->n_seats, place, sizeof *seats);
    if (seats == NULL) {
        memory_discharge(m, e, sizeof(memory_seat));
        return STORE_MEMORY;
    }
    e->seats = seats;
    seats[place] = (memory_seat){.party = party, .timeout_ms = m->base.options.timeout_ms};
    *ret_seat = &seats[place];
    return STORE_DONE;
}

static void seat_remove(memory_store *m, memory_session *e, memory_seat *own)
{
    const size_t at = (size_t)(own - e->seats);
    e->n_seats--;
    memmove(own, own + 1, (e->n_seats - at) * sizeof *own);
    memory_discharge(m, e, sizeof(memory_seat));
}

store_result memory_seat_take(memory_store *m, memory_session *e, const store_caller *who,
                              store_joined *ret_joined)
{
    memory_seat *own = memory_seat_find(e, who->party);
    const bool is_new = own == NULL;
    const bool is_same = !is_new && !own->left &&
                         (own->has_token ? memory_seat_is_held_by(own, who) : !who->has_token);
    /* Whoever spoke for the seat before it had an owner was somebody else. */
    if (who->has_token && (is_new || !own->has_token)) {
        const store_result result = memory_pairs_reset(m, e, who->party);
        if (result != STORE_DONE)
            return result;
    }
    if (is_new) {
        const store_result result = memory_seat_add(m, e, who->party, &own);
        if (result != STORE_DONE)
            return result;
    }
    const uint8_t *digest = who->has_token ? who->digest : NULL;
    if (!is_same &&
        !MEMORY_JOURNAL(m, set_seat, m->journal_self, e->epoch, who->party, digest, false)) {
        if (is_new)
            seat_remove(m, e, own);
        return STORE_UNAVAILABLE;
    }
    own->left = false;
    own->has_token = who->has_token;
    memcpy(own->digest, who->digest, STORE_DIGEST_BYTES);
    own->timeout_ms = who->timeout_ms != 0 ? who->timeout_ms : m->base.options.timeout_ms;
    ret_joined->timeout_ms = own->timeout_ms;
    own->terms[0] = '\0';
    memory_seat_touch(e, who->party, who);
    if (!is_same)
        memory_note(m, STORE_SEATED, who, e->name, who->party);
    memory_wake(m, STORE_WAKE_WATCHERS, e->name, 0, 0);
    return STORE_DONE;
}

store_result memory_seat_leave(memory_store *m, size_t place, memory_seat *own,
                               const store_caller *who)
{
    memory_session *e = m->sessions[place];
    const uint32_t party = own->party;
    bool is_last = true;
    for (size_t i = 0; i < e->n_seats; i++)
        is_last = is_last && (&e->seats[i] == own || e->seats[i].left);
    if (is_last)
        return memory_session_drop(m, place, STORE_ENDED, who);
    /* Where nothing happened yet the seat becomes free again. */
    const uint8_t *digest = own->has_token ? own->digest : NULL;
    if (e->used ? !MEMORY_JOURNAL(m, set_seat, m->journal_self, e->epoch, party, digest, true)
                : !MEMORY_JOURNAL(m, drop_seat, m->journal_self, e->epoch, party))
        return STORE_UNAVAILABLE;
    if (!own->left)
        memory_note(m, STORE_LEFT, who, e->name, party);
    own->left = true;
    if (!e->used)
        seat_remove(m, e, own);
    memory_wake(m, STORE_WAKE_SESSION, e->name, 0, 0);
    return STORE_DONE;
}

memory_seat *memory_seat_of(const memory_store *m, const store_caller *who)
{
    const memory_session *e = memory_session_find(m, who->session);
    memory_seat *own = e == NULL ? NULL : memory_seat_find(e, who->party);
    return own != NULL && memory_seat_is_held_by(own, who) ? own : NULL;
}

memory_seat *memory_seat_find_dead(const memory_store *m, const memory_session *e, uint64_t now_ms)
{
    const uint64_t timeout_ms = session_timeout(m, e);
    for (size_t i = 0; i < e->n_seats; i++) {
        memory_seat *own = &e->seats[i];
        if (own->has_token && !own->left && seat_is_dead(own, timeout_ms, now_ms))
            return own;
    }
    return NULL;
}
