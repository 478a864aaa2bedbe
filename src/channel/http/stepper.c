#include "channel/http/stepper.h"

#include "base/assert.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/min.h"

#define HOLD_S 2 /* meanwhile nothing else goes, and nobody can cancel */

/* Nothing else goes while a call does, and in a browser one takes milliseconds however little it
 * carries. */
#define FULL_PACKET ((size_t)512 << 10)

/* Performs the call; with the lock held, but not meanwhile. */
static void stepper_perform(delivery *d, transfer *t)
{
    mailboxes *m = &d->mail;
    char problem[HTTP_PROBLEM_MAX + 128] = "";
    /* An answer that the relay holds back is not late. */
    const uint64_t limit_ms = (uint64_t)m->patience.timeout_ms + 1000 * HOLD_S;
    monitor_unlock(&m->lock);
    const bool ok = d->driver->caller->perform(d->driver_state, &t->call, limit_ms);
    monitor_lock(&m->lock);
    if (!ok) {
        delivery_give_up(t);
        return;
    }
    delivery_done(t, problem, sizeof problem);
    if (problem[0] == '\0')
        return;
    monitor_unlock(&m->lock);
    patience_notice(&m->patience, "retrying: %s", problem);
    monitor_lock(&m->lock);
}

/* Performs one request that is due. False, and when one will be, if there is none. */
static bool stepper_step(delivery *d, size_t whom, uint64_t *ret_next_ms)
{
    transfer *t = delivery_next(d, whom, ret_next_ms);
    if (t == NULL)
        return false;
    stepper_perform(d, t);
    return true;
}

static void stepper_wait(mailboxes *m, const mailbox *awaited, uint64_t until_ms)
{
    delivery *d = (delivery *)m;
    uint64_t next_ms = 0;
    if (stepper_step(d, DELIVERY_ASK_NONE, &next_ms))
        return;
    if (awaited != NULL && stepper_step(d, awaited->party, &next_ms))
        return;
    const uint64_t now = clock_ms();
    next_ms = min_u64(next_ms, until_ms);
    monitor_unlock(&m->lock);
    if (next_ms > now)
        patience_sleep(&m->patience, next_ms - now);
    monitor_lock(&m->lock);
}

/* Whether some peer's packets pile up. */
static bool is_piling_up(const mailboxes *m)
{
    for (size_t i = 0; i < m->parties; i++)
        if (m->boxes[i].out_first != m->boxes[i].out_last)
            return true;
    return false;
}

static void stepper_has_mail(mailboxes *m)
{
    uint64_t next_ms = 0;
    monitor_lock(&m->lock);
    while (is_piling_up(m) && stepper_step((delivery *)m, DELIVERY_ASK_NONE, &next_ms))
        continue;
    monitor_unlock(&m->lock);
}

static void stepper_has_room(mailboxes *m)
{
    (void)m; /* who waits next asks */
}

static pt_status stepper_open(delivery *d, pt_error *error)
{
    const http_caller *caller = d->driver->caller;
    PT_ASSERT(d->driver_state == NULL);
    d->driver_state = caller->open(caller->user, d->tls_ca);
    return d->driver_state == NULL ? error_memory(error) : PT_OK;
}

static bool stepper_call(delivery *d, http_call *call, uint64_t timeout_ms)
{
    return d->driver->caller->perform(d->driver_state, call, timeout_ms);
}

/* Nothing goes on by itself. */
static pt_status stepper_start(delivery *d, pt_error *error)
{
    (void)d;
    (void)error;
    return PT_OK;
}

static void stepper_halt(delivery *d)
{
    (void)d;
}

static void stepper_close(delivery *d)
{
    if (d->driver_state != NULL)
        d->driver->caller->close(d->driver_state);
    d->driver_state = NULL;
}

static const mailbox_pump stepper_pump = {stepper_has_mail, stepper_has_room, stepper_wait};

http_driver stepper_driver(const http_caller *caller)
{
    return (http_driver){.caller = caller,
                         .pump = &stepper_pump,
                         .hold_s = HOLD_S,
                         .gather = FULL_PACKET,
                         .open = stepper_open,
                         .perform = stepper_call,
                         .start = stepper_start,
                         .halt = stepper_halt,
                         .close = stepper_close};
}
