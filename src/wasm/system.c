/* What libraries would ask a system for, and there is none here. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/assert.h"
#include "wasm/host.h"

/* For code that was compiled with a stack protector: Debian's clang builtins. A module's stack lies
 * where an overflow of it traps. */
uintptr_t __stack_chk_guard;
_Noreturn void __stack_chk_fail(void);

_Noreturn void __stack_chk_fail(void)
{
    __builtin_trap();
}

_Noreturn void abort(void)
{
    __builtin_trap();
}

/* There is no environment. */
char *getenv(const char *name)
{
    (void)name;
    return NULL;
}

_Noreturn void assert_failed(const char *condition, const char *file, int line)
{
    char text[256];
    (void)snprintf(text, sizeof text, "internal invariant broken: %s (%s:%d)", condition, file,
                   line);
    host_log("fault", text);
    __builtin_trap();
}

/* That of libraries. */
_Noreturn void __assert_fail(const char *condition, const char *file, int line,
                             const char *function);

_Noreturn void __assert_fail(const char *condition, const char *file, int line,
                             const char *function)
{
    (void)function;
    assert_failed(condition, file, line);
}

/* There are no files; libc's printing would complain on one of what it cannot print, a long double.
 */
int32_t __imported_wasi_snapshot_preview1_fd_write(int32_t fd, int32_t parts, int32_t n,
                                                   int32_t ret_n);
int32_t __imported_wasi_snapshot_preview1_fd_seek(int32_t fd, int64_t by, int32_t whence,
                                                  int32_t ret_at);
int32_t __imported_wasi_snapshot_preview1_fd_close(int32_t fd);

#define NO_SUCH_FILE 8 /* WASI's EBADF */

int32_t __imported_wasi_snapshot_preview1_fd_write(int32_t fd, int32_t parts, int32_t n,
                                                   int32_t ret_n)
{
    (void)fd, (void)parts, (void)n, (void)ret_n;
    return NO_SUCH_FILE;
}

int32_t __imported_wasi_snapshot_preview1_fd_seek(int32_t fd, int64_t by, int32_t whence,
                                                  int32_t ret_at)
{
    (void)fd, (void)by, (void)whence, (void)ret_at;
    return NO_SUCH_FILE;
}

int32_t __imported_wasi_snapshot_preview1_fd_close(int32_t fd)
{
    (void)fd;
    return NO_SUCH_FILE;
}

/* Of jansson, for numbers with a fraction, which nothing here uses: libc's takes 6 KB. */
double strtod(const char *text, char **ret_end)
{
    if (ret_end != NULL)
        *ret_end = (char *)text + strlen(text);
    return 0;
}
