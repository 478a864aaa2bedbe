/* polytune serve: the relay. */
#define _POSIX_C_SOURCE 200809L
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/mem.h"
#include "base/thread.h"
#include "cli/commands/command.h"
#include "cli/flags/where.h"
#include "cli/output.h"
#include "cli/page_folder.h"
#include "cli/report.h"
#include "relay/relay.h"

#define DEFAULT_LISTEN "127.0.0.1:8000"
#define GRACE_S        30
/* So many requests a second, and sessions a minute, where others than this machine's may ask. */
#define PUBLIC_PER_ADDRESS 5000
#define PUBLIC_PER_SESSION 20000
#define PUBLIC_OPENED      600
#define PUBLIC_SHARE       25

#define DIGITS(number) #number
#define TEXT(macro)    DIGITS(macro)

static const flag flags[] = {
    {"listen", "HOST:PORT", "where to listen (default " DEFAULT_LISTEN "); port 0 is any free one",
     false},
    {"tls-cert", "FILE", "serve https with this certificate (PEM, with the chain)", false},
    {"tls-key", "FILE", "the certificate's private key (PEM)", false},
    {"store", "WHERE",
     "memory (default), sqlite:FILE to survive a restart, or redis://[[USER]:PASSWORD@]HOST[:PORT]"
     "[/DB] for several relays; better in the environment, as POLYTUNE_STORE",
     false},
    {"store-sync", NULL,
     "sqlite: have every change on the disk before it is answered, which power loss then spares",
     false},
    {"open", NULL, "serve clients without seat tokens, too (default when listening on loopback)",
     false},
    {"tokens", NULL, "demand seat tokens (default when not listening on loopback)", false},
    {"cors", "ORIGIN[,..]", "pages of which browsers may ask (default *, any; none for no page)",
     false},
    {"page", "DIR", "serve the page for browsers from this folder (default: the installed one)",
     false},
    {"no-page", NULL, "serve no page", false},
    {"trust-forwarded", NULL, "behind a proxy: who asks is the last address in X-Forwarded-For",
     false},
    {"expiry", "SECONDS",
     "drop a session that nobody used for so long (default " TEXT(RELAY_EXPIRY_S) ")", false},
    {"max-timeout", "SECONDS",
     "longest time-out that parties may ask for (default " TEXT(RELAY_TIMEOUT_S) ")", false},
    {"grace", "SECONDS",
     "when stopping, let sessions run on for so long (default " TEXT(GRACE_S) ")", false},
    {"max-sessions", "N", "sessions (default " TEXT(RELAY_SESSIONS) ")", false},
    {"max-seats", "N", "seats in a session (default " TEXT(RELAY_SEATS) ")", false},
    {"max-messages", "N", "waiting messages in one queue (default " TEXT(RELAY_MESSAGES) ")",
     false},
    {"max-queue-bytes", "SIZE",
     "waiting bytes in one queue, e.g. 1G (default " TEXT(RELAY_QUEUE_MIB) "M)", false},
    {"max-session-bytes", "SIZE",
     "waiting bytes in one session (default " TEXT(RELAY_SESSION_MIB) "M)", false},
    {"max-bytes", "SIZE", "waiting bytes in all (default " TEXT(RELAY_TOTAL_MIB) "M)", false},
    {"max-connections", "N", "open connections (default " TEXT(RELAY_CONNECTIONS) ")", false},
    {"max-per-address", "N", "connections that one address may have open (default: its share)",
     false},
    {"address-share", "PERCENT",
     "of sessions, bytes, connections and waiting requests that may be one address's "
     "(default " TEXT(PUBLIC_SHARE) ", on loopback 100)",
     false},
    {"rate-address", "N",
     "requests a second that one address may make; 0: any number (default " TEXT(
         PUBLIC_PER_ADDRESS) ", on loopback 0)",
     false},
    {"rate-session", "N",
     "requests a second that may be made in one session (default " TEXT(
         PUBLIC_PER_SESSION) ", on loopback 0)",
     false},
    {"rate-opened", "N",
     "sessions a minute that one address may open (default " TEXT(PUBLIC_OPENED) ", on loopback 0)",
     false},
    {0},
};
static const flag *const flag_lists[] = {flags, flags_common, NULL};

/* ---- the log ---- */

static void set_text(json_t *fields, const char *key, const char *text)
{
    if (text != NULL)
        (void)json_object_set_new(fields, key, output_json_text(text, strlen(text)));
}

