/* CSV files as tables of text:
 *
 *      id,name
 *      7,"Doe, Jane"
 *
 * has the columns id and name and one row. */
#include "data/csv_read.h"
#include "support/test.h"

/* Reads text; cells come back joined by '|', rows by '/', a missing value as '~'. */
static pt_status read_text(char *ret_cells, size_t size, table *t, const char *text, size_t len,
                           csv_options options, pt_error *error)
{
    options.source = "t.csv";
    FILE *file = tmpfile();
    assert_non_null(file);
    assert_int_equal(fwrite(text, 1, len, file), len);
    rewind(file);
    pt_error_clear(error);
    const pt_status status = csv_read(t, file, &options, error);
    assert_int_equal(fclose(file), 0);
    size_t at = 0;
    table_cursor c;
    table_cell cell;
    table_cursor_init(&c, t);
    for (size_t i = 0; status == PT_OK && table_next(&c, &cell); i++) {
        const char *mark = i == 0 ? "" : i % t->n_columns == 0 ? "/" : "|";
        at += (size_t)snprintf(ret_cells + at, size - at, "%s%.*s", mark,
                               cell.is_missing ? 1 : (int)cell.len,
                               cell.is_missing ? "~" : cell.text);
    }
    ret_cells[at] = '\0';
    return status;
}

static void assert_cells(const char *text, const char *expected, bool has_no_header)
{
    char cells[512];
    table t;
    pt_error error;
    const csv_options options = {.separator = ',', .has_no_header = has_no_header};
    if (read_text(cells, sizeof cells, &t, text, strlen(text), options, &error) != PT_OK)
        fail_msg("%s: %s", text, error.message);
    assert_string_equal(cells, expected);
    table_clear(&t);
}

static void assert_error_of(const char *text, size_t len, const char *expected)
{
    char cells[512];
    table t;
    pt_error error;
    const csv_options options = {.separator = ','};
    assert_int_equal(read_text(cells, sizeof cells, &t, text, len, options, &error), PT_ERR_INPUT);
    if (strstr(error.message, expected) == NULL)
        fail_msg("'%s' does not say '%s'", error.message, expected);
    table_clear(&t);
}

static void assert_error(const char *text, const char *expected)
{
    assert_error_of(text, strlen(text), expected);
}

static void test_rows(void **state)
{
    (void)state;
    assert_cells("id,name\n7,\"Doe, Jane\"\n", "7|Doe, Jane", false);
    assert_cells("a,b\r\n1,2\r\n3,4\r\n", "1|2/3|4", false);
    assert_cells("a,b\r1,2\r3,4", "1|2/3|4", false);
    assert_cells("a,b\n1,2\n3,4", "1|2/3|4", false);
    assert_cells("a,b\n", "", false);
    assert_cells("a,b", "", false);
    assert_cells("a,b\n\"x \"\"y\"\"\",\"two\nlines\"\n", "x \"y\"|two\nlines", false);
    assert_cells("\xef\xbb\xbf\"a\",b\n1,2\n", "1|2", false);
    assert_cells("a,b\n  1 ,\t2\n", "  1 |\t2", false);
    assert_cells("a,b\nJos\xc3\xa9,\xf0\x9f\x98\x80\n", "Jos\xc3\xa9|\xf0\x9f\x98\x80", false);
    assert_cells("1,2\n3,4\n", "1|2/3|4", true);
    assert_cells("1,,\"\"\n3,4,5\n", "1|~|/3|4|5", true);
}

static void test_nothing_and_empty_text(void **state)
{
    (void)state;
    assert_cells("a,b\n,\"\"\n", "~|", false);
    assert_cells("a\n1\n\n2\n", "1/~/2", false);
    assert_cells("a\r\n1\r\n\r\n2\r\n\r\n", "1/~/2/~", false);
    assert_cells("a\r1\r\r2", "1/~/2", false);
    assert_cells("a\n\"\"\n1\n", "/1", false);
    assert_cells("a,b\n1,2\n\n\r\n\n", "1|2", false);
}

static void test_tabs(void **state)
{
    (void)state;
    char cells[64];
    table t;
    pt_error error;
    const char text[] = "a\tb\n1,5\t 2\n";
    assert_int_equal(read_text(cells, sizeof cells, &t, text, sizeof text - 1,
                               (csv_options){.separator = '\t'}, &error),
                     PT_OK);
    assert_string_equal(cells, "1,5| 2");
    table_clear(&t);
}

static void test_lines_are_counted(void **state)
{
    (void)state;
    char cells[64];
    table t;
    pt_error error;
    const char text[] = "a,\"b\n\"\r\n1,\"x\r\ny\"\r\n3,4\r\n5,6\r\n";
    assert_int_equal(read_text(cells, sizeof cells, &t, text, sizeof text - 1,
                               (csv_options){.separator = ','}, &error),
                     PT_OK);
    assert_int_equal(table_rows(&t), 3);
    assert_int_equal(table_line(&t, 0), 3);
    assert_int_equal(table_line(&t, 1), 5);
    assert_int_equal(table_line(&t, 2), 6);
    assert_int_equal(table_fail(&t, 1, 0, &error, "it is %d", 3), PT_ERR_INPUT);
    assert_string_equal(error.message, "t.csv, row 2 (line 5), column 'a': it is 3");
    table_clear(&t);
}

