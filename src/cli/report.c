#define _POSIX_C_SOURCE 200809L
#include "cli/report.h"

#include <jansson.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "base/error.h"
#include "cli/output.h"
#include "cli/wrap.h"

static const char *const level_names[] = {"error", "warn", "info", "debug", "trace", NULL};

#define PLAIN_LINE_EVERY_MS 5000
#define LIVE_LINE_EVERY_MS  100
#define ESTIMATE_AFTER_MS   2000
#define ESTIMATE_FROM_PART  20 /* a twentieth; what comes first is not as fast as the rest */
#define MESSAGE_INDENT      4
#define WAIT_LINE_FIRST_MS  2000 /* doubled with each line about the same wait */
#define WAIT_LINE_MOST_MS   60000
#define WAIT_OVER_MS        5000 /* a wait that is not spoken of for so long is over */
#define WAIT_SHOWN          96   /* characters by which waits are told apart */

static struct {
    pthread_mutex_t lock;
    report_level level;
    bool json;
    bool time; /* before lines of text, too */
    bool terminal;
    bool color;
    bool live_line;
    uint64_t last_progress_ms;
    uint64_t progress_start_ms; /* 0: nothing told yet */
    char wait[WAIT_SHOWN];      /* what was last waited for */
    uint64_t wait_told_ms, wait_printed_ms, wait_every_ms;
    json_t *errors;  /* those with a place, as report_errors_json has them */
    bool has_result; /* report_result_is_out */
} state = {.lock = PTHREAD_MUTEX_INITIALIZER, .level = REPORT_INFO};

static bool wants_color(void)
{
    const char *no_color = getenv("NO_COLOR");
    const char *terminal = getenv("TERM");
    return (no_color == NULL || no_color[0] == '\0') &&
           (terminal == NULL || strcmp(terminal, "dumb") != 0);
}

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
    state.time = args_get(a, "log-time") != NULL;
    state.terminal = isatty(STDERR_FILENO) == 1 && !state.json;
    state.color = state.terminal && wants_color();
    state.last_progress_ms = clock_ms();
    return PT_OK;
}

static void clear_live_line(void)
{
    if (state.live_line)
        (void)fputs("\r\033[K", stderr);
    state.live_line = false;
}

static void report_print_json(json_t *line)
{
    char *dump = line == NULL ? NULL : json_dumps(line, JSON_COMPACT);
    if (dump != NULL)
        (void)fprintf(stderr, "%s\n", dump);
    free(dump);
    json_decref(line);
}

#define TIME_SIZE   48
#define PREFIX_SIZE 80

/* The time in UTC (RFC 3339). */
static bool time_text(char ret_text[TIME_SIZE])
{
    struct timespec now;
    struct tm utc;
    char day[32];
    if (clock_gettime(CLOCK_REALTIME, &now) != 0 || gmtime_r(&now.tv_sec, &utc) == NULL ||
        strftime(day, sizeof day, "%Y-%m-%dT%H:%M:%S", &utc) == 0)
        return false;
    (void)snprintf(ret_text, TIME_SIZE, "%s.%03ldZ", day, now.tv_nsec / 1000000);
    return true;
}

static json_t *time_json(void)
{
    char text[TIME_SIZE];
    return time_text(text) ? json_string(text) : json_null();
}

/* What a line begins with: "polytune: ", with --log-time after the time. */
static void put_prefix(char *ret_prefix, size_t size, report_level level)
{
    char text[TIME_SIZE] = "";
    const bool has_time = state.time && time_text(text);
    (void)snprintf(ret_prefix, size, "%s%spolytune: %s", text, has_time ? " " : "",
                   level == REPORT_WARN ? "warning: " : "");
}

/* For a reader at a terminal in lines that fit; elsewhere a message is one line. */
static void print_line(report_level level, const char *text)
{
    char prefix[PREFIX_SIZE];
    buffer b;
    put_prefix(prefix, sizeof prefix, level);
    buffer_init(&b, SIZE_MAX / 4);
    if (state.terminal)
        wrap_put(&b, text, wrap_columns(STDERR_FILENO), strlen(prefix), MESSAGE_INDENT);
    const char *wrapped = b.len == 0 ? NULL : buffer_text(&b);
    (void)fprintf(stderr, "%s%s\n", prefix, wrapped == NULL ? text : wrapped);
    buffer_clear(&b);
}

