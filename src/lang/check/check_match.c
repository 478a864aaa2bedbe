/* Which values a match leaves out (spec T46-T48, D13, Q14).
 *
 * The classic matrix of patterns: a row per arm, a column per part of the value still to look at.
 * The first column is split by the constructors of its type; rows that match a constructor go on
 * with its fields in front of the other columns. No rows left: the constructors chosen on the way
 * are a case that no arm matches. Integers are split into the intervals between the bounds that
 * occur. A column in which every row takes anything is not split. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "lang/check/checker.h"

/* Pattern cells looked at in one program before the checker gives up, about a second: the problem
 * is exponential in the worst case. */
#define MATCH_MAX_WORK ((size_t)100 * 1000 * 1000)
/* Columns split below one another. */
#define MATCH_MAX_DEPTH 1000
/* Missing cases shown. */
#define MATCH_MAX_CASES 8

typedef enum case_kind { CASE_ANY, CASE_BOOL, CASE_RANGE, CASE_VARIANT, CASE_FIELDS } case_kind;

/* The constructor chosen for one column. */
typedef struct case_part {
    case_kind kind;
    const ctype *type;
    uint64_t low, high; /* CASE_RANGE: keys; CASE_BOOL: low is 0 or 1 */
    size_t variant;     /* CASE_VARIANT */
} case_part;

/* cells[r * n_columns + c]; types[c]. */
typedef struct matrix {
    const pattern **cells;
    size_t n_rows;
    const ctype **types;
    size_t n_columns;
} matrix;

typedef struct search {
    checker *c;
    buffer parts; /* case_part: the case at hand, in the order of its text */
    buffer text;  /* missing cases found so far */
    size_t n_cases;
    unsigned depth;
    bool gave_up; /* too much work */
} search;

/* ---- Integers: keys in the order of values ---- */

static uint64_t sign_flip(const ctype *t)
{
    return ctype_is_signed(t) ? (uint64_t)1 << 63 : 0;
}

static uint64_t lowest_key(const ctype *t)
{
    if (!ctype_is_signed(t))
        return 0;
    return (0 - ((uint64_t)1 << (ctype_scalar_bits(t->kind) - 1))) ^ sign_flip(t);
}

static uint64_t highest_key(const ctype *t)
{
    const unsigned bits = ctype_scalar_bits(t->kind) - (ctype_is_signed(t) ? 1 : 0);
    const uint64_t highest = bits == 64 ? UINT64_MAX : ((uint64_t)1 << bits) - 1;
    return highest ^ sign_flip(t);
}

static int compare_keys(const void *left, const void *right)
{
    const uint64_t a = *(const uint64_t *)left;
    const uint64_t b = *(const uint64_t *)right;
    return (a > b) - (a < b);
}

/* ---- Printing a case ---- */

static void print_key(buffer *out, const ctype *t, uint64_t key)
{
    const uint64_t value = key ^ sign_flip(t);
    if (ctype_is_signed(t) && (value >> 63) != 0)
        buffer_printf(out, "-%" PRIu64, 0 - value);
    else
        buffer_printf(out, "%" PRIu64, value);
    if (!ctype_is_unsuffixed(t))
        ctype_print(out, t);
}

static void print_range(buffer *out, const case_part *part)
{
    if (part->low == lowest_key(part->type) && part->high == highest_key(part->type)) {
        buffer_printf(out, "_");
        return;
    }
    print_key(out, part->type, part->low);
    if (part->low == part->high)
        return;
    buffer_printf(out, "..=");
    print_key(out, part->type, part->high);
}

static void print_part(search *s, size_t *at);

static void print_variant(search *s, const case_part *part, size_t *at)
{
    const enum_decl *decl = part->type->as.enumeration;
    const variant_decl *variant = &decl->variants[part->variant];
    buffer_printf(&s->text, "%s::%s%s", decl->name.text, variant->name.text,
                  variant->has_parens ? "(" : "");
    for (size_t i = 0; i < variant->n_fields; i++) {
        buffer_printf(&s->text, "%s", i > 0 ? ", " : "");
        print_part(s, at);
    }
    buffer_printf(&s->text, "%s", variant->has_parens ? ")" : "");
}

