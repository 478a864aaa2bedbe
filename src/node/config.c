#include "node/config.h"

#include <errno.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "base/buffer.h"
#include "base/error.h"
#include "base/hex.h"
#include "base/read_file.h"
#include "channel/http/url.h"
#include "data/source.h"
#include "node/config_check.h"
#include "polytune/mpc.h"

#define FILE_BYTES_MAX   ((size_t)1 << 20)
#define MEMORY_BYTES_MAX ((size_t)64 << 20)
#define ROWS_MAX         ((uint64_t)1 << 27)

/* A key and the member of `of` that it sets. */
#define AT(of, member)    .at = offsetof(of, member)
#define ITEMS(of, member) .at = offsetof(of, member), .n_at = offsetof(of, n_##member)

/* ---- The keys ---- */

static const field participant_fields[] = {
    {"name", FIELD_NAME, true, AT(node_participant, name)},
    {"url", FIELD_URL, true, AT(node_participant, url)},
    {"key", FIELD_TEXT, true, AT(node_participant, key)},
    {0},
};

static const field_word header_words[] = {{"true", HEADER_NAMES}, {"false", HEADER_ROW}, {0}};

static const field source_fields[] = {
    {"name", FIELD_NAME, true, AT(node_source, name)},
    {"from", FIELD_PLACE, true, AT(node_source, from)},
    {"query", FIELD_TEXT, false, AT(node_source, query)},
    {"rows", FIELD_TEXT, false, AT(node_source, rows)},
    {"pad-to", FIELD_NUMBER, false, AT(node_source, pad_to), .min = 1, .max = ROWS_MAX},
    {"scale", FIELD_REFS, false, AT(node_source, scales)},
    {"separator", FIELD_TEXT, false, AT(node_source, separator)},
    {"decimal", FIELD_TEXT, false, AT(node_source, decimal)},
    {"header", FIELD_WORD, false, AT(node_source, header), .words = header_words},
    {"truncate", FIELD_YES, false, AT(node_source, truncates)},
    {"sort", FIELD_YES, false, AT(node_source, sorts)},
    {0},
};

static const field output_fields[] = {
    {"name", FIELD_NAME, true, AT(node_output, name)},
    {"to", FIELD_PLACE, true, AT(node_output, to)},
    {"table", FIELD_TEXT, false, AT(node_output, table)},
    {0},
};

static const field_word role_words[] = {
    {"schedule", NODE_SCHEDULE},
    {"read", NODE_READ},
    {"approve", NODE_APPROVE},
    {"admin", NODE_ADMIN},
    {0},
};

static const field caller_fields[] = {
    {"name", FIELD_NAME, true, AT(node_caller_entry, name)},
    {"token-sha256", FIELD_SHA256, false, AT(node_caller_entry, token_sha256)},
    {"jwt-subject", FIELD_TEXT, false, AT(node_caller_entry, jwt_subject)},
    {"jwt-issuer", FIELD_TEXT, false, AT(node_caller_entry, jwt_issuer)},
    {"certificate-sha256", FIELD_SHA256, false, AT(node_caller_entry, certificate_sha256)},
    {"roles", FIELD_SET, true, AT(node_caller_entry, roles), .words = role_words},
    {0},
};

static const field_word algorithm_words[] = {
    {"ES256", NODE_JWT_ES256},
    {"EdDSA", NODE_JWT_EDDSA},
    {0},
};

static const field issuer_fields[] = {
    {"issuer", FIELD_TEXT, true, AT(node_jwt_issuer, issuer)},
    {"audience", FIELD_TEXT, true, AT(node_jwt_issuer, audience)},
    {"key", FIELD_PATH, true, AT(node_jwt_issuer, key_file)},
    {"algorithm", FIELD_WORD, true, AT(node_jwt_issuer, algorithm), .words = algorithm_words},
    {0},
};

static const field_word decision_words[] = {
    {"allow", NODE_ALLOW},
    {"ask", NODE_ASK},
    {"deny", NODE_DENY},
    {0},
};

