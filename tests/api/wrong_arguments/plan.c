#include "api/wrong_arguments/table.h"

CALL(pt_plan_cot_bits)
{
    unsigned k = 0;
    const pt_plan_link link = {.bits_per_second = IS_WRONG(6) ? -1.0 : 1e8,
                               .round_trip_seconds = IS_WRONG(7) ? 1e30 : 0.05};
    const pt_mpc_options options = {.parties = SIZE(4, 2), .evaluator = SIZE(5, 0)};
    return pt_plan_cot_bits(PTR(0, &k), PTR(1, w->circuit), PTR(2, &options), PTR(3, &link), error);
}

CALL(pt_plan_segment_ands)
{
    uint32_t ands = 0;
    const pt_mpc_options options = {.parties = SIZE(3, 2), .evaluator = SIZE(4, 0)};
    return pt_plan_segment_ands(PTR(0, &ands), PTR(1, w->circuit), PTR(2, &options), UINT64_MAX,
                                error);
}

CALL(pt_plan_threads)
{
    unsigned threads = 0;
    const pt_mpc_options options = {.parties = SIZE(3, 2), .evaluator = SIZE(4, 0)};
    return pt_plan_threads(PTR(0, &threads), PTR(1, w->circuit), PTR(2, &options), 0, error);
}

CALL(pt_plan_make)
{
    pt_plan plan;
    pt_plan_seat seats[2];
    const pt_plan_link link = {.bits_per_second = IS_WRONG(7) ? -1.0 : 1e8,
                               .round_trip_seconds = IS_WRONG(8) ? 1e30 : 0.05};
    const pt_mpc_options options = {.parties = SIZE(5, 2), .evaluator = SIZE(6, 0)};
    return pt_plan_make(PTR(0, &plan), PTR(1, &seats[0]), SIZE(2, 2), PTR(3, w->circuit),
                        PTR(4, &options), wrong == 0 ? NULL : &link, error);
}

static const row rows[] = {
    FAILS(pt_plan_cot_bits, 8),
    FAILS(pt_plan_make, 9),
    FAILS(pt_plan_segment_ands, 5),
    FAILS(pt_plan_threads, 5),
};
TABLE(plan);
