/* A monotonic clock. Layer: base.
 *
 * A host that is no POSIX system has a file of its own for these calls, in place of clock.c. */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stdint.h>

/* Nanoseconds since some fixed moment; never goes back. */
uint64_t clock_ns(void);
uint64_t clock_ms(void);

/* Sleeps for about so long, or less. */
void clock_sleep(uint64_t ms);

/* Milliseconds as seconds with a tenth: printf without floating point, which WebAssembly's libc
 * would bring 5 KB for. */
#define CLOCK_SECONDS        "%u.%u s"
#define CLOCK_SECONDS_OF(ms) (unsigned)((ms) / 1000), (unsigned)((ms) / 100 % 10)

/* For how long the calling thread has had a processor. */
uint64_t clock_thread_ns(void);

#endif
