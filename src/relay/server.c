#define _DEFAULT_SOURCE
#include "relay/server.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/mem.h"

#define SWEEP_MS        500  /* how often expired sessions are looked for */
#define STOP_MS         2000 /* how long running requests may take to end when stopping */
#define CONNECTION_POOL ((size_t)64 << 10)
#define SPARE_FILES     64 /* open files left for everything but connections */

/* ---- held requests ---- */

void server_hold(request *r)
{
    relay_server *server = r->server;
    r->held = true;
    r->previous = NULL;
    r->next = server->held;
    if (r->next != NULL)
        r->next->previous = r;
    server->held = r;
    server->n_held++;
    if (r->deadline_ms < server->next_deadline_ms)
        server->next_deadline_ms = r->deadline_ms;
    MHD_suspend_connection(r->connection);
}

void server_release(request *r)
{
    if (!r->held)
        return;
    r->held = false;
    if (r->previous != NULL)
        r->previous->next = r->next;
    else
        r->server->held = r->next;
    if (r->next != NULL)
        r->next->previous = r->previous;
    r->server->n_held--;
    r->server->has_resumed = true;
    MHD_resume_connection(r->connection);
}

/* Releases those whose deadline has come, and finds when to look again. */
static void release_due(relay_server *server, uint64_t now_ms)
{
    if (now_ms < server->next_deadline_ms)
        return;
    uint64_t next_deadline = UINT64_MAX;
    for (request *r = server->held, *next; r != NULL; r = next) {
        next = r->next;
        if (r->deadline_ms <= now_ms)
            server_release(r);
        else if (r->deadline_ms < next_deadline)
            next_deadline = r->deadline_ms;
    }
    server->next_deadline_ms = next_deadline;
}

/* ---- event loop ---- */

static size_t n_connections(const relay_server *server)
{
    const union MHD_DaemonInfo *info =
        MHD_get_daemon_info(server->daemon, MHD_DAEMON_INFO_CURRENT_CONNECTIONS);
    return info == NULL ? 0 : info->num_connections;
}

static int poll_timeout_ms(const relay_server *server, uint64_t now_ms, uint64_t until_ms)
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

/* Answers the waiting with 503 and gives all a moment to read their answers. */
static void wind_down(relay_server *server, int daemon_fd)
{
    const uint64_t end_ms = clock_ms() + STOP_MS;
    server->stopping = true;
    const MHD_socket listening = MHD_quiesce_daemon(server->daemon);
    if (listening != MHD_INVALID_SOCKET)
        (void)close(listening);
    while (server->held != NULL)
        server_release(server->held);
    /* Idle connections of clients that keep them alive are not waited for: once a round of the
     * loop brings nothing, what is left is idle. */
    for (int quiet = 0; quiet < 2 && n_connections(server) != 0 && clock_ms() < end_ms;) {
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
    store_clear(&server->store);
}

static void *serve(void *user)
{
    relay_server *server = user;
    const union MHD_DaemonInfo *info =
        MHD_get_daemon_info(server->daemon, MHD_DAEMON_INFO_EPOLL_FD);
    const int daemon_fd = info->epoll_fd;
    struct pollfd ready[2] = {{.fd = daemon_fd, .events = POLLIN},
                              {.fd = server->stop_fd, .events = POLLIN}};
    uint64_t sweep_ms = clock_ms() + SWEEP_MS;
    for (;;) {
        (void)poll(ready, 2, poll_timeout_ms(server, clock_ms(), sweep_ms));
        if (ready[1].revents != 0)
            break;
        server->has_resumed = false;
        (void)MHD_run(server->daemon);
        const uint64_t now = clock_ms();
        release_due(server, now);
        if (now >= sweep_ms) {
            store_expire(&server->store, now);
            sweep_ms = now + SWEEP_MS;
        }
    }
    wind_down(server, daemon_fd);
    return NULL;
}

/* ---- start ---- */

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

/* Opens the first address that can be listened on; -1 with errno otherwise. */
static int listen_on(const struct addrinfo *addresses)
{
    int fd = -1;
    for (const struct addrinfo *a = addresses; a != NULL && fd < 0; a = a->ai_next) {
        fd = socket(a->ai_family, a->ai_socktype | SOCK_CLOEXEC | SOCK_NONBLOCK, a->ai_protocol);
        if (fd < 0)
            continue;
        const int on = 1;
        (void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
        if (bind(fd, a->ai_addr, a->ai_addrlen) != 0 || listen(fd, SOMAXCONN) != 0) {
            const int why = errno;
            (void)close(fd);
            errno = why;
            fd = -1;
        }
    }
    return fd;
}

static pt_status open_listener(relay_server *server, pt_error *error)
{
    const relay_options *o = &server->options;
    char port[8];
    (void)snprintf(port, sizeof port, "%u", (unsigned)o->port);
    const struct addrinfo wanted = {.ai_family = AF_UNSPEC,
                                    .ai_socktype = SOCK_STREAM,
                                    .ai_flags = AI_PASSIVE | AI_NUMERICSERV};
    struct addrinfo *addresses = NULL;
    const int failed = getaddrinfo(o->address, port, &wanted, &addresses);
    if (failed != 0)
        return error_set(error, PT_ERR_USAGE, "cannot listen on \"%s\": %s", o->address,
                         gai_strerror(failed));
    server->listen_fd = listen_on(addresses);
    const int why = errno;
    freeaddrinfo(addresses);
    if (server->listen_fd < 0)
        return error_set(error, PT_ERR_IO, "cannot listen on %s port %u: %s", o->address,
                         (unsigned)o->port, strerror(why));
    struct sockaddr_storage bound = {0};
    socklen_t size = sizeof bound;
    if (getsockname(server->listen_fd, (struct sockaddr *)&bound, &size) != 0)
        return error_set(error, PT_ERR_IO, "cannot tell the port: %s", strerror(errno));
    char text[8];
    uint64_t number = 0;
    if (getnameinfo((struct sockaddr *)&bound, size, NULL, 0, text, sizeof text, NI_NUMERICSERV) !=
            0 ||
        !route_number(text, strlen(text), UINT16_MAX, &number))
        return error_set(error, PT_ERR_IO, "cannot tell the port");
    server->port = (uint16_t)number;
    return PT_OK;
}

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
                                                      : SPARE_FILES;
    }
    return wanted > 1000000 ? 1000000 : (unsigned)wanted;
}