static const field rule_fields[] = {
    {"name", FIELD_NAME, true, AT(node_rule, name)},
    {"decision", FIELD_WORD, true, AT(node_rule, kind), .words = decision_words},
    {"programs", FIELD_SHAS, false, AT(node_rule, programs)},
    {"signed-by", FIELD_REFS, false, AT(node_rule, signed_by)},
    {"participants", FIELD_REFS, false, AT(node_rule, participants)},
    {"callers", FIELD_REFS, false, AT(node_rule, callers)},
    {"sources", FIELD_REFS, false, AT(node_rule, sources)},
    {"outputs", FIELD_REFS, false, AT(node_rule, outputs)},
    {"constants", FIELD_REFS, false, AT(node_rule, constants)},
    {"functions", FIELD_REFS, false, AT(node_rule, functions)},
    {"max-ands", FIELD_NUMBER, false, AT(node_rule, max_ands), .min = 1, .max = UINT32_MAX},
    {"max-rows", FIELD_NUMBER, false, AT(node_rule, max_rows), .min = 1, .max = ROWS_MAX},
    {"min-rows", FIELD_NUMBER, false, AT(node_rule, min_rows), .min = 1, .max = ROWS_MAX},
    {"runs-a-day", FIELD_NUMBER, false, AT(node_rule, runs_a_day), .min = 1, .max = 1000000},
    {0},
};

#define TABLE(what, fields, type)                                                                  \
    {                                                                                              \
        what, fields, sizeof(type), offsetof(type, line)                                           \
    }
#define PART(what, fields)                                                                         \
    {                                                                                              \
        what, fields, 0, SIZE_MAX                                                                  \
    }

static const field_table participant_table =
    TABLE("a participant", participant_fields, node_participant);
static const field_table source_table = TABLE("a source", source_fields, node_source);
static const field_table output_table = TABLE("an output", output_fields, node_output);
static const field_table caller_table = TABLE("a caller", caller_fields, node_caller_entry);
static const field_table issuer_table = TABLE("an issuer", issuer_fields, node_jwt_issuer);
static const field_table rule_table = TABLE("a rule", rule_fields, node_rule);

static const field tls_fields[] = {
    {"certificate", FIELD_PATH, true, AT(node_config, tls_certificate)},
    {"key", FIELD_PATH, true, AT(node_config, tls_key)},
    {"client-ca", FIELD_PATH, false, AT(node_config, client_ca)},
    {0},
};
static const field_table tls_table = PART("tls", tls_fields);

static const field audit_fields[] = {
    {"file", FIELD_PATH, true, AT(node_config, audit_file)},
    {"key", FIELD_PATH, true, AT(node_config, audit_key_file)},
    {0},
};
static const field_table audit_table = PART("audit", audit_fields);

static const field top_fields[] = {
    {"listen", FIELD_TEXT, false, AT(node_config, address)},
    {"url", FIELD_URL, false, AT(node_config, url)},
    {"relay", FIELD_URL, false, AT(node_config, relay)},
    {"key", FIELD_PATH, true, AT(node_config, key_file)},
    {"tls", FIELD_MAP, false, .table = &tls_table},
    {"store", FIELD_PLACE, true, AT(node_config, store)},
    {"audit", FIELD_MAP, true, .table = &audit_table},
    {"concurrency", FIELD_NUMBER, false, AT(node_config, concurrency), .min = 1, .max = 1000},
    {"threads", FIELD_NUMBER, false, AT(node_config, threads), .min = 1, .max = PT_MPC_MAX_THREADS},
    {"wait", FIELD_TIME, false, AT(node_config, wait_ms)},
    {"timeout", FIELD_TIME, false, AT(node_config, timeout_ms)},
    {"deadline", FIELD_TIME, false, AT(node_config, deadline_ms)},
    {"participants", FIELD_LIST, false, ITEMS(node_config, participants),
     .table = &participant_table},
    {"sources", FIELD_LIST, false, ITEMS(node_config, sources), .table = &source_table},
    {"outputs", FIELD_LIST, false, ITEMS(node_config, outputs), .table = &output_table},
    {"callers", FIELD_LIST, false, ITEMS(node_config, callers), .table = &caller_table},
    {"issuers", FIELD_LIST, false, ITEMS(node_config, issuers), .table = &issuer_table},
    {"rules", FIELD_LIST, false, ITEMS(node_config, rules), .table = &rule_table},
    {0},
};
static const field_table top_table = PART("the configuration", top_fields);

