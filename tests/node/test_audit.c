/* The audit log: whole, it holds together; whatever is changed in it is found, and crashes, full
 * disks and second writers do no harm. */
#define _DEFAULT_SOURCE
#include <signal.h>
#include <sodium.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "base/read_file.h"
#include "node/audit.h"
#include "support/test.h"

typedef struct fixture {
    char folder[64];
    char path[96];
    signing_key key;
} fixture;

static int open_fixture(void **state)
{
    uint8_t seed[32] = {3};
    fixture *f = calloc(1, sizeof *f);
    assert_non_null(f);
    /* Every line is waited for; in memory that takes no time. */
    (void)snprintf(f->folder, sizeof f->folder, "%s/polytune-audit-XXXXXX",
                   access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
    assert_non_null(mkdtemp(f->folder));
    (void)snprintf(f->path, sizeof f->path, "%s/audit.log", f->folder);
    (void)crypto_sign_seed_keypair(f->key.public, f->key.secret, seed);
    *state = f;
    return 0;
}

static int close_fixture(void **state)
{
    fixture *f = *state;
    (void)unlink(f->path);
    assert_int_equal(rmdir(f->folder), 0);
    free(f);
    return 0;
}

/* ---- Files ---- */

static void read_log(buffer *ret_text, const fixture *f)
{
    FILE *file = fopen(f->path, "rb");
    assert_non_null(file);
    buffer_init(ret_text, 1 << 26);
    assert_int_equal(read_file(ret_text, file, f->path, NULL), PT_OK);
    (void)fclose(file);
}

static void write_log(const fixture *f, const void *bytes, size_t len)
{
    FILE *file = fopen(f->path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, len, file), len);
    assert_int_equal(fclose(file), 0);
}

/* ---- Writing and verifying ---- */

static audit *open_log(const fixture *f)
{
    audit *log = NULL;
    pt_error error;
    if (audit_open(&log, f->path, &f->key, &error) != PT_OK)
        fail_msg("%s", error.message);
    return log;
}

static pt_status add_number(audit *log, int number, pt_error *error)
{
    return audit_append(log, "tested", json_pack("{s:i}", "number", number), error);
}

static void add(audit *log, int n)
{
    pt_error error;
    for (int i = 0; i < n; i++) {
        if (add_number(log, i, &error) != PT_OK)
            fail_msg("%s", error.message);
    }
}

static void make_log(const fixture *f, int n)
{
    audit *log = open_log(f);
    add(log, n);
    assert_int_equal(audit_close(log, NULL), PT_OK);
}

static audit_report verify(const fixture *f, const audit_head *known)
{
    audit_report report;
    pt_error error;
    pt_error_clear(&error);
    if (audit_verify(&report, f->path, f->key.public, known, &error) != PT_OK)
        fail_msg("%s", error.message);
    return report;
}

static void assert_found(const fixture *f, const audit_head *known, const char *message)
{
    audit_report report;
    pt_error error;
    pt_error_clear(&error);
    if (audit_verify(&report, f->path, f->key.public, known, &error) != PT_ERR_INPUT)
        fail_msg("not found: '%s'", message);
    if (strstr(error.message, message) == NULL)
        fail_msg("expected '%s', got '%s'", message, error.message);
}

static void a_log_holds_together(void **state)
{
    const fixture *f = *state;
    audit_head head;
    audit *log = open_log(f);
    add(log, 3);
    audit_get_head(log, &head);
    assert_int_equal(head.seq, 4); /* "opened", too */
    assert_int_equal(verify(f, &head).n_unsigned, 4);
    assert_int_equal(audit_close(log, NULL), PT_OK);
    audit_report report = verify(f, &head);
    assert_int_equal(report.head.seq, 5);
    assert_int_equal(report.n_unsigned, 0);
    assert_int_equal(report.n_signatures, 1);
    /* and goes on */
    make_log(f, 2);
    report = verify(f, &head);
    assert_int_equal(report.head.seq, 9);
    assert_int_equal(report.n_signatures, 2);
    struct stat info;
    assert_int_equal(stat(f->path, &info), 0);
    assert_int_equal(info.st_mode & 07, 0);
}

