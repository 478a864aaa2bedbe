#define _DEFAULT_SOURCE
#include "relay/store.h"

#include <string.h>
#include <sys/random.h>

#include "base/mem.h"

/* What a small thing costs beyond its bytes, roughly: so that many of them are not free. */
#define OVERHEAD 128

void store_init(store *s, const store_limits *limits, void (*wake)(void *waiter))
{
    *s = (store){.limits = *limits, .wake = wake};
}

bool store_charge(store *s, size_t bytes)
{
    if (bytes > s->limits.bytes || s->bytes > s->limits.bytes - bytes)
        return false;
    s->bytes += bytes;
    return true;
}

void store_discharge(store *s, size_t bytes)
{
    s->bytes -= bytes;
}

/* Charges both the session and the store. */
static bool charge(store *s, session *e, size_t bytes)
{
    if (bytes > s->limits.session_bytes || e->bytes > s->limits.session_bytes - bytes ||
        !store_charge(s, bytes))
        return false;
    e->bytes += bytes;
    return true;
}

static void discharge(store *s, session *e, size_t bytes)
{
    e->bytes -= bytes;
    store_discharge(s, bytes);
}

/* Wakes whoever is in the slot, and empties it. */
static void wake(store *s, void **slot)
{
    void *waiter = *slot;
    *slot = NULL;
    if (waiter != NULL)
        s->wake(waiter);
}

/* ---- messages ---- */

stored *stored_hold(stored *m)
{
    m->refs++;
    return m;
}

void stored_release(stored *m)
{
    if (m == NULL || --m->refs != 0)
        return;
    mem_free(m->bytes);
    mem_free(m);
}

static void drop_first(store *s, session *e, pair *p)
{
    stored *m = p->first;
    p->first = m->next;
    if (p->first == NULL)
        p->last = NULL;
    p->count--;
    p->bytes -= m->len;
    s->n_messages--;
    discharge(s, e, m->len + OVERHEAD);
    stored_release(m);
}

/* ---- queues ---- */

static bool pair_before(const pair *p, uint32_t from, uint32_t to)
{
    return p->from != from ? p->from < from : p->to < to;
}

