#define _DEFAULT_SOURCE
#include "cli/result_out.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/error.h"
#include "base/mem.h"
#include "cli/flags/odbc_where.h"
#include "cli/output.h"
#include "cli/parts.h"
#include "cli/report.h"
#include "data/csv_write.h"
#include "data/field.h"
#include "data/from_bits.h"

const flag flags_output[] = {
    {"output", "FILE",
     "write the result to a file, which is opened before the run; .csv and .tsv are tables, .json "
     "is Garble JSON; - is stdout; sqlite:FILE and odbc:WHERE are databases",
     false},
    {"o", "FILE", "the same", false},
    {"table", "NAME", "the table of the database that --output writes rows to", false},
    {"output-scale", "COLUMN:FACTOR",
     "write a column of a .csv or .tsv divided by a power of ten, e.g. price:100 for cents", true},
    {"output-date", "COLUMN", "write a column of a .csv or .tsv, days since 1970-01-01, as dates",
     true},
    {0},
};

static bool ends_in(const char *path, const char *suffix)
{
    const size_t len = strlen(path);
    const size_t n = strlen(suffix);
    return len >= n && strcasecmp(path + len - n, suffix) == 0;
}

static result_format format_of(const char *path)
{
    static const struct {
        const char *suffix;
        result_format format;
    } formats[] = {{".csv", RESULT_CSV}, {".tsv", RESULT_TSV}, {".json", RESULT_JSON}};
    if (sink_is_database(path))
        return RESULT_DATABASE;
    for (size_t i = 0; i < sizeof formats / sizeof *formats; i++)
        if (ends_in(path, formats[i].suffix))
            return formats[i].format;
    return RESULT_TEXT;
}

/* A name that promises what is not written: whatever opens such a file would call it broken. */
static pt_status check_promise(const char *path, pt_error *error)
{
    static const struct {
        const char *suffix;
        const char *instead;
    } foreign[] = {
        {".xlsx", "a spreadsheet opens .csv"},
        {".xls", "a spreadsheet opens .csv"},
        {".ods", "a spreadsheet opens .csv"},
        {".parquet", ".csv and .tsv are tables"},
        {".xml", ".csv and .tsv are tables, .json is JSON"},
        {".yaml", ".json is JSON"},
        {".db", "a database is --output=sqlite:FILE --table=NAME"},
        {".sqlite", "a database is --output=sqlite:FILE --table=NAME"},
        {".sqlite3", "a database is --output=sqlite:FILE --table=NAME"},
    };
    if (sink_is_database(path))
        return PT_OK;
    for (size_t i = 0; i < sizeof foreign / sizeof *foreign; i++)
        if (ends_in(path, foreign[i].suffix))
            return error_set(error, PT_ERR_USAGE,
                             "%s files are not written here: %s; the literal "
                             "as text goes into any other name, e.g. .txt",
                             foreign[i].suffix, foreign[i].instead);
    return PT_OK;
}

/* COLUMN:FACTOR. *ret_column: mem_free. */
static pt_status parse_scale(char **ret_column, shape_format *ret_format, const char *text,
                             pt_error *error)
{
    const char *colon = strrchr(text, ':');
    uint64_t factor = 0;
    if (colon == NULL || colon == text)
        return error_set(error, PT_ERR_USAGE,
                         "--output-scale takes COLUMN:FACTOR, e.g. price:100, not '%.60s'", text);
    const pt_status status =
        args_number(&factor, colon + 1, "the factor of --output-scale", 1, FIELD_SCALE_MAX, error);
    if (status != PT_OK)
        return status;
    *ret_format = (shape_format){0};
    for (; factor % 10 == 0; factor /= 10)
        ret_format->places++;
    if (factor != 1)
        return error_set(error, PT_ERR_USAGE, "the factor of --output-scale is 10, 100 and so on");
    *ret_column = mem_string(text);
    if (*ret_column == NULL)
        return error_memory(error);
    (*ret_column)[colon - text] = '\0';
    return PT_OK;
}

