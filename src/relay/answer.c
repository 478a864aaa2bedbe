#define _DEFAULT_SOURCE /* NI_MAXHOST */
#include <inttypes.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "base/mem.h"
#include "relay/server.h"

static const char lost[] =
    "the relay does not know this session any more: it was lost or replaced\n";

/* ---- waiting ---- */

static bool may_wait(request *r)
{
    const uint64_t now = clock_ms();
    if (r->http.deadline_ms == 0)
        r->http.deadline_ms = now + r->wait_ms;
    return !r->replaced && now < r->http.deadline_ms;
}

static enum MHD_Result wait_in(void **slot, request *r)
{
    request *older = *slot;
    *slot = r;
    if (older != NULL && older != r) {
        older->replaced = true;
        httpd_release(&older->http);
    }
    httpd_hold(&r->http);
    return MHD_YES;
}

void answer_wake(void *waiter)
{
    httpd_release(&((request *)waiter)->http);
}

static void leave_slot(void **slot, const request *r)
{
    if (*slot == r)
        *slot = NULL;
}

static enum MHD_Result reply_failure(request *r, store_result result)
{
    switch (result) {
    case STORE_LOST:
        return request_reply(r, 409, -1, lost);
    case STORE_ENDING:
        return request_reply(r, 409, 1, "an earlier run of this session is still ending\n");
    case STORE_FULL:
        return request_reply(r, 429, 1, "full: a limit of the relay is reached\n");
    case STORE_TAKEN:
    case STORE_MEMORY:
    case STORE_DONE:
    case STORE_REPEATED:
        break;
    }
    return request_reply(r, 503, 1, "the relay is out of memory\n");
}

/* Whether the client means a session that is no more. Where it did not say, it is never sure. */
static bool is_stale(const request *r, const session *e)
{
    return r->has_token && (e == NULL || e->token != r->token);
}

/* ---- seats ---- */

static void wake_watchers(relay_server *server, const char *name)
{
    for (httpd_request *h = httpd_held(server->http), *next; h != NULL; h = next) {
        const request *r = (request *)h;
        next = h->next;
        if (r->route.kind == ROUTE_PARTICIPANTS && strcmp(r->route.session, name) == 0)
            httpd_release(h);
    }
}

typedef enum holder_state { HOLDER_UNKNOWN, HOLDER_ALIVE, HOLDER_GONE } holder_state;

/* Whether the client that holds a seat is still there, as far as its held requests tell. */
static holder_state find_holder(const relay_server *server, uint64_t client)
{
    holder_state state = HOLDER_UNKNOWN;
    for (const httpd_request *h = httpd_held(server->http); h != NULL && state != HOLDER_ALIVE;
         h = h->next)
        if (((const request *)h)->client == client)
            state = httpd_client_is_gone(h) ? HOLDER_GONE : HOLDER_ALIVE;
    return state;
}

static enum MHD_Result answer_join(request *r);

/* Another client holds the seat: take over from one that died, refuse beside one that lives. */
static enum MHD_Result answer_taken(request *r)
{
    const session *e = store_find(&r->server->store, r->route.session);
    seat *own = e == NULL ? NULL : session_seat(e, r->route.party);
    const holder_state holder =
        own == NULL || own->client == 0 ? HOLDER_UNKNOWN : find_holder(r->server, own->client);
    if (holder == HOLDER_GONE) {
        seat_abandon(&r->server->store, own, clock_ms());
        return answer_join(r);
    }
    return request_reply(r, 409, holder == HOLDER_ALIVE ? -1 : 1,
                         "another client holds this seat\n");
}

static enum MHD_Result answer_join(request *r)
{
    relay_server *server = r->server;
    if (r->route.method == ROUTE_DELETE) {
        store_leave(&server->store, r->route.session, r->route.party, r->client);
        return request_reply(r, 200, -1, "");
    }
    session *e = NULL;
    const store_result result =
        store_join(&server->store, r->route.session, r->route.party, r->client, clock_ms(), &e);
    if (result == STORE_TAKEN)
        return answer_taken(r);
    if (result != STORE_DONE)
        return reply_failure(r, result);
    wake_watchers(server, r->route.session);
    struct MHD_Response *response =
        MHD_create_response_from_buffer(0, (void *)"", MHD_RESPMEM_PERSISTENT);
    if (response == NULL)
        return MHD_NO;
    char token[24];
    (void)snprintf(token, sizeof token, "%016" PRIx64, e->token);
    (void)MHD_add_response_header(response, "X-Polytune-Session", token);
    (void)MHD_add_response_header(response, "Access-Control-Expose-Headers", "X-Polytune-Session");
    return request_finish(r, 200, response);
}

