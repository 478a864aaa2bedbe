#define _POSIX_C_SOURCE 200809L
#include "cli/line_report.h"

#include <string.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "cli/output.h"
#include "cli/wrap.h"

#define SOURCE_INDENT 29 /* the figures before it */

typedef struct report {
    const pt_line_count *counts;
    size_t n;
    uint64_t total;
    const char **lines; /* where each line of the source begins; lines[0] is line 1 */
    size_t n_lines;
    const char *end;
} report;

static pt_status line_report_init(report *ret_report, const computation *c, pt_error *error)
{
    report *r = ret_report;
    *r = (report){.n_lines = 1, .end = c->source + c->source_len};
    r->counts = pt_program_line_counts(&r->n, c->program);
    for (size_t i = 0; i < r->n; i++)
        r->total += r->counts[i].and_gates;
    for (const char *at = c->source; at < r->end; at++)
        r->n_lines += *at == '\n';
    r->lines = mem_new(r->n_lines, sizeof *r->lines);
    if (r->lines == NULL)
        return error_memory(error);
    size_t n = 0;
    r->lines[n++] = c->source;
    for (const char *at = c->source; at < r->end; at++) {
        if (*at == '\n')
            r->lines[n++] = at + 1;
    }
    return PT_OK;
}

static void line_report_clear(report *r)
{
    mem_free(r->lines);
}

static double percent(const report *r, size_t i)
{
    return 100.0 * (double)r->counts[i].and_gates / (double)r->total;
}

/* The line's text without the white space around it. */
static const char *source_text(const report *r, uint32_t line, size_t *ret_len)
{
    const char *at = r->lines[line - 1];
    const char *end = line < r->n_lines ? r->lines[line] : r->end;
    while (at < end && strchr(" \t\r\n", *at) != NULL)
        at++;
    while (end > at && strchr(" \t\r\n", end[-1]) != NULL)
        end--;
    *ret_len = (size_t)(end - at);
    return at;
}

/* On a terminal a line of source is cut to fit; elsewhere it is whole. */
static void print_row(buffer *out, const report *r, size_t i, bool is_terminal)
{
    size_t len = 0;
    const char *text = source_text(r, r->counts[i].line, &len);
    if (is_terminal)
        len = wrap_cut(text, len, wrap_columns(STDOUT_FILENO) - SOURCE_INDENT);
    buffer_printf(out, "%10llu %7.1f %% %6u  ", (unsigned long long)r->counts[i].and_gates,
                  percent(r, i), r->counts[i].line);
    for (size_t k = 0; k < len;) {
        const size_t hidden = utf8_hidden(text + k, len - k);
        buffer_put_u8(out, text[k] == '\t' ? ' ' : hidden != 0 ? '?' : (uint8_t)text[k]);
        k += hidden != 0 ? hidden : 1;
    }
    buffer_put_u8(out, '\n');
}

pt_status line_report_text(char **ret_text, const computation *c, pt_error *error)
{
    report r;
    buffer out;
    size_t len = 0;
    const bool is_terminal = isatty(STDOUT_FILENO) == 1;
    buffer_init(&out, SIZE_MAX / 4);
    pt_status status = line_report_init(&r, c, error);
    if (status == PT_OK) {
        buffer_printf(&out, " AND gates   share   line  source\n");
        for (size_t i = 0; i < r.n; i++)
            print_row(&out, &r, i, is_terminal);
        buffer_printf(&out, "%10llu   total", (unsigned long long)r.total);
        char *text = buffer_text(&out) == NULL ? NULL : (char *)buffer_take(&out, &len);
        if (text == NULL)
            status = error_memory(error);
        else
            *ret_text = text;
    }
    buffer_clear(&out);
    line_report_clear(&r);
    return status;
}

json_t *line_report_json(const computation *c)
{
    report r;
    json_t *array = json_array();
    if (line_report_init(&r, c, NULL) != PT_OK) {
        json_decref(array);
        return NULL;
    }
    for (size_t i = 0; i < r.n; i++) {
        size_t len = 0;
        const char *text = source_text(&r, r.counts[i].line, &len);
        json_t *row = json_pack("{s:I, s:I, s:f, s:o}", "line", (json_int_t)r.counts[i].line, "and",
                                (json_int_t)r.counts[i].and_gates, "percent", percent(&r, i),
                                "source", output_json_text(text, len));
        if (json_array_append_new(array, row) != 0) {
            json_decref(array);
            array = NULL;
            break;
        }
    }
    line_report_clear(&r);
    return array;
}
