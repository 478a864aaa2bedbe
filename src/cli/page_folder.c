#define _POSIX_C_SOURCE 200809L
#include "cli/page_folder.h"

#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/mem.h"

#define PATH_SIZE 4096
#define INSTALLED "/../share/polytune"
#define FIRST     "/index.html"

/* The tree can be moved, so it is found by its program. */
pt_status page_folder_find(char **ret_folder, pt_error *error)
{
    char path[PATH_SIZE + sizeof INSTALLED + sizeof FIRST];
    *ret_folder = NULL;
    const ssize_t len = readlink("/proc/self/exe", path, PATH_SIZE);
    if (len <= 0 || len == PATH_SIZE)
        return PT_OK;
    path[len] = '\0';
    char *end = strrchr(path, '/');
    if (end == NULL)
        return PT_OK;
    memcpy(end, INSTALLED FIRST, sizeof INSTALLED FIRST);
    if (access(path, R_OK) != 0)
        return PT_OK;
    end[sizeof INSTALLED - 1] = '\0';
    *ret_folder = mem_string(path);
    return *ret_folder == NULL ? error_memory(error) : PT_OK;
}