static void print_fields(search *s, const case_part *part, size_t *at)
{
    if (part->type->kind == CTYPE_TUPLE) {
        buffer_printf(&s->text, "(");
        for (size_t i = 0; i < part->type->as.tuple.n_elements; i++) {
            buffer_printf(&s->text, "%s", i > 0 ? ", " : "");
            print_part(s, at);
        }
        buffer_printf(&s->text, ")");
        return;
    }
    const struct_decl *decl = part->type->as.structure;
    buffer_printf(&s->text, "%s {", decl->name.text);
    for (size_t i = 0; i < decl->n_fields; i++) {
        buffer_printf(&s->text, "%s%s: ", i > 0 ? ", " : " ", decl->fields[i].name.text);
        print_part(s, at);
    }
    buffer_printf(&s->text, "}");
}

/* The next part of the case and what is inside it; nothing was chosen past the end: anything. */
static void print_part(search *s, size_t *at)
{
    const size_t n = s->parts.len / sizeof(case_part);
    if (*at >= n || s->text.failed) {
        buffer_printf(&s->text, "_");
        return;
    }
    const case_part part = ((const case_part *)(const void *)s->parts.bytes)[(*at)++];
    switch (part.kind) {
    case CASE_ANY:
        buffer_printf(&s->text, "_");
        break;
    case CASE_BOOL:
        buffer_printf(&s->text, "%s", part.low != 0 ? "true" : "false");
        break;
    case CASE_RANGE:
        print_range(&s->text, &part);
        break;
    case CASE_VARIANT:
        print_variant(s, &part, at);
        break;
    case CASE_FIELDS:
        print_fields(s, &part, at);
        break;
    }
}

static void add_case(search *s)
{
    if (s->n_cases++ >= MATCH_MAX_CASES)
        return;
    size_t at = 0;
    buffer_printf(&s->text, "%s`", s->n_cases > 1 ? ", " : "");
    print_part(s, &at);
    buffer_printf(&s->text, "`");
}

/* ---- Constructors ---- */

static size_t n_fields_of(const case_part *part)
{
    if (part->kind == CASE_VARIANT)
        return part->type->as.enumeration->variants[part->variant].n_fields;
    if (part->kind != CASE_FIELDS)
        return 0;
    return part->type->kind == CTYPE_TUPLE ? part->type->as.tuple.n_elements
                                           : part->type->as.structure->n_fields;
}

static const ctype *field_type_of(const case_part *part, size_t i)
{
    if (part->kind == CASE_VARIANT)
        return part->type->as.enumeration->variants[part->variant].fields[i].type;
    return part->type->kind == CTYPE_TUPLE ? part->type->as.tuple.elements[i]
                                           : part->type->as.structure->fields[i].type;
}

/* NULL in a cell: takes anything, like a name. */
static bool takes_anything(const pattern *p)
{
    return p == NULL || p->kind == PATTERN_BIND;
}

static bool matches(const pattern *p, const case_part *part)
{
    if (takes_anything(p) || part->kind == CASE_FIELDS)
        return true;
    if (part->kind == CASE_BOOL)
        return p->as.boolean == (part->low != 0);
    if (part->kind == CASE_VARIANT)
        return p->as.variant.variant == part->variant;
    const uint64_t flip = sign_flip(part->type);
    return (p->as.number.low ^ flip) <= part->low && part->high <= (p->as.number.high ^ flip);
}

static const pattern *field_of(const pattern *p, size_t i)
{
    if (takes_anything(p))
        return NULL;
    if (p->kind == PATTERN_VARIANT)
        return p->as.variant.fields[i];
    if (p->kind == PATTERN_TUPLE)
        return p->as.tuple.elements[i];
    return p->as.structure.by_field[i];
}

/* ---- The search ---- */

static void find_missing(search *s, const matrix *m);

static bool matrix_init(matrix *m, size_t n_rows, size_t n_columns)
{
    *m = (matrix){.n_columns = n_columns};
    m->types = mem_new(n_columns, sizeof *m->types);
    if (n_columns == 0 || n_rows <= SIZE_MAX / sizeof *m->cells / n_columns)
        m->cells = mem_new(n_rows * n_columns, sizeof *m->cells);
    return m->types != NULL && m->cells != NULL;
}

static void matrix_clear(matrix *m)
{
    mem_free(m->types);
    mem_free(m->cells);
}

static void specialise_row(matrix *to, const matrix *from, size_t row, size_t n_fields)
{
    const pattern *const *source = from->cells + row * from->n_columns;
    const pattern **target = to->cells + to->n_rows * to->n_columns;
    for (size_t i = 0; i < n_fields; i++)
        target[i] = field_of(source[0], i);
    for (size_t i = 1; i < from->n_columns; i++)
        target[n_fields + i - 1] = source[i];
    to->n_rows++;
}

