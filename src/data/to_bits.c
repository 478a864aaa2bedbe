#include "data/to_bits.h"

#include <stdio.h>
#include <string.h>

#include "base/bits.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/nearest.h"
#include "base/utf8.h"
#include "data/field.h"
#include "data/sort_rows.h"

/* Where each cell of a row comes from. */
typedef struct binding {
    size_t *column;  /* of the table, by the row's cell */
    uint64_t *scale; /* by the row's cell */
} binding;

/* The row being converted. */
typedef struct row_filler {
    const table *t;
    const to_bits_options *options;
    const binding *b;
    const table_cell *cells; /* the row, by the table's columns */
    size_t row;
    uint8_t *bits; /* all rows */
    size_t start;  /* the row's first bit */
    pt_error *error;
} row_filler;

static void binding_clear(binding *b)
{
    mem_free(b->column);
    mem_free(b->scale);
    *b = (binding){0};
}

static pt_status no_such_column(const table *t, const shape *cell, pt_error *error)
{
    nearest n;
    nearest_init(&n, cell->name, strlen(cell->name));
    for (size_t i = 0; i < t->n_columns; i++)
        nearest_offer(&n, t->columns[i]);
    if (!t->has_names)
        return error_set(error, PT_ERR_INPUT,
                         "%s has no line with the columns' names, which the field '%s' needs",
                         t->source, cell->name);
    char hint[TABLE_HINT_BYTES];
    table_separator_hint(hint, t);
    if (hint[0] != '\0')
        return error_set(error, PT_ERR_INPUT, "%s has one column, '%.60s'%s", t->source,
                         t->columns[0], hint);
    if (n.best != NULL)
        return error_set(error, PT_ERR_INPUT,
                         "%s has no column '%s' for the field of that name; is it '%.60s'?",
                         t->source, cell->name, n.best);
    return error_set(error, PT_ERR_INPUT, "%s has no column '%s' for the field of that name",
                     t->source, cell->name);
}

static pt_status bind_names(binding *b, const row_shape *r, const table *t, bool *taken,
                            pt_error *error)
{
    for (size_t i = 0; i < r->row.n_cells; i++) {
        const char *name = r->cells[i]->name;
        if (name == NULL)
            continue;
        const size_t column = t->has_names ? table_find_column(t, name) : t->n_columns;
        if (column == t->n_columns)
            return no_such_column(t, r->cells[i], error);
        for (size_t k = column + 1; k < t->n_columns; k++) {
            if (strcmp(t->columns[k], name) == 0)
                return error_set(error, PT_ERR_INPUT, "%s has two columns '%s'", t->source, name);
        }
        b->column[i] = column;
        taken[column] = true;
    }
    return PT_OK;
}

static pt_status bind_places(binding *b, const row_shape *r, const table *t, const bool *taken,
                             pt_error *error)
{
    size_t n_places = 0;
    size_t n_left = 0;
    size_t column = 0;
    for (size_t i = 0; i < r->row.n_cells; i++)
        n_places += r->cells[i]->name == NULL;
    for (size_t i = 0; i < t->n_columns; i++)
        n_left += !taken[i];
    if (n_places != 0 && n_places != n_left) {
        char hint[TABLE_HINT_BYTES];
        table_separator_hint(hint, t);
        return error_set(error, PT_ERR_INPUT,
                         "%s has %zu column%s, but a row of type %.120s needs %zu%s", t->source,
                         t->n_columns, t->n_columns == 1 ? "" : "s", r->row.type, r->row.n_cells,
                         hint);
    }
    for (size_t i = 0; i < r->row.n_cells; i++) {
        if (r->cells[i]->name != NULL)
            continue;
        while (taken[column])
            column++;
        b->column[i] = column++;
    }
    return PT_OK;
}

static pt_status bind_scales(binding *b, const row_shape *r, const table *t,
                             const to_bits_options *options, pt_error *error)
{
    for (size_t i = 0; i < r->row.n_cells; i++) {
        b->scale[i] = 1;
        for (size_t k = 0; k < options->n_scales; k++) {
            if (strcmp(options->scales[k].column, t->columns[b->column[i]]) != 0)
                continue;
            if (r->cells[i]->kind != SHAPE_INTEGER)
                return error_set(error, PT_ERR_USAGE,
                                 "column '%.60s' is of type %s: only integers can be scaled",
                                 options->scales[k].column, r->cells[i]->type);
            b->scale[i] = options->scales[k].factor;
        }
    }
    return PT_OK;
}

