#define _DEFAULT_SOURCE /* NI_MAXHOST */
#include "relay/answer.h"

#include <inttypes.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "base/assert.h"
#include "base/clock.h"
#include "base/mem.h"
#include "relay/bodies.h"
#include "relay/page.h"
#include "relay/server.h"
#include "wire/wire.h"

#define EXPOSED                                                                                    \
    WIRE_SESSION ", " WIRE_TOKEN ", " WIRE_SEQ ", " WIRE_TIMEOUT ", " WIRE_SEATS ", " WIRE_TERMS   \
                 ", " WIRE_TAKES_AHEAD ", " WIRE_LEFT ", Retry-After"

#define SEATS_TOLD_MAX ((size_t)256) /* in an answer to joining */

static int seconds(uint64_t ms)
{
    return (int)((ms + 999) / 1000);
}

/* ---- refusals ---- */

static enum MHD_Result refuse(request *r, refusal why, unsigned status, int retry_after_s,
                              const char *text)
{
    stats_refused(r, why);
    return httpd_reply(&r->http, status, retry_after_s, text);
}

/* A session would have to be opened, and must not be. */
static enum MHD_Result refuse_opening(request *r)
{
    if (r->server->is_stopping)
        return refuse(r, REFUSED_STOPPING, 503, 5,
                      "the relay is stopping and opens no new sessions\n");
    return refuse(r, REFUSED_RATE_OPENED, 429,
                  seconds(admit_opening_wait_ms(&r->server->limits, r->address)),
                  "rate-opened: too many new sessions from this address\n");
}

#define SEAT_TAKEN "another client holds this seat: a party of the same number, or a dealer"

/* What the store says no with: one line, and when to ask again (-1: never). */
typedef struct failure {
    store_result result;
    refusal why;
    unsigned status;
    int retry_after_s;
    const char *text;
} failure;

static const failure failures[] = {
    {STORE_LOST, REFUSED_LOST, 409, -1,
     "the relay does not know this session any more: it was lost or replaced"},
    {STORE_EARLY, REFUSED_EARLY, 429, 1, "a message before this one has not come yet"},
    {STORE_ENDING, REFUSED_TAKEN, 409, 1, "an earlier run of this session is still ending"},
    {STORE_TAKEN, REFUSED_TAKEN, 409, 1, SEAT_TAKEN},
    {STORE_FULL_SESSIONS, REFUSED_FULL_SESSIONS, 429, 1, "full: the relay has max-sessions"},
    {STORE_FULL_SEATS, REFUSED_FULL_SEATS, 429, 1, "full: the session has max-seats"},
    {STORE_FULL_QUEUE, REFUSED_FULL_QUEUE, 429, 1,
     "full: max-messages or max-queue-bytes wait for this party from that one"},
    {STORE_FULL_SESSION, REFUSED_FULL_SESSION, 429, 1,
     "full: max-session-bytes wait in this session"},
    {STORE_FULL_BYTES, REFUSED_FULL_BYTES, 429, 1, "full: the relay has max-bytes"},
    {STORE_FULL_REDIS, REFUSED_FULL_REDIS, 429, 1, "full: the relay's Redis has its maxmemory"},
    {STORE_FULL_ADDRESS_SESSIONS, REFUSED_SHARE_SESSIONS, 429, 1,
     "full: this address has its address-share of sessions"},
    {STORE_FULL_ADDRESS_BYTES, REFUSED_SHARE_BYTES, 429, 1,
     "full: this address has its address-share of bytes"},
    {STORE_UNAUTHORIZED, REFUSED_UNAUTHORIZED, 401, -1,
     "this seat needs its token: Authorization: Bearer TOKEN"},
    {STORE_FORBIDDEN, REFUSED_FORBIDDEN, 403, -1, "this is not the token of this seat"},
    {STORE_UNAVAILABLE, REFUSED_STORE, 503, 1, "the relay's store cannot be used now"},
    {STORE_MEMORY, REFUSED_MEMORY, 503, 1, "the relay is out of memory"}, /* the last */
};

static const failure *failure_of(store_result result)
{
    const failure *f = failures;
    while (f->result != result && f->result != STORE_MEMORY)
        f++;
    return f;
}

enum MHD_Result answer_failure(request *r, store_result result)
{
    char line[160];
    if (result == STORE_CLOSED)
        return refuse_opening(r);
    const failure *f = failure_of(result);
    (void)snprintf(line, sizeof line, "%s\n", f->text);
    stats_refused(r, f->why);
    return result == STORE_UNAUTHORIZED
               ? httpd_reply_with(&r->http, f->status, -1, line, "WWW-Authenticate", "Bearer")
               : httpd_reply(&r->http, f->status, f->retry_after_s, line);
}

