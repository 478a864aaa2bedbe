/* A policy: what one party is asked to compute with the others. Layer: node.
 *
 * The JSON that POST /schedule takes is that of the Rust project's server:
 *
 *      computation_id   a UUID
 *      participants     the URLs of the parties, in the order of their numbers
 *      program          Garble source
 *      leader, party    numbers of parties; the leader evaluates
 *      input            Garble JSON or plain JSON; or {"source": NAME}, a source of this node
 *      output           a URL that gets the result, null, or {"output": NAME}, an output of this
 * node constants        {NAME: Garble JSON}, of this party; also a string of Garble text
 *
 * and, beyond it, `function` and `output_parties`, the numbers of the parties that get the result.
 * The input is secret: it is kept apart and wiped. */
#ifndef NODE_POLICY_POLICY_H
#define NODE_POLICY_POLICY_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/compiler.h"
#include "base/hex.h"
#include "polytune/program.h"

#define POLICY_ID_SIZE       37 /* terminated */
#define POLICY_HASH_BYTES    32
#define POLICY_HASH_SIZE     HEX_SIZE(POLICY_HASH_BYTES)
#define POLICY_PARTIES_MAX   255
#define POLICY_CONSTANTS_MAX 1024
#define POLICY_PROGRAM_MAX   ((size_t)4 << 20)
#define POLICY_NAME_MAX      64
#define POLICY_URL_MAX       2048

typedef struct policy {
    char id[POLICY_ID_SIZE]; /* in lower case */
    size_t n_parties;
    char **participants; /* as they were given */
    char *program;
    char *function; /* NULL: main */
    size_t leader;
    size_t party;
    char *source; /* NULL: `input` */
    uint8_t *input;
    size_t input_len;
    char *output_url;       /* NULL: none */
    char *output_name;      /* NULL: none */
    pt_constant *constants; /* sorted by name */
    size_t n_constants;
    bool *receives; /* by party */
    uint8_t program_sha256[POLICY_HASH_BYTES];
} policy;

/* What is wrong with text that is no policy: no JSON, or JSON of another shape. */
typedef enum policy_fault { POLICY_NO_JSON, POLICY_WRONG_SHAPE, POLICY_NO_MEMORY } policy_fault;

/* Release with policy_clear in any case. False: `ret_fault`, and `error` says where and what. */
MUST_CHECK bool policy_parse(policy *ret_policy, const char *json, size_t len,
                             policy_fault *ret_fault, pt_error *error);
void policy_clear(policy *p);
/* The input is not needed any more. */
void policy_forget_input(policy *p);

/* All but the input as JSON, which is null there: the same text for the same policy, and a policy
 * itself. mem_free; NULL when out of memory. */
MUST_CHECK char *policy_print(const policy *p);
/* Its participants, output parties and constants, put into `all`, which is returned. */
json_t *policy_put_lists(json_t *all, const policy *p);
/* What people see of it, all but the program's text, put into `all`: with hashes for `printed`,
 * what policy_print gives, and for the program, and without what is secret in URLs. */
void policy_put_shown(json_t *all, const policy *p, const char *printed);
/* The same as text. mem_free; NULL when out of memory. */
MUST_CHECK char *policy_summary(const policy *p, const char *printed);
/* The SHA-256 of what policy_print gives: it stands for all of a policy but an input that came with
 * it. */
void policy_hash(char ret_hash[POLICY_HASH_SIZE], const char *printed);
/* Reads what it gives. Takes the input over. */
MUST_CHECK pt_status policy_restore(policy *ret_policy, const char *json, uint8_t *input,
                                    size_t input_len, pt_error *error);

/* Whether `text` is a UUID, in any case; *ret_id in lower case. */
bool policy_id_read(char ret_id[POLICY_ID_SIZE], const char *text, size_t len);

/* Whether two URLs are the same but for slashes at their ends. */
bool policy_same_url(const char *a, const char *b);

#endif
