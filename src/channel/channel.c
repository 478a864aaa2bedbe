#include "channel/channel.h"

#include <stdlib.h>

#include "base/error.h"

pt_status channel_check_peer(size_t party, size_t parties, size_t peer, pt_error *error)
{
    if (peer < parties && peer != party)
        return PT_OK;
    return error_set(error, PT_ERR_USAGE, "party %zu has no channel to party %zu", party, peer);
}

bool channel_is_whole(const pt_channel *c)
{
    return c != NULL && c->ops != NULL && c->ops->send != NULL && c->ops->recv != NULL &&
           c->ops->close != NULL;
}

/* Passes on how a call failed, with words if it gave none. */
static pt_status failed_call(pt_status status, const pt_error *own, size_t peer, const char *phase,
                             pt_error *error)
{
    if (own->status != status || own->message[0] == '\0')
        return error_set_peer(error, status, (int)peer, phase, "the channel to party %zu: %s", peer,
                              pt_status_text(status));
    if (error != NULL)
        *error = *own;
    return status;
}

pt_status channel_send(const pt_channel *c, size_t to, const char *phase, const uint8_t *bytes,
                       size_t len, pt_error *error)
{
    pt_error own;
    pt_error_clear(&own);
    const pt_status status = c->ops->send(c->self, to, phase, bytes, len, &own);
    return status == PT_OK ? PT_OK : failed_call(status, &own, to, phase, error);
}

pt_status channel_recv(const pt_channel *c, size_t from, const char *phase, size_t max_len,
                       uint8_t **ret_bytes, size_t *ret_len, pt_error *error)
{
    pt_error own;
    uint8_t *bytes = NULL;
    size_t len = 0;
    pt_error_clear(&own);
    const pt_status status = c->ops->recv(c->self, from, phase, max_len, &bytes, &len, &own);
    if (status != PT_OK)
        return failed_call(status, &own, from, phase, error);
    if (bytes == NULL || len > max_len) {
        free(bytes);
        return error_set_peer(error, PT_ERR_INTERNAL, (int)from, phase,
                              "the channel gave %s from party %zu",
                              bytes == NULL ? "no bytes" : "more than was asked for", from);
    }
    *ret_bytes = bytes;
    *ret_len = len;
    return PT_OK;
}

void pt_channel_close(pt_channel *channel)
{
    if (channel == NULL || channel->ops == NULL || channel->ops->close == NULL)
        return;
    channel->ops->close(channel->self);
    *channel = (pt_channel){0};
}
