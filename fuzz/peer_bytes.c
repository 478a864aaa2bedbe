#include "peer_bytes.h"

#include <stdlib.h>
#include <string.h>

static pt_status fuzz_send(void *self, size_t to, const char *phase, const uint8_t *bytes,
                           size_t len, pt_error *error)
{
    (void)self;
    (void)to;
    (void)phase;
    (void)bytes;
    (void)len;
    (void)error;
    return PT_OK;
}

static pt_status fuzz_recv(void *self, size_t from, const char *phase, size_t max_len,
                           uint8_t **ret_bytes, size_t *ret_len, pt_error *error)
{
    peer_bytes *p = self;
    (void)phase;
    (void)error;
    if (p->left < 2)
        return PT_ERR_CLOSED;
    size_t len = (size_t)p->at[0] | (size_t)p->at[1] << 8;
    p->at += 2;
    p->left -= 2;
    if (len > p->left)
        len = p->left;
    if (len > max_len)
        return PT_ERR_TOO_LARGE;
    uint8_t *message = malloc(len + 1);
    if (message == NULL)
        return PT_ERR_MEMORY;
    memcpy(message, p->at, len);
    p->at += len;
    p->left -= len;
    if (p->change != NULL)
        p->change(p->user, from, message, len);
    *ret_bytes = message;
    *ret_len = len;
    return PT_OK;
}

static void fuzz_close(void *self)
{
    (void)self;
}

pt_channel peer_bytes_channel(peer_bytes *peers)
{
    static const pt_channel_ops ops = {.send = fuzz_send, .recv = fuzz_recv, .close = fuzz_close};
    return (pt_channel){&ops, peers};
}
