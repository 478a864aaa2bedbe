/* polytune node pending, show, approve and deny: what waits for a person, and what the person says.
 */
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "cli/commands/node_verbs.h"
#include "cli/file.h"
#include "cli/output.h"
#include "cli/report.h"
#include "node/client.h"

#define DEFAULT_NODE "http://127.0.0.1:8000"
#define TOKEN_MAX    ((size_t)8192)
#define ASK_PATH_MAX 128
#define ID_CHARS     36

/* ---- The node and who asks ---- */

typedef struct asking {
    node_client client;
    char *token; /* guarded */
    size_t token_size;
} asking;

static pt_status asking_init(asking *ret_asking, const args *a, pt_error *error)
{
    const char *url = args_get(a, "node");
    const char *path = args_get(a, "token-file");
    size_t len = 0;
    *ret_asking = (asking){0};
    ret_asking->client.url = url == NULL ? DEFAULT_NODE : url;
    ret_asking->client.tls_ca = args_get(a, "tls-ca");
    if (path == NULL)
        return PT_OK;
    const pt_status status =
        file_read_secret(&ret_asking->token, &ret_asking->token_size, &len, TOKEN_MAX, path, error);
    if (status != PT_OK)
        return status;
    char *token = ret_asking->token;
    while (len > 0 && (token[len - 1] == '\n' || token[len - 1] == '\r'))
        token[--len] = '\0';
    for (size_t i = 0; i < len; i++)
        if (token[i] < '!' || token[i] > '~')
            return error_set(error, PT_ERR_INPUT,
                             "'%s' holds no token: one line of letters without blanks", path);
    if (len == 0)
        return error_set(error, PT_ERR_INPUT, "'%s' is empty: it should hold a token", path);
    ret_asking->client.token = token;
    return PT_OK;
}

static void asking_clear(asking *a)
{
    if (a->token != NULL)
        mem_free_guarded(a->token, a->token_size);
}

/* An id goes into a path: nothing else may. */
static pt_status check_id(const char *id, pt_error *error)
{
    if (strlen(id) == ID_CHARS && strspn(id, "0123456789abcdefABCDEF-") == ID_CHARS)
        return PT_OK;
    return error_set(error, PT_ERR_USAGE,
                     "'%.60s' is no id of a computation, as polytune node pending shows them", id);
}

/* ---- Showing ---- */

static void put_part(buffer *b, const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++)
        buffer_put_u8(b, (uint8_t)(text[i] >= ' ' && text[i] <= '~' ? text[i] : '?'));
}

static void put_shown(buffer *b, const char *text, bool lines)
{
    for (; *text != '\0'; text++) {
        const bool is_shown = lines && (*text == '\n' || *text == '\t');
        if (is_shown)
            buffer_put_u8(b, (uint8_t)*text);
        else
            put_part(b, text, 1);
    }
}

/* A value of several lines, such as a compiler's message: each below the other. */
static void put_value_lines(buffer *b, const char *text)
{
    for (const char *end; (end = strchr(text, '\n')) != NULL; text = end + 1) {
        if (end[1] == '\0')
            break;
        put_part(b, text, (size_t)(end - text));
        buffer_printf(b, "\n%16s", "");
    }
    put_part(b, text, strcspn(text, "\n"));
    buffer_put_u8(b, '\n');
}

static void put_member(buffer *b, const json_t *one, const char *key, const char *label)
{
    const json_t *value = json_object_get(one, key);
    const char *text = json_string_value(value);
    if (text == NULL)
        return;
    buffer_printf(b, "  %-13s ", label);
    put_value_lines(b, text);
}

static void put_participants(buffer *b, const json_t *one)
{
    const json_t *list = json_object_get(one, "participants");
    const json_int_t own = json_integer_value(json_object_get(one, "party"));
    for (size_t i = 0; i < json_array_size(list); i++) {
        const char *url = json_string_value(json_array_get(list, i));
        buffer_printf(b, "  party %-7zu ", i);
        put_shown(b, url == NULL ? "?" : url, false);
        buffer_printf(b, "%s\n", (json_int_t)i == own ? " (this node)" : "");
    }
}

