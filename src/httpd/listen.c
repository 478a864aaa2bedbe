#define _DEFAULT_SOURCE
#include "httpd/listen.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/error.h"

#define PORT_TRIES 16 /* to find a port that is free on all addresses of a name */

static void set_port(struct sockaddr *address, uint16_t port)
{
    if (address->sa_family == AF_INET6)
        ((struct sockaddr_in6 *)(void *)address)->sin6_port = htons(port);
    else if (address->sa_family == AF_INET)
        ((struct sockaddr_in *)(void *)address)->sin_port = htons(port);
}

static uint16_t port_of(int fd)
{
    struct sockaddr_storage bound = {0};
    socklen_t size = sizeof bound;
    if (getsockname(fd, (struct sockaddr *)&bound, &size) != 0)
        return 0;
    return bound.ss_family == AF_INET6
               ? ntohs(((const struct sockaddr_in6 *)(const void *)&bound)->sin6_port)
               : ntohs(((const struct sockaddr_in *)(const void *)&bound)->sin_port);
}

/* A listening socket, or -1 with errno. */
static int listen_on(const struct addrinfo *a, bool is_alone)
{
    const int on = 1;
    const int fd =
        socket(a->ai_family, a->ai_socktype | SOCK_CLOEXEC | SOCK_NONBLOCK, a->ai_protocol);
    if (fd < 0)
        return -1;
    (void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (a->ai_family == AF_INET6 && !is_alone)
        (void)setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
    if (bind(fd, a->ai_addr, a->ai_addrlen) == 0 && listen(fd, SOMAXCONN) == 0)
        return fd;
    const int why = errno;
    (void)close(fd);
    errno = why;
    return -1;
}

static bool came_before(const struct addrinfo *first, const struct addrinfo *a)
{
    for (const struct addrinfo *b = first; b != a; b = b->ai_next)
        if (b->ai_addrlen == a->ai_addrlen && memcmp(b->ai_addr, a->ai_addr, a->ai_addrlen) == 0)
            return true;
    return false;
}

static bool machine_lacks(int why)
{
    return why == EADDRNOTAVAIL || why == EAFNOSUPPORT;
}

/* Listens on all; 0 or an errno. Port 0 becomes the one that the first address got. */
static int listen_on_all(listeners *l, struct addrinfo *addresses, uint16_t port)
{
    int why = EADDRNOTAVAIL;
    *l = (listeners){0};
    for (struct addrinfo *a = addresses; a != NULL; a = a->ai_next)
        set_port(a->ai_addr, port);
    for (struct addrinfo *a = addresses; a != NULL && l->n < LISTENERS_MAX; a = a->ai_next) {
        if (came_before(addresses, a))
            continue;
        set_port(a->ai_addr, port);
        const int fd = listen_on(a, addresses->ai_next == NULL);
        if (fd >= 0) {
            l->fds[l->n++] = fd;
            if (port == 0)
                port = port_of(fd);
        } else {
            why = errno;
            if (!machine_lacks(why)) {
                listeners_close(l);
                return why;
            }
        }
    }
    return l->n == 0 ? why : 0;
}

pt_status listeners_open(listeners *ret_listeners, uint16_t *ret_port, const char *address,
                         uint16_t port, pt_error *error)
{
    const struct addrinfo wanted = {
        .ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE};
    struct addrinfo *addresses = NULL;
    listeners l = {0};
    const int failed = getaddrinfo(address, NULL, &wanted, &addresses);
    if (failed != 0)
        return error_set(error, PT_ERR_USAGE, "cannot listen on \"%s\": %s", address,
                         gai_strerror(failed));
    int why = listen_on_all(&l, addresses, port);
    for (int tries = 1; port == 0 && why == EADDRINUSE && tries < PORT_TRIES; tries++)
        why = listen_on_all(&l, addresses, port);
    freeaddrinfo(addresses);
    if (why != 0)
        return error_set(error, PT_ERR_IO, "cannot listen on %s port %u: %s", address,
                         (unsigned)port, strerror(why));
    *ret_port = port_of(l.fds[0]);
    *ret_listeners = l;
    return PT_OK;
}

void listeners_close(listeners *l)
{
    while (l->n != 0)
        (void)close(l->fds[--l->n]);
}