/* In a JSON log, and as text: events are what a JSON log is for, but details to a reader. */
#define EVENT_LEVELS  REPORT_INFO, REPORT_DEBUG
#define DETAIL_LEVELS REPORT_DEBUG, REPORT_TRACE

static void log_event(void *user, const relay_event *e)
{
    json_t *fields = json_object();
    char party[24] = "";
    char text[512];
    (void)user;
    set_text(fields, "event", e->what);
    set_text(fields, "session", e->session);
    set_text(fields, "address", e->address);
    set_text(fields, "reason", e->reason);
    if (e->party >= 0) {
        (void)json_object_set_new(fields, "party", json_integer(e->party));
        (void)snprintf(party, sizeof party, ", party %d", e->party);
    }
    if (e->status != 0)
        (void)json_object_set_new(fields, "status", json_integer((json_int_t)e->status));
    (void)snprintf(text, sizeof text, "session %s%s: %s%s%s (%s)",
                   e->session == NULL ? "-" : e->session, party, e->what,
                   e->reason == NULL ? "" : " ", e->reason == NULL ? "" : e->reason,
                   e->address == NULL ? "-" : e->address);
    if (e->is_detail)
        report_event(DETAIL_LEVELS, fields, text);
    else
        report_event(EVENT_LEVELS, fields, text);
}

/* ---- life ---- */

static void *wait_for_end(void *server)
{
    relay_server_wait(server);
    (void)kill(getpid(), SIGUSR1);
    return NULL;
}

/* Serves until a signal; then until the sessions have ended, or another signal. The signals are
 * blocked in every thread and waited for here; SIGUSR1 is our own thread's, saying that the server
 * has stopped. */
static pt_status run_server(relay_server *server, const sigset_t *signals, uint32_t grace_ms,
                            pt_error *error)
{
    pthread_t waiter;
    int received = 0;
    const pt_status status = thread_start(&waiter, wait_for_end, server, error);
    if (status != PT_OK)
        return status;
    while (sigwait(signals, &received) != 0 || received == SIGUSR1)
        ;
    report_message(REPORT_INFO,
                   "stopping: running sessions may take %u s to end; again to stop at once",
                   (unsigned)(grace_ms / 1000));
    relay_server_request_end(server, grace_ms);
    if (sigwait(signals, &received) == 0 && received != SIGUSR1)
        relay_server_request_stop(server);
    (void)pthread_join(waiter, NULL);
    return PT_OK;
}

static void warn_if_few_files(const relay_server *server)
{
    size_t wanted;
    const size_t n = relay_server_max_connections(server, &wanted);
    if (n < wanted)
        report_message(REPORT_WARN,
                       "the system allows so few open files that there can be %zu connections at a "
                       "time and not %zu: raise 'ulimit -n' or LimitNOFILE",
                       n, wanted);
}

static bool is_loopback(const char *host)
{
    return strcmp(host, "localhost") == 0 || strcmp(host, "::1") == 0 ||
           strncmp(host, "127.", 4) == 0;
}

/* Browsers let a page from another machine do all it can only over https. */
static void tell_of_page(const relay_options *o)
{
    if (o->page == NULL)
        return;
    report_message(REPORT_INFO, "open that address in a browser to take part there");
    if (o->tls_cert == NULL && !o->trust_forwarded && !is_loopback(o->address))
        report_message(REPORT_INFO,
                       "without https the page works, but browsers on other machines neither show "
                       "that it is yours, nor copy links for it, nor stay awake");
}

static pt_status serve(const relay_options *options, uint32_t grace_ms, pt_error *error)
{
    relay_server *server = NULL;
    sigset_t signals;
    (void)sigemptyset(&signals);
    (void)sigaddset(&signals, SIGINT);
    (void)sigaddset(&signals, SIGTERM);
    (void)sigaddset(&signals, SIGUSR1);
    if (sigprocmask(SIG_BLOCK, &signals, NULL) != 0)
        return error_set(error, PT_ERR_INTERNAL, "cannot block signals: %s", strerror(errno));
    pt_status status = relay_server_start(&server, options, error);
    if (status != PT_OK)
        return status;
    const bool ipv6 = strchr(options->address, ':') != NULL;
    report_message(REPORT_INFO, "relay listening on http%s://%s%s%s:%u; stop it with Ctrl-C",
                   options->tls_cert != NULL ? "s" : "", ipv6 ? "[" : "", options->address,
                   ipv6 ? "]" : "", (unsigned)relay_server_port(server));
    warn_if_few_files(server);
    tell_of_page(options);
    status = run_server(server, &signals, grace_ms, error);
    relay_server_free(server);
    return status;
}

