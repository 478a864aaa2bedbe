#include "mpc/parties.h"

#include <pthread.h>

#include "support/test.h"

#include "circuit/plan.h"
#include "crypto/block.h"
#include "mpc/abit/abit.h"
#include "mpc/abit/share.h"
#include "mpc/dealer/dealer.h"
#include "mpc/ot/base_ot.h"
#include "mpc/ot/cot.h"
#include "mpc/session/coin.h"
#include "mpc/session/fault.h"
#include "mpc/session/hello.h"

#define TIMEOUT_MS 60000

typedef struct party_job {
    session *s;
    party_fn fn;
    void *user;
    pt_status *status;
    pt_error *error;
} party_job;

/* Small circuits are cut into many segments. */
static void allow_small_segments(session *s)
{
    assert_true(s->segment_min == MPC_SEGMENT_ANDS_MIN);
    s->segment_min = 1;
}

static void open_all(parties *p, size_t n, const pt_mpc_options *options, uint32_t timeout_ms)
{
    pt_error error;
    memset(p, 0, sizeof *p);
    assert_true(n <= PARTIES_MAX);
    p->n = n;
    p->has_dealer = options[0].dealer;
    const size_t seats = n + (p->has_dealer ? 1 : 0);
    assert_int_equal(pt_channel_memory_mesh(p->channels, seats, timeout_ms, &error), PT_OK);
    if (p->has_dealer) {
        const pt_mpc_options o = {.parties = n};
        assert_int_equal(session_init_dealer(&p->dealer, &o, &p->channels[n], &error), PT_OK);
        rng_init_seed(&p->dealer.rng, block_make(0x7e57, n));
        allow_small_segments(&p->dealer);
    }
    for (size_t party = 0; party < n; party++) {
        pt_mpc_options o = options[party];
        o.party = party;
        if (o.parties == 0)
            o.parties = n;
        const size_t index = party == o.evaluator ? 0 : party < o.evaluator ? party + 1 : party;
        session *s = &p->sessions[index];
        if (s->n != 0) /* the parties disagree on the evaluator: any free place will do */
            for (s = p->sessions; s->n != 0;)
                s++;
        assert_int_equal(session_init(s, &o, &p->channels[party], &error), PT_OK);
        rng_init_seed(&s->rng, block_make(0x7e57, party));
        allow_small_segments(s);
    }
}

void parties_open_each(parties *p, size_t n, const pt_mpc_options *options)
{
    open_all(p, n, options, TIMEOUT_MS);
}

void parties_open_timed(parties *p, size_t n, const pt_mpc_options *base, uint32_t timeout_ms)
{
    pt_mpc_options options[PARTIES_MAX] = {0};
    for (size_t i = 0; base != NULL && i < n; i++)
        options[i] = *base;
    open_all(p, n, options, timeout_ms != 0 ? timeout_ms : TIMEOUT_MS);
}

void parties_open(parties *p, size_t n, const pt_mpc_options *base)
{
    parties_open_timed(p, n, base, 0);
}

void parties_hook(parties *p, mpc_hook_fn hook, void *user)
{
    for (size_t i = 0; i < p->n; i++) {
        p->sessions[i].hook = hook;
        p->sessions[i].hook_user = user;
    }
}

static void *run_party(void *argument)
{
    party_job *job = argument;
    *job->status = job->fn(job->s, job->user, job->error);
    if (*job->status != PT_OK)
        session_abort(job->s, *job->status);
    return NULL;
}

static void *run_dealer(void *argument)
{
    parties *p = argument;
    p->dealer_status = dealer_run(&p->dealer, &p->dealer_error);
    if (p->dealer_status != PT_OK)
        session_abort(&p->dealer, p->dealer_status);
    pt_channel_close(&p->channels[p->n]);
    return NULL;
}

