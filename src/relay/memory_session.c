#include "relay/memory_session.h"

#include <string.h>

#include "base/assert.h"
#include "base/clock.h"
#include "base/mem.h"
#include "base/random.h"

bool memory_journal_wrote(memory_store *m, bool ok)
{
    if (!ok)
        m->base.errors++;
    return ok;
}

void memory_wake(memory_store *m, store_wake what, const char *name, uint32_t from, uint32_t to)
{
    m->base.listener.wake(m->base.listener.user, what, name, from, to);
}

void memory_note(memory_store *m, store_event event, const store_caller *who, const char *name,
                 uint32_t party)
{
    m->base.listener.note(m->base.listener.user, event, who, name, party);
}

static bool fits(size_t used, size_t more, size_t max)
{
    return more <= max && used <= max - more;
}

store_result memory_charge(memory_store *m, memory_session *e, size_t bytes)
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

void memory_discharge(memory_store *m, memory_session *e, size_t bytes)
{
    PT_ASSERT(e->bytes >= bytes && m->base.bytes >= bytes);
    e->bytes -= bytes;
    m->base.bytes -= bytes;
    if (e->opener != NULL) {
        PT_ASSERT(e->opener->bytes >= bytes);
        e->opener->bytes -= bytes;
    }
}

void *memory_open_gap(void *array, size_t *count, size_t place, size_t size)
{
    char *grown = mem_resize(array, *count + 1, size);
    if (grown == NULL)
        return NULL;
    memmove(grown + (place + 1) * size, grown + place * size, (*count - place) * size);
    (*count)++;
    return grown;
}

/* ---- queues ---- */

static bool pair_before(const memory_pair *p, uint32_t from, uint32_t to)
{
    return p->from != from ? p->from < from : p->to < to;
}

/* Where the pair is, or belongs. */
static size_t pair_place(const memory_session *e, uint32_t from, uint32_t to)
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

static bool pair_is_at(const memory_session *e, size_t place, uint32_t from, uint32_t to)
{
    return place < e->n_pairs && e->pairs[place]->from == from && e->pairs[place]->to == to;
}

memory_pair *memory_pair_find(const memory_session *e, uint32_t from, uint32_t to)
{
    const size_t place = pair_place(e, from, to);
    return pair_is_at(e, place, from, to) ? e->pairs[place] : NULL;
}

store_result memory_pair_open(memory_store *m, memory_session *e, uint32_t from, uint32_t to,
                              memory_pair **ret_pair)
{
    const size_t place = pair_place(e, from, to);
    if (pair_is_at(e, place, from, to)) {
        *ret_pair = e->pairs[place];
        return STORE_DONE;
    }
    const store_result charged = memory_charge(m, e, sizeof(memory_pair) + MEMORY_OVERHEAD);
    if (charged != STORE_DONE)
        return charged;
    memory_pair *p = mem_new(1, sizeof *p);
    memory_pair **pairs =
        p == NULL ? NULL : memory_open_gap(e->pairs, &e->n_pairs, place, sizeof *pairs);
    if (pairs == NULL) {
        mem_free(p);
        memory_discharge(m, e, sizeof(memory_pair) + MEMORY_OVERHEAD);
        return STORE_MEMORY;
    }
    e->pairs = pairs;
    pairs[place] = p;
    p->from = from;
    p->to = to;
    *ret_pair = p;
    return STORE_DONE;
}

void memory_pair_append(memory_store *m, memory_session *e, memory_pair *p, stored *message)
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

static void drop_first(memory_store *m, memory_session *e, memory_pair *p)
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
    memory_discharge(m, e, first->len + MEMORY_OVERHEAD);
    stored_release(first);
}

store_result memory_pair_acknowledge(memory_store *m, memory_session *e, memory_pair *p,
                                     uint64_t number)
{
    bool dropped = false;
    store_result result = STORE_DONE;
    while (result == STORE_DONE && p->first != NULL && p->first->number < number) {
        if (!MEMORY_JOURNAL(m, drop_message, m->journal_self, p->first))
            result = STORE_UNAVAILABLE;
        else
            drop_first(m, e, p);
        dropped = dropped || result == STORE_DONE;
    }
    if (dropped)
        memory_wake(m, STORE_WAKE_SENDER, e->name, p->from, p->to);
    return result;
}

store_result memory_pairs_reset(memory_store *m, memory_session *e, uint32_t from)
{
    store_result result = STORE_DONE;
    for (size_t i = 0; result == STORE_DONE && i < e->n_pairs; i++) {
        memory_pair *p = e->pairs[i];
        if (p->from != from || p->last_number == 0)
            continue;
        result = memory_pair_acknowledge(m, e, p, p->last_number + 1);
        if (result == STORE_DONE &&
            !MEMORY_JOURNAL(m, reset_queue, m->journal_self, e->epoch, p->from, p->to))
            result = STORE_UNAVAILABLE;
        if (result == STORE_DONE)
            p->last_number = 0;
    }
    return result;
}

/* ---- sessions ---- */

size_t memory_session_place(const memory_store *m, const char *name, bool *ret_found)
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

memory_session *memory_session_find(const memory_store *m, const char *name)
{
    bool found;
    const size_t place = memory_session_place(m, name, &found);
    return found ? m->sessions[place] : NULL;
}

