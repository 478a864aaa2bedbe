#include "lang/diag.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/error.h"
#include "base/mem.h"

/* Of a span over many lines only the first and the last ones are shown. */
#define PRINT_MAX_LINES 4
/* How wide source lines may be with the gutter before them, unless the caller says it; a place is
 * shown on the narrowest terminal. */
#define PRINT_COLUMNS       168
#define PRINT_LEAST_COLUMNS 30
#define PRINT_GUTTER        8
#define PRINT_TAB           8 /* a tab's columns, or fewer */
#define PRINT_CUT           "..."
/* Bytes of printed text; sources are bounded and so is the number of errors. */
#define PRINT_MAX_BYTES ((size_t)1 << 30)

static const char *const phase_names[] = {"scan", "parse", "type", "compile"};

pt_status diag_new(pt_diagnostics **ret_diagnostics, const char *file_name, const char *source,
                   size_t source_len, pt_error *error)
{
    pt_diagnostics *d = mem_new(1, sizeof *d);
    if (d == NULL)
        return error_memory(error);
    d->file_name = mem_string(file_name != NULL ? file_name : "program");
    d->source = mem_new(source_len + 1, 1);
    if (d->file_name == NULL || d->source == NULL) {
        pt_diagnostics_free(d);
        return error_memory(error);
    }
    if (source_len != 0)
        memcpy(d->source, source, source_len);
    d->source_len = source_len;
    *ret_diagnostics = d;
    return PT_OK;
}

void pt_diagnostics_free(pt_diagnostics *d)
{
    if (d == NULL)
        return;
    for (size_t i = 0; i < d->n_items; i++)
        mem_free(d->items[i].message);
    mem_free(d->items);
    mem_free(d->source);
    mem_free(d->file_name);
    mem_free(d);
}

bool diag_is_empty(const pt_diagnostics *d)
{
    return d->n_items == 0 && d->n_dropped == 0;
}

void diag_add_text(pt_diagnostics *d, diag_phase phase, span at, const char *text, size_t len)
{
    if (d->n_items == DIAG_MAX_ERRORS) {
        d->n_dropped++;
        return;
    }
    if (d->items == NULL)
        d->items = mem_new(DIAG_MAX_ERRORS, sizeof *d->items);
    char *message = mem_new(len + 1, 1);
    if (d->items == NULL || message == NULL) {
        mem_free(message);
        d->out_of_memory = true;
        d->n_dropped++;
        return;
    }
    memcpy(message, text, len);
    d->items[d->n_items++] = (diag_item){phase, at, message};
}

void diag_add(pt_diagnostics *d, diag_phase phase, span at, const char *format, ...)
{
    char text[DIAG_MAX_MESSAGE];
    va_list args;
    va_start(args, format);
    const int len = vsnprintf(text, sizeof text, format, args);
    va_end(args);
    if (len >= 0)
        diag_add_text(d, phase, at, text,
                      (size_t)len < sizeof text ? (size_t)len : sizeof text - 1);
}

void diag_extend(pt_diagnostics *d, diag_phase phase, const char *text)
{
    if (d->n_items == 0) {
        diag_add(d, phase, DIAG_NO_PLACE, "%s", text);
        return;
    }
    diag_item *last = &d->items[d->n_items - 1];
    const size_t old_len = strlen(last->message);
    const size_t len = strlen(text);
    char *message = mem_resize(last->message, old_len + len + 1, 1);
    if (message == NULL)
        return; /* then less is said */
    memcpy(message + old_len, text, len + 1);
    last->message = message;
}

static int compare_numbers(uint32_t a, uint32_t b)
{
    return (a > b) - (a < b);
}

static int compare_spans(const span *a, const span *b)
{
    int order = compare_numbers(a->line, b->line);
    if (order == 0)
        order = compare_numbers(a->column, b->column);
    if (order == 0)
        order = compare_numbers(a->end_line, b->end_line);
    if (order == 0)
        order = compare_numbers(a->end_column, b->end_column);
    return order;
}

/* Insertion sort: stable, and the list is short. */
static void sort_items(pt_diagnostics *d)
{
    for (size_t i = 1; i < d->n_items; i++) {
        const diag_item item = d->items[i];
        size_t at = i;
        for (; at > 0 && compare_spans(&d->items[at - 1].span, &item.span) > 0; at--)
            d->items[at] = d->items[at - 1];
        d->items[at] = item;
    }
}

