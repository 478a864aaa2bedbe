/* polytune serve: the relay. */
#define _POSIX_C_SOURCE 200809L
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "cli/command.h"
#include "cli/report.h"
#include "cli/where.h"
#include "relay/relay.h"

#define DEFAULT_LISTEN "127.0.0.1:8000"

static const flag flags[] = {
    {"listen", "HOST:PORT", "where to listen (default " DEFAULT_LISTEN "); port 0 is any free one",
     false},
    {"tls-cert", "FILE", "serve https with this certificate (PEM, with the chain)", false},
    {"tls-key", "FILE", "the certificate's private key (PEM)", false},
    {"max-per-address", "N", "connections that one address may have open (default: any number)",
     false},
    {"expiry", "SECONDS", "drop a session that nobody used for so long (default 3600)", false},
    {0},
};
static const flag *const flag_lists[] = {flags, flags_common, NULL};

/* Serves until SIGINT or SIGTERM; the signals are blocked in every thread and waited for here. */
static pt_status serve(const relay_options *options, pt_error *error)
{
    relay_server *server = NULL;
    sigset_t stop;
    int received = 0;
    (void)sigemptyset(&stop);
    (void)sigaddset(&stop, SIGINT);
    (void)sigaddset(&stop, SIGTERM);
    if (sigprocmask(SIG_BLOCK, &stop, NULL) != 0)
        return error_set(error, PT_ERR_INTERNAL, "cannot block signals: %s", strerror(errno));
    const pt_status status = relay_server_start(&server, options, error);
    if (status != PT_OK)
        return status;
    const bool ipv6 = strchr(options->address, ':') != NULL;
    report_message(REPORT_INFO, "relay listening on http%s://%s%s%s:%u; stop it with Ctrl-C",
                   options->tls_cert != NULL ? "s" : "", ipv6 ? "[" : "", options->address,
                   ipv6 ? "]" : "", (unsigned)relay_server_port(server));
    (void)sigwait(&stop, &received);
    report_message(REPORT_INFO, "stopping");
    relay_server_request_stop(server);
    relay_server_wait(server);
    relay_server_free(server);
    return PT_OK;
}

static pt_status run(const args *a, pt_error *error)
{
    const char *listen = args_get(a, "listen") != NULL ? args_get(a, "listen") : DEFAULT_LISTEN;
    const char *expiry = args_get(a, "expiry");
    relay_options options = {0};
    const char *per_address = args_get(a, "max-per-address");
    uint64_t seconds = 0;
    uint64_t max_per_address = 0;
    char *host = mem_new(strlen(listen) + 1, 1);
    if (host == NULL)
        return error_memory(error);
    pt_status status = where_listen(host, &options.port, listen, error);
    if (status == PT_OK && expiry != NULL)
        status = args_number(&seconds, expiry, "--expiry", 1, 1000000, error);
    if (status == PT_OK && per_address != NULL)
        status = args_number(&max_per_address, per_address, "--max-per-address", 1, 1000000, error);
    options.address = host;
    options.max_per_address = (size_t)max_per_address;
    options.tls_cert = args_get(a, "tls-cert");
    options.tls_key = args_get(a, "tls-key");
    options.expiry_ms = (uint32_t)seconds * 1000;
    if (status == PT_OK)
        status = serve(&options, error);
    mem_free(host);
    return status;
}

const command command_serve = {
    .name = "serve",
    .arguments = "",
    .summary = "run a relay that passes messages between parties",
    .details = "The relay's HTTP interface stands in docs/command.md.\n",
    .flags = flag_lists,
    .n_positional = 0,
    .run = run,
};
