#define _DEFAULT_SOURCE
#include "httpd/listen.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/error.h"
#include "httpd/text.h"

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

static pt_status port_of(uint16_t *ret_port, int fd, pt_error *error)
{
    struct sockaddr_storage bound = {0};
    socklen_t size = sizeof bound;
    if (getsockname(fd, (struct sockaddr *)&bound, &size) != 0)
        return error_set(error, PT_ERR_IO, "cannot tell the port: %s", strerror(errno));
    char text[8];
    uint64_t number = 0;
    if (getnameinfo((struct sockaddr *)&bound, size, NULL, 0, text, sizeof text, NI_NUMERICSERV) !=
            0 ||
        !text_number(text, strlen(text), UINT16_MAX, &number))
        return error_set(error, PT_ERR_IO, "cannot tell the port");
    *ret_port = (uint16_t)number;
    return PT_OK;
}

pt_status listen_open(int *ret_fd, uint16_t *ret_port, const char *address, uint16_t port,
                      pt_error *error)
{
    char service[8];
    (void)snprintf(service, sizeof service, "%u", (unsigned)port);
    const struct addrinfo wanted = {.ai_family = AF_UNSPEC,
                                    .ai_socktype = SOCK_STREAM,
                                    .ai_flags = AI_PASSIVE | AI_NUMERICSERV};
    struct addrinfo *addresses = NULL;
    const int failed = getaddrinfo(address, service, &wanted, &addresses);
    if (failed != 0)
        return error_set(error, PT_ERR_USAGE, "cannot listen on \"%s\": %s", address,
                         gai_strerror(failed));
    const int fd = listen_on(addresses);
    const int why = errno;
    freeaddrinfo(addresses);
    if (fd < 0)
        return error_set(error, PT_ERR_IO, "cannot listen on %s port %u: %s", address,
                         (unsigned)port, strerror(why));
    const pt_status status = port_of(ret_port, fd, error);
    if (status == PT_OK)
        *ret_fd = fd;
    else
        (void)close(fd);
    return status;
}
