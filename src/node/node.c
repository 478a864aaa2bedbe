#include "node/node.h"

#include <sodium.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/thread.h"
#include "channel/http/url.h"
#include "crypto/ct.h"
#include "node/computation.h"
#include "node/delivery.h"
#include "node/http/api.h"

#define LOOK_MS        500  /* the keeper looks at the records at least so often */
#define BEAT_MS        3000 /* it tells others that this node lives */
#define EXPIRE_MS      60000
#define DAY_MS         ((int64_t)24 * 3600 * 1000)
#define ALIVE_MS       20000
#define CONNECTIONS    1024
#define CLIENT_MS      60000
#define AGAIN_STORE_MS 1000 /* between tries to reach a store that is lost */
#define LAST_POST_MS   700  /* when stopping, results may still be delivered for so long */

/* ---- settings ---- */

settings *settings_use(node *n)
{
    monitor_lock(&n->lock);
    settings *s = n->settings;
    s->n_users++;
    monitor_unlock(&n->lock);
    return s;
}

static void settings_free(settings *s)
{
    caller_keys_free(s->keys); /* they point into the configuration */
    node_config_clear(&s->config);
    mem_free_guarded(s->private_key, PT_KEY_BYTES);
    mem_free(s);
}

void settings_release(node *n, settings *s)
{
    monitor_lock(&n->lock);
    const bool is_last = --s->n_users == 0;
    monitor_unlock(&n->lock);
    if (is_last)
        settings_free(s);
}

/* Takes the configuration over in any case. */
static pt_status settings_new(settings **ret_settings, node_config *config,
                              const uint8_t *private_key, pt_error *error)
{
    settings *s = mem_new(1, sizeof *s);
    if (s == NULL) {
        node_config_clear(config);
        return error_memory(error);
    }
    s->config = *config;
    *config = (node_config){0};
    s->n_users = 1;
    pt_status status = PT_OK;
    if (private_key != NULL) {
        s->private_key = mem_new_guarded(1, PT_KEY_BYTES);
        if (s->private_key == NULL)
            status = error_memory(error);
        else
            memcpy(s->private_key, private_key, PT_KEY_BYTES);
    } else if (!s->config.insecure_allow_all) {
        status = error_set(error, PT_ERR_USAGE, "a node needs a key: see polytune keygen");
    }
    if (s->private_key != NULL && status == PT_OK)
        status = pt_channel_secure_public_key(s->public_key, s->private_key, error);
    if (status == PT_OK && !s->config.insecure_allow_all)
        status = caller_keys_new(&s->keys, &s->config, error);
    if (status == PT_OK)
        *ret_settings = s;
    else
        settings_free(s);
    return status;
}

static bool is_same_settings(const settings *a, const settings *b)
{
    const char *of_a = a->config.sha256 == NULL ? "" : a->config.sha256;
    const char *of_b = b->config.sha256 == NULL ? "" : b->config.sha256;
    return strcmp(of_a, of_b) == 0 && ct_equal(a->public_key, b->public_key, PT_KEY_BYTES);
}

/* New rules may allow what waits for a person. Tried again by the keeper. */
static void reconsider_pending(node *n)
{
    pt_error error;
    if (records_reconsider(n->records, &error) == PT_OK)
        return;
    monitor_lock(&n->lock);
    n->must_reconsider = true;
    monitor_unlock(&n->lock);
    node_log(n, NODE_LOG_ERROR, "store", NULL, NULL,
             "what waits for a person is not yet decided by the new rules: %s", error.message);
}

static void reconsider_missed(node *n)
{
    monitor_lock(&n->lock);
    const bool must = n->must_reconsider;
    n->must_reconsider = false;
    monitor_unlock(&n->lock);
    if (must)
        reconsider_pending(n);
}

/* Rules that were taken away must not allow what has not begun, and new ones may allow what waits
 * for a person. */
static void decide_all_anew(node *n)
{
    monitor_lock(&n->lock);
    for (node_computation *c = n->computations; c != NULL; c = c->next)
        computation_unsettle(c);
    monitor_unlock(&n->lock);
    reconsider_pending(n);
    node_wake(n);
}

/* *ret_certificate: NULL where the node serves without TLS, which stays so until it is restarted.
 */
