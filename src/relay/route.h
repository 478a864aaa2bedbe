/* The relay's paths: which request is meant, for which session and parties. Layer: relay.
 * The paths are listed in relay.h; pure functions on text. */
#ifndef RELAY_ROUTE_H
#define RELAY_ROUTE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wire/session_name.h"

#define ROUTE_PARTY_MAX 65535

typedef enum route_kind {
    ROUTE_PING,
    ROUTE_HEALTH,
    ROUTE_METRICS,
    ROUTE_ADDRESS,
    ROUTE_PAGE,
    ROUTE_JOIN,
    ROUTE_PARTICIPANTS,
    ROUTE_SEND,
    ROUTE_RECV,
    ROUTE_BROKER_RECV,
    ROUTE_BODIES
} route_kind;

typedef enum route_method {
    ROUTE_GET = 1, /* HEAD too */
    ROUTE_POST = 2,
    ROUTE_PUT = 4,
    ROUTE_DELETE = 8,
    ROUTE_OPTIONS = 16, /* answered for every path */
    ROUTE_OTHER = 32
} route_method;

typedef struct route {
    route_kind kind;
    route_method method;
    const char *allow; /* methods of this path, as in the Allow header */
    char session[SESSION_NAME_MAX + 1];
    uint32_t party; /* who joins */
    uint32_t from;
    uint32_t to;
} route;

/* Finds the route. 0 on success; else the HTTP status (400, 404, 405) with a reason in one line. */
unsigned route_parse(route *ret_route, const char *method, const char *path,
                     const char **ret_reason);

/* The same for a path that is known to be a file of the page. */
unsigned route_page(route *ret_route, const char *method, const char **ret_reason);

#endif
