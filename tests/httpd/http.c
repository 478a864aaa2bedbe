#define _DEFAULT_SOURCE
#include "httpd/http.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

int http_connect(uint16_t port)
{
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr = {htonl(INADDR_LOOPBACK)}};
    const int on = 1;
    const struct timeval patience = {.tv_sec = 60};
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    (void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    if (connect(fd, (const struct sockaddr *)&address, sizeof address) == 0)
        return fd;
    (void)close(fd);
    return -1;
}

bool http_write(int fd, const void *bytes, size_t len)
{
    const char *at = bytes;
    while (len != 0) {
        const ssize_t n = send(fd, at, len, MSG_NOSIGNAL);
        if (n <= 0)
            return false;
        at += n;
        len -= (size_t)n;
    }
    return true;
}

static bool read_exactly(int fd, uint8_t *bytes, size_t len)
{
    while (len != 0) {
        const ssize_t n = recv(fd, bytes, len, 0);
        if (n <= 0)
            return false;
        bytes += n;
        len -= (size_t)n;
    }
    return true;
}

/* Byte by byte, so that nothing of what follows is taken. */
static bool read_head(int fd, http_response *r)
{
    for (size_t len = 0; len + 1 < sizeof r->head; len++) {
        if (!read_exactly(fd, (uint8_t *)r->head + len, 1))
            return false;
        if (len >= 3 && memcmp(r->head + len - 3, "\r\n\r\n", 4) == 0)
            return true;
    }
    return false;
}

http_response http_read(int fd)
{
    http_response r = {0};
    char value[32];
    int status = 0;
    if (!read_head(fd, &r) || sscanf(r.head, "HTTP/1.%*c %d", &status) != 1)
        return r;
    if (http_value(&r, "Content-Length", value, sizeof value))
        r.len = strtoul(value, NULL, 10);
    r.body = calloc(r.len + 1, 1);
    if (r.body != NULL && read_exactly(fd, r.body, r.len))
        r.status = status;
    return r;
}

void http_clear(http_response *r)
{
    free(r->body);
    *r = (http_response){0};
}

bool http_value(const http_response *r, const char *name, char *ret_value, size_t size)
{
    const size_t name_len = strlen(name);
    for (const char *line = r->head; (line = strstr(line, "\r\n")) != NULL;) {
        line += 2;
        if (strncasecmp(line, name, name_len) != 0 || line[name_len] != ':')
            continue;
        const char *value = line + name_len + 1;
        value += strspn(value, " ");
        (void)snprintf(ret_value, size, "%.*s", (int)strcspn(value, "\r"), value);
        return true;
    }
    return false;
}

bool http_ask(int fd, const char *method, const char *path, const char *headers, const void *body,
              size_t len)
{
    char head[2048];
    const int head_len =
        snprintf(head, sizeof head, "%s %s HTTP/1.1\r\nHost: x\r\nContent-Length: %zu\r\n%s\r\n",
                 method, path, len, headers);
    return head_len > 0 && (size_t)head_len < sizeof head &&
           http_write(fd, head, (size_t)head_len) && http_write(fd, body, len);
}

http_response http_once(uint16_t port, const char *method, const char *path, const char *headers,
                        const void *body, size_t len)
{
    http_response r = {0};
    const int fd = http_connect(port);
    if (fd < 0)
        return r;
    if (http_ask(fd, method, path, headers, body, len))
        r = http_read(fd);
    (void)close(fd);
    return r;
}
