#define _DEFAULT_SOURCE
#include <errno.h>
#include <inttypes.h>
#include <sodium.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "crypto/ct.h"
#include "node/audit_line.h"

typedef struct audit_reader {
    const char *path;
    FILE *file;
    char *line; /* AUDIT_LINE_MAX bytes */
    size_t len; /* with its newline, but for half a line at the end */
    const audit_head *known;
    bool has_key;
    uint8_t key[SIGNING_PUBLIC_BYTES];
    audit_report *report;
    pt_error *error;
} audit_reader;

static pt_status line_fail(const audit_reader *r, const char *format, ...) PRINTF_LIKE(2, 3);

/* Lines have their seq as number as long as all is well. */
static pt_status line_fail(const audit_reader *r, const char *format, ...)
{
    char text[PT_ERROR_MESSAGE_MAX];
    va_list list;
    va_start(list, format);
    (void)vsnprintf(text, sizeof text, format, list);
    va_end(list);
    return error_set(r->error, PT_ERR_INPUT, "%s, line %" PRIu64 ": %s", r->path,
                     r->report->head.seq + 1, text);
}

/* The next line, with `len` 0 at the end. */
static pt_status next_audit_line(audit_reader *r)
{
    r->len = 0;
    for (int c = getc_unlocked(r->file); c != EOF; c = getc_unlocked(r->file)) {
        if (r->len == AUDIT_LINE_MAX)
            return line_fail(r, "it is longer than any line of an audit log");
        r->line[r->len++] = (char)c;
        if (c == '\n')
            return PT_OK;
    }
    if (ferror(r->file))
        return error_set(r->error, PT_ERR_FILE, "cannot read '%s': %s", r->path, strerror(errno));
    return PT_OK;
}

/* ---- What a line must be ---- */

static pt_status check_place(const audit_reader *r, const json_t *line)
{
    const uint64_t expected = r->report->head.seq + 1;
    const json_t *seq = json_object_get(line, "seq");
    const char *prev = json_string_value(json_object_get(line, "prev"));
    if (!json_is_integer(seq) || prev == NULL || !json_is_string(json_object_get(line, "event")))
        return line_fail(r, "it is no line of an audit log: it was changed, or something else was "
                            "written");
    if (json_integer_value(seq) != (json_int_t)expected)
        return line_fail(r,
                         "its seq is %" JSON_INTEGER_FORMAT ": lines before it were taken out, put "
                         "in or moved",
                         json_integer_value(seq));
    if (strcmp(prev, r->report->head.hash) == 0)
        return PT_OK;
    if (expected == 1)
        return line_fail(r, "it is not the first line of a log");
    return line_fail(r,
                     "it does not continue the line before: line %" PRIu64 " was changed, or lines "
                     "were exchanged",
                     expected - 1);
}

static bool decode_signature(uint8_t ret_signature[SIGNING_BYTES], const char *text)
{
    size_t len = 0;
    return text != NULL &&
           sodium_base642bin(ret_signature, SIGNING_BYTES, text, strlen(text), NULL, &len, NULL,
                             sodium_base64_VARIANT_ORIGINAL) == 0 &&
           len == SIGNING_BYTES;
}

static pt_status check_signature(audit_reader *r, const json_t *line)
{
    uint8_t key[SIGNING_PUBLIC_BYTES];
    uint8_t signature[SIGNING_BYTES];
    char text[AUDIT_SIGNED_MAX];
    const char *key_text = json_string_value(json_object_get(line, "key"));
    if (key_text == NULL || !signing_public_parse(key, key_text, strlen(key_text)) ||
        !decode_signature(signature, json_string_value(json_object_get(line, "signature"))))
        return line_fail(r, "it has no key and signature");
    if (!r->has_key)
        memcpy(r->key, key, sizeof key);
    r->has_key = true;
    if (!ct_equal(r->key, key, sizeof key))
        return line_fail(r, "it is signed by another key, %s", key_text);
    if (!signing_verify(signature, key, text, audit_signed_text(text, &r->report->head)))
        return line_fail(r, "its signature is wrong: it was not written by the node");
    r->report->n_signatures++;
    signing_public_print(r->report->key, key);
    return PT_OK;
}

/* Whether it is the line whose head somebody has kept. */
static pt_status check_shown_head(const audit_reader *r, const audit_head *head)
{
    if (r->known == NULL || r->known->seq != head->seq ||
        ct_equal(r->known->hash, head->hash, AUDIT_HASH_SIZE))
        return PT_OK;
    return line_fail(r, "it is not the line whose head was shown: the log was written anew");
}