static void print_message(report_level level, const char *text, bool plain)
{
    size_t len = strlen(text);
    if (plain && len != 0 && text[len - 1] == '\n')
        len--; /* a message in JSON has no end of line */
    (void)pthread_mutex_lock(&state.lock);
    clear_live_line();
    if (state.json)
        report_print_json(json_pack("{s:o, s:s, s:o}", "time", time_json(), "level",
                                    level_names[level], "message", output_json_text(text, len)));
    else if (plain)
        (void)fputs(text, stderr);
    else
        print_line(level, text);
    (void)fflush(stderr);
    (void)pthread_mutex_unlock(&state.lock);
}

static void report_print(report_level level, const char *text, bool plain)
{
    if (level <= state.level)
        print_message(level, text, plain);
}

void report_errors_only(void)
{
    state.level = REPORT_ERROR;
}

void report_security(const char *format, ...)
{
    char text[2 * PT_ERROR_MESSAGE_MAX];
    va_list list;
    va_start(list, format);
    (void)vsnprintf(text, sizeof text, format, list);
    va_end(list);
    print_message(REPORT_WARN, text, false);
}

void report_message(report_level level, const char *format, ...)
{
    char text[2 * PT_ERROR_MESSAGE_MAX];
    va_list list;
    va_start(list, format);
    (void)vsnprintf(text, sizeof text, format, list);
    va_end(list);
    report_print(level, text, false);
}

void report_text(report_level level, const char *text)
{
    report_print(level, text, true);
}

bool report_wants_event(report_level level, report_level text_level)
{
    return (state.json ? level : text_level) <= state.level;
}

void report_event(report_level level, report_level text_level, json_t *fields, const char *text)
{
    if (!state.json) {
        json_decref(fields);
        report_print(text_level, text, false);
        return;
    }
    json_t *line = level > state.level
                       ? NULL
                       : json_pack("{s:o, s:s}", "time", time_json(), "level", level_names[level]);
    if (line != NULL && json_object_update(line, fields) == 0) {
        (void)pthread_mutex_lock(&state.lock);
        report_print_json(line);
        (void)fflush(stderr);
        (void)pthread_mutex_unlock(&state.lock);
    } else {
        json_decref(line);
    }
    json_decref(fields);
}

/* ---- Errors on stdout ---- */

static json_t *number_or_null(uint32_t number)
{
    return number == 0 ? json_null() : json_integer(number);
}

/* Zero line: no place. */
static json_t *error_json(const char *file, const char *phase, const pt_diagnostic *d)
{
    return json_pack("{s:o, s:o, s:o, s:o, s:o, s:s, s:o}", "file",
                     file == NULL ? json_null() : output_json_text(file, strlen(file)), "line",
                     number_or_null(d->line), "column", number_or_null(d->column), "end_line",
                     number_or_null(d->end_line), "end_column", number_or_null(d->end_column),
                     "phase", phase, "message", output_json_text(d->message, strlen(d->message)));
}

static void note_error(const char *file, const char *phase, const pt_diagnostic *d)
{
    if (state.errors == NULL)
        state.errors = json_array();
    (void)json_array_append_new(state.errors, error_json(file, phase, d));
}

void report_panic(const char *file, const pt_panic *panic, const char *message)
{
    const pt_diagnostic d = {.message = message,
                             .line = panic->line,
                             .column = panic->column,
                             .end_line = panic->end_line,
                             .end_column = panic->end_column};
    note_error(file, "panic", &d);
}

/* What kind of failure it is, where no diagnostic says more. */
static const char *phase_of(pt_status status)
{
    switch (pt_status_class_of(status)) {
    case PT_CLASS_USAGE:
        return "usage";
    case PT_CLASS_PROGRAM:
        return "compile";
    case PT_CLASS_INPUT:
        return "input";
    case PT_CLASS_PANIC:
        return "panic";
    case PT_CLASS_TRANSPORT:
        return "transport";
    case PT_CLASS_PEER:
        return "peer";
    case PT_CLASS_DONE:
    case PT_CLASS_INTERNAL:
        break;
    }
    return "internal";
}

