#include "relay/server.h"

#include "base/error.h"
#include "base/mem.h"

static relay_options with_defaults(const relay_options *given)
{
    relay_options o = *given;
#define DEFAULT(field, value)                                                                      \
    do {                                                                                           \
        if (o.field == 0)                                                                          \
            o.field = (value);                                                                     \
    } while (0)
    DEFAULT(address, "127.0.0.1");
    DEFAULT(max_connections, 4096);
    DEFAULT(max_sessions, 4096);
    DEFAULT(max_messages, 65536);
    DEFAULT(max_queue_bytes, (size_t)64 << 20);
    DEFAULT(max_session_bytes, (size_t)512 << 20);
    DEFAULT(max_bytes, SIZE_MAX / 2 < ((size_t)2 << 30) ? SIZE_MAX / 2 : (size_t)2 << 30);
    DEFAULT(expiry_ms, 3600 * 1000);
    DEFAULT(takeover_ms, 30 * 1000);
    DEFAULT(hold_max_ms, 60 * 1000);
    DEFAULT(broker_wait_ms, 30 * 1000);
    DEFAULT(client_timeout_ms, 60 * 1000);
#undef DEFAULT
    return o;
}

pt_status relay_server_start(relay_server **ret_server, const relay_options *options,
                             pt_error *error)
{
    relay_server *server = mem_new(1, sizeof *server);
    if (server == NULL)
        return error_memory(error);
    server->options = with_defaults(options);
    const relay_options *o = &server->options;
    store_init(&server->store,
               &(store_limits){.sessions = o->max_sessions,
                               .messages = o->max_messages,
                               .queue_bytes = o->max_queue_bytes,
                               .session_bytes = o->max_session_bytes,
                               .bytes = o->max_bytes,
                               .expiry_ms = o->expiry_ms,
                               .takeover_ms = o->takeover_ms},
               answer_wake);
    const httpd_options http = {.address = o->address,
                                .port = o->port,
                                .max_connections = o->max_connections,
                                .max_per_address = o->max_per_address,
                                .client_timeout_ms = o->client_timeout_ms,
                                .tls_cert = o->tls_cert,
                                .tls_key = o->tls_key};
    const pt_status status = httpd_start(&server->http, &http, &relay_app, server, error);
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

void relay_server_wait(relay_server *server)
{
    httpd_wait(server->http);
}

void relay_server_free(relay_server *server)
{
    if (server == NULL)
        return;
    httpd_free(server->http);
    store_clear(&server->store);
    mem_free(server);
}