/* ---- Reading ---- */

/* "/etc/polytune/" of "/etc/polytune/node.yaml". */
static const char *folder_of(arena *a, const char *path)
{
    const char *slash = strrchr(path, '/');
    return arena_string(a, path, slash == NULL ? 0 : (size_t)(slash - path) + 1);
}

static const char *hash_text(arena *a, const char *text, size_t len)
{
    uint8_t hash[crypto_hash_sha256_BYTES];
    char hex[HEX_SIZE(sizeof hash)];
    (void)crypto_hash_sha256(hash, (const uint8_t *)text, len);
    hex_write(hex, hash, sizeof hash);
    return arena_string(a, hex, sizeof hex - 1);
}

pt_status node_config_parse(node_config *ret_config, const char *path, const char *text, size_t len,
                            pt_error *error)
{
    node_config *c = ret_config;
    yaml_item *root = NULL;
    *c = (node_config){.address = "127.0.0.1:8000",
                       .concurrency = 4,
                       .wait_ms = 600 * 1000,
                       .timeout_ms = 60 * 1000,
                       .deadline_ms = 3600 * 1000};
    arena_init(&c->memory, MEMORY_BYTES_MAX);
    c->path = arena_string(&c->memory, path, strlen(path));
    field_reader r = {&c->memory, c->path, folder_of(&c->memory, path), error};
    if (c->path == NULL || r.folder == NULL)
        return error_memory(error);
    c->sha256 = hash_text(&c->memory, text, len);
    if (c->sha256 == NULL)
        return error_memory(error);
    pt_status status = yaml_parse(&root, &c->memory, c->path, text, len, error);
    if (status == PT_OK)
        status = fields_read(&r, c, root, &top_table);
    return status == PT_OK ? config_check(&r, c) : status;
}

pt_status node_config_read(node_config *ret_config, const char *path, pt_error *error)
{
    buffer text;
    *ret_config = (node_config){0};
    FILE *file = fopen(path, "rb");
    if (file == NULL)
        return error_set(error, PT_ERR_FILE, "cannot read the configuration '%s': %s", path,
                         strerror(errno));
    buffer_init(&text, FILE_BYTES_MAX + 65536); /* read_file asks for more than it needs */
    pt_status status = read_file(&text, file, path, error);
    (void)fclose(file);
    if (status == PT_OK)
        status = node_config_parse(ret_config, path, (const char *)text.bytes, text.len, error);
    buffer_clear(&text);
    return status == PT_OK ? config_check_files(ret_config, error) : status;
}

void node_config_clear(node_config *c)
{
    arena_clear(&c->memory);
    *c = (node_config){0};
}

/* ---- Finding ---- */

const node_participant *node_config_participant(const node_config *c, const char *name)
{
    for (size_t i = 0; i < c->n_participants; i++) {
        if (strcmp(c->participants[i].name, name) == 0)
            return &c->participants[i];
    }
    return NULL;
}

const node_source *node_config_source(const node_config *c, const char *name)
{
    for (size_t i = 0; i < c->n_sources; i++) {
        if (strcmp(c->sources[i].name, name) == 0)
            return &c->sources[i];
    }
    return NULL;
}

const node_output *node_config_output(const node_config *c, const char *name)
{
    for (size_t i = 0; i < c->n_outputs; i++) {
        if (strcmp(c->outputs[i].name, name) == 0)
            return &c->outputs[i];
    }
    return NULL;
}

/* Whether two URLs are the same but for slashes at the end of the second. */
static bool is_url(const char *known, const char *given)
{
    const size_t len = strlen(known);
    return strncmp(known, given, len) == 0 && strspn(given + len, "/") == strlen(given + len);
}

const node_participant *node_config_participant_at(const node_config *c, const char *url)
{
    for (size_t i = 0; i < c->n_participants; i++) {
        if (is_url(c->participants[i].url, url))
            return &c->participants[i];
    }
    return NULL;
}
