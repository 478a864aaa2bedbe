/* What is decided without a person. Layer: node.
 *
 * The first rule that fits decides; what none fits waits for a person. Parts of a rule that are
 * left out count for the safe side: a rule that allows fits only requests that are within
 * everything it names, one that asks or denies fits all that touch anything it names.
 *
 *                  allow                                    ask, deny
 *  programs,       one of these, or signed by one of        the same; left out: any program
 *    signed-by       these (one of both must be there)
 *  participants    all others are among them;               one of the others is; left out: anybody
 *                    left out: all that are configured
 *  callers         asked for by one of these; left out:     the same; left out: any caller
 *                    any caller that may schedule
 *  sources         reads one of these; left out: reads      the same; left out: whatever it reads
 *                    none, the input comes with it
 *  outputs         the result goes to one of these; left    the same; left out: wherever it goes
 *                    out: it stays here for the caller
 *  constants       gives no others than these; left out:    (not for these)
 *                    gives none
 *  functions       runs one of these; left out: main        (not for these)
 *
 * A rule that allows does not fit what exceeds one of its limits. A participant that is not
 * configured has no key by which to know it: such a computation is refused, whatever the rules. */
#ifndef NODE_RULES_H
#define NODE_RULES_H

#include "node/config.h"

/* In place of a number that has not been found out yet. */
#define RULES_UNKNOWN UINT64_MAX

typedef struct rules_request {
    const char *program; /* its text, as it was sent */
    size_t program_len;
    const char *function;            /* of it, that is to run; NULL: main */
    const char *const *participants; /* URLs, in party order */
    size_t n_participants;
    size_t party;                 /* which of them this node is */
    const char *caller;           /* by name; that it may schedule has been seen to */
    const char *source;           /* by name; NULL: the input came with the request */
    const char *output;           /* by name, or a URL; NULL: none */
    const char *const *constants; /* names of those that the request gives */
    size_t n_constants;
    uint64_t n_ands; /* of the compiled program, or RULES_UNKNOWN */
    uint64_t n_rows; /* that the source has now, or RULES_UNKNOWN */
    /* How many computations the rule of that name allowed in the last 24 hours; false: nobody
     * knows, and the rule does not fit. */
    bool (*runs_of_day)(void *user, const char *rule, uint64_t *ret_runs);
    void *user;
} rules_request;

typedef enum rules_outcome {
    RULES_REFUSE,  /* for good */
    RULES_ASK,     /* it waits for a person */
    RULES_MEASURE, /* it is allowed unless limits are exceeded: find out what needs_.. say, and ask
                      once more */
    RULES_ALLOW
} rules_outcome;

typedef struct node_decision {
    rules_outcome outcome;
    const char *rule; /* the name of the rule that decided, the config's; NULL: none did */
    bool needs_ands;
    bool needs_rows;
    char program_sha256[65];
    char why[320]; /* a sentence for people, printable; not for RULES_MEASURE */
} node_decision;

/* Decides. Nothing needs to be compiled or read for a request that nothing allows. Rows may come
 * and go between a decision and the run: ask again with those that are really used. */
void rules_decide(node_decision *ret_decision, const node_config *c, const rules_request *request);

#endif
