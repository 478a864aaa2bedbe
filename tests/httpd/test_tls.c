/* The files that TLS needs; connections over TLS are tested with the command, in tests/cli. */
#define _POSIX_C_SOURCE 200809L
#include "support/test.h"

#include <sys/stat.h>
#include <unistd.h>

#include "httpd/echo.h"
#include "httpd/tls.h"

static char folder[] = "/tmp/polytune-tls-XXXXXX";
static char path[64];

static int setup(void **state)
{
    (void)state;
    return mkdtemp(folder) == NULL;
}

static int teardown(void **state)
{
    (void)state;
    return rmdir(folder);
}

static void write_file(const char *bytes, size_t len, mode_t mode)
{
    (void)snprintf(path, sizeof path, "%s/file.pem", folder);
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, len, file), len);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(chmod(path, mode), 0);
}

static void expect_refusal(pt_status status, const char *text)
{
    buffer read;
    pt_error error;
    assert_int_equal(tls_read_certificate(&read, path, &error), status);
    if (strstr(error.message, text) == NULL)
        fail_msg("\"%s\" does not say \"%s\"", error.message, text);
}

static void a_pem_file_is_read_whole(void **state)
{
    static const char text[] = "comment\n-----BEGIN CERTIFICATE-----\nAAAA\n";
    buffer read;
    pt_error error;
    (void)state;
    write_file(text, sizeof text - 1, 0644);
    assert_int_equal(tls_read_certificate(&read, path, &error), PT_OK);
    assert_string_equal((const char *)read.bytes, text);
    buffer_clear(&read);
    (void)unlink(path);
}

static void what_is_no_pem_file_is_refused(void **state)
{
    (void)state;
    (void)snprintf(path, sizeof path, "%s/none.pem", folder);
    expect_refusal(PT_ERR_FILE, "cannot read the certificate");
    (void)snprintf(path, sizeof path, "%s", folder);
    expect_refusal(PT_ERR_FILE, "cannot read the certificate");
    write_file("", 0, 0644);
    expect_refusal(PT_ERR_INPUT, "is not a PEM file");
    write_file("-----BEGIN \0CERTIFICATE-----", 27, 0644);
    expect_refusal(PT_ERR_INPUT, "is not a PEM file");
    char *large = malloc(2 << 20);
    assert_non_null(large);
    memset(large, '-', 2 << 20);
    write_file(large, 2 << 20, 0644);
    free(large);
    expect_refusal(PT_ERR_FILE, "too large");
    (void)unlink(path);
}

static void a_key_that_others_can_read_is_refused(void **state)
{
    static const char text[] = "-----BEGIN PRIVATE KEY-----\nAAAA\n";
    static const mode_t open_modes[] = {0604, 0644, 0602, 0620, 0660, 0666, 0777};
    buffer read;
    pt_error error;
    (void)state;
    for (size_t i = 0; i < sizeof open_modes / sizeof *open_modes; i++) {
        write_file(text, sizeof text - 1, open_modes[i]);
        assert_int_equal(tls_read_key(&read, path, &error), PT_ERR_INPUT);
        assert_non_null(strstr(error.message, "open to others"));
        assert_int_equal(tls_read_certificate(&read, path, &error), PT_OK);
        buffer_clear(&read);
    }
    for (mode_t mode = 0400; mode <= 0600; mode += 0200) {
        write_file(text, sizeof text - 1, mode);
        assert_int_equal(tls_read_key(&read, path, &error), PT_OK);
        buffer_clear(&read);
        (void)unlink(path);
    }
    /* A group may read what root has given it. */
    write_file(text, sizeof text - 1, 0640);
    assert_int_equal(tls_read_key(&read, path, &error), geteuid() == 0 ? PT_OK : PT_ERR_INPUT);
    if (geteuid() == 0)
        buffer_clear(&read);
    (void)unlink(path);
}

static void expect_no_start(const httpd_options *options, pt_status status, const char *text)
{
    echo_server e;
    pt_error error;
    echo_new(&e);
    assert_int_equal(httpd_start(e.http, options, &error), status);
    if (strstr(error.message, text) == NULL)
        fail_msg("\"%s\" does not say \"%s\"", error.message, text);
    echo_stop(&e);
}

static void a_server_needs_both_and_both_good(void **state)
{
    static const char text[] = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    httpd_options o = {.address = "127.0.0.1", .max_connections = 10, .client_timeout_ms = 1000};
    (void)state;
    write_file(text, sizeof text - 1, 0600);
    o.tls_cert = path;
    expect_no_start(&o, PT_ERR_USAGE, "TLS needs both a certificate and its key");
    o.tls_cert = NULL;
    o.tls_key = path;
    expect_no_start(&o, PT_ERR_USAGE, "TLS needs both a certificate and its key");
    o.tls_cert = path;
    expect_no_start(&o, PT_ERR_INPUT, "not valid, or they do not belong together");
    (void)unlink(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_pem_file_is_read_whole),
        cmocka_unit_test(what_is_no_pem_file_is_refused),
        cmocka_unit_test(a_key_that_others_can_read_is_refused),
        cmocka_unit_test(a_server_needs_both_and_both_good),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