static const char *message_of(pt_status status, const pt_error *error)
{
    return error->message[0] != '\0' ? error->message : pt_status_text(status);
}

json_t *report_errors_json(pt_status status, const pt_error *error)
{
    const pt_diagnostic d = {.message = message_of(status, error)};
    if (state.errors == NULL)
        note_error(NULL, phase_of(status), &d);
    return json_pack("{s:O}", "errors", state.errors);
}

void report_result_is_out(void)
{
    state.has_result = true;
}

bool report_has_result(void)
{
    return state.has_result;
}

void report_clear(void)
{
    json_decref(state.errors);
    state.errors = NULL;
}

/* ---- Errors on stderr ---- */

/* In place of a message: everything was said. */
static const char already_shown[] = "\x01";

void report_diagnostics(const char *file, const pt_diagnostics *diagnostics, pt_error *error)
{
    char *text = NULL;
    const size_t columns = state.terminal ? wrap_window(STDERR_FILENO) : 0;
    if (diagnostics == NULL ||
        pt_diagnostics_print(&text, diagnostics, state.color, columns, NULL) != PT_OK)
        return;
    report_text(REPORT_ERROR, text);
    pt_text_free(text);
    for (size_t i = 0; i < pt_diagnostics_count(diagnostics); i++) {
        const pt_diagnostic d = pt_diagnostics_get(diagnostics, i);
        note_error(file, d.phase, &d);
    }
    (void)error_set(error, error->status, "%s", already_shown);
}

const char *report_failure_text(pt_status status, const pt_error *error)
{
    const char *text = message_of(status, error);
    if (strcmp(text, already_shown) != 0)
        return text;
    const json_t *first = json_array_get(state.errors, 0);
    const char *message = json_string_value(json_object_get(first, "message"));
    return message != NULL ? message : pt_status_text(status);
}

void report_failure(pt_status status, const pt_error *error)
{
    const char *text = message_of(status, error);
    if (strcmp(text, already_shown) == 0)
        return;
    if (error->phase != NULL)
        report_message(REPORT_ERROR, "%s: %s (phase %s)", pt_status_text(status), text,
                       error->phase);
    else
        report_message(REPORT_ERROR, "%s", text);
}

/* The length of what is waited for, without the "(13 s)" in it; 0: no such text. */
static size_t wait_len(const char *text)
{
    for (const char *at = strstr(text, " ("); at != NULL; at = strstr(at + 1, " (")) {
        const size_t digits = strspn(at + 2, "0123456789");
        if (digits != 0 && strncmp(at + 2 + digits, " s)", 3) == 0)
            return (size_t)(at - text);
    }
    return 0;
}

/* Whether it is time to say again, in a line of its own, what is waited for. */
static bool wait_is_due(const char *text, size_t len)
{
    const uint64_t now = clock_ms();
    const size_t n = len < WAIT_SHOWN - 1 ? len : WAIT_SHOWN - 1;
    const bool is_new = strlen(state.wait) != n || memcmp(state.wait, text, n) != 0 ||
                        now - state.wait_told_ms > WAIT_OVER_MS;
    state.wait_told_ms = now;
    if (!is_new && now - state.wait_printed_ms < state.wait_every_ms)
        return false;
    memcpy(state.wait, text, n);
    state.wait[n] = '\0';
    state.wait_printed_ms = now;
    state.wait_every_ms = is_new ? WAIT_LINE_FIRST_MS : 2 * state.wait_every_ms;
    if (state.wait_every_ms > WAIT_LINE_MOST_MS)
        state.wait_every_ms = WAIT_LINE_MOST_MS;
    return true;
}

/* What is told every second: on a terminal one line that is rewritten, if it is short enough for
 * that; elsewhere lines that get rare. */
