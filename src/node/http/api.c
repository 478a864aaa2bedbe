#include "node/http/api.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/assert.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "httpd/text.h"
#include "node/http/client_certificate.h"
#include "node/http/request.h"

#define BODY_MAX   ((size_t)32 << 20)  /* of a policy */
#define BODIES_MAX ((size_t)256 << 20) /* that are on their way, of all */
#define SMALL_MAX  ((size_t)65536)     /* of any other request */
#define MESSAGES   "/msg/"

/* What a caller must be allowed to for a path; 0: anybody. */
static const struct {
    const char *path; /* I: a computation's id */
    route route;
    const char *allow;
    unsigned roles; /* any of these */
    enum MHD_Result (*answer)(node_request *r);
} paths[] = {
    {"/schedule", ROUTE_SCHEDULE, "POST", NODE_SCHEDULE, answer_schedule},
    {"/computations", ROUTE_LIST, "GET, HEAD",
     NODE_SCHEDULE | NODE_READ | NODE_APPROVE | NODE_ADMIN, answer_list},
    {"/computations/I", ROUTE_COMPUTATION, "GET, HEAD, DELETE",
     NODE_SCHEDULE | NODE_READ | NODE_APPROVE | NODE_ADMIN, answer_computation},
    {"/computations/I/result", ROUTE_RESULT, "GET", NODE_SCHEDULE, answer_result},
    {"/computations/I/approve", ROUTE_APPROVE, "POST", NODE_APPROVE, answer_approve},
    {"/computations/I/deny", ROUTE_DENY, "POST", NODE_APPROVE, answer_deny},
    {"/health", ROUTE_HEALTH, "GET, HEAD", 0, answer_health},
    {"/metrics", ROUTE_METRICS, "GET, HEAD", NODE_ADMIN, answer_metrics},
    {"/api.json", ROUTE_DOCUMENT, "GET, HEAD", 0, answer_document},
    {"/", ROUTE_PAGE, "GET, HEAD", 0, answer_page},
};
#define N_PATHS (sizeof paths / sizeof *paths)

static node *node_of(const httpd_request *http)
{
    return httpd_user(http->server);
}

/* ---- the path ---- */

/* Whether the path fits the pattern; *ret_id: what stands for I, which need not be an id. */
static bool fits(const char *pattern, const char *path, const char **ret_id, size_t *ret_len)
{
    for (; *pattern != '\0'; pattern++) {
        if (*pattern == 'I') {
            *ret_id = path;
            *ret_len = strcspn(path, "/");
            path += *ret_len;
        } else if (*path++ != *pattern) {
            return false;
        }
    }
    return *path == '\0';
}

static bool is_allowed_method(const char *allow, const char *method)
{
    const size_t len = strlen(method);
    for (const char *at = allow; (at = strstr(at, method)) != NULL; at += len)
        if ((at == allow || at[-1] == ' ') && (at[len] == ',' || at[len] == '\0'))
            return true;
    return false;
}

static void route_request(node_request *r, const char *method, const char *path)
{
    const char *id = NULL;
    size_t len = 0;
    size_t i = 0;
    while (i < N_PATHS && !fits(paths[i].path, path, &id, &len))
        i++;
    if (i == N_PATHS) {
        request_refuse(r, 404, "NotFound", "there is no such path");
        return;
    }
    r->route = paths[i].route;
    r->http.allow = paths[i].allow;
    r->is_delete = strcmp(method, "DELETE") == 0;
    if (!is_allowed_method(paths[i].allow, method))
        request_refuse(r, 405, "MethodNotAllowed", "this path takes %s", paths[i].allow);
    else if (id != NULL && !policy_id_read(r->id, id, len))
        request_refuse(r, 400, "BadPath", "the id of a computation is a UUID");
}

/* A message for a computation that does not wait for it: it has not been scheduled here yet, or has
 * ended. */
