#define _DEFAULT_SOURCE
#include "node/audit.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/assert.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/min.h"
#include "base/utf8.h"
#include "node/audit_line.h"

#define TEXT_BYTES_MAX ((size_t)1000)
#define SEQ_MAX        ((json_int_t)1 << 53)

static const char line_start[] = "{\"seq\":1,\"prev\":\"0";

struct audit {
    int fd;
    char *path;
    off_t size; /* of whole lines */
    audit_head head;
    uint64_t signed_seq;
    bool is_broken; /* nobody knows what is on the disk */
    signing_key key;
};

static pt_status audit_fail(const audit *log, const char *what, int problem, pt_error *error)
{
    return error_set(error, PT_ERR_FILE, "%s the audit log '%s': %s", what, log->path,
                     strerror(problem));
}

/* ---- Writing a line ---- */

/* Whether the file is the one that was opened, and as long as it was left. */
static bool is_as_left(const audit *log)
{
    struct stat ours, named;
    return fstat(log->fd, &ours) == 0 && stat(log->path, &named) == 0 &&
           ours.st_dev == named.st_dev && ours.st_ino == named.st_ino && ours.st_size == log->size;
}

/* Takes back what of a line has been written. Whether that could not be done must be known: what
 * follows half a line would be a part of it. */
static pt_status take_back(audit *log, int problem, pt_error *error)
{
    if (ftruncate(log->fd, log->size) != 0)
        log->is_broken = true;
    return audit_fail(log, "cannot write", problem, error);
}

static pt_status write_line(audit *log, const char *line, size_t len, pt_error *error)
{
    if (log->is_broken)
        return error_set(error, PT_ERR_FILE,
                         "the audit log '%s' could not be written before: restart the node once "
                         "the reason is mended",
                         log->path);
    if (!is_as_left(log)) {
        log->is_broken = true;
        return error_set(error, PT_ERR_FILE,
                         "the audit log '%s' was moved, removed or changed by somebody else",
                         log->path);
    }
    const ssize_t written = write(log->fd, line, len);
    if (written != (ssize_t)len)
        return take_back(log, written < 0 ? errno : ENOSPC, error);
    if (fdatasync(log->fd) != 0) {
        const int problem = errno;
        log->is_broken = true; /* a second try could succeed without anything on the disk */
        return take_back(log, problem, error);
    }
    log->size += (off_t)len;
    return PT_OK;
}

static void put_time(char ret_text[32])
{
    struct timespec now = {0};
    struct tm parts;
    char seconds[24] = "";
    (void)clock_gettime(CLOCK_REALTIME, &now);
    if (gmtime_r(&now.tv_sec, &parts) != NULL)
        (void)strftime(seconds, sizeof seconds, "%Y-%m-%dT%H:%M:%S", &parts);
    (void)snprintf(ret_text, 32, "%s.%03dZ", seconds, (int)(now.tv_nsec / 1000000));
}

/* Shortens long text in an object, and in objects and lists in it. */
static bool shorten(json_t *value, unsigned depth)
{
    const char *key = NULL;
    json_t *inner = NULL;
    size_t i = 0;
    bool done = depth < 8;
    json_object_foreach(value, key, inner)
    {
        const size_t len = json_string_length(inner);
        if (len > TEXT_BYTES_MAX)
            done = json_object_set_new(value, key,
                                       json_stringn(json_string_value(inner),
                                                    utf8_cut(json_string_value(inner), len,
                                                             TEXT_BYTES_MAX))) == 0 &&
                   done;
        else if (done)
            done = shorten(inner, depth + 1);
    }
    json_array_foreach(value, i, inner)
    {
        if (done)
            done = shorten(inner, depth + 1);
    }
    return done;
}

/* The line's object: seq, prev, time and event come first. NULL: out of memory. */
static json_t *make_object(const audit *log, const char *event, json_t *fields)
{
    static const char *const ours[] = {"seq", "prev", "time", "event"};
    char time_text[32];
    for (size_t i = 0; i < sizeof ours / sizeof *ours; i++)
        PT_ASSERT(json_object_get(fields, ours[i]) == NULL);
    put_time(time_text);
    json_t *object = json_pack("{s:I, s:s, s:s, s:s}", "seq", (json_int_t)(log->head.seq + 1),
                               "prev", log->head.hash, "time", time_text, "event", event);
    if (object != NULL && shorten(fields, 0) && json_object_update(object, fields) == 0)
        return object;
    json_decref(object);
    return NULL;
}

