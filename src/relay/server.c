#include "relay/server.h"

#include <sodium.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/mem.h"
#include "relay/page.h"
#include "wire/wire.h"

#define STORE_TRY_MS 1000 /* strangers may ask for the store's health as often as they like */
#define IDLE_MS      4000

_Static_assert(RELAY_TIMEOUT_MIN_S * 1000 == WIRE_TIMEOUT_MIN_MS, "what is told is what counts");

static relay_options with_defaults(const relay_options *given)
{
    relay_options o = *given;
#define DEFAULT(field, value)                                                                      \
    do {                                                                                           \
        if (o.field == 0)                                                                          \
            o.field = (value);                                                                     \
    } while (0)
    DEFAULT(address, "127.0.0.1");
    DEFAULT(cors, "*");
    DEFAULT(max_connections, RELAY_CONNECTIONS);
    DEFAULT(max_sessions, RELAY_SESSIONS);
    DEFAULT(max_seats, RELAY_SEATS);
    DEFAULT(max_messages, RELAY_MESSAGES);
    DEFAULT(max_queue_bytes, (size_t)RELAY_QUEUE_MIB << 20);
    DEFAULT(max_session_bytes, (size_t)RELAY_SESSION_MIB << 20);
    DEFAULT(max_bytes, MEM_LIMIT((uint64_t)RELAY_TOTAL_MIB << 20));
    DEFAULT(expiry_ms, RELAY_EXPIRY_S * 1000);
    DEFAULT(timeout_ms, WIRE_TIMEOUT_MS);
    DEFAULT(timeout_max_ms, RELAY_TIMEOUT_S * 1000);
    DEFAULT(hold_max_ms, 60 * 1000);
    DEFAULT(broker_wait_ms, 30 * 1000);
    DEFAULT(client_timeout_ms, 60 * 1000);
#undef DEFAULT
    return o;
}

/* An address's share of a limit, and one more, so that there is one; 0: it is not limited. */
static size_t share_of(const relay_options *o, size_t max)
{
    if (o->address_share == 0 || o->address_share >= 100)
        return 0;
    return max / 100 * o->address_share + max % 100 * o->address_share / 100 + 1;
}

/* ---- what the store tells ---- */

static void wake_waiting(void *user, store_wake what, const char *session, uint32_t from,
                         uint32_t to)
{
    waiting_wake(user, what, session, from, to);
}

static void take_note(void *user, store_event event, const store_caller *who, const char *session,
                      uint32_t party)
{
    stats_note(user, event, who, session, party);
}

static void wake_server(void *user)
{
    httpd_wake(((relay_server *)user)->http);
}

static pt_status open_store(relay_server *server, pt_error *error)
{
    const relay_options *o = &server->options;
    const store_options options = {.sessions = o->max_sessions,
                                   .seats = o->max_seats,
                                   .messages = o->max_messages,
                                   .queue_bytes = o->max_queue_bytes,
                                   .session_bytes = o->max_session_bytes,
                                   .bytes = o->max_bytes,
                                   .address_sessions = share_of(o, o->max_sessions),
                                   .address_bytes = server->transit.address_max,
                                   .expiry_ms = o->expiry_ms,
                                   .timeout_ms = o->timeout_ms,
                                   .needs_tokens = o->needs_tokens,
                                   .syncs = o->store_syncs};
    const store_listener listener = {
        .user = server, .wake = wake_waiting, .note = take_note, .woken = wake_server};
    return store_open(&server->store, o->store, &options, &listener, error);
}

/* ---- life ---- */

