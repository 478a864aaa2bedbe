/* What a node must not forget: the queue of computations, and their results. Layer: node.
 *
 *      add -> PENDING or QUEUED           waits for a person, or to be run
 *      PENDING -> QUEUED                  approved
 *      QUEUED -> claimed                  one node of those that share the records takes it up
 *      claimed -> RUNNING                 from here on it is never begun again; the input is gone
 *      any -> DONE or FAILED              then the result may be due for delivery
 *
 * Every call is on disk when it returns. Whoever dies leaves RUNNING records, which become FAILED
 * at the next start (or, where several nodes share the records, when its lease ends), and claimed
 * ones, which are QUEUED again. Inputs and results come sealed (seal.h). Any thread may call. */
#ifndef NODE_RECORDS_RECORDS_H
#define NODE_RECORDS_RECORDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/compiler.h"
#include "node/policy/policy.h"
#include "polytune/status.h"

typedef enum record_state {
    RECORD_PENDING,
    RECORD_QUEUED,
    RECORD_RUNNING,
    RECORD_DONE,
    RECORD_FAILED
} record_state;

/* Texts and bytes are owned; release with record_clear. */
typedef struct record {
    char id[POLICY_ID_SIZE];
    record_state state;
    bool has_agreed;  /* the parties once agreed on it */
    bool is_ours;     /* claimed by this node */
    unsigned refusal; /* HTTP status for who scheduled it, if the parties never agreed */
    char *caller;     /* who scheduled it */
    char *policy;     /* policy_print */
    char *summary;    /* what a list shows of it, JSON; NULL: nothing yet */
    uint8_t *input;   /* sealed; NULL: none, or erased */
    size_t input_len;
    char *decision;  /* rule or person that allowed it; NULL: not yet */
    char *reason;    /* why it waits, or failed; NULL */
    char *told;      /* what other parties may know of that; NULL */
    uint8_t *result; /* sealed JSON; NULL: none */
    size_t result_len;
    int64_t created_ms; /* since 1970 */
    int64_t changed_ms;
    int64_t deliver_ms; /* when the result is to be delivered next; 0: not */
    int64_t deliver_since_ms;
    unsigned tries;
} record;

void record_clear(record *r);

typedef struct records records;

/* "sqlite:FILE", made with mode 0600, or "postgres://..", which several nodes of one organisation
 * may share; its password is better in PGPASSFILE than here. PT_ERR_USAGE, PT_ERR_FILE,
 * PT_ERR_INPUT, PT_ERR_IO. */
MUST_CHECK pt_status records_open(records **ret_records, const char *where, pt_error *error);
void records_close(records *r);

/* PT_ERR_REFUSED when there is one of that id. */
MUST_CHECK pt_status records_add(records *r, const record *added, pt_error *error);
/* Makes the oldest QUEUED record that nobody has this node's; false in *ret_found: there is none.
 */
MUST_CHECK pt_status records_claim(records *r, record *ret_record, bool *ret_found,
                                   pt_error *error);
/* Somebody has decided on the policy that is `printed`: *ret_done is false when it was not PENDING,
 * or has another by now. */
MUST_CHECK pt_status records_approve(records *r, bool *ret_done, const char *id,
                                     const char *printed, const char *decision, pt_error *error);
/* A claimed one has to wait for a person after all. */
MUST_CHECK pt_status records_suspend(records *r, const char *id, const char *reason,
                                     pt_error *error);
/* All that wait for a person are QUEUED again: other rules may decide. They keep the reason. */
MUST_CHECK pt_status records_reconsider(records *r, pt_error *error);
/* `decision` allows it; with `counts` it is one more of what that has allowed. */
MUST_CHECK pt_status records_allowed(records *r, const char *id, const char *decision, bool counts,
                                     pt_error *error);
/* It does not, after all: the run counted last does not count. */
MUST_CHECK pt_status records_take_back(records *r, const char *id, const char *decision,
                                       pt_error *error);
MUST_CHECK pt_status records_agreed(records *r, const char *id, pt_error *error);
/* *ret_done is false when it is not this node's, and must not be run. */
MUST_CHECK pt_status records_begin(records *r, bool *ret_done, const char *id, pt_error *error);

