/* After a failure anywhere, at any message of a run: every party ends, nobody has a wrong output,
 * and whoever failed has no session secret left (protocol spec, sections 0.6 and 10.4). Nor has
 * anybody after a run that ends well.
 *
 * With real base OTs, which take their time, only the messages up to BOT2 are harmed. mem_free is
 * wrapped, to see that what is freed without a wipe does not give Delta away; and whatever secret
 * the run had in its hands, taken from hooks and wrapped functions, is looked for in all memory
 * once it has ended. */
#include "support/test.h"

#include <malloc.h>
#include <pthread.h>
#include <stdatomic.h>

#include "base/error.h"
#include "base/mem.h"
#include "mpc/circuits.h"
#include "mpc/engine.h"
#include "mpc/ot/cot.h"
#include "mpc/parties.h"
#include "mpc/preparations.h"
#include "mpc/run.h"
#include "mpc/session/message.h"
#include "support/remains.h"

static const test_preparation *chosen;

#define TIMEOUT_MS  60000
#define NOT_WRITTEN 7
#define NOWHERE     SIZE_MAX

/* ---- What is freed ---- */

static struct {
    pthread_mutex_t lock;
    block deltas[PARTIES_MAX]; /* of the current run */
    unsigned found;
} watched = {.lock = PTHREAD_MUTEX_INITIALIZER};

/* Delta as a block, or two neighbours that differ by it, as both labels of a wire do. */
static bool holds(const uint8_t *bytes, size_t len, const block *delta)
{
    block before = block_zero();
    for (size_t at = 0; at + sizeof *delta <= len; at += sizeof *delta) {
        const block here = block_load(bytes + at);
        const block difference = block_xor(before, here);
        if (memcmp(&here, delta, sizeof here) == 0 || memcmp(&difference, delta, sizeof here) == 0)
            return true;
        before = here;
    }
    return false;
}

void __real_mem_free(void *memory);
void __wrap_mem_free(void *memory);
void __wrap_mem_free(void *memory)
{
    const size_t len = memory == NULL ? 0 : malloc_usable_size(memory);
    pthread_mutex_lock(&watched.lock);
    for (size_t i = 0; i < PARTIES_MAX; i++) {
        if (watched.deltas[i].lo != 0 && holds(memory, len, &watched.deltas[i]))
            watched.found++;
    }
    pthread_mutex_unlock(&watched.lock);
    __real_mem_free(memory);
}

static void watch_delta(const session *s, const void *delta)
{
    pthread_mutex_lock(&watched.lock);
    memcpy(&watched.deltas[s->me], delta, sizeof watched.deltas[0]);
    pthread_mutex_unlock(&watched.lock);
}

/* ---- What must not remain ---- */

/* Shares, labels and triples, as they are when a run ends, however it does. */
void __real_mpc_run_clear(mpc_run *r);
void __wrap_mpc_run_clear(mpc_run *r);
void __wrap_mpc_run_clear(mpc_run *r)
{
    if (r->s != NULL && r->pool != NULL && r->masks != NULL && r->labels != NULL &&
        r->input_masks != NULL) {
        const size_t n_registers = r->circuit->n_registers;
        remains_watch("share of a wire", r->masks, n_registers * r->s->n * sizeof(block));
        remains_watch("label", r->labels, n_registers * mpc_run_labels(r) * sizeof(block));
        remains_watch("share of an input", r->input_masks,
                      r->circuit->n_inputs * r->s->n * sizeof(block));
        remains_watch("share or triple", r->pool, r->pool_used * sizeof(block));
    }
    __real_mpc_run_clear(r);
}

/* The scalars of base OTs. */
int __real_crypto_scalarmult_ristretto255(unsigned char *q, const unsigned char *n,
                                          const unsigned char *p);
int __wrap_crypto_scalarmult_ristretto255(unsigned char *q, const unsigned char *n,
                                          const unsigned char *p);
int __wrap_crypto_scalarmult_ristretto255(unsigned char *q, const unsigned char *n,
                                          const unsigned char *p)
{
    remains_watch("base-OT scalar", n, 32);
    const int ret = __real_crypto_scalarmult_ristretto255(q, n, p);
    remains_watch("base-OT key", q, 32);
    return ret;
}

int __real_crypto_scalarmult_ristretto255_base(unsigned char *q, const unsigned char *n);
int __wrap_crypto_scalarmult_ristretto255_base(unsigned char *q, const unsigned char *n);
int __wrap_crypto_scalarmult_ristretto255_base(unsigned char *q, const unsigned char *n)
{
    remains_watch("base-OT scalar", n, 32);
    return __real_crypto_scalarmult_ristretto255_base(q, n);
}