static pt_status binding_init(binding *ret_binding, const row_shape *r, const table *t,
                              const to_bits_options *options, pt_error *error)
{
    binding *b = ret_binding;
    *b = (binding){.column = mem_new(r->row.n_cells, sizeof *b->column),
                   .scale = mem_new(r->row.n_cells, sizeof *b->scale)};
    bool *taken = mem_new(t->n_columns, sizeof *taken);
    pt_status status = PT_OK;
    if (b->column == NULL || b->scale == NULL || taken == NULL)
        status = error_memory(error);
    if (status == PT_OK)
        status = bind_names(b, r, t, taken, error);
    if (status == PT_OK)
        status = bind_places(b, r, t, taken, error);
    if (status == PT_OK)
        status = bind_scales(b, r, t, options, error);
    mem_free(taken);
    return status;
}

/* The bits are still zero. */
static void put_bits(const row_filler *f, size_t first_bit, size_t n_bits, uint64_t value)
{
    size_t at = f->start + first_bit;
    for (size_t i = n_bits; i > 0; i--, at++)
        f->bits[at / 8] |= (uint8_t)(((value >> (i - 1)) & 1) << (at % 8));
}

static pt_status cell_expected(const row_filler *f, const shape *s, const table_cell *cell,
                               const char *hint)
{
    char shown[TABLE_SHOWN_BYTES];
    const bool is_first_line = f->row == 0 && !f->t->has_names;
    table_show(shown, cell->text, cell->len);
    return table_fail(f->t, f->row, f->b->column[s->cell], f->error, "expected %s, found '%s'%s%s",
                      s->type, shown, hint,
                      is_first_line ? " (--header=no makes the first line a row)" : "");
}

/* What to do about decimal places; three of them behind a point may be none. */
static const char *places_hint(const row_filler *f, const table_cell *cell)
{
    const char *point = memchr(cell->text, '.', cell->len);
    if (f->t->has_decimal_comma)
        return "; --scale=COLUMN:100 keeps two places after the comma";
    if (point != NULL && cell->text + cell->len - point == 4)
        return "; if the point separates thousands, take it out; --scale=COLUMN:1000 keeps three "
               "places after it";
    return "; --scale=COLUMN:100 keeps two places after the point";
}

static pt_status fill_integer(const row_filler *f, const shape *s, const table_cell *cell)
{
    const uint64_t scale = f->b->scale[s->cell];
    const char mark = f->t->has_decimal_comma ? FIELD_COMMA : FIELD_POINT;
    field_number number;
    field_result result = field_read_number(&number, cell->text, cell->len, mark, scale);
    if (result == FIELD_NO_NUMBER && scale == 1 &&
        field_read_date(&number, cell->text, cell->len)) {
        if (number.is_negative && !s->is_signed)
            return cell_expected(f, s, cell, ": days before 1970-01-01 need a signed type");
        result = FIELD_OK;
    }
    if (result == FIELD_NO_NUMBER)
        return cell_expected(f, s, cell, field_hint(cell->text, cell->len, mark));
    if (result == FIELD_NOT_A_WHOLE && scale == 1)
        return cell_expected(f, s, cell, places_hint(f, cell));
    if (result == FIELD_NOT_A_WHOLE)
        return cell_expected(f, s, cell, ", which has too many decimal places for --scale");
    if (result != FIELD_OK || !field_fits(&number, (unsigned)s->n_bits, s->is_signed))
        return cell_expected(f, s, cell,
                             scale == 1 ? ", which is out of its range"
                                        : ", which is out of its range when scaled");
    put_bits(f, s->first_bit, s->n_bits, field_bits(&number));
    return PT_OK;
}

