#include "mpc/engine_run.h"

#include "support/test.h"

#include "base/mem.h"
#include "mpc/circuits.h"
#include "mpc/engine.h"
#include "mpc/session/fault.h"

#define NOT_WRITTEN 7

static pt_status run_party(session *s, void *user, pt_error *error)
{
    test_run *t = user;
    const size_t party = s->roster[s->me];
    const uint8_t *inputs = t->inputs + circuit_party_first_input(t->circuit, party);
    const engine_task task = {.circuit = t->circuit,
                              .segment_ands =
                                  t->segment_ands != 0 ? t->segment_ands : ENGINE_SEGMENT_ANDS,
                              .preparation = t->preparation->table,
                              .session_data = t->options.session,
                              .session_data_len = t->options.session_len};
    const pt_status status = engine_run(s, &task, inputs, t->outputs[party], error);
    if (status != PT_OK)
        session_abort(s, status);
    if (t->finished != NULL)
        t->finished(t, party);
    pt_channel_close(&t->parties.channels[party]); /* nobody waits for who is gone */
    return status;
}

void test_run_parties(test_run *t)
{
    const size_t n = t->circuit->n_parties;
    if (t->preparation == NULL)
        t->preparation = &test_cot;
    t->options.dealer = t->preparation->dealer;
    parties_open_timed(&t->parties, n, &t->options, t->timeout_ms);
    if (t->hook != NULL)
        parties_hook(&t->parties, t->hook, t->hook_user);
    for (size_t party = 0; party < n; party++) {
        rng_init_seed(&t->parties.sessions[party].rng, block_make(t->seed, party));
        t->outputs[party] = mem_new(t->circuit->n_outputs, 1);
        assert_non_null(t->outputs[party]);
        if (t->circuit->n_outputs > 0)
            memset(t->outputs[party], NOT_WRITTEN, t->circuit->n_outputs);
    }
    if (t->prepare != NULL)
        t->prepare(t);
    t->parties.dealer.hook = t->dealer_hook;
    t->parties.dealer.hook_user = t->hook_user;
    rng_init_seed(&t->parties.dealer.rng, block_make(t->seed, n));
    mem_fail_at(t->fail_alloc);
    parties_run(&t->parties, run_party, t);
    mem_fail_at(0);
}

void test_run_clear(test_run *t)
{
    for (size_t party = 0; party < t->parties.n; party++)
        mem_free(t->outputs[party]);
    parties_close(&t->parties);
}

/* No list is everyone. */
static bool is_listed(const size_t *list, size_t n, size_t party)
{
    for (size_t i = 0; list != NULL && i < n; i++) {
        if (list[i] == party)
            return true;
    }
    return list == NULL;
}

/* Whether a party is to learn output bit h, as the options say it and not as the library reads
 * them. */
static bool learns(const pt_mpc_options *o, size_t party, size_t h)
{
    if (o->receivers == NULL)
        return is_listed(o->output_parties, o->n_output_parties, party);
    size_t range = 0;
    for (size_t end = o->receivers[0].n_bits; h >= end; end += o->receivers[range].n_bits)
        range++;
    return is_listed(o->receivers[range].parties, o->receivers[range].n_parties, party);
}

static void assert_party_right(const test_run *t, size_t index, const uint8_t *expected)
{
    const size_t party = t->parties.sessions[index].roster[index];
    const uint8_t *got = t->outputs[party];
    const size_t m = t->circuit->n_outputs;
    bool learns_any = false;
    for (size_t h = 0; h < m; h++)
        learns_any |= learns(&t->options, party, h);
    for (size_t h = 0; h < m; h++) {
        if (learns(&t->options, party, h))
            assert_int_equal(got[h], expected[h]);
        else
            assert_int_equal(got[h], learns_any ? 0 : NOT_WRITTEN);
    }
}

static uint8_t *expected_outputs(const test_run *t)
{
    uint8_t *expected = mem_new(t->circuit->n_outputs, 1);
    uint8_t *values = mem_new(t->circuit->n_inputs + t->circuit->n_gates, 1);
    assert_true(expected != NULL && values != NULL);
    test_circuit_values(t->circuit, t->inputs, values);
    for (uint32_t h = 0; h < t->circuit->n_outputs; h++)
        expected[h] = values[t->circuit->outputs[h]];
    mem_free(values);
    return expected;
}

void test_run_assert_right(const test_run *t)
{
    uint8_t *expected = expected_outputs(t);
    if (t->parties.dealer_status != PT_OK)
        fail_msg("the dealer: %s", t->parties.dealer_error.message);
    for (size_t i = 0; i < t->parties.n; i++) {
        if (t->parties.status[i] != PT_OK)
            fail_msg("party index %zu: %s: %s", i, pt_status_name(t->parties.status[i]),
                     t->parties.errors[i].message);
        assert_party_right(t, i, expected);
    }
    mem_free(expected);
}

void test_run_assert_never_wrong(const test_run *t, unsigned set)
{
    uint8_t *expected = expected_outputs(t);
    for (size_t i = 0; i < t->parties.n; i++) {
        if ((set >> i & 1u) != 0 && t->parties.status[i] == PT_OK)
            assert_party_right(t, i, expected);
    }
    mem_free(expected);
}
