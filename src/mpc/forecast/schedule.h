/* The order of a run's messages (protocol spec, section 6.6), walked without running it. Layer:
 * mpc. */
#ifndef MPC_FORECAST_SCHEDULE_H
#define MPC_FORECAST_SCHEDULE_H

#include "mpc/forecast/traffic.h"
#include "mpc/forecast/work.h"
#include "mpc/session/segments.h"

typedef struct schedule {
    traffic *t;
    const pt_circuit *circuit;
    segmentation segments;
    work_costs costs;
} schedule;

/* All messages and work from HELLO to the last party's result, in t->seats. */
void schedule_walk(const schedule *p);

#endif
