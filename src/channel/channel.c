#include "channel/channel.h"

#include "base/error.h"

pt_status channel_check_peer(size_t party, size_t parties, size_t peer, pt_error *error)
{
    if (peer < parties && peer != party)
        return PT_OK;
    return error_set(error, PT_ERR_USAGE, "party %zu has no channel to party %zu", party, peer);
}

void pt_channel_close(pt_channel *channel)
{
    if (channel == NULL || channel->ops == NULL)
        return;
    channel->ops->close(channel->self);
    *channel = (pt_channel){0};
}
