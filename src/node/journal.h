/* What a node writes into its audit log. Layer: node.
 *
 * Nothing happens that no line tells of: where it cannot be written the deed is not done. What
 * somebody decides has two, so that a crash in between leaves no line that is not true: "to be
 * approved" before the store is changed and "approved" afterwards. Without the second nobody knows
 * whether it came to it, as when it turned out to be impossible, and what follows tells: "allowed"
 * by that person, or another decision. The line "ended" comes before the store's, for the protocol
 * is over then, whatever is kept of it; a node that dies in between adds one that says so. No line
 * holds data: no inputs and results, no cells of sources, no reasons that may quote them; a result
 * is there as its SHA-256. Any thread may call. Without a log (only with --insecure-allow-all) all
 * of it does nothing. */
#ifndef NODE_JOURNAL_H
#define NODE_JOURNAL_H

#include <jansson.h>

#include "node/audit.h"
#include "node/config.h"
#include "node/policy/policy.h"

typedef struct journal journal;

/* *ret_journal: NULL if the configuration has no audit log. PT_ERR_FILE, PT_ERR_INPUT. */
MUST_CHECK pt_status journal_open(journal **ret_journal, const node_config *c, pt_error *error);
/* Signs. Accepts NULL. */
void journal_close(journal *j);

/* A configuration counts from now on. */
MUST_CHECK pt_status journal_configured(journal *j, const node_config *c, pt_error *error);

/* A line about what somebody wants computed: all of the policy but its input, with the parties'
 * keys. `more`, taken over, is added to it; NULL is taken as out of memory. */
MUST_CHECK pt_status journal_policy(journal *j, const char *event, const char *caller,
                                    const policy *p, const node_config *c, json_t *more,
                                    pt_error *error);

/* A line about a computation; `who` may be NULL. `more` as above. */
MUST_CHECK pt_status journal_deed(journal *j, const char *event, const char *id, const char *who,
                                  json_t *more, pt_error *error);

/* A request that was refused: so many lines a minute, and how many there were besides, of those
 * whom the node knows and of strangers, for whom `who` is "". */
void journal_refusal(journal *j, const char *path, unsigned status, const char *who,
                     const char *why);

/* For `more`: a text that may come from anybody, of which the printable part of ASCII is kept. */
json_t *journal_text(const char *text);
/* SHA-256 of a text. */
json_t *journal_hash(const char *text, size_t len);

/* False: there is no log. */
bool journal_get_head(journal *j, audit_head *ret_head);

#endif
