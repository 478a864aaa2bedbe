#include "wasm/terms.h"

#include "base/error.h"
#include "base/mem.h"
#include "polytune/private_results.h"

pt_status terms_read(terms *ret_terms, const json_t *asked, size_t parties, pt_error *error)
{
    const json_t *list = json_object_get(asked, "outputParties");
    terms *t = ret_terms;
    *t = (terms){.parties = parties};
    if (parties < 2 || parties > PT_MPC_MAX_PARTIES)
        return error_set(
            error, PT_ERR_USAGE,
            "the program is for %zu part%s; a secure computation needs 2 to %d parties", parties,
            parties == 1 ? "y" : "ies", PT_MPC_MAX_PARTIES);
    if (json_is_array(list) && request_flag(asked, "privateResults"))
        return error_set(error, PT_ERR_USAGE,
                         "privateResults gives every party a part, and outputParties all of it to "
                         "some: use one of them");
    t->everybody = !json_is_array(list);
    if (t->everybody)
        return PT_OK;
    t->n_output_parties = json_array_size(list);
    t->output_parties = mem_new(t->n_output_parties, sizeof *t->output_parties);
    if (t->output_parties == NULL)
        return error_memory(error);
    for (size_t i = 0; i < t->n_output_parties; i++) {
        const json_int_t number = json_integer_value(json_array_get(list, i));
        t->output_parties[i] = number < 0 ? SIZE_MAX : (size_t)number;
    }
    return PT_OK;
}

void terms_clear(terms *t)
{
    mem_free(t->output_parties);
    mem_free(t->receivers);
    mem_free(t->receiving);
    *t = (terms){0};
}

pt_status terms_divide(terms *t, const json_t *asked, const pt_program *program, pt_error *error)
{
    if (!request_flag(asked, "privateResults"))
        return PT_OK;
    t->n_receivers = t->parties + 1;
    t->receivers = mem_new(t->n_receivers, sizeof *t->receivers);
    t->receiving = mem_new(t->parties, sizeof *t->receiving);
    if (t->receivers == NULL || t->receiving == NULL)
        return error_memory(error);
    return pt_private_results_receivers(t->receivers, t->receiving, t->parties, program, error);
}

bool terms_receives(const terms *t, size_t party)
{
    bool receives = t->everybody;
    for (size_t i = 0; i < t->n_output_parties; i++)
        receives = receives || t->output_parties[i] == party;
    return receives;
}

pt_mpc_options terms_options(const terms *t, const json_t *asked)
{
    return (pt_mpc_options){.parties = t->parties,
                            .evaluator = (size_t)request_number(asked, "evaluator", 0),
                            .output_parties = t->output_parties,
                            .n_output_parties = t->n_output_parties,
                            .receivers = t->receivers,
                            .n_receivers = t->n_receivers,
                            .statistical_security = (unsigned)request_number(asked, "rho", 0),
                            .cot_field_bits = (unsigned)request_number(asked, "cotBits", 0),
                            .dealer = request_flag(asked, "dealer")};
}
