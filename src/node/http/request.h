/* A request to a node, as its answers see it. Layer: node. */
#ifndef NODE_HTTP_REQUEST_H
#define NODE_HTTP_REQUEST_H

#include <jansson.h>

#include "node/service.h"

#define CALLER_SIZE 65

typedef enum route {
    ROUTE_NONE,
    ROUTE_POST, /* of another party; the functions of direct_app are for it */
    ROUTE_SCHEDULE,
    ROUTE_LIST,
    ROUTE_COMPUTATION,
    ROUTE_RESULT,
    ROUTE_APPROVE,
    ROUTE_DENY,
    ROUTE_HEALTH,
    ROUTE_METRICS,
    ROUTE_DOCUMENT,
    ROUTE_PAGE,
    N_ROUTES
} route;

typedef struct node_request {
    union {
        httpd_request http; /* first: the HTTP server's */
        direct_post post;
    };
    node *node;
    route route;
    bool is_delete;
    bool is_message; /* of another party's node */
    char id[POLICY_ID_SIZE];
    const char *authorization; /* texts of headers live as long as the request */
    const char *content_type;
    const char *state; /* of the query */

    /* Who asks. */
    char caller[CALLER_SIZE];
    unsigned roles;

    /* What is to be refused; 0: nothing. */
    unsigned refusal;
    const char *type; /* static */
    char details[256];

    bool is_stored; /* its policy is in the records: it waits for the agreement */
    size_t counted; /* bytes of its body among the node's */
} node_request;

/* Notes a refusal, if there was none before. */
void request_refuse(node_request *r, unsigned status, const char *type, const char *format, ...)
    PRINTF_LIKE(4, 5);

/* Answers {"type": .., "details": ..}. */
enum MHD_Result request_problem(node_request *r, unsigned status, const char *type,
                                const char *format, ...) PRINTF_LIKE(4, 5);
/* Takes `body` over. */
enum MHD_Result request_json(node_request *r, unsigned status, json_t *body);
enum MHD_Result request_text(node_request *r, unsigned status, const char *content_type,
                             const char *text, size_t len);
enum MHD_Result request_empty(node_request *r, unsigned status);
enum MHD_Result request_store_problem(node_request *r, const pt_error *error);

/* A caller wants what he may not, or what cannot be: the audit log gets a line. Not for what
 * callers who do nothing wrong ask again and again, such as for a result that is not there yet. */
void request_note_refusal(const node_request *r, unsigned status, const char *why);

/* The body is not needed any more. */
void request_drop_body(node_request *r);

/* api_schedule.c, api_computations.c, api_about.c */
enum MHD_Result answer_schedule(node_request *r);
enum MHD_Result answer_list(node_request *r);
enum MHD_Result answer_computation(node_request *r);
enum MHD_Result answer_result(node_request *r);
enum MHD_Result answer_approve(node_request *r);
enum MHD_Result answer_deny(node_request *r);
enum MHD_Result answer_health(node_request *r);
enum MHD_Result answer_metrics(node_request *r);
enum MHD_Result answer_document(node_request *r);
enum MHD_Result answer_page(node_request *r);

#endif
