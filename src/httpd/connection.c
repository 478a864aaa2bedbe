#define _GNU_SOURCE /* POLLRDHUP */
#include <netinet/in.h>
#include <poll.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>

#include "base/assert.h"
#include "base/clock.h"
#include "base/mem.h"
#include "httpd/impl.h"

#define RATE_MIN ((size_t)16 << 10) /* bytes a second that bodies and answers must move */

struct connection {
    httpd *server;
    struct MHD_Connection *handle;
    connection_list *list; /* NULL once it is to close */
    connection *previous;
    connection *next;
    uint8_t network[NETWORK_BYTES]; /* where it comes from */
    uint64_t deadline_ms;
    bool has_bad_target; /* of the request whose head is being read */
    max_align_t note[];  /* the application's */
};

void *httpd_note(const httpd_request *r)
{
    return r->peer->note;
}

static void leave_list(connection *c)
{
    if (c->list == NULL)
        return;
    PT_ASSERT((c->previous == NULL) == (c->list->first == c));
    PT_ASSERT((c->next == NULL) == (c->list->last == c));
    if (c->previous != NULL)
        c->previous->next = c->next;
    else
        c->list->first = c->next;
    if (c->next != NULL)
        c->next->previous = c->previous;
    else
        c->list->last = c->previous;
    c->list = NULL;
}

static void enter_list(connection *c, connection_list *list)
{
    leave_list(c);
    c->list = list;
    c->next = NULL;
    c->previous = list->last;
    if (list->last != NULL)
        list->last->next = c;
    else
        list->first = c;
    list->last = c;
}

/* -1: there is none. */
static int socket_of(struct MHD_Connection *handle)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(handle, MHD_CONNECTION_INFO_CONNECTION_FD);
    return info == NULL ? -1 : info->connect_fd;
}

/* The library notices that the socket is shut, and closes the connection in its own time. */
static void shut(struct MHD_Connection *handle)
{
    (void)shutdown(socket_of(handle), SHUT_RDWR);
}

static void start_idling(connection *c)
{
    enter_list(c, &c->server->idle);
    c->deadline_ms = clock_ms() + c->server->client_timeout_ms;
}

void connection_network(uint8_t ret_network[NETWORK_BYTES], const struct sockaddr *address)
{
    memset(ret_network, 0, NETWORK_BYTES);
    if (address->sa_family == AF_INET) {
        ret_network[0] = 4;
        memcpy(ret_network + 1, &((const struct sockaddr_in *)(const void *)address)->sin_addr, 4);
    } else if (address->sa_family == AF_INET6) {
        const struct in6_addr *six =
            &((const struct sockaddr_in6 *)(const void *)address)->sin6_addr;
        const bool is_mapped = IN6_IS_ADDR_V4MAPPED(six);
        ret_network[0] = is_mapped ? 4 : 6;
        memcpy(ret_network + 1, six->s6_addr + (is_mapped ? 12 : 0), is_mapped ? 4 : 8);
    }
}

static size_t count_of(const connection_list *list, const uint8_t network[NETWORK_BYTES])
{
    size_t n = 0;
    for (const connection *c = list->first; c != NULL; c = c->next)
        n += memcmp(c->network, network, NETWORK_BYTES) == 0;
    return n;
}

bool connection_is_welcome(const httpd *server, const struct sockaddr *address)
{
    uint8_t network[NETWORK_BYTES];
    if (server->max_per_address == 0)
        return true;
    connection_network(network, address);
    return count_of(&server->idle, network) + count_of(&server->busy, network) +
               count_of(&server->unwanted, network) <
           server->max_per_address;
}

