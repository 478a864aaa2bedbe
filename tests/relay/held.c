#include "support/test.h"

#include "relay/held.h"

#include "base/clock.h"
#include "httpd/expect.h"

#define LONGEST_MS 60000

void wait_until_held(uint16_t port, int n)
{
    char wanted[64];
    (void)snprintf(wanted, sizeof wanted, "polytune_relay_requests_held %d\n", n);
    const uint64_t end_ms = clock_ms() + LONGEST_MS;
    for (bool found = false; !found;) {
        http_response r = http_once(port, "GET", "/metrics", "", "", 0);
        assert_int_equal(r.status, 200);
        found = strstr((char *)r.body, wanted) != NULL;
        http_clear(&r);
        if (!found && clock_ms() > end_ms)
            fail_msg("the relay does not hold %d requests", n);
    }
}