static enum MHD_Result reply_seats(request *r, const session *e)
{
    buffer json;
    buffer_init(&json, (size_t)STORE_SEATS_MAX * 8);
    buffer_put(&json, "[", 1);
    for (size_t i = 0; e != NULL && i < e->n_seats; i++)
        buffer_printf(&json, "%s%" PRIu32, i == 0 ? "" : ",", e->seats[i].party);
    buffer_put(&json, "]", 1);
    struct MHD_Response *response =
        json.failed ? NULL
                    : MHD_create_response_from_buffer(json.len, json.bytes, MHD_RESPMEM_MUST_COPY);
    buffer_clear(&json);
    if (response != NULL)
        (void)MHD_add_response_header(response, "Content-Type", "application/json");
    return request_finish(r, 200, response);
}

static enum MHD_Result answer_participants(request *r)
{
    session *e = store_find(&r->server->store, r->route.session);
    if (is_stale(r, e))
        return reply_failure(r, STORE_LOST);
    if (e != NULL && r->has_token)
        e->active_ms = clock_ms();
    if ((e == NULL ? 0 : e->n_seats) < r->parties && may_wait(r)) {
        httpd_hold(&r->http);
        return MHD_YES;
    }
    return reply_seats(r, e);
}

/* ---- messages ---- */

/* Names the session, the sender or receiver as heard of, and the queue; all are made if need be. */
static store_result open_queue(request *r, uint32_t speaker, session **ret_session, pair **ret_pair)
{
    store *s = &r->server->store;
    const uint64_t now = clock_ms();
    if (is_stale(r, store_find(s, r->route.session)))
        return STORE_LOST;
    store_result result = store_open(s, r->route.session, now, ret_session);
    if (result != STORE_DONE)
        return result;
    session_touch(*ret_session, speaker, now);
    return pair_open(s, *ret_session, r->route.from, r->route.to, ret_pair);
}

static void add_number(struct MHD_Response *response, uint64_t number)
{
    char text[24];
    (void)snprintf(text, sizeof text, "%" PRIu64, number);
    (void)MHD_add_response_header(response, "X-Polytune-Seq", text);
    (void)MHD_add_response_header(response, "Access-Control-Expose-Headers", "X-Polytune-Seq");
}

static enum MHD_Result reply_stored(request *r)
{
    struct MHD_Response *response =
        MHD_create_response_from_buffer(0, (void *)"", MHD_RESPMEM_PERSISTENT);
    if (response != NULL && r->has_number)
        add_number(response, r->number);
    return request_finish(r, 200, response);
}

/* A body of unannounced length was given room to grow. */
static void trim_body(buffer *body)
{
    uint8_t *trimmed = body->len == body->capacity ? NULL : mem_resize(body->bytes, body->len, 1);
    if (trimmed == NULL)
        return;
    body->bytes = trimmed;
    body->capacity = body->len;
}

static enum MHD_Result answer_send(request *r)
{
    store *s = &r->server->store;
    session *e = NULL;
    pair *p = NULL;
    store_result result = open_queue(r, r->route.from, &e, &p);
    if (result != STORE_DONE)
        return reply_failure(r, result);
    trim_body(&r->http.body);
    /* The body counts once: as a message, or as part of a request. */
    store_discharge(s, r->http.charged);
    result = pair_put(s, e, p, r->number, r->http.body.bytes, r->http.body.len);
    if (result == STORE_DONE) {
        r->http.charged = 0;
        buffer_init(&r->http.body, 0); /* the bytes are the store's */
        return reply_stored(r);
    }
    s->bytes += r->http.charged;
    if (result == STORE_REPEATED)
        return reply_stored(r);
    if (result == STORE_FULL && may_wait(r))
        return wait_in(&p->sender, r);
    return reply_failure(r, result);
}

static enum MHD_Result reply_nothing(request *r)
{
    if (r->replaced)
        return request_reply(r, 400, -1, "a newer request took the place of this one\n");
    return request_reply(r, r->route.kind == ROUTE_BROKER_RECV ? 404 : 400, -1, "nothing yet\n");
}

static enum MHD_Result reply_message(request *r, pair *p)
{
    if (!r->has_number) {
        /* Without acknowledgements the message goes once it is written to the connection. */
        if (httpd_client_is_gone(&r->http))
            return reply_nothing(r);
        p->reader = r;
        r->lent = true;
    }
    r->message = stored_hold(p->first);
    struct MHD_Response *response =
        MHD_create_response_from_buffer(r->message->len, r->message->bytes, MHD_RESPMEM_PERSISTENT);
    if (response == NULL)
        return MHD_NO;
    (void)MHD_add_response_header(response, "Content-Type", "application/octet-stream");
    if (r->has_number)
        add_number(response, r->message->number);
    return request_finish(r, 200, response);
}