static void put_receivers(buffer *b, const json_t *one)
{
    const json_t *list = json_object_get(one, "output_parties");
    if (json_array_size(list) == 0)
        return;
    buffer_printf(b, "  %-13s", "result for");
    for (size_t i = 0; i < json_array_size(list); i++)
        buffer_printf(b, "%s party %d", i == 0 ? "" : ",",
                      (int)json_integer_value(json_array_get(list, i)));
    buffer_put_u8(b, '\n');
}

static void put_constants(buffer *b, const json_t *one)
{
    json_t *constants = json_object_get(one, "constants");
    const char *name;
    json_t *value;
    json_object_foreach(constants, name, value)
    {
        const char *text = json_string_value(value);
        buffer_printf(b, "  %-13s ", "constant");
        put_shown(b, name, false);
        buffer_printf(b, " = ");
        put_shown(b, text == NULL ? "?" : text, false);
        buffer_put_u8(b, '\n');
    }
}

/* What one approves: all that policy_sha256 stands for. */
static void put_policy(buffer *b, const json_t *one)
{
    put_member(b, one, "caller", "asked for by");
    put_participants(b, one);
    buffer_printf(b, "  %-13s party %d\n", "leader",
                  (int)json_integer_value(json_object_get(one, "leader")));
    put_member(b, one, "program_sha256", "program");
    put_member(b, one, "function", "function");
    put_constants(b, one);
    if (json_string_value(json_object_get(one, "source")) == NULL)
        buffer_printf(b, "  %-13s comes with the request\n", "input");
    put_member(b, one, "source", "source");
    put_receivers(b, one);
    put_member(b, one, "output", "output");
    put_member(b, one, "policy_sha256", "policy");
}

static void put_id(buffer *b, const json_t *one)
{
    const char *id = json_string_value(json_object_get(one, "computation_id"));
    put_shown(b, id == NULL ? "?" : id, false);
    buffer_put_u8(b, '\n');
}

static void put_computation(buffer *b, const json_t *one)
{
    put_id(b, one);
    put_member(b, one, "state", "state");
    put_policy(b, one);
    const char *state = json_string_value(json_object_get(one, "state"));
    const bool has_failed = state != NULL && strcmp(state, "failed") == 0;
    put_member(b, one, "awaited", "awaited");
    put_member(b, one, "reason", has_failed ? "why it failed" : "why it waits");
}

static pt_status print_text(buffer *b, pt_error *error)
{
    const pt_status status =
        b->failed ? error_memory(error) : output_text((const char *)b->bytes, b->len, error);
    buffer_clear(b);
    return status;
}

/* ---- Verbs ---- */

static pt_status pending_run(const args *a, const char *argument, pt_error *error)
{
    asking ask;
    buffer b;
    json_t *list = NULL;
    (void)argument;
    pt_status status = asking_init(&ask, a, error);
    if (status == PT_OK)
        status = node_client_ask(&list, &ask.client, HTTP_GET, "/computations?state=pending", NULL,
                                 error);
    asking_clear(&ask);
    if (status != PT_OK)
        return status;
    buffer_init(&b, SIZE_MAX / 4);
    for (size_t i = 0; i < json_array_size(list); i++)
        put_computation(&b, json_array_get(list, i));
    if (json_array_size(list) == 0)
        report_message(REPORT_INFO, "nothing waits for a person");
    json_decref(list);
    return print_text(&b, error);
}

/* One computation by its id. */
static pt_status fetch(json_t **ret_one, const asking *ask, const char *id, pt_error *error)
{
    char path[ASK_PATH_MAX];
    pt_status status = check_id(id, error);
    if (status != PT_OK)
        return status;
    (void)snprintf(path, sizeof path, "/computations/%s", id);
    return node_client_ask(ret_one, &ask->client, HTTP_GET, path, NULL, error);
}

static pt_status show_run(const args *a, const char *argument, pt_error *error)
{
    asking ask;
    buffer b;
    json_t *one = NULL;
    pt_status status = asking_init(&ask, a, error);
    if (status == PT_OK)
        status = fetch(&one, &ask, argument, error);
    asking_clear(&ask);
    if (status != PT_OK)
        return status;
    const char *program = json_string_value(json_object_get(one, "program"));
    buffer_init(&b, SIZE_MAX / 4);
    put_computation(&b, one);
    if (program != NULL) {
        buffer_printf(&b, "\n");
        put_shown(&b, program, true);
    }
    json_decref(one);
    return print_text(&b, error);
}