/* Writes one line; `fields` stays the caller's. */
static pt_status add_line(audit *log, const char *event, json_t *fields, pt_error *error)
{
    char *line = mem_new(AUDIT_LINE_MAX, 1);
    json_t *object = make_object(log, event, fields);
    pt_status status = PT_OK;
    size_t len = 0;
    if (line != NULL && object != NULL)
        len = json_dumpb(object, line, AUDIT_LINE_MAX, JSON_COMPACT | JSON_ENSURE_ASCII);
    if (len == 0)
        status = error_memory(error);
    else if (len >= AUDIT_LINE_MAX)
        status = error_set(error, PT_ERR_FILE, "a line '%s' is too long for the audit log", event);
    if (status == PT_OK) {
        line[len++] = '\n';
        status = write_line(log, line, len, error);
    }
    if (status == PT_OK)
        audit_head_next(&log->head, log->head.seq + 1, line, len);
    json_decref(object);
    mem_free(line);
    return status;
}

static pt_status add_signature(audit *log, pt_error *error)
{
    char text[AUDIT_SIGNED_MAX];
    uint8_t signature[SIGNING_BYTES];
    char public_text[SIGNING_PUBLIC_SIZE];
    char signature_text[AUDIT_SIGNATURE_SIZE];
    signing_sign(signature, &log->key, text, audit_signed_text(text, &log->head));
    signing_public_print(public_text, log->key.public);
    (void)sodium_bin2base64(signature_text, sizeof signature_text, signature, sizeof signature,
                            sodium_base64_VARIANT_ORIGINAL);
    json_t *fields = json_pack("{s:s, s:s}", "key", public_text, "signature", signature_text);
    const pt_status status = add_line(log, "signed", fields, error);
    json_decref(fields);
    if (status == PT_OK)
        log->signed_seq = log->head.seq;
    return status;
}

pt_status audit_append(audit *log, const char *event, json_t *fields, pt_error *error)
{
    pt_status status = fields == NULL ? error_memory(error) : add_line(log, event, fields, error);
    json_decref(fields);
    if (status == PT_OK && log->head.seq - log->signed_seq >= AUDIT_SIGN_EVERY)
        (void)add_signature(log, NULL); /* the line is there; the next one signs, too */
    return status;
}

void audit_get_head(const audit *log, audit_head *ret_head)
{
    *ret_head = log->head;
}

/* ---- Opening ---- */

static pt_status open_file(audit *log, pt_error *error)
{
    struct stat info;
    log->fd = open(log->path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, S_IRUSR | S_IWUSR | S_IRGRP);
    if (log->fd < 0)
        return audit_fail(log, "cannot open", errno, error);
    if (fstat(log->fd, &info) != 0 || !S_ISREG(info.st_mode))
        return audit_fail(log, "this is no file:", EINVAL, error);
    log->size = info.st_size;
    if (flock(log->fd, LOCK_EX | LOCK_NB) == 0)
        return PT_OK;
    if (errno == EWOULDBLOCK)
        return error_set(error, PT_ERR_FILE,
                         "another process writes the audit log '%s': each node has one of its own",
                         log->path);
    return audit_fail(log, "cannot lock", errno, error);
}