/* ---- options ---- */

/* The page's folder: what is asked for, or else the installed one, if there is one. */
static pt_status read_page(char **ret_folder, const args *a, pt_error *error)
{
    const char *given = args_get(a, "page");
    const bool none = args_get(a, "no-page") != NULL;
    if (given != NULL && none)
        return error_set(error, PT_ERR_USAGE, "--page and --no-page exclude each other");
    if (none)
        return PT_OK;
    if (given == NULL)
        return page_folder_find(ret_folder, error);
    *ret_folder = mem_string(given);
    return *ret_folder == NULL ? error_memory(error) : PT_OK;
}

/* Those of the flags that are numbers; 0: the relay's default. */
typedef struct numbers {
    uint64_t expiry, max_timeout, grace;
    uint64_t max_sessions, max_seats, max_messages, max_connections, max_per_address;
    uint64_t max_queue_bytes, max_session_bytes, max_bytes;
    uint64_t rate_address, rate_session, rate_opened, address_share;
} numbers;

static pt_status read_numbers(numbers *n, const args *a, pt_error *error)
{
    const struct {
        const char *flag;
        uint64_t min;
        uint64_t max;
        bool is_size;
        uint64_t *value;
    } rows[] = {
        {"--expiry", 1, 1000000, false, &n->expiry},
        {"--max-timeout", RELAY_TIMEOUT_MIN_S, 1000000, false, &n->max_timeout},
        {"--grace", 0, 1000000, false, &n->grace},
        {"--max-sessions", 1, 10000000, false, &n->max_sessions},
        {"--max-seats", 1, 1024, false, &n->max_seats},
        {"--max-messages", 1, 1000000000, false, &n->max_messages},
        {"--max-queue-bytes", 1, SIZE_MAX / 4, true, &n->max_queue_bytes},
        {"--max-session-bytes", 1, SIZE_MAX / 4, true, &n->max_session_bytes},
        {"--max-bytes", 1, SIZE_MAX / 4, true, &n->max_bytes},
        {"--max-connections", 1, 1000000, false, &n->max_connections},
        {"--max-per-address", 1, 1000000, false, &n->max_per_address},
        {"--address-share", 1, 100, false, &n->address_share},
        {"--rate-address", 0, 1000000000, false, &n->rate_address},
        {"--rate-session", 0, 1000000000, false, &n->rate_session},
        {"--rate-opened", 0, 1000000000, false, &n->rate_opened},
    };
    pt_status status = PT_OK;
    for (size_t i = 0; status == PT_OK && i < sizeof rows / sizeof *rows; i++) {
        const char *text = args_get(a, rows[i].flag + 2);
        if (text == NULL)
            continue;
        if (rows[i].is_size)
            status = args_size(rows[i].value, text, rows[i].flag, rows[i].max, error);
        else
            status =
                args_number(rows[i].value, text, rows[i].flag, rows[i].min, rows[i].max, error);
    }
    return status;
}

static pt_status read_limits(relay_options *o, uint32_t *ret_grace_ms, const args *a,
                             pt_error *error)
{
    numbers n = {.grace = GRACE_S};
    if (!is_loopback(o->address)) {
        n.rate_address = PUBLIC_PER_ADDRESS;
        n.rate_session = PUBLIC_PER_SESSION;
        n.rate_opened = PUBLIC_OPENED;
        n.address_share = PUBLIC_SHARE;
    }
    const pt_status status = read_numbers(&n, a, error);
    o->expiry_ms = (uint32_t)n.expiry * 1000;
    o->timeout_max_ms = (uint32_t)n.max_timeout * 1000;
    o->max_sessions = (size_t)n.max_sessions;
    o->max_seats = (size_t)n.max_seats;
    o->max_messages = (size_t)n.max_messages;
    o->max_queue_bytes = (size_t)n.max_queue_bytes;
    o->max_session_bytes = (size_t)n.max_session_bytes;
    o->max_bytes = (size_t)n.max_bytes;
    o->max_connections = (size_t)n.max_connections;
    o->max_per_address = (size_t)n.max_per_address;
    o->address_share = (uint32_t)n.address_share;
    o->address_requests = (uint32_t)n.rate_address;
    o->session_requests = (uint32_t)n.rate_session;
    o->address_sessions = (uint32_t)n.rate_opened;
    *ret_grace_ms = (uint32_t)n.grace * 1000;
    return status;
}