void answer_no_room(request *r, store_result result)
{
    const failure *f = failure_of(result);
    stats_refused(r, f->why);
    httpd_refuse(&r->http, f->status, f->text);
}

/* Holds the request, unless its address has so many already. */
static enum MHD_Result wait_for(request *r, store_wake what)
{
    if (!waiting_has_room(r))
        return refuse(r, REFUSED_SHARE_WAITING, 429, 1,
                      "full: this address has its address-share of waiting requests\n");
    return waiting_start(r, what);
}

/* ---- seats ---- */

/* Whether the client that holds a seat has a request waiting here: then it is there, and another
 * one need not ask again. */
static bool holder_waits(const request *r, const store_joined *taken)
{
    bool waits = false;
    if (!taken->has_holder)
        return false;
    for (const httpd_request *h = httpd_held(r->http.server); h != NULL && !waits; h = h->next) {
        const store_caller *who = &((const request *)h)->who;
        waits = who->has_token && memcmp(who->digest, taken->holder, sizeof who->digest) == 0 &&
                !httpd_client_is_gone(h);
    }
    return waits;
}

static void add_terms(struct MHD_Response *response, const store_seats *seats)
{
    char text[STORE_TERMS_MAX * (TERMS_MAX + 16)] = "";
    size_t len = 0;
    for (size_t i = 0; i < seats->n_terms; i++)
        len += (size_t)snprintf(text + len, sizeof text - len, "%s%" PRIu32 " %s",
                                i == 0 ? "" : ", ", seats->terms[i].party, seats->terms[i].text);
    if (len != 0)
        (void)MHD_add_response_header(response, WIRE_TERMS, text);
}

static void put_seats(buffer *list, const store_seats *seats)
{
    for (size_t i = 0; i < seats->n; i++)
        buffer_printf(list, "%s%" PRIu32, i == 0 ? "" : ",", seats->parties[i]);
}

/* Who is there already, which GET /participants tells too: who comes last need not ask. */
static void add_seats(request *r, struct MHD_Response *response)
{
    store_seats seats;
    buffer list;
    if (store_list(r->server->store, &r->who, &seats) != STORE_DONE || seats.n > SEATS_TOLD_MAX)
        return;
    buffer_init(&list, SEATS_TOLD_MAX * 8);
    put_seats(&list, &seats);
    const char *text = buffer_text(&list);
    if (text != NULL)
        (void)MHD_add_response_header(response, WIRE_SEATS, text);
    buffer_clear(&list);
    add_terms(response, &seats);
}

/* Tells the session, and a token that was made here. */
static enum MHD_Result reply_joined(request *r, const store_joined *joined)
{
    char text[64] = "";
    if (r->issued[0] != '\0')
        (void)snprintf(text, sizeof text, "{\"token\":\"%s\"}\n", r->issued);
    struct MHD_Response *response =
        MHD_create_response_from_buffer(strlen(text), text, MHD_RESPMEM_MUST_COPY);
    if (response == NULL)
        return MHD_NO;
    if (r->issued[0] != '\0') {
        (void)MHD_add_response_header(response, WIRE_TOKEN, r->issued);
        (void)MHD_add_response_header(response, "Content-Type", "application/json");
        (void)MHD_add_response_header(response, "Cache-Control", "no-store");
    }
    (void)snprintf(text, sizeof text, "%016" PRIx64, joined->epoch);
    (void)MHD_add_response_header(response, WIRE_SESSION, text);
    (void)snprintf(text, sizeof text, "%" PRIu32, joined->timeout_ms);
    (void)MHD_add_response_header(response, WIRE_TIMEOUT, text);
    (void)snprintf(text, sizeof text, "%d", WIRE_AHEAD);
    (void)MHD_add_response_header(response, WIRE_TAKES_AHEAD, text);
    (void)MHD_add_response_header(response, WIRE_BODY, "1");
    add_seats(r, response);
    (void)MHD_add_response_header(response, "Access-Control-Expose-Headers", EXPOSED);
    return httpd_finish(&r->http, 200, response);
}

static enum MHD_Result answer_leave(request *r)
{
    const store_result result = store_leave(r->server->store, &r->who);
    return result == STORE_DONE ? httpd_reply(&r->http, 200, -1, "") : answer_failure(r, result);
}

static enum MHD_Result reply_seats(request *r, const store_seats *seats)
{
    buffer json;
    buffer_init(&json, (size_t)STORE_SEATS_MAX * 8);
    buffer_put(&json, "[", 1);
    put_seats(&json, seats);
    buffer_put(&json, "]", 1);
    struct MHD_Response *response =
        json.failed ? NULL
                    : MHD_create_response_from_buffer(json.len, json.bytes, MHD_RESPMEM_MUST_COPY);
    buffer_clear(&json);
    if (response != NULL) {
        (void)MHD_add_response_header(response, "Content-Type", "application/json");
        add_terms(response, seats);
        (void)MHD_add_response_header(response, "Access-Control-Expose-Headers", EXPOSED);
    }
    return httpd_finish(&r->http, 200, response);
}

