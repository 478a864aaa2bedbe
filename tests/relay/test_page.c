/* The relay's page for browsers: which files, with which headers, and that nothing else changes. */
#define _POSIX_C_SOURCE 200809L
#include "support/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "httpd/expect.h"
#include "relay/held.h"
#include "support/relay.h"

static const char *const page_names[] = {"index.html", "page.css",          "page.js",
                                         "editor.js",  "worker-browser.js", "polytune.wasm",
                                         "icon.svg",   "licenses.txt",      "polytune.html"};

#define N_NAMES (sizeof page_names / sizeof *page_names)

typedef struct shown {
    char folder[64];
    relay_server *server;
} shown;

static void put_file(const char *folder, const char *name, const char *text)
{
    char path[128];
    (void)snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(text, 1, strlen(text), file), strlen(text));
    assert_int_equal(fclose(file), 0);
}

static void drop_file(const char *folder, const char *name)
{
    char path[128];
    (void)snprintf(path, sizeof path, "%s/%s", folder, name);
    (void)unlink(path);
}

static void make_folder(char ret_folder[64])
{
    (void)snprintf(ret_folder, 64, "/tmp/polytune-page-XXXXXX");
    assert_non_null(mkdtemp(ret_folder));
    for (size_t i = 0; i < N_NAMES; i++)
        put_file(ret_folder, page_names[i], page_names[i]);
    put_file(ret_folder, "page.js.gz", "packed");
    put_file(ret_folder, "secret.txt", "secret");
}

static void remove_folder(const char *folder)
{
    for (size_t i = 0; i < N_NAMES; i++)
        drop_file(folder, page_names[i]);
    drop_file(folder, "page.js.gz");
    drop_file(folder, "secret.txt");
    assert_int_equal(rmdir(folder), 0);
}

static int page_setup(void **state)
{
    shown *s = calloc(1, sizeof *s);
    assert_non_null(s);
    make_folder(s->folder);
    s->server = fixture_start((relay_options){.page = s->folder, .cors = ""});
    *state = s;
    return 0;
}

static int page_teardown(void **state)
{
    shown *s = *state;
    relay_server_free(s->server);
    remove_folder(s->folder);
    free(s);
    return 0;
}

static uint16_t page_port(void **state)
{
    return relay_server_port(((shown *)*state)->server);
}

static void expect_header(const http_response *r, const char *name, const char *part)
{
    char value[512];
    assert_true(http_value(r, name, value, sizeof value));
    if (strstr(value, part) == NULL)
        fail_msg("%s: %s has no %s", name, value, part);
}

static void every_file_is_served_with_its_type(void **state)
{
    static const char *const types[N_NAMES] = {
        "text/html",       "text/css",        "text/javascript",
        "text/javascript", "text/javascript", "application/wasm",
        "image/svg+xml",   "text/plain",      "text/html"};
    for (size_t i = 0; i < N_NAMES; i++) {
        char path[64];
        (void)snprintf(path, sizeof path, "/%s", i == 0 ? "" : page_names[i]);
        http_response r = http_once(page_port(state), "GET", path, "", "", 0);
        assert_int_equal(r.status, 200);
        assert_string_equal((char *)r.body, page_names[i]);
        expect_header(&r, "Content-Type", types[i]);
        expect_header(&r, "Cross-Origin-Opener-Policy", "same-origin");
        expect_header(&r, "Cross-Origin-Embedder-Policy", "require-corp");
        expect_header(&r, "X-Content-Type-Options", "nosniff");
        expect_header(&r, "Content-Security-Policy", "frame-ancestors 'none'");
        http_clear(&r);
    }
}

/* Whoever could run a script of theirs on the page could read what is typed there. */
static void no_inline_script_is_allowed(void **state)
{
    char value[512];
    http_response r = http_once(page_port(state), "GET", "/", "", "", 0);
    assert_true(http_value(&r, "Content-Security-Policy", value, sizeof value));
    assert_non_null(strstr(value, "default-src 'none'; script-src 'self' 'wasm-unsafe-eval';"));
    assert_null(strstr(value, "unsafe-inline"));
    assert_null(strstr(value, "'unsafe-eval'"));
    http_clear(&r);
}

static void a_browser_that_has_it_gets_nothing(void **state)
{
    char etag[64];
    char header[128];
    http_response r = http_once(page_port(state), "GET", "/page.css", "", "", 0);
    assert_true(http_value(&r, "ETag", etag, sizeof etag));
    http_clear(&r);
    (void)snprintf(header, sizeof header, "If-None-Match: W/\"other\", %s\r\n", etag);
    expect(page_port(state), "GET", "/page.css", header, "", 304, "");
    expect(page_port(state), "GET", "/page.js", header, "", 200, "page.js");
}

