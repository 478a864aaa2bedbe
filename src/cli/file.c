#define _POSIX_C_SOURCE 200809L
#include "cli/file.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/error.h"
#include "base/mem.h"

#define READ_BYTES 65536

static pt_status read_all(buffer *b, FILE *file, const char *path, pt_error *error)
{
    for (;;) {
        uint8_t *at = buffer_extend(b, READ_BYTES);
        if (at == NULL)
            return error_set(error, PT_ERR_FILE, "'%s' is too large", path);
        const size_t got = fread(at, 1, READ_BYTES, file);
        b->len -= READ_BYTES - got;
        if (ferror(file))
            return error_set(error, PT_ERR_FILE, "cannot read '%s': %s", path, strerror(errno));
        if (got == 0)
            return PT_OK;
    }
}

pt_status file_read(char **ret_text, size_t *ret_len, const char *path, pt_error *error)
{
    struct stat info;
    buffer b;
    buffer_init(&b, FILE_BYTES_MAX);
    const bool is_stdin = strcmp(path, "-") == 0;
    FILE *file = is_stdin ? stdin : fopen(path, "rb");
    if (file == NULL)
        return error_set(error, PT_ERR_FILE, "cannot read '%s': %s", path, strerror(errno));
    pt_status status = PT_OK;
    if (!is_stdin && fstat(fileno(file), &info) == 0 && S_ISDIR(info.st_mode))
        status = error_set(error, PT_ERR_FILE, "cannot read '%s': it is a folder", path);
    if (status == PT_OK)
        status = read_all(&b, file, path, error);
    if (!is_stdin)
        (void)fclose(file);
    if (status == PT_OK && buffer_text(&b) == NULL)
        status = error_memory(error);
    if (status != PT_OK) {
        buffer_clear(&b);
        return status;
    }
    *ret_text = (char *)buffer_take(&b, ret_len);
    return PT_OK;
}

/* A device, a pipe or a link must be written to: renaming a file over it would destroy it. */
static bool is_replaceable(const char *path)
{
    struct stat info;
    return lstat(path, &info) == 0 ? S_ISREG(info.st_mode) : errno == ENOENT;
}

/* False with errno set. */
static bool write_all(const char *path, const char *text, size_t len)
{
    FILE *file = fopen(path, "wb");
    if (file == NULL)
        return false;
    const bool written = fwrite(text, 1, len, file) == len;
    const int problem = errno;
    const bool closed = fclose(file) == 0;
    if (!written)
        errno = problem;
    return written && closed;
}

pt_status file_write(const char *path, const char *text, size_t len, pt_error *error)
{
    const size_t size = strlen(path) + sizeof ".part";
    const bool in_place = !is_replaceable(path);
    char *part = mem_new(size, 1);
    if (part == NULL)
        return error_memory(error);
    (void)snprintf(part, size, "%s%s", path, in_place ? "" : ".part");
    pt_status status = PT_OK;
    if (!write_all(part, text, len) || (!in_place && rename(part, path) != 0)) {
        status = error_set(error, PT_ERR_FILE, "cannot write '%s': %s", path, strerror(errno));
        if (!in_place)
            (void)unlink(part);
    }
    mem_free(part);
    return status;
}
