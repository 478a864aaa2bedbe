#define _POSIX_C_SOURCE 200809L
#include "data/source.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#include "base/error.h"
#include "data/csv_read.h"
#include "data/field.h"
#include "data/odbc_read.h"
#include "data/sqlite_read.h"

static bool has_prefix(const char *text, const char *prefix)
{
    return strncmp(text, prefix, strlen(prefix)) == 0;
}

static bool has_suffix(const char *text, const char *suffix)
{
    const size_t n = strlen(text);
    const size_t m = strlen(suffix);
    return n >= m && strcasecmp(text + n - m, suffix) == 0;
}

static bool is_file(const char *argument)
{
    return argument[0] == '@' && (has_suffix(argument, ".csv") || has_suffix(argument, ".tsv"));
}

bool source_needs_query(const char *argument)
{
    return has_prefix(argument, SQLITE_PREFIX) || has_prefix(argument, ODBC_PREFIX);
}

bool source_is_table(const char *argument)
{
    return is_file(argument) || source_needs_query(argument);
}

bool source_is_table_name(const char *argument)
{
    return argument[0] != '@' && (has_suffix(argument, ".csv") || has_suffix(argument, ".tsv"));
}

bool source_lacks_at(const char *argument)
{
    if (source_is_table_name(argument))
        return true;
    struct stat info;
    return argument[0] != '@' && stat(argument, &info) == 0 && S_ISREG(info.st_mode);
}

const char *source_foreign_hint(const char *path)
{
    static const char sheet[] = "; save the spreadsheet as CSV, with a name that ends in .csv";
    static const char database[] = "; --input=sqlite:FILE and --query read a database";
    static const struct {
        const char *suffix;
        const char *hint;
    } foreign[] = {{".xlsx", sheet},  {".xls", sheet},       {".ods", sheet},
                   {".db", database}, {".sqlite", database}, {".sqlite3", database}};
    for (size_t i = 0; i < sizeof foreign / sizeof *foreign; i++)
        if (has_suffix(path, foreign[i].suffix))
            return foreign[i].hint;
    return "";
}

static pt_status read_file(table *ret_table, const char *path, const source_options *options,
                           pt_error *error)
{
    const char usual = has_suffix(path, ".tsv") ? '\t' : ',';
    const csv_options how = {.source = path,
                             .separator = options->separator == 0 ? usual : options->separator,
                             .has_no_header = options->header == HEADER_ROW};
    *ret_table = (table){0};
    FILE *file = fopen(path, "rb");
    if (file == NULL)
        return error_set(error, PT_ERR_FILE, "cannot read '%s': %s", path, strerror(errno));
    /* No second copy of private input in the C library's buffer, which nobody wipes. */
    (void)setvbuf(file, NULL, _IONBF, 0);
    const pt_status status = csv_read(ret_table, file, &how, error);
    (void)fclose(file);
    return status;
}

bool source_read_decimal(bool *ret_is_comma, const char *text)
{
    *ret_is_comma = strcmp(text, ",") == 0;
    return *ret_is_comma || strcmp(text, ".") == 0;
}

static pt_status read_any(table *ret_table, const char *argument, const source_options *options,
                          pt_error *error)
{
    if (has_prefix(argument, ODBC_PREFIX))
        return odbc_read(ret_table, options->odbc, options->query, error);
    if (has_prefix(argument, SQLITE_PREFIX))
        return sqlite_read(ret_table, argument + strlen(SQLITE_PREFIX), options->query, error);
    return read_file(ret_table, argument + 1, options, error);
}

/* A first line of nothing but numbers and dates is a row that would be lost, unless it was said to
 * be a header, or numbers the columns from 1 on, as --output does. */
static pt_status check_header(const table *read, pt_error *error)
{
    bool counts = true;
    char number[32];
    if (!read->has_names || read->first_line == 0)
        return PT_OK;
    for (size_t i = 0; i < read->n_columns; i++) {
        if (!field_is_value(read->columns[i]))
            return PT_OK;
        (void)snprintf(number, sizeof number, "%zu", i + 1);
        counts = counts && strcmp(read->columns[i], number) == 0;
    }
    if (counts)
        return PT_OK;
    return error_set(error, PT_ERR_INPUT,
                     "%s: the first line looks like a row, not like the columns' names: "
                     "--header=no reads it as a row, --header=yes as names",
                     read->source);
}

pt_status source_read(table *ret_table, const char *argument, const source_options *options,
                      pt_error *error)
{
    const pt_status status = read_any(ret_table, argument, options, error);
    ret_table->has_decimal_comma = options->has_decimal_comma;
    if (status != PT_OK || options->header != HEADER_UNSAID)
        return status;
    return check_header(ret_table, error);
}
