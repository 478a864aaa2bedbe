#include "data/csv_read.h"

#include <csv.h>
#include <errno.h>
#include <string.h>

#include "base/bits.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "data/csv_first_line.h"

#define PIECE_BYTES 65536

/* What the callbacks of libcsv fill. After an error they do nothing any more. */
typedef struct csv_reader {
    table *t;
    const csv_options *options;
    size_t line;       /* where the present row begins */
    size_t n_values;   /* of the present row, so far */
    size_t newlines;   /* within its quoted values */
    size_t empty_line; /* the first of the empty lines just read, or 0 */
    bool is_first;     /* the present row is the first: it says how many columns there are */
    bool is_after_cr;  /* nothing since a row that ended with CR */
    uint8_t missing[TABLE_COLUMNS_MAX / 8]; /* which values of the first row are */
    pt_status status;
    pt_error *error;
} csv_reader;

/* libcsv collects a value in a block that it lets grow: with realloc, which would leave copies of
 * private values behind. A size stands before each block. */
#define BLOCK_HEAD 16

static void block_free(void *block)
{
    size_t size = 0;
    if (block == NULL)
        return;
    uint8_t *start = (uint8_t *)block - BLOCK_HEAD;
    memcpy(&size, start, sizeof size);
    mem_free_secret(start, BLOCK_HEAD + size);
}

static void *block_resize(void *block, size_t size)
{
    size_t old_size = 0;
    if (size > TABLE_CELL_BYTES_MAX + PIECE_BYTES)
        return NULL; /* no value is that long: said as CSV_ENOMEM */
    uint8_t *start = mem_new(BLOCK_HEAD + size, 1);
    if (start == NULL)
        return NULL;
    memcpy(start, &size, sizeof size);
    if (block != NULL) {
        memcpy(&old_size, (uint8_t *)block - BLOCK_HEAD, sizeof old_size);
        memcpy(start + BLOCK_HEAD, block, old_size < size ? old_size : size);
    }
    block_free(block);
    return start + BLOCK_HEAD;
}

/* Blanks are part of a value (RFC 4180, 2.4). */
static int nothing_is_space(unsigned char c)
{
    (void)c;
    return 0;
}

static void reader_fail(csv_reader *r, size_t line, const char *message)
{
    r->status = error_set(r->error, PT_ERR_INPUT, "%s, line %zu: %s", r->t->source, line, message);
}

/* Quotes look wrong where the values are not apart by what was said. */
static void quote_fail(csv_reader *r)
{
    char hint[TABLE_HINT_BYTES];
    const size_t line = r->line + r->newlines;
    table_separator_hint(hint, r->t);
    if (hint[0] != '\0')
        r->status = error_set(r->error, PT_ERR_INPUT, "%s, line %zu: a quote amid a value%s",
                              r->t->source, line, hint);
    else
        reader_fail(r, line,
                    "a quote amid a value, or text behind a closing quote; a value with quotes is "
                    "written \"like \"\"this\"\"\"");
}

static size_t count_newlines(const char *text, size_t len)
{
    size_t n = 0;
    for (size_t i = 0; i < len; i++)
        n += text[i] == '\n' || (text[i] == '\r' && (i + 1 == len || text[i + 1] != '\n'));
    return n;
}

static bool is_good_text(csv_reader *r, const char *text, size_t len)
{
    const size_t line = r->line + r->newlines;
    if (len != 0 && memchr(text, '\0', len) != NULL)
        reader_fail(r, line, "there is a NUL byte; is this a text file, and not UTF-16?");
    else if (!utf8_is_valid(text, len))
        reader_fail(r, line, "this is not UTF-8 text; save the file as UTF-8");
    return r->status == PT_OK;
}

static void too_many_values(csv_reader *r)
{
    char hint[TABLE_HINT_BYTES];
    table_separator_hint(hint, r->t);
    r->status =
        error_set(r->error, PT_ERR_INPUT,
                  "%s, line %zu: more than %zu value%s, as many as there are columns%s",
                  r->t->source, r->line, r->t->n_columns, r->t->n_columns == 1 ? "" : "s", hint);
}

static void take_value(void *value, size_t len, void *user)
{
    csv_reader *r = user;
    if (r->status != PT_OK)
        return;
    const char *text = value == NULL ? "" : value;
    r->is_after_cr = false;
    if (!is_good_text(r, text, len))
        return;
    r->newlines += count_newlines(text, len);
    r->n_values++;
    if (r->is_first) {
        r->status = table_add_column(r->t, text, len, r->error);
        if (r->status == PT_OK)
            bits_set(r->missing, r->n_values - 1, value == NULL);
        return;
    }
    if (r->empty_line != 0)
        reader_fail(r, r->empty_line, "an empty line amid the rows");
    else if (r->n_values > r->t->n_columns)
        too_many_values(r);
    else
        r->status = table_add_cell(
            r->t, &(table_cell){.text = text, .len = len, .is_missing = value == NULL}, r->error);
}

/* A line without anything. */
static void take_empty_line(csv_reader *r)
{
    if (r->is_first)
        reader_fail(r, r->line, "the first line is empty");
    else if (r->t->n_columns == 1)
        r->status = table_add_cell(r->t, &(table_cell){.is_missing = true}, r->error);
    else if (r->empty_line == 0)
        r->empty_line = r->line;
}