/* Whether somebody runs something else than the caller: then it waits for nothing. */
static bool is_at_odds(const request *r, const store_seats *seats)
{
    char own[TERMS_FIELD_MAX + 1];
    char other[TERMS_FIELD_MAX + 1];
    bool differs = false;
    for (size_t i = 0; r->who.terms != NULL && i < seats->n_terms; i++)
        differs = differs || terms_differ(own, other, r->who.terms, seats->terms[i].text);
    return differs;
}

/* Whether the caller is to hear of it when others come. */
static bool awaits_others(request *r, const store_seats *seats)
{
    return seats->n < r->parties && !is_at_odds(r, seats) && waiting_is_possible(r);
}

static enum MHD_Result answer_participants(request *r)
{
    store_seats seats;
    const store_result result = store_list(r->server->store, &r->who, &seats);
    if (result != STORE_DONE)
        return answer_failure(r, result);
    if (seats.has_own) {
        r->who.party = seats.own;
        presence_heard(r);
    }
    if (awaits_others(r, &seats))
        return wait_for(r, STORE_WAKE_WATCHERS);
    return reply_seats(r, &seats);
}

static enum MHD_Result answer_join(request *r)
{
    store *s = r->server->store;
    store_seats seats;
    if (!r->has_joined) {
        if (r->server->options.needs_tokens && !r->who.has_token && !admit_issue(r))
            return answer_failure(r, STORE_MEMORY);
        const store_result result = store_join(s, &r->who, &r->joined);
        if (result == STORE_TAKEN && holder_waits(r, &r->joined))
            return refuse(r, REFUSED_TAKEN, 409, -1, SEAT_TAKEN "\n");
        if (result != STORE_DONE)
            return answer_failure(r, result);
        r->has_joined = true;
    }
    if (r->parties != 0 && store_list(s, &r->who, &seats) == STORE_DONE &&
        awaits_others(r, &seats) && waiting_has_room(r))
        return waiting_start(r, STORE_WAKE_WATCHERS);
    return reply_joined(r, &r->joined);
}

/* ---- messages ---- */

static void add_seq(struct MHD_Response *response, uint64_t number)
{
    char text[24];
    (void)snprintf(text, sizeof text, "%" PRIu64, number);
    (void)MHD_add_response_header(response, WIRE_SEQ, text);
    (void)MHD_add_response_header(response, "Access-Control-Expose-Headers", EXPOSED);
}

/* Who repeats the message has left, but not heard of it. */
void answer_leave_with(request *r, struct MHD_Response *response)
{
    if (store_leave(r->server->store, &r->who) == STORE_DONE)
        (void)MHD_add_response_header(response, WIRE_LEFT, "true");
}