static pt_status read_certificate(server_certificate **ret_certificate, const node *n,
                                  const node_config *c, pt_error *error)
{
    *ret_certificate = NULL;
    if (n->certificate == NULL || c->tls_certificate == NULL)
        return PT_OK;
    return server_certificate_read(ret_certificate, c->tls_certificate, c->tls_key, error);
}

/* For connections that begin from now on. */
static void show_other_certificate(node *n, server_certificate *c)
{
    if (c == NULL)
        return;
    monitor_lock(&n->lock);
    server_certificate_follow(c, n->certificate);
    n->certificate = c;
    monitor_unlock(&n->lock);
}

pt_status node_reload(node *n, node_config *config, const uint8_t *private_key, pt_error *error)
{
    settings *fresh = NULL;
    pt_status status = settings_new(&fresh, config, private_key, error);
    if (status != PT_OK)
        return status;
    server_certificate *certificate = NULL;
    status = read_certificate(&certificate, n, &fresh->config, error);
    if (status == PT_OK)
        status = journal_configured(n->journal, &fresh->config, error);
    if (status != PT_OK) {
        server_certificate_free(certificate);
        settings_free(fresh);
        return status;
    }
    show_other_certificate(n, certificate);
    monitor_lock(&n->lock);
    settings *before = n->settings;
    const bool is_same = is_same_settings(before, fresh);
    n->settings = fresh;
    monitor_unlock(&n->lock);
    settings_release(n, before);
    if (!is_same)
        decide_all_anew(n);
    node_log(n, NODE_LOG_INFO, "node", NULL, NULL, "the configuration was read again");
    return PT_OK;
}

/* ---- log ---- */

void node_log(node *n, node_level level, const char *what, const char *computation,
              const char *caller, const char *format, ...)
{
    char text[768];
    va_list args;
    if (n->options.log == NULL)
        return;
    va_start(args, format);
    (void)vsnprintf(text, sizeof text, format, args);
    va_end(args);
    const node_event event = {.level = level,
                              .what = what,
                              .computation = computation,
                              .caller = caller,
                              .text = text[0] == '\0' ? NULL : text};
    n->options.log(n->options.log_user, &event);
}

/* ---- the keeper ---- */

void node_wake(node *n)
{
    monitor_lock(&n->lock);
    n->has_work = true;
    monitor_wake(&n->lock);
    monitor_unlock(&n->lock);
    httpd_wake(n->http);
}

static void keeper_problem(node *n, const pt_error *error)
{
    node_log(n, NODE_LOG_ERROR, "store", NULL, NULL, "%s", error->message);
}

/* Whether the store can be used; says so when that changes. */
static bool has_store(node *n, uint64_t *again_ms)
{
    pt_error error;
    if (clock_ms() < *again_ms)
        return false;
    const bool is_there = records_revive(n->records, &error) == PT_OK;
    *again_ms = is_there ? 0 : clock_ms() + AGAIN_STORE_MS;
    monitor_lock(&n->lock);
    const bool was_there = !n->is_store_lost;
    n->is_store_lost = !is_there;
    monitor_unlock(&n->lock);
    if (was_there && !is_there)
        keeper_problem(n, &error);
    else if (!was_there && is_there)
        node_log(n, NODE_LOG_INFO, "store", NULL, NULL, "the store can be used again");
    return is_there;
}

/* Those that were RUNNING when their node died are not run again. */
static void fail_orphans(node *n)
{
    for (;;) {
        record orphan;
        pt_error error;
        bool found = false;
        if (records_orphan(n->records, &orphan, &found, &error) != PT_OK) {
            keeper_problem(n, &error);
            return;
        }
        if (!found)
            return;
        const bool done = computation_fail_record(
            n, &orphan, ENDER_SURVIVOR, 500,
            "its node was stopped in the middle of the computation; it is not repeated");
        record_clear(&orphan);
        if (!done)
            return;
    }
}

static bool has_room(node *n)
{
    monitor_lock(&n->lock);
    const bool fits = !n->is_stopping && n->n_taken_up < NODE_TAKEN_UP_MAX;
    monitor_unlock(&n->lock);
    return fits;
}