/* What fails leaves the server as far as it came, for relay_server_free. */
static pt_status start(relay_server *server, const relay_options *options, pt_error *error)
{
    server->options = with_defaults(options);
    relay_options *o = &server->options;
    server->address_waiting = share_of(o, o->max_connections);
    server->transit.address_max = share_of(o, o->max_bytes);
    /* Behind a proxy all connections come from there. */
    if (o->max_per_address == 0 && !o->trust_forwarded)
        o->max_per_address = share_of(o, o->max_connections);
    const httpd_options http = {.address = o->address,
                                .port = o->port,
                                .max_connections = o->max_connections,
                                .max_per_address = o->max_per_address,
                                .client_timeout_ms = o->client_timeout_ms,
                                .tls_cert = o->tls_cert,
                                .tls_key = o->tls_key};
    if (sodium_init() < 0)
        return error_set(error, PT_ERR_INTERNAL, "libsodium cannot be initialised");
    pt_status status = admit_init(&server->limits, o, error);
    if (status == PT_OK)
        status = waiting_init(&server->waiting, error);
    if (status == PT_OK)
        status = presence_init(&server->presence, error);
    if (status == PT_OK)
        status = stats_init(&server->stats, error);
    if (status == PT_OK)
        status = httpd_new(&server->http, &relay_app, server, error);
    if (status == PT_OK)
        status = open_store(server, error);
    if (status == PT_OK && o->page != NULL)
        status = page_load(&server->page, o->page, error);
    if (status == PT_OK)
        status = httpd_start(server->http, &http, error);
    return status;
}

pt_status relay_server_start(relay_server **ret_server, const relay_options *options,
                             pt_error *error)
{
    relay_server *server = mem_new(1, sizeof *server);
    if (server == NULL)
        return error_memory(error);
    const pt_status status = start(server, options, error);
    if (status == PT_OK)
        *ret_server = server;
    else
        relay_server_free(server);
    return status;
}

uint16_t relay_server_port(const relay_server *server)
{
    return httpd_port(server->http);
}

void relay_server_request_stop(relay_server *server)
{
    httpd_request_stop(server->http);
}

void relay_server_request_end(relay_server *server, uint32_t grace_ms)
{
    atomic_store(&server->grace_ms, grace_ms);
    atomic_store(&server->stop_asked, true);
    httpd_wake(server->http);
}

size_t relay_server_max_connections(const relay_server *server, size_t *ret_wanted)
{
    *ret_wanted = server->options.max_connections;
    return httpd_max_connections(server->http);
}

bool server_store_is_up(relay_server *server)
{
    const uint64_t now = clock_ms();
    if (server->store_tried_ms == 0 || now - server->store_tried_ms >= STORE_TRY_MS) {
        server->store_is_up = store_check(server->store) == STORE_DONE;
        server->store_tried_ms = now;
    }
    return server->store_is_up;
}

/* Whether sessions run: there are some, and somebody waits in one, or asked not long ago. */
static bool sessions_run(const relay_server *server, uint64_t now)
{
    store_figures figures = {0};
    if (store_measure(server->store, &figures) != STORE_DONE || figures.sessions == 0)
        return false;
    return httpd_n_held(server->http) != 0 || now - server->heard_ms < IDLE_MS;
}

void server_end_if_idle(relay_server *server)
{
    const uint64_t now = clock_ms();
    if (!atomic_load(&server->stop_asked))
        return;
    if (!server->is_stopping) {
        server->is_stopping = true;
        server->stop_by_ms = now + atomic_load(&server->grace_ms);
        server->heard_ms = now;
    }
    if (server->store->is_shared || now >= server->stop_by_ms || !sessions_run(server, now))
        httpd_request_stop(server->http);
}

void relay_server_wait(relay_server *server)
{
    httpd_wait(server->http);
}

void relay_server_free(relay_server *server)
{
    if (server == NULL)
        return;
    httpd_close(server->http); /* its requests still need the store */
    store_free(server->store); /* which wakes the server, from a thread of its own, up to here */
    httpd_free(server->http);
    page_free(server->page);
    presence_clear(&server->presence);
    admit_clear(&server->limits);
    stats_clear(&server->stats);
    mem_free(server);
}