static enum MHD_Result reply_stored(request *r)
{
    struct MHD_Response *response =
        MHD_create_response_from_buffer(0, (void *)"", MHD_RESPMEM_PERSISTENT);
    if (response != NULL && r->has_number)
        add_seq(response, r->number);
    if (response != NULL && r->leaves)
        answer_leave_with(r, response);
    return httpd_finish(&r->http, 200, response);
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

static store_place request_place(const request *r)
{
    return (store_place){.number = r->number, .first = r->first};
}

store_result answer_put(request *r)
{
    httpd_request *http = &r->http;
    trim_body(&http->body);
    const store_result result = store_put(r->server->store, &r->who, r->route.to, request_place(r),
                                          http->body.bytes, http->body.len);
    if (result == STORE_DONE) {
        transit_received(r, http->charged); /* they are the store's, and counted there */
        http->charged = 0;
        buffer_init(&http->body, 0);
    }
    return result;
}

bool answer_waits_for(store_result result, store_wake *ret_what)
{
    const bool is_full = result == STORE_FULL_QUEUE || result == STORE_FULL_SESSION ||
                         result == STORE_FULL_BYTES || result == STORE_FULL_REDIS ||
                         result == STORE_FULL_ADDRESS_BYTES;
    *ret_what = is_full ? STORE_WAKE_SENDER : STORE_WAKE_TURN;
    return is_full || result == STORE_EARLY;
}

static enum MHD_Result answer_send(request *r)
{
    store_wake what;
    const store_result result = answer_put(r);
    if (result == STORE_DONE || result == STORE_REPEATED)
        return reply_stored(r);
    return answer_waits_for(result, &what) && waiting_is_possible(r) ? wait_for(r, what)
                                                                     : answer_failure(r, result);
}

static enum MHD_Result reply_nothing(request *r)
{
    if (r->replaced)
        return httpd_reply(&r->http, 400, -1, "a newer request took the place of this one\n");
    return httpd_reply(&r->http, r->route.kind == ROUTE_BROKER_RECV ? 404 : 400, -1,
                       "nothing yet\n");
}

static enum MHD_Result reply_gone(request *r)
{
    char text[64];
    (void)snprintf(text, sizeof text, "party %" PRIu32 " has left the session\n", r->route.from);
    return httpd_reply(&r->http, 410, -1, text);
}

static enum MHD_Result reply_message(request *r)
{
    if (bodies_gather(r))
        return bodies_reply(r);
    const store_result room = transit_send(r, r->message->len);
    if (room != STORE_DONE)
        return answer_failure(r, room);
    if (!r->has_number) {
        /* Without acknowledgements the message goes once it is written to the connection. */
        if (httpd_client_is_gone(&r->http))
            return reply_nothing(r);
        r->lent = true;
    }
    struct MHD_Response *response =
        MHD_create_response_from_buffer(r->message->len, r->message->bytes, MHD_RESPMEM_PERSISTENT);
    if (response == NULL)
        return MHD_NO;
    (void)MHD_add_response_header(response, "Content-Type", "application/octet-stream");
    if (r->has_number)
        add_seq(response, r->message->number);
    return httpd_finish(&r->http, 200, response);
}

static enum MHD_Result answer_recv(request *r)
{
    const bool waits = waiting_is_possible(r);
    if (r->replaced)
        return reply_nothing(r);
    const store_result result =
        store_get(r->server->store, &r->who, r->route.from, request_place(r), &r->message);
    if (result == STORE_DONE)
        return reply_message(r);
    /* Plain clients know of no such answer. */
    if (result == STORE_GONE && r->who.has_token)
        return reply_gone(r);
    if (result != STORE_EMPTY && result != STORE_GONE)
        return answer_failure(r, result);
    return waits ? wait_for(r, STORE_WAKE_RECEIVER) : reply_nothing(r);
}

void answer_sent(request *r, bool ok)
{
    waiting_stop(r);
    if (r->lent && ok)
        (void)store_delivered(r->server->store, &r->who, r->route.from, r->message->number);
}

/* ---- the rest ---- */

static enum MHD_Result answer_health(request *r)
{
    if (!server_store_is_up(r->server))
        return httpd_reply(&r->http, 503, 1, "the store cannot be written to\n");
    return httpd_reply(&r->http, 200, -1, "ok\n");
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
        return httpd_reply(&r->http, 404, -1, "the address is not known\n");
    (void)snprintf(text, sizeof text, is_six ? "[%s]:%s\n" : "%s:%s\n", host, port);
    return httpd_reply(&r->http, 200, -1, text);
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
    (void)MHD_add_response_header(response, "Access-Control-Allow-Headers",
                                  WIRE_AUTHORIZATION ", Content-Type, " WIRE_SEQ ", " WIRE_FIRST
                                                     ", " WIRE_SESSION ", " WIRE_TOKEN
                                                     ", " WIRE_TIMEOUT ", " WIRE_TERMS);
    (void)MHD_add_response_header(response, "Access-Control-Max-Age", "86400");
    return httpd_finish(&r->http, 204, response);
}

static enum MHD_Result answer_route(request *r)
{
    switch (r->route.kind) {
    case ROUTE_PING:
        return httpd_reply(&r->http, 200, -1, "pong");
    case ROUTE_HEALTH:
        return answer_health(r);
    case ROUTE_METRICS:
        return stats_answer(r);
    case ROUTE_ADDRESS:
        return answer_address(r);
    case ROUTE_PAGE:
        return page_answer(r);
    case ROUTE_JOIN:
        r->who.party = r->route.party;
        presence_heard(r);
        return r->route.method == ROUTE_DELETE ? answer_leave(r) : answer_join(r);
    case ROUTE_PARTICIPANTS:
        return answer_participants(r);
    case ROUTE_SEND:
        r->who.party = r->route.from;
        presence_heard(r);
        return answer_send(r);
    case ROUTE_RECV:
    case ROUTE_BROKER_RECV:
        r->who.party = r->route.to;
        presence_heard(r);
        return answer_recv(r);
    case ROUTE_BODIES:
        r->who.party = r->route.from;
        presence_heard(r);
        return bodies_answer(r);
    }
    return httpd_reply(&r->http, 404, -1, "no such path\n");
}

enum MHD_Result answer(request *r)
{
    waiting_stop(r); /* its time may be over */
    if (httpd_is_stopping(r->http.server))
        return refuse(r, REFUSED_STOPPING, 503, 1, "the relay is stopping\n");
    if (r->route.method == ROUTE_OPTIONS)
        return answer_options(r);
    r->who.may_open =
        !r->server->is_stopping && admit_opening_wait_ms(&r->server->limits, r->address) == 0;
    return answer_route(r);
}
