#include "relay/stats.h"

#include <inttypes.h>
#include <string.h>

#include "base/clock.h"
#include "polytune/polytune.h"
#include "relay/server.h"

#define REFUSAL_LINES 10 /* in the log, a second, of one kind */

static const char *const refusal_names[N_REFUSALS] = {
    [REFUSED_UNAUTHORIZED] = "unauthorized",
    [REFUSED_FORBIDDEN] = "forbidden",
    [REFUSED_TAKEN] = "seat_taken",
    [REFUSED_LOST] = "session_lost",
    [REFUSED_EARLY] = "early",
    [REFUSED_FULL_SESSIONS] = "max_sessions",
    [REFUSED_FULL_SEATS] = "max_seats",
    [REFUSED_FULL_QUEUE] = "max_queue",
    [REFUSED_FULL_SESSION] = "max_session_bytes",
    [REFUSED_FULL_BYTES] = "max_bytes",
    [REFUSED_FULL_REDIS] = "redis_maxmemory",
    [REFUSED_SHARE_SESSIONS] = "address_sessions",
    [REFUSED_SHARE_BYTES] = "address_bytes",
    [REFUSED_SHARE_WAITING] = "address_waiting",
    [REFUSED_SHARE_CONNECTIONS] = "address_connections",
    [REFUSED_RATE_ADDRESS] = "rate_address",
    [REFUSED_RATE_SESSION] = "rate_session",
    [REFUSED_RATE_OPENED] = "rate_opened",
    [REFUSED_STOPPING] = "stopping",
    [REFUSED_STORE] = "store",
    [REFUSED_MEMORY] = "out_of_memory",
};

static const char *const event_names[] = {
    [STORE_OPENED] = "opened", [STORE_SEATED] = "seated",     [STORE_LEFT] = "left",
    [STORE_ENDED] = "ended",   [STORE_REPLACED] = "replaced", [STORE_EXPIRED] = "expired",
};

static const char *const route_names[] = {
    [ROUTE_PING] = "ping",       [ROUTE_HEALTH] = "health", [ROUTE_METRICS] = "metrics",
    [ROUTE_ADDRESS] = "address", [ROUTE_JOIN] = "join",     [ROUTE_PARTICIPANTS] = "participants",
    [ROUTE_SEND] = "send",       [ROUTE_RECV] = "recv",     [ROUTE_BROKER_RECV] = "recv",
    [ROUTE_BODIES] = "bodies",   [ROUTE_PAGE] = "page",
};

pt_status stats_init(stats *s, pt_error *error)
{
    return quota_init(&s->refusal_lines, REFUSAL_LINES, 2 * REFUSAL_LINES, error);
}

void stats_clear(stats *s)
{
    quota_clear(&s->refusal_lines);
}

static void log_event(const relay_server *server, const relay_event *event)
{
    if (server->options.log != NULL && (!event->is_detail || server->options.log_details))
        server->options.log(server->options.log_user, event);
}

static const char *session_of(const request *r)
{
    return r->route.session[0] == '\0' ? NULL : r->route.session;
}

/* The seat a request speaks for; -1: none. */
static int party_of(const request *r)
{
    switch (r->route.kind) {
    case ROUTE_JOIN:
        return (int)r->route.party;
    case ROUTE_SEND:
    case ROUTE_BODIES:
        return (int)r->route.from;
    case ROUTE_RECV:
    case ROUTE_BROKER_RECV:
        return (int)r->route.to;
    case ROUTE_PING:
    case ROUTE_HEALTH:
    case ROUTE_METRICS:
    case ROUTE_ADDRESS:
    case ROUTE_PAGE:
    case ROUTE_PARTICIPANTS:
        break;
    }
    return -1;
}

static void count_refused(relay_server *server, refusal why, relay_event event)
{
    event.what = "refused";
    event.reason = refusal_names[why];
    server->stats.n_refused[why]++;
    if (quota_take(&server->stats.refusal_lines, event.reason, strlen(event.reason), clock_ms()) ==
        0)
        log_event(server, &event);
}

void stats_refused(request *r, refusal why)
{
    count_refused(
        r->server, why,
        (relay_event){.session = session_of(r), .party = party_of(r), .address = r->address});
}

void stats_turned_away(relay_server *server, const char *address)
{
    count_refused(server, REFUSED_SHARE_CONNECTIONS,
                  (relay_event){.party = -1, .address = address});
}