static void it_is_signed_now_and_then(void **state)
{
    const fixture *f = *state;
    audit *log = open_log(f);
    add(log, AUDIT_SIGN_EVERY + 5);
    const audit_report report = verify(f, NULL);
    assert_int_equal(report.n_signatures, 1);
    assert_int_equal(report.head.seq - report.n_unsigned, AUDIT_SIGN_EVERY + 1);
    assert_int_equal(audit_close(log, NULL), PT_OK);
}

static void odd_text_is_kept_in_one_line(void **state)
{
    const fixture *f = *state;
    char text[5001];
    buffer b;
    audit *log = open_log(f);
    memset(text, 'x', sizeof text);
    memcpy(text + 999, "\xc3\xa9", 2); /* cut within a letter */
    text[5000] = '\0';
    json_t *fields = json_pack("{s:s, s:{s:[s, {s:s}]}, s:s}", "long", text, "in", "list",
                               "a\nb\x1b[2J", "deep", text, "q", "\",\"seq\":7");
    assert_int_equal(audit_append(log, "tested", fields, NULL), PT_OK);
    assert_int_equal(audit_append(log, "tested", NULL, NULL), PT_ERR_MEMORY);
    add(log, 1);
    assert_int_equal(audit_close(log, NULL), PT_OK);
    assert_int_equal(verify(f, NULL).head.seq, 4);
    read_log(&b, f);
    for (size_t i = 0; i < b.len; i++)
        assert_true(b.bytes[i] == '\n' || (b.bytes[i] >= ' ' && b.bytes[i] <= '~'));
    assert_true(b.len < 4000);
    buffer_clear(&b);
}

/* ---- Tampering ---- */

static void no_byte_may_be_changed(void **state)
{
    const fixture *f = *state;
    buffer b;
    audit_report report;
    make_log(f, 2);
    read_log(&b, f);
    size_t last = b.len - 1;
    while (b.bytes[last - 1] != '\n')
        last--;
    for (size_t i = 0; i < b.len; i++) {
        const uint8_t old = b.bytes[i];
        b.bytes[i] = (uint8_t)(old ^ 1);
        write_log(f, b.bytes, b.len);
        const pt_status status = audit_verify(&report, f->path, f->key.public, NULL, NULL);
        /* The last line's time is covered by its head, not by its own signature. */
        if (status == PT_OK && i < last)
            fail_msg("byte %zu '%c' may be changed", i, old);
        b.bytes[i] = old;
    }
    buffer_clear(&b);
}

/* Replaces the first `what` by `by`, of the same length. */
static void replace(buffer *b, const char *what, const char *by)
{
    char *at = strstr((char *)b->bytes, what);
    assert_non_null(at);
    memcpy(at, by, strlen(by));
}

/* Where line n (from 1) begins. */
static size_t line_at(const buffer *b, size_t n)
{
    size_t at = 0;
    for (size_t line = 1; line < n; line++)
        at = (size_t)((uint8_t *)memchr(b->bytes + at, '\n', b->len - at) - b->bytes) + 1;
    return at;
}

static void the_changed_line_is_named(void **state)
{
    const fixture *f = *state;
    buffer b;
    make_log(f, 5);
    read_log(&b, f);
    assert_non_null(buffer_text(&b));
    replace(&b, "\"number\":2", "\"number\":7");
    write_log(f, b.bytes, b.len);
    assert_found(f, NULL, "line 5: it does not continue the line before: line 4 was changed");
    buffer_clear(&b);
}

