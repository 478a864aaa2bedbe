/* A run's cost in traffic, delays, memory and time. Layer: mpc. polytune/plan.h is its face. */
#ifndef MPC_FORECAST_FORECAST_H
#define MPC_FORECAST_FORECAST_H

#include "mpc/session/session.h"
#include "polytune/plan.h"

/* pt_plan_make with checked arguments and zeroed results, in segments of `segment_ands` AND gates.
 */
MUST_CHECK pt_status forecast_make(pt_plan *ret_plan, pt_plan_seat *ret_seats,
                                   const pt_circuit *circuit, uint64_t segment_ands,
                                   const pt_mpc_options *options, const pt_plan_link *link,
                                   pt_error *error);

#endif
