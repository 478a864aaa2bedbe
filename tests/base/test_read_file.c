/* A file is read whole, or said to be too large, to the byte. */
#include "base/read_file.h"
#include "support/test.h"

/* A file of so many bytes, read into a buffer of `max`. */
static pt_status read_bytes(size_t size, size_t max, size_t *ret_len)
{
    pt_error error;
    buffer b;
    FILE *file = tmpfile();
    assert_non_null(file);
    for (size_t i = 0; i < size; i++)
        assert_int_not_equal(fputc('x', file), EOF);
    rewind(file);
    buffer_init(&b, max);
    const pt_status status = read_file(&b, file, "the file", &error);
    *ret_len = b.len;
    buffer_clear(&b);
    assert_int_equal(fclose(file), 0);
    if (status != PT_OK)
        assert_string_equal(error.message, "'the file' is too large");
    return status;
}

static void what_fits_is_read(void **state)
{
    static const struct {
        size_t size, max;
        bool fits;
    } rows[] = {{0, 10, true},        {9, 10, true},         {10, 10, true},        {11, 10, false},
                {65536, 65536, true}, {65537, 65536, false}, {65537, 200000, true}, {0, 0, true},
                {1, 0, false},        {131072, 131072, true}};
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        size_t len = 0;
        const pt_status status = read_bytes(rows[i].size, rows[i].max, &len);
        assert_int_equal(status, rows[i].fits ? PT_OK : PT_ERR_FILE);
        if (rows[i].fits)
            assert_int_equal(len, rows[i].size);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(what_fits_is_read)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
