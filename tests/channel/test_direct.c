/* The direct HTTP channel. */
#define _DEFAULT_SOURCE
#include "support/test.h"

#include "channel/channel.h"
#include "channel/conformance.h"
#include "channel/direct_mesh.h"

static void open_direct(void *user, pt_channel *ret_channels, size_t parties, uint32_t timeout_ms)
{
    (void)user;
    direct_mesh_open(ret_channels, parties, timeout_ms);
}

int main(void)
{
    conformance_subject direct = {"direct HTTP channel", 5, open_direct, NULL};
    return conformance_run(&direct);
}