static void lines_taken_out_put_in_or_moved(void **state)
{
    const fixture *f = *state;
    buffer b, changed;
    make_log(f, 5);
    read_log(&b, f);
    const size_t third = line_at(&b, 3);
    const size_t fourth = line_at(&b, 4);
    const size_t fifth = line_at(&b, 5);
    buffer_init(&changed, 1 << 20);
    /* taken out */
    buffer_put(&changed, b.bytes, third);
    buffer_put(&changed, b.bytes + fourth, b.len - fourth);
    write_log(f, changed.bytes, changed.len);
    assert_found(f, NULL, "line 3: its seq is 4: lines before it were taken out");
    /* twice */
    buffer_reset(&changed);
    buffer_put(&changed, b.bytes, fourth);
    buffer_put(&changed, b.bytes + third, b.len - third);
    write_log(f, changed.bytes, changed.len);
    assert_found(f, NULL, "line 4: its seq is 3");
    /* exchanged */
    buffer_reset(&changed);
    buffer_put(&changed, b.bytes, third);
    buffer_put(&changed, b.bytes + fourth, fifth - fourth);
    buffer_put(&changed, b.bytes + third, fourth - third);
    buffer_put(&changed, b.bytes + fifth, b.len - fifth);
    write_log(f, changed.bytes, changed.len);
    assert_found(f, NULL, "line 3: its seq is 4");
    /* the beginning */
    write_log(f, b.bytes + third, b.len - third);
    assert_found(f, NULL, "line 1: its seq is 3");
    /* an empty line, something else, a line of NULs */
    buffer_reset(&changed);
    buffer_put(&changed, b.bytes, third);
    buffer_put(&changed, "\n", 1);
    buffer_put(&changed, b.bytes + third, b.len - third);
    write_log(f, changed.bytes, changed.len);
    assert_found(f, NULL, "line 3: it is no line of an audit log");
    changed.bytes[third - 1] = '\0';
    write_log(f, changed.bytes, changed.len);
    assert_found(f, NULL, "line 2: it is no line of an audit log");
    buffer_clear(&changed);
    buffer_clear(&b);
}

/* The chain made anew after a change: only the signatures tell, or a head kept elsewhere. */
static void a_chain_made_anew(void **state)
{
    fixture *f = *state;
    fixture other = *f;
    audit_head head;
    audit_report report;
    uint8_t seed[32] = {4};
    audit *log = open_log(f);
    add(log, 3);
    audit_get_head(log, &head);
    assert_int_equal(audit_close(log, NULL), PT_OK);
    assert_int_equal(unlink(f->path), 0);
    (void)crypto_sign_seed_keypair(other.key.public, other.key.secret, seed);
    make_log(&other, 4);
    assert_found(f, NULL, "line 6: it is signed by another key");
    assert_found(&other, &head, "line 4: it is not the line whose head was shown");
    /* without a key the file's own counts, and is told */
    assert_int_equal(audit_verify(&report, f->path, NULL, NULL, NULL), PT_OK);
    char text[SIGNING_PUBLIC_SIZE];
    signing_public_print(text, other.key.public);
    assert_string_equal(report.key, text);
}

static void assert_not_opened(const fixture *f, const char *message)
{
    audit *log = NULL;
    pt_error error;
    struct stat before, after;
    pt_error_clear(&error);
    assert_int_equal(stat(f->path, &before), 0);
    assert_int_equal(audit_open(&log, f->path, &f->key, &error), PT_ERR_INPUT);
    if (strstr(error.message, message) == NULL || strstr(error.message, "Move it away") == NULL)
        fail_msg("expected '%s', got '%s'", message, error.message);
    assert_int_equal(stat(f->path, &after), 0);
    assert_int_equal(before.st_size, after.st_size);
}

/* A node does not go on with a log that was changed. */
static void a_changed_log_is_not_gone_on_with(void **state)
{
    const fixture *f = *state;
    fixture other = *f;
    uint8_t seed[32] = {4};
    buffer b;
    make_log(f, 5);
    read_log(&b, f);
    b.bytes[line_at(&b, 4) - 3] ^= 1;
    write_log(f, b.bytes, b.len);
    assert_not_opened(f, "line 3");
    b.bytes[line_at(&b, 4) - 3] ^= 1;
    write_log(f, b.bytes, b.len);
    make_log(f, 1);
    buffer_clear(&b);
    (void)crypto_sign_seed_keypair(other.key.public, other.key.secret, seed);
    assert_not_opened(&other, "it is signed by another key");
}

/* Only so much of it is looked at, from any byte on. */
static void the_end_is_verified(void **state)
{
    const fixture *f = *state;
    buffer b;
    pt_error error;
    make_log(f, 5);
    read_log(&b, f);
    const size_t fourth = line_at(&b, 4);
    b.bytes[fourth - 3] ^= 1; /* in the third line */
    write_log(f, b.bytes, b.len);
    for (size_t len = b.len - line_at(&b, 7) + 1; len <= b.len; len += 5) {
        const bool is_seen = b.len - len < line_at(&b, 3);
        const pt_status status = audit_verify_end(f->path, f->key.public, len, &error);
        if (status != (is_seen ? PT_ERR_INPUT : PT_OK))
            fail_msg("%zu bytes: %s", len, status == PT_OK ? "" : error.message);
    }
    buffer_clear(&b);
}