/* Whose end it is: nobody ends what is another's by now. */
typedef enum record_ender {
    ENDER_OWNER,   /* this node, which has claimed it */
    ENDER_PERSON,  /* somebody for whom it waits: it is PENDING */
    ENDER_SURVIVOR /* its node is dead: records_orphan */
} record_ender;

typedef struct record_end {
    record_ender ender;
    record_state state; /* RECORD_DONE, RECORD_FAILED */
    unsigned refusal;
    bool is_denied;     /* what allowed it before does not any more */
    const char *reason; /* NULL: none */
    const char *told;   /* NULL: nothing */
    const uint8_t *result;
    size_t result_len;
    bool delivers; /* at once */
} record_end;

/* *ret_done is false when it has ended already, or is not the ender's. */
MUST_CHECK pt_status records_end(records *r, bool *ret_done, const char *id, const record_end *end,
                                 pt_error *error);
/* Gives what is claimed but not RUNNING back. */
MUST_CHECK pt_status records_release(records *r, const char *id, pt_error *error);
/* The same of all that nobody `is_here` for, which must not call these functions: this node has
 * claimed them, and was not told so. By who claims. */
MUST_CHECK pt_status records_release_strays(records *r, bool (*is_here)(void *user, const char *id),
                                            void *user, pt_error *error);

MUST_CHECK pt_status records_find(records *r, record *ret_record, bool *ret_found, const char *id,
                                  pt_error *error);
/* Only how it stands: without policy, summary, input and result, which may be large. */
MUST_CHECK pt_status records_find_state(records *r, record *ret_record, bool *ret_found,
                                        const char *id, pt_error *error);
/* Which records a list is of. */
typedef struct records_wanted {
    record_state from, to; /* both among them */
    const char *caller;    /* whose; NULL: anybody's */
    size_t max;
} records_wanted;

/* Calls `each` with these, newest first, without inputs and results, and without the policy where
 * there is a summary. */
MUST_CHECK pt_status records_list(records *r, const records_wanted *wanted,
                                  void (*each)(void *user, const record *found), void *user,
                                  pt_error *error);
/* The RUNNING ones that died with their node, one after the other. */
MUST_CHECK pt_status records_orphan(records *r, record *ret_record, bool *ret_found,
                                    pt_error *error);
MUST_CHECK pt_status records_remove(records *r, bool *ret_done, const char *id, pt_error *error);

/* A result that is due, which nobody else gets for a while; then what came of it: delivered, or
 * when to try again (0: never). */
MUST_CHECK pt_status records_due(records *r, record *ret_record, bool *ret_found, int64_t busy_ms,
                                 pt_error *error);
MUST_CHECK pt_status records_tried(records *r, const char *id, int64_t again_ms, pt_error *error);
/* Its result has been seen or delivered: it may be dropped some day. */
MUST_CHECK pt_status records_fetched(records *r, const char *id, pt_error *error);

/* How old what has ended may get, unless its result is still to be delivered. */
typedef struct records_ages {
    int64_t fetched_ms; /* since its result was seen or delivered */
    int64_t refused_ms; /* since who scheduled it was told that it was not computed: 400, 403 */
    int64_t ended_ms;   /* since it ended, whatever became of it */
} records_ages;

MUST_CHECK pt_status records_expire(records *r, const records_ages *ages, pt_error *error);
/* How many `decision` has allowed since, whatever became of them. */
MUST_CHECK pt_status records_count(records *r, uint64_t *ret_count, const char *decision,
                                   int64_t since_ms, pt_error *error);
/* How many of the caller's have not ended, and how much they take. */
MUST_CHECK pt_status records_load(records *r, uint64_t *ret_count, uint64_t *ret_bytes,
                                  const char *caller, pt_error *error);
/* Makes a connection to the store anew that was lost; PT_OK also when none was. It may take some
 * seconds, in which all other calls fail at once, as they do until it succeeds: nobody has to wait
 * for a store that is not there. One thread calls this, once a second or so. After another
 * connection nobody is taken for dead until all have had the time to say that they live. */
MUST_CHECK pt_status records_revive(records *r, pt_error *error);
/* This node is alive. Once every 5 s. */
MUST_CHECK pt_status records_heartbeat(records *r, pt_error *error);

/* Milliseconds since 1970, by which records count. */
int64_t records_now(void);

#endif
