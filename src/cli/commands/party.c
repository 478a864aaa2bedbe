/* polytune party: one party of a computation. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/buffer.h"
#include "base/error.h"
#include "base/mem.h"
#include "cli/commands/command.h"
#include "cli/computation.h"
#include "cli/cost/allocator.h"
#include "cli/cost/cost.h"
#include "cli/deadline.h"
#include "cli/flags/connect.h"
#include "cli/flags/const_flags.h"
#include "cli/flags/link.h"
#include "cli/flags/mpc_flags.h"
#include "cli/flags/split.h"
#include "cli/flags/tables.h"
#include "cli/flags/threads.h"
#include "cli/interrupt.h"
#include "cli/output.h"
#include "cli/report.h"
#include "cli/result_out.h"

#define DEFAULT_MAX_ANDS  50000000
#define DEFAULT_MAX_BYTES ((uint64_t)4 << 30)

static const flag flags[] = {
    {"program", "PROGRAM",
     "the program everybody runs: a Garble file, one compiled to .ptc, or a Bristol Fashion "
     "circuit",
     false},
    {"party", "I", "this party's number, counted from 0", false},
    {"input", "LITERAL",
     "this party's private input; @FILE reads it from a file (.json: Garble JSON; .csv, .tsv: a "
     "table); sqlite:FILE and odbc:WHERE are the tables that --query gives",
     false},
    {"parties", "N", "how many parties there are, if that depends on constants of other parties",
     false},
    {"max-ands", "N",
     "accept programs of up to so many AND gates (default 50000000): the others' constants choose "
     "how large they get",
     false},
    {"memory", "SIZE",
     "and that take up to so much memory to compile (default 4G); the run, too, stays within it, "
     "with more traffic where it is little",
     false},
    {"link", "RATE,RTT",
     "this party's link, such as 100mbit,50ms: --cot-bits is chosen by it (default: by the round "
     "trip that is measured)",
     false},
    {0},
};
static const flag *const flag_lists[] = {flags,         flags_output,  flags_table,  flags_connect,
                                         flags_secure,  flags_program, flags_mpc,    flags_threads,
                                         flags_private, flags_split,   flags_common, NULL};

typedef struct party {
    const args *a;
    connection connection;
    tables tables;
    size_t index;
    uint64_t stated_parties; /* --parties, or 0 */
    uint64_t max_ands;       /* of the program */
    uint64_t max_bytes;
    pt_plan_link link; /* of --link */
    size_t parties;
    computation c;
    mpc_flags mpc;
    pt_channel channel;
    uint8_t *input_bits;
    result_out result;
    buffer session_data; /* what the protocol compares besides the circuit */
} party;

static pt_status check_required(const args *a, pt_error *error)
{
    static const char *const required[] = {"program", "party", "input"};
    const size_t n = sizeof required / sizeof *required;
    char missing[64] = "";
    size_t n_missing = 0;
    for (size_t i = 0; i < n; i++) {
        if (args_get(a, required[i]) != NULL)
            continue;
        const size_t len = strlen(missing);
        (void)snprintf(missing + len, sizeof missing - len, "%s--%s", len == 0 ? "" : ", ",
                       required[i]);
        n_missing++;
    }
    if (n_missing == 0)
        return PT_OK;
    return error_set(error, PT_ERR_USAGE, "polytune party needs %s%s", missing,
                     n_missing < n ? ""
                                   : "; if you gave them: put WHERE into quotes, for a shell "
                                     "takes ; as the end of the command");
}

static pt_status party_limits(party *p, pt_error *error)
{
    const char *ands = args_get(p->a, "max-ands");
    const char *memory = args_get(p->a, "memory");
    pt_status status = PT_OK;
    const char *link = args_get(p->a, "link");
    p->max_ands = DEFAULT_MAX_ANDS;
    p->max_bytes = DEFAULT_MAX_BYTES;
    if (ands != NULL)
        status = args_number(&p->max_ands, ands, "--max-ands", 1, UINT32_MAX, error);
    if (status == PT_OK && memory != NULL)
        status = args_size(&p->max_bytes, memory, "--memory", UINT64_MAX / 2, error);
    if (status == PT_OK && link != NULL)
        status = link_flag_parse(&p->link, link, error);
    return status;
}

