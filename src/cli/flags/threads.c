#include "cli/flags/threads.h"

#include "base/min.h"
#include "base/processors.h"
#include "polytune/polytune.h"

const flag flags_threads[] = {
    {"threads", "N",
     "threads that compute for a party, 1 to 64 (default: as many as there are processors for it)",
     false},
    {0},
};

pt_status threads_take(unsigned *ret_threads, const args *a, pt_error *error)
{
    const char *threads = args_get(a, "threads");
    uint64_t number = 0;
    pt_status status = PT_OK;
    if (threads != NULL)
        status = args_number(&number, threads, "--threads", 1, PT_MPC_MAX_THREADS, error);
    *ret_threads = (unsigned)number;
    return status;
}

unsigned threads_each(unsigned threads, size_t sharing)
{
    const size_t part = processors_usable() / sharing;
    if (threads != 0)
        return threads;
    return part == 0 ? 1 : (unsigned)min_size(part, PT_MPC_MAX_THREADS);
}
