#include "channel/patience.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/min.h"

#define DEFAULT_TIMEOUT_MS  60000
#define DEFAULT_WAIT_MS     600000
#define NOTICE_AFTER_MS     2000 /* a wait is first spoken of after so long, then every second */
#define NOTICE_EVERY_MS     1000
#define CANCEL_POLL_MS      200
#define CANCELLED_LINGER_MS 2000
#define SPENT_LINGER_MS     700

patience patience_init(const pt_network_options *options)
{
    const uint32_t total_ms = options->deadline_ms;
    return (patience){.timeout_ms =
                          options->timeout_ms == 0 ? DEFAULT_TIMEOUT_MS : options->timeout_ms,
                      .wait_ms = options->wait_ms == 0 ? DEFAULT_WAIT_MS : options->wait_ms,
                      .deadline_ms = total_ms == 0 ? UINT64_MAX : clock_ms() + total_ms,
                      .total_ms = total_ms,
                      .notice = options->notice,
                      .notice_user = options->notice_user,
                      .cancelled = options->cancelled,
                      .cancelled_user = options->cancelled_user};
}

waiting waiting_begin(void)
{
    const uint64_t now = clock_ms();
    return (waiting){.start_ms = now, .progress_ms = now, .notice_at_ms = now + NOTICE_AFTER_MS};
}

unsigned long long waiting_seconds(const waiting *w)
{
    return (clock_ms() - w->start_ms) / 1000;
}

bool waiting_is_due(waiting *w)
{
    const uint64_t now = clock_ms();
    if (now < w->notice_at_ms)
        return false;
    w->notice_at_ms = now + NOTICE_EVERY_MS;
    return true;
}

static bool is_cancelled(const patience *p)
{
    return p->cancelled != NULL && p->cancelled(p->cancelled_user);
}

bool patience_is_over(const patience *p)
{
    return clock_ms() >= p->deadline_ms || is_cancelled(p);
}

pt_status patience_report_over(const patience *p, pt_error *error)
{
    if (!is_cancelled(p))
        return error_set(error, PT_ERR_TIMEOUT,
                         "not done within the " CLOCK_SECONDS " given for all of it",
                         CLOCK_SECONDS_OF(p->total_ms));
    return error_set(error, PT_ERR_CANCELLED, "cancelled while waiting for another party");
}

void patience_sleep(const patience *p, uint64_t ms)
{
    const uint64_t end = clock_ms() + ms;
    for (uint64_t now; (now = clock_ms()) < end && !patience_is_over(p);)
        clock_sleep(min_u64(end - now, CANCEL_POLL_MS));
}

/* Until when to wait at once: who may cancel is asked now and then. */
static uint64_t wait_until(const patience *p, uint64_t now, uint64_t until)
{
    until = min_u64(until, p->deadline_ms);
    return p->cancelled == NULL ? until : min_u64(until, now + CANCEL_POLL_MS);
}

wait_result patience_look(const patience *p, waiting *w, uint64_t *ret_until_ms)
{
    const uint64_t now = clock_ms();
    const uint32_t limit_ms = w->limit_ms == 0 ? p->timeout_ms : w->limit_ms;
    const uint64_t deadline = w->progress_ms + limit_ms + w->excuse_ms;
    if (patience_is_over(p))
        return WAIT_OVER;
    if (now >= deadline)
        return WAIT_TIMEOUT;
    if (waiting_is_due(w))
        return WAIT_TELL;
    *ret_until_ms = wait_until(p, now, min_u64(w->notice_at_ms, deadline));
    return WAIT_ON;
}

bool patience_linger(const patience *p, const waiting *w, uint64_t *ret_until_ms)
{
    const uint64_t now = clock_ms();
    uint64_t deadline = w->progress_ms + p->timeout_ms;
    if (patience_is_over(p))
        deadline = min_u64(deadline, w->start_ms + CANCELLED_LINGER_MS);
    if (p->is_spent)
        deadline = min_u64(deadline, w->start_ms + SPENT_LINGER_MS);
    if (now >= deadline)
        return false;
    *ret_until_ms = p->cancelled == NULL ? deadline : min_u64(deadline, now + CANCEL_POLL_MS);
    return true;
}

void patience_notice(const patience *p, const char *format, ...)
{
    char text[768];
    va_list args;
    if (p->notice == NULL)
        return;
    va_start(args, format);
    (void)vsnprintf(text, sizeof text, format, args);
    va_end(args);
    p->notice(p->notice_user, text);
}