static void refuse_message(node_request *r)
{
    record found;
    pt_error error;
    bool is_there = false;
    if (records_find_state(r->node->records, &found, &is_there, r->id, &error) != PT_OK) {
        request_refuse(r, 503, "Store", "the store cannot be used at the moment");
        return;
    }
    if (is_there && (found.state == RECORD_DONE || found.state == RECORD_FAILED))
        request_refuse(r, 410, "Ended", "%s",
                       found.told == NULL ? "the computation has ended" : found.told);
    else
        request_refuse(r, 404, "UnknownComputationId",
                       "computation %s does not wait for messages here, or not yet", r->id);
    record_clear(&found);
}

/* /msg/{id}/{from}, below any path: the participants' URLs may have one. False: it is none. */
static bool route_message(node_request *r, const char *method, const char *path)
{
    const char *at = strstr(path, MESSAGES);
    if (at == NULL)
        return false;
    for (const char *later; (later = strstr(at + 1, MESSAGES)) != NULL;)
        at = later;
    const char *id = at + strlen(MESSAGES);
    const size_t len = strcspn(id, "/");
    uint64_t from = 0;
    r->is_message = true;
    r->http.allow = "POST";
    if (strcmp(method, "POST") != 0)
        request_refuse(r, 405, "MethodNotAllowed", "this path takes POST");
    else if (!policy_id_read(r->id, id, len) || id[len] != '/' ||
             !text_number(id + len + 1, strlen(id + len + 1), UINT32_MAX, &from))
        request_refuse(r, 400, "BadPath", "expected /msg/ID/FROM: a UUID, and a party's number");
    else if (direct_hub_begin(&r->node->hub, &r->post, r->id, strlen(r->id), method, path))
        r->route = ROUTE_POST;
    else
        refuse_message(r);
    return true;
}

static void api_begin(httpd_request *http, const char *method, const char *path)
{
    node_request *r = (node_request *)http;
    r->node = node_of(http);
    const char *prefix = r->node->prefix;
    const size_t len = strlen(prefix);
    if (route_message(r, method, path))
        return;
    if (strncmp(path, prefix, len) == 0 && path[len] == '/')
        path += len;
    route_request(r, method, path);
}

/* ---- the head ---- */

static void api_header(httpd_request *http, const char *name, const char *value)
{
    node_request *r = (node_request *)http;
    if (r->route == ROUTE_POST) {
        direct_app.header(http, name, value);
    } else if (strcasecmp(name, "Authorization") == 0) {
        if (r->authorization != NULL)
            request_refuse(r, 400, "BadHeader", "there are two Authorization headers");
        r->authorization = value;
    } else if (strcasecmp(name, "Content-Type") == 0) {
        r->content_type = value;
    }
}

static void api_argument(httpd_request *http, const char *name, const char *value)
{
    node_request *r = (node_request *)http;
    if (strcmp(name, "state") == 0)
        r->state = value;
}

/* Who asks. */
static void identify_caller(node_request *r, const settings *s)
{
    node_caller caller;
    pt_error error;
    char certificate[CLIENT_CERTIFICATE_SIZE];
    caller_proof proof = {.authorization = r->authorization};
    if (r->authorization == NULL && s->config.client_ca != NULL &&
        client_certificate(certificate, r->http.connection))
        proof.certificate_sha256 = certificate;
    if (s->config.insecure_allow_all) {
        (void)snprintf(r->caller, sizeof r->caller, "anybody");
        r->roles = NODE_SCHEDULE | NODE_READ | NODE_APPROVE | NODE_ADMIN;
    } else if (caller_identify(&caller, s->keys, &proof, records_now() / 1000, &error) == PT_OK) {
        (void)snprintf(r->caller, sizeof r->caller, "%s", caller.name);
        r->roles = caller.roles;
    } else {
        request_refuse(r, 401, "Unauthorized", "%s", error.message);
    }
}

