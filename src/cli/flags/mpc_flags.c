#include "cli/flags/mpc_flags.h"

#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "cli/deadline.h"
#include "cli/flags/threads.h"
#include "cli/report.h"

const flag flags_mpc[] = {
    {"evaluator", "PARTY", "the party that evaluates the garbled circuit (default 0)", false},
    {"output-parties", "P,Q,..", "the parties that learn the result (default all)", false},
    {"rho", "BITS", "statistical security, 40 (default) to 80", false},
    {"dealer", NULL, "a trusted dealer prepares the run; polytune pre --help says what that means",
     false},
    {"cot-bits", "K",
     "1, 2, 4 or 8: less traffic and more work as it grows; the largest that a party gives counts "
     "(4 if none does)",
     false},
    {0},
};

static pt_status parse_party_list(mpc_flags *f, const char *list, size_t parties, pt_error *error)
{
    char item[8];
    f->output_parties = mem_new(parties, sizeof *f->output_parties);
    if (f->output_parties == NULL)
        return error_memory(error);
    for (const char *at = list;; at++) {
        const size_t len = strcspn(at, ",");
        uint64_t party = 0;
        if (len >= sizeof item)
            return error_set(error, PT_ERR_USAGE,
                             "--output-parties takes party numbers with commas, not '%.60s'", list);
        memcpy(item, at, len);
        item[len] = '\0';
        const pt_status status =
            args_number(&party, item, "a party in --output-parties", 0, parties - 1, error);
        if (status != PT_OK)
            return status;
        for (size_t i = 0; i < f->n_output_parties; i++) {
            if (f->output_parties[i] == party)
                return error_set(error, PT_ERR_USAGE, "--output-parties names party %s twice",
                                 item);
        }
        f->output_parties[f->n_output_parties++] = (size_t)party;
        at += len;
        if (*at == '\0')
            return PT_OK;
    }
}

pt_status mpc_flags_init(mpc_flags *ret_flags, const args *a, size_t parties, pt_error *error)
{
    mpc_flags *f = ret_flags;
    *f = (mpc_flags){0};
    const char *evaluator = args_get(a, "evaluator");
    const char *outputs = args_get(a, "output-parties");
    const char *rho = args_get(a, "rho");
    const char *k = args_get(a, "cot-bits");
    uint64_t number = 0;
    if (parties < 2 || parties > PT_MPC_MAX_PARTIES)
        return error_set(
            error, PT_ERR_USAGE,
            "the program is for %zu part%s; a secure computation needs 2 to %d parties", parties,
            parties == 1 ? "y" : "ies", PT_MPC_MAX_PARTIES);
    pt_status status = PT_OK;
    f->dealer = args_get(a, "dealer") != NULL;
    f->private_results = args_get(a, "private-results") != NULL;
    if (f->private_results && outputs != NULL)
        return error_set(error, PT_ERR_USAGE,
                         "--private-results gives every party a part, and --output-parties all of "
                         "it to some: use one of them");
    if (f->dealer && parties == PT_MPC_MAX_PARTIES)
        return error_set(error, PT_ERR_USAGE, "with a dealer there can be at most %d parties",
                         PT_MPC_MAX_PARTIES - 1);
    if (evaluator != NULL)
        status = args_number(&number, evaluator, "--evaluator", 0, parties - 1, error);
    f->evaluator = (size_t)number;
    number = 0;
    if (status == PT_OK && rho != NULL)
        status = args_number(&number, rho, "--rho", 40, 80, error);
    f->statistical_security = (unsigned)number;
    number = 0;
    if (status == PT_OK && k != NULL)
        status = args_number(&number, k, "--cot-bits", 1, 8, error);
    if (status == PT_OK && number != 0 && (number & (number - 1)) != 0)
        status = error_set(error, PT_ERR_USAGE, "--cot-bits must be 1, 2, 4 or 8, not '%s'", k);
    f->cot_field_bits = (unsigned)number;
    if (status == PT_OK)
        status = threads_take(&f->threads, a, error);
    if (status == PT_OK && outputs != NULL)
        status = parse_party_list(f, outputs, parties, error);
    return status;
}

void mpc_flags_clear(mpc_flags *f)
{
    mem_free(f->output_parties);
    parts_clear(&f->parts);
    *f = (mpc_flags){0};
}

pt_status mpc_flags_divide(mpc_flags *f, const computation *c, pt_error *error)
{
    return f->private_results ? parts_init(&f->parts, c, error) : PT_OK;
}

bool mpc_flags_receives(const mpc_flags *f, size_t party)
{
    for (size_t i = 0; i < f->n_output_parties; i++) {
        if (f->output_parties[i] == party)
            return true;
    }
    return f->output_parties == NULL;
}

pt_mpc_options mpc_flags_options(const mpc_flags *f, size_t party, size_t parties,
                                 pt_mpc_stats *stats, bool show_progress)
{
    return (pt_mpc_options){
        .party = party,
        .parties = parties,
        .evaluator = f->evaluator,
        .output_parties = f->output_parties,
        .n_output_parties = f->n_output_parties,
        .receivers = f->parts.receivers,
        .n_receivers = f->parts.n,
        .statistical_security = f->statistical_security,
        .cot_field_bits = f->cot_field_bits,
        .segment_ands = f->segment_ands,
        .threads = f->threads,
        .dealer = f->dealer,
        .cancelled = deadline_came,
        .progress = show_progress ? report_progress : NULL,
        .stats = stats,
    };
}
