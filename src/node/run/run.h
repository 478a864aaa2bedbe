/* A computation between the parties, from the first look at the program to the result. Layer: node.
 */
#ifndef NODE_RUN_RUN_H
#define NODE_RUN_RUN_H

#include "node/computation.h"
#include "node/run/agreement.h"

typedef struct run_end {
    pt_status status;
    bool waits;        /* a person has to decide; `reason` says why */
    bool is_withdrawn; /* by who asked, while it waited for a person: nobody else is told */
    bool is_late;      /* who scheduled it may not wait for an answer any more */
    bool is_denied;    /* by the present rules, or these have not decided */
    bool has_agreed;
    bool has_begun;
    unsigned refusal; /* what POST /schedule is answered if the parties did not agree */
    char
        *details; /* of a success: Garble JSON, or "null" for who gets no result. mem_free_secret */
    char reason[PT_ERROR_MESSAGE_MAX + 128]; /* of a failure, for this node's own people */
    char told[AGREEMENT_REASON_MAX];         /* and for the other parties: nothing secret */
} run_end;

/* Goes through all of it. */
void run_computation(run_end *ret_end, node_computation *c);

/* What the others may know of a failure. */
const char *run_told(pt_status status, const pt_error *error);

#endif