/* The first round key of a leaf is the leaf. */
static void watch_trees(const cot_pair *pair, unsigned k)
{
    const size_t n_leaves = cot_trees(k) << k;
    for (size_t i = 0; i < n_leaves; i++) {
        remains_watch("leaf", &pair->receiver.leaves[i].round[0], sizeof(block));
        remains_watch("leaf", &pair->sender.leaves[i].round[0], sizeof(block));
    }
}

static void watch_named(const session *s, const char *name, const void *data, size_t len)
{
    if (strcmp(name, "delta") == 0)
        remains_watch("Delta", data, len);
    if (strcmp(name, "trees") == 0)
        watch_trees(data, s->k);
    if (strcmp(name, "dealt_seed") == 0)
        remains_watch("dealt seed", data, len);
    /* On its way, to one or to all; HELLO and commitments are nobody's secret. */
    if (name[0] >= 'A' && name[0] <= 'Z' && strcmp(name, "HELLO") != 0 && strcmp(name, "ZC") != 0)
        remains_watch(name, data, len);
}

static void watch_generator(const session *s)
{
    remains_watch("generator's key", &s->rng.key.round[1], sizeof(block));
}

/* All has ended and was closed. */
static void assert_nothing_remains(void)
{
    const char *what = NULL;
    memset(watched.deltas, 0, sizeof watched.deltas);
    const size_t found = remains_find(&what);
    if (found != 0)
        fail_msg("%zu places have a %s", found, what);
}

/* ---- A channel that fails once ---- */

typedef enum harm {
    HARM_FAIL,  /* the send reports an error; later ones, of ABORT, work */
    HARM_CUT,   /* half the message arrives */
    HARM_CLOSE, /* the channel closes instead */
    N_HARMS
} harm;

typedef struct harmed {
    pt_channel inner;
    harm kind;
    size_t at; /* number of the message it happens to, or NOWHERE */
    size_t n_sent;
    const char *phase; /* in which it happened; NULL: not yet */
    size_t n_set_up;   /* messages up to BOT2 */
} harmed;

static pt_status harmed_send(void *self, size_t to, const char *phase, const uint8_t *bytes,
                             size_t len, pt_error *error)
{
    harmed *h = self;
    if (h->inner.ops == NULL)
        return error_set(error, PT_ERR_CLOSED, "the channel was closed");
    if (strcmp(phase, "BOT2") == 0)
        h->n_set_up = h->n_sent + 1;
    if (h->n_sent++ != h->at)
        return channel_send(&h->inner, to, phase, bytes, len, error);
    h->phase = phase;
    if (h->kind == HARM_FAIL)
        return error_set(error, PT_ERR_IO, "the message cannot be sent");
    if (h->kind == HARM_CUT)
        return channel_send(&h->inner, to, phase, bytes, len / 2, error);
    pt_channel_close(&h->inner);
    return PT_OK;
}

static pt_status harmed_recv(void *self, size_t from, const char *phase, size_t max_len,
                             uint8_t **ret_bytes, size_t *ret_len, pt_error *error)
{
    harmed *h = self;
    if (h->inner.ops == NULL)
        return error_set(error, PT_ERR_CLOSED, "the channel was closed");
    return channel_recv(&h->inner, from, phase, max_len, ret_bytes, ret_len, error);
}

static void harmed_close(void *self)
{
    harmed *h = self;
    pt_channel_close(&h->inner);
}

static pt_channel_kind harmed_kind(void *self)
{
    (void)self;
    return PT_CHANNEL_LOCAL;
}

static const pt_channel_ops harmed_ops = {
    .send = harmed_send, .recv = harmed_recv, .close = harmed_close, .kind = harmed_kind};

static void harm_channel(harmed *h, pt_channel *channel, harm kind, size_t at)
{
    *h = (harmed){.inner = *channel, .kind = kind, .at = at};
    *channel = (pt_channel){&harmed_ops, h};
}

/* ---- A small run: six AND gates, two segments ---- */

#define N_OUTPUTS 5

typedef struct run {
    pt_circuit *circuit;
    uint8_t inputs[3 * PARTIES_MAX];
    uint8_t expected[N_OUTPUTS];
    uint8_t outputs[PARTIES_MAX][N_OUTPUTS]; /* by the caller's number */
} run;

