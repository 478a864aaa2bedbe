/* polytune pre: the trusted dealer, for one session. */
#include "base/error.h"
#include "cli/commands/command.h"
#include "cli/deadline.h"
#include "cli/flags/connect.h"
#include "cli/interrupt.h"
#include "cli/report.h"

static const flag flags[] = {
    {"parties", "N", "how many parties there are, without the dealer", false},
    {0},
};
static const flag *const flag_lists[] = {flags, flags_connect, flags_secure, flags_common, NULL};

static pt_status serve_session(connection *c, size_t parties, pt_error *error)
{
    pt_channel channel = {0};
    pt_mpc_stats stats = {0};
    const pt_mpc_options options = {.parties = parties,
                                    .cancelled = deadline_came,
                                    .progress = report_progress,
                                    .stats = &stats};
    report_message(REPORT_INFO, "waiting for %zu parties that run with --dealer", parties);
    const pt_terms terms = {.parties = parties, .is_dealer = true, .session = c->session};
    pt_status status = pt_terms_print(c->terms, &terms, error);
    if (status == PT_OK)
        status = connection_open(&channel, c, parties, parties + 1, error);
    if (status == PT_OK)
        status = pt_dealer_run(&channel, &options, error);
    pt_channel_close(&channel);
    report_progress_end();
    if (status == PT_OK)
        report_message(REPORT_INFO, "dealt %llu AND gates to %zu parties",
                       (unsigned long long)stats.and_gates, parties);
    return status;
}

static pt_status pre_run(const args *a, pt_error *error)
{
    connection c = {0};
    uint64_t parties = 0;
    interrupt_catch();
    if (args_get(a, "parties") == NULL)
        return error_set(error, PT_ERR_USAGE, "polytune pre needs --parties");
    pt_status status = connection_init(&c, a->positional[0], a, error);
    if (status == PT_OK)
        status = args_number(&parties, args_get(a, "parties"), "--parties", 2,
                             PT_MPC_MAX_PARTIES - 1, error);
    if (status == PT_OK)
        status = deadline_explain(serve_session(&c, (size_t)parties, error), error);
    connection_clear(&c);
    return status;
}

const command command_pre = {
    .name = "pre",
    .arguments = "WHERE",
    .summary = "be the trusted dealer of a computation",
    .details =
        "It needs --parties. WHERE is the same as for polytune party, whose --help has it.\n"
        "Prepares one run for parties that use --dealer, which spares them most of the work and "
        "traffic, and ends. It "
        "needs no program: it learns how many gates and input bits there are, not what is "
        "computed, from what, or "
        "with what result. On the network it is one party more, with the last number.\n"
        "Trust: every party relies on the dealer to be honest and to collude with nobody. It "
        "knows all masks and keys, "
        "so together with any party, or with a record of what the parties send each other, it "
        "can compute every "
        "private input. Run it on a machine of its own, not with a party or on the relay. From "
        "each other the parties "
        "stay protected as without a dealer.\n",
    .flags = flag_lists,
    .n_positional = 1,
    .run = pre_run,
};
