#include "base/watch.h"

#include "base/clock.h"

/* Between two calls of a kind. Tests want to stop at every place. */
#ifdef PT_TESTING
#    define WATCH_EVERY_MS 0
#else
#    define WATCH_EVERY_MS 100
#endif

static bool watch_is_due(uint64_t *at_ms)
{
    const uint64_t now = clock_ms();
    if (now < *at_ms)
        return false;
    *at_ms = now + WATCH_EVERY_MS;
    return true;
}

bool watch_goes_on(watch *w)
{
    if (w == NULL || w->cancelled == NULL)
        return true;
    if (!w->is_cancelled && watch_is_due(&w->ask_at_ms))
        w->is_cancelled = w->cancelled(w->cancelled_user);
    return !w->is_cancelled;
}

void watch_tell(watch *w, const char *phase, uint64_t done, uint64_t total)
{
    if (w != NULL && w->progress != NULL && watch_is_due(&w->tell_at_ms))
        w->progress(w->progress_user, phase, done, total);
}
