/* What all files of the lowering call: failures and the count of steps. */
#include <stdarg.h>
#include <stdio.h>

#include "base/error.h"
#include "lang/lower/lower_impl.h"

bool lower_fail(lowerer *l, pt_status status, span at, const char *format, ...)
{
    char message[PT_ERROR_MESSAGE_MAX];
    va_list args;
    if (l->status != PT_OK)
        return false;
    va_start(args, format);
    (void)vsnprintf(message, sizeof message, format, args);
    va_end(args);
    l->status = status;
    diag_add(l->diagnostics, DIAG_COMPILE, at, "%s", message);
    return false;
}

bool lower_out_of_memory(lowerer *l)
{
    if (l->status == PT_OK)
        l->status = error_memory(l->error);
    return false;
}

bool lower_past_limit(lowerer *l, span at, const char *message)
{
    if (!l->is_trial)
        return lower_fail(l, PT_ERR_LIMIT, at, "%s", message);
    l->has_ended_trial = true;
    l->status = PT_ERR_LIMIT;
    return false;
}

/* How often lower_count is called between two looks at who waits. */
#define COUNTS_A_LOOK 1024

static void look_at_watch(lowerer *l)
{
    if (l->n_counts++ % COUNTS_A_LOOK != 0)
        return;
    watch_tell(l->input->watch, "lowering", circuit_builder_work(l->builder), 0);
    if (!watch_goes_on(l->input->watch))
        circuit_builder_fail(l->builder, PT_ERR_CANCELLED);
}

bool lower_count(lowerer *l, uint64_t n, span at)
{
    look_at_watch(l);
    l->n_steps += n;
    if (l->n_steps > l->max_steps || circuit_builder_work(l->builder) > l->max_work)
        return lower_past_limit(l, at, "the program takes too long to unroll");
    /* What exactly failed is told when the circuit is finished. */
    return !circuit_builder_failed(l->builder);
}
