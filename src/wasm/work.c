/* In place of mpc/forecast/work.c: time is not told here (cost.c), so nothing is measured. */
#include "mpc/forecast/work.h"

#include "base/error.h"

pt_status work_costs_probe(work_costs *ret_costs, unsigned k, pt_error *error)
{
    (void)ret_costs;
    (void)k;
    return error_set(error, PT_ERR_UNSUPPORTED, "the time of a run is not told here");
}