static bool is_repeated(const pt_diagnostics *d, size_t n_kept, const diag_item *item)
{
    for (size_t i = n_kept; i > 0 && compare_spans(&d->items[i - 1].span, &item->span) == 0; i--)
        if (strcmp(d->items[i - 1].message, item->message) == 0)
            return true;
    return false;
}

pt_status diag_finish(pt_diagnostics *d, pt_error *error)
{
    if (d->out_of_memory)
        return error_memory(error);
    if (diag_is_empty(d))
        return PT_OK;
    sort_items(d);
    size_t n_kept = 0;
    for (size_t i = 0; i < d->n_items; i++) {
        if (is_repeated(d, n_kept, &d->items[i]))
            mem_free(d->items[i].message);
        else
            d->items[n_kept++] = d->items[i];
    }
    d->n_items = n_kept;
    const diag_item *first = &d->items[0];
    if (first->span.line == 0)
        return error_set(error, PT_ERR_PROGRAM, "%s: %s", d->file_name, first->message);
    return error_set(error, PT_ERR_PROGRAM, "%s:%u:%u: %s", d->file_name, first->span.line,
                     first->span.column, first->message);
}

size_t pt_diagnostics_count(const pt_diagnostics *d)
{
    return d == NULL ? 0 : d->n_items;
}

pt_diagnostic pt_diagnostics_get(const pt_diagnostics *d, size_t index)
{
    if (d == NULL || index >= d->n_items)
        return (pt_diagnostic){"", "", 0, 0, 0, 0};
    const diag_item *item = &d->items[index];
    return (pt_diagnostic){phase_names[item->phase], item->message,       item->span.line,
                           item->span.column,        item->span.end_line, item->span.end_column};
}

/* How text is marked on a terminal: SGR sequences, or nothing; and how wide source lines are. */
typedef struct style {
    const char *place, *kind, *message, *gutter, *caret, *end;
    size_t width;
} style;

static const style plain = {"", "", "", "", "", "", 0};
static const style colored = {"\033[1m",    "\033[1;31m", "\033[1m", "\033[34m",
                              "\033[1;31m", "\033[0m",    0};

/* A line of the source, without its end. */
typedef struct line_view {
    const char *text;
    size_t len;
} line_view;

static line_view find_line(const pt_diagnostics *d, uint32_t number)
{
    const char *at = d->source;
    const char *const end = d->source + d->source_len;
    for (uint32_t line = 1; line < number; line++) {
        const char *newline = memchr(at, '\n', (size_t)(end - at));
        if (newline == NULL)
            return (line_view){end, 0};
        at = newline + 1;
    }
    const char *newline = memchr(at, '\n', (size_t)(end - at));
    size_t len = (size_t)((newline == NULL ? end : newline) - at);
    if (len > 0 && at[len - 1] == '\r')
        len--;
    return (line_view){at, len};
}

static bool continues_character(char c)
{
    return ((unsigned char)c & 0xc0u) == 0x80u;
}

static bool is_control(char c)
{
    return ((unsigned char)c < 0x20 && c != '\t') || c == 0x7f;
}

/* The part of a line that is shown: bytes [start, end), which begin at a column. */
typedef struct line_part {
    size_t start, end;
    uint32_t first_column;
} line_part;

static size_t shown_width(char c)
{
    if (continues_character(c))
        return 0;
    return c == '\t' ? PRINT_TAB : 1;
}

/* Where the bytes end that begin at `start` and fit into `width`. */
static size_t end_of_width(line_view line, size_t start, size_t width)
{
    size_t used = 0;
    size_t at = start;
    for (; at < line.len; at++) {
        used += shown_width(line.text[at]);
        if (used > width)
            break;
    }
    return at;
}

/* All of the line if it fits into `width`, or what surrounds column `place` of it: more of what
 * follows than of what is before. */
static line_part part_to_show(line_view line, uint32_t place, size_t width)
{
    line_part part = {.first_column = 1};
    size_t before = 0;
    part.end = end_of_width(line, 0, width);
    if (part.end == line.len)
        return part;
    while (part.start < line.len && part.first_column < place) {
        part.start++;
        part.first_column += part.start == line.len || !continues_character(line.text[part.start]);
    }
    while (part.start > 0) {
        size_t at = part.start - 1;
        while (at > 0 && continues_character(line.text[at]))
            at--;
        before += shown_width(line.text[at]);
        if (before > width * 3 / 8)
            break;
        part.start = at;
        part.first_column--;
    }
    part.end = end_of_width(line, part.start, width - 2 * strlen(PRINT_CUT));
    return part;
}

