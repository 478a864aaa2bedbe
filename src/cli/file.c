#define _POSIX_C_SOURCE 200809L
#include "cli/file.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

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
    if (is_stdin && feof(stdin))
        return error_set(error, PT_ERR_USAGE,
                         "standard input was read already: only one file can be -");
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
