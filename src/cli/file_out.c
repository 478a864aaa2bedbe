#define _XOPEN_SOURCE 700
#include "cli/file_out.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/hex.h"
#include "base/mem.h"
#include "base/random.h"
#include "cli/interrupt.h"

#define PART_PREFIX ".polytune-"
#define PART_BYTES  8 /* of randomness in the new file's name */

static pt_status cannot_write(const file_out *out, const char *why, pt_error *error)
{
    const int problem = errno;
    return error_set(error, PT_ERR_FILE, "cannot write '%s': %s%s", out->path, why,
                     strerror(problem));
}

/* ---- opening ---- */

/* A file below /dev or /proc may be ordinary, as /dev/stdout often is, but has no place of its own
 * where another could be put. */
static bool is_written_as_it_is(const char *path)
{
    struct stat info;
    if (strncmp(path, "/dev/", 5) == 0 || strncmp(path, "/proc/", 6) == 0)
        return true;
    return stat(path, &info) == 0 && !S_ISREG(info.st_mode);
}

/* One that this process has already, by its name, or -1. A file that such a name opens anew has a
 * place of its own to write at: what others write to the old one would go over the result. */
static int standard_output(const char *path)
{
    if (strcmp(path, "/dev/stdout") == 0)
        return STDOUT_FILENO;
    return strcmp(path, "/dev/stderr") == 0 ? STDERR_FILENO : -1;
}

/* Closed ones are held by something that can only be read. */
static int dup_output(int fd)
{
    const int flags = fcntl(fd, F_GETFL);
    if (flags >= 0 && (flags & O_ACCMODE) == O_RDONLY) {
        errno = EBADF;
        return -1;
    }
    return fcntl(fd, F_DUPFD_CLOEXEC, 0);
}

static pt_status open_as_it_is(file_out *out, pt_error *error)
{
    const int standard = standard_output(out->path);
    if (standard >= 0)
        out->fd = dup_output(standard);
    else
        out->fd = open(out->path, O_WRONLY | O_APPEND | O_CLOEXEC | O_NOCTTY);
    if (out->fd < 0)
        return cannot_write(out, "", error);
    out->is_open = true;
    return PT_OK;
}

/* The path behind links; of a file that does not exist yet, the path itself. */
static pt_status find_target(file_out *out, pt_error *error)
{
    struct stat info;
    const bool is_link = lstat(out->path, &info) == 0 && S_ISLNK(info.st_mode);
    if (is_link) {
        char *real = realpath(out->path, NULL);
        if (real == NULL)
            return cannot_write(out, "following the link: ", error);
        out->target = mem_string(real);
        free(real);
    } else {
        out->target = mem_string(out->path);
    }
    return out->target == NULL ? error_memory(error) : PT_OK;
}

/* The name of a new file beside the target. */
static pt_status name_part(char **ret_name, const char *target, pt_error *error)
{
    uint8_t random[PART_BYTES];
    char digits[HEX_SIZE(PART_BYTES)];
    const char *slash = strrchr(target, '/');
    const size_t folder = slash == NULL ? 0 : (size_t)(slash - target) + 1;
    const size_t size = folder + sizeof PART_PREFIX + sizeof digits;
    const pt_status status = random_bytes(random, sizeof random, error);
    if (status != PT_OK)
        return status;
    char *name = mem_new(size, 1);
    if (name == NULL)
        return error_memory(error);
    hex_write(digits, random, sizeof random);
    memcpy(name, target, folder);
    (void)snprintf(name + folder, size - folder, PART_PREFIX "%s", digits);
    *ret_name = name;
    return PT_OK;
}

/* A new file may be read by whom the umask lets; one that takes another's place by its owner only,
 * until it gets that one's permissions. */
static pt_status open_part(file_out *out, pt_error *error)
{
    const bool replaces = access(out->target, F_OK) == 0;
    char *part = NULL;
    if (replaces && access(out->target, W_OK) != 0)
        return cannot_write(out, "", error);
    const pt_status status = name_part(&part, out->target, error);
    if (status != PT_OK)
        return status;
    interrupt_removes(part); /* before it is there: a signal may come at any moment */
    out->fd =
        open(part, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, replaces ? 0600 : 0666);
    if (out->fd < 0) {
        const int problem = errno;
        interrupt_removes(NULL);
        mem_free(part);
        errno = problem;
        return cannot_write(out, replaces ? "no new file can be made in its folder: " : "", error);
    }
    out->part = part;
    out->is_open = true;
    return PT_OK;
}

