#include "cli/flags/inputs.h"

#include <string.h>

#include "base/error.h"
#include "base/mem.h"

/* Exactly one --input per party, in party order. */
static pt_status read_inputs(inputs *in, const computation *c, tables *t, pt_error *error)
{
    const size_t given = t->n;
    if (given != c->parties)
        return error_set(error, PT_ERR_USAGE,
                         "'%s' takes the input of %zu part%s, but --input is given %zu time%s",
                         c->path, c->parties, c->parties == 1 ? "y" : "ies", given,
                         given == 1 ? "" : "s");
    for (size_t p = 0; p < c->parties; p++)
        in->n_bits += computation_input_bits(c, p);
    in->all = mem_new(in->n_bits, 1);
    in->first = mem_new(c->parties, sizeof *in->first);
    if (in->all == NULL || in->first == NULL)
        return error_memory(error);
    size_t at = 0;
    for (size_t p = 0; p < c->parties; p++) {
        const size_t n = computation_input_bits(c, p);
        uint8_t *bits = NULL;
        const pt_status status = tables_input(&bits, t, p, c, p, error);
        if (status != PT_OK)
            return status;
        in->first[p] = at;
        if (n != 0)
            memcpy(in->all + at, bits, n);
        mem_free_secret(bits, n);
        at += n;
    }
    return PT_OK;
}

static pt_status check_inputs(const inputs *in, const computation *c, const tables *t,
                              pt_error *error)
{
    for (size_t p = 0; p < c->parties; p++) {
        const pt_status status = tables_check_input(t, p, c, p, in->all + in->first[p], error);
        if (status != PT_OK)
            return status;
    }
    return PT_OK;
}

static pt_status take_constants(const_flags *ret_constants, const computation *c, const tables *t,
                                pt_error *error)
{
    pt_status status = const_flags_init(ret_constants, t->a, NULL, error);
    if (status == PT_OK)
        status = tables_add_constants(t, ret_constants, NULL, error);
    if (status == PT_OK)
        computation_warn(c, ret_constants);
    return status;
}

pt_status inputs_compile(inputs *ret_inputs, computation *ret_computation, tables *t,
                         result_out *result, const char *path, pt_error *error)
{
    computation *c = ret_computation;
    const_flags given = {0};
    *ret_inputs = (inputs){0};
    pt_status status = computation_open(c, path, error);
    if (status == PT_OK)
        status = take_constants(&given, c, t, error);
    if (status == PT_OK)
        status = computation_declare(c, t->a, given.list, given.n, error);
    if (status == PT_OK)
        status = result_out_prepare(result, c, RESULT_OF_ALL, error);
    if (status == PT_OK)
        status = read_inputs(ret_inputs, c, t, error);
    if (status == PT_OK)
        status = computation_compile(c, t->a, given.list, given.n, error);
    if (status == PT_OK)
        status = check_inputs(ret_inputs, c, t, error);
    const_flags_clear(&given);
    return status;
}

void inputs_clear(inputs *in)
{
    mem_free_secret(in->all, in->n_bits);
    mem_free(in->first);
    *in = (inputs){0};
}
