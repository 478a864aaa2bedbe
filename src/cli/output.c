#define _DEFAULT_SOURCE
#include "cli/output.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "base/buffer.h"
#include "base/error.h"
#include "base/mem.h"
#include "cli/report.h"

/* 15 digits are as many as every double keeps: 0.1 is 0.1. */
#define JSON_STYLE (JSON_COMPACT | JSON_PRESERVE_ORDER | JSON_REAL_PRECISION(15))

pt_status output_text(const char *text, size_t len, pt_error *error)
{
    report_progress_end();
    clearerr(stdout); /* what failed before has been told, and with its own reason */
    if ((len != 0 && fwrite(text, 1, len, stdout) != len) || fflush(stdout) != 0)
        return error_set(error, PT_ERR_FILE, "cannot write to standard output: %s",
                         strerror(errno));
    return PT_OK;
}

pt_status output_line(const char *text, pt_error *error)
{
    const pt_status status = output_text(text, strlen(text), error);
    return status == PT_OK ? output_text("\n", 1, error) : status;
}

pt_status output_json(json_t *object, pt_error *error)
{
    char *text = object == NULL ? NULL : json_dumps(object, JSON_STYLE);
    json_decref(object);
    const pt_status status = text == NULL ? error_memory(error) : output_line(text, error);
    free(text);
    return status;
}

pt_status output_put_result(buffer *ret_line, const char *result, json_t *object, pt_error *error)
{
    char *rest = object == NULL ? NULL : json_dumps(object, JSON_STYLE);
    json_decref(object);
    if (rest == NULL)
        return error_memory(error);
    buffer_printf(ret_line, "{\"result\":%s,%s", result == NULL ? "null" : result, rest + 1);
    free(rest);
    return PT_OK;
}

json_t *output_json_text(const char *text, size_t len)
{
    json_t *string = json_stringn(text, len);
    if (string != NULL)
        return string;
    char *ascii = mem_new(len + 1, 1);
    if (ascii == NULL)
        return NULL;
    for (size_t i = 0; i < len; i++)
        ascii[i] = (unsigned char)text[i] < 0x80 ? text[i] : '?';
    string = json_stringn(ascii, len);
    mem_free(ascii);
    return string;
}

json_t *output_real(double value)
{
    return json_real((double)(int64_t)(value * 1e6 + 0.5) / 1e6);
}

static json_int_t peak_rss_bytes(void)
{
    struct rusage usage = {0};
    (void)getrusage(RUSAGE_SELF, &usage);
    return (json_int_t)usage.ru_maxrss * 1024;
}

void output_add_stats(json_t *object, size_t parties, const pt_mpc_stats *stats)
{
    json_t *phases = json_object();
    for (size_t i = 0; i < stats->n_phases; i++)
        (void)json_object_set_new(phases, stats->phases[i].name,
                                  output_real(stats->phases[i].seconds));
    (void)json_object_set_new(object, "parties", json_integer((json_int_t)parties));
    (void)json_object_set_new(object, "and", json_integer((json_int_t)stats->and_gates));
    (void)json_object_set_new(object, "cot_bits", json_integer(stats->cot_field_bits));
    (void)json_object_set_new(object, "seconds", output_real(stats->seconds));
    (void)json_object_set_new(object, "peak_rss_bytes", json_integer(peak_rss_bytes()));
    (void)json_object_set_new(object, "phases", phases);
}

void output_add_traffic(json_t *object, pt_meter *meter)
{
    json_t *rows = json_array();
    pt_traffic t;
    for (size_t i = 0; pt_meter_read(&t, meter, i); i++)
        (void)json_array_append_new(
            rows, json_pack("{s:s, s:I, s:I, s:I, s:I, s:I}", "phase", t.phase, "peer",
                            (json_int_t)t.peer, "messages_sent", (json_int_t)t.messages_sent,
                            "bytes_sent", (json_int_t)t.bytes_sent, "messages_received",
                            (json_int_t)t.messages_received, "bytes_received",
                            (json_int_t)t.bytes_received));
    (void)json_object_set_new(object, "traffic", rows);
}
