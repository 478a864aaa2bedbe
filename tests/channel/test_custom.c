/* The example of a channel written by an embedder keeps the contract, too. */
#include "support/test.h"

#include "channel/conformance.h"

/* From examples/custom_channel.c. */
pt_status socket_channel_pair(pt_channel ret_channels[2], int timeout_ms);

static void open_pair(void *user, pt_channel *ret_channels, size_t parties, uint32_t timeout_ms)
{
    (void)user;
    assert_int_equal(parties, 2);
    assert_int_equal(socket_channel_pair(ret_channels, (int)timeout_ms), PT_OK);
}

int main(void)
{
    conformance_subject custom = {"custom channel of the example", 2, open_pair, NULL};
    return conformance_run(&custom);
}
