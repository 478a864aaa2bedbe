#define _POSIX_C_SOURCE 200809L
#include "cli/report.h"

#include <jansson.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/mem.h"

static const char *const level_names[] = {"error", "warn", "info", "debug", "trace", NULL};

#define PLAIN_LINE_EVERY_MS 5000
#define LIVE_LINE_EVERY_MS  100

static struct {
    pthread_mutex_t lock;
    report_level level;
    bool json;
    bool terminal;
    bool live_line;
    uint64_t last_progress_ms;
} state = {.lock = PTHREAD_MUTEX_INITIALIZER, .level = REPORT_INFO};

pt_status report_init(const args *a, pt_error *error)
{
    const char *level = getenv("POLYTUNE_LOG");
    const char *format = args_get(a, "log-format");
    if (level != NULL && level[0] != '\0') {
        size_t i = 0;
        while (level_names[i] != NULL && strcmp(level_names[i], level) != 0)
            i++;
        if (level_names[i] == NULL)
            return error_set(error, PT_ERR_USAGE,
                             "POLYTUNE_LOG must be error, warn, info, debug or trace, not '%.40s'",
                             level);
        state.level = (report_level)i;
    }
    if (args_get(a, "quiet") != NULL)
        state.level = REPORT_ERROR;
    if (format != NULL && strcmp(format, "json") != 0 && strcmp(format, "text") != 0)
        return error_set(error, PT_ERR_USAGE, "--log-format must be text or json, not '%.40s'",
                         format);
    state.json = format != NULL && strcmp(format, "json") == 0;
    state.terminal = isatty(STDERR_FILENO) == 1 && !state.json;
    state.last_progress_ms = clock_ms();
    return PT_OK;
}

static void clear_live_line(void)
{
    if (state.live_line)
        (void)fputs("\r\033[K", stderr);
    state.live_line = false;
}

/* Text that may quote anything, as a JSON string; what is not UTF-8 has its odd bytes replaced. */
static json_t *message_json(const char *text)
{
    json_t *string = json_string(text);
    char *copy = string == NULL ? mem_string(text) : NULL;
    for (char *c = copy; c != NULL && *c != '\0'; c++) {
        if ((unsigned char)*c >= 0x80)
            *c = '?';
    }
    if (copy != NULL)
        string = json_string(copy);
    mem_free(copy);
    return string;
}

static void print_json(report_level level, const char *text)
{
    json_t *line =
        json_pack("{s:s, s:o}", "level", level_names[level], "message", message_json(text));
    char *dump = line == NULL ? NULL : json_dumps(line, JSON_COMPACT);
    if (dump != NULL)
        (void)fprintf(stderr, "%s\n", dump);
    free(dump);
    json_decref(line);
}

static void print(report_level level, const char *text, bool plain)
{
    if (level > state.level)
        return;
    (void)pthread_mutex_lock(&state.lock);
    clear_live_line();
    if (state.json)
        print_json(level, text);
    else if (plain)
        (void)fputs(text, stderr);
    else
        (void)fprintf(stderr, "polytune: %s%s\n", level == REPORT_WARN ? "warning: " : "", text);
    (void)fflush(stderr);
    (void)pthread_mutex_unlock(&state.lock);
}

void report_message(report_level level, const char *format, ...)
{
    char text[2 * PT_ERROR_MESSAGE_MAX];
    va_list list;
    va_start(list, format);
    (void)vsnprintf(text, sizeof text, format, list);
    va_end(list);
    print(level, text, false);
}

void report_text(report_level level, const char *text)
{
    print(level, text, true);
}

/* In place of a message: everything was said. */
static const char already_shown[] = "\x01";

void report_diagnostics(const pt_diagnostics *diagnostics, pt_error *error)
{
    char *text = NULL;
    if (diagnostics == NULL || pt_diagnostics_print(&text, diagnostics, NULL) != PT_OK)
        return;
    report_text(REPORT_ERROR, text);
    pt_text_free(text);
    (void)error_set(error, error->status, "%s", already_shown);
}

void report_failure(pt_status status, const pt_error *error)
{
    const char *text = error->message[0] != '\0' ? error->message : pt_status_text(status);
    if (strcmp(text, already_shown) == 0)
        return;
    if (error->phase != NULL)
        report_message(REPORT_ERROR, "%s: %s (phase %s)", pt_status_text(status), text,
                       error->phase);
    else
        report_message(REPORT_ERROR, "%s", text);
}

void report_notice(void *user, const char *text)
{
    (void)user;
    report_message(REPORT_INFO, "%s", text);
}

void report_progress(void *user, const char *phase, uint64_t done, uint64_t total)
{
    (void)user;
    if (state.level < REPORT_INFO)
        return;
    (void)pthread_mutex_lock(&state.lock);
    const uint64_t now = clock_ms();
    const uint64_t every = state.terminal ? LIVE_LINE_EVERY_MS : PLAIN_LINE_EVERY_MS;
    const unsigned percent = total == 0 ? 0 : (unsigned)(100.0 * (double)done / (double)total);
    if (now - state.last_progress_ms >= every) {
        state.last_progress_ms = now;
        if (state.terminal) {
            (void)fprintf(stderr, "\r\033[K%s %u %%", phase, percent);
            state.live_line = true;
        } else if (!state.json) {
            (void)fprintf(stderr, "polytune: %s %u %%\n", phase, percent);
        }
        (void)fflush(stderr);
    }
    (void)pthread_mutex_unlock(&state.lock);
}

void report_progress_end(void)
{
    (void)pthread_mutex_lock(&state.lock);
    clear_live_line();
    (void)fflush(stderr);
    (void)pthread_mutex_unlock(&state.lock);
}
