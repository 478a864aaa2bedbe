#define _DEFAULT_SOURCE
#include "base/private_file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"

bool private_file_is_open_to_others(int fd, unsigned *ret_mode)
{
    struct stat info;
    *ret_mode = 0;
    if (fstat(fd, &info) != 0)
        return true;
    if (!S_ISREG(info.st_mode))
        return false;
    *ret_mode = (unsigned)info.st_mode & 0777u;
    const unsigned others = *ret_mode & (unsigned)(S_IRWXG | S_IRWXO);
    return (info.st_uid == 0 ? others & ~(unsigned)S_IRGRP : others) != 0;
}

pt_status private_file_create(const char *path, const char *text, size_t len, pt_error *error)
{
    const int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, S_IRUSR | S_IWUSR);
    if (fd < 0 && errno == EEXIST)
        return error_set(error, PT_ERR_FILE,
                         "'%s' exists already, and a private key cannot be brought back: choose "
                         "another name",
                         path);
    if (fd < 0)
        return error_set(error, PT_ERR_FILE, "cannot write '%s': %s", path, strerror(errno));
    const bool written = write(fd, text, len) == (ssize_t)len && fsync(fd) == 0;
    const int problem = errno;
    if (close(fd) == 0 && written)
        return PT_OK;
    (void)unlink(path);
    return error_set(error, PT_ERR_FILE, "cannot write '%s': %s", path,
                     strerror(written ? errno : problem));
}
