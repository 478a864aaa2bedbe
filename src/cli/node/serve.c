/* polytune node: runs the node until a signal ends it. */
#define _POSIX_C_SOURCE 200809L
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/error.h"
#include "base/mem.h"
#include "cli/commands/node_verbs.h"
#include "cli/flags/keys.h"
#include "cli/flags/where.h"
#include "cli/output.h"
#include "cli/report.h"
#include "cli/sd_notify.h"
#include "node/node.h"

#define DEFAULT_ADDR        "127.0.0.1:8000"
#define DEFAULT_STORE       "sqlite::memory:"
#define DEFAULT_CONCURRENCY 2
#define DEFAULT_JWT_S       300
#define SECONDS_MAX         1000000
#define TEXT_MAX            ((size_t)1 << 20) /* of configurations made of flags */

/* ---- the log ---- */

static void put_field(json_t *fields, const char *key, const char *text)
{
    if (text != NULL)
        (void)json_object_set_new(fields, key, output_json_text(text, strlen(text)));
}

static void node_log_event(void *user, const node_event *e)
{
    static const report_level levels[] = {[NODE_LOG_ERROR] = REPORT_ERROR,
                                          [NODE_LOG_WARN] = REPORT_WARN,
                                          [NODE_LOG_INFO] = REPORT_INFO,
                                          [NODE_LOG_DEBUG] = REPORT_DEBUG};
    json_t *fields = json_object();
    char line[1024];
    (void)user;
    put_field(fields, "event", e->what);
    put_field(fields, "computation_id", e->computation);
    put_field(fields, "caller", e->caller);
    put_field(fields, "details", e->text);
    (void)snprintf(line, sizeof line, "%s%s%s%s%s%s%s",
                   e->computation == NULL ? "" : e->computation, e->computation == NULL ? "" : ": ",
                   e->what, e->caller == NULL ? "" : ", for ", e->caller == NULL ? "" : e->caller,
                   e->text == NULL ? "" : ": ", e->text == NULL ? "" : e->text);
    report_event(levels[e->level], levels[e->level], fields, line);
}

/* ---- flags ---- */

/* A flag, or the variable of the same meaning that the Rust project's server reads. */
static const char *flag_or_variable(const args *a, const char *name, const char *variable)
{
    const char *given = args_get(a, name);
    if (given == NULL)
        given = getenv(variable);
    return given == NULL || given[0] == '\0' ? NULL : given;
}

static bool is_loopback_host(const char *host)
{
    return strcmp(host, "localhost") == 0 || strcmp(host, "::1") == 0 ||
           strncmp(host, "127.", 4) == 0;
}

static pt_status take_address(node_config *c, const args *a, pt_error *error)
{
    const char *given = flag_or_variable(a, "addr", "POLYTUNE_ADDR");
    char *host = NULL;
    if (given == NULL && c->address != NULL)
        return PT_OK;
    const pt_status status =
        where_listen(&host, &c->port, given == NULL ? DEFAULT_ADDR : given, error);
    if (status == PT_OK)
        c->address = arena_string(&c->memory, host, strlen(host));
    mem_free(host);
    return status == PT_OK && c->address == NULL ? error_memory(error) : status;
}

static pt_status take_seconds(uint32_t *ms, const args *a, const char *which, pt_error *error)
{
    uint64_t seconds = 0;
    char name[32];
    if (args_get(a, which) == NULL)
        return PT_OK;
    (void)snprintf(name, sizeof name, "--%s", which);
    const pt_status status = args_number(&seconds, args_get(a, which), name, 1, SECONDS_MAX, error);
    *ms = (uint32_t)seconds * 1000;
    return status;
}

static pt_status take_numbers(node_config *c, const args *a, pt_error *error)
{
    const char *concurrency = flag_or_variable(a, "concurrency", "POLYTUNE_CONCURRENCY");
    pt_status status = PT_OK;
    if (concurrency != NULL)
        status = args_number(&c->concurrency, concurrency, "--concurrency", 1, 10000, error);
    else if (c->concurrency == 0)
        c->concurrency = DEFAULT_CONCURRENCY;
    if (status == PT_OK)
        status = take_seconds(&c->wait_ms, a, "wait", error);
    if (status == PT_OK)
        status = take_seconds(&c->timeout_ms, a, "timeout", error);
    if (status == PT_OK)
        status = take_seconds(&c->deadline_ms, a, "deadline", error);
    return status;
}

