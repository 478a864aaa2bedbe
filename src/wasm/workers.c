/* A host that is JavaScript has one thread. */
#include "base/workers.h"

size_t workers_wanted(size_t wanted)
{
    (void)wanted;
    return 1;
}

bool workers_new(workers **ret_workers, size_t count)
{
    (void)count;
    *ret_workers = NULL;
    return true;
}

void workers_free(workers *w)
{
    (void)w;
}

size_t workers_run(workers *w, size_t count, workers_round round, void *context)
{
    (void)w;
    size_t i = 0;
    while (i < count && round(context, i, 0))
        i++;
    return i;
}
