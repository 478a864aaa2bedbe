#define _POSIX_C_SOURCE 200809L
#include "cli/no_core.h"

#include <sys/resource.h>

/* A system that refuses goes on writing cores; that is no reason not to compute. */
void no_core_files(void)
{
    const struct rlimit none = {0, 0};
    (void)setrlimit(RLIMIT_CORE, &none);
}
