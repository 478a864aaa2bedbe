/* A computation that is taken up: a thread that goes through its life. Layer: node.
 *
 *      CHECKING    the program, the rules; a person may have to decide, then it goes back
 *      WAITING     a channel to the others, encrypted; the agreement
 *      AGREED      who scheduled it gets 200; the leader waits for room
 *      RUNNING     in the records, for good: constants, compiling, the protocol
 *      OVER        in the records, with the result or the reason */
#ifndef NODE_COMPUTATION_H
#define NODE_COMPUTATION_H

#include "node/service.h"

#define NODE_TAKEN_UP_MAX 100 /* at a time: a thread and a channel each */

/* Takes up a record that this node has claimed. Takes it over. A record that cannot be taken up has
 * ended when this returns. */
void computation_take_up(node *n, record *claimed);
/* Joins and frees those that are over. */
void computation_reap(node *n);

/* With the node's lock held. */
node_computation *computation_find(const node *n, const char *id);
/* Whether there is one, even if it is over and its thread still has to be joined. */
bool computation_is_taken_up(const node *n, const char *id);
void computation_stop(node_computation *c, stop_cause cause);
/* There is another configuration: unless it has begun, it is decided again. */
void computation_unsettle(node_computation *c);

/* Ends a record that no computation runs for: as failed, and delivers that. False: it is not the
 * ender's any more, or the store cannot be used. */
bool computation_fail_record(node *n, const record *r, record_ender ender, unsigned refusal,
                             const char *reason);
/* The same of one that waits for a person, who does not want it; takes `more` over, which the audit
 * log gets. */
bool computation_deny(node *n, const record *r, const char *who, json_t *more, const char *reason);

/* Writes into the audit log what has been done, as was announced before. Takes `more` over. */
void computation_note(node *n, const char *event, const char *id, const char *who, json_t *more);

/* ---- for run.c ---- */

void computation_enter(node_computation *c, computation_phase phase);
/* Whether it has to be decided again, by other rules than before. */
bool computation_is_stale(node_computation *c);
/* Whether it waits in a way that ends once it is stale. */
void computation_meets(node_computation *c, bool meets);
/* It is decided by the present configuration from now on. */
void computation_renew(node_computation *c);
/* Before it begins, by the rules that count now; false: it has become stale. */
MUST_CHECK bool computation_may_begin(node_computation *c);
/* Waits for a place among those that this party leads; tells the others meanwhile that it waits. */
MUST_CHECK pt_status computation_lead(node_computation *c, const pt_channel *channel,
                                      pt_error *error);
/* What the protocol, which begins now, costs this party. */
void computation_plan(node_computation *c, const pt_plan_seat *seat);
bool computation_cancelled(void *computation);
void computation_notice(void *computation, const char *text);
void computation_progress(void *computation, const char *phase, uint64_t done, uint64_t total);

#endif