static void take_up_queued(node *n)
{
    while (has_room(n)) {
        record claimed;
        pt_error error;
        bool found = false;
        if (records_claim(n->records, &claimed, &found, &error) != PT_OK) {
            keeper_problem(n, &error);
            return;
        }
        if (!found)
            return;
        computation_take_up(n, &claimed);
    }
}

static bool has_computation(void *user, const char *id)
{
    node *n = user;
    monitor_lock(&n->lock);
    const bool is_here = computation_is_taken_up(n, id);
    monitor_unlock(&n->lock);
    return is_here;
}

/* Waits until there is something to do; false when the node stops. */
static bool keeper_waits(node *n)
{
    const uint64_t until_ms = clock_ms() + LOOK_MS;
    monitor_lock(&n->lock);
    n->beat_ms = clock_ms();
    while (!n->has_work && !n->is_stopping && monitor_wait(&n->lock, until_ms))
        ;
    n->has_work = false;
    const bool goes_on = !n->is_stopping;
    monitor_unlock(&n->lock);
    return goes_on;
}

static const records_ages kept = {
    .fetched_ms = DAY_MS, .refused_ms = DAY_MS, .ended_ms = 30 * DAY_MS};

static void keep_records(node *n, uint64_t *beat_ms, uint64_t *expire_ms)
{
    pt_error error;
    const uint64_t now = clock_ms();
    if (now >= *beat_ms) {
        *beat_ms = now + BEAT_MS;
        if (records_heartbeat(n->records, &error) != PT_OK)
            keeper_problem(n, &error);
        if (records_release_strays(n->records, has_computation, n, &error) != PT_OK)
            keeper_problem(n, &error);
        fail_orphans(n);
    }
    if (now >= *expire_ms) {
        *expire_ms = now + EXPIRE_MS;
        if (records_expire(n->records, &kept, &error) != PT_OK)
            keeper_problem(n, &error);
    }
}

static void stop_computations(node *n)
{
    monitor_lock(&n->lock);
    for (node_computation *c = n->computations; c != NULL; c = c->next)
        computation_stop(c, STOP_FOR_NODE);
    while (n->computations != NULL) {
        monitor_unlock(&n->lock);
        computation_reap(n);
        monitor_lock(&n->lock);
        if (n->computations != NULL)
            (void)monitor_wait(&n->lock, clock_ms() + LOOK_MS);
    }
    monitor_unlock(&n->lock);
}

/* What has just ended is told where it is wanted, if that is quick; else after the next start. */
static void deliver_last(node *n)
{
    const uint64_t until_ms = clock_ms() + LAST_POST_MS;
    delivery_begin_due(n);
    monitor_lock(&n->lock);
    while (n->n_delivering != 0 && clock_ms() < until_ms) {
        monitor_unlock(&n->lock);
        delivery_reap(n, false);
        monitor_lock(&n->lock);
        if (n->n_delivering != 0)
            (void)monitor_wait(&n->lock, until_ms);
    }
    monitor_unlock(&n->lock);
}

static void *keeper_thread(void *user)
{
    node *n = user;
    uint64_t beat_ms = 0;
    uint64_t expire_ms = 0;
    uint64_t store_ms = 0;
    do {
        computation_reap(n);
        delivery_reap(n, false);
        if (!has_store(n, &store_ms))
            continue;
        keep_records(n, &beat_ms, &expire_ms);
        reconsider_missed(n);
        take_up_queued(n);
        delivery_begin_due(n);
    } while (keeper_waits(n));
    stop_computations(n);
    deliver_last(n);
    return NULL;
}

bool node_is_alive(node *n)
{
    monitor_lock(&n->lock);
    const bool is_alive = n->beat_ms == 0 || clock_ms() - n->beat_ms < ALIVE_MS;
    monitor_unlock(&n->lock);
    return is_alive;
}

/* ---- life ---- */

