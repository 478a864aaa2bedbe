/* The store in memory: its functions, on the sessions of memory_session.h. */
#include <string.h>

#include "base/assert.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/mem.h"
#include "relay/memory_session.h"
#include "relay/store_impl.h"

/* ---- seats ---- */

static void tell_holder(const memory_seat *own, store_joined *ret_joined)
{
    ret_joined->has_holder = own->has_token;
    memcpy(ret_joined->holder, own->digest, STORE_DIGEST_BYTES);
}

static store_result memory_join(store *s, const store_caller *who, store_joined *ret_joined)
{
    memory_store *m = (memory_store *)s;
    bool found;
    const size_t place = memory_session_place(m, who->session, &found);
    store_result result = STORE_DONE;
    if (found) {
        result = memory_seat_is_free(m, m->sessions[place], who);
        if (result == STORE_TAKEN)
            tell_holder(memory_seat_find(m->sessions[place], who->party), ret_joined);
        if (result == STORE_LOST)
            result =
                who->may_open ? memory_session_drop(m, place, STORE_REPLACED, who) : STORE_CLOSED;
    }
    memory_session *e = NULL;
    if (result == STORE_DONE)
        result = memory_session_open(m, who, &e);
    if (result == STORE_DONE)
        result = memory_seat_take(m, e, who, ret_joined);
    if (result == STORE_DONE)
        ret_joined->epoch = e->epoch;
    return result;
}

static store_result memory_leave(store *s, const store_caller *who)
{
    memory_store *m = (memory_store *)s;
    bool found;
    const size_t place = memory_session_place(m, who->session, &found);
    memory_session *e = found ? m->sessions[place] : NULL;
    memory_seat *own = e == NULL ? NULL : memory_seat_find(e, who->party);
    if (own == NULL)
        return STORE_DONE;
    const store_result result = memory_may_speak(m, e, who);
    return result == STORE_DONE ? memory_seat_leave(m, place, own, who) : result;
}

static store_result memory_absent(store *s, const store_caller *who)
{
    memory_seat *own = memory_seat_of((memory_store *)s, who);
    if (own != NULL)
        own->absent_ms = clock_ms(); /* until now there was one, whatever others said */
    return STORE_DONE;
}

