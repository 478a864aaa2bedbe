/* Whether messages pass through a relay, up to which size, and how fast. Layer: channel.
 *
 * In a session of its own, under a name that nobody else has, two seats are taken, a message is
 * posted and received, and the seats are left: what clients of a relay do, without a channel. */
#ifndef CHANNEL_HTTP_RELAY_PROBE_H
#define CHANNEL_HTTP_RELAY_PROBE_H

#include "channel/http/probe.h"
#include "polytune/status.h"

typedef struct relay_findings {
    size_t message_max;                /* the largest that parties send */
    size_t largest;                    /* size tried that passed; 0: none */
    bool is_changed;                   /* what came back is not what was sent */
    double up, down;                   /* bytes a second; 0: not measured */
    uint32_t timeout_max_s;            /* that the relay takes; 0: it does not say */
    char no_session[HTTP_PROBLEM_MAX]; /* why there was no session */
    char no_larger[HTTP_PROBLEM_MAX];  /* why larger ones do not pass */
    char no_message[HTTP_PROBLEM_MAX]; /* why what was posted was not received */
} relay_findings;

/* `round_trip_s` is left out of the times that the rates follow from. PT_ERR_MEMORY,
 * PT_ERR_RANDOM. */
MUST_CHECK pt_status relay_probe_run(relay_findings *ret_findings, http_probe *p,
                                     double round_trip_s, pt_error *error);

/* Whether an answer to GET /ping is a relay's. */
bool relay_probe_is_pong(const http_call *ping);

#endif