static pt_status read_flags(party *p, pt_error *error)
{
    const args *a = p->a;
    const char *parties = args_get(a, "parties");
    uint64_t number = 0;
    pt_status status = check_required(a, error);
    if (status == PT_OK)
        status = connection_init(&p->connection, a->positional[0], a, error);
    if (status == PT_OK)
        status =
            args_number(&number, args_get(a, "party"), "--party", 0, PT_MPC_MAX_PARTIES - 1, error);
    if (status != PT_OK)
        return status;
    p->index = (size_t)number;
    if (parties != NULL)
        status =
            args_number(&p->stated_parties, parties, "--parties", 2, PT_MPC_MAX_PARTIES, error);
    if (status == PT_OK)
        status = party_limits(p, error);
    if (status == PT_OK)
        status = tables_init(&p->tables, a, error);
    return status;
}

static pt_status party_print(party *p, const uint8_t *out, const pt_mpc_stats *stats,
                             pt_error *error)
{
    const bool receives = mpc_flags_receives(&p->mpc, p->index);
    char *text = NULL;
    char *json = NULL;
    pt_status status = PT_OK;
    if (receives)
        status = computation_result(&text, &json, &p->c, p->index, out, error);
    if (status == PT_OK && (receives || p->result.json)) {
        json_t *rest =
            json_pack("{s:s?, s:I}", "text", text, "bytes_sent", (json_int_t)stats->bytes_sent);
        output_add_stats(rest, p->parties, stats);
        output_add_traffic(rest, p->connection.meter);
        status = result_out_write(&p->result, &(result_value){out, text, json}, rest, error);
    } else if (status == PT_OK) {
        report_message(REPORT_INFO, "done; party %zu does not receive the result", p->index);
    }
    mem_free(text);
    mem_free(json);
    return status;
}

/* Without --link the way's round trip says what k to wish for. */
static pt_status wish_by_round_trip(party *p, pt_error *error)
{
    double seconds = 0;
    pt_plan_link link;
    if (args_get(p->a, "link") != NULL || p->mpc.cot_field_bits != 0 ||
        pt_channel_secure_round_trip(&seconds, &p->channel, NULL) != PT_OK ||
        !cost_link_of(&link, seconds))
        return PT_OK;
    const pt_status status = cost_wish(&p->mpc, &p->c, &link, error);
    if (status != PT_OK || p->mpc.cot_field_bits == 0)
        return status;
    report_message(REPORT_INFO, "a round trip of %.0f ms: --cot-bits=%u suits it best",
                   seconds * 1e3, p->mpc.cot_field_bits);
    return cost_report(&p->c, &p->mpc, p->index, error);
}

/* What came of another party's wishes instead of what `own` says. */
static void tell_changed(const pt_plan *own, const pt_mpc_stats *stats)
{
    const uint64_t size = stats->segment_ands;
    const uint64_t segments = own->and_gates / size + (own->and_gates % size != 0);
    if (stats->cot_field_bits != own->cot_field_bits)
        report_message(REPORT_INFO, "another party wished for --cot-bits=%u, which was taken",
                       stats->cot_field_bits);
    if (segments > own->segments)
        report_message(REPORT_INFO,
                       "another party takes smaller segments: up to %" PRIu64
                       " AND gates in each, %" PRIu64 " segments instead of %" PRIu64,
                       size, segments, own->segments);
}

static void tell_agreed(const party *p, const pt_mpc_stats *stats)
{
    cost own = {0};
    if (stats->segment_ands == 0) /* the parties have not agreed so far */
        return;
    if (cost_init(&own, &p->c, &p->mpc, NULL, NULL) == PT_OK)
        tell_changed(&own.plan, stats);
    cost_clear(&own);
}

static pt_status run_protocol(party *p, pt_error *error)
{
    const size_t n_out = pt_circuit_output_bits(p->c.circuit);
    pt_mpc_stats stats = {0};
    uint8_t *out = mem_new(n_out, 1);
    pt_status status = out == NULL || p->session_data.failed ? error_memory(error) : PT_OK;
    if (status == PT_OK)
        status = wish_by_round_trip(p, error);
    if (status == PT_OK) {
        pt_mpc_options options = mpc_flags_options(&p->mpc, p->index, p->parties, &stats, true);
        options.session = p->session_data.bytes;
        options.session_len = p->session_data.len;
        status = pt_mpc_run(out, n_out, &p->channel, p->c.circuit, p->input_bits,
                            pt_circuit_input_bits(p->c.circuit, p->index), &options, error);
    }
    report_progress_end();
    tell_agreed(p, &stats);
    /* Before the channel is closed, which waits for the others to have everything. */
    if (status == PT_OK)
        status = party_print(p, out, &stats, error);
    mem_free_secret(out, n_out);
    return status;
}

/* The dealer's is the last. */
static size_t party_seats(const party *p)
{
    return p->parties + (p->mpc.dealer ? 1 : 0);
}