void parties_run_each(parties *p, party_fn fn, void *users, size_t stride)
{
    pthread_t threads[PARTIES_MAX];
    pthread_t dealer;
    party_job jobs[PARTIES_MAX];
    pt_error_clear(&p->dealer_error);
    if (p->has_dealer)
        assert_int_equal(pthread_create(&dealer, NULL, run_dealer, p), 0);
    for (size_t i = 0; i < p->n; i++) {
        pt_error_clear(&p->errors[i]);
        jobs[i] = (party_job){.s = &p->sessions[i],
                              .fn = fn,
                              .user = stride == 0 ? users : (char *)users + i * stride,
                              .status = &p->status[i],
                              .error = &p->errors[i]};
        assert_int_equal(pthread_create(&threads[i], NULL, run_party, &jobs[i]), 0);
    }
    for (size_t i = 0; i < p->n; i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    if (p->has_dealer)
        assert_int_equal(pthread_join(dealer, NULL), 0);
}

void parties_run(parties *p, party_fn fn, void *user)
{
    parties_run_each(p, fn, user, 0);
}

void parties_run_ok(parties *p, party_fn fn, void *user)
{
    parties_run(p, fn, user);
    if (p->dealer_status != PT_OK)
        fail_msg("the dealer: %s", p->dealer_error.message);
    for (size_t i = 0; i < p->n; i++) {
        if (p->status[i] != PT_OK)
            fail_msg("party index %zu: %s: %s", i, pt_status_name(p->status[i]),
                     p->errors[i].message);
    }
}

const pt_circuit *parties_circuit(void)
{
    static uint32_t inputs[] = {1, 2};
    static uint32_t outputs[] = {4};
    static uint32_t registers[] = {2};
    static uint32_t widths[] = {1};
    enum { BOTH_END = PLAN_A_ENDS | PLAN_B_ENDS };
    /* w3 = w0 w1, w4 = w2 ^ w3 */
    static uint8_t code[] = {GATE_AND | BOTH_END, 2, 1, GATE_XOR | BOTH_END, 1, 0, 0, 0, 0, 0};
    static pt_circuit circuit = {.n_parties = 2,
                                 .party_inputs = inputs,
                                 .n_inputs = 3,
                                 .n_gates = 2,
                                 .code = code,
                                 .code_len = sizeof code - PLAN_PADDING,
                                 .n_registers = 3,
                                 .n_spare = 3,
                                 .n_outputs = 1,
                                 .outputs = outputs,
                                 .output_registers = registers,
                                 .n_output_values = 1,
                                 .output_value_bits = widths,
                                 .n_and = 1};
    return &circuit;
}

pt_status parties_hello(session *s, pt_error *error)
{
    const hello_facts facts = {.circuit = parties_circuit(), .segment_ands = 1};
    uint64_t segment_ands = 0;
    return session_hello(s, &facts, &segment_ands, error);
}

pt_status parties_setup(session *s, pt_error *error)
{
    const pt_status status = parties_hello(s, error);
    return status != PT_OK ? status : abit_setup(s, &base_ot_ristretto, error);
}

static void draw_deltas(parties *p)
{
    for (size_t i = 0; i < p->n; i++) {
        session *s = &p->sessions[i];
        if (s->delta.lo != 0)
            continue;
        s->delta = rng_block(&s->rng);
        s->delta.lo = (s->delta.lo & ~(uint64_t)3) | (i == 1 ? 3u : 1u);
    }
}

/* P_i's bit in one shared bit: MACs and keys with every other party. */
static void deal_bit(parties *p, block *const *shares, block *const *keys, size_t h, size_t i,
                     unsigned x)
{
    const size_t n = p->n;
    block *own = shares[i] + h * n;
    own[0] = block_xor(own[0], block_if(x, p->sessions[i].delta));
    for (size_t j = 0; j < n; j++) {
        if (j == i)
            continue;
        block key = rng_block(&p->sessions[j].rng);
        key.lo &= ~(uint64_t)1;
        own[share_slot(i, j)] = block_xor(key, block_if(x, p->sessions[j].delta));
        shares[j][h * n] = block_xor(shares[j][h * n], key);
        if (keys != NULL && key_slot(j, i) < keys_kept(n))
            keys[j][h * keys_kept(n) + key_slot(j, i)] = key;
    }
}

unsigned parties_value(size_t n, const block *deltas, const block *const *shares)
{
    unsigned x = 0;
    for (size_t i = 0; i < n; i++) {
        assert_true(shares_agree(shares[i], 1, n));
        x ^= share_bit(shares[i]);
    }
    for (size_t i = 0; i < n; i++) {
        block sum = shares[i][0];
        for (size_t j = 0; j < n; j++) {
            if (j != i)
                sum = block_xor(sum, shares[j][share_slot(j, i)]);
        }
        const block expected = block_if(x, deltas[i]);
        assert_memory_equal(&sum, &expected, sizeof sum);
    }
    return x;
}

void parties_deal(parties *p, block *const *shares, block *const *keys, size_t count)
{
    draw_deltas(p);
    for (size_t h = 0; h < count; h++) {
        for (size_t i = 0; i < p->n; i++)
            shares[i][h * p->n] = block_zero();
        for (size_t i = 0; i < p->n; i++)
            deal_bit(p, shares, keys, h, i, rng_block(&p->sessions[i].rng).lo & 1u);
    }
}

static void deal_pair(session *receiver, session *sender)
{
    block messages[BASE_OT_COUNT][2], chosen[BASE_OT_COUNT];
    block roots[MPC_KAPPA];
    uint8_t check[(MPC_KAPPA + 1) * GGM_CHECK_BYTES];
    uint8_t pid[GGM_PID_BYTES];
    pt_error error;
    rng_blocks(&receiver->rng, roots, cot_trees(receiver->k));
    const block choices = cot_choices(sender->delta, sender->k);
    ggm_pair_id(pid, receiver->sid, session_number(receiver->me), session_number(sender->me));
    assert_int_equal(cot_receiver_init(&receiver->cot[sender->me].receiver, messages, check,
                                       receiver->k, pid, roots, &error),
                     PT_OK);
    for (unsigned t = 0; t < BASE_OT_COUNT; t++)
        chosen[t] = messages[t][block_bit(choices, t)];
    assert_int_equal(cot_sender_init(&sender->cot[receiver->me].sender, sender->delta, sender->k,
                                     pid, chosen, check, &error),
                     PT_OK);
}

void parties_deal_trees(parties *p)
{
    draw_deltas(p);
    for (size_t i = 0; i < p->n; i++) {
        for (size_t j = 0; j < p->n; j++) {
            if (j != i)
                deal_pair(&p->sessions[i], &p->sessions[j]);
        }
    }
}

pt_status parties_first_coin(session *s, pt_error *error)
{
    wave w;
    pt_status status = wave_begin(&w, s, WAVE_BOT1, error);
    if (status == PT_OK) {
        coin_commit_first(s, &w);
        wave_expect_each(&w, COIN_COMMITMENT_BYTES, 0);
        status = wave_run(&w, error);
    }
    if (status == PT_OK)
        coin_commit_first_received(s, &w, 0);
    wave_end(&w);
    return status;
}

pt_status parties_delta_check(session *s, const block *shares, pt_error *error)
{
    delta_check c;
    const wave_along *const steps[] = {&c.dc1, &c.dc2, &c.dc3};
    pt_status status = delta_check_init(&c, s, shares, error);
    for (size_t i = 0; status == PT_OK && i < sizeof steps / sizeof *steps; i++)
        status = wave_run_alone(s, steps[i], error);
    delta_check_clear(&c);
    return status;
}

void parties_assert_failed(const parties *p, unsigned set)
{
    for (size_t i = 0; i < p->n; i++) {
        if ((set >> i & 1u) == 0)
            continue;
        const pt_status_class class_of = pt_status_class_of(p->status[i]);
        if (class_of != PT_CLASS_PEER && class_of != PT_CLASS_TRANSPORT)
            fail_msg("party index %zu ended with %s", i, pt_status_name(p->status[i]));
    }
}

size_t parties_find(const parties *p, pt_status status)
{
    for (size_t i = 0; i < p->n; i++) {
        if (p->status[i] == status)
            return i;
    }
    return PARTIES_MAX;
}

void parties_close(parties *p)
{
    for (size_t i = 0; i < p->n; i++)
        session_clear(&p->sessions[i]);
    session_clear(&p->dealer);
    for (size_t i = 0; i < p->n + (p->has_dealer ? 1 : 0); i++)
        pt_channel_close(&p->channels[i]);
}