static size_t unescape(void *user, struct MHD_Connection *connection, char *text)
{
    (void)user;
    (void)connection;
    return route_unescape(text);
}

static pt_status start_daemon(relay_server *server, pt_error *error)
{
    const relay_options *o = &server->options;
    server->daemon = MHD_start_daemon(
        MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME, 0, NULL, NULL, request_step, server,
        MHD_OPTION_LISTEN_SOCKET, server->listen_fd, MHD_OPTION_CONNECTION_LIMIT,
        connection_limit(o->max_connections), MHD_OPTION_CONNECTION_TIMEOUT,
        (unsigned)(o->client_timeout_ms / 1000 + (o->client_timeout_ms % 1000 != 0)),
        MHD_OPTION_CONNECTION_MEMORY_LIMIT, CONNECTION_POOL, MHD_OPTION_NOTIFY_COMPLETED,
        request_end, NULL, MHD_OPTION_UNESCAPE_CALLBACK, unescape, NULL, MHD_OPTION_END);
    if (server->daemon == NULL)
        return error_set(error, PT_ERR_IO, "cannot start the HTTP server: %s", strerror(errno));
    server->listen_fd = -1; /* the daemon's now */
    return PT_OK;
}

/* Signals are for the program's own threads. */
static int start_thread(relay_server *server)
{
    sigset_t all;
    sigset_t before;
    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &before);
    const int failed = pthread_create(&server->thread, NULL, serve, server);
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    return failed;
}

pt_status relay_server_start(relay_server **ret_server, const relay_options *options,
                             pt_error *error)
{
    relay_server *server = mem_new(1, sizeof *server);
    if (server == NULL)
        return error_memory(error);
    server->options = with_defaults(options);
    const relay_options *o = &server->options;
    server->listen_fd = -1;
    server->next_deadline_ms = UINT64_MAX;
    store_init(&server->store,
               &(store_limits){.sessions = o->max_sessions,
                               .messages = o->max_messages,
                               .queue_bytes = o->max_queue_bytes,
                               .session_bytes = o->max_session_bytes,
                               .bytes = o->max_bytes,
                               .expiry_ms = o->expiry_ms,
                               .takeover_ms = o->takeover_ms},
               answer_wake);
    pt_status status = PT_OK;
    server->stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (server->stop_fd < 0)
        status = error_set(error, PT_ERR_IO, "cannot start the relay: %s", strerror(errno));
    if (status == PT_OK)
        status = open_listener(server, error);
    if (status == PT_OK)
        status = start_daemon(server, error);
    if (status == PT_OK) {
        const int failed = start_thread(server);
        server->running = failed == 0;
        if (failed != 0)
            status = error_set(error, PT_ERR_IO, "cannot start the relay: %s", strerror(failed));
    }
    if (status == PT_OK)
        *ret_server = server;
    else
        relay_server_free(server);
    return status;
}

uint16_t relay_server_port(const relay_server *server)
{
    return server->port;
}

void relay_server_request_stop(relay_server *server)
{
    const uint64_t one = 1;
    const int before = errno;
    const ssize_t written = write(server->stop_fd, &one, sizeof one);
    (void)written;
    errno = before;
}

void relay_server_wait(relay_server *server)
{
    if (server->running)
        (void)pthread_join(server->thread, NULL);
    server->running = false;
}

void relay_server_free(relay_server *server)
{
    if (server == NULL)
        return;
    if (server->stop_fd >= 0)
        relay_server_request_stop(server);
    relay_server_wait(server);
    if (server->daemon != NULL)
        MHD_stop_daemon(server->daemon);
    if (server->listen_fd >= 0)
        (void)close(server->listen_fd);
    if (server->stop_fd >= 0)
        (void)close(server->stop_fd);
    store_clear(&server->store);
    mem_free(server);
}
