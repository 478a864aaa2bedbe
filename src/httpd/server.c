#define _GNU_SOURCE /* accept4 */
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/assert.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/thread.h"
#include "httpd/impl.h"
#include "httpd/text.h"
#include "httpd/tls.h"

#define SWEEP_MS     500  /* how often the application may look around */
#define STOP_MS      2000 /* how long running requests may take to end when stopping */
#define SPARE_FILES  128  /* open files left for everything but connections */
#define ACCEPT_BATCH 32
#define CLOSING_MAX  (2 * ACCEPT_BATCH) /* connections that were told to close and have not yet */
/* Without RSA, with which a key that is stolen later would open what was recorded before. */
#define TLS_PRIORITIES "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2:-RSA"

/* ---- held requests ---- */

void httpd_hold(httpd_request *r)
{
    httpd *server = r->server;
    PT_ASSERT(!r->held);
    r->held = true;
    r->previous = NULL;
    r->next = server->held;
    if (r->next != NULL)
        r->next->previous = r;
    server->held = r;
    server->n_held++;
    if (r->deadline_ms < server->next_deadline_ms)
        server->next_deadline_ms = r->deadline_ms;
    connection_pause(r->peer);
    MHD_suspend_connection(r->connection);
}

void httpd_release(httpd_request *r)
{
    if (!r->held)
        return;
    PT_ASSERT(r->server->n_held != 0 && (r->previous == NULL) == (r->server->held == r));
    r->held = false;
    if (r->previous != NULL)
        r->previous->next = r->next;
    else
        r->server->held = r->next;
    if (r->next != NULL)
        r->next->previous = r->previous;
    r->server->n_held--;
    r->server->has_resumed = true;
    connection_progress(r->peer, 0);
    MHD_resume_connection(r->connection);
}

httpd_request *httpd_held(const httpd *server)
{
    return server->held;
}

size_t httpd_n_held(const httpd *server)
{
    return server->n_held;
}

/* Releases those whose deadline has come, and finds when to look again. */
static void release_due(httpd *server, uint64_t now_ms)
{
    if (now_ms < server->next_deadline_ms)
        return;
    uint64_t next_deadline = UINT64_MAX;
    for (httpd_request *r = server->held, *next; r != NULL; r = next) {
        next = r->next;
        if (r->deadline_ms <= now_ms)
            httpd_release(r);
        else if (r->deadline_ms < next_deadline)
            next_deadline = r->deadline_ms;
    }
    server->next_deadline_ms = next_deadline;
}

/* ---- event loop ---- */

/* Takes in new connections, as many as there is room for. */
static void accept_some(httpd *server, int fd)
{
    for (int i = 0; i < ACCEPT_BATCH; i++) {
        struct sockaddr_storage address;
        socklen_t size = sizeof address;
        if (!connection_has_room(server))
            return;
        const int peer =
            accept4(fd, (struct sockaddr *)&address, &size, SOCK_CLOEXEC | SOCK_NONBLOCK);
        if (peer < 0)
            return;
        if (!connection_is_welcome(server, (struct sockaddr *)&address)) {
            (void)close(peer);
            if (server->app->turned_away != NULL)
                server->app->turned_away(server->user, (struct sockaddr *)&address);
            continue;
        }
        connection_make_room(server);
        /* The library closes the socket also when it refuses it. */
        (void)MHD_add_connection(server->daemon, peer, (struct sockaddr *)&address, size);
    }
}

static int poll_timeout_ms(const httpd *server, uint64_t now_ms, uint64_t until_ms)
{
    /* Version 0.9.75 says nothing of connections resumed since its last run. */
    if (server->has_resumed)
        return 0;
    MHD_UNSIGNED_LONG_LONG library_ms = 0;
    if (server->next_deadline_ms < until_ms)
        until_ms = server->next_deadline_ms;
    uint64_t timeout_ms = until_ms <= now_ms ? 0 : until_ms - now_ms;
    if (MHD_get_timeout(server->daemon, &library_ms) == MHD_YES && library_ms < timeout_ms)
        timeout_ms = library_ms;
    return (int)timeout_ms;
}

static bool has_requests(const httpd *server)
{
    return server->busy.first != NULL || server->unwanted.first != NULL;
}

/* Has the waiting answered anew and gives all a moment to read their answers. */
static void wind_down(httpd *server, int daemon_fd)
{
    const uint64_t end_ms = clock_ms() + STOP_MS;
    server->stopping = true;
    listeners_close(&server->listeners);
    while (server->held != NULL)
        httpd_release(server->held);
    /* Neither idle connections nor those that a round of the loop brings nothing for are waited
     * for. */
    for (int quiet = 0; quiet < 2 && has_requests(server) && clock_ms() < end_ms;) {
        struct pollfd ready = {.fd = daemon_fd, .events = POLLIN};
        MHD_UNSIGNED_LONG_LONG library_ms = 50;
        const bool busy =
            server->has_resumed ||
            (MHD_get_timeout(server->daemon, &library_ms) == MHD_YES && library_ms == 0);
        quiet = busy || poll(&ready, 1, 50) > 0 ? 0 : quiet + 1;
        server->has_resumed = false;
        (void)MHD_run(server->daemon);
    }
    MHD_stop_daemon(server->daemon);
    server->daemon = NULL;
}

