/* A blunt HTTP client on a raw socket: sends exactly the bytes it is given, and reads responses. */
#ifndef TESTS_HTTPD_HTTP_H
#define TESTS_HTTPD_HTTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct http_response {
    int status; /* 0: the connection closed before a whole response */
    char head[4096];
    uint8_t *body; /* terminated by a zero byte not counted */
    size_t len;
} http_response;

/* A connection to 127.0.0.1; -1 when refused. */
int http_connect(uint16_t port);
bool http_write(int fd, const void *bytes, size_t len);

/* Reads one response with Content-Length (or none); the body is released with http_clear. */
http_response http_read(int fd);
void http_clear(http_response *r);

/* The value of a header, copied to `ret_value` of `size` bytes; false if there is none. */
bool http_value(const http_response *r, const char *name, char *ret_value, size_t size);

/* One request on an open connection. `headers` are whole lines ending in \r\n, or "". */
bool http_ask(int fd, const char *method, const char *path, const char *headers, const void *body,
              size_t len);

/* Connects, asks, reads and closes. */
http_response http_once(uint16_t port, const char *method, const char *path, const char *headers,
                        const void *body, size_t len);

#endif