static void session_free(memory_session *e)
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
        !fits(o->bytes, MEMORY_SESSION_COST, limits->address_bytes))
        return STORE_FULL_ADDRESS_BYTES;
    if (o == NULL)
        o = opener_add(m, address);
    if (o == NULL)
        return STORE_MEMORY;
    o->n_sessions++;
    *ret_opener = o;
    return STORE_DONE;
}

store_result memory_session_add(memory_store *m, const char *name, uint64_t epoch,
                                const char *address, memory_session **ret_session)
{
    const store_options *o = &m->base.options;
    bool found;
    const size_t place = memory_session_place(m, name, &found);
    PT_ASSERT(!found);
    opener *by = NULL;
    if (m->n_sessions >= o->sessions)
        return STORE_FULL_SESSIONS;
    if (!fits(m->base.bytes, MEMORY_SESSION_COST, o->bytes))
        return STORE_FULL_BYTES;
    const store_result taken = opener_take(m, address, &by);
    if (taken != STORE_DONE)
        return taken;
    memory_session *e = mem_new(1, sizeof *e);
    if (e != NULL)
        e->name = mem_string(name);
    memory_session **sessions =
        e == NULL || e->name == NULL
            ? NULL
            : memory_open_gap(m->sessions, &m->n_sessions, place, sizeof *sessions);
    if (sessions == NULL) {
        opener_release(m, by);
        session_free(e);
        return STORE_MEMORY;
    }
    m->sessions = sessions;
    sessions[place] = e;
    e->epoch = epoch;
    e->active_ms = clock_ms();
    e->bytes = MEMORY_SESSION_COST;
    m->base.bytes += MEMORY_SESSION_COST;
    e->opener = by;
    if (by != NULL)
        by->bytes += MEMORY_SESSION_COST;
    *ret_session = e;
    return STORE_DONE;
}

bool memory_session_is_sound(const memory_session *e)
{
    size_t bytes = MEMORY_SESSION_COST + e->n_seats * sizeof(memory_seat);
    for (size_t i = 1; i < e->n_seats; i++)
        if (e->seats[i - 1].party >= e->seats[i].party)
            return false;
    for (size_t i = 0; i < e->n_pairs; i++) {
        const memory_pair *p = e->pairs[i];
        if (i != 0 && !pair_before(e->pairs[i - 1], p->from, p->to))
            return false;
        bytes += sizeof *p + MEMORY_OVERHEAD + p->bytes + p->count * MEMORY_OVERHEAD;
    }
    return bytes == e->bytes;
}

void memory_session_forget(memory_store *m, size_t place)
{
    memory_session *e = m->sessions[place];
    m->n_sessions--;
    memmove(m->sessions + place, m->sessions + place + 1,
            (m->n_sessions - place) * sizeof *m->sessions);
    for (size_t i = 0; i < e->n_pairs; i++)
        while (e->pairs[i]->first != NULL)
            drop_first(m, e, e->pairs[i]);
    memory_discharge(m, e, e->bytes);
    opener_release(m, e->opener);
    session_free(e);
}

static bool journal_drop(memory_store *m, const memory_session *e)
{
    if (m->journal == NULL)
        return true;
    bool ok = m->journal->begin_drop(m->journal_self, e->epoch);
    for (size_t i = 0; ok && i < e->n_pairs; i++)
        for (const stored *p = e->pairs[i]->first; ok && p != NULL; p = p->next)
            ok = m->journal->drop_message(m->journal_self, p);
    return memory_journal_wrote(m, m->journal->end_drop(m->journal_self, ok));
}

store_result memory_session_drop(memory_store *m, size_t place, store_event why,
                                 const store_caller *who)
{
    PT_ASSERT(memory_session_is_sound(m->sessions[place]));
    char *name = mem_string(m->sessions[place]->name);
    if (name == NULL)
        return STORE_MEMORY;
    if (!journal_drop(m, m->sessions[place])) {
        mem_free(name);
        return STORE_UNAVAILABLE;
    }
    memory_session_forget(m, place);
    memory_note(m, why, who, name, 0);
    memory_wake(m, STORE_WAKE_SESSION, name, 0, 0);
    mem_free(name);
    return STORE_DONE;
}

store_result memory_session_open(memory_store *m, const store_caller *who,
                                 memory_session **ret_session)
{
    const char *name = who->session;
    memory_session *e = memory_session_find(m, name);
    uint64_t epoch;
    if (e != NULL) {
        *ret_session = e;
        return STORE_DONE;
    }
    if (!who->may_open)
        return STORE_CLOSED;
    if (random_bytes(&epoch, sizeof epoch, NULL) != PT_OK)
        return STORE_MEMORY;
    if (!fits(m->base.bytes, MEMORY_SESSION_COST, STORE_OPENING_BYTES(m->base.options.bytes)))
        return STORE_FULL_BYTES;
    const store_result result = memory_session_add(m, name, epoch, who->address, &e);
    if (result != STORE_DONE)
        return result;
    if (!MEMORY_JOURNAL(m, add_session, m->journal_self, epoch, name)) {
        bool found;
        memory_session_forget(m, memory_session_place(m, name, &found));
        return STORE_UNAVAILABLE;
    }
    memory_note(m, STORE_OPENED, who, name, 0);
    *ret_session = e;
    return STORE_DONE;
}