/* The length of the host: a name, or an IPv6 address in brackets; 0 for none. */
static size_t origin_host(const char *text)
{
    if (*text != '[')
        return *text == '.' ? 0 : strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789-._");
    const size_t inside = strspn(text + 1, "0123456789abcdef:");
    return inside > 1 && text[1 + inside] == ']' ? inside + 2 : 0;
}

/* Without zeros before it, and none that the scheme means anyway. */
static bool is_origin_port(const char *scheme, const char *text, size_t len)
{
    const bool is_http = strncmp(scheme, "http://", 7) == 0 && strncmp(text, "80", len) == 0;
    const bool is_https = strncmp(scheme, "https://", 8) == 0 && strncmp(text, "443", len) == 0;
    uint32_t port = 0;
    if (len == 0 || len > 5 || *text == '0' || strspn(text, "0123456789") != len)
        return false;
    for (size_t i = 0; i < len; i++)
        port = 10 * port + (uint32_t)(text[i] - '0');
    return port <= UINT16_MAX && !(len == 2 && is_http) && !(len == 3 && is_https);
}

/* As browsers write an origin: scheme, host in small letters, port unless it is the usual one; null
 * is that of a page that is a file. */
static bool is_origin(const char *text, size_t len)
{
    if (len == 4 && strncmp(text, "null", len) == 0)
        return true;
    const size_t scheme = strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789+-.");
    if (scheme == 0 || strncmp(text + scheme, "://", 3) != 0)
        return false;
    const size_t host = origin_host(text + scheme + 3);
    const size_t end = scheme + 3 + host;
    if (host == 0 || end == len)
        return host != 0;
    return text[end] == ':' && is_origin_port(text, text + end + 1, len - end - 1);
}

/* What compares equal to nothing that a browser says would keep pages out without a word. */
static bool are_origins(const char *list)
{
    for (const char *at = list;; at++) {
        const size_t len = strcspn(at, ",");
        if (!is_origin(at, len))
            return false;
        at += len;
        if (*at == '\0')
            return true;
    }
}

static pt_status read_origins(relay_options *o, const char *cors, pt_error *error)
{
    if (cors != NULL && strcmp(cors, "none") == 0)
        cors = "";
    else if (cors != NULL && strcmp(cors, "*") != 0 && !are_origins(cors))
        return error_set(error, PT_ERR_USAGE,
                         "--cors takes origins as browsers write them, e.g. https://app.example or "
                         "https://app.example:8443, with commas between them, or * or none; "
                         "not '%s'",
                         cors);
    o->cors = cors;
    return PT_OK;
}

static pt_status read_access(relay_options *o, const args *a, pt_error *error)
{
    const bool open = args_get(a, "open") != NULL;
    const bool tokens = args_get(a, "tokens") != NULL;
    const char *store = args_get(a, "store");
    if (open && tokens)
        return error_set(error, PT_ERR_USAGE, "--open and --tokens exclude each other");
    o->needs_tokens = tokens || (!open && !is_loopback(o->address));
    o->trust_forwarded = args_get(a, "trust-forwarded") != NULL;
    o->store = store != NULL ? store : getenv("POLYTUNE_STORE");
    if (o->store != NULL && o->store[0] == '\0')
        o->store = NULL;
    o->store_syncs = args_get(a, "store-sync") != NULL;
    o->tls_cert = args_get(a, "tls-cert");
    o->tls_key = args_get(a, "tls-key");
    o->log = report_wants_event(EVENT_LEVELS) ? log_event : NULL;
    o->log_details = report_wants_event(DETAIL_LEVELS);
    return read_origins(o, args_get(a, "cors"), error);
}

static pt_status serve_run(const args *a, pt_error *error)
{
    const char *listen = args_get(a, "listen") != NULL ? args_get(a, "listen") : DEFAULT_LISTEN;
    relay_options options = {0};
    uint32_t grace_ms = 0;
    char *host = NULL;
    char *folder = NULL;
    pt_status status = where_listen(&host, &options.port, listen, error);
    options.address = host;
    if (status == PT_OK)
        status = read_access(&options, a, error);
    if (status == PT_OK)
        status = read_limits(&options, &grace_ms, a, error);
    if (status == PT_OK)
        status = read_page(&folder, a, error);
    options.page = folder;
    if (status == PT_OK)
        status = serve(&options, grace_ms, error);
    mem_free(folder);
    mem_free(host);
    return status;
}

const command command_serve = {
    .name = "serve",
    .arguments = "",
    .summary = "run a relay that passes messages between parties",
    .details = "docs/relay.md tells how to run one, docs/command.md has its HTTP interface.\n",
    .flags = flag_lists,
    .n_positional = 0,
    .run = serve_run,
};