static pt_status open_channel(party *p, pt_error *error)
{
    const size_t seats = party_seats(p);
    pt_status status = pt_meter_new(&p->connection.meter, seats, error);
    if (status != PT_OK)
        return status;
    if (p->mpc.dealer && secure_flags_knows(&p->connection.secure, p->parties))
        report_message(REPORT_INFO, "party %zu on the network is the dealer", p->parties);
    else if (p->mpc.dealer)
        report_security("party %zu on the network is the dealer; whoever takes its place can learn "
                        "all inputs: --key and --roster tell who it is",
                        p->parties);
    const pt_terms terms = {.parties = p->parties,
                            .dealer = p->mpc.dealer,
                            .circuit = p->c.circuit,
                            .session = p->connection.session};
    status = pt_terms_print(p->connection.terms, &terms, error);
    if (status != PT_OK)
        return status;
    interrupt_catch(); /* until now a signal could end the command at once: nobody relied on it */
    return connection_open(&p->channel, &p->connection, p->index, seats, error);
}

static pt_status set_parties(party *p, size_t parties, pt_error *error)
{
    if (p->stated_parties != 0 && p->stated_parties != parties)
        return error_set(error, PT_ERR_USAGE, "the program is for %zu part%s, not --parties=%llu",
                         parties, parties == 1 ? "y" : "ies",
                         (unsigned long long)p->stated_parties);
    p->parties = parties;
    if (p->index >= parties)
        return error_set(error, PT_ERR_USAGE, "--party=%zu: the program's parties are 0 to %zu",
                         p->index, parties - 1);
    const pt_status status = mpc_flags_init(&p->mpc, p->a, parties, error);
    if (status != PT_OK)
        return status;
    return connection_check(&p->connection, p->index, party_seats(p), error);
}

/* Reads this party's input, and then compiles, for that may take long. */
static pt_status party_prepare(party *p, const pt_constant *constants, size_t n_constants,
                               pt_error *error)
{
    pt_status status = computation_declare(&p->c, p->a, constants, n_constants, error);
    if (status == PT_OK && p->parties == 0)
        status = set_parties(p, p->c.parties, error);
    if (status == PT_OK && p->parties != p->c.parties)
        status = error_set(error, PT_ERR_CONSTANT,
                           "with the constants of all parties, the program is for %zu parties, not "
                           "%zu",
                           p->c.parties, p->parties);
    if (status == PT_OK)
        status = result_out_prepare(&p->result, &p->c, p->index, error);
    if (status == PT_OK)
        status = tables_input(&p->input_bits, &p->tables, 0, &p->c, p->index, error);
    if (status == PT_OK)
        status = deadline_explain(computation_compile(&p->c, p->a, constants, n_constants, error),
                                  error);
    if (status == PT_OK)
        status = tables_check_input(&p->tables, 0, &p->c, p->index, p->input_bits, error);
    if (status == PT_OK)
        status = mpc_flags_divide(&p->mpc, &p->c, error);
    if (status == PT_OK && args_get(p->a, "link") != NULL)
        status = cost_wish(&p->mpc, &p->c, &p->link, error);
    if (status == PT_OK && args_get(p->a, "memory") != NULL)
        status = cost_fit(&p->mpc, &p->c, p->index, p->max_bytes, error);
    if (status == PT_OK)
        status = cost_report(&p->c, &p->mpc, p->index, error);
    return status;
}

static void show_constants(const party *p, const pt_constant *list, size_t n)
{
    for (size_t i = 0; i < n; i++)
        report_message(REPORT_INFO, "constant %s::%s = %.100s", list[i].party, list[i].name,
                       list[i].literal);
    if (n == 0)
        report_message(REPORT_INFO, "none of the %zu parties gives a constant", p->parties);
    else
        report_message(REPORT_INFO,
                       "with these, up to %" PRIu64 " AND gates and %" PRIu64
                       " MiB are accepted (--max-ands, --memory)",
                       p->max_ands, p->max_bytes >> 20);
}

/* Learns the others' constants, prepares, and makes sure that all saw the same. */
static pt_status agree(party *p, const const_flags *given, pt_error *error)
{
    uint8_t digest[PT_CONSTANTS_DIGEST_BYTES];
    pt_constants *all = NULL;
    size_t n = 0;
    pt_status status = pt_constants_exchange(&all, &p->channel, p->index, p->parties, given->list,
                                             given->n, error);
    if (status != PT_OK)
        return status;
    const pt_constant *list = pt_constants_list(&n, all);
    show_constants(p, list, n);
    status = party_prepare(p, list, n, error);
    status = pt_constants_confirm(all, &p->channel, status, error);
    pt_constants_digest(digest, all);
    buffer_put_u8(&p->session_data, 0);
    buffer_put(&p->session_data, digest, sizeof digest);
    pt_constants_free(all);
    return status;
}

