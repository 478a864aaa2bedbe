#include "mpc/session/segments.h"

#include "base/assert.h"
#include "base/min.h"
#include "mpc/session/params.h"

static uint64_t quotient_up(uint64_t a, uint64_t b)
{
    return a / b + (a % b != 0);
}

segmentation segments_of(uint64_t n_and, uint64_t most)
{
    PT_ASSERT(most > 0);
    const uint64_t n = n_and == 0 ? 1 : quotient_up(n_and, most);
    const uint64_t alike = quotient_up(n_and, n);
    return (segmentation){.n = n, .ands = alike >= MPC_SEGMENT_ANDS_ALIKE ? alike : most};
}

uint64_t segments_ands_at(const segmentation *s, uint64_t n_and, uint64_t number)
{
    PT_ASSERT(number < s->n && number * s->ands <= n_and);
    return min_u64(s->ands, n_and - number * s->ands);
}
