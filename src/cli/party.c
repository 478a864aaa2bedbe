/* polytune party: one party of a computation. */
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "cli/command.h"
#include "cli/computation.h"
#include "cli/mpc_flags.h"
#include "cli/output.h"
#include "cli/report.h"

#define DEFAULT_TIMEOUT_S 60
#define MAX_TIMEOUT_S     86400

static const flag flags[] = {
    {"program", "PROGRAM",
     "the program everybody runs: a Garble file, or a Bristol Fashion circuit (.txt)", false},
    {"party", "I", "this party's number, counted from 0", false},
    {"input", "LITERAL",
     "this party's private input; @FILE reads it from a file (.json: Garble JSON)", false},
    {"session", "NAME", "the name that the parties agreed on; letters, digits and . _ ~ -", false},
    {"timeout", "SECONDS", "give up when nothing arrives for so long (default 60)", false},
    {0},
};
static const flag *const flag_lists[] = {flags, flags_program, flags_mpc, flags_common, NULL};

typedef struct party {
    const char *where;
    const char *session;
    const char *input;
    size_t index;
    uint32_t timeout_ms;
} party;

static pt_status check_where(const char *where, pt_error *error)
{
    if (strncmp(where, "p2p:", 4) == 0)
        return error_set(error, PT_ERR_USAGE,
                         "peer-to-peer channels are not part of this version; use a relay's URL");
    if (strpbrk(where, ";,") != NULL)
        return error_set(
            error, PT_ERR_USAGE,
            "direct HTTP between the parties is not part of this version; use one relay's URL");
    if (strncmp(where, "http://", 7) != 0 && strncmp(where, "https://", 8) != 0)
        return error_set(error, PT_ERR_USAGE,
                         "'%.80s' is not the URL of a relay, e.g. http://127.0.0.1:8000", where);
    return PT_OK;
}

static pt_status read_flags(party *p, const args *a, pt_error *error)
{
    const char *required[] = {"program", "party", "input", "session"};
    const char *timeout = args_get(a, "timeout");
    uint64_t number = 0;
    pt_status status = check_where(a->positional[0], error);
    for (size_t i = 0; i < sizeof required / sizeof *required && status == PT_OK; i++) {
        if (args_get(a, required[i]) == NULL)
            status = error_set(error, PT_ERR_USAGE, "polytune party needs --%s", required[i]);
    }
    if (status == PT_OK)
        status =
            args_number(&number, args_get(a, "party"), "--party", 0, PT_MPC_MAX_PARTIES - 1, error);
    if (status != PT_OK)
        return status;
    p->index = (size_t)number;
    number = DEFAULT_TIMEOUT_S;
    if (timeout != NULL)
        status = args_number(&number, timeout, "--timeout", 1, MAX_TIMEOUT_S, error);
    p->timeout_ms = (uint32_t)number * 1000;
    p->where = a->positional[0];
    p->session = args_get(a, "session");
    p->input = args_get(a, "input");
    return status;
}

static pt_status print_result(const computation *c, const party *p, const mpc_flags *f,
                              const uint8_t *out, const pt_mpc_stats *stats, const args *a,
                              pt_error *error)
{
    const bool receives = mpc_flags_receives(f, p->index);
    char *text = NULL;
    json_t *json = NULL;
    pt_status status = PT_OK;
    if (receives)
        status = computation_result(&text, &json, c, out, error);
    if (status == PT_OK && args_get(a, "json") != NULL) {
        json_t *object = json_pack("{s:o?, s:s?, s:I}", "result", json_incref(json), "text", text,
                                   "bytes_sent", (json_int_t)stats->bytes_sent);
        output_add_stats(object, c->parties, stats);
        status = output_json(object, error);
    } else if (status == PT_OK && receives) {
        status = output_line(text, error);
    } else if (status == PT_OK) {
        report_message(REPORT_INFO, "done; party %zu does not receive the result", p->index);
    }
    mem_free(text);
    json_decref(json);
    return status;
}

static pt_status take_part(const computation *c, const party *p, const mpc_flags *f,
                           const uint8_t *input, const args *a, pt_error *error)
{
    const size_t n_out = pt_circuit_output_bits(c->circuit);
    pt_channel channel = {0};
    pt_mpc_stats stats = {0};
    uint8_t *out = mem_new(n_out, 1);
    pt_status status = out == NULL ? error_memory(error) : PT_OK;
    if (status == PT_OK) {
        const pt_relay_options options = {
            .url = p->where,
            .session = p->session,
            .party = p->index,
            .parties = c->parties,
            .timeout_ms = p->timeout_ms,
            .notice = report_notice,
        };
        status = pt_channel_relay_open(&channel, &options, error);
    }
    if (status == PT_OK) {
        pt_mpc_options options = mpc_flags_options(f, p->index, c->parties, &stats, true);
        options.session = (const uint8_t *)p->session;
        options.session_len = strlen(p->session);
        status = pt_mpc_run(&options, &channel, c->circuit, input, out, error);
    }
    pt_channel_close(&channel);
    report_progress_end();
    if (status == PT_OK)
        status = print_result(c, p, f, out, &stats, a, error);
    mem_free_secret(out, n_out);
    return status;
}

static pt_status run(const args *a, pt_error *error)
{
    party p = {0};
    computation c = {0};
    mpc_flags f = {0};
    uint8_t *input = NULL;
    pt_status status = read_flags(&p, a, error);
    if (status == PT_OK)
        status = computation_init(&c, args_get(a, "program"), a, error);
    if (status == PT_OK)
        status = mpc_flags_init(&f, a, c.parties, error);
    if (status == PT_OK && p.index >= c.parties)
        status = error_set(error, PT_ERR_USAGE, "--party=%zu: the program's parties are 0 to %zu",
                           p.index, c.parties - 1);
    if (status == PT_OK)
        status = computation_input(&input, &c, p.index, p.input, error);
    if (status == PT_OK)
        status = take_part(&c, &p, &f, input, a, error);
    mem_free_secret(input, input == NULL ? 0 : pt_circuit_input_bits(c.circuit, p.index));
    mpc_flags_clear(&f);
    computation_clear(&c);
    return status;
}

const command command_party = {
    .name = "party",
    .arguments = "RELAY_URL",
    .summary = "take part in a computation through a relay",
    .details = "The parties agree beforehand on the relay, the session's name, the program and who "
               "is which number.\n"
               "Messages are not encrypted end to end in this version: use a relay that the "
               "parties trust to pass them\n"
               "on faithfully, behind TLS or in a private network.\n",
    .flags = flag_lists,
    .n_positional = 1,
    .run = run,
};
