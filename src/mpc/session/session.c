#include "mpc/session/session.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/mem.h"
#include "crypto/crypto.h"
#include "mpc/ot/cot.h"

static pt_status check_parties(size_t parties, bool dealer, pt_error *error)
{
    const size_t most = dealer ? MPC_MAX_PARTIES - 1 : MPC_MAX_PARTIES;
    if (parties < 2 || parties > most)
        return error_set(error, PT_ERR_USAGE, "there must be 2 to %zu parties%s, not %zu", most,
                         dealer ? " with a dealer" : "", parties);
    return PT_OK;
}

static pt_status check_counts(const pt_mpc_options *o, pt_error *error)
{
    const pt_status status = check_parties(o->parties, o->dealer, error);
    if (status != PT_OK)
        return status;
    if (o->party >= o->parties)
        return error_set(error, PT_ERR_USAGE, "party %zu is not one of the %zu parties", o->party,
                         o->parties);
    if (o->evaluator >= o->parties)
        return error_set(error, PT_ERR_USAGE, "the evaluator %zu is not one of the %zu parties",
                         o->evaluator, o->parties);
    for (size_t i = 0; o->output_parties != NULL && i < o->n_output_parties; i++) {
        if (o->output_parties[i] >= o->parties)
            return error_set(error, PT_ERR_USAGE, "output party %zu is not one of the %zu parties",
                             o->output_parties[i], o->parties);
    }
    return PT_OK;
}

bool session_k_is_valid(uint64_t k)
{
    return k == 1 || k == 2 || k == 4 || k == 8;
}

static pt_status check_parameters(const session *s, pt_error *error)
{
    if (s->rho < MPC_RHO_DEFAULT || s->rho > MPC_RHO_MAX)
        return error_set(error, PT_ERR_USAGE, "the statistical security must be %d to %d bits",
                         MPC_RHO_DEFAULT, MPC_RHO_MAX);
    if (!session_k_is_valid(s->k))
        return error_set(error, PT_ERR_USAGE, "the COT field exponent must be 1, 2, 4 or 8");
    return PT_OK;
}

void session_number_parties(session *s, size_t evaluator)
{
    s->roster[0] = evaluator;
    size_t next = 1;
    for (size_t party = 0; party < s->n; party++) {
        if (party != evaluator)
            s->roster[next++] = party;
    }
    if (s->dealer)
        s->roster[s->n] = s->n;
}

static void number_parties(session *s, const pt_mpc_options *o)
{
    s->n = o->parties;
    s->dealer = o->dealer;
    s->seats = s->n + (s->dealer ? 1 : 0);
    session_number_parties(s, o->evaluator);
    for (size_t i = 0; i < s->n; i++) {
        if (s->roster[i] == o->party)
            s->me = i;
        s->receives[i] = o->output_parties == NULL;
        for (size_t r = 0; o->output_parties != NULL && r < o->n_output_parties; r++)
            s->receives[i] |= o->output_parties[r] == s->roster[i];
    }
}

static void session_start(session *s, const pt_mpc_options *options, const pt_channel *channel)
{
    s->channel = channel;
    s->stats = options->stats != NULL ? options->stats : &s->own_stats;
    *s->stats = (pt_mpc_stats){0};
    s->stats_mark_ns = clock_ns();
    s->progress = options->progress;
    s->progress_user = options->progress_user;
    rng_init(&s->rng);
}

pt_status session_init(session *s, const pt_mpc_options *options, const pt_channel *channel,
                       pt_error *error)
{
    *s = (session){0};
    pt_status status = check_counts(options, error);
    if (status != PT_OK)
        return status;
    number_parties(s, options);
    s->rho = options->statistical_security != 0 ? options->statistical_security : MPC_RHO_DEFAULT;
    s->k = options->cot_field_bits != 0 ? options->cot_field_bits : MPC_COT_FIELD_BITS_DEFAULT;
    status = check_parameters(s, error);
    if (status == PT_OK)
        status = crypto_init(error);
    if (status != PT_OK)
        return status;
    s->cot = mem_new(s->n, sizeof *s->cot);
    if (s->cot == NULL)
        return error_memory(error);
    session_start(s, options, channel);
    return PT_OK;
}

pt_status session_init_dealer(session *d, const pt_mpc_options *options, const pt_channel *channel,
                              pt_error *error)
{
    pt_status status = check_parties(options->parties, true, error);
    if (status == PT_OK)
        status = crypto_init(error);
    if (status != PT_OK)
        return status;
    *d = (session){.n = options->parties,
                   .me = options->parties,
                   .dealer = true,
                   .seats = options->parties + 1};
    session_number_parties(d, 0); /* until the parties say who evaluates */
    session_start(d, options, channel);
    return PT_OK;
}