static void run_init(run *r, size_t n)
{
    const circuit_shape shape = {
        .n_parties = n, .inputs = 3, .gates = 6, .outputs = N_OUTPUTS, .and_percent = 100};
    uint8_t values[3 * PARTIES_MAX + 6];
    *r = (run){.circuit = test_circuit_random(&shape, n)};
    for (size_t h = 0; h < 3 * n; h++)
        r->inputs[h] = h % 3 == 1;
    test_circuit_values(r->circuit, r->inputs, values);
    for (size_t h = 0; h < N_OUTPUTS; h++)
        r->expected[h] = values[r->circuit->outputs[h]];
}

static const uint8_t *inputs_of(const run *r, size_t party)
{
    return r->inputs + circuit_party_first_input(r->circuit, party);
}

static void take_delta(void *user, session *s, const char *name, size_t peer, void *data,
                       size_t len)
{
    (void)user;
    (void)peer;
    watch_named(s, name, data, len);
    if (strcmp(name, "delta") == 0 && s->me < s->n)
        watch_delta(s, data);
}

static pt_status run_party(session *s, void *user, pt_error *error)
{
    run *r = user;
    const size_t party = s->roster[s->me];
    watch_generator(s);
    const engine_task task = {
        .circuit = r->circuit, .segment_ands = 4, .preparation = chosen->table};
    return engine_run(s, &task, inputs_of(r, party), r->outputs[party], error);
}

static bool is_zero(const void *bytes, size_t len)
{
    uint8_t any = 0;
    for (size_t i = 0; i < len; i++)
        any |= ((const uint8_t *)bytes)[i];
    return any == 0;
}

/* Section 0.6: Delta, trees, coin and generator. */
static void assert_wiped(const session *s)
{
    assert_true(s->aborted);
    assert_true(is_zero(&s->delta, sizeof s->delta));
    assert_true(is_zero(&s->rng, sizeof s->rng));
    assert_true(is_zero(s->coin_secret, sizeof s->coin_secret));
    assert_true(is_zero(s->coin_nonce, sizeof s->coin_nonce));
    assert_true(is_zero(s->cot, s->n * sizeof *s->cot));
}

/* OUT travels along with EV2, or alone. */
static bool opens_outputs(const char *phase)
{
    return strcmp(phase, "OUT") == 0 || strcmp(phase, "EV2") == 0;
}

static void assert_ended(const run *r, const parties *p, size_t index, const harmed *h)
{
    const session *s = &p->sessions[index];
    const uint8_t *outputs = r->outputs[s->roster[index]];
    if (p->status[index] == PT_OK) {
        /* Only what opens the outputs can be lost without harm to somebody. */
        assert_true(h->phase == NULL || opens_outputs(h->phase));
        assert_memory_equal(outputs, r->expected, N_OUTPUTS);
        return;
    }
    const pt_status_class class_of = pt_status_class_of(p->status[index]);
    assert_true(class_of == PT_CLASS_PEER || class_of == PT_CLASS_TRANSPORT);
    assert_int_not_equal(p->status[index], PT_ERR_TIMEOUT); /* nobody is left waiting */
    for (size_t b = 0; b < N_OUTPUTS; b++)
        assert_int_equal(outputs[b], NOT_WRITTEN);
    assert_wiped(s);
}

/* Returns how many messages to harm: all, or those up to BOT2 when the base OTs are real. */
static size_t run_harmed(size_t n, size_t victim, harm kind, size_t at)
{
    const bool is_dealer = victim == n;
    run r;
    parties p;
    harmed h;
    run_init(&r, n);
    memset(r.outputs, NOT_WRITTEN, sizeof r.outputs);
    memset(watched.deltas, 0, sizeof watched.deltas);
    remains_reset();
    const pt_mpc_options options = {.cot_field_bits = 2, .dealer = chosen->dealer};
    parties_open(&p, n, &options);
    parties_hook(&p, take_delta, NULL);
    p.dealer.hook = take_delta;
    harm_channel(&h, &p.channels[is_dealer ? n : p.sessions[victim].roster[victim]], kind, at);
    parties_run(&p, run_party, &r);
    assert_true(at == NOWHERE || h.phase != NULL);
    assert_true(at != NOWHERE || !remains_can_find() || remains_watched() > 1000);
    for (size_t i = 0; i < n; i++)
        assert_ended(&r, &p, i, &h);
    if (at != NOWHERE && kind == HARM_FAIL)
        assert_int_equal(is_dealer ? p.dealer_status : p.status[victim], PT_ERR_IO);
    assert_true(at == NOWHERE || parties_find(&p, PT_OK) == PARTIES_MAX || opens_outputs(h.phase));
    parties_close(&p);
    pt_circuit_free(r.circuit);
    assert_nothing_remains();
    return chosen == &test_cot ? h.n_set_up : h.n_sent;
}