void stats_note(relay_server *server, store_event event, const store_caller *who,
                const char *session, uint32_t party)
{
    const char *address = who == NULL ? NULL : who->address;
    if (event == STORE_OPENED) {
        server->stats.n_opened++;
        if (address != NULL)
            admit_opened(&server->limits, address);
    }
    server->stats.n_expired += event == STORE_EXPIRED;
    log_event(server, &(relay_event){
                          .what = event_names[event],
                          .session = session,
                          .party = event == STORE_SEATED || event == STORE_LEFT ? (int)party : -1,
                          .address = address});
}

void stats_answered(request *r, unsigned status)
{
    if (status < STATUS_MAX)
        r->server->stats.n_status[status]++;
    log_event(r->server, &(relay_event){.what = "request",
                                        .is_detail = true,
                                        .session = session_of(r),
                                        .party = party_of(r),
                                        .address = r->address,
                                        .reason = route_names[r->route.kind],
                                        .status = status});
}

/* ---- figures ---- */

static void put_one(buffer *b, const char *name, const char *type, const char *help, uint64_t value)
{
    buffer_printf(b,
                  "# HELP polytune_relay_%s %s\n# TYPE polytune_relay_%s %s\n"
                  "polytune_relay_%s %" PRIu64 "\n",
                  name, help, name, type, name, value);
}

static void put_stored(buffer *b, relay_server *server)
{
    store_figures f;
    const bool is_up = server_store_is_up(server);
    put_one(b, "store_up", "gauge", "Whether the store can be written to.", is_up);
    if (store_measure(server->store, &f) != STORE_DONE)
        return;
    put_one(b, "sessions", "gauge", "Sessions.", f.sessions);
    put_one(b, "seats", "gauge", "Seats taken.", f.seats);
    put_one(b, "messages_waiting", "gauge", "Messages not yet acknowledged.", f.messages);
    put_one(b, "bytes", "gauge", "Bytes of sessions and messages.", f.bytes);
}

static void put_figures(buffer *b, relay_server *server, size_t n_held)
{
    buffer_printf(b,
                  "# HELP polytune_relay_build_info The version.\n"
                  "# TYPE polytune_relay_build_info gauge\n"
                  "polytune_relay_build_info{version=\"%s\",store=\"%s\"} 1\n",
                  pt_version(), server->store->kind);
    put_stored(b, server);
    put_one(b, "requests_held", "gauge", "Requests that wait.", n_held);
    put_one(b, "receiving_bytes", "gauge", "Bytes of requests being received.",
            server->transit.receiving);
    put_one(b, "sending_bytes", "gauge", "Bytes of messages being sent.", server->transit.sending);
    put_one(b, "messages_total", "counter", "Messages taken in.", server->store->carried);
    put_one(b, "sessions_opened_total", "counter", "Sessions opened.", server->stats.n_opened);
    put_one(b, "sessions_expired_total", "counter", "Sessions dropped unused.",
            server->stats.n_expired);
    put_one(b, "store_errors_total", "counter", "Failures of the store.", server->store->errors);
    buffer_printf(b, "# HELP polytune_relay_requests_total Requests answered, by status.\n"
                     "# TYPE polytune_relay_requests_total counter\n");
    for (size_t i = 0; i < STATUS_MAX; i++)
        if (server->stats.n_status[i] != 0)
            buffer_printf(b, "polytune_relay_requests_total{status=\"%zu\"} %" PRIu64 "\n", i,
                          server->stats.n_status[i]);
    buffer_printf(b, "# HELP polytune_relay_refused_total Requests refused, by reason.\n"
                     "# TYPE polytune_relay_refused_total counter\n");
    for (size_t i = 0; i < N_REFUSALS; i++)
        buffer_printf(b, "polytune_relay_refused_total{reason=\"%s\"} %" PRIu64 "\n",
                      refusal_names[i], server->stats.n_refused[i]);
}

enum MHD_Result stats_answer(request *r)
{
    buffer text;
    buffer_init(&text, (size_t)64 << 10);
    put_figures(&text, r->server, httpd_n_held(r->http.server));
    struct MHD_Response *response =
        text.failed ? NULL
                    : MHD_create_response_from_buffer(text.len, text.bytes, MHD_RESPMEM_MUST_COPY);
    buffer_clear(&text);
    if (response != NULL)
        (void)MHD_add_response_header(response, "Content-Type", "text/plain; version=0.0.4");
    return httpd_finish(&r->http, 200, response);
}
