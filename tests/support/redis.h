/* A Redis of a test's own, in a process that ends with the test's. */
#ifndef TESTS_SUPPORT_REDIS_H
#define TESTS_SUPPORT_REDIS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

typedef struct redis_process {
    pid_t pid; /* 0: it does not run */
    unsigned port;
} redis_process;

/* Starts it, empty and with a password, at r->port; `folder` is where it works. */
void redis_start(redis_process *r, const char *folder);
/* Whether it still runs; takes note when it has ended, as where there is none to start. */
bool redis_runs(redis_process *r);
void redis_stop(redis_process *r);

/* The store's name of it. */
void redis_url(char *ret_url, size_t size, const redis_process *r);

#endif