static pt_status take_store(node_config *c, const args *a, pt_error *error)
{
    const char *given = args_get(a, "store");
    if (given == NULL && c->store != NULL)
        return PT_OK;
    if (given == NULL)
        given = DEFAULT_STORE;
    c->store = arena_string(&c->memory, given, strlen(given));
    return c->store == NULL ? error_memory(error) : PT_OK;
}

static pt_status check_permissions(const node_config *c, bool has_file, pt_error *error)
{
    if (!has_file && !c->insecure_allow_all)
        return error_set(error, PT_ERR_USAGE,
                         "nothing is allowed without a configuration: polytune node needs "
                         "--config=FILE; to try it on one machine, --insecure-allow-all");
    if (c->insecure_allow_all && !is_loopback_host(c->address))
        return error_set(error, PT_ERR_USAGE,
                         "--insecure-allow-all lets everybody who reaches %s compute on whatever "
                         "this node can read: it is for loopback only, --addr=" DEFAULT_ADDR,
                         c->address);
    return PT_OK;
}

/* The configuration of the file, if there is one, with what the flags say. */
static pt_status read_settings(node_config *ret_config, const args *a, pt_error *error)
{
    const char *path = args_get(a, "config");
    node_config *c = ret_config;
    pt_status status = PT_OK;
    *c = (node_config){0};
    if (path != NULL)
        status = node_config_read(c, path, error);
    else
        arena_init(&c->memory, TEXT_MAX);
    c->insecure_allow_all = args_get(a, "insecure-allow-all") != NULL;
    if (status == PT_OK)
        status = take_address(c, a, error);
    if (status == PT_OK)
        status = take_numbers(c, a, error);
    if (status == PT_OK)
        status = take_store(c, a, error);
    return status == PT_OK ? check_permissions(c, path != NULL, error) : status;
}

/* *ret_key: mem_free_guarded; NULL when none is named. */
static pt_status read_key(uint8_t **ret_key, const node_config *c, const args *a, pt_error *error)
{
    const char *path = args_get(a, "key") != NULL ? args_get(a, "key") : c->key_file;
    if (path == NULL)
        return PT_OK;
    *ret_key = mem_new_guarded(1, PT_KEY_BYTES);
    return *ret_key == NULL ? error_memory(error) : key_read(*ret_key, path, error);
}

/* ---- life ---- */

static void node_reload_all(node *n, const args *a)
{
    node_config config;
    uint8_t *key = NULL;
    pt_error error;
    sd_notify_send("RELOADING=1");
    pt_status status = read_settings(&config, a, &error);
    if (status == PT_OK)
        status = read_key(&key, &config, a, &error);
    if (status == PT_OK)
        status = node_reload(n, &config, key, &error);
    else
        node_config_clear(&config);
    mem_free_guarded(key, PT_KEY_BYTES);
    if (status != PT_OK)
        report_message(REPORT_ERROR, "the node goes on as before: %s", error.message);
    sd_notify_send("READY=1");
}

/* Waits for signals, and tells systemd now and then that the node is alive; returns when it is to
 * stop. */
static void wait_for_signals(node *n, const sigset_t *signals, const args *a)
{
    const uint64_t watchdog_ms = sd_notify_watchdog_ms();
    const uint64_t every_ms = watchdog_ms == 0 ? 60000 : watchdog_ms / 2 + 1;
    const struct timespec wait = {.tv_sec = (time_t)(every_ms / 1000),
                                  .tv_nsec = (long)(every_ms % 1000) * 1000000};
    for (;;) {
        const int received = sigtimedwait(signals, NULL, &wait);
        if (received == SIGHUP)
            node_reload_all(n, a);
        else if (received == SIGINT || received == SIGTERM)
            return;
        if (watchdog_ms != 0 && node_is_alive(n))
            sd_notify_send("WATCHDOG=1");
    }
}

