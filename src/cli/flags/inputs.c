#include "cli/flags/inputs.h"

#include <string.h>

#include "base/error.h"
#include "base/mem.h"

pt_status inputs_compile(computation *ret_computation, const tables *t, const char *path,
                         pt_error *error)
{
    const_flags given = {0};
    pt_status status = computation_open(ret_computation, path, error);
    if (status == PT_OK)
        status = const_flags_init(&given, t->a, NULL, error);
    if (status == PT_OK)
        status = tables_add_constants(t, &given, NULL, error);
    if (status == PT_OK && !computation_is_bristol(ret_computation))
        const_flags_warn(&given, ret_computation->source);
    if (status == PT_OK)
        status = computation_compile(ret_computation, t->a, given.list, given.n, error);
    const_flags_clear(&given);
    return status;
}

pt_status inputs_init(inputs *ret_inputs, const computation *c, tables *t, pt_error *error)
{
    inputs *in = ret_inputs;
    *in = (inputs){0};
    const size_t given = t->n;
    if (given != c->parties)
        return error_set(error, PT_ERR_USAGE,
                         "'%s' takes the input of %zu part%s, but --input is given %zu time%s",
                         c->path, c->parties, c->parties == 1 ? "y" : "ies", given,
                         given == 1 ? "" : "s");
    for (size_t p = 0; p < c->parties; p++)
        in->n_bits += pt_circuit_input_bits(c->circuit, p);
    in->all = mem_new(in->n_bits, 1);
    in->first = mem_new(c->parties, sizeof *in->first);
    if (in->all == NULL || in->first == NULL)
        return error_memory(error);
    size_t at = 0;
    for (size_t p = 0; p < c->parties; p++) {
        const size_t n = pt_circuit_input_bits(c->circuit, p);
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

void inputs_clear(inputs *in)
{
    mem_free_secret(in->all, in->n_bits);
    mem_free(in->first);
    *in = (inputs){0};
}
