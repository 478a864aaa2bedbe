#include "data/from_bits.h"

#include <string.h>

#include "base/buffer.h"
#include "base/error.h"
#include "base/utf8.h"
#include "data/field.h"

/* The row being written. */
typedef struct row_teller {
    table *t;
    const row_shape *rows;
    const uint8_t *bits; /* of the row */
    buffer text;         /* of the present cell */
    pt_error *error;
} row_teller;

static uint64_t get_bits(const row_teller *r, size_t at, size_t n_bits)
{
    uint64_t value = 0;
    for (size_t i = 0; i < n_bits; i++)
        value = value << 1 | r->bits[at + i];
    return value;
}

static void tell_integer(row_teller *r, const shape *s)
{
    const uint64_t value = get_bits(r, s->first_bit, s->n_bits);
    const bool is_negative = s->is_signed && r->bits[s->first_bit] != 0;
    const uint64_t sign = s->n_bits == 64 ? 0 : UINT64_MAX << s->n_bits;
    const field_number number = {.is_negative = is_negative,
                                 .magnitude = is_negative ? 0 - (value | sign) : value};
    const shape_format format = r->rows->formats[s->cell];
    char date[FIELD_DATE_SIZE];
    if (format.is_date && field_write_date(date, &number))
        buffer_printf(&r->text, "%s", date);
    else
        field_write_number(&r->text, &number, format.places);
}

static void tell_text(row_teller *r, const shape *s)
{
    const size_t n = s->n_bits / 8;
    size_t len = n;
    for (size_t i = 0; i < n; i++)
        buffer_put_u8(&r->text, (uint8_t)get_bits(r, s->first_bit + 8 * i, 8));
    if (r->text.failed)
        return;
    while (len > 0 && r->text.bytes[len - 1] == 0)
        len--;
    if (len == 0 || (memchr(r->text.bytes, 0, len) == NULL &&
                     utf8_is_valid((const char *)r->text.bytes, len))) {
        r->text.len = len;
        return;
    }
    buffer_reset(&r->text);
    buffer_printf(&r->text, "0x");
    for (size_t i = 0; i < n; i++)
        buffer_printf(&r->text, "%02x", (unsigned)get_bits(r, s->first_bit + 8 * i, 8));
}

static pt_status add_text(row_teller *r)
{
    if (r->text.failed)
        return error_memory(r->error);
    const table_cell cell = {.text = (const char *)r->text.bytes, .len = r->text.len};
    const pt_status status = table_add_cell(r->t, &cell, r->error);
    buffer_reset(&r->text);
    return status;
}

static pt_status add_missing(row_teller *r, size_t n)
{
    pt_status status = PT_OK;
    for (size_t i = 0; i < n && status == PT_OK; i++)
        status = table_add_cell(r->t, &(table_cell){.is_missing = true}, r->error);
    return status;
}

/* A variant without fields: its name in the first cell, or nothing if that is what it means. */
static pt_status tell_variant(row_teller *r, const shape *s, size_t variant)
{
    if (variant == s->empty || s->n_cells == 0)
        return add_missing(r, s->n_cells);
    buffer_printf(&r->text, "%s", s->variants[variant]);
    const pt_status status = add_text(r);
    return status == PT_OK ? add_missing(r, s->n_cells - 1) : status;
}

/* A text that would be read as another variant's name stands in its own. */
static pt_status tell_choice_text(row_teller *r, const shape *s)
{
    tell_text(r, &s->parts[0]);
    if (r->text.failed || !shape_needs_wrap(s, (const char *)r->text.bytes, r->text.len))
        return add_text(r);
    buffer wrapped;
    buffer_init(&wrapped, TABLE_CELL_BYTES_MAX);
    buffer_printf(&wrapped, "%s(", s->variants[s->full]);
    buffer_put(&wrapped, r->text.bytes, r->text.len);
    buffer_put_u8(&wrapped, ')');
    buffer_reset(&r->text);
    buffer_put(&r->text, wrapped.bytes, wrapped.len);
    const bool failed = wrapped.failed;
    buffer_clear(&wrapped);
    return failed ? error_memory(r->error) : add_text(r);
}

static pt_status tell_value(row_teller *r, const shape *s)
{
    const bool is_enum = s->kind == SHAPE_ENUM || s->kind == SHAPE_CHOICE;
    const size_t variant = is_enum ? (size_t)get_bits(r, s->first_bit, s->tag_bits) : 0;
    if (s->kind == SHAPE_ENUM || (s->kind == SHAPE_CHOICE && variant != s->full))
        return tell_variant(r, s, variant);
    if (shape_is_choice_of_text(s))
        return tell_choice_text(r, s);
    for (size_t i = 0; i < s->n_parts; i++) {
        const pt_status status = tell_value(r, &s->parts[i]);
        if (status != PT_OK)
            return status;
    }
    if (s->kind == SHAPE_GROUP || s->kind == SHAPE_CHOICE)
        return PT_OK;
    if (s->kind == SHAPE_INTEGER)
        tell_integer(r, s);
    else if (s->kind == SHAPE_BOOL)
        buffer_printf(&r->text, "%s", r->bits[s->first_bit] != 0 ? "true" : "false");
    else
        tell_text(r, s);
    return add_text(r);
}

static pt_status result_columns(table *t, const row_shape *rows, pt_error *error)
{
    t->has_names = true;
    for (size_t i = 0; i < rows->row.n_cells; i++) {
        char number[SHAPE_NUMBER_MAX];
        const char *name = shape_cell_name(rows, i, number);
        const pt_status status = table_add_column(t, name, strlen(name), error);
        if (status != PT_OK)
            return status;
    }
    return PT_OK;
}

static bool is_left_out(const row_teller *r, const row_shape *rows)
{
    const shape_kind kind = rows->row.kind;
    return rows->is_array && (kind == SHAPE_CHOICE || kind == SHAPE_ENUM) &&
           get_bits(r, rows->row.first_bit, rows->row.tag_bits) == rows->row.empty;
}

pt_status table_from_bits(table *ret_table, const row_shape *rows, const uint8_t *bits,
                          pt_error *error)
{
    row_teller r = {.t = ret_table, .rows = rows, .error = error};
    buffer_init(&r.text, TABLE_CELL_BYTES_MAX);
    pt_status status = table_init(ret_table, "the result", error);
    if (status == PT_OK)
        status = result_columns(ret_table, rows, error);
    for (size_t i = 0; i < rows->n_rows && status == PT_OK; i++) {
        r.bits = bits + i * rows->row.n_bits;
        if (!is_left_out(&r, rows))
            status = tell_value(&r, &rows->row);
    }
    buffer_clear(&r.text);
    return status;
}
