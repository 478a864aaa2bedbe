/* Every allocation fails once on the way from a file to bits and back: an error, and nothing leaks
 * (the sanitizer looks). */
#include "base/mem.h"
#include "data/csv_read.h"
#include "data/csv_write.h"
#include "data/from_bits.h"
#include "data/to_bits.h"
#include "polytune/polytune.h"
#include "support/test.h"

#define ALLOCATIONS 200 /* more than there are */

static const char source[] =
    "enum Dose { None, Some(u16) }\n"
    "struct Person { name: [u8; 6], age: u8, dose: Dose }\n"
    "pub fn main(a: [(u32, Person); 3], b: bool) -> [(u32, Person); 3] { if b { a } else { a } }\n";
static const char csv[] = "id,name,age,dose\n9,Ann,44,\n3,\"B, \"\"x\"\"\",7,500\n7,,1,\n";

static pt_status to_bits(uint8_t **ret_bits, FILE *file, const pt_type *type, pt_error *error)
{
    const csv_options how = {.source = "t.csv", .separator = ','};
    const to_bits_options options = {.sort = true};
    table t;
    rewind(file);
    pt_status status = csv_read(&t, file, &how, error);
    if (status == PT_OK)
        status = table_to_bits(ret_bits, &t, type, &options, error);
    table_clear(&t);
    return status;
}

static pt_status to_text(buffer *out, const uint8_t *bits, const pt_type *type, pt_error *error)
{
    row_shape rows;
    table t = {0};
    pt_status status = row_shape_init(&rows, type, error);
    if (status == PT_OK)
        status = table_from_bits(&t, &rows, bits, error);
    if (status == PT_OK) {
        csv_write_table(out, &t, ',');
        status = out->failed ? PT_ERR_MEMORY : PT_OK;
    }
    table_clear(&t);
    row_shape_clear(&rows);
    return status;
}

static void test_every_allocation(void **state)
{
    (void)state;
    const pt_compile_options options = {.source = source, .source_len = sizeof source - 1};
    pt_program *program = NULL;
    pt_error error;
    assert_int_equal(pt_program_compile(&program, NULL, &options, &error), PT_OK);
    const pt_type *type = pt_program_input_type(program, 0);
    FILE *file = tmpfile();
    assert_non_null(file);
    const char *good = strstr(csv, "7,,");
    assert_int_equal(fwrite(csv, 1, (size_t)(good - csv), file), (size_t)(good - csv));
    assert_true(fputs("7,\"\",1,\n", file) >= 0);
    unsigned n_failed = 0;
    for (unsigned long nth = 1; nth <= ALLOCATIONS; nth++) {
        uint8_t *bits = NULL;
        mem_fail_at(nth);
        const pt_status status = to_bits(&bits, file, type, &error);
        mem_fail_at(0);
        if (status != PT_OK && status != PT_ERR_MEMORY)
            fail_msg("allocation %lu: %s", nth, error.message);
        n_failed += status != PT_OK;
        mem_free(bits);
    }
    /* libcsv asks for less when it does not get its block. */
    assert_in_range(n_failed, 20, ALLOCATIONS - 1);

    uint8_t *value = mem_new(pt_type_bits(type), 1);
    n_failed = 0;
    for (unsigned long nth = 1; nth <= ALLOCATIONS; nth++) {
        buffer out;
        buffer_init(&out, 10000);
        mem_fail_at(nth);
        const pt_status status = to_text(&out, value, type, &error);
        mem_fail_at(0);
        assert_true(status == PT_OK || status == PT_ERR_MEMORY);
        n_failed += status != PT_OK;
        buffer_clear(&out);
    }
    assert_in_range(n_failed, 10, ALLOCATIONS - 1);
    mem_free(value);
    assert_int_equal(fclose(file), 0);
    pt_program_free(program);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_every_allocation)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
