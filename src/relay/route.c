#include "relay/route.h"

#include <string.h>

#include "httpd/text.h"
#include "wire/wire.h"

/* In a pattern a segment is a word, or names what stands there: S session, P party, F from, T to.
 */
typedef struct path_row {
    const char *pattern;
    route_kind kind;
    unsigned methods;
    const char *allow;
} path_row;

static const path_row rows[] = {
    {"/ping", ROUTE_PING, ROUTE_GET, "GET, HEAD, OPTIONS"},
    {"/health", ROUTE_HEALTH, ROUTE_GET, "GET, HEAD, OPTIONS"},
    {"/metrics", ROUTE_METRICS, ROUTE_GET, "GET, HEAD, OPTIONS"},
    {WIRE_ADDRESS, ROUTE_ADDRESS, ROUTE_GET, "GET, HEAD, OPTIONS"},
    {WIRE_JOIN("S", "P"), ROUTE_JOIN, ROUTE_PUT | ROUTE_DELETE, "PUT, DELETE, OPTIONS"},
    {WIRE_PARTICIPANTS("S"), ROUTE_PARTICIPANTS, ROUTE_GET, "GET, HEAD, OPTIONS"},
    {WIRE_SEND("S", "F", "T"), ROUTE_SEND, ROUTE_POST, "POST, OPTIONS"},
    {WIRE_RECV("S", "F", "T"), ROUTE_RECV, ROUTE_POST, "POST, OPTIONS"},
    {WIRE_BODIES("S", "F", "T"), ROUTE_BODIES, ROUTE_GET | ROUTE_POST, "GET, POST, OPTIONS"},
    {"/session/S/send/F/T", ROUTE_SEND, ROUTE_POST, "POST, OPTIONS"},
    {"/session/S/recv/T/F", ROUTE_BROKER_RECV, ROUTE_POST, "POST, OPTIONS"},
};

static const char *take_session(route *r, const char *text, size_t len)
{
    if (!session_name_is_good(text, len))
        return SESSION_NAME_RULE;
    memcpy(r->session, text, len);
    r->session[len] = '\0';
    return NULL;
}

static const char *take_party(uint32_t *ret_party, const char *text, size_t len)
{
    uint64_t number;
    if (!text_number(text, len, ROUTE_PARTY_MAX, &number))
        return "a party is a decimal number of at most 65535";
    *ret_party = (uint32_t)number;
    return NULL;
}

/* Takes the segment as the value the pattern's letter asks for; returns what is wrong, or NULL. */
static const char *take_value(route *r, char what, const char *text, size_t len)
{
    switch (what) {
    case 'S':
        return take_session(r, text, len);
    case 'P':
        return take_party(&r->party, text, len);
    case 'F':
        return take_party(&r->from, text, len);
    default:
        return take_party(&r->to, text, len);
    }
}

/* Whether the path has the pattern's shape. Values that are wrong leave a reason. */
static bool matches(route *r, const char *pattern, const char *path, const char **ret_reason)
{
    *ret_reason = NULL;
    while (*pattern == '/' && *path == '/') {
        pattern++;
        path++;
        const size_t pattern_len = strcspn(pattern, "/");
        const size_t path_len = strcspn(path, "/");
        if (*pattern >= 'A' && *pattern <= 'Z') {
            const char *wrong = take_value(r, *pattern, path, path_len);
            if (*ret_reason == NULL)
                *ret_reason = wrong;
        } else if (pattern_len != path_len || memcmp(pattern, path, path_len) != 0) {
            return false;
        }
        pattern += pattern_len;
        path += path_len;
    }
    return *pattern == '\0' && *path == '\0';
}

static route_method method_of(const char *name)
{
    static const struct {
        const char *name;
        route_method method;
    } methods[] = {{"GET", ROUTE_GET}, {"HEAD", ROUTE_GET},      {"POST", ROUTE_POST},
                   {"PUT", ROUTE_PUT}, {"DELETE", ROUTE_DELETE}, {"OPTIONS", ROUTE_OPTIONS}};
    for (size_t i = 0; i < sizeof methods / sizeof *methods; i++)
        if (strcmp(name, methods[i].name) == 0)
            return methods[i].method;
    return ROUTE_OTHER;
}

static unsigned take_method(route *r, const char *method, unsigned methods, const char **ret_reason)
{
    r->method = method_of(method);
    if ((r->method & (methods | ROUTE_OPTIONS)) != 0)
        return 0;
    *ret_reason = "this path does not take that method";
    return 405;
}

unsigned route_page(route *ret_route, const char *method, const char **ret_reason)
{
    *ret_route = (route){.kind = ROUTE_PAGE, .allow = "GET, HEAD, OPTIONS"};
    return take_method(ret_route, method, ROUTE_GET, ret_reason);
}

unsigned route_parse(route *ret_route, const char *method, const char *path,
                     const char **ret_reason)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        *ret_route = (route){.kind = rows[i].kind, .allow = rows[i].allow};
        if (!matches(ret_route, rows[i].pattern, path, ret_reason))
            continue;
        const unsigned status = take_method(ret_route, method, rows[i].methods, ret_reason);
        if (status != 0)
            return status;
        return *ret_reason == NULL ? 0 : 400;
    }
    *ret_reason = "no such path";
    return 404;
}
