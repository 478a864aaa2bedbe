#define _DEFAULT_SOURCE
#include "base/private_file.h"

#include <sys/stat.h>

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