pt_status file_out_open(file_out *ret_out, const char *path, pt_error *error)
{
    *ret_out = (file_out){.path = path};
    if (path[0] == '\0' || path[strlen(path) - 1] == '/')
        return error_set(error, PT_ERR_FILE, "cannot write '%s': it is no name of a file", path);
    if (is_written_as_it_is(path))
        return open_as_it_is(ret_out, error);
    const pt_status status = find_target(ret_out, error);
    if (status != PT_OK)
        return status;
    const char *slash = strrchr(ret_out->target, '/');
    if (strlen(slash == NULL ? ret_out->target : slash + 1) > NAME_MAX) {
        errno = ENAMETOOLONG;
        return cannot_write(ret_out, "", error);
    }
    return open_part(ret_out, error);
}

/* ---- writing ---- */

/* These return false with errno set. */

static bool write_bytes(int fd, const char *text, size_t len)
{
    while (len > 0) {
        const ssize_t n = write(fd, text, len);
        if (n < 0 && errno != EINTR)
            return false;
        text += n > 0 ? n : 0;
        len -= n > 0 ? (size_t)n : 0;
    }
    return true;
}

/* Gives the new file the old one's permissions and, where that is allowed, owner and group. A group
 * that is another one than before may do nothing. */
static bool take_permissions(int fd, const char *target)
{
    struct stat old;
    struct stat own;
    if (stat(target, &old) != 0)
        return errno == ENOENT;
    if (fstat(fd, &own) != 0)
        return false;
    mode_t mode = old.st_mode & (S_IRWXU | S_IRWXG | S_IRWXO);
    const bool differs = own.st_uid != old.st_uid || own.st_gid != old.st_gid;
    if (differs && fchown(fd, old.st_uid, old.st_gid) != 0 &&
        fchown(fd, (uid_t)-1, old.st_gid) != 0)
        mode &= ~(mode_t)S_IRWXG;
    return fchmod(fd, mode) == 0;
}

/* So that the new name, too, is on the disk. A folder that cannot be read cannot be asked to. */
static bool sync_folder(const char *target)
{
    char *folder = mem_string(target);
    if (folder == NULL) {
        errno = ENOMEM;
        return false;
    }
    char *slash = strrchr(folder, '/');
    if (slash != NULL)
        slash[1] = '\0';
    const int fd = open(slash == NULL ? "." : folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    const bool done = fd < 0 || fsync(fd) == 0 || errno == EINVAL;
    const int problem = errno;
    if (fd >= 0)
        (void)close(fd);
    mem_free(folder);
    errno = problem;
    return done;
}

static bool close_out(file_out *out)
{
    out->is_open = false;
    return close(out->fd) == 0;
}

pt_status file_out_reserve(file_out *out, size_t bytes, pt_error *error)
{
    if (!out->is_open || out->target == NULL || bytes == 0)
        return PT_OK;
    const int problem = posix_fallocate(out->fd, 0, (off_t)bytes);
    if (problem != ENOSPC && problem != EFBIG && problem != EDQUOT)
        return PT_OK; /* no file system has to be able to */
    errno = problem;
    return cannot_write(out, "", error);
}

static bool replace_target(file_out *out)
{
    if (!take_permissions(out->fd, out->target) || fsync(out->fd) != 0 || !close_out(out) ||
        rename(out->part, out->target) != 0)
        return false;
    interrupt_removes(NULL);
    mem_free(out->part);
    out->part = NULL;
    return sync_folder(out->target);
}

pt_status file_out_commit(file_out *out, const char *text, size_t len, pt_error *error)
{
    bool done = write_bytes(out->fd, text, len);
    if (done && out->target != NULL)
        done = ftruncate(out->fd, (off_t)len) == 0; /* what was reserved beyond it */
    if (done)
        done = out->target != NULL ? replace_target(out) : close_out(out);
    return done ? PT_OK : cannot_write(out, "", error);
}

void file_out_clear(file_out *out)
{
    if (out->is_open)
        (void)close_out(out);
    if (out->part != NULL) {
        (void)unlink(out->part);
        interrupt_removes(NULL);
    }
    mem_free(out->part);
    mem_free(out->target);
    *out = (file_out){0};
}