static void take_wakes(httpd *server)
{
    uint64_t n = 0;
    if (read(server->wake_fd, &n, sizeof n) == sizeof n && server->app->woken != NULL)
        server->app->woken(server->user);
}

/* What to wait for: the connections, a wake, and new connections if there is room for any. */
static nfds_t fill_poll(httpd *server, int daemon_fd, struct pollfd *ret_ready)
{
    ret_ready[0] = (struct pollfd){.fd = daemon_fd, .events = POLLIN};
    ret_ready[1] = (struct pollfd){.fd = server->wake_fd, .events = POLLIN};
    if (!connection_has_room(server))
        return 2;
    for (size_t i = 0; i < server->listeners.n; i++)
        ret_ready[2 + i] = (struct pollfd){.fd = server->listeners.fds[i], .events = POLLIN};
    return (nfds_t)(2 + server->listeners.n);
}

static void *serve(void *user)
{
    httpd *server = user;
    const union MHD_DaemonInfo *info =
        MHD_get_daemon_info(server->daemon, MHD_DAEMON_INFO_EPOLL_FD);
    const int daemon_fd = info->epoll_fd;
    struct pollfd ready[2 + LISTENERS_MAX];
    uint64_t sweep_ms = clock_ms() + SWEEP_MS;
    while (!atomic_load(&server->stop_asked)) {
        const nfds_t n = fill_poll(server, daemon_fd, ready);
        (void)poll(ready, n, poll_timeout_ms(server, clock_ms(), sweep_ms));
        server->has_resumed = false;
        if (ready[1].revents != 0)
            take_wakes(server);
        for (nfds_t i = 2; i < n; i++)
            if (ready[i].revents != 0)
                accept_some(server, ready[i].fd);
        (void)MHD_run(server->daemon);
        const uint64_t now = clock_ms();
        release_due(server, now);
        if (now >= sweep_ms) {
            connection_expire(server, now);
            connection_tell_ends(server);
            if (server->app->sweep != NULL)
                server->app->sweep(server->user, now);
            sweep_ms = now + SWEEP_MS;
        }
    }
    wind_down(server, daemon_fd);
    return NULL;
}

/* ---- start ---- */

/* As many connections as wanted, or as the system allows open files for. */
static unsigned connection_limit(size_t wanted)
{
    struct rlimit files;
    if (getrlimit(RLIMIT_NOFILE, &files) != 0)
        return 512;
    const rlim_t need = (rlim_t)wanted + SPARE_FILES;
    if (files.rlim_cur != RLIM_INFINITY && files.rlim_cur < need) {
        const rlim_t before = files.rlim_cur;
        files.rlim_cur =
            files.rlim_max == RLIM_INFINITY || files.rlim_max > need ? need : files.rlim_max;
        if (setrlimit(RLIMIT_NOFILE, &files) != 0)
            files.rlim_cur = before;
        if (files.rlim_cur < need)
            wanted = files.rlim_cur > 2 * SPARE_FILES ? (size_t)files.rlim_cur - SPARE_FILES
                                                      : (size_t)files.rlim_cur / 2;
    }
    return wanted > 1000000 ? 1000000 : (unsigned)wanted;
}

static size_t unescape(void *user, struct MHD_Connection *handle, char *text)
{
    (void)user;
    connection_note_target(handle, text);
    return text_unescape(text);
}

/* PEM texts; empty ones have no bytes. */
typedef struct tls_texts {
    buffer cert;
    buffer key;
    buffer client_ca;
} tls_texts;

