/* Whether a computation is allowed: by a rule, by a person, or not. Layer: node. */
#ifndef NODE_RUN_DECISION_H
#define NODE_RUN_DECISION_H

#include "node/computation.h"
#include "node/rules.h"

typedef enum verdict {
    VERDICT_ALLOWED, /* and the computation's `decision` says by whom or what */
    VERDICT_ASK,     /* a person has to decide */
    VERDICT_REFUSED,
    VERDICT_FAILED /* nobody knows: the source or the store cannot be used */
} verdict;

#define DECISION_WHY_MAX 400

/* Before anything else; reads the source if a rule counts its rows. `ret_why` says why it is not
 * allowed. What a rule allows counts among its runs from now on. */
MUST_CHECK verdict decision_make(node_computation *c, char ret_why[DECISION_WHY_MAX]);
/* Once more, with the numbers that are known before the protocol begins; *ret_is_other: another
 * rule than before allows it. */
MUST_CHECK verdict decision_confirm(node_computation *c, uint64_t n_ands, uint64_t n_rows,
                                    bool *ret_is_other, char ret_why[DECISION_WHY_MAX]);

#endif