/* A new file is in its folder only once the folder is on the disk. */
static pt_status sync_folder(const audit *log, pt_error *error)
{
    char *folder = mem_string(log->path);
    if (folder == NULL)
        return error_memory(error);
    char *slash = strrchr(folder, '/');
    if (slash != NULL)
        slash[slash == folder] = '\0';
    const int fd = open(slash == NULL ? "." : folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    const bool done = fd >= 0 && fsync(fd) == 0;
    const int problem = errno;
    if (fd >= 0)
        (void)close(fd);
    mem_free(folder);
    return done ? PT_OK : audit_fail(log, "cannot write the folder of", problem, error);
}

/* The end of the file, at most so much that a whole line before half a line is in it. */
static pt_status read_end(buffer *ret_end, const audit *log, pt_error *error)
{
    const size_t most = 2 * AUDIT_LINE_MAX;
    const size_t len = (uint64_t)log->size < most ? (size_t)log->size : most;
    uint8_t *at = buffer_extend(ret_end, len + 1); /* an empty file is no special case */
    if (at == NULL)
        return error_memory(error);
    ret_end->len = len;
    if (pread(log->fd, at, len, log->size - (off_t)len) != (ssize_t)len)
        return audit_fail(log, "cannot read", errno, error);
    return PT_OK;
}

/* The last line of bytes[0 .. len), which end with a newline. */
static const char *last_whole_line(const char *bytes, size_t len, size_t *ret_len)
{
    size_t begin = len - 1;
    while (begin > 0 && bytes[begin - 1] != '\n')
        begin--;
    *ret_len = len - begin;
    return bytes + begin;
}

static pt_status no_log(const audit *log, pt_error *error)
{
    return error_set(error, PT_ERR_INPUT,
                     "'%s' does not end as an audit log does; polytune node audit --verify tells "
                     "more",
                     log->path);
}

/* Where the log goes on: its head from its last whole line. */
static pt_status resume(audit *log, const char *end, size_t len, pt_error *error)
{
    size_t line_len = 0;
    const char *line = last_whole_line(end, len, &line_len);
    json_t *object = json_loadb(line, line_len, JSON_REJECT_DUPLICATES, NULL);
    const json_int_t seq = json_integer_value(json_object_get(object, "seq"));
    const bool is_line =
        seq > 0 && seq < SEQ_MAX && json_is_string(json_object_get(object, "prev"));
    json_decref(object);
    if (!is_line)
        return no_log(log, error);
    audit_head_next(&log->head, (uint64_t)seq, line, line_len);
    log->signed_seq = log->head.seq;
    return PT_OK;
}

static pt_status cut_off(audit *log, size_t n, pt_error *error)
{
    if (n == 0)
        return PT_OK;
    log->size -= (off_t)n;
    if (ftruncate(log->fd, log->size) != 0)
        return audit_fail(log, "cannot cut half a line off", errno, error);
    return PT_OK;
}

/* Goes on after the last whole line and cuts off what follows it; tells how much that was. Nothing
 * is cut off a file that is no log. */
static pt_status mend_end(size_t *ret_cut, audit *log, pt_error *error)
{
    buffer end;
    buffer_init(&end, 2 * AUDIT_LINE_MAX + 1);
    pt_status status = read_end(&end, log, error);
    size_t len = status == PT_OK ? end.len : 0;
    while (len > 0 && end.bytes[len - 1] != '\n')
        len--;
    *ret_cut = end.len - len;
    if (status == PT_OK && len != 0)
        status = resume(log, (const char *)end.bytes, len, error);
    /* Without any line, only the beginning of the first one can be a log's. */
    else if (status == PT_OK && log->size != 0 &&
             ((uint64_t)log->size != *ret_cut ||
              strncmp((const char *)end.bytes, line_start,
                      min_size(*ret_cut, sizeof line_start - 1)) != 0))
        status = no_log(log, error);
    buffer_clear(&end);
    return status == PT_OK ? cut_off(log, *ret_cut, error) : status;
}

/* Nothing is written behind lines that somebody has changed: it would look as if all was well. */
static pt_status check_last_lines(const audit *log, pt_error *error)
{
    pt_error found;
    if (log->size == 0)
        return PT_OK;
    const pt_status status =
        audit_verify_end(log->path, log->key.public, AUDIT_LOOKED_AT_BYTES, &found);
    if (status == PT_OK)
        return PT_OK;
    if (status != PT_ERR_INPUT)
        return error_set(error, status, "%s", found.message);
    return error_set(error, PT_ERR_INPUT,
                     "the audit log was changed by somebody else than this node: %.300s. Move it "
                     "away and keep it, for whoever finds out how; the node begins another",
                     found.message);
}

static pt_status begin(audit *log, pt_error *error)
{
    char public_text[SIGNING_PUBLIC_SIZE];
    size_t cut = 0;
    pt_status status = open_file(log, error);
    if (status == PT_OK)
        status = mend_end(&cut, log, error);
    if (status == PT_OK)
        status = check_last_lines(log, error);
    if (status == PT_OK && log->size == 0)
        status = sync_folder(log, error);
    if (status != PT_OK)
        return status;
    signing_public_print(public_text, log->key.public);
    json_t *fields = json_pack("{s:s}", "key", public_text);
    if (cut != 0 && json_object_set_new(fields, "bytes_of_half_a_line_cut_off",
                                        json_integer((json_int_t)cut)) != 0) {
        json_decref(fields);
        return error_memory(error);
    }
    return audit_append(log, "opened", fields, error);
}

static void audit_free(audit *log)
{
    if (log->fd >= 0)
        (void)close(log->fd);
    mem_free(log->path);
    mem_free_guarded(log, sizeof *log);
}

pt_status audit_open(audit **ret_log, const char *path, const signing_key *key, pt_error *error)
{
    audit *log = mem_new_guarded(1, sizeof *log);
    if (log == NULL)
        return error_memory(error);
    log->fd = -1;
    log->key = *key;
    log->path = mem_string(path);
    audit_head_begin(&log->head);
    const pt_status status = log->path == NULL ? error_memory(error) : begin(log, error);
    if (status == PT_OK)
        *ret_log = log;
    else
        audit_free(log);
    return status;
}

pt_status audit_close(audit *log, pt_error *error)
{
    if (log == NULL)
        return PT_OK;
    const pt_status status = add_signature(log, error);
    audit_free(log);
    return status;
}
