#include "channel/channel.h"

void pt_channel_close(pt_channel *channel)
{
    if (channel == NULL || channel->ops == NULL)
        return;
    channel->ops->close(channel->self);
    *channel = (pt_channel){0};
}