static void print_line_text(buffer *out, line_view line, line_part part)
{
    if (part.start > 0)
        buffer_printf(out, PRINT_CUT);
    for (size_t i = part.start; i < part.end; i++)
        buffer_put_u8(out, is_control(line.text[i]) ? '?' : (uint8_t)line.text[i]);
    if (part.end < line.len)
        buffer_printf(out, PRINT_CUT);
}

/* The line itself, then carets under columns first .. end - 1 (one-based; at least one caret). Tabs
 * are repeated in the caret line, so the carets stay in place however wide a tab is. */
static void print_line(buffer *out, const style *s, uint32_t number, line_view line, uint32_t first,
                       uint32_t end)
{
    const line_part part = part_to_show(line, first, s->width);
    buffer_printf(out, "%s%5u |%s ", s->gutter, number, s->end);
    print_line_text(out, line, part);
    buffer_printf(out, "\n%s      |%s %*s", s->gutter, s->end,
                  part.start > 0 ? (int)strlen(PRINT_CUT) : 0, "");
    uint32_t column = part.first_column;
    for (size_t i = part.start; i < part.end && (column < end || column == first); i++) {
        if (i > part.start && continues_character(line.text[i]))
            continue;
        if (column == first)
            buffer_printf(out, "%s", s->caret);
        if (column >= first)
            buffer_put_u8(out, '^');
        else
            buffer_put_u8(out, line.text[i] == '\t' ? '\t' : ' ');
        column++;
    }
    if (column <= first) /* past the end of the line */
        buffer_printf(out, "%s^", s->caret);
    buffer_printf(out, "%s\n", s->end);
}

static void print_excerpt(buffer *out, const style *s, const pt_diagnostics *d, const span *at)
{
    for (uint32_t number = at->line; number <= at->end_line; number++) {
        if (number != at->line && number == at->end_line && at->end_column <= 1)
            break;
        if (at->end_line - at->line >= PRINT_MAX_LINES && number == at->line + 2) {
            buffer_printf(out, "%s  ... |%s\n", s->gutter, s->end);
            number = at->end_line;
        }
        const line_view line = find_line(d, number);
        uint32_t first = 1;
        if (number == at->line)
            first = at->column;
        else
            while (first <= line.len &&
                   (line.text[first - 1] == ' ' || line.text[first - 1] == '\t'))
                first++;
        const uint32_t end = number == at->end_line ? at->end_column : UINT32_MAX;
        if (number == at->line || first <= line.len)
            print_line(out, s, number, line, first, end);
    }
}

static void print_item(buffer *out, const style *s, const pt_diagnostics *d, const diag_item *item)
{
    buffer_printf(out, "%s%s:", s->place, d->file_name);
    if (item->span.line != 0)
        buffer_printf(out, "%u:%u:", item->span.line, item->span.column);
    buffer_printf(out, "%s %s%s error:%s %s%s%s\n", s->end, s->kind, phase_names[item->phase],
                  s->end, s->message, item->message, s->end);
    if (item->span.line != 0)
        print_excerpt(out, s, d, &item->span);
}

static style style_for(bool color, size_t columns)
{
    style s = color ? colored : plain;
    if (columns == 0)
        columns = PRINT_COLUMNS;
    if (columns < PRINT_LEAST_COLUMNS)
        columns = PRINT_LEAST_COLUMNS;
    s.width = columns - PRINT_GUTTER;
    return s;
}

pt_status pt_diagnostics_print(char **ret_text, const pt_diagnostics *d, bool color, size_t columns,
                               pt_error *error)
{
    const style s = style_for(color, columns);
    if (ret_text == NULL)
        return error_missing(error, "a place for the text");
    buffer out;
    buffer_init(&out, PRINT_MAX_BYTES);
    for (size_t i = 0; i < pt_diagnostics_count(d); i++)
        print_item(&out, &s, d, &d->items[i]);
    if (d != NULL && d->n_dropped > 0)
        buffer_printf(&out, "... and %zu more errors\n", d->n_dropped);
    buffer_put_u8(&out, 0);
    size_t len = 0;
    uint8_t *text = out.failed ? NULL : buffer_take(&out, &len);
    buffer_clear(&out);
    if (text == NULL)
        return error_memory(error);
    *ret_text = (char *)text;
    return PT_OK;
}