void session_wipe_secrets(session *s)
{
    rng_clear(&s->rng);
    mem_wipe(&s->delta, sizeof s->delta);
    mem_wipe(s->dealt_seed, sizeof s->dealt_seed);
    mem_wipe(s->coin_secret, sizeof s->coin_secret);
    mem_wipe(s->coin_nonce, sizeof s->coin_nonce);
    for (size_t p = 0; s->cot != NULL && p < s->n; p++)
        cot_pair_clear(&s->cot[p]);
}

void session_clear(session *s)
{
    session_wipe_secrets(s);
    mem_free(s->cot);
    mem_wipe(s, sizeof *s);
}

/* Which row of the statistics a wave counts in. */
static const struct {
    const char *wave;
    const char *row;
} phase_rows[] = {
    {"DLREQ", "dealer"},  {"DLSEED", "dealer"},  {"DEAL", "dealer"},    {"HELLO", "set-up"},
    {"BOT1", "base OT"},  {"BOT2", "base OT"},   {"COT", "bits"},       {"ABCHK", "bits"},
    {"DC1", "key check"}, {"DC2", "key check"},  {"DC3", "key check"},  {"TRU", "triples"},
    {"TRS", "triples"},   {"ZB", "triples"},     {"ZC", "triples"},     {"ZO", "triples"},
    {"OPEN", "triples"},  {"GC", "garbling"},    {"INM", "inputs"},     {"INL", "inputs"},
    {"LBL", "inputs"},    {"EV1", "evaluation"}, {"EV2", "evaluation"}, {"OUT", "outputs"},
};

static const char *row_name(const char *wave_phase)
{
    for (size_t i = 0; i < sizeof phase_rows / sizeof phase_rows[0]; i++) {
        if (strcmp(phase_rows[i].wave, wave_phase) == 0)
            return phase_rows[i].row;
    }
    return NULL;
}

/* Makes the row of this wave the running one, adding it on first use. */
static void enter_row(session *s, const char *wave_phase)
{
    pt_mpc_stats *stats = s->stats;
    const char *name = row_name(wave_phase);
    size_t row = stats->n_phases == 0 ? 0 : s->stats_phase;
    if (name != NULL) {
        for (row = 0; row < stats->n_phases; row++) {
            if (strcmp(stats->phases[row].name, name) == 0)
                break;
        }
    }
    if (row == stats->n_phases && row < PT_MPC_MAX_PHASES) {
        stats->phases[row].name = name != NULL ? name : "other";
        stats->n_phases++;
    }
    s->stats_phase = row < PT_MPC_MAX_PHASES ? row : PT_MPC_MAX_PHASES - 1;
}

void session_count_sent(session *s, const char *wave_phase, size_t bytes)
{
    enter_row(s, wave_phase);
    s->stats->bytes_sent += bytes;
    s->stats->messages_sent++;
    s->stats->phases[s->stats_phase].bytes_sent += bytes;
}

void session_count_received(session *s, size_t bytes)
{
    s->stats->bytes_received += bytes;
}

void session_mark_time(session *s, const char *wave_phase)
{
    const uint64_t now = clock_ns();
    enter_row(s, wave_phase);
    s->stats->phases[s->stats_phase].seconds += (double)(now - s->stats_mark_ns) * 1e-9;
    s->stats_mark_ns = now;
}

/* When a phase starts in a segment's time and how much of it it takes, in per cent, as measured
 * with two parties at the default k. Garbling and evaluation are the same work at different
 * parties. */
static const struct {
    const char *phase;
    unsigned start;
    unsigned share;
} progress_shares[] = {{"COT", 0, 50},
                       {"triples", 50, 20},
                       {"garbling", 70, 30},
                       {"evaluation", 70, 30},
                       {"dealing", 0, 100}};

void session_progress(session *s, const char *phase, uint64_t done, uint64_t total)
{
    uint64_t percent = 0;
    if (s->progress == NULL || total == 0 || s->progress_ands == 0)
        return;
    for (size_t i = 0; i < sizeof progress_shares / sizeof *progress_shares; i++) {
        if (strcmp(progress_shares[i].phase, phase) == 0)
            percent = progress_shares[i].start + progress_shares[i].share * done / total;
    }
    const uint64_t reached = 100 * s->next_and + percent * s->progress_segment;
    if (reached <= s->progress_done)
        return; /* small batches on the side repeat phases */
    s->progress_done = reached;
    s->progress(s->progress_user, phase, reached, 100 * s->progress_ands);
}