/* How columns are to be written. */
static pt_status take_formats(result_out *out, pt_error *error)
{
    pt_status status = PT_OK;
    for (size_t i = 0; status == PT_OK && i < args_count(out->a, "output-date"); i++)
        status = row_shape_format(&out->rows, args_nth(out->a, "output-date", i),
                                  (shape_format){.is_date = true}, error);
    for (size_t i = 0; status == PT_OK && i < args_count(out->a, "output-scale"); i++) {
        char *column = NULL;
        shape_format format;
        status = parse_scale(&column, &format, args_nth(out->a, "output-scale", i), error);
        if (status == PT_OK)
            status = row_shape_format(&out->rows, column, format, error);
        mem_free(column);
    }
    return status;
}

static bool is_rows(const result_out *out)
{
    return out->format == RESULT_CSV || out->format == RESULT_TSV || out->format == RESULT_DATABASE;
}

/* A table's name goes with a database, and --json with neither. */
static pt_status check_format(const result_out *out, const char *path, pt_error *error)
{
    if (out->format == RESULT_DATABASE && out->database.table == NULL)
        return error_set(error, PT_ERR_USAGE, "--output to a database needs --table=NAME");
    if (out->format != RESULT_DATABASE && out->database.table != NULL)
        return error_set(error, PT_ERR_USAGE,
                         "--table without an --output that is a database, e.g. sqlite:FILE");
    if (out->format != RESULT_CSV && out->format != RESULT_TSV &&
        (args_get(out->a, "output-scale") != NULL || args_get(out->a, "output-date") != NULL))
        return error_set(
            error, PT_ERR_USAGE,
            "--output-scale and --output-date are for an --output that ends in .csv or "
            ".tsv; a database has functions for that");
    if (out->json && is_rows(out))
        return error_set(error, PT_ERR_USAGE,
                         "--json writes an object, and --output=%.100s is for rows: give one of "
                         "them",
                         out->format == RESULT_DATABASE ? "a database" : path);
    return PT_OK;
}

/* One that the caller closed can only be read (cli/main.c): the result would be lost. */
static pt_status check_stdout(pt_error *error)
{
    const int flags = fcntl(STDOUT_FILENO, F_GETFL);
    if (flags == -1 || (flags & O_ACCMODE) != O_RDONLY)
        return PT_OK;
    return error_set(error, PT_ERR_FILE,
                     "cannot write to standard output: it is closed; -o FILE writes the result to "
                     "a file");
}

pt_status result_out_init(result_out *ret_out, const args *a, pt_error *error)
{
    const char *path = NULL;
    *ret_out = (result_out){
        .json = args_get(a, "json") != NULL, .database.table = args_get(a, "table"), .a = a};
    pt_status status = args_output(&path, a, error);
    if (status == PT_OK && path != NULL)
        status = check_promise(path, error);
    if (status == PT_OK && path != NULL)
        ret_out->format = format_of(path);
    if (status == PT_OK)
        status = check_format(ret_out, path, error);
    if (status == PT_OK && (path == NULL || strcmp(path, "-") == 0))
        return check_stdout(error);
    if (status != PT_OK)
        return status;
    if (ret_out->format == RESULT_DATABASE) {
        status = odbc_where(&ret_out->odbc, path, error);
        ret_out->database.argument = path;
        ret_out->database.odbc = ret_out->odbc;
        return status;
    }
    ret_out->to_file = true;
    return file_out_open(&ret_out->file, path, error);
}

static const pt_type *result_type(const result_out *out)
{
    if (out->c->private_results)
        return parts_type(out->c, out->party);
    return pt_signature_output_type(out->c->signature);
}

/* About as much as a result's text takes at least. */
static size_t least_bytes(const computation *c)
{
    const size_t n_bits = c->signature != NULL
                              ? pt_type_bits(pt_signature_output_type(c->signature))
                              : pt_circuit_output_bits(c->bristol);
    return n_bits / 32 + 1;
}

pt_status result_out_prepare(result_out *out, const computation *c, size_t party, pt_error *error)
{
    out->c = c;
    out->party = party;
    const pt_status room = file_out_reserve(&out->file, least_bytes(c), error);
    if (room != PT_OK || !is_rows(out))
        return room;
    if (c->private_results && party == RESULT_OF_ALL)
        return error_set(error, PT_ERR_USAGE,
                         "--private-results: the parties' parts are no one table; write them to a "
                         ".txt or .json file");
    if (c->signature == NULL)
        return error_set(error, PT_ERR_USAGE,
                         "'%s' is a Bristol Fashion circuit: its result has no rows", c->path);
    const pt_status status = row_shape_init(&out->rows, result_type(out), error);
    if (status != PT_OK)
        return status;
    if (out->format != RESULT_DATABASE)
        return take_formats(out, error);
    return sink_check(&out->database, &out->rows, error);
}