static void harm_every_message(size_t n, unsigned step)
{
    for (size_t victim = 0; victim < n + (chosen->dealer ? 1 : 0); victim++) {
        const size_t n_messages = run_harmed(n, victim, HARM_FAIL, NOWHERE);
        assert_in_range(n_messages, 3 * (n - 1), 1000);
        for (size_t at = 0; at < n_messages; at++) {
            for (unsigned kind = (unsigned)at % step; kind < N_HARMS; kind += step)
                (void)run_harmed(n, victim, kind, at);
        }
    }
    assert_int_equal(watched.found, 0);
}

static void secrets_go_at_every_message_of_two(void **state)
{
    (void)state;
    harm_every_message(2, chosen->dealer ? 2 : 1);
}

static void secrets_go_at_every_message_of_three(void **state)
{
    (void)state;
    harm_every_message(3, 3);
}

/* ---- From outside ---- */

typedef struct runner {
    run *r;
    pt_mpc_options options;
    pt_channel channel;
    pt_status status;
    pt_error error;
} runner;

static void *run_outside(void *argument)
{
    runner *one = argument;
    const size_t party = one->options.party;
    one->status = pt_mpc_run(one->r->outputs[party], one->r->circuit->n_outputs, &one->channel,
                             one->r->circuit, inputs_of(one->r, party),
                             one->r->circuit->party_inputs[party], &one->options, &one->error);
    pt_channel_close(&one->channel);
    return NULL;
}

/* Runs pt_mpc_run at n parties, with a failing allocation or a harmed message; everybody ends, and
 * has the result or zeros. Returns whether anybody failed; *ret_messages: those that party 0 sent.
 */
static bool run_from_outside(size_t n, unsigned long fail_alloc, size_t at, size_t *ret_messages)
{
    static const uint8_t zeros[N_OUTPUTS];
    run r;
    harmed h;
    pt_channel channels[PARTIES_MAX];
    runner runners[PARTIES_MAX];
    pthread_t threads[PARTIES_MAX];
    bool failed = false;
    run_init(&r, n);
    memset(r.outputs, NOT_WRITTEN, sizeof r.outputs);
    memset(watched.deltas, 0, sizeof watched.deltas);
    remains_reset();
    assert_int_equal(pt_channel_memory_mesh(channels, n, TIMEOUT_MS, NULL), PT_OK);
    harm_channel(&h, &channels[0], HARM_FAIL, at);
    mem_fail_at(fail_alloc);
    for (size_t i = 0; i < n; i++) {
        runners[i] = (runner){.r = &r, .channel = channels[i]};
        runners[i].options = (pt_mpc_options){.party = i, .parties = n, .cot_field_bits = 2};
        assert_int_equal(pthread_create(&threads[i], NULL, run_outside, &runners[i]), 0);
    }
    for (size_t i = 0; i < n; i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    mem_fail_at(0);
    for (size_t i = 0; i < n; i++) {
        const bool ok = runners[i].status == PT_OK;
        failed |= !ok;
        assert_int_not_equal(runners[i].status, PT_ERR_TIMEOUT);
        assert_int_not_equal(runners[i].status, PT_ERR_INTERNAL);
        assert_memory_equal(r.outputs[i], ok ? r.expected : zeros, N_OUTPUTS);
    }
    pt_circuit_free(r.circuit);
    assert_nothing_remains();
    *ret_messages = h.n_set_up;
    return failed;
}

static void outputs_are_zeroed(void **state)
{
    (void)state;
    if (chosen != &test_cot)
        skip(); /* pt_mpc_run has nothing else */
    for (size_t n = 2; n <= 3; n++) {
        size_t n_messages;
        size_t ignored;
        assert_false(run_from_outside(n, 0, NOWHERE, &n_messages));
        for (size_t at = 0; at < n_messages; at += n)
            assert_true(run_from_outside(n, 0, at, &ignored));
    }
}

static void want_of_memory_ends_everybody(void **state)
{
    (void)state;
    if (chosen != &test_cot)
        skip();
    for (size_t n = 2; n <= 3; n++) {
        size_t n_messages;
        size_t n_runs = 0;
        for (unsigned long nth = 1;; nth += 1 + nth / 2, n_runs++) {
            if (!run_from_outside(n, nth, NOWHERE, &n_messages))
                break;
        }
        assert_true(n_runs > 8);
    }
}

int main(int argc, char **argv)
{
    chosen = test_preparation_chosen(argc, argv);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(secrets_go_at_every_message_of_two),
        cmocka_unit_test(secrets_go_at_every_message_of_three),
        cmocka_unit_test(outputs_are_zeroed),
        cmocka_unit_test(want_of_memory_ends_everybody),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
