#include "wasm/mesh.h"

#include <stdio.h>

#include "base/error.h"
#include "base/mem.h"
#include "channel/channel.h"
#include "channel/http/call.h"
#include "channel/queue.h"
#include "wasm/host.h"

#define STATUS_DONE 200

typedef struct mesh {
    size_t party;
    size_t parties;
} mesh;

/* Performs the call for `peer`; PT_OK also when it has left, which `data` says. */
static pt_status mesh_call(const mesh *m, size_t peer, const char *phase, host_call_data *data,
                           pt_error *error)
{
    char url[32];
    const pt_status status = channel_check_peer(m->party, m->parties, peer, error);
    if (status != PT_OK)
        return status;
    data->url = url;
    data->url_len = (uint32_t)snprintf(url, sizeof url, "party:%zu", peer);
    host_call(data);
    if (data->outcome == HTTP_ANSWERED)
        return PT_OK;
    mem_free(data->response);
    if (host_progress("", 0, 0) != 0)
        return error_set(error, PT_ERR_CANCELLED, "cancelled while waiting for another party");
    return error_set_peer(error, PT_ERR_IO, (int)peer, phase,
                          "messages of party %zu cannot be exchanged here", peer);
}

static pt_status mesh_send(void *self, size_t to, const char *phase, const uint8_t *bytes,
                           size_t len, pt_error *error)
{
    host_call_data data = {.method = HOST_POST, .body = bytes, .body_len = (uint32_t)len};
    const pt_status status = mesh_call(self, to, phase, &data, error);
    if (status == PT_OK)
        mem_free(data.response);
    return status;
}

static pt_status mesh_recv(void *self, size_t from, const char *phase, size_t max_len,
                           uint8_t **ret_bytes, size_t *ret_len, pt_error *error)
{
    host_call_data data = {.method = HOST_GET, .response_max = UINT32_MAX - 1};
    pt_status status = mesh_call(self, from, phase, &data, error);
    if (status != PT_OK)
        return status;
    if (data.status != STATUS_DONE)
        status = error_set_peer(error, PT_ERR_CLOSED, (int)from, phase,
                                "party %zu has closed its channel", from);
    else if (data.response_len > max_len)
        status = error_set_peer(error, PT_ERR_TOO_LARGE, (int)from, phase,
                                "a message of party %zu has %u bytes, more than %zu", from,
                                (unsigned)data.response_len, max_len);
    if (status == PT_OK && data.response == NULL)
        data.response = message_copy(NULL, 0);
    if (status == PT_OK && data.response == NULL)
        status = error_memory(error);
    if (status != PT_OK) {
        mem_free(data.response);
        return status;
    }
    *ret_bytes = data.response;
    *ret_len = data.response_len;
    return PT_OK;
}

static void mesh_close(void *self)
{
    mem_free(self); /* the host tells the others when this party is done */
}

static pt_channel_kind mesh_kind(void *self)
{
    (void)self;
    return PT_CHANNEL_LOCAL;
}

static const pt_channel_ops mesh_ops = {
    .send = mesh_send, .recv = mesh_recv, .close = mesh_close, .kind = mesh_kind};

pt_status mesh_open(pt_channel *ret_channel, size_t party, size_t parties, pt_error *error)
{
    mesh *m = mem_new(1, sizeof *m);
    if (m == NULL)
        return error_memory(error);
    *m = (mesh){party, parties};
    *ret_channel = (pt_channel){&mesh_ops, m};
    return PT_OK;
}