/* A program that needs external constants is compiled only when all parties have said theirs. */
static pt_status take_part_with_constants(party *p, const pt_program_facts *facts,
                                          const const_flags *given, pt_error *error)
{
    if (facts->n_parties == 0 && p->stated_parties == 0)
        return error_set(error, PT_ERR_USAGE,
                         "how many parties there are depends on a constant that is not given; "
                         "polytune party needs --parties=N");
    pt_status status =
        set_parties(p, facts->n_parties != 0 ? facts->n_parties : (size_t)p->stated_parties, error);
    if (status == PT_OK)
        status = open_channel(p, error);
    if (status == PT_OK)
        status = agree(p, given, error);
    if (status != PT_OK && p->mpc.dealer && p->channel.ops != NULL)
        pt_dealer_dismiss(&p->channel, p->index, p->parties, status);
    return status;
}

static pt_status take_part(party *p, pt_error *error)
{
    const_flags given = {0};
    char own_name[32];
    pt_program_facts facts = {0};
    (void)snprintf(own_name, sizeof own_name, "PARTY_%zu", p->index);
    pt_status status = computation_open(&p->c, args_get(p->a, "program"), error);
    p->c.max_ands = p->max_ands;
    p->c.max_bytes = p->max_bytes;
    if (status == PT_OK)
        status = const_flags_init(&given, p->a, own_name, error);
    if (status == PT_OK)
        status = tables_add_constants(&p->tables, &given, own_name, error);
    if (status == PT_OK)
        computation_warn(&p->c, &given);
    if (status == PT_OK)
        status = computation_inspect(&facts, &p->c, p->a, given.list, given.n, error);
    if (status == PT_OK)
        status = computation_add_constants(&p->c, &given, error);
    if (status == PT_OK && facts.n_externals != 0) {
        status = take_part_with_constants(p, &facts, &given, error);
    } else if (status == PT_OK) {
        status = party_prepare(p, NULL, 0, error);
        if (status == PT_OK)
            status = open_channel(p, error);
    }
    const_flags_clear(&given);
    return status == PT_OK ? run_protocol(p, error) : status;
}

static pt_status party_run(const args *a, pt_error *error)
{
    party p = {.a = a};
    allocator_give_back(); /* --memory is of the whole process */
    buffer_init(&p.session_data, SIZE_MAX / 4);
    pt_status status = read_flags(&p, error);
    if (status == PT_OK)
        status = result_out_init(&p.result, a, error);
    if (status == PT_OK) {
        buffer_put(&p.session_data, p.connection.session, strlen(p.connection.session));
        status = deadline_explain(take_part(&p, error), error);
    }
    pt_channel_close(&p.channel);
    pt_meter_free(p.connection.meter);
    connection_clear(&p.connection);
    mem_free_secret(p.input_bits, p.input_bits == NULL ? 0 : computation_input_bits(&p.c, p.index));
    buffer_clear(&p.session_data);
    tables_clear(&p.tables);
    mpc_flags_clear(&p.mpc);
    result_out_clear(&p.result);
    computation_clear(&p.c);
    return status;
}

const command command_party = {
    .name = "party",
    .arguments = "WHERE",
    .summary = "take part in a computation over the network",
    .details =
        "It needs --program, --party and --input:\n"
        "  polytune party http://relay.example:8000 \\\n"
        "      --session=pay-2026 --program=salaries.garble \\\n"
        "      --party=0 --input=59000\n\n"
        "WHERE is how the parties meet. They agree beforehand on that, the program and who is "
        "which number; start in any order.\n"
        "  URL           a relay, and --session, the name that the parties agreed on\n"
        "  \"URL;URL;..\"  of all parties, in the order of their numbers: each serves at its own "
        "and posts to the others\n"
        "  p2p:new       with --relay: prints a ticket on stderr, which is WHERE for all others; "
        "they meet at the relay and "
        "connect directly, also from behind home routers, or leave their messages "
        "to the relay\n\n"
        "Messages are encrypted from party to party: a relay cannot read them. That nobody "
        "plays a party is known with "
        "--key and --roster, or with --session-secret; with neither, the parties compare the "
        "words that are shown.\n"
        "A constant PARTY_1::ROWS of the program is party 1's: it gives --const=ROWS=3usize, and "
        "the parties tell each other "
        "theirs before compiling. Constants of any other name, such as PARTIES::COUNT, all "
        "parties give alike.\n",
    .flags = flag_lists,
    .n_positional = 1,
    .run = party_run,
};
