#include "data/table.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "base/utf8.h"

#define CHUNK_BYTES ((size_t)1 << 20)
/* A cell is its length plus one (zero: missing), seven bits a byte from the lowest on with the high
 * bit on all but the last, and its text. */
#define LENGTH_BYTES_MAX 4

_Static_assert(TABLE_CELL_BYTES_MAX < (size_t)1 << (7 * LENGTH_BYTES_MAX), "a length fits");

struct table_chunk {
    table_chunk *next;
    size_t used;
    size_t size;
    uint8_t bytes[];
};

pt_status table_init(table *ret_table, const char *source, pt_error *error)
{
    *ret_table = (table){.source = mem_string(source)};
    return ret_table->source == NULL ? error_memory(error) : PT_OK;
}

void table_clear(table *t)
{
    while (t->first != NULL) {
        table_chunk *next = t->first->next;
        mem_free_secret(t->first, sizeof *t->first + t->first->used);
        t->first = next;
    }
    for (size_t i = 0; i < t->n_columns; i++)
        mem_free(t->columns[i]);
    mem_free(t->columns);
    mem_free(t->source);
    *t = (table){0};
}

pt_status table_add_column(table *t, const char *name, size_t len, pt_error *error)
{
    if (t->n_columns == TABLE_COLUMNS_MAX)
        return error_set(error, PT_ERR_INPUT, "%s has more than %zu columns", t->source,
                         TABLE_COLUMNS_MAX);
    char **columns = mem_resize(t->columns, t->n_columns + 1, sizeof *columns);
    if (columns == NULL)
        return error_memory(error);
    t->columns = columns;
    char *copy = mem_new(len + 1, 1);
    if (copy == NULL)
        return error_memory(error);
    if (len != 0)
        memcpy(copy, name, len);
    t->columns[t->n_columns++] = copy;
    return PT_OK;
}

/* A last chunk with room for `len` more bytes. */
static table_chunk *chunk_with_room(table *t, size_t len)
{
    if (t->last != NULL && t->last->size - t->last->used >= len)
        return t->last;
    const size_t size = len < CHUNK_BYTES ? CHUNK_BYTES : len;
    table_chunk *chunk = mem_new(sizeof *chunk + size, 1);
    if (chunk == NULL)
        return NULL;
    chunk->size = size;
    if (t->last != NULL)
        t->last->next = chunk;
    else
        t->first = chunk;
    t->last = chunk;
    return chunk;
}

pt_status table_add_cell(table *t, const table_cell *cell, pt_error *error)
{
    const size_t row = t->n_cells / t->n_columns;
    if (cell->len > TABLE_CELL_BYTES_MAX)
        return error_set(error, PT_ERR_INPUT, "%s, row %zu: a value has %zu bytes; at most %zu",
                         t->source, row + 1, cell->len, TABLE_CELL_BYTES_MAX);
    if (row == TABLE_ROWS_MAX)
        return error_set(error, PT_ERR_INPUT, "%s has more than %zu rows", t->source,
                         TABLE_ROWS_MAX);
    table_chunk *chunk = chunk_with_room(t, LENGTH_BYTES_MAX + cell->len);
    if (chunk == NULL)
        return error_memory(error);
    size_t rest = cell->is_missing ? 0 : cell->len + 1;
    for (; rest >= 0x80; rest >>= 7)
        chunk->bytes[chunk->used++] = (uint8_t)(rest | 0x80);
    chunk->bytes[chunk->used++] = (uint8_t)rest;
    if (!cell->is_missing && cell->len != 0) {
        memcpy(chunk->bytes + chunk->used, cell->text, cell->len);
        chunk->used += cell->len;
    }
    t->n_cells++;
    return PT_OK;
}

size_t table_rows(const table *t)
{
    return t->n_columns == 0 ? 0 : t->n_cells / t->n_columns;
}