static void memory_present(store *s, const store_sign *signs, size_t n)
{
    const uint64_t now = clock_ms();
    for (size_t i = 0; i < n; i++) {
        memory_seat *own = memory_seat_of((memory_store *)s, signs[i].who);
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
    memory_session *e = memory_session_find(m, who->session);
    *ret_seats = (store_seats){0};
    if (who->has_epoch && (e == NULL || e->epoch != who->epoch))
        return STORE_LOST;
    if (e == NULL)
        return STORE_DONE;
    if (who->has_epoch)
        e->active_ms = clock_ms();
    for (size_t i = 0; i < e->n_seats; i++) {
        const memory_seat *seat = &e->seats[i];
        ret_seats->parties[ret_seats->n++] = seat->party;
        if (memory_seat_is_held_by(seat, who)) {
            ret_seats->has_own = true;
            ret_seats->own = seat->party;
            memory_seat_touch(e, seat->party, who);
        }
        store_seats_add_terms(ret_seats, seat->party, seat->terms, strlen(seat->terms));
    }
    return STORE_DONE;
}

/* ---- messages ---- */

/* An empty queue takes any message, else one over the limit could never pass. */
static bool has_room(const memory_store *m, const memory_pair *p, size_t len)
{
    const store_options *o = &m->base.options;
    return p->count < o->messages && (p->count == 0 || len + p->bytes <= o->queue_bytes);
}

static store_result put_message(memory_store *m, memory_session *e, memory_pair *p,
                                store_place place, uint8_t *bytes, size_t len)
{
    if (place.number != 0 && place.number <= p->last_number)
        return STORE_REPEATED;
    if (place.number > p->last_number + 1)
        return place.first != 0 && place.first <= p->last_number + 1 ? STORE_EARLY : STORE_LOST;
    if (!has_room(m, p, len))
        return STORE_FULL_QUEUE;
    store_result result = memory_charge(m, e, len + MEMORY_OVERHEAD);
    if (result != STORE_DONE)
        return result;
    stored *message = stored_new(p->last_number + 1, bytes, len);
    if (message == NULL)
        result = STORE_MEMORY;
    if (result == STORE_DONE &&
        !MEMORY_JOURNAL(m, add_message, m->journal_self, e->epoch, p->from, p->to, message)) {
        mem_free(message);
        result = STORE_UNAVAILABLE;
    }
    if (result != STORE_DONE) {
        memory_discharge(m, e, len + MEMORY_OVERHEAD);
        return result;
    }
    memory_pair_append(m, e, p, message);
    PT_DEBUG_ASSERT(memory_session_is_sound(e));
    m->base.carried++;
    memory_wake(m, STORE_WAKE_RECEIVER, e->name, p->from, p->to);
    return STORE_DONE;
}

static store_result memory_put(store *s, const store_caller *who, uint32_t to, store_place place,
                               uint8_t *bytes, size_t len)
{
    memory_store *m = (memory_store *)s;
    memory_session *e = memory_session_find(m, who->session);
    memory_pair *p = NULL;
    store_result result = memory_may_speak(m, e, who);
    if (result == STORE_DONE)
        result = memory_session_open(m, who, &e);
    if (result != STORE_DONE)
        return result;
    memory_seat_touch(e, who->party, who);
    result = memory_pair_open(m, e, who->party, to, &p);
    return result == STORE_DONE ? put_message(m, e, p, place, bytes, len) : result;
}

static store_result why_nothing(const memory_session *e, uint32_t from)
{
    const memory_seat *sender = memory_seat_find(e, from);
    return sender != NULL && sender->left ? STORE_GONE : STORE_EMPTY;
}

static stored *find_message(const memory_pair *p, uint64_t number)
{
    stored *found = p->first;
    while (found != NULL && number != 0 && found->number != number)
        found = found->next;
    return found;
}

/* Acknowledges what is settled. What is asked for must not have been: of several requests the
 * oldest may come last, with a first that others have settled since. */
static store_result settle(memory_store *m, memory_session *e, memory_pair *p, uint64_t first,
                           uint64_t number)
{
    if (first > p->last_number + 1)
        return STORE_LOST;
    const store_result result = memory_pair_acknowledge(m, e, p, first);
    if (result != STORE_DONE)
        return result;
    return number >= (p->first == NULL ? p->last_number + 1 : p->first->number) ? STORE_DONE
                                                                                : STORE_LOST;
}

static store_result memory_get(store *s, const store_caller *who, uint32_t from, store_place place,
                               stored **ret_message)
{
    const uint64_t first = place.first != 0 ? place.first : place.number;
    memory_store *m = (memory_store *)s;
    memory_session *e = memory_session_find(m, who->session);
    const store_result result = memory_may_speak(m, e, who);
    if (result != STORE_DONE)
        return result;
    if (e != NULL)
        memory_seat_touch(e, who->party, who);
    memory_pair *p = e == NULL ? NULL : memory_pair_find(e, from, who->party);
    const store_result nothing = e == NULL ? STORE_EMPTY : why_nothing(e, from);
    if (p == NULL)
        return first > 1 ? STORE_LOST : nothing;
    const store_result settled = first == 0 ? STORE_DONE : settle(m, e, p, first, place.number);
    stored *found = settled == STORE_DONE ? find_message(p, place.number) : NULL;
    if (settled != STORE_DONE || found == NULL)
        return settled != STORE_DONE ? settled : nothing;
    *ret_message = stored_hold(found);
    return STORE_DONE;
}

static store_result memory_delivered(store *s, const store_caller *who, uint32_t from,
                                     uint64_t number)
{
    memory_store *m = (memory_store *)s;
    memory_session *e = memory_session_find(m, who->session);
    const store_result result = memory_may_speak(m, e, who);
    memory_pair *p = e == NULL ? NULL : memory_pair_find(e, from, who->party);
    return result == STORE_DONE && p != NULL ? memory_pair_acknowledge(m, e, p, number + 1)
                                             : result;
}

static store_result memory_received(store *s, const store_caller *who, uint32_t to,
                                    uint64_t *ret_number)
{
    memory_store *m = (memory_store *)s;
    memory_session *e = memory_session_find(m, who->session);
    const store_result result = memory_may_speak(m, e, who);
    if (result == STORE_DONE && e != NULL)
        memory_seat_touch(e, who->party, who);
    const memory_pair *p = e == NULL ? NULL : memory_pair_find(e, who->party, to);
    *ret_number = p == NULL ? 0 : p->last_number;
    return result;
}

/* ---- the rest ---- */

static void memory_sweep(store *s, bool mourns)
{
    memory_store *m = (memory_store *)s;
    const uint64_t now = clock_ms();
    for (size_t i = m->n_sessions; i-- != 0;) {
        const memory_session *e = m->sessions[i];
        memory_seat *dead = mourns ? memory_seat_find_dead(m, e, now) : NULL;
        if (now - e->active_ms >= s->options.expiry_ms)
            (void)memory_session_drop(m, i, STORE_EXPIRED, NULL);
        else if (dead != NULL) /* another one next time */
            (void)memory_seat_leave(m, i, dead, NULL);
    }
}

static void memory_collect(store *s)
{
    (void)s;
}

static store_result memory_check(store *s)
{
    memory_store *m = (memory_store *)s;
    return MEMORY_JOURNAL(m, check, m->journal_self) ? STORE_DONE : STORE_UNAVAILABLE;
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
        memory_session_forget(m, m->n_sessions - 1);
    PT_ASSERT(m->base.bytes == 0 && m->n_messages == 0 && m->openers == NULL);
    mem_free(m->sessions);
    if (m->journal != NULL)
        m->journal->free(m->journal_self);
    mem_free(m);
}

static const store_ops memory_ops = {
    memory_join,      memory_leave,    memory_seats,   memory_put,     memory_get,
    memory_delivered, memory_received, memory_absent,  memory_present, memory_sweep,
    memory_collect,   memory_check,    memory_figures, memory_free};

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
    memory_session *e;
    return memory_session_find(m, name) == NULL &&
           memory_session_add(m, name, epoch, NULL, &e) == STORE_DONE;
}

