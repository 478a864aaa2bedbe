/* All parties of a computation in this process, and its dealer, a thread each. Layer: cli. */
#ifndef CLI_LOCAL_RUN_H
#define CLI_LOCAL_RUN_H

#include <pthread.h>
#include <stdbool.h>

#include "polytune/polytune.h"

typedef struct local_party {
    /* Filled in by the caller, who closes the channel. */
    const pt_circuit *circuit; /* NULL: this is the dealer, without input and output */
    pt_mpc_options options;
    pt_channel channel;
    const uint8_t *input;
    uint8_t *output;

    pt_status status;
    pt_error error;
    pthread_t thread;
    bool started;
} local_party;

/* Runs all to their end. On failure, the error of the party that failed first in cause. */
PT_MUST_CHECK pt_status local_run(local_party *parties, size_t n, pt_error *error);

#endif