void connection_notify(void *server, struct MHD_Connection *handle, void **state,
                       enum MHD_ConnectionNotificationCode what)
{
    httpd *owner = server;
    if (what == MHD_CONNECTION_NOTIFY_STARTED) {
        owner->n_connections++;
        connection *c = mem_new(1, sizeof *c + owner->app->note_size);
        *state = c;
        if (c == NULL) {
            shut(handle);
            return;
        }
        c->server = owner;
        c->handle = handle;
        const union MHD_ConnectionInfo *info =
            MHD_get_connection_info(handle, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
        if (info != NULL && info->client_addr != NULL)
            connection_network(c->network, info->client_addr);
        start_idling(c);
    } else {
        PT_ASSERT(owner->n_connections != 0);
        owner->n_connections--;
        connection *c = *state;
        *state = NULL;
        if (c != NULL && owner->app->closed != NULL)
            owner->app->closed(owner->user, c->note, c->list != NULL);
        if (c != NULL)
            leave_list(c);
        mem_free(c);
    }
}

static connection *connection_of(struct MHD_Connection *handle)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(handle, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    return info == NULL ? NULL : info->socket_context;
}

void *httpd_user_of_session(void *pointer)
{
    const connection *c = pointer == NULL ? NULL : connection_of(pointer);
    return c == NULL ? NULL : c->server->user;
}

void connection_note_target(struct MHD_Connection *handle, const char *text)
{
    connection *c = connection_of(handle);
    if (c != NULL && head_is_bad_target(text))
        c->has_bad_target = true;
}

bool connection_had_bad_target(connection *c)
{
    const bool had = c->has_bad_target;
    c->has_bad_target = false;
    return had;
}

connection *connection_begin(struct MHD_Connection *handle)
{
    connection *c = connection_of(handle);
    if (c == NULL || c->list == NULL)
        return NULL;
    enter_list(c, &c->server->busy);
    connection_progress(c, 0);
    return c;
}

void connection_progress(connection *c, size_t moved)
{
    if (moved == 0)
        c->deadline_ms = clock_ms() + c->server->client_timeout_ms;
    c->deadline_ms += moved * 1000 / RATE_MIN;
}

void connection_give_way(connection *c)
{
    if (c->list != NULL)
        enter_list(c, &c->server->unwanted);
}

void connection_pause(connection *c)
{
    c->deadline_ms = UINT64_MAX;
}

void connection_end(connection *c)
{
    if (c->list != NULL)
        start_idling(c);
}

static void close_one(connection *c)
{
    leave_list(c);
    shut(c->handle);
}

static void expire_list(const connection_list *list, uint64_t now_ms)
{
    for (connection *c = list->first, *next; c != NULL; c = next) {
        next = c->next;
        if (c->deadline_ms <= now_ms)
            close_one(c);
    }
}

void connection_expire(httpd *server, uint64_t now_ms)
{
    while (server->idle.first != NULL && server->idle.first->deadline_ms <= now_ms)
        close_one(server->idle.first);
    expire_list(&server->busy, now_ms);
    expire_list(&server->unwanted, now_ms);
}

bool connection_has_ended(const connection *c)
{
    struct pollfd socket = {.fd = socket_of(c->handle), .events = POLLRDHUP};
    return socket.fd < 0 || (poll(&socket, 1, 0) > 0 &&
                             (socket.revents & (POLLRDHUP | POLLHUP | POLLERR | POLLNVAL)) != 0);
}

/* To shut what the client has shut makes the system tell of it again; bytes that came before stay.
 */
static void tell_ends(const connection_list *list)
{
    for (const connection *c = list->first; c != NULL; c = c->next) {
        if (c->deadline_ms != UINT64_MAX && connection_has_ended(c))
            (void)shutdown(socket_of(c->handle), SHUT_RD);
    }
}

void connection_tell_ends(httpd *server)
{
    tell_ends(&server->idle);
    tell_ends(&server->busy);
    tell_ends(&server->unwanted);
}

/* Who is to go when all places are taken; NULL if nobody can be asked to. */
static connection *least_wanted(const httpd *server)
{
    return server->unwanted.first != NULL ? server->unwanted.first : server->idle.first;
}

bool connection_has_room(const httpd *server)
{
    return server->n_connections < server->max_connections || least_wanted(server) != NULL;
}

void connection_make_room(httpd *server)
{
    connection *last = least_wanted(server);
    if (server->n_connections >= server->max_connections && last != NULL)
        close_one(last);
}