static void what_is_cut_off_at_the_end(void **state)
{
    const fixture *f = *state;
    buffer b;
    make_log(f, 5);
    const audit_head head = verify(f, NULL).head;
    read_log(&b, f);
    write_log(f, b.bytes, line_at(&b, 5));
    assert_int_equal(verify(f, NULL).head.seq, 4); /* a chain alone does not tell */
    assert_found(f, &head,
                 "ends with line 4, but the head of line 7 was shown: what followed was cut off");
    write_log(f, "", 0);
    assert_found(f, NULL, "holds no line of an audit log");
    buffer_clear(&b);
}

static void a_wrong_signature(void **state)
{
    const fixture *f = *state;
    buffer b;
    make_log(f, 1);
    read_log(&b, f);
    assert_non_null(buffer_text(&b));
    char *at = strstr((char *)b.bytes, "\"signature\":\"");
    assert_non_null(at);
    at += strlen("\"signature\":\"");
    *at = *at == 'A' ? 'B' : 'A';
    write_log(f, b.bytes, b.len);
    assert_found(f, NULL, "line 3: its signature is wrong");
    at[5] = '!';
    write_log(f, b.bytes, b.len);
    assert_found(f, NULL, "line 3: it has no key and signature");
    buffer_clear(&b);
}

/* ---- Crashes ---- */

static void half_a_line_is_cut_off_and_told(void **state)
{
    const fixture *f = *state;
    buffer whole, now;
    audit *log = open_log(f);
    add(log, 3);
    assert_int_equal(audit_close(log, NULL), PT_OK);
    read_log(&whole, f);
    const size_t last = line_at(&whole, 5);
    for (size_t len = last + 1; len < whole.len; len += 17) {
        write_log(f, whole.bytes, len);
        assert_int_equal(verify(f, NULL).n_half_bytes, len - last);
        make_log(f, 1);
        const audit_report report = verify(f, NULL);
        assert_int_equal(report.head.seq, 7);
        assert_int_equal(report.n_half_bytes, 0);
        read_log(&now, f);
        char told[64];
        (void)snprintf(told, sizeof told, "\"bytes_of_half_a_line_cut_off\":%zu}", len - last);
        assert_non_null(buffer_text(&now));
        assert_non_null(strstr((char *)now.bytes + last, told));
        buffer_clear(&now);
    }
    buffer_clear(&whole);
}

/* Not even a first line: it begins anew. */
static void half_of_the_first_line(void **state)
{
    const fixture *f = *state;
    buffer whole;
    make_log(f, 0);
    read_log(&whole, f);
    for (size_t len = 0; len < line_at(&whole, 2); len += 13) {
        write_log(f, whole.bytes, len);
        make_log(f, 1);
        assert_int_equal(verify(f, NULL).head.seq, 3);
    }
    buffer_clear(&whole);
}

static void killed_while_writing(void **state)
{
    const fixture *f = *state;
    uint64_t before = 0;
    for (int i = 0; i < 10; i++) {
        const pid_t child = fork();
        assert_true(child >= 0);
        if (child == 0) {
            audit *log = NULL;
            if (audit_open(&log, f->path, &f->key, NULL) != PT_OK)
                _exit(1);
            while (add_number(log, 1, NULL) == PT_OK)
                ;
            _exit(1);
        }
        int status = 0;
        clock_sleep(15);
        (void)kill(child, SIGKILL);
        assert_int_equal(waitpid(child, &status, 0), child);
        assert_true(WIFSIGNALED(status));
        struct stat info;
        if (stat(f->path, &info) != 0 || info.st_size == 0)
            continue; /* killed before the first line */
        const audit_report report = verify(f, NULL);
        assert_true(report.head.seq >= before);
        before = report.head.seq;
    }
    make_log(f, 1);
    assert_int_equal(verify(f, NULL).n_unsigned, 0);
}

/* ---- Disks, other writers, other files ---- */