void report_notice(void *user, const char *text)
{
    char prefix[PREFIX_SIZE];
    const size_t len = wait_len(text);
    bool is_due = true;
    (void)user;
    put_prefix(prefix, sizeof prefix, REPORT_INFO);
    if (state.level < REPORT_INFO)
        return;
    (void)pthread_mutex_lock(&state.lock);
    if (len != 0 && state.terminal && strlen(prefix) + strlen(text) < wrap_columns(STDERR_FILENO)) {
        (void)fprintf(stderr, "\r\033[K%s%s", prefix, text);
        (void)fflush(stderr);
        state.live_line = true;
        is_due = false;
    } else if (len != 0) {
        is_due = wait_is_due(text, len);
    }
    (void)pthread_mutex_unlock(&state.lock);
    if (is_due)
        report_print(REPORT_INFO, text, false);
}

/* ", about 2 min left", once there is something to judge by. */
static void time_left(char *ret_text, size_t size, uint64_t elapsed_ms, uint64_t done,
                      uint64_t total)
{
    if (done * ESTIMATE_FROM_PART < total || done == 0 || elapsed_ms < ESTIMATE_AFTER_MS)
        return;
    const double left_s = (double)elapsed_ms / 1000 * ((double)total - (double)done) / (double)done;
    if (left_s < 100)
        (void)snprintf(ret_text, size, ", about %.0f s left", left_s);
    else if (left_s < 6000)
        (void)snprintf(ret_text, size, ", about %.0f min left", left_s / 60);
    else
        (void)snprintf(ret_text, size, ", about %.1f h left", left_s / 3600);
}

/* "42 % (garbling), about 3 s left"; the phase alone where nobody knows how much there is. */
static void progress_text(char *ret_text, size_t size, uint64_t elapsed_ms, const char *phase,
                          uint64_t done, uint64_t total)
{
    char left[64] = "";
    time_left(left, sizeof left, elapsed_ms, done, total);
    if (total != 0)
        (void)snprintf(ret_text, size, "%u %% (%s)%s",
                       (unsigned)(100.0 * (double)done / (double)total), phase, left);
    else
        (void)snprintf(ret_text, size, "%s", phase);
}

static void put_progress(const char *phase, uint64_t done, uint64_t total)
{
    char text[160];
    const uint64_t now = clock_ms();
    const uint64_t every = state.terminal ? LIVE_LINE_EVERY_MS : PLAIN_LINE_EVERY_MS;
    if (state.progress_start_ms == 0)
        state.progress_start_ms = now;
    if (now - state.last_progress_ms < every)
        return;
    state.last_progress_ms = now;
    progress_text(text, sizeof text, now - state.progress_start_ms, phase, done, total);
    if (state.terminal) {
        const size_t most = wrap_columns(STDERR_FILENO) - 1; /* one that is longer stays there */
        (void)fprintf(stderr, "\r\033[K%.*s", (int)wrap_cut(text, strlen(text), most), text);
        state.live_line = true;
    } else if (!state.json) {
        print_line(REPORT_INFO, text);
    }
    (void)fflush(stderr);
}

void report_progress(void *user, const char *phase, uint64_t done, uint64_t total)
{
    (void)user;
    if (state.level < REPORT_INFO)
        return;
    (void)pthread_mutex_lock(&state.lock);
    put_progress(phase, done, total);
    (void)pthread_mutex_unlock(&state.lock);
}

void report_compiling(void *user, const char *phase, uint64_t done, uint64_t total)
{
    char text[96];
    if (total != 0)
        (void)snprintf(text, sizeof text, "compiling: %s, %u %%", phase,
                       (unsigned)(100.0 * (double)done / (double)total));
    else if (done != 0)
        (void)snprintf(text, sizeof text, "compiling: %s, %llu gate%s", phase,
                       (unsigned long long)done, done == 1 ? "" : "s");
    else
        (void)snprintf(text, sizeof text, "compiling: %s", phase);
    report_progress(user, text, 0, 0);
}

void report_progress_end(void)
{
    (void)pthread_mutex_lock(&state.lock);
    clear_live_line();
    state.progress_start_ms = 0;
    (void)fflush(stderr);
    (void)pthread_mutex_unlock(&state.lock);
}