static pt_status fill_text(const row_filler *f, const shape *s, const table_cell *cell)
{
    const size_t most = s->n_bits / 8;
    size_t len = cell->len;
    if (len > most && !f->options->truncate)
        return cell_expected(f, s, cell, ", which is longer; --truncate cuts it");
    len = utf8_cut(cell->text, len, most);
    for (size_t i = 0; i < len; i++)
        put_bits(f, s->first_bit + 8 * i, 8, (uint8_t)cell->text[i]);
    return PT_OK;
}

/* "; its variants are A, B, C", or as many of them as fit. */
static void list_variants(char *ret_hint, size_t size, const shape *s)
{
    size_t at = 0;
    for (size_t v = 0; v < s->n_variants; v++) {
        if (at + strlen(s->variants[v]) + sizeof "; its variants are , ..." > size) {
            (void)snprintf(ret_hint + at, size - at, ", ..");
            return;
        }
        at += (size_t)snprintf(ret_hint + at, size - at, "%s%s",
                               v == 0 ? "; its variants are " : ", ", s->variants[v]);
    }
}

static pt_status unknown_variant(const row_filler *f, const shape *s, const table_cell *cell)
{
    char hint[160] = "";
    const char *text = cell->text;
    size_t len = cell->len;
    nearest n;
    for (; len > 0 && strchr(" \t", text[0]) != NULL; len--)
        text++;
    while (len > 0 && strchr(" \t", text[len - 1]) != NULL)
        len--;
    if (len != cell->len && shape_find_variant(s, text, len) != SHAPE_NO_VARIANT)
        return cell_expected(f, s, cell, " with blanks around it");
    nearest_init(&n, cell->text, cell->len);
    for (size_t v = 0; v < s->n_variants; v++)
        nearest_offer(&n, s->variants[v]);
    if (n.best != NULL)
        (void)snprintf(hint, sizeof hint, "; is it %.60s?", n.best);
    else
        list_variants(hint, sizeof hint, s);
    return cell_expected(f, s, cell, hint);
}

static pt_status fill_cell(const row_filler *f, const shape *s)
{
    const table_cell *cell = &f->cells[f->b->column[s->cell]];
    bool truth = false;
    if (cell->is_missing && s->empty != SHAPE_NO_VARIANT) {
        put_bits(f, s->first_bit, s->tag_bits, s->empty);
        return PT_OK;
    }
    if (cell->is_missing)
        return table_fail(
            f->t, f->row, f->b->column[s->cell], f->error,
            "expected %s, but the value is missing%s", s->type,
            s->kind == SHAPE_TEXT && f->t->first_line != 0 ? "; empty text is written \"\"" : "");
    if (s->kind == SHAPE_INTEGER)
        return fill_integer(f, s, cell);
    if (s->kind == SHAPE_TEXT)
        return fill_text(f, s, cell);
    if (s->kind == SHAPE_BOOL) {
        if (!field_read_bool(&truth, cell->text, cell->len))
            return cell_expected(f, s, cell, field_bool_hint(cell->text, cell->len));
        put_bits(f, s->first_bit, 1, truth);
        return PT_OK;
    }
    const size_t variant = shape_find_variant(s, cell->text, cell->len);
    if (variant == SHAPE_NO_VARIANT)
        return unknown_variant(f, s, cell);
    put_bits(f, s->first_bit, s->tag_bits, variant);
    return PT_OK;
}

static pt_status fill_value(const row_filler *f, const shape *s);

static pt_status fill_parts(const row_filler *f, const shape *s)
{
    for (size_t i = 0; i < s->n_parts; i++) {
        const pt_status status = fill_value(f, &s->parts[i]);
        if (status != PT_OK)
            return status;
    }
    return PT_OK;
}

static bool all_missing(const row_filler *f, const shape *s)
{
    for (size_t i = 0; i < s->n_cells; i++) {
        if (!f->cells[f->b->column[s->cell + i]].is_missing)
            return false;
    }
    return true;
}

/* The variant that a choice's only cell names, or SHAPE_NO_VARIANT. Where the cell holds text the
 * empty variant's name is text as any other: the variant itself is a missing value. */
static size_t named_variant(const row_filler *f, const shape *s)
{
    if (s->n_cells != 1)
        return SHAPE_NO_VARIANT;
    const table_cell *cell = &f->cells[f->b->column[s->cell]];
    const size_t variant = shape_find_variant(s, cell->text, cell->len);
    return shape_is_choice_of_text(s) && variant == s->empty ? SHAPE_NO_VARIANT : variant;
}

