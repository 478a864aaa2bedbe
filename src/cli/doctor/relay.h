/* Looking at a relay: whether it is one, what passes through it, and how fast. Layer: cli. */
#ifndef CLI_DOCTOR_RELAY_H
#define CLI_DOCTOR_RELAY_H

#include "cli/doctor/look.h"

/* 0 where they could not be measured. */
typedef struct doctor_rates {
    double up; /* bytes a second */
    double down;
} doctor_rates;

/* `ping` is the answer to GET /ping. */
MUST_CHECK pt_status doctor_relay(doctor_server *s, doctor_rates *ret_rates, const http_call *ping,
                                  pt_error *error);

#endif
