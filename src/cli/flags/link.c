#include "cli/flags/link.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"

#define DELAY_MAX_MS 10000
#define BITS_MIN     8.0 /* a second */
#define BITS_MAX     8e12

/* A positive number and the unit behind it; false if `text` is none, or not to its end. */
static bool read_quantity(double *ret, const char *text, const char *end, const char *unit)
{
    char *after = NULL;
    errno = 0;
    *ret = strtod(text, &after);
    const size_t len = strlen(unit);
    return errno == 0 && after != text && *text >= '0' && *text <= '9' && *ret >= 0 &&
           after + len == end && strncmp(after, unit, len) == 0;
}

static bool read_rate(double *ret_bits, const char *text, const char *end)
{
    static const struct {
        const char *unit;
        double bits;
    } units[] = {{"kbit", 1e3}, {"mbit", 1e6}, {"gbit", 1e9}};
    for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
        double rate = 0;
        if (!read_quantity(&rate, text, end, units[i].unit))
            continue;
        *ret_bits = rate * units[i].bits;
        return *ret_bits >= BITS_MIN && *ret_bits <= BITS_MAX;
    }
    return false;
}

pt_status link_flag_parse(pt_plan_link *ret_link, const char *text, pt_error *error)
{
    const char *comma = strchr(text, ',');
    double bits = 0;
    double ms = 0;
    if (comma == NULL || !read_rate(&bits, text, comma) ||
        !read_quantity(&ms, comma + 1, text + strlen(text), "ms") || ms > DELAY_MAX_MS)
        return error_set(error, PT_ERR_USAGE,
                         "--link is a rate and a round trip, such as 100mbit,50ms, not '%.60s'",
                         text);
    *ret_link = (pt_plan_link){.bits_per_second = bits, .round_trip_seconds = ms / 1e3};
    return PT_OK;
}
