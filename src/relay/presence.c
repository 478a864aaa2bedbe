#include "relay/presence.h"

#include <sodium.h>
#include <string.h>

#include "base/assert.h"
#include "base/clock.h"
#include "base/mem.h"
#include "base/random.h"
#include "relay/server.h"
#include "wire/wire.h"

#define TELL_MS 1000 /* how often the store is told; less than half of the shortest grace */
#define PAUSE_MS                                                                                   \
    3000 /* whoever slept so long does not know who lives, and waits so long to learn */
_Static_assert(2 * TELL_MS <= WIRE_TIMEOUT_MIN_MS / STORE_ABSENCE, "nobody dies between two tells");

pt_status presence_init(presence *p, pt_error *error)
{
    return random_bytes(p->key, sizeof p->key, error);
}

void presence_clear(presence *p)
{
    for (size_t i = 0; i < PRESENCE_PLACES; i++)
        for (presence_seat *s = p->places[i], *next; s != NULL; s = next) {
            next = s->next;
            mem_free(s);
        }
}

/* ---- the seats ---- */

static presence_seat **presence_place(presence *p, const store_caller *who, const char *session)
{
    uint8_t key[SESSION_NAME_MAX + STORE_DIGEST_BYTES + 4];
    uint64_t hash;
    const size_t len = strlen(session);
    memcpy(key, who->digest, STORE_DIGEST_BYTES);
    memcpy(key + STORE_DIGEST_BYTES, &who->party, 4);
    memcpy(key + STORE_DIGEST_BYTES + 4, session, len);
    (void)crypto_shorthash((uint8_t *)&hash, key, STORE_DIGEST_BYTES + 4 + len, p->key);
    return &p->places[hash % PRESENCE_PLACES];
}

static bool is_seat(const presence_seat *s, const store_caller *who, const char *session)
{
    return s->who.party == who->party && strcmp(s->session, session) == 0 &&
           memcmp(s->who.digest, who->digest, STORE_DIGEST_BYTES) == 0;
}

/* The seat, or NULL. */
static presence_seat *presence_find(presence *p, const store_caller *who)
{
    presence_seat *s = *presence_place(p, who, who->session);
    while (s != NULL && !is_seat(s, who, who->session))
        s = s->next;
    return s;
}

/* Adds a seat that is not there; NULL when out of memory. */
static presence_seat *presence_add(presence *p, const store_caller *who)
{
    presence_seat *s = mem_new(1, sizeof *s);
    if (s == NULL)
        return NULL;
    presence_seat **place = presence_place(p, who, who->session);
    s->who = *who;
    s->who.session = s->session;
    s->who.address = NULL;
    s->who.terms = NULL;
    memcpy(s->session, who->session, strlen(who->session) + 1);
    s->next = *place;
    *place = s;
    p->n_seats++;
    return s;
}

static void presence_drop(presence *p, presence_seat *s)
{
    presence_seat **link = presence_place(p, &s->who, s->session);
    while (*link != s) {
        PT_ASSERT(*link != NULL);
        link = &(*link)->next;
    }
    *link = s->next;
    p->n_seats--;
    mem_free(s);
}

/* A connection is the seat's no longer. `has_ended`: the client closed it. */
static void presence_detach(relay_server *server, presence_seat *s, bool has_ended)
{
    if (s == NULL)
        return;
    PT_ASSERT(s->n_connections != 0);
    if (--s->n_connections != 0)
        return;
    /* A relay that stops closes connections itself: their clients go elsewhere. */
    if (has_ended && !httpd_is_stopping(server->http))
        (void)store_absent(server->store, &s->who);
    presence_drop(&server->presence, s);
}

void presence_heard(request *r)
{
    relay_server *server = r->server;
    if (!r->who.has_token || r->replaced)
        return; /* a request that was let go proves nothing */
    presence_note *note = httpd_note(&r->http);
    presence_seat *s = presence_find(&server->presence, &r->who);
    if (s == NULL)
        s = presence_add(&server->presence, &r->who);
    if (s == NULL)
        return;
    s->heard_ms = clock_ms();
    if (note->seat == s)
        return;
    s->n_connections++;
    /* A proxy may use one connection for many: that another one uses it is no sign of death. */
    presence_detach(server, note->seat, false);
    note->seat = s;
}

void presence_closed(void *user, void *note, bool by_client)
{
    presence_detach(user, ((presence_note *)note)->seat, by_client);
}

/* ---- now and then ---- */

/* Who waits for an answer cannot say more. Lets go of those requests whose client is no longer
 * there: then their connections close. */
static void look_at_held(relay_server *server, uint64_t now_ms)
{
    for (httpd_request *h = httpd_held(server->http), *next; h != NULL; h = next) {
        request *r = (request *)h;
        presence_seat *s = ((presence_note *)httpd_note(h))->seat;
        next = h->next;
        if (r->replaced)
            continue;
        if (!httpd_client_is_gone(h)) {
            if (s != NULL)
                s->heard_ms = now_ms;
            continue;
        }
        r->replaced = true; /* it would only be held again */
        httpd_release(h);
    }
}

/* Tells the store who is connected. Out of memory it is told later. */
static void tell_present(relay_server *server, uint64_t now_ms)
{
    presence *p = &server->presence;
    size_t n = 0;
    store_sign *signs = p->n_seats == 0 ? NULL : mem_new(p->n_seats, sizeof *signs);
    p->told_ms = now_ms;
    if (signs == NULL)
        return;
    for (size_t i = 0; i < PRESENCE_PLACES; i++)
        for (const presence_seat *s = p->places[i]; s != NULL; s = s->next)
            signs[n++] = (store_sign){&s->who, now_ms - s->heard_ms};
    PT_ASSERT(n == p->n_seats);
    store_present(server->store, signs, n);
    mem_free(signs);
}

/* Whether those who were silent have had a chance to speak: not when this relay itself was away, or
 * its store. */
static bool presence_may_mourn(relay_server *server, uint64_t now_ms)
{
    presence *p = &server->presence;
    const bool was_away = p->swept_ms != 0 && now_ms - p->swept_ms >= PAUSE_MS;
    if (was_away || server->store->errors != p->n_errors)
        p->mourn_at_ms = now_ms + PAUSE_MS;
    p->swept_ms = now_ms;
    p->n_errors = server->store->errors;
    return now_ms >= p->mourn_at_ms;
}

void presence_sweep(relay_server *server, uint64_t now_ms)
{
    look_at_held(server, now_ms);
    if (!server->store->is_shared || now_ms - server->presence.told_ms >= TELL_MS)
        tell_present(server, now_ms);
    store_sweep(server->store, presence_may_mourn(server, now_ms));
}
