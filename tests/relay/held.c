#include "support/test.h"

#include "relay/held.h"

#include "base/clock.h"
#include "httpd/expect.h"

#define LONGEST_MS 60000

void wait_for_figure(uint16_t port, const char *name, size_t n)
{
    char wanted[96];
    (void)snprintf(wanted, sizeof wanted, "\npolytune_relay_%s %zu\n", name, n);
    const uint64_t end_ms = clock_ms() + LONGEST_MS;
    for (bool found = false; !found;) {
        http_response r = http_once(port, "GET", "/metrics", "", "", 0);
        assert_int_equal(r.status, 200);
        found = strstr((char *)r.body, wanted) != NULL;
        http_clear(&r);
        if (!found && clock_ms() > end_ms)
            fail_msg("the relay's %s are not %zu", name, n);
    }
}

void wait_until_held(uint16_t port, size_t n)
{
    wait_for_figure(port, "requests_held", n);
}
