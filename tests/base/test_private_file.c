/* A private key's file is new and its owner's alone, and what others may read is noticed. */
#define _DEFAULT_SOURCE
#include "base/private_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "support/test.h"

typedef struct scene {
    char folder[32], path[64];
} scene;

static int private_file_setup(void **state)
{
    scene *s = calloc(1, sizeof *s);
    if (s == NULL)
        return -1;
    *state = s;
    (void)snprintf(s->folder, sizeof s->folder, "/tmp/polytune-private-XXXXXX");
    if (mkdtemp(s->folder) == NULL)
        return -1;
    (void)snprintf(s->path, sizeof s->path, "%s/key", s->folder);
    return 0;
}

static int private_file_teardown(void **state)
{
    scene *s = *state;
    (void)unlink(s->path);
    const int status = rmdir(s->folder); /* nothing else is left in it */
    free(s);
    return status;
}

static void expect_content(const char *path, const char *expected)
{
    char text[16] = "";
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    assert_int_equal(fread(text, 1, sizeof text - 1, file), strlen(expected));
    assert_int_equal(fclose(file), 0);
    assert_string_equal(text, expected);
}

static void a_new_one_is_its_owners_alone(void **state)
{
    const scene *s = *state;
    struct stat info;
    const mode_t mask = umask(0); /* with the most permissive one, too */
    const pt_status status = private_file_create(s->path, "key", 3, NULL);
    (void)umask(mask);
    assert_int_equal(status, PT_OK);
    assert_int_equal(stat(s->path, &info), 0);
    assert_int_equal(info.st_mode & 07777, 0600);
    expect_content(s->path, "key");
}

static void one_that_is_there_stays(void **state)
{
    const scene *s = *state;
    pt_error error;
    assert_int_equal(private_file_create(s->path, "old", 3, NULL), PT_OK);
    assert_int_equal(private_file_create(s->path, "new", 3, &error), PT_ERR_FILE);
    assert_non_null(strstr(error.message, "exists already"));
    assert_non_null(strstr(error.message, s->path));
    expect_content(s->path, "old");
}

static void a_folder_that_is_missing_is_named(void **state)
{
    const scene *s = *state;
    char path[80];
    pt_error error;
    (void)snprintf(path, sizeof path, "%s/nowhere/key", s->folder);
    assert_int_equal(private_file_create(path, "key", 3, &error), PT_ERR_FILE);
    assert_non_null(strstr(error.message, path));
    assert_non_null(strstr(error.message, strerror(ENOENT)));
}

static void what_others_may_do_is_told(void **state)
{
    static const struct {
        mode_t mode;
        bool open;
    } rows[] = {{0600, false}, {0400, false}, {0644, true},
                {0604, true},  {0620, true},  {0610, true}};
    const scene *s = *state;
    assert_int_equal(private_file_create(s->path, "key", 3, NULL), PT_OK);
    const int fd = open(s->path, O_RDONLY | O_CLOEXEC);
    assert_true(fd >= 0);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        unsigned mode = 0;
        assert_int_equal(fchmod(fd, rows[i].mode), 0);
        assert_int_equal(private_file_is_open_to_others(fd, &mode), rows[i].open);
        assert_int_equal(mode, rows[i].mode);
    }
    (void)close(fd);
}

/* /dev/stdin, a pipe of the shell: there is nothing that stays for others to read. */
static void what_is_no_file_has_no_others(void **state)
{
    int fds[2];
    unsigned mode = 1;
    (void)state;
    assert_int_equal(pipe(fds), 0);
    assert_false(private_file_is_open_to_others(fds[0], &mode));
    assert_int_equal(mode, 0);
    (void)close(fds[0]);
    (void)close(fds[1]);
}

#define PRIVATE_FILE_TEST(f)                                                                       \
    cmocka_unit_test_setup_teardown(f, private_file_setup, private_file_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        PRIVATE_FILE_TEST(a_new_one_is_its_owners_alone),
        PRIVATE_FILE_TEST(one_that_is_there_stays),
        PRIVATE_FILE_TEST(a_folder_that_is_missing_is_named),
        PRIVATE_FILE_TEST(what_others_may_do_is_told),
        cmocka_unit_test(what_is_no_file_has_no_others),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