static pt_status fill_choice_text(const row_filler *f, const shape *s)
{
    table_cell cell = f->cells[f->b->column[s->cell]];
    if (!cell.is_missing && shape_unwrap(s, &cell.text, &cell.len))
        return fill_text(f, &s->parts[0], &cell);
    return fill_parts(f, s);
}

static pt_status fill_choice(const row_filler *f, const shape *s)
{
    const size_t named = named_variant(f, s);
    size_t variant = s->full;
    if (s->empty != SHAPE_NO_VARIANT && all_missing(f, s))
        variant = s->empty;
    else if (named != SHAPE_NO_VARIANT)
        variant = named;
    put_bits(f, s->first_bit, s->tag_bits, variant);
    if (variant != s->full)
        return PT_OK;
    return shape_is_choice_of_text(s) ? fill_choice_text(f, s) : fill_parts(f, s);
}

static pt_status fill_value(const row_filler *f, const shape *s)
{
    if (s->kind == SHAPE_CHOICE)
        return fill_choice(f, s);
    return s->kind == SHAPE_GROUP ? fill_parts(f, s) : fill_cell(f, s);
}

static pt_status fill_rows(row_filler *f, const row_shape *r, table_cell *cells)
{
    const size_t n_rows = table_rows(f->t);
    table_cursor cursor;
    table_cursor_init(&cursor, f->t);
    f->cells = cells;
    for (f->row = 0; f->row < r->n_rows; f->row++) {
        for (size_t i = 0; i < f->t->n_columns; i++) {
            if (f->row >= n_rows || !table_next(&cursor, &cells[i]))
                cells[i] = (table_cell){.is_missing = true};
        }
        f->start = f->row * r->row.n_bits;
        const pt_status status = fill_value(f, &r->row);
        if (status != PT_OK)
            return status;
    }
    return PT_OK;
}

static pt_status check_count(const row_shape *r, const table *t, const to_bits_options *options,
                             pt_error *error)
{
    const size_t n = table_rows(t);
    if (!r->is_array)
        return error_set(error, PT_ERR_USAGE,
                         "a table fills an array of structs, tuples or single "
                         "values, and the program wants %.120s here",
                         r->row.type);
    if (n > r->n_rows || (n < r->n_rows && !options->pad))
        return error_set(error, PT_ERR_INPUT,
                         "%s has %zu row%s, and the program wants %zu; --rows=NAME gives the "
                         "number as the constant of that name",
                         t->source, n, n == 1 ? "" : "s", r->n_rows);
    if (n < r->n_rows && !shape_has_empty(&r->row))
        return error_set(error, PT_ERR_INPUT,
                         "%s has %zu row%s of %zu, and rows of type %.100s have no empty variant "
                         "to fill up with",
                         t->source, n, n == 1 ? "" : "s", r->n_rows, r->row.type);
    return PT_OK;
}

pt_status table_to_bits(uint8_t **ret_bits, const table *t, const pt_type *type,
                        const to_bits_options *options, pt_error *error)
{
    row_shape r;
    binding b = {0};
    const size_t size = bits_bytes(pt_type_bits(type));
    uint8_t *bits = mem_new(size, 1);
    table_cell *cells = mem_new(t->n_columns, sizeof *cells);
    pt_status status = row_shape_init(&r, type, error);
    if (status == PT_OK)
        status = check_count(&r, t, options, error);
    if (status == PT_OK)
        status = binding_init(&b, &r, t, options, error);
    if (status == PT_OK && (bits == NULL || cells == NULL))
        status = error_memory(error);
    row_filler f = {.t = t, .options = options, .b = &b, .bits = bits, .error = error};
    if (status == PT_OK)
        status = fill_rows(&f, &r, cells);
    if (status == PT_OK && options->sort)
        status = sort_rows(bits, &r, t, error);
    mem_free(cells);
    binding_clear(&b);
    row_shape_clear(&r);
    if (status != PT_OK) {
        mem_free_secret(bits, size);
        return status;
    }
    *ret_bits = bits;
    return PT_OK;
}