/* Where the pair is, or belongs. */
static size_t pair_place(const session *e, uint32_t from, uint32_t to)
{
    size_t low = 0;
    size_t high = e->n_pairs;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (pair_before(e->pairs[middle], from, to))
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static bool pair_is_at(const session *e, size_t place, uint32_t from, uint32_t to)
{
    return place < e->n_pairs && e->pairs[place]->from == from && e->pairs[place]->to == to;
}

pair *pair_find(const session *e, uint32_t from, uint32_t to)
{
    const size_t place = pair_place(e, from, to);
    return pair_is_at(e, place, from, to) ? e->pairs[place] : NULL;
}

/* Makes room for one more pointer or seat at `place` of an array of `*count`. NULL when out of
 * memory. */
static void *open_gap(void *array, size_t *count, size_t place, size_t size)
{
    char *grown = mem_resize(array, *count + 1, size);
    if (grown == NULL)
        return NULL;
    memmove(grown + (place + 1) * size, grown + place * size, (*count - place) * size);
    (*count)++;
    return grown;
}

store_result pair_open(store *s, session *e, uint32_t from, uint32_t to, pair **ret_pair)
{
    const size_t place = pair_place(e, from, to);
    if (pair_is_at(e, place, from, to)) {
        *ret_pair = e->pairs[place];
        return STORE_DONE;
    }
    if (!charge(s, e, sizeof(pair) + OVERHEAD))
        return STORE_FULL;
    pair *p = mem_new(1, sizeof *p);
    pair **pairs = p == NULL ? NULL : open_gap(e->pairs, &e->n_pairs, place, sizeof *pairs);
    if (pairs == NULL) {
        mem_free(p);
        discharge(s, e, sizeof(pair) + OVERHEAD);
        return STORE_MEMORY;
    }
    e->pairs = pairs;
    pairs[place] = p;
    p->from = from;
    p->to = to;
    *ret_pair = p;
    return STORE_DONE;
}

store_result pair_put(store *s, session *e, pair *p, uint64_t number, uint8_t *bytes, size_t len)
{
    if (number != 0 && number <= p->last_number)
        return STORE_REPEATED;
    if (number != 0 && number != p->last_number + 1)
        return STORE_LOST;
    /* An empty queue takes any message, else one over the limit could never pass. */
    if (p->count >= s->limits.messages ||
        (p->count != 0 && len + p->bytes > s->limits.queue_bytes) || !charge(s, e, len + OVERHEAD))
        return STORE_FULL;
    stored *m = mem_new(1, sizeof *m);
    if (m == NULL) {
        discharge(s, e, len + OVERHEAD);
        return STORE_MEMORY;
    }
    *m = (stored){.number = ++p->last_number, .refs = 1, .len = len, .bytes = bytes};
    if (p->last == NULL)
        p->first = m;
    else
        p->last->next = m;
    p->last = m;
    p->count++;
    p->bytes += len;
    s->n_messages++;
    s->carried++;
    e->used = true;
    wake(s, &p->receiver);
    return STORE_DONE;
}

void pair_acknowledge(store *s, session *e, pair *p, uint64_t number)
{
    bool dropped = false;
    while (p->first != NULL && p->first->number < number) {
        drop_first(s, e, p);
        dropped = true;
    }
    if (dropped)
        wake(s, &p->sender);
}

/* ---- sessions ---- */

static size_t session_place(const store *s, const char *name, bool *ret_found)
{
    size_t low = 0;
    size_t high = s->n_sessions;
    *ret_found = false;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        const int order = strcmp(s->sessions[middle]->name, name);
        if (order == 0) {
            *ret_found = true;
            return middle;
        }
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

session *store_find(const store *s, const char *name)
{
    bool found;
    const size_t place = session_place(s, name, &found);
    return found ? s->sessions[place] : NULL;
}

static session *session_new(const char *name, uint64_t now_ms)
{
    session *e = mem_new(1, sizeof *e);
    if (e == NULL)
        return NULL;
    e->active_ms = now_ms;
    e->name = mem_string(name);
    if (e->name == NULL || getrandom(&e->token, sizeof e->token, 0) != sizeof e->token) {
        mem_free(e->name);
        mem_free(e);
        return NULL;
    }
    return e;
}

store_result store_open(store *s, const char *name, uint64_t now_ms, session **ret_session)
{
    bool found;
    const size_t place = session_place(s, name, &found);
    if (found) {
        s->sessions[place]->active_ms = now_ms;
        *ret_session = s->sessions[place];
        return STORE_DONE;
    }
    const size_t cost = sizeof(session) + OVERHEAD;
    if (s->n_sessions >= s->limits.sessions || !store_charge(s, cost))
        return STORE_FULL;
    session *e = session_new(name, now_ms);
    session **sessions =
        e == NULL ? NULL : open_gap(s->sessions, &s->n_sessions, place, sizeof *sessions);
    if (sessions == NULL) {
        if (e != NULL)
            mem_free(e->name);
        mem_free(e);
        store_discharge(s, cost);
        return STORE_MEMORY;
    }
    s->sessions = sessions;
    sessions[place] = e;
    e->bytes = cost;
    *ret_session = e;
    return STORE_DONE;
}

/* Removes the session from the index first: whoever is woken must not find it any more. */
static void remove_session(store *s, size_t place)
{
    session *e = s->sessions[place];
    s->n_sessions--;
    memmove(s->sessions + place, s->sessions + place + 1,
            (s->n_sessions - place) * sizeof *s->sessions);
    for (size_t i = 0; i < e->n_pairs; i++) {
        pair *p = e->pairs[i];
        while (p->first != NULL)
            drop_first(s, e, p);
        wake(s, &p->receiver);
        wake(s, &p->sender);
        mem_free(p);
    }
    store_discharge(s, e->bytes);
    mem_free(e->pairs);
    mem_free(e->seats);
    mem_free(e->name);
    mem_free(e);
}

void store_clear(store *s)
{
    while (s->n_sessions != 0)
        remove_session(s, s->n_sessions - 1);
    mem_free(s->sessions);
    s->sessions = NULL;
}

void store_expire(store *s, uint64_t now_ms)
{
    for (size_t i = s->n_sessions; i-- != 0;)
        if (now_ms - s->sessions[i]->active_ms >= s->limits.expiry_ms)
            remove_session(s, i);
}

/* ---- seats ---- */

static size_t seat_place(const session *e, uint32_t party)
{
    size_t low = 0;
    while (low < e->n_seats && e->seats[low].party < party)
        low++;
    return low;
}

seat *session_seat(const session *e, uint32_t party)
{
    const size_t place = seat_place(e, party);
    return place < e->n_seats && e->seats[place].party == party ? &e->seats[place] : NULL;
}

void session_touch(session *e, uint32_t party, uint64_t now_ms)
{
    seat *own = session_seat(e, party);
    e->active_ms = now_ms;
    if (own != NULL)
        own->active_ms = now_ms;
}

void seat_abandon(const store *s, seat *own, uint64_t now_ms)
{
    own->active_ms = now_ms - s->limits.takeover_ms;
}

static bool anybody_active(const store *s, const session *e, uint64_t now_ms)
{
    for (size_t i = 0; i < e->n_seats; i++)
        if (!e->seats[i].left && now_ms - e->seats[i].active_ms < s->limits.takeover_ms)
            return true;
    return false;
}

static bool anybody_left(const session *e)
{
    for (size_t i = 0; i < e->n_seats; i++)
        if (e->seats[i].left)
            return true;
    return false;
}

/* Whether a client may sit down; STORE_LOST means only in a new session of this name. */
static store_result seat_is_free(const store *s, const session *e, uint32_t party, uint64_t client,
                                 uint64_t now_ms)
{
    const seat *own = session_seat(e, party);
    if (client == 0 || (own != NULL && own->client == client && !own->left))
        return STORE_DONE;
    if (own == NULL && !anybody_left(e))
        return STORE_DONE;
    if (own == NULL || own->left)
        return anybody_active(s, e, now_ms) ? STORE_ENDING : STORE_LOST;
    if (now_ms - own->active_ms < s->limits.takeover_ms)
        return STORE_TAKEN;
    return e->used ? STORE_LOST : STORE_DONE;
}

static store_result sit(store *s, session *e, uint32_t party, uint64_t client, uint64_t now_ms)
{
    seat *own = session_seat(e, party);
    if (own != NULL) {
        *own = (seat){.party = party, .client = client, .active_ms = now_ms};
        return STORE_DONE;
    }
    if (e->n_seats >= STORE_SEATS_MAX || !charge(s, e, sizeof(seat)))
        return STORE_FULL;
    const size_t place = seat_place(e, party);
    seat *seats = open_gap(e->seats, &e->n_seats, place, sizeof *seats);
    if (seats == NULL) {
        discharge(s, e, sizeof(seat));
        return STORE_MEMORY;
    }
    e->seats = seats;
    seats[place] = (seat){.party = party, .client = client, .active_ms = now_ms};
    return STORE_DONE;
}

store_result store_join(store *s, const char *name, uint32_t party, uint64_t client,
                        uint64_t now_ms, session **ret_session)
{
    bool found;
    const size_t place = session_place(s, name, &found);
    if (found) {
        const store_result free = seat_is_free(s, s->sessions[place], party, client, now_ms);
        if (free == STORE_LOST)
            remove_session(s, place);
        else if (free != STORE_DONE)
            return free;
    }
    session *e;
    store_result result = store_open(s, name, now_ms, &e);
    if (result == STORE_DONE)
        result = sit(s, e, party, client, now_ms);
    if (result == STORE_DONE)
        *ret_session = e;
    return result;
}

void store_leave(store *s, const char *name, uint32_t party, uint64_t client)
{
    bool found;
    const size_t place = session_place(s, name, &found);
    if (!found)
        return;
    session *e = s->sessions[place];
    seat *own = session_seat(e, party);
    if (own == NULL || own->client != client)
        return;
    own->left = true;
    for (size_t i = 0; i < e->n_seats; i++)
        if (!e->seats[i].left) {
            if (e->used)
                return;
            /* Nothing happened yet: the seat becomes free again. */
            e->n_seats--;
            const size_t at = (size_t)(own - e->seats);
            memmove(own, own + 1, (e->n_seats - at) * sizeof *own);
            discharge(s, e, sizeof(seat));
            return;
        }
    remove_session(s, place);
}
