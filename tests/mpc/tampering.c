#include "mpc/tampering.h"

#include "support/test.h"

#include "base/mem.h"
#include "mpc/abit/abit.h"
#include "mpc/abit/share.h"
#include "mpc/circuits.h"
#include "mpc/ot/cot.h"
#include "mpc/triple/triple.h"

/* ---- The circuit ---- */

typedef struct gates {
    gate list[64];
    uint32_t count;
    uint32_t n_inputs;
} gates;

static uint32_t add(gates *g, gate_op op, uint32_t a, uint32_t b)
{
    g->list[g->count] = (gate){.op = op, .a = a & 0x3fffffffu, .b = b};
    return g->n_inputs + g->count++;
}

/* Four AND gates on input wires, then four on what they give; every gate is an output. The last
 * layer and the XOR gates read wires of the first four gates, so these are live in a second
 * segment.
 */
static pt_circuit *make_circuit(size_t n, bool xor_only)
{
    const uint32_t inputs[TAMPER_PARTIES] = {TAMPER_INPUTS, TAMPER_INPUTS, TAMPER_INPUTS};
    const gate_op op = xor_only ? GATE_XOR : GATE_AND;
    const uint32_t third = n == 2 ? 0 : 2 * TAMPER_INPUTS;
    gates g = {.n_inputs = (uint32_t)n * TAMPER_INPUTS};
    uint32_t outputs[64], h[TAMPER_GATES];
    for (uint32_t i = 0; i < TAMPER_GATES; i++)
        h[i] = add(&g, op, i, TAMPER_INPUTS + i);
    for (uint32_t i = 0; i < TAMPER_GATES; i++)
        h[i] = add(&g, GATE_XOR, h[i], third + i);
    const uint32_t left = add(&g, op, h[0], h[1]);
    const uint32_t right = add(&g, op, h[2], h[3]);
    const uint32_t both = add(&g, op, left, right);
    (void)add(&g, op, add(&g, GATE_NOT, both, 0), h[0]);
    for (uint32_t i = 0; i < g.count; i++)
        outputs[i] = g.n_inputs + i;
    return test_circuit(inputs, n, g.list, g.count, outputs, g.count);
}

static pt_circuit *make_large_circuit(size_t n)
{
    const circuit_shape shape = {.n_parties = n,
                                 .inputs = TAMPER_INPUTS,
                                 .gates = TAMPER_LARGE_ANDS,
                                 .outputs = 40,
                                 .and_percent = 100};
    pt_circuit *c = test_circuit_random(&shape, n);
    assert_int_equal(c->n_and, TAMPER_LARGE_ANDS);
    return c;
}

/* ---- Watching ---- */

static bool is(const char *a, const char *b)
{
    return strcmp(a, b) == 0;
}

static void take(void *ret, size_t size, const void *data, size_t len)
{
    assert_true(len >= size);
    memcpy(ret, data, size);
}

static void take_triples(tamper_view *v, const session *s, const triple_layers *t)
{
    if (s->first_inl_sent)
        return;
    assert_true(t->n_layers * t->len <= TAMPER_TRIPLES);
    for (size_t h = 0; h < t->n_layers * t->len; h++)
        v->x[h] = (uint8_t)share_bit(t->x[h / t->len] + h % t->len * s->n);
}

static void take_blinding(tamper_view *v, const session *s, const abit_range *last)
{
    for (size_t t = 0; s->first_inl_sent && t < ZERO_CHECK_BLIND_BITS; t++)
        v->q[t] = (uint8_t)share_bit(last->shares + t * s->n);
}

static void watch_values(tamper_view *v, const session *s, const char *name, const void *data,
                         size_t len)
{
    if (is(name, "delta"))
        take(&v->delta, sizeof v->delta, data, len);
    else if (is(name, "triples_before"))
        take_triples(v, s, data);
    else if (is(name, "batch") && !s->dealer)
        take_blinding(v, s, (const abit_range *)data + len - 1);
    else if (is(name, "input_masked"))
        take(v->masked, s->n * TAMPER_INPUTS, data, len);
    else if (is(name, "zero_share"))
        take(&v->zero_share, sizeof v->zero_share, data, len);
    else if (is(name, "zero_check"))
        take(&v->zero_sum, sizeof v->zero_sum, data, len);
}

/* What a rushing party waits for. */
static void post(attack *a, tamper_view *v, const char *name, const void *data, size_t len)
{
    (void)pthread_mutex_lock(&a->lock);
    if (is(name, "BOT1")) {
        take(v->bot1, sizeof v->bot1, data, len);
        v->has_bot1 = true;
    } else if (is(name, "COIN_O") && !v->has_coin) {
        take(v->coin, sizeof v->coin, data, len);
        v->has_coin = true;
    }
    (void)pthread_cond_broadcast(&a->changed);
    (void)pthread_mutex_unlock(&a->lock);
}

static void await(attack *a, const bool *ready, uint8_t *ret, const uint8_t *from, size_t len)
{
    (void)pthread_mutex_lock(&a->lock);
    while (!*ready)
        (void)pthread_cond_wait(&a->changed, &a->lock);
    memcpy(ret, from, len);
    (void)pthread_mutex_unlock(&a->lock);
}

void tamper_await_commitment(attack *a, size_t party, uint8_t ret_commitment[32])
{
    const tamper_view *v = &a->views[party];
    await(a, &v->has_bot1, ret_commitment, v->bot1, sizeof v->bot1);
}

