#include "node/client.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "channel/http/http.h"
#include "channel/http/url.h"

#define ANSWER_BYTES_MAX ((size_t)64 << 20)
#define BODY_BYTES_MAX   ((size_t)65536)
#define TIMEOUT_MS       30000

static pt_status check_way(const node_client *client, pt_error *error)
{
    if (!url_is_good(client->url))
        return error_set(error, PT_ERR_USAGE, "the node's URL is http(s)://HOST[:PORT][/PATH]");
    if (client->token == NULL || strncmp(client->url, "https://", 8) == 0 ||
        url_is_loopback(client->url))
        return PT_OK;
    return error_set(error, PT_ERR_USAGE,
                     "the token could be read on its way to %.100s: use https, or ask on the "
                     "node's own machine",
                     client->url);
}

/* What the node says about why not: {"type": .., "details": ..}. */
static pt_status refused_by_node(const http_call *call, const json_t *answer, pt_error *error)
{
    char problem[HTTP_PROBLEM_MAX];
    const char *details = json_string_value(json_object_get(answer, "details"));
    http_explain(call, problem, sizeof problem);
    char shown[HTTP_PROBLEM_MAX];
    (void)snprintf(shown, sizeof shown, "%s", details == NULL ? problem : details);
    for (char *c = shown; *c != '\0'; c++)
        *c = *c >= ' ' && *c <= '~' ? *c : '?';
    return error_set(error, PT_ERR_REFUSED, "the node answers %ld: %s", call->status, shown);
}

static pt_status take_answer(json_t **ret_answer, const http_call *call, pt_error *error)
{
    json_t *answer = call->response.len == 0
                         ? NULL
                         : json_loadb((const char *)call->response.bytes, call->response.len,
                                      JSON_REJECT_DUPLICATES, NULL);
    pt_status status = PT_OK;
    if (call->status < 200 || call->status > 299)
        status = refused_by_node(call, answer, error);
    else if (answer == NULL && call->response.len != 0)
        status = error_set(error, PT_ERR_IO, "what answers is no node: it sends no JSON");
    if (status == PT_OK)
        *ret_answer = answer;
    else
        json_decref(answer);
    return status;
}

static pt_status perform(http_call *call, const node_client *client, pt_error *error)
{
    char problem[HTTP_PROBLEM_MAX];
    http_handle *handle = http_handle_new(client->tls_ca);
    const bool done =
        handle != NULL && http_is_ready(call) && http_perform(handle, call, TIMEOUT_MS);
    http_handle_free(handle);
    if (!done)
        return error_memory(error);
    if (call->outcome == HTTP_ANSWERED)
        return PT_OK;
    http_explain(call, problem, sizeof problem);
    return error_set(error, PT_ERR_IO, "the node at %.100s does not answer: %s", client->url,
                     problem);
}

pt_status node_client_ask(json_t **ret_answer, const node_client *client, http_method method,
                          const char *path, const json_t *body, pt_error *error)
{
    http_call call;
    char text[BODY_BYTES_MAX];
    size_t len = 0;
    char *base = NULL;
    *ret_answer = NULL;
    pt_status status = check_way(client, error);
    if (status != PT_OK)
        return status;
    if (body != NULL)
        len = json_dumpb(body, text, sizeof text, JSON_COMPACT);
    if (len > sizeof text)
        return error_set(error, PT_ERR_USAGE, "that is too long");
    base = url_base(client->url);
    if (base == NULL)
        return error_memory(error);
    http_call_init(&call, ANSWER_BYTES_MAX);
    http_prepare(&call, method, base, "%s", path);
    if (client->token != NULL)
        http_header(&call, "Authorization: Bearer %s", client->token);
    if (len != 0)
        http_header(&call, "Content-Type: application/json");
    http_body(&call, text, len);
    status = perform(&call, client, error);
    if (status == PT_OK)
        status = take_answer(ret_answer, &call, error);
    http_call_clear(&call);
    mem_free(base);
    return status;
}
