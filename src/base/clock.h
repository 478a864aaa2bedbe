/* A monotonic clock. Layer: base. */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stdint.h>

/* Nanoseconds since some fixed moment; never goes back. */
uint64_t clock_ns(void);
uint64_t clock_ms(void);

#endif
