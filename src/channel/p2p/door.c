#define _GNU_SOURCE /* SOCK_NONBLOCK */
#include "channel/p2p/door.h"

#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <unistd.h>

#include "wire/wire.h"

#define BACKLOG     64
#define ADDRESS_MAX 128 /* bytes of an address as text */

/* Several sockets may then have one port: the listener and those that go out. */
static bool share_port(int fd)
{
    const int on = 1;
    return setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == 0 &&
           setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on) == 0;
}

int door_socket(const door *d)
{
    struct sockaddr_storage any;
    const candidate own = {.family = d->family == AF_INET ? 4 : 6, .port = d->port};
    const socklen_t size = candidate_to_socket(&any, &own);
    const int on = 1;
    const int fd = socket(d->family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -1;
    /* Hello and choice follow one another; accepted connections have it from the listener. */
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (!share_port(fd) ||
        (d->family == AF_INET6 && setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on) != 0) ||
        bind(fd, (struct sockaddr *)&any, size) != 0) {
        (void)close(fd);
        return -1;
    }
    return fd;
}

void door_open(door *ret_door, int family)
{
    struct sockaddr_storage address;
    socklen_t size = sizeof address;
    candidate own;
    *ret_door = (door){.family = family};
    ret_door->listener = door_socket(ret_door);
    if (ret_door->listener < 0)
        return;
    if (listen(ret_door->listener, BACKLOG) != 0 ||
        getsockname(ret_door->listener, (struct sockaddr *)&address, &size) != 0 ||
        !candidate_from_socket(&own, (struct sockaddr *)&address)) {
        door_close(ret_door);
        return;
    }
    ret_door->port = own.port;
}

void door_close(door *d)
{
    if (d->listener >= 0)
        (void)close(d->listener);
    d->listener = -1;
}

void door_add_local(candidates *list, const door *d, bool loopback, size_t limit)
{
    struct ifaddrs *all = NULL;
    if (d->listener < 0 || getifaddrs(&all) != 0)
        return;
    for (const struct ifaddrs *i = all; i != NULL; i = i->ifa_next) {
        candidate c;
        if (i->ifa_addr == NULL || i->ifa_addr->sa_family != d->family ||
            (i->ifa_flags & IFF_UP) == 0 || !candidate_from_socket(&c, i->ifa_addr))
            continue;
        c.port = d->port;
        if (candidate_is_loopback(&c) == loopback)
            candidates_add(list, &c, limit);
    }
    freeifaddrs(all);
}

void door_add_outside(candidates *list, const door *d, http_handle *h, const char *relay,
                      uint64_t timeout_ms, size_t limit)
{
    http_call call;
    candidate c;
    if (d->listener < 0 || !http_handle_from(h, d->port, d->family == AF_INET6, share_port))
        return;
    http_call_init(&call, ADDRESS_MAX);
    http_prepare(&call, HTTP_GET, relay, WIRE_ADDRESS);
    http_directly(&call); /* a proxy would tell its own address */
    const bool ok = http_perform(h, &call, timeout_ms) && call.status == 200;
    const char *text = (const char *)call.response.bytes;
    size_t len = ok ? call.response.len : 0;
    if (len != 0 && text[len - 1] == '\n')
        len--;
    if (len != 0 && candidate_parse(&c, text, len) && !candidate_is_loopback(&c))
        candidates_add(list, &c, limit);
    http_call_clear(&call);
}