static void who_takes_gzip_gets_it(void **state)
{
    const uint16_t port = page_port(state);
    http_response r = http_once(port, "GET", "/page.js", "Accept-Encoding: br, gzip\r\n", "", 0);
    assert_string_equal((char *)r.body, "packed");
    expect_header(&r, "Content-Encoding", "gzip");
    expect_header(&r, "Vary", "Accept-Encoding");
    http_clear(&r);
    expect(port, "GET", "/page.js", "Accept-Encoding: gzip;q=0.5\r\n", "", 200, "packed");
    expect(port, "GET", "/page.js", "Accept-Encoding: gzip; q=0, br\r\n", "", 200, "page.js");
    expect(port, "GET", "/page.js", "Accept-Encoding: br\r\n", "", 200, "page.js");
    expect(port, "GET", "/page.css", "Accept-Encoding: gzip\r\n", "", 200, "page.css");
}

static void head_and_wrong_methods(void **state)
{
    const int fd = connect_to(page_port(state));
    write_text(fd, "HEAD / HTTP/1.1\r\nHost: x\r\n\r\nGET /ping HTTP/1.1\r\nHost: x\r\n\r\n");
    char head[4096] = "";
    for (size_t len = 0; strstr(head, "pong") == NULL && len + 1 < sizeof head;) {
        const ssize_t got = read(fd, head + len, sizeof head - 1 - len);
        assert_true(got > 0);
        len += (size_t)got;
    }
    assert_non_null(strstr(head, "Content-Length: 10\r\n"));
    assert_null(strstr(head, "index.html"));
    (void)close(fd);
    expect(page_port(state), "POST", "/", "", "x", 405, NULL);
    expect(page_port(state), "OPTIONS", "/", "", "", 204, "");
}

static void nothing_else_can_be_read(void **state)
{
    static const char *const paths[] = {
        "/secret.txt",
        "/index.html",
        "/page.js.gz",
        "//",
        "/.",
        "/../secret.txt",
        "/page.js/../secret.txt",
        "/%2e%2e/secret.txt",
        "/..%2fsecret",
        "/page.js/",
        "/page.js%00",
        "/PAGE.JS",
    };
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++)
        expect(page_port(state), "GET", paths[i], "", "", 404, NULL);
    expect(page_port(state), "PUT", "/join/page/0", "", "", 200, NULL);
    expect(page_port(state), "GET", "/ping", "", "", 200, "pong");
}

/* Each open tab waits for others in a request of its own. */
static void the_page_comes_while_hundreds_of_tabs_wait(void **state)
{
    enum { TABS = 300 };
    int fds[TABS];
    for (size_t i = 0; i < TABS; i++) {
        char path[64];
        (void)snprintf(path, sizeof path, "/participants/tabs-%zu?wait=60&parties=2", i);
        fds[i] = connect_to(page_port(state));
        ask(fds[i], "GET", path, "", "");
    }
    wait_until_held(page_port(state), TABS);
    expect(page_port(state), "GET", "/page.js", "", "", 200, "page.js");
    for (size_t i = 0; i < TABS; i++)
        (void)close(fds[i]);
}

static void without_a_page_there_is_none(void **state)
{
    (void)state;
    relay_server *server = fixture_start((relay_options){0});
    expect(relay_server_port(server), "GET", "/", "", "", 404, "no such path\n");
    expect(relay_server_port(server), "GET", "/page.js", "", "", 404, "no such path\n");
    relay_server_free(server);
}

static void a_folder_that_lacks_a_file_is_refused(void **state)
{
    char folder[64];
    relay_server *server = NULL;
    pt_error error;
    (void)state;
    make_folder(folder);
    drop_file(folder, "worker-browser.js");
    const relay_options options = {.page = folder};
    assert_int_equal(relay_server_start(&server, &options, &error), PT_ERR_FILE);
    assert_non_null(strstr(error.message, "worker-browser.js"));
    assert_null(server);
    remove_folder(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_file_is_served_with_its_type),
        cmocka_unit_test(no_inline_script_is_allowed),
        cmocka_unit_test(a_browser_that_has_it_gets_nothing),
        cmocka_unit_test(who_takes_gzip_gets_it),
        cmocka_unit_test(head_and_wrong_methods),
        cmocka_unit_test(nothing_else_can_be_read),
        cmocka_unit_test(the_page_comes_while_hundreds_of_tabs_wait),
        cmocka_unit_test(without_a_page_there_is_none),
        cmocka_unit_test(a_folder_that_lacks_a_file_is_refused),
    };
    return cmocka_run_group_tests(tests, page_setup, page_teardown);
}
