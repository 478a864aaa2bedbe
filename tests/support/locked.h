/* In the place of the system's mlock: counts, and can be told to refuse. What links test_locked has
 * it. */
#ifndef TESTS_LOCKED_H
#define TESTS_LOCKED_H

#include <stdbool.h>
#include <stddef.h>

/* How many areas were locked since locked_reset, and their bytes. */
size_t locked_areas(void);
size_t locked_bytes(void);
void locked_reset(void);
/* As for a process whose RLIMIT_MEMLOCK is used up. */
void locked_refuse(bool refuses);

#endif
