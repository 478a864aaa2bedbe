/* What a computation would take on a link that was measured. Layer: cli. */
#ifndef CLI_DOCTOR_PLAN_H
#define CLI_DOCTOR_PLAN_H

#include "cli/computation.h"
#include "cli/doctor/report.h"

typedef struct doctor_link {
    double bytes_per_second; /* the slower of both ways */
    double delay_s;          /* of a message from a party to another */
} doctor_link;

/* Runs the compiled computation here with inputs that are zero, as if each party had a machine of
 * its own and this link; a large one is taken from what smaller ones need. Reports bytes, delays
 * and time. */
MUST_CHECK pt_status doctor_plan(doctor_report *r, const computation *c, const doctor_link *link,
                                 pt_error *error);

#endif