/* Who asks, and whether he may. */
static void admit_caller(node_request *r, unsigned roles)
{
    settings *s = settings_use(r->node);
    identify_caller(r, s);
    settings_release(r->node, s);
    if (r->refusal == 0 && (r->roles & roles) == 0)
        request_refuse(r, 403, "Forbidden", "%s may not do that", r->caller);
}

void request_note_refusal(const node_request *r, unsigned status, const char *why)
{
    const char *path = r->is_message ? MESSAGES : "";
    for (size_t i = 0; i < N_PATHS; i++)
        if (paths[i].route == r->route)
            path = paths[i].path;
    journal_refusal(r->node->journal, path, status, r->caller, why);
}

static bool is_json(const char *content_type)
{
    static const char json[] = "application/json";
    const size_t len = sizeof json - 1;
    return content_type != NULL && strncasecmp(content_type, json, len) == 0 &&
           (content_type[len] == '\0' || content_type[len] == ';' || content_type[len] == ' ');
}

static void api_check(httpd_request *http)
{
    node_request *r = (node_request *)http;
    size_t i = 0;
    if (r->route == ROUTE_POST) {
        direct_app.check(http);
        return;
    }
    if (r->is_message && r->refusal == 400)
        journal_refusal(r->node->journal, MESSAGES, r->refusal, "", r->details);
    while (i < N_PATHS && paths[i].route != r->route)
        i++;
    if (r->refusal == 0 && i < N_PATHS && paths[i].roles != 0)
        admit_caller(r, paths[i].roles);
    if (r->route == ROUTE_SCHEDULE && !is_json(r->content_type))
        request_refuse(r, 415, "Schedule", "expected Content-Type: application/json");
    if (r->refusal != 0 && !r->is_message)
        request_note_refusal(r, r->refusal, r->details);
    http->wants_body = r->refusal == 0 && (r->route == ROUTE_SCHEDULE ||
                                           r->route == ROUTE_APPROVE || r->route == ROUTE_DENY);
    http->gives_way = r->refusal != 0;
    monitor_lock(&r->node->lock);
    r->node->counts.requests++;
    if (r->refusal == 401)
        r->node->counts.unauthorized++;
    monitor_unlock(&r->node->lock);
}

/* ---- the body ---- */

static bool api_charge(httpd_request *http, size_t len)
{
    node_request *r = (node_request *)http;
    if (r->route == ROUTE_POST)
        return direct_app.charge(http, len);
    const size_t max = r->route == ROUTE_SCHEDULE ? BODY_MAX : SMALL_MAX;
    if (http->body.len + len > max || r->node->arriving + len > BODIES_MAX)
        return false;
    r->node->arriving += len;
    return true;
}

static void api_discharge(httpd_request *http, size_t len)
{
    node_request *r = (node_request *)http;
    if (r->route == ROUTE_POST) {
        direct_app.discharge(http, len);
        return;
    }
    PT_ASSERT(r->node->arriving >= len);
    r->node->arriving -= len;
}

void request_drop_body(node_request *r)
{
    buffer_clear(&r->http.body);
    api_discharge(&r->http, r->http.charged);
    r->http.charged = 0;
}

/* ---- answers ---- */

void request_refuse(node_request *r, unsigned status, const char *type, const char *format, ...)
{
    va_list args;
    if (r->refusal != 0)
        return;
    r->refusal = status;
    r->type = type;
    va_start(args, format);
    (void)vsnprintf(r->details, sizeof r->details, format, args);
    va_end(args);
}

enum MHD_Result request_text(node_request *r, unsigned status, const char *content_type,
                             const char *text, size_t len)
{
    struct MHD_Response *response =
        MHD_create_response_from_buffer(len, (void *)text, MHD_RESPMEM_MUST_COPY);
    if (response == NULL)
        return MHD_NO;
    if (content_type != NULL)
        (void)MHD_add_response_header(response, "Content-Type", content_type);
    if (status == 405)
        (void)MHD_add_response_header(response, "Allow", r->http.allow);
    if (status == 401)
        (void)MHD_add_response_header(response, "WWW-Authenticate", "Bearer");
    if (status == 429 || status == 503)
        (void)MHD_add_response_header(response, "Retry-After", "1");
    if (r->http.closes)
        (void)MHD_add_response_header(response, "Connection", "close");
    return httpd_finish(&r->http, status, response);
}