size_t table_find_column(const table *t, const char *name)
{
    size_t i = 0;
    while (i < t->n_columns && strcmp(t->columns[i], name) != 0)
        i++;
    return i;
}

void table_cursor_init(table_cursor *ret_cursor, const table *t)
{
    *ret_cursor = (table_cursor){.chunk = t->first};
}

bool table_next(table_cursor *c, table_cell *ret_cell)
{
    while (c->chunk != NULL && c->at == c->chunk->used) {
        c->chunk = c->chunk->next;
        c->at = 0;
    }
    if (c->chunk == NULL)
        return false;
    const uint8_t *bytes = c->chunk->bytes;
    size_t length = 0;
    for (unsigned shift = 0;; shift += 7) {
        const uint8_t byte = bytes[c->at++];
        length |= (size_t)(byte & 0x7f) << shift;
        if (byte < 0x80)
            break;
    }
    *ret_cell = (table_cell){.text = (const char *)bytes + c->at,
                             .len = length == 0 ? 0 : length - 1,
                             .is_missing = length == 0};
    c->at += ret_cell->len;
    return true;
}

/* A line of a quoted cell ends with LF, CR LF or CR. */
static size_t newlines(const table_cell *cell)
{
    size_t n = 0;
    for (size_t i = 0; i < cell->len; i++) {
        const bool is_cr_of_crlf =
            cell->text[i] == '\r' && i + 1 < cell->len && cell->text[i + 1] == '\n';
        n += cell->text[i] == '\n' || (cell->text[i] == '\r' && !is_cr_of_crlf);
    }
    return n;
}

size_t table_line(const table *t, size_t row)
{
    size_t line = t->first_line + row;
    table_cursor c;
    table_cell cell;
    table_cursor_init(&c, t);
    for (size_t i = 0; i < row * t->n_columns && table_next(&c, &cell); i++)
        line += newlines(&cell);
    return line;
}

void table_separator_hint(char ret_text[TABLE_HINT_BYTES], const table *t)
{
    const char quoted[] = {'\'', t->other_separator, '\'', '\0'};
    ret_text[0] = '\0';
    if (t->other_separator == '\t')
        (void)snprintf(ret_text, TABLE_HINT_BYTES,
                       "; if tabs stand between its values, give --separator=tab");
    else if (t->other_separator != '\0')
        (void)snprintf(ret_text, TABLE_HINT_BYTES,
                       "; if %s stands between its values, give --separator=%s", quoted, quoted);
}

void table_show(char ret_text[TABLE_SHOWN_BYTES], const char *text, size_t len)
{
    const size_t most = 40;
    size_t n = len < most ? len : most;
    while (n < len && n > 0 && ((unsigned char)text[n] & 0xc0) == 0x80)
        n--; /* not within a letter */
    size_t shown = 0;
    for (size_t i = 0; i < n; shown++) {
        const size_t hidden = utf8_hidden(text + i, n - i);
        ret_text[shown] = hidden == 0 ? text[i] : '?';
        i += hidden == 0 ? 1 : hidden;
    }
    (void)snprintf(ret_text + shown, TABLE_SHOWN_BYTES - shown, "%s", n < len ? ".." : "");
}

pt_status table_fail(const table *t, size_t row, size_t column, pt_error *error, const char *format,
                     ...)
{
    char message[256];
    char name[TABLE_SHOWN_BYTES];
    char line[48] = "";
    va_list list;
    va_start(list, format);
    (void)vsnprintf(message, sizeof message, format, list);
    va_end(list);
    if (t->first_line != 0)
        (void)snprintf(line, sizeof line, " (line %zu)", table_line(t, row));
    table_show(name, t->columns[column], strlen(t->columns[column]));
    return error_set(error, PT_ERR_INPUT, "%s, row %zu%s, column %s%s%s: %s", t->source, row + 1,
                     line, t->has_names ? "'" : "", name, t->has_names ? "'" : "", message);
}