static enum MHD_Result answer_recv(request *r)
{
    store *s = &r->server->store;
    session *e = store_find(s, r->route.session);
    const bool waits = may_wait(r);
    if (e == NULL && !r->has_token && !waits)
        return r->number > 1 ? reply_failure(r, STORE_LOST) : reply_nothing(r);
    pair *p = NULL;
    const store_result result = open_queue(r, r->route.to, &e, &p);
    if (result != STORE_DONE)
        return reply_failure(r, result);
    if (r->replaced)
        return reply_nothing(r);
    if (r->has_number) {
        if (r->number > p->last_number + 1)
            return reply_failure(r, STORE_LOST);
        pair_acknowledge(s, e, p, r->number);
        if (p->first == NULL ? r->number <= p->last_number : p->first->number != r->number)
            return reply_failure(r, STORE_LOST);
    }
    if (p->first != NULL)
        return reply_message(r, p);
    return waits ? wait_in(&p->receiver, r) : reply_nothing(r);
}

void answer_sent(request *r, bool ok)
{
    store *s = &r->server->store;
    session *e = store_find(s, r->route.session);
    pair *p = e == NULL ? NULL : pair_find(e, r->route.from, r->route.to);
    if (p != NULL) {
        leave_slot(&p->receiver, r);
        leave_slot(&p->sender, r);
        if (r->lent && p->reader == r) {
            p->reader = NULL;
            if (ok)
                pair_acknowledge(s, e, p, r->message->number + 1);
        }
    }
}

/* ---- the rest ---- */

static enum MHD_Result answer_metrics(request *r)
{
    const relay_server *server = r->server;
    char text[1024];
    (void)snprintf(text, sizeof text,
                   "# TYPE polytune_relay_requests_total counter\n"
                   "polytune_relay_requests_total %" PRIu64 "\n"
                   "# TYPE polytune_relay_messages_total counter\n"
                   "polytune_relay_messages_total %" PRIu64 "\n"
                   "# TYPE polytune_relay_messages_waiting gauge\n"
                   "polytune_relay_messages_waiting %zu\n"
                   "# TYPE polytune_relay_bytes gauge\n"
                   "polytune_relay_bytes %zu\n"
                   "# TYPE polytune_relay_sessions gauge\n"
                   "polytune_relay_sessions %zu\n"
                   "# TYPE polytune_relay_requests_held gauge\n"
                   "polytune_relay_requests_held %zu\n",
                   server->n_requests, server->store.carried, server->store.n_messages,
                   server->store.bytes, server->store.n_sessions, httpd_n_held(server->http));
    return request_reply(r, 200, -1, text);
}

/* What peers that want to connect to each other need to know of themselves: how the outside of a
 * home router looks from here. */
static enum MHD_Result answer_address(request *r)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(r->http.connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
    const struct sockaddr *address = info == NULL ? NULL : info->client_addr;
    const bool is_six = address != NULL && address->sa_family == AF_INET6;
    char host[NI_MAXHOST];
    char port[NI_MAXSERV];
    char text[sizeof host + sizeof port + 8];
    if (address == NULL ||
        getnameinfo(address, is_six ? sizeof(struct sockaddr_in6) : sizeof(struct sockaddr_in),
                    host, sizeof host, port, sizeof port, NI_NUMERICHOST | NI_NUMERICSERV) != 0)
        return request_reply(r, 404, -1, "the address is not known\n");
    (void)snprintf(text, sizeof text, is_six ? "[%s]:%s\n" : "%s:%s\n", host, port);
    return request_reply(r, 200, -1, text);
}

/* The question browsers ask before a request with our headers (the Fetch standard, CORS protocol).
 */
static enum MHD_Result answer_options(request *r)
{
    struct MHD_Response *response =
        MHD_create_response_from_buffer(0, (void *)"", MHD_RESPMEM_PERSISTENT);
    if (response == NULL)
        return MHD_NO;
    (void)MHD_add_response_header(response, "Allow", r->route.allow);
    (void)MHD_add_response_header(response, "Access-Control-Allow-Methods", r->route.allow);
    (void)MHD_add_response_header(
        response, "Access-Control-Allow-Headers",
        "Content-Type, X-Polytune-Seq, X-Polytune-Session, X-Polytune-Client");
    (void)MHD_add_response_header(response, "Access-Control-Max-Age", "86400");
    return request_finish(r, 204, response);
}

enum MHD_Result answer(request *r)
{
    if (httpd_is_stopping(r->server->http))
        return request_reply(r, 503, 1, "the relay is stopping\n");
    if (r->route.method == ROUTE_OPTIONS)
        return answer_options(r);
    switch (r->route.kind) {
    case ROUTE_PING:
        return request_reply(r, 200, -1, "pong");
    case ROUTE_HEALTH:
        return request_reply(r, 200, -1, "ok\n");
    case ROUTE_METRICS:
        return answer_metrics(r);
    case ROUTE_ADDRESS:
        return answer_address(r);
    case ROUTE_JOIN:
        return answer_join(r);
    case ROUTE_PARTICIPANTS:
        return answer_participants(r);
    case ROUTE_SEND:
        return answer_send(r);
    case ROUTE_RECV:
    case ROUTE_BROKER_RECV:
        return answer_recv(r);
    }
    return request_reply(r, 404, -1, "no such path\n");
}
