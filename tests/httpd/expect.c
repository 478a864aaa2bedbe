#include "support/test.h"

#include "httpd/expect.h"

void expect(uint16_t port, const char *method, const char *path, const char *headers,
            const char *body, int status, const char *text)
{
    http_response r = http_once(port, method, path, headers, body, strlen(body));
    if (r.status != status)
        fail_msg("%s %s: status %d instead of %d: %s", method, path, r.status, status,
                 r.body == NULL ? "" : (char *)r.body);
    if (text != NULL)
        assert_string_equal((char *)r.body, text);
    http_clear(&r);
}

int connect_to(uint16_t port)
{
    const int fd = http_connect(port);
    assert_true(fd >= 0);
    return fd;
}

void ask(int fd, const char *method, const char *path, const char *headers, const char *body)
{
    assert_true(http_ask(fd, method, path, headers, body, strlen(body)));
}

void expect_next(int fd, int status, const char *text)
{
    http_response r = http_read(fd);
    assert_int_equal(r.status, status);
    if (text != NULL)
        assert_string_equal((char *)r.body, text);
    http_clear(&r);
}

void expect_next_with(int fd, int status, const char *header, const char *value)
{
    char found[64];
    http_response r = http_read(fd);
    assert_int_equal(r.status, status);
    const bool has = http_value(&r, header, found, sizeof found);
    assert_int_equal(has, value != NULL);
    if (has)
        assert_string_equal(found, value);
    http_clear(&r);
}

void write_text(int fd, const char *text)
{
    assert_true(http_write(fd, text, strlen(text)));
}
