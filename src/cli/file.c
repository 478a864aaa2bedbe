#define _POSIX_C_SOURCE 200809L
#include "cli/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/read_file.h"

/* Also where there is a file of that name. */
static bool is_standard_input(const char *path)
{
    return strcmp(path, "-") == 0;
}

/* Release with file_close. */
static pt_status file_open(FILE **ret_file, const char *path, pt_error *error)
{
    struct stat info;
    const bool is_stdin = is_standard_input(path);
    if (is_stdin && feof(stdin))
        return error_set(error, PT_ERR_USAGE,
                         "standard input was read already: only one file can be -");
    FILE *file = is_stdin ? stdin : fopen(path, "rb");
    if (file == NULL)
        return error_set(error, PT_ERR_FILE, "cannot read '%s': %s", path, strerror(errno));
    if (!is_stdin && fstat(fileno(file), &info) == 0 && S_ISDIR(info.st_mode)) {
        (void)fclose(file);
        return error_set(error, PT_ERR_FILE, "cannot read '%s': it is a folder", path);
    }
    *ret_file = file;
    return PT_OK;
}

static void file_close(FILE *file)
{
    if (file != stdin)
        (void)fclose(file);
}

pt_status file_read_most(char **ret_text, size_t *ret_len, size_t max, const char *path,
                         pt_error *error)
{
    buffer b;
    FILE *file = NULL;
    pt_status status = file_open(&file, path, error);
    if (status != PT_OK)
        return status;
    buffer_init(&b, max);
    status = read_file(&b, file, path, error);
    file_close(file);
    if (status == PT_OK && buffer_text(&b) == NULL)
        status = error_memory(error);
    if (status != PT_OK) {
        buffer_clear(&b);
        return status;
    }
    *ret_text = (char *)buffer_take(&b, ret_len);
    return PT_OK;
}

pt_status file_read(char **ret_text, size_t *ret_len, const char *path, pt_error *error)
{
    return file_read_most(ret_text, ret_len, FILE_BYTES_MAX, path, error);
}

/* Without a buffer of its own the file's bytes go where fread is told, and nowhere else. */
static pt_status read_unbuffered(char *ret_text, size_t *ret_len, size_t max, FILE *file,
                                 const char *path, pt_error *error)
{
    (void)setvbuf(file, NULL, _IONBF, 0);
    *ret_len = fread(ret_text, 1, max + 1, file);
    if (ferror(file))
        return error_set(error, PT_ERR_FILE, "cannot read '%s': %s", path, strerror(errno));
    if (*ret_len > max)
        return error_set(error, PT_ERR_USAGE, "the secret in '%s' has more than %zu bytes", path,
                         max);
    ret_text[*ret_len] = '\0';
    return PT_OK;
}

pt_status file_read_secret(char **ret_text, size_t *ret_size, size_t *ret_len, size_t max,
                           const char *path, pt_error *error)
{
    FILE *file = NULL;
    pt_status status = file_open(&file, path, error);
    if (status != PT_OK)
        return status;
    char *text = mem_new_guarded(max + 1, 1);
    status =
        text == NULL ? error_memory(error) : read_unbuffered(text, ret_len, max, file, path, error);
    file_close(file);
    if (status != PT_OK) {
        mem_free_guarded(text, max + 1);
        return status;
    }
    *ret_text = text;
    *ret_size = max + 1;
    return PT_OK;
}

/* What somebody else may write would be another thing in each look at it: checked as one program,
 * run as the next. Or it would become shorter, and looking a signal. */
static bool is_safe_to_map(const struct stat *info)
{
    const bool is_trusted = info->st_uid == geteuid() || info->st_uid == 0;
    return S_ISREG(info->st_mode) && is_trusted && (info->st_mode & (S_IWGRP | S_IWOTH)) == 0;
}

bool file_map_open(file_map *ret_map, const char *path)
{
    struct stat info;
    void *bytes = MAP_FAILED;
    *ret_map = (file_map){0};
    /* To open a pipe would let its writer go on, who may be done before it is opened to be read. */
    if (is_standard_input(path) || stat(path, &info) != 0 || !is_safe_to_map(&info))
        return false;
    const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return false;
    if (fstat(fd, &info) == 0 && is_safe_to_map(&info) && info.st_size > 0 &&
        (uintmax_t)info.st_size <= SIZE_MAX)
        bytes = mmap(NULL, (size_t)info.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
    (void)close(fd);
    if (bytes == MAP_FAILED)
        return false;
    *ret_map = (file_map){bytes, (size_t)info.st_size};
    return true;
}

void file_map_close(file_map *m)
{
    if (m->bytes != NULL)
        (void)munmap((void *)(uintptr_t)m->bytes, m->len);
    *m = (file_map){0};
}