static pt_status start_library(httpd *server, const httpd_options *o, const tls_texts *tls,
                               pt_error *error)
{
    const bool has_tls = tls->cert.len != 0;
    const struct MHD_OptionItem with_tls[] = {
        {MHD_OPTION_HTTPS_MEM_CERT, 0, tls->cert.bytes},
        {MHD_OPTION_HTTPS_MEM_KEY, 0, tls->key.bytes},
        {MHD_OPTION_HTTPS_PRIORITIES, 0, (void *)TLS_PRIORITIES},
        {tls->client_ca.len != 0 ? MHD_OPTION_HTTPS_MEM_TRUST : MHD_OPTION_END, 0,
         tls->client_ca.bytes},
        {MHD_OPTION_END, 0, NULL},
    };
    const struct MHD_OptionItem without[] = {{MHD_OPTION_END, 0, NULL}};
    server->daemon = MHD_start_daemon(
        MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_NO_LISTEN_SOCKET |
            (has_tls ? (unsigned)MHD_USE_TLS : 0u),
        0, NULL, NULL, request_step, server, MHD_OPTION_ARRAY, has_tls ? with_tls : without,
        MHD_OPTION_CONNECTION_LIMIT, (unsigned)server->max_connections + CLOSING_MAX,
        MHD_OPTION_CONNECTION_TIMEOUT,
        (unsigned)(o->client_timeout_ms / 1000 + (o->client_timeout_ms % 1000 != 0)),
        MHD_OPTION_CONNECTION_MEMORY_LIMIT, HEAD_MAX, MHD_OPTION_NOTIFY_COMPLETED, request_end,
        NULL, MHD_OPTION_NOTIFY_CONNECTION, connection_notify, server, MHD_OPTION_UNESCAPE_CALLBACK,
        unescape, NULL, has_tls ? MHD_OPTION_HTTPS_CERT_CALLBACK : MHD_OPTION_END, o->tls_show,
        MHD_OPTION_END);
    if (server->daemon != NULL)
        return PT_OK;
    if (has_tls)
        return error_set(error, PT_ERR_INPUT,
                         "cannot use the certificate %s with the key %s: not valid, or they do not "
                         "belong together",
                         o->tls_cert, o->tls_key);
    return error_set(error, PT_ERR_IO, "cannot start the HTTP server: %s", strerror(errno));
}

static pt_status start_daemon(httpd *server, const httpd_options *o, pt_error *error)
{
    tls_texts tls;
    pt_status status = PT_OK;
    buffer_init(&tls.cert, 0);
    buffer_init(&tls.key, 0);
    buffer_init(&tls.client_ca, 0);
    server->client_timeout_ms = o->client_timeout_ms;
    server->max_connections = connection_limit(o->max_connections);
    server->max_per_address = o->max_per_address;
    if ((o->tls_cert == NULL) != (o->tls_key == NULL))
        status = error_set(error, PT_ERR_USAGE, "TLS needs both a certificate and its key");
    if (status == PT_OK && o->tls_cert != NULL)
        status = tls_read_certificate(&tls.cert, o->tls_cert, error);
    if (status == PT_OK && o->tls_key != NULL)
        status = tls_read_key(&tls.key, o->tls_key, error);
    if (status == PT_OK && o->tls_client_ca != NULL)
        status = tls_read_certificate(&tls.client_ca, o->tls_client_ca, error);
    if (status == PT_OK)
        status = start_library(server, o, &tls, error);
    buffer_clear(&tls.cert);
    buffer_clear(&tls.key);
    buffer_clear(&tls.client_ca);
    return status;
}

pt_status httpd_new(httpd **ret_server, const httpd_app *app, void *user, pt_error *error)
{
    httpd *server = mem_new(1, sizeof *server);
    if (server == NULL)
        return error_memory(error);
    server->app = app;
    server->user = user;
    server->next_deadline_ms = UINT64_MAX;
    atomic_init(&server->stop_asked, false);
    server->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (server->wake_fd < 0) {
        const int why = errno;
        mem_free(server);
        return error_set(error, PT_ERR_IO, "cannot start %s: %s", app->name, strerror(why));
    }
    *ret_server = server;
    return PT_OK;
}

pt_status httpd_start(httpd *server, const httpd_options *options, pt_error *error)
{
    PT_ASSERT(!server->running && server->daemon == NULL);
    pt_status status =
        listeners_open(&server->listeners, &server->port, options->address, options->port, error);
    if (status != PT_OK)
        return status;
    status = start_daemon(server, options, error);
    if (status != PT_OK)
        return status;
    status = thread_start(&server->thread, serve, server, error);
    server->running = status == PT_OK;
    return status;
}

uint16_t httpd_port(const httpd *server)
{
    return server->port;
}

size_t httpd_max_connections(const httpd *server)
{
    return server->max_connections;
}

void *httpd_user(const httpd *server)
{
    return server->user;
}

bool httpd_is_stopping(const httpd *server)
{
    return server->stopping;
}

void httpd_wake(httpd *server)
{
    const uint64_t one = 1;
    const int before = errno;
    const ssize_t written = write(server->wake_fd, &one, sizeof one);
    (void)written;
    errno = before;
}

void httpd_request_stop(httpd *server)
{
    atomic_store(&server->stop_asked, true);
    httpd_wake(server);
}

void httpd_wait(httpd *server)
{
    if (server->running)
        (void)pthread_join(server->thread, NULL);
    server->running = false;
}

void httpd_close(httpd *server)
{
    if (server == NULL)
        return;
    httpd_request_stop(server);
    httpd_wait(server);
    if (server->daemon != NULL)
        MHD_stop_daemon(server->daemon);
    server->daemon = NULL;
    listeners_close(&server->listeners);
}

void httpd_free(httpd *server)
{
    if (server == NULL)
        return;
    httpd_close(server);
    (void)close(server->wake_fd);
    mem_free(server);
}
