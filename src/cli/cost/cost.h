/* What a computation will cost, as the command tells it. Layer: cli. */
#ifndef CLI_COST_COST_H
#define CLI_COST_COST_H

#include "base/compiler.h"
#include "cli/computation.h"
#include "cli/flags/mpc_flags.h"

typedef struct cost {
    pt_plan plan;
    pt_plan_seat *seats; /* the parties', then the dealer's */
    size_t n_seats;
} cost;

/* Of a compiled computation, `f` being divided; `link` as for pt_plan_make. Release with
 * cost_clear. */
MUST_CHECK pt_status cost_init(cost *ret_cost, const computation *c, const mpc_flags *f,
                               const pt_plan_link *link, pt_error *error);
void cost_clear(cost *k);

/* Without --cot-bits, the k that suits the link best, as this party's wish; none where it hardly
 * matters. */
MUST_CHECK pt_status cost_wish(mpc_flags *f, const computation *c, const pt_plan_link *link,
                               pt_error *error);

#define COST_EVERY_PARTY SIZE_MAX

/* The largest segments with which `party`, or COST_EVERY_PARTY, stays within the memory of
 * --memory with one thread, and then as many of its threads as do. PT_ERR_LIMIT. */
MUST_CHECK pt_status cost_fit(mpc_flags *f, const computation *c, size_t party, uint64_t bytes,
                              pt_error *error);

/* What is taken for the link of which only the round trip is known: from 10 ms on a wide-area one,
 * of 100 Mbit/s; a nearer one, or 0 for an unknown round trip, is not worth a wish. */
MUST_CHECK bool cost_link_of(pt_plan_link *ret_link, double round_trip_seconds);

#define COST_BYTES_SIZE 24
/* A number of bytes, for people: "812 B", "77.1 MB". */
const char *cost_bytes_text(char ret_text[COST_BYTES_SIZE], uint64_t bytes);

/* Makes the cost and tells it in a line on stderr, that of one party or of whichever pays most. */
MUST_CHECK pt_status cost_report(const computation *c, const mpc_flags *f, size_t party,
                                 pt_error *error);

#endif