static pt_status decide(const asking *ask, const char *id, const char *decision, json_t *body,
                        pt_error *error)
{
    char path[ASK_PATH_MAX];
    json_t *answer = NULL;
    (void)snprintf(path, sizeof path, "/computations/%s/%s", id, decision);
    const pt_status status = node_client_ask(&answer, &ask->client, HTTP_POST, path, body, error);
    json_decref(answer);
    json_decref(body);
    return status;
}

/* Whoever has looked at it may have been given another under the same id meanwhile. */
static pt_status check_looked_at(const json_t *one, const char *key, const char *what,
                                 const char *wanted, pt_error *error)
{
    const char *hash = json_string_value(json_object_get(one, key));
    if (wanted == NULL || (hash != NULL && strcmp(hash, wanted) == 0))
        return PT_OK;
    return error_set(error, PT_ERR_REFUSED, "its %s is %.64s, not that of --%s", what,
                     hash == NULL ? "not known" : hash, what);
}

/* Shows what is going to be approved. */
static pt_status print_policy(const json_t *one, pt_error *error)
{
    buffer b;
    buffer_init(&b, SIZE_MAX / 4);
    put_id(&b, one);
    put_policy(&b, one);
    return print_text(&b, error);
}

/* How it stands now; only to tell. */
static void report_approved(const asking *ask, const char *id)
{
    json_t *one = NULL;
    pt_error error;
    const bool is_known = fetch(&one, ask, id, &error) == PT_OK;
    const char *state = is_known ? json_string_value(json_object_get(one, "state")) : NULL;
    report_message(REPORT_INFO, "approved: it is %s now", state == NULL ? "not known" : state);
    json_decref(one);
}

/* The hash that goes to the node is that of what has been shown. */
static pt_status approve(const asking *ask, const args *a, const char *id, pt_error *error)
{
    json_t *one = NULL;
    pt_status status = fetch(&one, ask, id, error);
    if (status != PT_OK)
        return status;
    status = check_looked_at(one, "program_sha256", "program", args_get(a, "program"), error);
    if (status == PT_OK)
        status = check_looked_at(one, "policy_sha256", "policy", args_get(a, "policy"), error);
    if (status == PT_OK)
        status = print_policy(one, error);
    if (status == PT_OK)
        status =
            decide(ask, id, "approve",
                   json_pack("{s:O*, s:O*}", "policy_sha256", json_object_get(one, "policy_sha256"),
                             "program_sha256", json_object_get(one, "program_sha256")),
                   error);
    json_decref(one);
    if (status == PT_OK)
        report_approved(ask, id);
    return status;
}

static pt_status approve_run(const args *a, const char *argument, pt_error *error)
{
    asking ask;
    pt_status status = asking_init(&ask, a, error);
    if (status == PT_OK)
        status = approve(&ask, a, argument, error);
    asking_clear(&ask);
    return status;
}

static pt_status deny_run(const args *a, const char *argument, pt_error *error)
{
    const char *why = args_get(a, "why");
    asking ask;
    if (why == NULL || why[0] == '\0')
        return error_set(error, PT_ERR_USAGE,
                         "polytune node deny needs --why=TEXT, which all parties will read");
    pt_status status = check_id(argument, error);
    if (status != PT_OK)
        return status;
    status = asking_init(&ask, a, error);
    if (status == PT_OK)
        status = decide(&ask, argument, "deny", json_pack("{s:s}", "why", why), error);
    asking_clear(&ask);
    if (status == PT_OK)
        report_message(REPORT_INFO, "denied %s", argument);
    return status;
}

static const char *const asking_flags[] = {"node", "token-file", "tls-ca", NULL};
static const char *const approve_flags[] = {"node",    "token-file", "tls-ca",
                                            "program", "policy",     NULL};
static const char *const deny_flags[] = {"node", "token-file", "tls-ca", "why", NULL};
const node_verb node_verb_pending = {"pending", NULL, asking_flags, pending_run};
const node_verb node_verb_show = {"show", "ID", asking_flags, show_run};
const node_verb node_verb_approve = {"approve", "ID", approve_flags, approve_run};
const node_verb node_verb_deny = {"deny", "ID", deny_flags, deny_run};