enum MHD_Result request_empty(node_request *r, unsigned status)
{
    return request_text(r, status, NULL, "", 0);
}

enum MHD_Result request_json(node_request *r, unsigned status, json_t *body)
{
    char *text = body == NULL ? NULL : json_dumps(body, JSON_COMPACT);
    json_decref(body);
    if (text == NULL)
        return request_empty(r, 503);
    const size_t len = strlen(text);
    const enum MHD_Result result = request_text(r, status, "application/json", text, len);
    mem_wipe(text, len);
    free(text);
    return result;
}

enum MHD_Result request_problem(node_request *r, unsigned status, const char *type,
                                const char *format, ...)
{
    char details[1024];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(details, sizeof details, format, args);
    va_end(args);
    /* Cut in the middle of a letter, it would be no text. */
    if (!utf8_is_valid(details, strlen(details)))
        for (char *c = details; *c != '\0'; c++)
            *c = (unsigned char)*c < 0x80 ? *c : '?';
    return request_json(r, status, json_pack("{s:s, s:s}", "type", type, "details", details));
}

enum MHD_Result request_store_problem(node_request *r, const pt_error *error)
{
    node_log(r->node, NODE_LOG_ERROR, "store", NULL, NULL, "%s", error->message);
    return request_problem(r, 503, "Store", "the store cannot be used at the moment");
}

static enum MHD_Result api_answer(httpd_request *http)
{
    node_request *r = (node_request *)http;
    if (r->route == ROUTE_POST)
        return direct_app.answer(http);
    if (r->refusal != 0 && r->is_message) /* a line, which its people will read */
        return request_text(r, r->refusal, "text/plain; charset=utf-8", r->details,
                            strlen(r->details));
    if (r->refusal != 0)
        return request_problem(r, r->refusal, r->type, "%s", r->details);
    for (size_t i = 0; i < N_PATHS; i++)
        if (paths[i].route == r->route)
            return paths[i].answer(r);
    return request_problem(r, 404, "NotFound", "there is no such path");
}

/* Of what others' nodes are told 429, 409 and 503 are nothing unusual. */
static bool is_odd_message(const httpd_request *http, unsigned status)
{
    return status == 403 || (http->refusal == status && status < 409);
}

static void api_finish(httpd_request *http, unsigned status, struct MHD_Response *response)
{
    const node_request *r = (node_request *)http;
    if (r->route != ROUTE_POST) {
        if (http->refusal != 0) /* by the server: too large, or a head that cannot be */
            request_note_refusal(r, status, http->reason);
        return;
    }
    direct_app.finish(http, status, response);
    if (is_odd_message(http, status))
        request_note_refusal(r, status,
                             http->refusal != 0 ? http->reason : "somebody else is that party");
}

static void api_end(httpd_request *http, bool sent)
{
    if (((node_request *)http)->route == ROUTE_POST)
        direct_app.end(http, sent);
}

static void api_woken(void *user)
{
    node *n = user;
    for (httpd_request *h = httpd_held(n->http), *next; h != NULL; h = next) {
        next = h->next;
        httpd_release(h);
    }
}

const httpd_app node_app = {
    .name = "the node",
    .request_size = sizeof(node_request),
    .body_max = BODY_MAX,
    .too_long = "a policy is at most 32 MiB",
    .begin = api_begin,
    .header = api_header,
    .argument = api_argument,
    .check = api_check,
    .charge = api_charge,
    .discharge = api_discharge,
    .answer = api_answer,
    .finish = api_finish,
    .end = api_end,
    .woken = api_woken,
};