/* Spreadsheets write sep=; before all lines, where their country has commas in numbers. */
static void test_a_line_that_says_the_separator(void **state)
{
    (void)state;
    assert_cells("sep=;\r\na;b\r\n1,5;2\r\n", "1,5|2", false);
    assert_cells("\xef\xbb\xbfsep=\t\na\tb\n1\t2", "1|2", false);
    assert_cells("sep=|\ra|b\r1|2\r", "1|2", false);
    assert_cells("sep=;\n1;2\n", "1|2", true);
    /* These are values. */
    assert_cells("sep=x\n1\n", "1", false);
    assert_cells("sep=;b\n1\n", "1", false);
    assert_cells("\"sep=;\"\n1\n", "1", false);
    assert_error("sep=;\n", "t.csv is empty");
    assert_error("sep=;\na;b\n1\n", "line 3: 1 value instead of 2");
}

static void test_files_that_are_no_text(void **state)
{
    (void)state;
    assert_error_of("\xff\xfe"
                    "a\0,\0",
                    6, "line 1: this is UTF-16 text; save the file as UTF-8");
    assert_error_of("\xfe\xff\0a", 4, "this is UTF-16 text");
    assert_error_of("PK\x03\x04\x14\0", 6, "this is a spreadsheet's file or an archive");
    assert_error_of("\xd0\xcf\x11\xe0\xa1", 5, "this is a spreadsheet's file");
    assert_error_of("\x1f\x8b\x08", 3, "this is compressed");
    assert_error_of("SQLite format 3\0", 16, "sqlite:FILE and --query read it");
    assert_cells("PK,n\n1,2\n", "1|2", false);
}

static void test_quotes_with_another_separator(void **state)
{
    (void)state;
    assert_error("\"a\";\"b\"\n\"1\";\"2\"\n",
                 "line 1: a quote amid a value; if ';' stands between its values, give "
                 "--separator=';'");
    assert_error("\"a,b\"\t\"c\"\n", "give --separator=tab");
    assert_error("a|b\n\"1\"|\"2\"\n", "line 2: a quote amid a value; if '|' stands");
    assert_error("\"a\";\"b\",c\n", "is written \"like");
    assert_error("\"a;b\"c\n", "is written \"like");
}

static void test_wrong_files(void **state)
{
    (void)state;
    assert_error("", "t.csv is empty");
    assert_error("\n", "line 1: the first line is empty");
    assert_error("a,b\n1\n", "line 2: 1 value instead of 2");
    assert_error("a,b\n1,2\n1,2,3\n", "line 3: more than 2 values");
    assert_error("a,b\n\n1,2\n", "line 2: an empty line amid the rows");
    assert_error("a,b\n1,x\"y\n", "line 2: a quote amid a value");
    assert_error("a,b\n1,\"y\"z\n", "line 2: a quote amid a value");
    assert_error("a,b\n1,\"y\n", "line 2: a quote is not closed");
    assert_error("a,b\n1,\xff\n", "line 2: this is not UTF-8");
    assert_error("a,b\n1,\"\n\xc3\"\n", "line 2: this is not UTF-8");
    assert_error("a\n\xed\xa0\x80\n", "not UTF-8");
    assert_error("a\n\xc0\x80\n", "not UTF-8");
    assert_error("a\n\xf4\x90\x80\x80\n", "not UTF-8");
    assert_error_of("a,b\n1,\0\n", 8, "line 2: there is a NUL byte");
    assert_error_of("\xff\xfe"
                    "a\0\n\0",
                    6, "line 1: ");
}

/* A value of more than a chunk of the table, and of less and more than what is allowed. */
static void test_long_values(void **state)
{
    (void)state;
    const size_t most = TABLE_CELL_BYTES_MAX;
    char *text = malloc(most + 200000);
    assert_non_null(text);
    table t;
    pt_error error;
    memset(text, 'x', most + 200000);
    memcpy(text, "a\n", 2);
    char *cells = malloc(most + 1);
    assert_non_null(cells);
    assert_int_equal(
        read_text(cells, most + 1, &t, text, most, (csv_options){.separator = ','}, &error), PT_OK);
    assert_int_equal(strlen(cells), most - 2);
    table_clear(&t);
    free(cells);
    assert_error_of(text, most + 200000, "longer than a megabyte");
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows),
        cmocka_unit_test(test_nothing_and_empty_text),
        cmocka_unit_test(test_tabs),
        cmocka_unit_test(test_lines_are_counted),
        cmocka_unit_test(test_a_line_that_says_the_separator),
        cmocka_unit_test(test_files_that_are_no_text),
        cmocka_unit_test(test_quotes_with_another_separator),
        cmocka_unit_test(test_wrong_files),
        cmocka_unit_test(test_long_values),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
