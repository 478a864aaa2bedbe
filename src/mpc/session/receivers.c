#include "mpc/session/receivers.h"

#include <string.h>

#include "base/bits.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/min.h"
#include "crypto/ct.h"
#include "crypto/ro.h"
#include "crypto/ro_labels.h"

_Static_assert(PT_MPC_MAX_PARTIES <= 8 * RECEIVERS_SET_BYTES, "a bit for each party");

static pt_status check_set(const size_t *parties, size_t n, const pt_mpc_options *o,
                           pt_error *error)
{
    if (parties == NULL && n > 0) /* not everyone: a list that could not be made, perhaps */
        return error_set(error, PT_ERR_USAGE, "the list of %zu output parties is missing", n);
    for (size_t i = 0; parties != NULL && i < n; i++) {
        if (parties[i] >= o->parties)
            return error_set(error, PT_ERR_USAGE, "output party %zu is not one of the %zu parties",
                             parties[i], o->parties);
        for (size_t k = 0; k < i; k++) {
            if (parties[k] == parties[i])
                return error_set(error, PT_ERR_USAGE, "output party %zu is given twice",
                                 parties[i]);
        }
    }
    return PT_OK;
}

static pt_status check_ranges(const pt_mpc_options *o, pt_error *error)
{
    if (o->output_parties != NULL)
        return error_set(error, PT_ERR_USAGE,
                         "who learns the result is said by `output_parties` or by `receivers`, "
                         "not by both");
    for (size_t i = 0; i < o->n_receivers; i++) {
        const pt_mpc_receivers *range = &o->receivers[i];
        if (range->parties != NULL && range->n_parties == 0)
            return error_set(error, PT_ERR_USAGE, "nobody would receive range %zu of the result",
                             i);
        const pt_status status = check_set(range->parties, range->n_parties, o, error);
        if (status != PT_OK)
            return status;
    }
    return PT_OK;
}

pt_status receivers_check(const pt_mpc_options *options, pt_error *error)
{
    if (options->receivers != NULL)
        return check_ranges(options, error);
    return check_set(options->output_parties, options->n_output_parties, options, error);
}

pt_status receivers_check_bits(const pt_mpc_options *options, size_t n_outputs, pt_error *error)
{
    size_t left = n_outputs;
    bool fits = true;
    for (size_t i = 0; options->receivers != NULL && fits && i < options->n_receivers; i++) {
        fits = options->receivers[i].n_bits <= left;
        left -= fits ? options->receivers[i].n_bits : 0;
    }
    if (options->receivers != NULL && (!fits || left != 0))
        return error_set(error, PT_ERR_USAGE,
                         "the ranges of `receivers` are not those of the %zu output bits",
                         n_outputs);
    return PT_OK;
}

/* No list is everyone. */
static void fill_set(uint8_t *ret_set, const size_t *list, size_t n, size_t n_parties)
{
    memset(ret_set, 0, RECEIVERS_SET_BYTES);
    for (size_t p = 0; list == NULL && p < n_parties; p++)
        bits_set(ret_set, p, 1);
    for (size_t i = 0; list != NULL && i < n; i++)
        bits_set(ret_set, list[i], 1);
}

pt_status receivers_init(receiver_sets *ret_receivers, const pt_mpc_options *o, pt_error *error)
{
    const size_t n = o->receivers == NULL ? 1 : o->n_receivers;
    receiver_range *ranges = mem_new(n, sizeof *ranges);
    if (ranges == NULL)
        return error_memory(error);
    if (o->receivers == NULL) {
        ranges[0].n_bits = SIZE_MAX;
        fill_set(ranges[0].set, o->output_parties, o->n_output_parties, o->parties);
    }
    for (size_t i = 0; o->receivers != NULL && i < n; i++) {
        const pt_mpc_receivers *from = &o->receivers[i];
        ranges[i].n_bits = from->n_bits;
        fill_set(ranges[i].set, from->parties, from->n_parties, o->parties);
    }
    *ret_receivers = (receiver_sets){ranges, n};
    return PT_OK;
}

void receivers_clear(receiver_sets *r)
{
    mem_free(r->ranges);
    *r = (receiver_sets){0};
}

void receivers_union(uint8_t ret_set[RECEIVERS_SET_BYTES], const receiver_sets *r)
{
    memset(ret_set, 0, RECEIVERS_SET_BYTES);
    for (size_t i = 0; i < r->n_ranges; i++) {
        for (size_t b = 0; r->ranges[i].n_bits > 0 && b < RECEIVERS_SET_BYTES; b++)
            ret_set[b] |= r->ranges[i].set[b];
    }
}

/* The run of range *at and of those after it with the same set; moves *at behind it. */
static receiver_range next_run(const receiver_sets *r, size_t *at)
{
    receiver_range run = {0};
    for (; *at < r->n_ranges; ++*at) {
        const receiver_range *range = &r->ranges[*at];
        if (range->n_bits == 0)
            continue;
        if (run.n_bits == 0)
            run = *range;
        else if (ct_equal(run.set, range->set, sizeof run.set))
            run.n_bits += range->n_bits;
        else
            break;
    }
    return run;
}

void receivers_hash(uint8_t ret_hash[RECEIVERS_HASH_BYTES], const receiver_sets *r,
                    size_t n_outputs)
{
    size_t at = 0;
    ro h;
    ro_init(&h, RECEIVERS_HASH_BYTES, RO_LABEL_RECEIVERS);
    for (size_t left = n_outputs; left > 0;) {
        const receiver_range run = next_run(r, &at);
        const size_t n_bits = min_size(run.n_bits, left);
        if (n_bits == 0) /* ranges that are not those of the circuit; checked before */
            break;
        ro_u64(&h, n_bits);
        ro_field(&h, run.set, sizeof run.set);
        left -= n_bits;
    }
    ro_final(&h, ret_hash);
}

size_t receivers_positions(uint32_t *ret_positions, const receiver_sets *r, size_t party,
                           size_t n_outputs)
{
    size_t count = 0;
    size_t first = 0;
    for (size_t i = 0; i < r->n_ranges && first < n_outputs; i++) {
        const size_t n_bits = min_size(r->ranges[i].n_bits, n_outputs - first);
        if (bits_get(r->ranges[i].set, party)) {
            for (size_t h = 0; ret_positions != NULL && h < n_bits; h++)
                ret_positions[count + h] = (uint32_t)(first + h);
            count += n_bits;
        }
        first += n_bits;
    }
    return count;
}

size_t receivers_count(const receiver_sets *r, size_t party, size_t n_outputs)
{
    return receivers_positions(NULL, r, party, n_outputs);
}
