/* How long the calls of a network channel wait, and what happens meanwhile: the user is told on
 * whom, and may cancel. Layer: channel. */
#ifndef CHANNEL_PATIENCE_H
#define CHANNEL_PATIENCE_H

#include <stdbool.h>
#include <stdint.h>

#include "channel/channel.h"
#include "polytune/network.h"

typedef struct patience {
    uint32_t timeout_ms;  /* of inactivity; never 0, see patience_init */
    uint32_t wait_ms;     /* for the others to come */
    uint64_t deadline_ms; /* by clock_ms(), for all of it; UINT64_MAX: none */
    uint32_t total_ms;    /* from the beginning until then */
    bool is_spent;        /* something has timed out: nobody waits long for anything more */
    pt_notice_fn notice;  /* may be NULL */
    void *notice_user;
    pt_cancelled_fn cancelled; /* may be NULL */
    void *cancelled_user;
} patience;

/* One wait. */
typedef struct waiting {
    uint64_t start_ms;
    uint64_t progress_ms; /* set it to clock_ms() whenever something moved */
    uint64_t notice_at_ms;
    uint32_t limit_ms;  /* without progress; 0: the time-out of inactivity */
    uint64_t excuse_ms; /* beyond that: something is on its way */
} waiting;

typedef enum wait_result {
    WAIT_ON,
    WAIT_TELL, /* tell the user, without the lock; then look */
    WAIT_TIMEOUT,
    WAIT_OVER /* patience_report_over */
} wait_result;

/* Fills in the defaults for 0; the deadline counts from now. */
patience patience_init(const pt_network_options *options);

waiting waiting_begin(void);
/* Whole seconds since then. */
unsigned long long waiting_seconds(const waiting *w);

/* Whether it is time to tell the user; if so, the next time is a while later. */
bool waiting_is_due(waiting *w);

/* What to do while nothing has come; WAIT_ON: wait for something to change, until `ret_until_ms` at
 * most, and look again. */
wait_result patience_look(const patience *p, waiting *w, uint64_t *ret_until_ms);

/* The same for what is left to send when a channel closes: false when to give up. Who has cancelled
 * or waited in vain does not want to wait long. */
bool patience_linger(const patience *p, const waiting *w, uint64_t *ret_until_ms);

/* Waits, less long if cancelled. */
void patience_sleep(const patience *p, uint64_t ms);

/* Whether the user has cancelled, or the deadline has passed. */
bool patience_is_over(const patience *p);
/* Which of the two: PT_ERR_CANCELLED, PT_ERR_TIMEOUT. */
MUST_CHECK pt_status patience_report_over(const patience *p, pt_error *error);

/* Passes a text to the user, if asked for. Never call it with a lock held. */
void patience_notice(const patience *p, const char *format, ...) PRINTF_LIKE(2, 3);

#endif
