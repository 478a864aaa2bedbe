/* What a node is told by its operator: one YAML file. Layer: node.
 *
 * Strict: unknown, missing and repeated keys, words and numbers out of range, and names that
 * nothing has are errors, which say the line, what would be right, and the nearest name. Nothing
 * is filled in that would allow something. docs/node.md and examples/node.yaml show every key.
 *
 * A config owns its text (an arena) and is not changed once it has been read, so that threads may
 * share it. It holds no secrets, only the names of files that do: those must be nobody else's. */
#ifndef NODE_CONFIG_H
#define NODE_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/compiler.h"
#include "polytune/secure.h"

/* Text of the file, and where it stands, for messages. */
typedef struct node_ref {
    const char *text;
    size_t line;
} node_ref;

typedef struct node_refs {
    node_ref *list;
    size_t n;
} node_refs;

/* Another organisation's node, and this one's own entry if it has one. */
typedef struct node_participant {
    const char *name;
    size_t line;
    const char *url; /* without slashes at the end */
    const char *key; /* public, as polytune keygen prints it */
    uint8_t key_bytes[PT_KEY_BYTES];
} node_participant;

/* A table that requests may name in place of an input. The options are those of polytune party. */
typedef struct node_source {
    const char *name;
    size_t line;
    const char *from; /* "@FILE.csv", "sqlite:FILE", "odbc:.." */
    const char *query;
    const char *rows;      /* the constant that is to be the number of rows, or NULL */
    const char *separator; /* one character, or NULL */
    const char *decimal;   /* "." or ",", or NULL */
    node_refs scales;      /* COLUMN:FACTOR */
    uint64_t pad_to;       /* 0: not given */
    unsigned header;       /* a source_header */
    bool truncates;
    bool sorts;
} node_source;

/* Where results may go besides to who asked. */
typedef struct node_output {
    const char *name;
    size_t line;
    const char *to;    /* "@FILE.csv", "sqlite:FILE", "odbc:.." */
    const char *table; /* of a database */
} node_output;

/* What a caller may do; roles are a set of these. */
enum node_role {
    NODE_SCHEDULE = 1u << 0, /* ask for computations, and see and stop those it asked for */
    NODE_READ = 1u << 1,     /* see all computations */
    NODE_APPROVE = 1u << 2,  /* approve and deny what waits for a person */
    NODE_ADMIN = 1u << 3     /* stop any computation, see metrics */
};

/* Somebody who may call the node, known by one of three. */
typedef struct node_caller_entry {
    const char *name;
    size_t line;
    const char *token_sha256; /* 64 small hexadecimal digits, as certificate's */
    const char *jwt_subject;
    const char *jwt_issuer; /* with a subject: whose it is */
    const char *certificate_sha256;
    unsigned roles;
} node_caller_entry;

typedef enum node_jwt_algorithm { NODE_JWT_ES256, NODE_JWT_EDDSA } node_jwt_algorithm;

/* Who makes tokens (JWT) that are taken here. */
typedef struct node_jwt_issuer {
    const char *issuer; /* the claim iss */
    size_t line;
    const char *audience; /* the claim aud must be, or hold, this */
    const char *key_file; /* its public key, PEM */
    unsigned algorithm;   /* node_jwt_algorithm: no other is taken with this key */
} node_jwt_issuer;

typedef enum node_rule_kind { NODE_ALLOW, NODE_ASK, NODE_DENY } node_rule_kind;

/* See node/rules.h. */
typedef struct node_rule {
    const char *name;
    size_t line;
    unsigned kind;       /* node_rule_kind */
    node_refs programs;  /* SHA-256, 64 small digits */
    node_refs signed_by; /* public signing keys, see node/signing_key.h */
    node_refs participants;
    node_refs callers;
    node_refs sources;
    node_refs outputs;                                 /* names of outputs, or URLs */
    node_refs constants;                               /* names of those that a request may give */
    node_refs functions;                               /* entry points; none: main */
    uint64_t max_ands, max_rows, min_rows, runs_a_day; /* 0: not given */
} node_rule;

typedef struct node_config {
    arena memory;
    const char *path;
    const char *sha256;  /* of the file's text, 64 digits; NULL: there is no file */
    const char *address; /* where to listen */
    uint16_t port;
    const char *url;   /* its own, as others know it; NULL: not told */
    const char *relay; /* NULL: parties' URLs are used directly */
    const char *key_file;
    const char *tls_certificate, *tls_key, *client_ca;
    const char *store; /* "sqlite:FILE", "postgres://.." */
    const char *audit_file, *audit_key_file;
    uint64_t concurrency;
    uint64_t threads; /* of a computation; 0: the library's default */
    uint32_t wait_ms, timeout_ms, deadline_ms;
    bool insecure_allow_all; /* no key of the file: only a flag sets it, and only on loopback */

    node_participant *participants;
    size_t n_participants;
    node_source *sources;
    size_t n_sources;
    node_output *outputs;
    size_t n_outputs;
    node_caller_entry *callers;
    size_t n_callers;
    node_jwt_issuer *issuers;
    size_t n_issuers;
    node_rule *rules;
    size_t n_rules;
} node_config;

/* Reads and checks the file and, but for their contents, the key files that it names. Names of
 * files in it are relative to its folder. PT_ERR_FILE, PT_ERR_INPUT: "FILE:LINE: ..". Release with
 * node_config_clear in any case. */
MUST_CHECK pt_status node_config_read(node_config *ret_config, const char *path, pt_error *error);
/* The same of text, as if it stood in `path`, without a look at the key files. */
MUST_CHECK pt_status node_config_parse(node_config *ret_config, const char *path, const char *text,
                                       size_t len, pt_error *error);
void node_config_clear(node_config *c);

/* What of a configuration that is in order its operator should know: tells each, a sentence. */
void node_config_advise(const node_config *c, void (*tell)(void *user, const char *advice),
                        void *user);
/* The same of the files of its sources, as they are now. */
void node_config_advise_files(const node_config *c, void (*tell)(void *user, const char *advice),
                              void *user);

/* By name; NULL: there is none. */
const node_participant *node_config_participant(const node_config *c, const char *name);
const node_source *node_config_source(const node_config *c, const char *name);
const node_output *node_config_output(const node_config *c, const char *name);

/* The participant of that URL, with or without slashes at its end; NULL: there is none. */
const node_participant *node_config_participant_at(const node_config *c, const char *url);

#endif
