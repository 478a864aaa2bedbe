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

#define COST_BYTES_SIZE 24
/* A number of bytes, for people: "812 B", "77.1 MB". */
const char *cost_bytes_text(char ret_text[COST_BYTES_SIZE], uint64_t bytes);

#define COST_EVERY_PARTY SIZE_MAX
/* Makes the cost and tells it in a line on stderr, that of one party or of whichever pays most. */
MUST_CHECK pt_status cost_report(const computation *c, const mpc_flags *f, size_t party,
                                 pt_error *error);

#endif
