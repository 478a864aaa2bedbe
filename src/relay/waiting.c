#include "relay/waiting.h"

#include <sodium.h>
#include <string.h>

#include "base/assert.h"
#include "base/clock.h"
#include "base/random.h"
#include "relay/server.h"

pt_status waiting_init(waiting_table *w, pt_error *error)
{
    return random_bytes(w->key, sizeof w->key, error);
}

bool waiting_is_possible(request *r)
{
    const uint64_t now = clock_ms();
    if (r->wait_until_ms == 0)
        r->wait_until_ms = now + r->wait_ms;
    if (r->replaced || now >= r->wait_until_ms)
        return false;
    r->http.deadline_ms = r->wait_until_ms;
    return true;
}

static request **waiting_place(relay_server *server, store_wake what, const char *session,
                               uint32_t from, uint32_t to)
{
    uint8_t name[SESSION_NAME_MAX + 12] = {0};
    uint64_t hash;
    const uint32_t numbers[3] = {(uint32_t)what, from, to};
    const size_t len = strlen(session);
    memcpy(name, numbers, sizeof numbers);
    memcpy(name + sizeof numbers, session, len);
    (void)crypto_shorthash((uint8_t *)&hash, name, sizeof numbers + len, server->waiting.key);
    return &server->waiting.places[hash % WAITING_PLACES];
}

static bool waits_for(const request *r, store_wake what, const char *session, uint32_t from,
                      uint32_t to)
{
    return r->waits_for == what && r->route.from == from && r->route.to == to &&
           strcmp(r->route.session, session) == 0;
}

#define ANY_NUMBER UINT64_MAX

/* Takes out one that waits for that, with its message's number, or NULL. */
static request *waiting_take(relay_server *server, store_wake what, const char *session,
                             uint32_t from, uint32_t to, uint64_t number)
{
    request **link = waiting_place(server, what, session, from, to);
    while (*link != NULL && !(waits_for(*link, what, session, from, to) &&
                              (number == ANY_NUMBER || (*link)->number == number)))
        link = &(*link)->next_waiting;
    request *found = *link;
    if (found != NULL) {
        PT_ASSERT(found->is_waiting);
        *link = found->next_waiting;
        found->is_waiting = false;
    }
    return found;
}

bool waiting_has_room(request *r)
{
    const size_t max = r->server->address_waiting;
    if (r->was_let_wait || max == 0)
        return true;
    size_t n = 0;
    for (const httpd_request *h = httpd_held(r->http.server); h != NULL; h = h->next)
        n += strcmp(((const request *)h)->address, r->address) == 0;
    r->was_let_wait = n < max;
    return r->was_let_wait;
}

enum MHD_Result waiting_start(request *r, store_wake what)
{
    PT_ASSERT(!r->is_waiting && !r->http.held);
    if (what == STORE_WAKE_WATCHERS) {
        httpd_hold(&r->http); /* any number may watch */
        return MHD_YES;
    }
    request *older =
        waiting_take(r->server, what, r->route.session, r->route.from, r->route.to, r->number);
    if (older != NULL) {
        older->replaced = true;
        httpd_release(&older->http);
    }
    request **place = waiting_place(r->server, what, r->route.session, r->route.from, r->route.to);
    r->next_waiting = *place;
    r->waits_for = what;
    r->is_waiting = true;
    *place = r;
    httpd_hold(&r->http);
    return MHD_YES;
}

void waiting_stop(request *r)
{
    if (!r->is_waiting)
        return;
    request **link =
        waiting_place(r->server, r->waits_for, r->route.session, r->route.from, r->route.to);
    while (*link != r) {
        PT_ASSERT(*link != NULL);
        link = &(*link)->next_waiting;
    }
    *link = r->next_waiting;
    r->is_waiting = false;
}

/* Releases the held requests of a session, or all. */
static void waiting_release(httpd *http, const char *session, bool only_watchers)
{
    for (httpd_request *h = httpd_held(http), *next; h != NULL; h = next) {
        const request *r = (request *)h;
        next = h->next;
        if ((session == NULL || strcmp(r->route.session, session) == 0) &&
            (!only_watchers || r->route.kind == ROUTE_PARTICIPANTS || r->route.kind == ROUTE_JOIN))
            httpd_release(h);
    }
}

/* Several may wait at a queue, each for another number. */
static void waiting_release_all(relay_server *server, store_wake what, const char *session,
                                uint32_t from, uint32_t to)
{
    request *found;
    while ((found = waiting_take(server, what, session, from, to, ANY_NUMBER)) != NULL)
        httpd_release(&found->http);
}

void waiting_wake(relay_server *server, store_wake what, const char *session, uint32_t from,
                  uint32_t to)
{
    httpd *http = server->http;
    switch (what) {
    case STORE_WAKE_RECEIVER:
        waiting_release_all(server, STORE_WAKE_TURN, session, from, to);
        waiting_release_all(server, what, session, from, to);
        return;
    case STORE_WAKE_SENDER:
    case STORE_WAKE_TURN:
        waiting_release_all(server, what, session, from, to);
        return;
    case STORE_WAKE_WATCHERS:
        waiting_release(http, session, true);
        return;
    case STORE_WAKE_SESSION:
        waiting_release(http, session, false);
        return;
    case STORE_WAKE_ALL:
        waiting_release(http, NULL, false);
        return;
    }
}
