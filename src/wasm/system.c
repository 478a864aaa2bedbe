/* What libraries would ask a system for, and there is none here. */
#include <signal.h>
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
    (void)snprintf(text, sizeof text, "internal invariant broken: %s%s%s:%d", condition,
                   condition[0] != '\0' ? " at " : "", file, line);
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

/* The texts of errors and signals, of which there are none here, are 3 KB. */
char *strerror(int error)
{
    static char none[] = "";
    (void)error;
    return none;
}

int raise(int signal)
{
    (void)signal;
    __builtin_trap();
}

/* Instructions of bulk memory, which the compiler has for these; libc's are loops of 2 KB. */
void *memcpy(void *restrict ret_to, const void *restrict from, size_t len)
{
    return __builtin_memcpy(ret_to, from, len);
}

void *memmove(void *ret_to, const void *from, size_t len)
{
    return __builtin_memmove(ret_to, from, len);
}

void *memset(void *ret_to, int byte, size_t len)
{
    return __builtin_memset(ret_to, byte, len);
}

/* In a URL or a line of a header: libc's, which is for long texts, takes 1 KB. */
char *strstr(const char *text, const char *part)
{
    const size_t len = strlen(part);
    while (*text != '\0' && strncmp(text, part, len) != 0)
        text++;
    return *text != '\0' || len == 0 ? (char *)text : NULL;
}

/* Of jansson, for numbers with a fraction, which nothing here uses: libc's takes 6 KB. */
double strtod(const char *text, char **ret_end)
{
    if (ret_end != NULL)
        *ret_end = (char *)text + strlen(text);
    return 0;
}