bool store_memory_add_seat(store *s, const char *name, uint32_t party, const uint8_t *digest,
                           bool left)
{
    memory_store *m = (memory_store *)s;
    memory_session *e = memory_session_find(m, name);
    memory_seat *own = NULL;
    if (e == NULL || memory_seat_find(e, party) != NULL ||
        memory_seat_add(m, e, party, &own) != STORE_DONE)
        return false;
    own->left = left;
    own->has_token = digest != NULL;
    if (digest != NULL)
        memcpy(own->digest, digest, STORE_DIGEST_BYTES);
    memory_seat_touch(e, party, &(store_caller){0});
    return true;
}

bool store_memory_add_queue(store *s, const char *name, uint32_t from, uint32_t to,
                            uint64_t last_number)
{
    memory_store *m = (memory_store *)s;
    memory_session *e = memory_session_find(m, name);
    memory_pair *p = NULL;
    if (e == NULL || memory_pair_open(m, e, from, to, &p) != STORE_DONE)
        return false;
    p->last_number = last_number;
    e->used = true;
    return true;
}

bool store_memory_add_message(store *s, const char *name, uint32_t from, uint32_t to,
                              stored *message)
{
    memory_store *m = (memory_store *)s;
    memory_session *e = memory_session_find(m, name);
    memory_pair *p = e == NULL ? NULL : memory_pair_find(e, from, to);
    /* The messages left of a queue are its newest ones, without a gap. */
    if (p == NULL || message->number == 0 || message->number > p->last_number ||
        (p->last != NULL && message->number != p->last->number + 1) ||
        memory_charge(m, e, message->len + MEMORY_OVERHEAD) != STORE_DONE)
        return false;
    const uint64_t last_number = p->last_number;
    memory_pair_append(m, e, p, message);
    p->last_number = last_number;
    return true;
}
