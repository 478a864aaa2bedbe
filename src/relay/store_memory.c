/* The store in memory. Every byte kept is charged to its queue, its session and the store, each
 * with a limit. Lookups are by binary search, so nobody can choose names that make them slow. */
#include <string.h>

#include "base/assert.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/min.h"
#include "base/random.h"
#include "crypto/ct.h"
#include "relay/store_impl.h"

/* What a small thing costs beyond its bytes, roughly: so that many of them are not free. */
#define OVERHEAD 128

typedef struct pair {
    uint32_t from;
    uint32_t to;
    stored *first;
    stored *last;
    size_t count;
    size_t bytes;
    uint64_t last_number;
} pair;

typedef struct seat {
    uint32_t party;
    bool has_token;
    uint8_t digest[STORE_DIGEST_BYTES];
    bool left;
    uint32_t timeout_ms;
    uint64_t active_ms; /* last sign of life */
    uint64_t absent_ms; /* since then no connection is known; 0: unless it is */
} seat;

/* Who opened sessions, where that is limited. */
typedef struct opener {
    struct opener *next;
    char *address;
    size_t n_sessions;
    size_t bytes;
} opener;

typedef struct session {
    char *name;
    opener *opener; /* or NULL */
    uint64_t epoch; /* tells apart sessions of the same name one after the other */
    uint64_t active_ms;
    bool used; /* has carried a message */
    size_t bytes;
    seat *seats; /* by party */
    size_t n_seats;
    pair **pairs; /* by from, then to */
    size_t n_pairs;
} session;

#define SESSION_COST (sizeof(session) + OVERHEAD) /* of an empty one */

typedef struct memory_store {
    store base;
    const store_journal *journal; /* or NULL */
    void *journal_self;
    session **sessions; /* by name */
    size_t n_sessions;
    size_t n_messages;
    opener *openers;
} memory_store;

/* Writes a change to the journal, if there is one; false: it must not be made. */
#define JOURNAL(m, function, ...)                                                                  \
    ((m)->journal == NULL || journal_wrote(m, (m)->journal->function(__VA_ARGS__)))

static bool journal_wrote(memory_store *m, bool ok)
{
    if (!ok)
        m->base.errors++;
    return ok;
}

static void memory_wake(memory_store *m, store_wake what, const char *name, uint32_t from,
                        uint32_t to)
{
    m->base.listener.wake(m->base.listener.user, what, name, from, to);
}

static void memory_note(memory_store *m, store_event event, const store_caller *who,
                        const char *name, uint32_t party)
{
    m->base.listener.note(m->base.listener.user, event, who, name, party);
}

static bool fits(size_t used, size_t more, size_t max)
{
    return more <= max && used <= max - more;
}

/* Charges the session, the address that opened it, and the store. */
static store_result session_charge(memory_store *m, session *e, size_t bytes)
{
    const store_options *o = &m->base.options;
    if (!fits(e->bytes, bytes, o->session_bytes))
        return STORE_FULL_SESSION;
    if (e->opener != NULL && o->address_bytes != 0 &&
        !fits(e->opener->bytes, bytes, o->address_bytes))
        return STORE_FULL_ADDRESS_BYTES;
    if (!fits(m->base.bytes, bytes, o->bytes))
        return STORE_FULL_BYTES;
    e->bytes += bytes;
    m->base.bytes += bytes;
    if (e->opener != NULL)
        e->opener->bytes += bytes;
    return STORE_DONE;
}