/* Goes on with the rows that match `part` in the first column. */
static void try_part(search *s, const matrix *m, const case_part *part)
{
    const size_t n_fields = n_fields_of(part);
    size_t n_rows = 0;
    for (size_t r = 0; r < m->n_rows; r++)
        n_rows += matches(m->cells[r * m->n_columns], part) ? 1 : 0;
    s->c->match_work += m->n_rows + n_rows * (n_fields + m->n_columns);
    const size_t n_columns = m->n_columns - 1 + n_fields;
    if (n_rows > 0 && n_columns == 0)
        return;
    if (s->c->match_work > MATCH_MAX_WORK || s->depth >= MATCH_MAX_DEPTH) {
        s->gave_up = true;
        return;
    }
    const size_t mark = s->parts.len;
    matrix next;
    if (!matrix_init(&next, n_rows, n_columns)) {
        s->c->out_of_memory = true;
        s->gave_up = true;
    } else {
        for (size_t r = 0; r < m->n_rows; r++)
            if (matches(m->cells[r * m->n_columns], part))
                specialise_row(&next, m, r, n_fields);
        for (size_t i = 0; i < n_fields; i++)
            next.types[i] = field_type_of(part, i);
        for (size_t i = 1; i < m->n_columns; i++)
            next.types[n_fields + i - 1] = m->types[i];
        checker_push(s->c, &s->parts, part, sizeof *part);
        s->depth++;
        find_missing(s, &next);
        s->depth--;
        s->parts.len = mark;
    }
    matrix_clear(&next);
}

/* Intervals start at the lowest value, at each first value and after each last value. */
static void try_intervals(search *s, const matrix *m)
{
    const ctype *t = m->types[0];
    const uint64_t highest = highest_key(t);
    uint64_t *starts = mem_new(m->n_rows * 2 + 1, sizeof *starts);
    if (starts == NULL) {
        s->c->out_of_memory = true;
        s->gave_up = true;
        return;
    }
    size_t n = 0;
    starts[n++] = lowest_key(t);
    for (size_t r = 0; r < m->n_rows; r++) {
        const pattern *p = m->cells[r * m->n_columns];
        if (takes_anything(p))
            continue;
        starts[n++] = p->as.number.low ^ sign_flip(t);
        if ((p->as.number.high ^ sign_flip(t)) != highest)
            starts[n++] = (p->as.number.high ^ sign_flip(t)) + 1;
    }
    qsort(starts, n, sizeof *starts, compare_keys);
    for (size_t i = 0; i < n && !s->gave_up; i++) {
        if (i + 1 < n && starts[i + 1] == starts[i])
            continue;
        const uint64_t last = i + 1 < n ? starts[i + 1] - 1 : highest;
        try_part(s, m, &(case_part){.kind = CASE_RANGE, .type = t, .low = starts[i], .high = last});
    }
    mem_free(starts);
}

typedef struct key_range {
    uint64_t low, high;
} key_range;

static int compare_ranges(const void *left, const void *right)
{
    const uint64_t a = ((const key_range *)left)->low;
    const uint64_t b = ((const key_range *)right)->low;
    return (a > b) - (a < b);
}

static void add_gap(search *s, const ctype *t, uint64_t low, uint64_t high)
{
    const case_part part = {.kind = CASE_RANGE, .type = t, .low = low, .high = high};
    const size_t mark = s->parts.len;
    checker_push(s->c, &s->parts, &part, sizeof part);
    add_case(s);
    s->parts.len = mark;
}

/* Tells what lies between ranges in order of their first keys. */
static void add_gaps(search *s, const ctype *t, const key_range *ranges, size_t n)
{
    uint64_t next = lowest_key(t);
    for (size_t i = 0; i < n; i++) {
        if (ranges[i].low > next)
            add_gap(s, t, next, ranges[i].low - 1);
        if (ranges[i].high == highest_key(t))
            return;
        if (ranges[i].high >= next)
            next = ranges[i].high + 1;
    }
    add_gap(s, t, next, highest_key(t));
}

/* Numbers in the last column, of which no row takes anything: one sweep does, also for many rows.
 */