void tamper_await_coin(attack *a, size_t party, uint8_t ret_opening[64])
{
    const tamper_view *v = &a->views[party];
    await(a, &v->has_coin, ret_opening, v->coin, sizeof v->coin);
}

/* Phases are upper case, values lower. */
static void hook(void *user, session *s, const char *name, size_t peer, void *data, size_t len)
{
    attack *a = user;
    tamper_view *v = &a->views[s->me];
    if (name[0] >= 'a') {
        watch_values(v, s, name, data, len);
    } else if (peer == s->me) {
        post(a, v, name, data, len);
    } else {
        assert_true(v->n_sent < sizeof v->sent / sizeof v->sent[0]);
        v->sent_to[v->n_sent] = peer;
        v->sent_len[v->n_sent] = len;
        v->sent[v->n_sent++] = name;
    }
    if (s->me != a->cheater)
        return;
    /* Who is corrupted goes on whatever its own checks say. */
    if (is(name, "tag_difference") || is(name, "dc_difference"))
        memset(data, 0, len);
    if (a->deviate != NULL)
        a->deviate(a, s, name, peer, data, len);
}

size_t tamper_sent(const attack *a, size_t party, const char *phase)
{
    const tamper_view *v = &a->views[party];
    size_t count[TAMPER_PARTIES + 1] = {0};
    size_t most = 0;
    for (size_t i = 0; i < v->n_sent; i++) {
        if (is(v->sent[i], phase) && ++count[v->sent_to[i]] > most)
            most = count[v->sent_to[i]];
    }
    return most;
}

/* ---- Running ---- */

unsigned tamper_honest(const attack *a)
{
    return ((1u << a->n) - 1) & ~(1u << a->cheater);
}

static void wrap_channel(test_run *t)
{
    const attack *a = t->prepare_user;
    pt_channel *c = &t->parties.channels[a->cheater]; /* party 0 evaluates: numbers are indices */
    if (a->n_faults > 0)
        assert_int_equal(channel_faulty_wrap(c, *c, a->faults, a->n_faults, a->seed, NULL), PT_OK);
}

/* Who says it stopped, and whom a channel lost, is no blame. */
static void assert_right_blame(const attack *a, pt_status status, const pt_error *e)
{
    if (pt_status_class_of(status) == PT_CLASS_PEER && status != PT_PEER_ABORT &&
        e->party != PT_NO_PARTY && e->party != (int)a->cheater)
        fail_msg("an honest party is blamed: %s", e->message);
}

static void assert_ended(const attack *a, pt_status status, const pt_error *e)
{
    const pt_status_class class_of = pt_status_class_of(status);
    if (status != PT_OK && class_of != PT_CLASS_PEER && class_of != PT_CLASS_TRANSPORT)
        fail_msg("%s", e->message);
    assert_true(status != PT_ERR_TIMEOUT || a->timeout_ms != 0);
    assert_right_blame(a, status, e);
}

/* Whatever happened. */
static void assert_sound(const attack *a)
{
    const parties *p = &a->run.parties;
    test_run_assert_never_wrong(&a->run, tamper_honest(a));
    if (p->has_dealer && a->cheater != a->n)
        assert_ended(a, p->dealer_status, &p->dealer_error);
    for (size_t i = 0; i < a->n; i++) {
        if (i == a->cheater || p->status[i] == PT_OK)
            continue;
        assert_ended(a, p->status[i], &p->errors[i]);
        for (size_t b = 0; b < DEALING_SEED_BYTES; b++)
            assert_int_equal(p->sessions[i].dealt_seed[b], 0);
        assert_true((p->sessions[i].delta.lo | p->sessions[i].delta.hi) == 0);
        for (size_t j = 0; j < a->n; j++) {
            assert_null(p->sessions[i].cot[j].receiver.leaves);
            assert_null(p->sessions[i].cot[j].sender.leaves);
        }
    }
}

void tamper_run(attack *a)
{
    test_random r = {a->seed};
    a->circuit = a->large ? make_large_circuit(a->n) : make_circuit(a->n, a->xor_only);
    for (size_t h = 0; h < sizeof a->inputs; h++)
        a->inputs[h] = (uint8_t)test_below(&r, 2);
    a->run = (test_run){.circuit = a->circuit,
                        .inputs = a->inputs,
                        .segment_ands = a->large ? TAMPER_LARGE_SEGMENT : a->segment_ands,
                        .preparation = a->preparation,
                        .options = {.cot_field_bits = a->k},
                        .hook = hook,
                        .dealer_hook = hook,
                        .hook_user = a,
                        .prepare = wrap_channel,
                        .prepare_user = a,
                        .seed = a->seed,
                        .timeout_ms = a->timeout_ms};
    assert_int_equal(pthread_mutex_init(&a->lock, NULL), 0);
    assert_int_equal(pthread_cond_init(&a->changed, NULL), 0);
    test_run_parties(&a->run);
    assert_sound(a);
}

void tamper_clear(attack *a)
{
    test_run_clear(&a->run);
    pt_circuit_free(a->circuit);
    (void)pthread_cond_destroy(&a->changed);
    (void)pthread_mutex_destroy(&a->lock);
}

struct CMUnitTest tamper_case_init(tamper_case *ret_case, const void *row, const char *target,
                                   size_t n, CMUnitTestFunction test)
{
    *ret_case = (tamper_case){.row = row, .n = n};
    (void)snprintf(ret_case->name, sizeof ret_case->name, "%zu parties: %s", n, target);
    return (struct CMUnitTest){
        .name = ret_case->name, .test_func = test, .initial_state = ret_case};
}
