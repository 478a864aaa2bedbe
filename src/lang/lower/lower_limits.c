/* The limits on what may be built that the caller has set (lower.h). */
#include <inttypes.h>

#include "base/min.h"
#include "lang/lower/lower_impl.h"

/* Sums of them do not overflow. */
static uint64_t ands_allowed(const lowerer *l)
{
    return min_u64(l->input->max_ands == 0 ? UINT64_MAX : l->input->max_ands, CIRCUIT_MAX_WIRES);
}

void lower_limits_init(lowerer *l)
{
    const uint64_t bytes = l->input->max_bytes == 0 ? UINT64_MAX : l->input->max_bytes;
    const uint64_t work = LOWER_WORK(ands_allowed(l));
    l->max_steps = min_u64(LOWER_MAX_STEPS, work);
    l->max_work = min_u64(LOWER_MAX_WORK, work);
    l->max_bytes = (size_t)min_u64(LOWER_MAX_BYTES, bytes);
    l->max_value_wires = (SIZE_MAX / 4 - sizeof(storage)) / sizeof(wire);
}

static bool past_memory(lowerer *l, span at)
{
    return lower_fail(l, PT_ERR_LIMIT, at,
                      "compiling takes more than the %zu MiB of memory that are allowed",
                      l->max_bytes >> 20);
}

bool lower_check_bits(lowerer *l, uint64_t n_bits)
{
    if (l->input->max_bytes == 0 || n_bits <= l->input->max_bytes / LOWER_BYTES_A_BIT)
        return true;
    return past_memory(l, l->input->function->span);
}

bool lower_out_of_values(lowerer *l, size_t bytes)
{
    if (bytes <= l->max_bytes - min_u64(l->pool.memory.total_bytes, l->max_bytes))
        return lower_out_of_memory(l);
    return past_memory(l, DIAG_NO_PLACE);
}

void lower_limit_builder(lowerer *l)
{
    const uint64_t ands = LOWER_ANDS_BUILT(ands_allowed(l));
    if (l->input->max_ands != 0)
        circuit_builder_set_max_ands(l->builder, (uint32_t)min_u64(ands, UINT32_MAX));
}

uint32_t lower_max_gates(const lowerer *l)
{
    const uint64_t most = l->input->max_bytes / LOWER_BYTES_A_GATE;
    if (l->input->max_bytes == 0)
        return 0;
    return (uint32_t)min_u64(most == 0 ? 1 : most, UINT32_MAX);
}

static bool past_ands(lowerer *l)
{
    return lower_fail(l, PT_ERR_LIMIT, DIAG_NO_PLACE,
                      "the circuit has more than the %" PRIu64 " AND gates that are allowed",
                      ands_allowed(l));
}

pt_status lower_limits_explain(lowerer *l, pt_status status)
{
    if (status != PT_ERR_LIMIT)
        return status;
    if (circuit_builder_and_count(l->builder) >= LOWER_ANDS_BUILT(ands_allowed(l)))
        (void)past_ands(l);
    else if (l->input->max_bytes != 0)
        (void)past_memory(l, DIAG_NO_PLACE);
    else
        (void)lower_fail(l, status, DIAG_NO_PLACE,
                         "the circuit has more gates, inputs or outputs than are supported");
    return status;
}

pt_status lower_limits_check(lowerer *l, const pt_circuit *circuit)
{
    if (circuit->n_and <= ands_allowed(l) || past_ands(l))
        return PT_OK;
    return PT_ERR_LIMIT;
}
