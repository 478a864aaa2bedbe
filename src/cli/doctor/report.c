#define _POSIX_C_SOURCE 200809L
#include "cli/doctor/report.h"

#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

#include "base/error.h"
#include "cli/output.h"
#include "cli/wrap.h"

#define DOCTOR_LINE_MAX 900
#define DOCTOR_INDENT   14 /* behind mark and name */

static const char *const state_names[] = {"ok", "warning", "problem"};
static const char *const marks[] = {"  ", "! ", "X "};

pt_status doctor_report_init(doctor_report *ret_report, pt_error *error)
{
    *ret_report = (doctor_report){.checks = json_array(), .figures = json_object()};
    buffer_init(&ret_report->text, SIZE_MAX / 4);
    if (ret_report->checks == NULL || ret_report->figures == NULL)
        return error_memory(error);
    return PT_OK;
}

void doctor_report_clear(doctor_report *r)
{
    buffer_clear(&r->text);
    json_decref(r->checks);
    json_decref(r->figures);
}

void doctor_say(doctor_report *r, doctor_state state, const char *name, const char *format, ...)
{
    char line[DOCTOR_LINE_MAX];
    va_list list;
    va_start(list, format);
    (void)vsnprintf(line, sizeof line, format, list);
    va_end(list);
    buffer_printf(&r->text, "%s%-11s ", marks[state], name);
    wrap_put(&r->text, line, wrap_columns(STDOUT_FILENO), DOCTOR_INDENT, DOCTOR_INDENT);
    buffer_put_u8(&r->text, '\n');
    (void)json_array_append_new(r->checks, json_pack("{s:s, s:s, s:s}", "name", name, "state",
                                                     state_names[state], "text", line));
    r->has_problem = r->has_problem || state == DOCTOR_PROBLEM;
}

void doctor_figure(doctor_report *r, const char *name, double value)
{
    (void)json_object_set_new(r->figures, name, output_real(value));
}

pt_status doctor_report_print(doctor_report *r, const char *where, bool json, pt_error *error)
{
    if (r->text.failed)
        return error_memory(error);
    if (!json)
        return output_text((const char *)r->text.bytes, r->text.len, error);
    return output_json(
        json_pack("{s:s, s:O, s:O}", "where", where, "checks", r->checks, "figures", r->figures),
        error);
}
