/* Requests whose answers are checked at once. */
#ifndef TESTS_HTTPD_EXPECT_H
#define TESTS_HTTPD_EXPECT_H

#include "httpd/http.h"

/* Asks on a connection of its own. The status must be `status`, and the body `text` unless that is
 * NULL. */
void expect(uint16_t port, const char *method, const char *path, const char *headers,
            const char *body, int status, const char *text);

/* The same for the steps on an open connection. */
int connect_to(uint16_t port);
void ask(int fd, const char *method, const char *path, const char *headers, const char *body);
void expect_next(int fd, int status, const char *text);
/* The response must also have that header; NULL: it must not have it. */
void expect_next_with(int fd, int status, const char *header, const char *value);

/* Writes text as it is. */
void write_text(int fd, const char *text);

#endif