static pt_status check_audit_line(audit_reader *r, const json_t *line)
{
    audit_head head = r->report->head;
    const char *event = json_string_value(json_object_get(line, "event"));
    pt_status status = check_place(r, line);
    if (status != PT_OK)
        return status;
    const bool is_signed = strcmp(event, "signed") == 0;
    if (is_signed)
        status = check_signature(r, line);
    if (status != PT_OK)
        return status;
    audit_head_next(&head, head.seq + 1, r->line, r->len);
    status = check_shown_head(r, &head);
    r->report->n_unsigned = is_signed ? 0 : r->report->n_unsigned + 1;
    r->report->head = head;
    return status;
}

/* ---- All of them ---- */

static pt_status read_lines(audit_reader *r)
{
    for (;;) {
        pt_status status = next_audit_line(r);
        if (status != PT_OK || r->len == 0)
            return status;
        if (r->line[r->len - 1] != '\n') {
            r->report->n_half_bytes = r->len;
            return PT_OK;
        }
        json_t *line = json_loadb(r->line, r->len, JSON_REJECT_DUPLICATES, NULL);
        status = check_audit_line(r, line);
        json_decref(line);
        if (status != PT_OK)
            return status;
    }
}

static pt_status check_end(const audit_reader *r)
{
    if (r->report->head.seq == 0)
        return error_set(r->error, PT_ERR_INPUT, "'%s' holds no line of an audit log", r->path);
    if (r->known != NULL && r->known->seq > r->report->head.seq)
        return error_set(r->error, PT_ERR_INPUT,
                         "%s ends with line %" PRIu64 ", but the head of line %" PRIu64
                         " was shown: what followed was cut off",
                         r->path, r->report->head.seq, r->known->seq);
    return PT_OK;
}

static pt_status open_reader(audit_reader *r, const uint8_t *key)
{
    audit_head_begin(&r->report->head);
    if (key != NULL)
        memcpy(r->key, key, sizeof r->key);
    r->has_key = key != NULL;
    r->line = mem_new(AUDIT_LINE_MAX, 1);
    if (r->line == NULL)
        return error_memory(r->error);
    r->file = fopen(r->path, "rb");
    if (r->file == NULL)
        return error_set(r->error, PT_ERR_FILE, "cannot read '%s': %s", r->path, strerror(errno));
    return PT_OK;
}

static void close_reader(audit_reader *r)
{
    if (r->file != NULL)
        (void)fclose(r->file);
    mem_free(r->line);
}

pt_status audit_verify(audit_report *ret_report, const char *path, const uint8_t *key,
                       const audit_head *known, pt_error *error)
{
    audit_report report = {0};
    audit_reader r = {.path = path, .known = known, .report = &report, .error = error};
    pt_status status = open_reader(&r, key);
    if (status == PT_OK)
        status = read_lines(&r);
    if (status == PT_OK)
        status = check_end(&r);
    close_reader(&r);
    if (status == PT_OK)
        *ret_report = report;
    return status;
}

/* ---- Its end ---- */

/* To the first whole line of the last `len` bytes; of what was before it, it is believed. */
static pt_status skip_beginning(audit_reader *r, uint64_t len)
{
    audit_head *head = &r->report->head;
    off_t size = fseeko(r->file, 0, SEEK_END) == 0 ? ftello(r->file) : -1;
    const bool is_all = size >= 0 && (uint64_t)size <= len;
    if (size < 0 || fseeko(r->file, is_all ? 0 : size - (off_t)len, SEEK_SET) != 0)
        return error_set(r->error, PT_ERR_FILE, "cannot read '%s': %s", r->path, strerror(errno));
    pt_status status = is_all ? PT_OK : next_audit_line(r);
    const off_t begin = ftello(r->file);
    if (status != PT_OK || is_all)
        return status;
    status = next_audit_line(r);
    json_t *line = json_loadb(r->line, r->len, JSON_REJECT_DUPLICATES, NULL);
    const json_int_t seq = json_integer_value(json_object_get(line, "seq"));
    const char *prev = json_string_value(json_object_get(line, "prev"));
    if (seq > 0 && prev != NULL && strlen(prev) == AUDIT_HASH_SIZE - 1) {
        head->seq = (uint64_t)seq - 1;
        memcpy(head->hash, prev, AUDIT_HASH_SIZE);
    } else if (status == PT_OK) {
        status = error_set(r->error, PT_ERR_INPUT,
                           "%s, near its end: there is no line of an audit log", r->path);
    }
    json_decref(line);
    if (status == PT_OK && fseeko(r->file, begin, SEEK_SET) != 0)
        return error_set(r->error, PT_ERR_FILE, "cannot read '%s': %s", r->path, strerror(errno));
    return status;
}

pt_status audit_verify_end(const char *path, const uint8_t *key, uint64_t len, pt_error *error)
{
    audit_report report = {0};
    audit_reader r = {.path = path, .report = &report, .error = error};
    pt_status status = open_reader(&r, key);
    if (status == PT_OK)
        status = skip_beginning(&r, len);
    if (status == PT_OK)
        status = read_lines(&r);
    close_reader(&r);
    return status;
}
