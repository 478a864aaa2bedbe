#define _GNU_SOURCE /* SOCK_CLOEXEC */
#include "support/port.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "support/test.h"

enum { FIRST_PORT = 10000, KERNEL_FIRST = 32768 /* Linux's default */ };

/* The first port that the kernel gives out by itself. */
static unsigned kernel_first_port(void)
{
    unsigned first = KERNEL_FIRST;
    FILE *file = fopen("/proc/sys/net/ipv4/ip_local_port_range", "re");
    if (file != NULL) {
        if (fscanf(file, "%u", &first) != 1)
            first = KERNEL_FIRST;
        (void)fclose(file);
    }
    return first > FIRST_PORT + 1000 ? first : KERNEL_FIRST;
}

/* A name that only one process can have, until it ends; the descriptor is never closed. */
static bool port_reserve(unsigned port)
{
    struct sockaddr_un name = {.sun_family = AF_UNIX};
    const int len =
        snprintf(name.sun_path + 1, sizeof name.sun_path - 1, "polytune-test-port-%u", port);
    const socklen_t size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + (size_t)len);
    const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(fd >= 0);
    if (bind(fd, (struct sockaddr *)&name, size) == 0)
        return true;
    (void)close(fd);
    return false;
}

static bool port_is_free(unsigned port)
{
    const struct sockaddr_in address = {.sin_family = AF_INET,
                                        .sin_port = htons((uint16_t)port),
                                        .sin_addr = {htonl(INADDR_LOOPBACK)}};
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const bool is_free = bind(fd, (const struct sockaddr *)&address, sizeof address) == 0;
    (void)close(fd);
    return is_free;
}

uint16_t free_port(void)
{
    const unsigned count = kernel_first_port() - FIRST_PORT;
    uint16_t start = 0;
    assert_int_equal(getrandom(&start, sizeof start, 0), sizeof start);
    for (unsigned i = 0; i < count; i++) {
        const unsigned port = FIRST_PORT + (start + i) % count;
        if (port_reserve(port) && port_is_free(port))
            return (uint16_t)port;
    }
    fail_msg("no port is free");
    return 0;
}
