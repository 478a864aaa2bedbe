/* Threads that share the rounds of a loop. Layer: base. In thread.c; a host without threads has its
 * own.
 *
 * A crew belongs to one thread, which works with it: it alone calls workers_run, and gets on when
 * all rounds are done. NULL is a crew of that thread alone. The others sleep in between, get no
 * signals, and wipe their stacks when they end. Which of them has which round differs from run to
 * run: rounds write apart from each other, so that the result is the same for any crew. They talk
 * to nobody: messages are for the thread that the crew belongs to. */
#ifndef BASE_WORKERS_H
#define BASE_WORKERS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/compiler.h"

typedef struct workers workers;

#define WORKERS_MAX 64

/* How many threads `wanted` are: 0 is as many as there are processors for this one, within
 * WORKERS_MAX. 1 on a host without threads. */
size_t workers_wanted(size_t wanted);

/* A crew of up to `count` threads, 1 .. WORKERS_MAX, the caller's among them; the others start when
 * there is work for them, as many as the system gives. NULL is one of a single thread. False for
 * want of memory. */
MUST_CHECK bool workers_new(workers **ret_workers, size_t count);
/* Ends them. Accepts NULL. */
void workers_free(workers *w);

/* A round of a loop, 0 .. count-1. `worker` is below the crew's count and the loop's, and differs
 * between rounds that run at once, so that each has something of its own to work in. False: it
 * failed. */
typedef bool (*workers_round)(void *context, size_t round, size_t worker);

/* All rounds of a loop, in any order. Returns the first one that failed, whatever the crew, or
 * `count`: rounds before that one have run, later ones perhaps. A round may have a loop of its own,
 * which runs in its thread alone, as worker 0. */
size_t workers_run(workers *w, size_t count, workers_round round, void *context);

#endif
