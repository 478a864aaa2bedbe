#include "relay/gone.h"

#include <string.h>

#include "base/assert.h"
#include "base/clock.h"
#include "relay/server.h"
#include "wire/wire.h"

static gone_client *gone_find(relay_server *server, const gone_client *key)
{
    PT_ASSERT(server->gone.n <= GONE_MAX);
    for (size_t i = 0; i < server->gone.n; i++) {
        gone_client *l = &server->gone.clients[i];
        if (l->who.party == key->who.party && strcmp(l->session, key->session) == 0 &&
            memcmp(l->who.digest, key->who.digest, sizeof key->who.digest) == 0)
            return l;
    }
    return NULL;
}

void gone_heard(request *r)
{
    relay_server *server = r->server;
    if (!r->who.has_token || r->replaced)
        return; /* a request that was let go proves nothing */
    gone_client *note = httpd_note(&r->http);
    note->who = r->who;
    note->who.session = NULL;
    note->who.address = NULL;
    memcpy(note->session, r->who.session, strlen(r->who.session) + 1);
    gone_client *l = server->gone.n == 0 ? NULL : gone_find(server, note);
    if (l != NULL)
        *l = server->gone.clients[--server->gone.n];
}

void gone_closed(void *user, void *note)
{
    relay_server *server = user;
    const gone_client *key = note;
    if (!key->who.has_token || server->gone.n == GONE_MAX || gone_find(server, key) != NULL)
        return;
    server->gone.clients[server->gone.n] = *key;
    server->gone.clients[server->gone.n++].since_ms = clock_ms();
}

/* Lets go of held requests whose client is no longer there: then their connections close. */
static void release_lost(httpd *http)
{
    for (httpd_request *h = httpd_held(http), *next; h != NULL; h = next) {
        request *r = (request *)h;
        next = h->next;
        if (r->replaced || !httpd_client_is_gone(h))
            continue;
        r->replaced = true; /* it would only be held again */
        httpd_release(h);
    }
}

void gone_sweep(relay_server *server, uint64_t now_ms)
{
    release_lost(server->http);
    for (size_t i = server->gone.n; i-- != 0;) {
        const gone_client gone = server->gone.clients[i];
        if (now_ms - gone.since_ms < WIRE_GIVE_UP_MS)
            continue;
        server->gone.clients[i] = server->gone.clients[--server->gone.n];
        store_caller who = gone.who;
        who.session = gone.session;
        if (store_leave(server->store, &who) == STORE_DONE)
            waiting_wake(server, STORE_WAKE_SESSION, gone.session, 0, 0);
    }
}
