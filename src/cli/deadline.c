#include "cli/deadline.h"

#include "base/clock.h"
#include "base/error.h"
#include "cli/interrupt.h"

/* One for the process, like signals. Set before there are threads. */
static uint32_t total_ms;
static uint64_t end_ms;

void deadline_set(uint32_t ms)
{
    total_ms = ms;
    end_ms = clock_ms() + ms;
}

uint32_t deadline_left_ms(void)
{
    const uint64_t now = clock_ms();
    if (total_ms == 0)
        return 0;
    return now >= end_ms ? 1 : (uint32_t)(end_ms - now);
}

bool deadline_came(void *user)
{
    return interrupt_came(user) || (total_ms != 0 && clock_ms() >= end_ms);
}

pt_status deadline_explain(pt_status status, pt_error *error)
{
    const bool is_over = total_ms != 0 && clock_ms() >= end_ms;
    if (interrupt_came(NULL))
        return status;
    /* A channel knows only what was left when it was opened. */
    if (status != PT_ERR_CANCELLED && !(status == PT_ERR_TIMEOUT && is_over))
        return status;
    return error_set(error, PT_ERR_TIMEOUT, "not done within the %.1f s given for all of it",
                     (double)total_ms / 1000);
}