static void find_gaps(search *s, const matrix *m)
{
    const uint64_t flip = sign_flip(m->types[0]);
    key_range *ranges = mem_new(m->n_rows, sizeof *ranges);
    s->c->match_work += m->n_rows;
    if (ranges == NULL) {
        s->c->out_of_memory = true;
        s->gave_up = true;
        return;
    }
    for (size_t r = 0; r < m->n_rows; r++)
        ranges[r] =
            (key_range){m->cells[r]->as.number.low ^ flip, m->cells[r]->as.number.high ^ flip};
    qsort(ranges, m->n_rows, sizeof *ranges, compare_ranges);
    add_gaps(s, m->types[0], ranges, m->n_rows);
    mem_free(ranges);
}

static bool some_take_anything(const matrix *m)
{
    for (size_t r = 0; r < m->n_rows; r++)
        if (takes_anything(m->cells[r * m->n_columns]))
            return true;
    return false;
}

static bool column_takes_anything(const matrix *m)
{
    for (size_t r = 0; r < m->n_rows; r++)
        if (!takes_anything(m->cells[r * m->n_columns]))
            return false;
    return true;
}

static bool row_takes_anything(const matrix *m, size_t row)
{
    for (size_t i = 0; i < m->n_columns; i++)
        if (!takes_anything(m->cells[row * m->n_columns + i]))
            return false;
    return true;
}

static void find_missing(search *s, const matrix *m)
{
    if (s->gave_up)
        return;
    if (m->n_rows == 0) {
        add_case(s);
        return;
    }
    /* A catch-all, usually the last arm, leaves nothing out. */
    if (row_takes_anything(m, 0) || row_takes_anything(m, m->n_rows - 1))
        return;
    const ctype *t = m->types[0];
    case_part part = {.kind = CASE_ANY, .type = t};
    if (column_takes_anything(m)) {
        try_part(s, m, &part);
    } else if (t->kind == CTYPE_BOOL) {
        part.kind = CASE_BOOL;
        for (part.low = 2; part.low-- > 0 && !s->gave_up;)
            try_part(s, m, &part);
    } else if (t->kind == CTYPE_ENUM) {
        part.kind = CASE_VARIANT;
        for (; part.variant < t->as.enumeration->n_variants && !s->gave_up; part.variant++)
            try_part(s, m, &part);
    } else if (t->kind == CTYPE_TUPLE || t->kind == CTYPE_STRUCT) {
        part.kind = CASE_FIELDS;
        try_part(s, m, &part);
    } else if (m->n_columns > 1) {
        try_intervals(s, m);
    } else if (!some_take_anything(m)) {
        find_gaps(s, m);
    }
}

/* Runs the search on a matrix of one column; the caller clears `ret_search`. */
static void search_missing(search *ret_search, checker *c, const ctype *t, const pattern **patterns,
                           size_t n)
{
    *ret_search = (search){.c = c};
    buffer_init(&ret_search->parts, SIZE_MAX / 4);
    buffer_init(&ret_search->text, SIZE_MAX / 4);
    const matrix m = {.cells = patterns, .n_rows = n, .types = &t, .n_columns = 1};
    find_missing(ret_search, &m);
    if (ret_search->n_cases > MATCH_MAX_CASES)
        buffer_printf(&ret_search->text, " and more");
}

static void search_clear(search *s)
{
    buffer_clear(&s->parts);
    buffer_clear(&s->text);
}

void check_exhaustive(checker *c, span at, const ctype *t, const match_arm *arms, size_t n_arms)
{
    const pattern **patterns = mem_new(n_arms, sizeof *patterns);
    if (patterns == NULL) {
        c->out_of_memory = true;
        return;
    }
    for (size_t i = 0; i < n_arms; i++)
        patterns[i] = arms[i].pattern;
    search s;
    search_missing(&s, c, t, patterns, n_arms);
    if (s.gave_up)
        type_error(c, at, "this match is too complex to find missing cases in; end it with `_ =>`");
    else if (s.n_cases > 0)
        type_error(c, at, "not exhaustive: no arm for %s", buffer_text(&s.text));
    search_clear(&s);
    mem_free(patterns);
}

void check_irrefutable(checker *c, const pattern *p, const char *where)
{
    if (takes_anything(p))
        return;
    search s;
    search_missing(&s, c, p->type, &p, 1);
    if (s.gave_up)
        type_error(c, p->span, "this pattern is too complex");
    else if (s.n_cases > 0)
        type_error(c, p->span, "a pattern in `%s` must match every value; use `match` for %s",
                   where, buffer_text(&s.text));
    search_clear(&s);
}