/* A file may not grow past a limit: what has been written of a line is taken back. */
static void a_full_disk(void **state)
{
    const fixture *f = *state;
    struct rlimit old, small;
    struct stat info;
    pt_error error;
    audit *log = open_log(f);
    add(log, 3);
    assert_int_equal(stat(f->path, &info), 0);
    (void)signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
    small = old;
    small.rlim_cur = (rlim_t)info.st_size + 20;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    assert_int_equal(add_number(log, 4, &error), PT_ERR_FILE);
    assert_non_null(strstr(error.message, "cannot write the audit log"));
    assert_int_equal(verify(f, NULL).head.seq, 4);
    assert_int_equal(verify(f, NULL).n_half_bytes, 0);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
    add(log, 1); /* once there is room again */
    assert_int_equal(audit_close(log, NULL), PT_OK);
    assert_int_equal(verify(f, NULL).head.seq, 6);
}

static void two_writers(void **state)
{
    const fixture *f = *state;
    audit *other = NULL;
    pt_error error;
    audit *log = open_log(f);
    assert_int_equal(audit_open(&other, f->path, &f->key, &error), PT_ERR_FILE);
    assert_null(other);
    assert_non_null(strstr(error.message, "another process writes"));
    add(log, 1);
    assert_int_equal(audit_close(log, NULL), PT_OK);
    make_log(f, 1);
    assert_int_equal(verify(f, NULL).head.seq, 6);
}

static void moved_or_changed_meanwhile(void **state)
{
    const fixture *f = *state;
    pt_error error;
    audit *log = open_log(f);
    FILE *file = fopen(f->path, "ab");
    assert_non_null(file);
    (void)fputs("more\n", file);
    (void)fclose(file);
    assert_int_equal(add_number(log, 1, &error), PT_ERR_FILE);
    assert_non_null(strstr(error.message, "changed by somebody else"));
    assert_int_equal(audit_close(log, &error), PT_ERR_FILE);
    assert_int_equal(unlink(f->path), 0);
    log = open_log(f);
    assert_int_equal(unlink(f->path), 0);
    assert_int_equal(add_number(log, 1, &error), PT_ERR_FILE);
    assert_int_equal(audit_close(log, &error), PT_ERR_FILE);
    make_log(f, 1);
}

static void files_that_are_no_logs(void **state)
{
    static const char *const texts[] = {
        "x",
        "x\n",
        "\n",
        "{}\n",
        "{\"seq\":1}\n",
        "{\"seq\":-1,\"prev\":\"\"}\n",
        "{\"seq\":9007199254740993,\"prev\":\"\"}\n",
        "{\"seq\":1,\"prev\":\"1",
        "precious\ndata",
    };
    const fixture *f = *state;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        audit *log = NULL;
        pt_error error;
        buffer b;
        write_log(f, texts[i], strlen(texts[i]));
        assert_int_equal(audit_open(&log, f->path, &f->key, &error), PT_ERR_INPUT);
        assert_non_null(strstr(error.message, "does not end as an audit log does"));
        read_log(&b, f); /* nothing of it is lost */
        assert_int_equal(b.len, strlen(texts[i]));
        buffer_clear(&b);
    }
    assert_int_equal(unlink(f->path), 0);
    audit *log = NULL;
    assert_int_equal(audit_open(&log, f->folder, &f->key, NULL), PT_ERR_FILE);
    assert_int_equal(audit_open(&log, "/nonexistent/audit.log", &f->key, NULL), PT_ERR_FILE);
    audit_report report;
    assert_int_equal(audit_verify(&report, f->path, NULL, NULL, NULL), PT_ERR_FILE);
}

#define EACH(test) cmocka_unit_test_setup_teardown(test, open_fixture, close_fixture)

int main(void)
{
    const struct CMUnitTest tests[] = {
        EACH(a_log_holds_together),
        EACH(it_is_signed_now_and_then),
        EACH(odd_text_is_kept_in_one_line),
        EACH(no_byte_may_be_changed),
        EACH(the_changed_line_is_named),
        EACH(lines_taken_out_put_in_or_moved),
        EACH(a_chain_made_anew),
        EACH(a_changed_log_is_not_gone_on_with),
        EACH(the_end_is_verified),
        EACH(what_is_cut_off_at_the_end),
        EACH(a_wrong_signature),
        EACH(half_a_line_is_cut_off_and_told),
        EACH(half_of_the_first_line),
        EACH(killed_while_writing),
        EACH(a_full_disk),
        EACH(two_writers),
        EACH(moved_or_changed_meanwhile),
        EACH(files_that_are_no_logs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
