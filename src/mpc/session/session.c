#include "mpc/session/session.h"

#include "base/assert.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/mem.h"
#include "crypto/crypto.h"
#include "mpc/abit/abit.h"
#include "mpc/ot/cot.h"

static pt_status check_parties(size_t parties, bool dealer, pt_error *error)
{
    const size_t most = dealer ? MPC_MAX_PARTIES - 1 : MPC_MAX_PARTIES;
    if (parties < 2 || parties > most)
        return error_set(error, PT_ERR_USAGE, "there must be 2 to %zu parties%s, not %zu", most,
                         dealer ? " with a dealer" : "", parties);
    return PT_OK;
}

pt_status session_check_channel(const pt_channel *channel, const pt_mpc_options *options,
                                pt_error *error)
{
    if (options == NULL || !channel_is_whole(channel))
        return error_set(error, PT_ERR_USAGE, "options and an open channel must be given");
    if (channel_kind(channel) == PT_CHANNEL_OPEN && !options->insecure)
        return error_set(error, PT_ERR_USAGE,
                         "others can read what passes through this channel, and so compute the "
                         "inputs: put pt_channel_secure_wrap around it, or set `insecure`");
    return PT_OK;
}

_Static_assert(WORKERS_MAX == PT_MPC_MAX_THREADS, "what may be asked for can be had");

static pt_status check_threads(size_t threads, pt_error *error)
{
    if (threads > WORKERS_MAX)
        return error_set(error, PT_ERR_USAGE, "there can be at most %d threads, not %zu",
                         WORKERS_MAX, threads);
    return PT_OK;
}

static pt_status check_counts(const pt_mpc_options *o, pt_error *error)
{
    pt_status status = check_parties(o->parties, o->dealer, error);
    if (status == PT_OK)
        status = check_threads(o->threads, error);
    if (status != PT_OK)
        return status;
    if (o->party >= o->parties)
        return error_set(error, PT_ERR_USAGE, "party %zu is not one of the %zu parties", o->party,
                         o->parties);
    if (o->evaluator >= o->parties)
        return error_set(error, PT_ERR_USAGE, "the evaluator %zu is not one of the %zu parties",
                         o->evaluator, o->parties);
    if (o->segment_ands > MPC_SEGMENT_ANDS_MAX ||
        (o->segment_ands != 0 && o->segment_ands < MPC_SEGMENT_ANDS_MIN))
        return error_set(error, PT_ERR_USAGE, "a segment has %u to %u AND gates",
                         (unsigned)MPC_SEGMENT_ANDS_MIN, (unsigned)MPC_SEGMENT_ANDS_MAX);
    return receivers_check(o, error);
}

bool session_k_is_valid(uint64_t k)
{
    return k == 1 || k == 2 || k == 4 || k == 8;
}

unsigned session_k_of(unsigned wish)
{
    return wish != 0 ? wish : MPC_COT_FIELD_BITS_DEFAULT;
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
    PT_ASSERT(next == s->n); /* the evaluator was one of them */
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
    }
}

/* False for want of memory. */
static bool session_start(session *s, const pt_mpc_options *options, const pt_channel *channel)
{
    s->channel = channel;
    s->segment_min = MPC_SEGMENT_ANDS_MIN;
    s->stats = options->stats != NULL ? options->stats : &s->own_stats;
    *s->stats = (pt_mpc_stats){0};
    s->stats_mark_ns = clock_ns();
    s->progress = options->progress;
    s->progress_user = options->progress_user;
    s->cancelled = options->cancelled;
    s->cancelled_user = options->cancelled_user;
    rng_init(&s->rng);
    return workers_new(&s->workers, s->threads);
}

pt_status session_agree(session *s, const pt_mpc_options *options, pt_error *error)
{
    *s = (session){0};
    pt_status status = check_counts(options, error);
    if (status != PT_OK)
        return status;
    number_parties(s, options);
    s->rho = options->statistical_security != 0 ? options->statistical_security : MPC_RHO_DEFAULT;
    s->threads = workers_wanted(options->threads);
    s->k_wish = options->cot_field_bits;
    s->k = session_k_of(s->k_wish);
    status = check_parameters(s, error);
    return status == PT_OK ? receivers_init(&s->receivers, options, error) : status;
}

pt_status session_init(session *s, const pt_mpc_options *options, const pt_channel *channel,
                       pt_error *error)
{
    pt_status status = session_agree(s, options, error);
    if (status != PT_OK)
        return status;
    status = crypto_init(error);
    if (status == PT_OK)
        s->cot = mem_new_guarded(s->n, sizeof *s->cot);
    if (status == PT_OK && (s->cot == NULL || !session_start(s, options, channel)))
        status = error_memory(error);
    if (status != PT_OK)
        session_clear(s);
    return status;
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
                   .threads = 1,
                   .seats = options->parties + 1};
    session_number_parties(d, 0); /* until the parties say who evaluates */
    if (session_start(d, options, channel))
        return PT_OK;
    session_clear(d);
    return error_memory(error);
}

pt_status session_check_going(const session *s, pt_error *error)
{
    if (s->aborted)
        return error_set(error, PT_ERR_INTERNAL, "the session has ended");
    if (s->cancelled != NULL && s->cancelled(s->cancelled_user))
        return error_set(error, PT_ERR_CANCELLED, "cancelled during the computation");
    return PT_OK;
}

void session_wipe_secrets(session *s)
{
    workers_free(s->workers); /* their stacks */
    s->workers = NULL;
    rng_clear(&s->rng);
    mem_wipe(&s->delta, sizeof s->delta);
    mem_wipe(s->dealt_seed, sizeof s->dealt_seed);
    mem_wipe(s->coin_secret, sizeof s->coin_secret);
    mem_wipe(s->coin_nonce, sizeof s->coin_nonce);
    base_ots_wipe(s);
    for (size_t p = 0; s->cot != NULL && p < s->n; p++)
        cot_pair_clear(&s->cot[p]);
}

void session_clear(session *s)
{
    session_wipe_secrets(s);
    base_ots_free(s);
    mem_free_guarded(s->cot, s->n * sizeof *s->cot);
    receivers_clear(&s->receivers);
    mem_wipe(s, sizeof *s);
}
