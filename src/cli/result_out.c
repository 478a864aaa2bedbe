#define _POSIX_C_SOURCE 200809L
#include "cli/result_out.h"

#include <string.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/error.h"
#include "cli/output.h"
#include "cli/report.h"

const flag flags_output[] = {
    {"output", "FILE", "write the result to a file, which is opened before the run; - is stdout",
     false},
    {"o", "FILE", "the same", false},
    {0},
};

pt_status result_out_init(result_out *ret_out, const args *a, pt_error *error)
{
    const char *path = NULL;
    *ret_out = (result_out){.json = args_get(a, "json") != NULL};
    const pt_status status = args_output(&path, a, error);
    if (status != PT_OK || path == NULL || strcmp(path, "-") == 0)
        return status;
    ret_out->to_file = true;
    return file_out_open(&ret_out->file, path, error);
}

/* A result that could not be written: who sits at the terminal may see it, a log may not. */
static void rescue(const result_out *out, buffer *line)
{
    const char *text = buffer_text(line);
    if (text != NULL && isatty(STDERR_FILENO) == 1) {
        report_message(REPORT_ERROR, "the result, which could not be written:");
        report_text(REPORT_ERROR, text);
    } else {
        report_message(REPORT_ERROR,
                       "the result is lost: it could not be written, and is not for a log%s",
                       out->to_file ? "" : "; -o FILE opens a file before the run");
    }
}

static pt_status write_line(result_out *out, buffer *line, pt_error *error)
{
    const char *text = (const char *)line->bytes;
    const pt_status status = out->to_file ? file_out_commit(&out->file, text, line->len, error)
                                          : output_text(text, line->len, error);
    if (status != PT_OK)
        rescue(out, line);
    return status;
}

pt_status result_out_write(result_out *out, const char *text, const char *json, json_t *rest,
                           pt_error *error)
{
    buffer line;
    pt_status status = PT_OK;
    buffer_init(&line, SIZE_MAX / 4);
    if (out->json) {
        status = output_put_result(&line, json, rest, error);
    } else {
        json_decref(rest);
        buffer_put(&line, text, strlen(text));
    }
    buffer_put_u8(&line, '\n');
    if (status == PT_OK && line.failed)
        status = error_memory(error);
    if (status == PT_OK)
        status = write_line(out, &line, error);
    buffer_clear(&line);
    return status;
}

void result_out_clear(result_out *out)
{
    file_out_clear(&out->file);
    *out = (result_out){0};
}