/* The first row was taken for the columns' names and is none: its values become cells. */
static pt_status names_to_cells(csv_reader *r)
{
    table *t = r->t;
    for (size_t i = 0; i < t->n_columns; i++) {
        char number[24];
        char *name = t->columns[i];
        const table_cell cell = {
            .text = name, .len = strlen(name), .is_missing = bits_get(r->missing, i) != 0};
        const pt_status status = table_add_cell(t, &cell, r->error);
        if (status != PT_OK)
            return status;
        (void)snprintf(number, sizeof number, "%zu", i + 1);
        mem_free_secret(name, cell.len);
        t->columns[i] = mem_string(number);
        if (t->columns[i] == NULL)
            return error_memory(r->error);
    }
    return PT_OK;
}

static void end_row(csv_reader *r)
{
    table *t = r->t;
    if (r->n_values == 0) {
        take_empty_line(r);
    } else if (r->is_first) {
        r->is_first = false;
        t->has_names = !r->options->has_no_header;
        t->first_line = t->has_names ? r->line + r->newlines + 1 : r->line;
        if (!t->has_names)
            r->status = names_to_cells(r);
    } else if (r->n_values < t->n_columns) {
        r->status =
            error_set(r->error, PT_ERR_INPUT,
                      "%s, line %zu: %zu value%s instead of %zu, as many as there are "
                      "columns",
                      t->source, r->line, r->n_values, r->n_values == 1 ? "" : "s", t->n_columns);
    }
    r->line += 1 + r->newlines;
    r->n_values = 0;
    r->newlines = 0;
}

static void take_row_end(int end, void *user)
{
    csv_reader *r = user;
    const bool is_lf_of_crlf = end == '\n' && r->is_after_cr;
    r->is_after_cr = end == '\r';
    if (r->status == PT_OK && !is_lf_of_crlf)
        end_row(r);
}

/* What libcsv stopped at. */
static pt_status parse_error(csv_reader *r, struct csv_parser *parser, bool at_end)
{
    const size_t line = r->line + r->newlines;
    if (r->status != PT_OK)
        return r->status;
    if (csv_error(parser) != CSV_EPARSE && csv_get_buffer_size(parser) < TABLE_CELL_BYTES_MAX)
        return error_memory(r->error);
    if (csv_error(parser) != CSV_EPARSE)
        reader_fail(r, line, "a value is longer than a megabyte; is a quote not closed?");
    else if (at_end)
        reader_fail(r, line, "a quote is not closed");
    else
        quote_fail(r);
    return r->status;
}

/* Of the file's first piece: the bytes before its first row, and what separates its values. */
static size_t take_start(csv_reader *r, struct csv_parser *parser, const char *text, size_t len)
{
    static const char mark[] = "\xef\xbb\xbf";
    char separator = r->options->separator;
    size_t start = len >= 3 && memcmp(text, mark, 3) == 0 ? 3 : 0;
    const size_t line = csv_separator_line(&separator, text + start, len - start);
    r->line += line != 0;
    start += line;
    csv_set_delim(parser, (unsigned char)separator);
    r->t->other_separator = csv_other_separator(text + start, len - start, separator);
    return start;
}

static pt_status parse_file(csv_reader *r, struct csv_parser *parser, FILE *file, char *piece)
{
    bool is_start = true;
    size_t len = 0;
    while ((len = fread(piece, 1, PIECE_BYTES, file)) != 0) {
        const char *fault = is_start ? csv_no_text(piece, len) : NULL;
        if (fault != NULL) {
            reader_fail(r, 1, fault);
            return r->status;
        }
        const size_t start = is_start ? take_start(r, parser, piece, len) : 0;
        is_start = false;
        len -= start;
        if (csv_parse(parser, piece + start, len, take_value, take_row_end, r) != len ||
            r->status != PT_OK)
            return parse_error(r, parser, false);
    }
    if (ferror(file))
        return error_set(r->error, PT_ERR_FILE, "cannot read '%s': %s", r->t->source,
                         strerror(errno));
    if (csv_fini(parser, take_value, take_row_end, r) != 0 || r->status != PT_OK)
        return parse_error(r, parser, true);
    if (r->is_first)
        return error_set(r->error, PT_ERR_INPUT, "%s is empty", r->t->source);
    return PT_OK;
}

pt_status csv_read(table *ret_table, FILE *file, const csv_options *options, pt_error *error)
{
    struct csv_parser parser;
    csv_reader r = {
        .t = ret_table, .options = options, .line = 1, .is_first = true, .error = error};
    pt_status status = table_init(ret_table, options->source, error);
    char *piece = mem_new(PIECE_BYTES, 1);
    if (status == PT_OK && piece == NULL)
        status = error_memory(error);
    if (status == PT_OK) {
        (void)csv_init(&parser, CSV_STRICT | CSV_STRICT_FINI | CSV_REPALL_NL | CSV_EMPTY_IS_NULL);
        csv_set_space_func(&parser, nothing_is_space);
        csv_set_realloc_func(&parser, block_resize);
        csv_set_free_func(&parser, block_free);
        status = parse_file(&r, &parser, file, piece);
        csv_free(&parser);
    }
    mem_wipe(r.missing, sizeof r.missing);
    mem_free_secret(piece, PIECE_BYTES);
    return status;
}