static pt_status start_serving(node *n, pt_error *error)
{
    const node_config *c = &n->settings->config;
    const httpd_options http = {.address = c->address,
                                .port = c->port,
                                .max_connections = CONNECTIONS,
                                .client_timeout_ms = CLIENT_MS,
                                .tls_cert = c->tls_certificate,
                                .tls_key = c->tls_key,
                                .tls_client_ca = c->client_ca,
                                .tls_show = server_certificate_shower()};
    if (c->tls_certificate != NULL) {
        const pt_status read =
            server_certificate_read(&n->certificate, c->tls_certificate, c->tls_key, error);
        if (read != PT_OK)
            return read;
    }
    fail_orphans(n); /* before the others' nodes ask */
    pt_status status = httpd_start(n->http, &http, error);
    if (status == PT_OK)
        status = thread_start(&n->keeper, keeper_thread, n, error);
    n->has_keeper = status == PT_OK;
    return status;
}

void node_authorize(node *n, http_call *call)
{
    char value[sizeof BEARER_SCHEME + BEARER_TOKEN_MAX] = BEARER_SCHEME;
    if (n->bearer != NULL && bearer_token(n->bearer, value + sizeof BEARER_SCHEME - 1))
        http_header_text(call, "Authorization", value);
    mem_wipe(value, sizeof value);
}

static void authorize_call(void *user, http_call *call)
{
    node_authorize(user, call);
}

static pt_status find_prefix(node *n, pt_error *error)
{
    url_parts parts = {0};
    const char *url = n->settings->config.url;
    if (url != NULL && !url_split(&parts, url))
        return error_set(error, PT_ERR_USAGE, "%.200s is no URL", url);
    n->prefix = mem_string(url == NULL ? "" : parts.path);
    url_clear(&parts);
    return n->prefix == NULL ? error_memory(error) : PT_OK;
}

static pt_status start_node(node *n, node_config *config, const node_options *options,
                            pt_error *error)
{
    (void)pthread_mutex_init(&n->deciding, NULL);
    n->options = *options;
    n->options.private_key = NULL;
    if (sodium_init() < 0) {
        node_config_clear(config);
        return error_set(error, PT_ERR_INTERNAL, "libsodium cannot be used");
    }
    pt_status status = settings_new(&n->settings, config, options->private_key, error);
    if (status == PT_OK)
        status = find_prefix(n, error);
    if (status != PT_OK)
        return status;
    seal_key(n->seal_key, n->settings->private_key);
    status = journal_open(&n->journal, &n->settings->config, error);
    if (status == PT_OK)
        status = records_open(&n->records, n->settings->config.store, error);
    if (status == PT_OK)
        status = httpd_new(&n->http, &node_app, n, error);
    if (status == PT_OK && !direct_hub_init(&n->hub, n->http))
        status = error_memory(error);
    if (status == PT_OK && options->bearer.key_file != NULL)
        status = bearer_new(&n->bearer, &options->bearer, error);
    if (status == PT_OK && n->bearer != NULL) {
        n->hub.authorize = authorize_call;
        n->hub.authorize_user = n;
    }
    return status == PT_OK ? start_serving(n, error) : status;
}

pt_status node_start(node **ret_node, node_config *config, const node_options *options,
                     pt_error *error)
{
    node *n = mem_new_guarded(1, sizeof *n); /* the key of what the store keeps is in it */
    if (n == NULL || !monitor_init(&n->lock)) {
        mem_free_guarded(n, sizeof *n);
        node_config_clear(config);
        return error_memory(error);
    }
    const pt_status status = start_node(n, config, options, error);
    if (status == PT_OK)
        *ret_node = n;
    else
        node_stop(n);
    return status;
}

uint16_t node_port(const node *n)
{
    return httpd_port(n->http);
}

void node_stop(node *n)
{
    if (n == NULL)
        return;
    monitor_lock(&n->lock);
    n->is_stopping = true;
    monitor_wake(&n->lock);
    monitor_unlock(&n->lock);
    if (n->has_keeper)
        (void)pthread_join(n->keeper, NULL);
    delivery_reap(n, true); /* they wake the server when they end */
    httpd_free(n->http);
    server_certificate_free(n->certificate);
    if (n->hub.server != NULL)
        direct_hub_clear(&n->hub);
    bearer_free(n->bearer);
    records_close(n->records);
    journal_close(n->journal);
    if (n->settings != NULL)
        settings_release(n, n->settings);
    monitor_clear(&n->lock);
    (void)pthread_mutex_destroy(&n->deciding);
    mem_free(n->prefix);
    mem_free_guarded(n, sizeof *n);
}