/* Rows that a database refused go into a new file that only this user may read; false if it cannot
 * be made. */
static bool rescue_rows(const char *text)
{
    char path[] = "polytune-result-XXXXXX.csv";
    file_out file = {0};
    pt_error error;
    const int fd = mkstemps(path, 4);
    if (fd == -1)
        return false;
    (void)close(fd);
    pt_error_clear(&error);
    pt_status status = file_out_open(&file, path, &error);
    if (status == PT_OK)
        status = file_out_commit(&file, text, strlen(text), &error);
    file_out_clear(&file);
    if (status == PT_OK)
        report_message(REPORT_ERROR, "the rows of the result are in the new file %s instead", path);
    else
        (void)unlink(path);
    return status == PT_OK;
}

/* A result that could not be written: who sits at the terminal may see it, a log may not. */
static void rescue(const result_out *out, buffer *line)
{
    const char *text = buffer_text(line);
    if (text != NULL && out->format == RESULT_DATABASE && rescue_rows(text))
        return;
    if (text != NULL && isatty(STDERR_FILENO) == 1) {
        report_message(REPORT_ERROR, "the result, which could not be written:");
        report_text(REPORT_ERROR, text);
    } else {
        report_message(REPORT_ERROR,
                       "the result is lost: it could not be written, and is not for a log%s",
                       out->to_file || out->format == RESULT_DATABASE
                           ? ""
                           : "; -o FILE opens a file before the run");
    }
}

/* Before the result's own bits comes the panic code. */
static pt_status take_rows(table *ret_table, const result_out *out, const uint8_t *bits,
                           pt_error *error)
{
    const size_t n_bits = pt_type_bits(result_type(out));
    const size_t first = out->c->private_results ? parts_first_bit(out->c, out->party)
                                                 : pt_circuit_output_bits(out->c->circuit) - n_bits;
    return table_from_bits(ret_table, &out->rows, bits + first, error);
}

/* Everything but a database gets a text, and a database's result is shown as CSV when it cannot be
 * written. */
static pt_status put_line(buffer *ret_line, const result_out *out, const result_value *value,
                          const table *rows, json_t *rest, pt_error *error)
{
    pt_status status = PT_OK;
    if (out->json) {
        status = output_put_result(ret_line, value->json, rest, error);
        buffer_put_u8(ret_line, '\n');
    } else {
        json_decref(rest);
        if (is_rows(out))
            csv_write_table(ret_line, rows, out->format == RESULT_TSV ? '\t' : ',');
        else
            buffer_printf(ret_line, "%s\n", out->format == RESULT_JSON ? value->json : value->text);
    }
    if (status == PT_OK && ret_line->failed)
        status = error_memory(error);
    return status;
}

static pt_status write_result(result_out *out, const buffer *line, const table *rows,
                              pt_error *error)
{
    const char *text = (const char *)line->bytes;
    if (out->format == RESULT_DATABASE)
        return sink_write(&out->database, &out->rows, rows, error);
    if (out->to_file)
        return file_out_commit(&out->file, text, line->len, error);
    return output_text(text, line->len, error);
}

pt_status result_out_write(result_out *out, const result_value *value, json_t *rest,
                           pt_error *error)
{
    buffer line;
    table rows = {0};
    pt_status status = PT_OK;
    buffer_init(&line, SIZE_MAX / 4);
    if (is_rows(out))
        status = take_rows(&rows, out, value->bits, error);
    if (status == PT_OK)
        status = put_line(&line, out, value, &rows, rest, error);
    else
        json_decref(rest);
    if (status == PT_OK) {
        status = write_result(out, &line, &rows, error);
        if (status != PT_OK)
            rescue(out, &line);
    }
    table_clear(&rows);
    buffer_clear(&line);
    return status;
}

void result_out_clear(result_out *out)
{
    file_out_clear(&out->file);
    row_shape_clear(&out->rows);
    odbc_where_free(out->odbc);
    *out = (result_out){0};
}