static void session_discharge(memory_store *m, session *e, size_t bytes)
{
    PT_ASSERT(e->bytes >= bytes && m->base.bytes >= bytes);
    e->bytes -= bytes;
    m->base.bytes -= bytes;
    if (e->opener != NULL) {
        PT_ASSERT(e->opener->bytes >= bytes);
        e->opener->bytes -= bytes;
    }
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

static pair *pair_find(const session *e, uint32_t from, uint32_t to)
{
    const size_t place = pair_place(e, from, to);
    return pair_is_at(e, place, from, to) ? e->pairs[place] : NULL;
}

static store_result pair_open(memory_store *m, session *e, uint32_t from, uint32_t to,
                              pair **ret_pair)
{
    const size_t place = pair_place(e, from, to);
    if (pair_is_at(e, place, from, to)) {
        *ret_pair = e->pairs[place];
        return STORE_DONE;
    }
    const store_result charged = session_charge(m, e, sizeof(pair) + OVERHEAD);
    if (charged != STORE_DONE)
        return charged;
    pair *p = mem_new(1, sizeof *p);
    pair **pairs = p == NULL ? NULL : open_gap(e->pairs, &e->n_pairs, place, sizeof *pairs);
    if (pairs == NULL) {
        mem_free(p);
        session_discharge(m, e, sizeof(pair) + OVERHEAD);
        return STORE_MEMORY;
    }
    e->pairs = pairs;
    pairs[place] = p;
    p->from = from;
    p->to = to;
    *ret_pair = p;
    return STORE_DONE;
}

static void append(memory_store *m, session *e, pair *p, stored *message)
{
    PT_ASSERT((p->last == NULL) == (p->count == 0));
    PT_ASSERT(p->last == NULL || message->number == p->last->number + 1);
    if (p->last == NULL)
        p->first = message;
    else
        p->last->next = message;
    p->last = message;
    p->last_number = message->number;
    p->count++;
    p->bytes += message->len;
    m->n_messages++;
    e->used = true;
}

static void drop_first(memory_store *m, session *e, pair *p)
{
    stored *first = p->first;
    PT_ASSERT(p->count != 0 && m->n_messages != 0 && p->bytes >= first->len);
    PT_ASSERT((first == p->last) == (first->next == NULL));
    p->first = first->next;
    if (p->first == NULL)
        p->last = NULL;
    p->count--;
    p->bytes -= first->len;
    m->n_messages--;
    session_discharge(m, e, first->len + OVERHEAD);
    stored_release(first);
}

/* Drops the messages before `number`, one by one and without a gap. */
static store_result acknowledge(memory_store *m, session *e, pair *p, uint64_t number)
{
    bool dropped = false;
    store_result result = STORE_DONE;
    while (result == STORE_DONE && p->first != NULL && p->first->number < number) {
        if (!JOURNAL(m, drop_message, m->journal_self, p->first))
            result = STORE_UNAVAILABLE;
        else
            drop_first(m, e, p);
        dropped = dropped || result == STORE_DONE;
    }
    if (dropped)
        memory_wake(m, STORE_WAKE_SENDER, e->name, p->from, p->to);
    return result;
}

/* ---- sessions ---- */

static size_t session_place(const memory_store *m, const char *name, bool *ret_found)
{
    size_t low = 0;
    size_t high = m->n_sessions;
    *ret_found = false;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        const int order = strcmp(m->sessions[middle]->name, name);
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

static session *session_find(const memory_store *m, const char *name)
{
    bool found;
    const size_t place = session_place(m, name, &found);
    return found ? m->sessions[place] : NULL;
}

static void session_free(session *e)
{
    if (e == NULL)
        return;
    for (size_t i = 0; i < e->n_pairs; i++)
        mem_free(e->pairs[i]);
    mem_free(e->pairs);
    mem_free(e->seats);
    mem_free(e->name);
    mem_free(e);
}

/* ---- who opened them ---- */

static void opener_release(memory_store *m, opener *o)
{
    if (o == NULL)
        return;
    PT_ASSERT(o->n_sessions != 0);
    if (--o->n_sessions != 0)
        return;
    PT_ASSERT(o->bytes == 0);
    opener **link = &m->openers;
    while (*link != o)
        link = &(*link)->next;
    *link = o->next;
    mem_free(o->address);
    mem_free(o);
}

static opener *opener_add(memory_store *m, const char *address)
{
    opener *o = mem_new(1, sizeof *o);
    if (o == NULL)
        return NULL;
    o->address = mem_string(address);
    if (o->address == NULL) {
        mem_free(o);
        return NULL;
    }
    o->next = m->openers;
    m->openers = o;
    return o;
}

/* One session more for the address; NULL where that is not limited, or nobody knows it. */
static store_result opener_take(memory_store *m, const char *address, opener **ret_opener)
{
    const store_options *limits = &m->base.options;
    *ret_opener = NULL;
    if (address == NULL || (limits->address_sessions == 0 && limits->address_bytes == 0))
        return STORE_DONE;
    opener *o = m->openers;
    while (o != NULL && strcmp(o->address, address) != 0)
        o = o->next;
    if (o != NULL && limits->address_sessions != 0 && o->n_sessions >= limits->address_sessions)
        return STORE_FULL_ADDRESS_SESSIONS;
    if (o != NULL && limits->address_bytes != 0 &&
        !fits(o->bytes, SESSION_COST, limits->address_bytes))
        return STORE_FULL_ADDRESS_BYTES;
    if (o == NULL)
        o = opener_add(m, address);
    if (o == NULL)
        return STORE_MEMORY;
    o->n_sessions++;
    *ret_opener = o;
    return STORE_DONE;
}

/* Adds a session that is not there. */
static store_result session_add(memory_store *m, const char *name, uint64_t epoch,
                                const char *address, session **ret_session)
{
    const store_options *o = &m->base.options;
    bool found;
    const size_t place = session_place(m, name, &found);
    PT_ASSERT(!found);
    opener *by = NULL;
    if (m->n_sessions >= o->sessions)
        return STORE_FULL_SESSIONS;
    if (!fits(m->base.bytes, SESSION_COST, o->bytes))
        return STORE_FULL_BYTES;
    const store_result taken = opener_take(m, address, &by);
    if (taken != STORE_DONE)
        return taken;
    session *e = mem_new(1, sizeof *e);
    if (e != NULL)
        e->name = mem_string(name);
    session **sessions = e == NULL || e->name == NULL
                             ? NULL
                             : open_gap(m->sessions, &m->n_sessions, place, sizeof *sessions);
    if (sessions == NULL) {
        opener_release(m, by);
        session_free(e);
        return STORE_MEMORY;
    }
    m->sessions = sessions;
    sessions[place] = e;
    e->epoch = epoch;
    e->active_ms = clock_ms();
    e->bytes = SESSION_COST;
    m->base.bytes += SESSION_COST;
    e->opener = by;
    if (by != NULL)
        by->bytes += SESSION_COST;
    *ret_session = e;
    return STORE_DONE;
}

/* Seats and queues are in order, and their bytes are those that were charged. */
static bool session_is_sound(const session *e)
{
    size_t bytes = SESSION_COST + e->n_seats * sizeof(seat);
    for (size_t i = 1; i < e->n_seats; i++)
        if (e->seats[i - 1].party >= e->seats[i].party)
            return false;
    for (size_t i = 0; i < e->n_pairs; i++) {
        const pair *p = e->pairs[i];
        if (i != 0 && !pair_before(e->pairs[i - 1], p->from, p->to))
            return false;
        bytes += sizeof *p + OVERHEAD + p->bytes + p->count * OVERHEAD;
    }
    return bytes == e->bytes;
}

/* Takes the session out of memory. */
static void session_forget(memory_store *m, size_t place)
{
    session *e = m->sessions[place];
    m->n_sessions--;
    memmove(m->sessions + place, m->sessions + place + 1,
            (m->n_sessions - place) * sizeof *m->sessions);
    for (size_t i = 0; i < e->n_pairs; i++)
        while (e->pairs[i]->first != NULL)
            drop_first(m, e, e->pairs[i]);
    session_discharge(m, e, e->bytes);
    opener_release(m, e->opener);
    session_free(e);
}

static bool journal_drop(memory_store *m, const session *e)
{
    if (m->journal == NULL)
        return true;
    bool ok = m->journal->begin_drop(m->journal_self, e->epoch);
    for (size_t i = 0; ok && i < e->n_pairs; i++)
        for (const stored *p = e->pairs[i]->first; ok && p != NULL; p = p->next)
            ok = m->journal->drop_message(m->journal_self, p);
    return journal_wrote(m, m->journal->end_drop(m->journal_self, ok));
}

/* Ends the session; who waits in it is told. */
static store_result session_drop(memory_store *m, size_t place, store_event why,
                                 const store_caller *who)
{
    PT_ASSERT(session_is_sound(m->sessions[place]));
    char *name = mem_string(m->sessions[place]->name);
    if (name == NULL)
        return STORE_MEMORY;
    if (!journal_drop(m, m->sessions[place])) {
        mem_free(name);
        return STORE_UNAVAILABLE;
    }
    session_forget(m, place);
    memory_note(m, why, who, name, 0);
    memory_wake(m, STORE_WAKE_SESSION, name, 0, 0);
    mem_free(name);
    return STORE_DONE;
}

/* The session the caller names, made if there is none. */
static store_result session_open(memory_store *m, const store_caller *who, session **ret_session)
{
    const char *name = who->session;
    session *e = session_find(m, name);
    uint64_t epoch;
    if (e != NULL) {
        *ret_session = e;
        return STORE_DONE;
    }
    if (!who->may_open)
        return STORE_CLOSED;
    if (random_bytes(&epoch, sizeof epoch, NULL) != PT_OK)
        return STORE_MEMORY;
    if (!fits(m->base.bytes, SESSION_COST, STORE_OPENING_BYTES(m->base.options.bytes)))
        return STORE_FULL_BYTES;
    const store_result result = session_add(m, name, epoch, who->address, &e);
    if (result != STORE_DONE)
        return result;
    if (!JOURNAL(m, add_session, m->journal_self, epoch, name)) {
        bool found;
        session_forget(m, session_place(m, name, &found));
        return STORE_UNAVAILABLE;
    }
    memory_note(m, STORE_OPENED, who, name, 0);
    *ret_session = e;
    return STORE_DONE;
}

/* ---- seats ---- */

static size_t seat_place(const session *e, uint32_t party)
{
    size_t low = 0;
    while (low < e->n_seats && e->seats[low].party < party)
        low++;
    return low;
}

static seat *seat_find(const session *e, uint32_t party)
{
    const size_t place = seat_place(e, party);
    return place < e->n_seats && e->seats[place].party == party ? &e->seats[place] : NULL;
}

static bool seat_is_held_by(const seat *own, const store_caller *who)
{
    return own->has_token && who->has_token &&
           ct_equal(own->digest, who->digest, STORE_DIGEST_BYTES);
}

/* Whether the caller means this session, and may speak for its seat in it. */
static store_result may_speak(const memory_store *m, const session *e, const store_caller *who)
{
    if (who->has_epoch && (e == NULL || e->epoch != who->epoch))
        return STORE_LOST;
    const seat *own = e == NULL ? NULL : seat_find(e, who->party);
    const bool is_bound = own != NULL && own->has_token;
    if (!is_bound && !m->base.options.needs_tokens)
        return STORE_DONE;
    if (!who->has_token)
        return STORE_UNAUTHORIZED;
    return is_bound && seat_is_held_by(own, who) ? STORE_DONE : STORE_FORBIDDEN;
}

/* A sign of life of that seat. The time-out may be one that was told before a restart. */
static void session_touch(session *e, uint32_t party, uint32_t timeout_ms)
{
    seat *own = seat_find(e, party);
    e->active_ms = clock_ms();
    if (own == NULL)
        return;
    if (timeout_ms != 0)
        own->timeout_ms = timeout_ms;
    own->active_ms = e->active_ms;
    own->absent_ms = 0;
}

/* The smallest that was told by those who are there. */
static uint64_t session_timeout(const memory_store *m, const session *e)
{
    uint64_t least = UINT64_MAX;
    for (size_t i = 0; i < e->n_seats; i++)
        if (e->seats[i].has_token && !e->seats[i].left)
            least = min_u64(least, e->seats[i].timeout_ms);
    return least == UINT64_MAX ? m->base.options.timeout_ms : least;
}

static bool seat_is_dead(const seat *own, uint64_t timeout_ms, uint64_t now_ms)
{
    if (own->absent_ms != 0 && now_ms - own->absent_ms >= timeout_ms / STORE_ABSENCE)
        return true;
    return now_ms - own->active_ms >= timeout_ms;
}

static bool anybody_lives(const memory_store *m, const session *e)
{
    const uint64_t timeout_ms = session_timeout(m, e);
    const uint64_t now = clock_ms();
    for (size_t i = 0; i < e->n_seats; i++)
        if (!e->seats[i].left && !seat_is_dead(&e->seats[i], timeout_ms, now))
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

/* Whether the caller may sit down; STORE_LOST means only in a new session of this name. */
static store_result seat_is_free(const memory_store *m, const session *e, const store_caller *who)
{
    const seat *own = seat_find(e, who->party);
    if (own != NULL && seat_is_held_by(own, who))
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

static store_result seat_add(memory_store *m, session *e, uint32_t party, seat **ret_seat)
{
    if (e->n_seats >= m->base.options.seats || e->n_seats >= STORE_SEATS_MAX)
        return STORE_FULL_SEATS;
    const store_result charged = session_charge(m, e, sizeof(seat));
    if (charged != STORE_DONE)
        return charged;
    const size_t place = seat_place(e, party);
    seat *seats = open_gap(e->seats, &e->n_seats, place, sizeof *seats);
    if (seats == NULL) {
        session_discharge(m, e, sizeof(seat));
        return STORE_MEMORY;
    }
    e->seats = seats;
    seats[place] = (seat){.party = party, .timeout_ms = m->base.options.timeout_ms};
    *ret_seat = &seats[place];
    return STORE_DONE;
}

static void seat_remove(memory_store *m, session *e, seat *own)
{
    const size_t at = (size_t)(own - e->seats);
    e->n_seats--;
    memmove(own, own + 1, (e->n_seats - at) * sizeof *own);
    session_discharge(m, e, sizeof(seat));
}

static store_result sit(memory_store *m, session *e, const store_caller *who,
                        store_joined *ret_joined)
{
    seat *own = seat_find(e, who->party);
    const bool is_new = own == NULL;
    const bool is_same =
        !is_new && !own->left && (own->has_token ? seat_is_held_by(own, who) : !who->has_token);
    if (is_new) {
        const store_result result = seat_add(m, e, who->party, &own);
        if (result != STORE_DONE)
            return result;
    }
    const uint8_t *digest = who->has_token ? who->digest : NULL;
    if (!is_same && !JOURNAL(m, set_seat, m->journal_self, e->epoch, who->party, digest, false)) {
        if (is_new)
            seat_remove(m, e, own);
        return STORE_UNAVAILABLE;
    }
    own->left = false;
    own->has_token = who->has_token;
    memcpy(own->digest, who->digest, STORE_DIGEST_BYTES);
    own->timeout_ms = who->timeout_ms != 0 ? who->timeout_ms : m->base.options.timeout_ms;
    ret_joined->timeout_ms = own->timeout_ms;
    session_touch(e, who->party, who->timeout_ms);
    if (!is_same)
        memory_note(m, STORE_SEATED, who, e->name, who->party);
    memory_wake(m, STORE_WAKE_WATCHERS, e->name, 0, 0);
    return STORE_DONE;
}

static void tell_holder(const seat *own, store_joined *ret_joined)
{
    ret_joined->has_holder = own->has_token;
    memcpy(ret_joined->holder, own->digest, STORE_DIGEST_BYTES);
}

static store_result memory_join(store *s, const store_caller *who, store_joined *ret_joined)
{
    memory_store *m = (memory_store *)s;
    bool found;
    const size_t place = session_place(m, who->session, &found);
    store_result result = STORE_DONE;
    if (found) {
        result = seat_is_free(m, m->sessions[place], who);
        if (result == STORE_TAKEN)
            tell_holder(seat_find(m->sessions[place], who->party), ret_joined);
        if (result == STORE_LOST)
            result = who->may_open ? session_drop(m, place, STORE_REPLACED, who) : STORE_CLOSED;
    }
    session *e = NULL;
    if (result == STORE_DONE)
        result = session_open(m, who, &e);
    if (result == STORE_DONE)
        result = sit(m, e, who, ret_joined);
    if (result == STORE_DONE)
        ret_joined->epoch = e->epoch;
    return result;
}

/* Leaves a seat; `who` made it happen, or NULL: time did. */
static store_result seat_leave(memory_store *m, size_t place, seat *own, const store_caller *who)
{
    session *e = m->sessions[place];
    const uint32_t party = own->party;
    bool is_last = true;
    for (size_t i = 0; i < e->n_seats; i++)
        is_last = is_last && (&e->seats[i] == own || e->seats[i].left);
    if (is_last)
        return session_drop(m, place, STORE_ENDED, who);
    /* Where nothing happened yet the seat becomes free again. */
    const uint8_t *digest = own->has_token ? own->digest : NULL;
    if (e->used ? !JOURNAL(m, set_seat, m->journal_self, e->epoch, party, digest, true)
                : !JOURNAL(m, drop_seat, m->journal_self, e->epoch, party))
        return STORE_UNAVAILABLE;
    if (!own->left)
        memory_note(m, STORE_LEFT, who, e->name, party);
    own->left = true;
    if (!e->used)
        seat_remove(m, e, own);
    memory_wake(m, STORE_WAKE_SESSION, e->name, 0, 0);
    return STORE_DONE;
}

static store_result memory_leave(store *s, const store_caller *who)
{
    memory_store *m = (memory_store *)s;
    bool found;
    const size_t place = session_place(m, who->session, &found);
    session *e = found ? m->sessions[place] : NULL;
    seat *own = e == NULL ? NULL : seat_find(e, who->party);
    if (own == NULL)
        return STORE_DONE;
    const store_result result = may_speak(m, e, who);
    return result == STORE_DONE ? seat_leave(m, place, own, who) : result;
}

/* The seat of who says so, or NULL. */
static seat *seat_of(const memory_store *m, const store_caller *who)
{
    const session *e = session_find(m, who->session);
    seat *own = e == NULL ? NULL : seat_find(e, who->party);
    return own != NULL && seat_is_held_by(own, who) ? own : NULL;
}

static store_result memory_absent(store *s, const store_caller *who)
{
    seat *own = seat_of((memory_store *)s, who);
    if (own != NULL)
        own->absent_ms = clock_ms(); /* until now there was one, whatever others said */
    return STORE_DONE;
}

static void memory_present(store *s, const store_sign *signs, size_t n)
{
    const uint64_t now = clock_ms();
    for (size_t i = 0; i < n; i++) {
        seat *own = seat_of((memory_store *)s, signs[i].who);
        if (own == NULL)
            continue;
        own->absent_ms = 0;
        if (now - own->active_ms > signs[i].ago_ms)
            own->active_ms = now - signs[i].ago_ms;
    }
}

static store_result memory_seats(store *s, const store_caller *who, store_seats *ret_seats)
{
    const memory_store *m = (const memory_store *)s;
    session *e = session_find(m, who->session);
    *ret_seats = (store_seats){0};
    if (who->has_epoch && (e == NULL || e->epoch != who->epoch))
        return STORE_LOST;
    if (e == NULL)
        return STORE_DONE;
    if (who->has_epoch)
        e->active_ms = clock_ms();
    for (size_t i = 0; i < e->n_seats; i++) {
        ret_seats->parties[ret_seats->n++] = e->seats[i].party;
        if (!seat_is_held_by(&e->seats[i], who))
            continue;
        ret_seats->has_own = true;
        ret_seats->own = e->seats[i].party;
        session_touch(e, ret_seats->own, who->timeout_ms);
    }
    return STORE_DONE;
}

/* ---- messages ---- */

/* An empty queue takes any message, else one over the limit could never pass. */
static bool has_room(const memory_store *m, const pair *p, size_t len)
{
    const store_options *o = &m->base.options;
    return p->count < o->messages && (p->count == 0 || len + p->bytes <= o->queue_bytes);
}

static store_result put_message(memory_store *m, session *e, pair *p, uint64_t number,
                                uint8_t *bytes, size_t len)
{
    if (number != 0 && number <= p->last_number)
        return STORE_REPEATED;
    if (number != 0 && number != p->last_number + 1)
        return STORE_LOST;
    if (!has_room(m, p, len))
        return STORE_FULL_QUEUE;
    store_result result = session_charge(m, e, len + OVERHEAD);
    if (result != STORE_DONE)
        return result;
    stored *message = stored_new(p->last_number + 1, bytes, len);
    if (message == NULL)
        result = STORE_MEMORY;
    if (result == STORE_DONE &&
        !JOURNAL(m, add_message, m->journal_self, e->epoch, p->from, p->to, message)) {
        mem_free(message);
        result = STORE_UNAVAILABLE;
    }
    if (result != STORE_DONE) {
        session_discharge(m, e, len + OVERHEAD);
        return result;
    }
    append(m, e, p, message);
    PT_DEBUG_ASSERT(session_is_sound(e));
    m->base.carried++;
    memory_wake(m, STORE_WAKE_RECEIVER, e->name, p->from, p->to);
    return STORE_DONE;
}

static store_result memory_put(store *s, const store_caller *who, uint32_t to, uint64_t number,
                               uint8_t *bytes, size_t len)
{
    memory_store *m = (memory_store *)s;
    session *e = session_find(m, who->session);
    pair *p = NULL;
    store_result result = may_speak(m, e, who);
    if (result == STORE_DONE)
        result = session_open(m, who, &e);
    if (result != STORE_DONE)
        return result;
    session_touch(e, who->party, who->timeout_ms);
    result = pair_open(m, e, who->party, to, &p);
    return result == STORE_DONE ? put_message(m, e, p, number, bytes, len) : result;
}

static store_result why_nothing(const session *e, uint32_t from)
{
    const seat *sender = seat_find(e, from);
    return sender != NULL && sender->left ? STORE_GONE : STORE_EMPTY;
}

static store_result memory_get(store *s, const store_caller *who, uint32_t from, uint64_t number,
                               stored **ret_message)
{
    memory_store *m = (memory_store *)s;
    session *e = session_find(m, who->session);
    const store_result result = may_speak(m, e, who);
    if (result != STORE_DONE)
        return result;
    if (e != NULL)
        session_touch(e, who->party, who->timeout_ms);
    pair *p = e == NULL ? NULL : pair_find(e, from, who->party);
    const store_result nothing = e == NULL ? STORE_EMPTY : why_nothing(e, from);
    if (p == NULL)
        return number > 1 ? STORE_LOST : nothing;
    if (number != 0) {
        if (number > p->last_number + 1)
            return STORE_LOST;
        const store_result acknowledged = acknowledge(m, e, p, number);
        if (acknowledged != STORE_DONE)
            return acknowledged;
        if (p->first == NULL ? number <= p->last_number : p->first->number != number)
            return STORE_LOST;
    }
    if (p->first == NULL)
        return nothing;
    *ret_message = stored_hold(p->first);
    return STORE_DONE;
}

static store_result memory_delivered(store *s, const store_caller *who, uint32_t from,
                                     uint64_t number)
{
    memory_store *m = (memory_store *)s;
    session *e = session_find(m, who->session);
    const store_result result = may_speak(m, e, who);
    pair *p = e == NULL ? NULL : pair_find(e, from, who->party);
    return result == STORE_DONE && p != NULL ? acknowledge(m, e, p, number + 1) : result;
}

/* ---- the rest ---- */

/* A seat that has died, and is not left yet; NULL: none. */
static seat *find_dead(const memory_store *m, const session *e, uint64_t now_ms)
{
    const uint64_t timeout_ms = session_timeout(m, e);
    for (size_t i = 0; i < e->n_seats; i++) {
        seat *own = &e->seats[i];
        if (own->has_token && !own->left && seat_is_dead(own, timeout_ms, now_ms))
            return own;
    }
    return NULL;
}

static void memory_sweep(store *s, bool mourns)
{
    memory_store *m = (memory_store *)s;
    const uint64_t now = clock_ms();
    for (size_t i = m->n_sessions; i-- != 0;) {
        const session *e = m->sessions[i];
        seat *dead = mourns ? find_dead(m, e, now) : NULL;
        if (now - e->active_ms >= s->options.expiry_ms)
            (void)session_drop(m, i, STORE_EXPIRED, NULL);
        else if (dead != NULL) /* another one next time */
            (void)seat_leave(m, i, dead, NULL);
    }
}

static void memory_collect(store *s)
{
    (void)s;
}

static store_result memory_check(store *s)
{
    memory_store *m = (memory_store *)s;
    return JOURNAL(m, check, m->journal_self) ? STORE_DONE : STORE_UNAVAILABLE;
}

static store_result memory_figures(store *s, store_figures *ret_figures)
{
    const memory_store *m = (const memory_store *)s;
    *ret_figures =
        (store_figures){.sessions = m->n_sessions, .messages = m->n_messages, .bytes = s->bytes};
    for (size_t i = 0; i < m->n_sessions; i++)
        ret_figures->seats += m->sessions[i]->n_seats;
    return STORE_DONE;
}

static void memory_free(store *s)
{
    memory_store *m = (memory_store *)s;
    while (m->n_sessions != 0)
        session_forget(m, m->n_sessions - 1);
    PT_ASSERT(m->base.bytes == 0 && m->n_messages == 0 && m->openers == NULL);
    mem_free(m->sessions);
    if (m->journal != NULL)
        m->journal->free(m->journal_self);
    mem_free(m);
}

static const store_ops memory_ops = {memory_join,  memory_leave,     memory_seats,  memory_put,
                                     memory_get,   memory_delivered, memory_absent, memory_present,
                                     memory_sweep, memory_collect,   memory_check,  memory_figures,
                                     memory_free};

pt_status store_memory_open(store **ret_store, const store_options *options,
                            const store_listener *listener, pt_error *error)
{
    memory_store *m = mem_new(1, sizeof *m);
    if (m == NULL)
        return error_memory(error);
    m->base =
        (store){.ops = &memory_ops, .kind = "memory", .options = *options, .listener = *listener};
    *ret_store = &m->base;
    return PT_OK;
}

void store_memory_attach(store *s, const store_journal *journal, void *self)
{
    memory_store *m = (memory_store *)s;
    m->journal = journal;
    m->journal_self = self;
}

/* ---- putting back ---- */

bool store_memory_add_session(store *s, uint64_t epoch, const char *name)
{
    memory_store *m = (memory_store *)s;
    session *e;
    return session_find(m, name) == NULL && session_add(m, name, epoch, NULL, &e) == STORE_DONE;
}

bool store_memory_add_seat(store *s, const char *name, uint32_t party, const uint8_t *digest,
                           bool left)
{
    memory_store *m = (memory_store *)s;
    session *e = session_find(m, name);
    seat *own = NULL;
    if (e == NULL || seat_find(e, party) != NULL || seat_add(m, e, party, &own) != STORE_DONE)
        return false;
    own->left = left;
    own->has_token = digest != NULL;
    if (digest != NULL)
        memcpy(own->digest, digest, STORE_DIGEST_BYTES);
    session_touch(e, party, 0);
    return true;
}

bool store_memory_add_queue(store *s, const char *name, uint32_t from, uint32_t to,
                            uint64_t last_number)
{
    memory_store *m = (memory_store *)s;
    session *e = session_find(m, name);
    pair *p = NULL;
    if (e == NULL || pair_open(m, e, from, to, &p) != STORE_DONE)
        return false;
    p->last_number = last_number;
    e->used = true;
    return true;
}

bool store_memory_add_message(store *s, const char *name, uint32_t from, uint32_t to,
                              stored *message)
{
    memory_store *m = (memory_store *)s;
    session *e = session_find(m, name);
    pair *p = e == NULL ? NULL : pair_find(e, from, to);
    /* The messages left of a queue are its newest ones, without a gap. */
    if (p == NULL || message->number == 0 || message->number > p->last_number ||
        (p->last != NULL && message->number != p->last->number + 1) ||
        session_charge(m, e, message->len + OVERHEAD) != STORE_DONE)
        return false;
    const uint64_t last_number = p->last_number;
    append(m, e, p, message);
    p->last_number = last_number;
    return true;
}
