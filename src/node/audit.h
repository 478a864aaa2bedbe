/* The audit log: what happened, so that it cannot be changed unnoticed afterwards. Layer: node.
 *
 * A line is one JSON object. It begins with "seq", counted from 1, and "prev", the SHA-256 of the
 * line before as it stands in the file, with its newline (64 zeros in the first line); then "time"
 * and "event". Bytes are hashed, nothing is serialised again. Each AUDIT_SIGN_EVERY lines, and when
 * the log is closed, a line "signed" has "key" and "signature": Ed25519, base64, over the text
 *
 *      polytune audit 1\nSEQ\nPREV\n
 *
 * with its own seq and prev, so over all lines before. A changed line is found at the next one.
 * That lines were cut off at the end can only be found by somebody who knows the head, the last seq
 * and hash: hence it is shown, and can be kept elsewhere.
 *
 * One process may write a log. Used by one thread at a time. */
#ifndef NODE_AUDIT_H
#define NODE_AUDIT_H

#include <jansson.h>

#include "node/signing_key.h"

#define AUDIT_SIGN_EVERY 1000
#define AUDIT_HASH_SIZE  65 /* as text, terminated */

/* Some thousand lines: so that a start takes no time, however long the log is. */
#define AUDIT_LOOKED_AT_BYTES ((uint64_t)4 << 20)

typedef struct audit audit;

typedef struct audit_head {
    uint64_t seq; /* of the last line; 0: there is none */
    char hash[AUDIT_HASH_SIZE];
} audit_head;

/* Opens a log, or begins one, and writes a line "opened". What a crash has left of a half-written
 * line is cut off, which the line tells. Copies the key. PT_ERR_FILE, also when another process has
 * the log open; PT_ERR_INPUT when the file is none, or its end does not hold together: the last
 * AUDIT_LOOKED_AT_BYTES of it, with their signatures. */
MUST_CHECK pt_status audit_open(audit **ret_log, const char *path, const signing_key *key,
                                pt_error *error);

/* Writes a line and has it on the disk before it returns. `fields` (taken over, NULL is taken as
 * out of memory) must not have "seq", "prev", "time" or "event"; long text in it is shortened.
 * PT_ERR_FILE: it is not in the log, nor a part of it, and what it would have told of must not
 * happen. */
MUST_CHECK pt_status audit_append(audit *log, const char *event, json_t *fields, pt_error *error);

void audit_get_head(const audit *log, audit_head *ret_head);

/* Signs, closes, wipes the key. The log is gone whatever comes back. Accepts NULL. */
pt_status audit_close(audit *log, pt_error *error);

typedef struct audit_report {
    audit_head head;
    uint64_t n_signatures;
    uint64_t n_unsigned;           /* lines after the last signature */
    size_t n_half_bytes;           /* of a line at the end that has no newline */
    char key[SIGNING_PUBLIC_SIZE]; /* that signed; "" if nothing is signed */
} audit_report;

/* Reads a log from its first line to its last. `key`: whose signatures it must bear; NULL: all by
 * one key, which the report shows. `known`: a head that was shown once and must be in it; NULL:
 * none is known. PT_ERR_INPUT names the line at which it does not hold together, and why. */
MUST_CHECK pt_status audit_verify(audit_report *ret_report, const char *path, const uint8_t *key,
                                  const audit_head *known, pt_error *error);
/* The same of its last `len` bytes, but for a line that is cut there: whether they hold together,
 * not whether they go on what was before. */
MUST_CHECK pt_status audit_verify_end(const char *path, const uint8_t *key, uint64_t len,
                                      pt_error *error);

#endif
