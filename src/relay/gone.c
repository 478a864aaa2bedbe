#include <string.h>

#include "base/clock.h"
#include "relay/server.h"

/* A client that lives asks again within moments of losing its connection. */
#define GONE_MS 10000

static bool is_same(const store_caller *a, const char *session, const store_caller *b)
{
    return a->party == b->party && strcmp(session, b->session) == 0 &&
           memcmp(a->digest, b->digest, sizeof a->digest) == 0;
}

static lost_client *find(relay_server *server, const store_caller *who)
{
    for (size_t i = 0; i < server->n_lost; i++) {
        lost_client *l = &server->lost[i];
        if (is_same(&l->who, l->session, who))
            return l;
    }
    return NULL;
}

static void note_lost(relay_server *server, const request *r)
{
    if (server->n_lost == LOST_MAX || find(server, &r->who) != NULL)
        return;
    lost_client *l = &server->lost[server->n_lost++];
    *l = (lost_client){.who = r->who, .since_ms = clock_ms()};
    memcpy(l->session, r->who.session, strlen(r->who.session) + 1);
}

void gone_heard(request *r)
{
    relay_server *server = r->server;
    if (server->n_lost == 0 || !r->who.has_token || r->replaced)
        return; /* a request that was let go proves nothing */
    lost_client *l = find(server, &r->who);
    if (l != NULL)
        *l = server->lost[--server->n_lost];
}

/* Lets go of held requests whose client is no longer there. */
static void find_lost(relay_server *server, httpd *http)
{
    for (httpd_request *h = httpd_held(http), *next; h != NULL; h = next) {
        request *r = (request *)h;
        next = h->next;
        if (!r->who.has_token || r->replaced || !httpd_client_is_gone(h))
            continue;
        note_lost(server, r);
        r->replaced = true; /* it would only be held again */
        httpd_release(h);
    }
}

void gone_sweep(relay_server *server, uint64_t now_ms)
{
    httpd *http = atomic_load(&server->http);
    if (http == NULL)
        return;
    find_lost(server, http);
    for (size_t i = server->n_lost; i-- != 0;) {
        const lost_client gone = server->lost[i];
        if (now_ms - gone.since_ms < GONE_MS)
            continue;
        server->lost[i] = server->lost[--server->n_lost];
        store_caller who = gone.who;
        who.session = gone.session;
        if (store_leave(server->store, &who) == STORE_DONE)
            waiting_wake(server, STORE_WAKE_SESSION, gone.session, 0, 0);
    }
}
