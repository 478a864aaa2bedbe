/* The flag that says how many threads compute for a party, also for bench. Layer: cli. */
#ifndef CLI_FLAGS_THREADS_H
#define CLI_FLAGS_THREADS_H

#include "cli/flags/args.h"

extern const flag flags_threads[];

/* --threads; 0 without it. */
PT_MUST_CHECK pt_status threads_take(unsigned *ret_threads, const args *a, pt_error *error);
/* The same of each of the parties, and dealers, that share this process's processors: without the
 * flag an equal part of these. */
unsigned threads_each(unsigned threads, size_t sharing);

#endif