static void tell_start(const node *n, const node_config *c, const char *address)
{
    const bool ipv6 = strchr(address, ':') != NULL;
    if (c->insecure_allow_all)
        report_security(
            "--insecure-allow-all: everybody on this machine may have this node compute "
            "anything, and no party is known by its key");
    if (strcmp(c->store, DEFAULT_STORE) == 0)
        report_message(REPORT_WARN,
                       "without --store=sqlite:FILE the queue and the results are lost "
                       "when the node stops");
    report_message(REPORT_INFO, "node listening on http%s://%s%s%s:%u; stop it with Ctrl-C",
                   c->tls_certificate != NULL ? "s" : "", ipv6 ? "[" : "", address, ipv6 ? "]" : "",
                   (unsigned)node_port(n));
}

/* Tokens that the node's requests carry. */
static pt_status take_bearer(bearer_options *b, const args *a, pt_error *error)
{
    const char *seconds = flag_or_variable(a, "jwt-exp", "POLYTUNE_JWT_EXP");
    b->key_file = flag_or_variable(a, "jwt-key", "POLYTUNE_JWT_KEY");
    b->issuer = flag_or_variable(a, "jwt-iss", "POLYTUNE_JWT_ISS");
    b->claims = flag_or_variable(a, "jwt-claims", "POLYTUNE_JWT_CLAIMS");
    b->seconds = DEFAULT_JWT_S;
    if (b->issuer == NULL)
        b->issuer = "polytune";
    if (b->claims != NULL && b->key_file == NULL)
        return error_set(error, PT_ERR_USAGE, "--jwt-claims without --jwt-key");
    if (seconds == NULL)
        return PT_OK;
    return args_number(&b->seconds, seconds, "--jwt-exp", 1, SECONDS_MAX, error);
}

static pt_status start_and_wait(node_config *config, const uint8_t *key, const args *a,
                                pt_error *error)
{
    node *n = NULL;
    sigset_t signals;
    char address[256];
    const node_config shown = *config; /* its texts live as long as the node */
    (void)snprintf(address, sizeof address, "%s", config->address);
    (void)sigemptyset(&signals);
    (void)sigaddset(&signals, SIGINT);
    (void)sigaddset(&signals, SIGTERM);
    (void)sigaddset(&signals, SIGHUP);
    if (sigprocmask(SIG_BLOCK, &signals, NULL) != 0) {
        node_config_clear(config);
        return error_set(error, PT_ERR_INTERNAL, "cannot block signals: %s", strerror(errno));
    }
    node_options options = {.private_key = key, .log = node_log_event};
    pt_status status = take_bearer(&options.bearer, a, error);
    if (status != PT_OK) {
        node_config_clear(config);
        return status;
    }
    status = node_start(&n, config, &options, error);
    if (status != PT_OK)
        return status;
    tell_start(n, &shown, address);
    sd_notify_send("READY=1");
    wait_for_signals(n, &signals, a);
    sd_notify_send("STOPPING=1");
    report_message(REPORT_INFO, "stopping");
    node_stop(n);
    return PT_OK;
}

static pt_status node_serve_run(const args *a, const char *argument, pt_error *error)
{
    node_config config;
    uint8_t *key = NULL;
    (void)argument;
    pt_status status = read_settings(&config, a, error);
    if (status == PT_OK)
        status = read_key(&key, &config, a, error);
    if (status == PT_OK)
        status = start_and_wait(&config, key, a, error);
    else
        node_config_clear(&config);
    mem_free_guarded(key, PT_KEY_BYTES);
    return status;
}

static const char *const flags_taken[] = {"config",      "key",      "addr",
                                          "concurrency", "store",    "wait",
                                          "timeout",     "deadline", "insecure-allow-all",
                                          "jwt-key",     "jwt-iss",  "jwt-exp",
                                          "jwt-claims",  NULL};
const node_verb node_verb_serve = {"", NULL, flags_taken, node_serve_run};
