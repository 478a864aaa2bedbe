/* HELLO: the parties agree on everything, or the field that differs is named. */
#include "support/test.h"

#include "base/le.h"
#include "crypto/ro.h"
#include "crypto/ro_labels.h"
#include "mpc/circuits.h"
#include "mpc/parties.h"
#include "mpc/session/hello.h"

static uint64_t agreed_segments[PARTIES_MAX]; /* by session index */

static pt_status hello(session *s, void *user, pt_error *error)
{
    const hello_facts *facts = user;
    uint64_t segment_ands = 0;
    const pt_status status = session_hello(s, facts, &segment_ands, error);
    agreed_segments[s->me] = segment_ands;
    return status == PT_OK ? parties_first_coin(s, error) : status;
}

/* And the wave after it, which carries T over HELLO. */
static pt_status plain_hello(session *s, void *user, pt_error *error)
{
    const hello_facts facts = {.circuit = parties_circuit(), .segment_ands = 1};
    (void)user;
    return hello(s, (void *)(uintptr_t)&facts, error);
}

static void equal_parties_get_a_session_id(void **state)
{
    (void)state;
    static const uint8_t zero[SID_BYTES];
    uint8_t previous[SID_BYTES] = {0};
    for (size_t n = 2; n <= 5; n++) {
        const pt_mpc_options options = {.evaluator = n - 1};
        parties p;
        parties_open(&p, n, &options);
        parties_run_ok(&p, plain_hello, NULL);
        assert_memory_not_equal(p.sessions[0].sid, zero, SID_BYTES);
        assert_memory_not_equal(p.sessions[0].sid, previous, SID_BYTES);
        memcpy(previous, p.sessions[0].sid, SID_BYTES);
        for (size_t i = 0; i < n; i++) {
            assert_memory_equal(p.sessions[i].sid, p.sessions[0].sid, SID_BYTES);
            assert_memory_equal(p.sessions[i].transcript, p.sessions[0].transcript, DIGEST_BYTES);
            assert_true(p.sessions[i].wave == 2);
        }
        parties_close(&p);
    }
}

/* Every party but 1 (caller's number) must blame party 1 for `what`. */
static void assert_blamed(const parties *p, pt_status status, const char *what)
{
    parties_assert_failed(p, (1u << p->n) - 1);
    for (size_t i = 0; i < p->n; i++) {
        assert_true(p->sessions[i].aborted);
        if (session_party(&p->sessions[i], p->sessions[i].me) == 1)
            continue;
        assert_int_equal(p->sessions[i].stats->n_phases, 1); /* nothing but set-up was sent */
        assert_int_equal(p->status[i], status);
        assert_int_equal(p->errors[i].party, 1);
        if (strstr(p->errors[i].message, what) == NULL)
            fail_msg("\"%s\" does not say \"%s\"", p->errors[i].message, what);
    }
}

static void assert_named(const parties *p, const char *what)
{
    assert_blamed(p, PT_PEER_SETUP, what);
}

static void different_options_are_named(void **state)
{
    (void)state;
    static const size_t outputs[] = {0};
    static const pt_mpc_receivers for_one[] = {{1, outputs, 1}};
    static const struct {
        pt_mpc_options options;
        const char *what;
    } cases[] = {
        {{.evaluator = 1}, "evaluator"},
        {{.evaluator = 2}, "evaluator"},
        {{.statistical_security = 64}, "statistical security"},
        {{.output_parties = outputs, .n_output_parties = 1}, "output parties"},
        {{.receivers = for_one, .n_receivers = 1}, "output parties"},
    };
    for (size_t c = 0; c < sizeof cases / sizeof cases[0]; c++) {
        pt_mpc_options options[3] = {0};
        options[1] = cases[c].options;
        parties p;
        parties_open_each(&p, 3, options);
        parties_run(&p, plain_hello, NULL);
        assert_named(&p, cases[c].what);
        parties_close(&p);
    }
}

/* Those of parties_circuit. */
static const gate parties_gates[] = {{.op = GATE_AND, .a = 0, .b = 1},
                                     {.op = GATE_XOR, .a = 2, .b = 3}};

/* The same with others; the last one's output is the circuit's. */
static pt_circuit *circuit_of(const gate *gates, uint32_t n)
{
    static const uint32_t inputs[] = {1, 2};
    const uint32_t outputs[] = {2 + n};
    return test_circuit(inputs, 2, gates, n, outputs, 1);
}

static void different_facts_are_named(void **state)
{
    (void)state;
    static const uint8_t data[] = "session a", other_data[] = "session b";
    gate gates[2] = {parties_gates[0], parties_gates[1]};
    gates[1].b = 1;
    pt_circuit *other = circuit_of(gates, 2);
    const hello_facts common = {.circuit = parties_circuit(),
                                .session_data = data,
                                .session_data_len = sizeof data,
                                .segment_ands = 100};
    for (int c = 0; c < 3; c++) {
        hello_facts facts[3] = {common, common, common};
        if (c == 0)
            facts[1].circuit = other;
        else if (c == 1)
            facts[1].session_data = other_data;
        else
            facts[1].session_data_len--;
        parties p;
        parties_open(&p, 3, NULL);
        parties_run_each(&p, hello, facts, sizeof facts[0]);
        assert_named(&p, c == 0 ? "program or circuit" : "session data");
        parties_close(&p);
    }
    pt_circuit_free(other);
}

/* Tests may have smaller segments otherwise. */
static void keep_to_limits(parties *p)
{
    for (size_t i = 0; i < p->n; i++)
        p->sessions[i].segment_min = MPC_SEGMENT_ANDS_MIN;
}

/* Section 0.8: k is the largest wish, 4 without any, and a segment the smallest. */
static void wishes_are_agreed_on(void **state)
{
    (void)state;
    static const struct {
        unsigned wishes[3], k;
        uint64_t segments[3], segment;
    } rows[] = {
        {{0, 0, 0}, 4, {7000, 7000, 7000}, 7000},
        {{0, 2, 0}, 2, {7000, 8000, 9000}, 7000},
        {{2, 0, 1}, 2, {9000, 8000, 7000}, 7000},
        {{4, 8, 1}, 8, {8000, MPC_SEGMENT_ANDS_MAX, 9000}, 8000},
        {{1, 1, 1},
         1,
         {MPC_SEGMENT_ANDS_MAX, MPC_SEGMENT_ANDS_MAX, MPC_SEGMENT_ANDS_MIN},
         MPC_SEGMENT_ANDS_MIN},
    };
    for (size_t r = 0; r < sizeof rows / sizeof *rows; r++) {
        pt_mpc_options options[3] = {{0}};
        hello_facts facts[3];
        for (size_t i = 0; i < 3; i++) {
            options[i].cot_field_bits = rows[r].wishes[i];
            facts[i] =
                (hello_facts){.circuit = parties_circuit(), .segment_ands = rows[r].segments[i]};
        }
        parties p;
        parties_open_each(&p, 3, options);
        keep_to_limits(&p);
        parties_run_each(&p, hello, facts, sizeof facts[0]);
        for (size_t i = 0; i < 3; i++) {
            assert_int_equal(p.status[i], PT_OK);
            assert_int_equal(p.sessions[i].k, rows[r].k);
            assert_true(agreed_segments[i] == rows[r].segment);
        }
        parties_close(&p);
    }
}

/* Party 1 changes one byte of its HELLO towards everybody, or towards party 2 only. */
typedef struct change {
    size_t at;
    bool equivocate;
} change;

static void change_hello(void *user, session *s, const char *name, size_t peer, void *data,
                         size_t len)
{
    const change *c = user;
    if (strcmp(name, "HELLO") != 0 || s->me != 1 || peer != (c->equivocate ? 2u : 1u))
        return;
    assert_true(c->at < len);
    ((uint8_t *)data)[c->at] ^= 4;
}

static void every_field_is_compared(void **state)
{
    (void)state;
    static const struct {
        size_t end;
        const char *what;
    } fields[] = {
        /* NULL: not compared */
        {4, "number of parties"},
        {8, "evaluator"},
        {12, "roster"},
        {16, "statistical"},
        {20, NULL},
        {24, "preprocessing mode"},
        {32, NULL},
        {64, "output parties"},
        {96, "roster"},
        {128, "parameters"},
        {160, "other parts of the result"},
        {192, "circuit"},
        {224, "session data"},
    };
    size_t at = 0;
    for (size_t f = 0; f < sizeof fields / sizeof fields[0]; f++) {
        for (; at < fields[f].end; at += 1 + at % 5) {
            if (fields[f].what == NULL)
                continue;
            change c = {.at = at};
            parties p;
            parties_open(&p, 3, NULL);
            parties_hook(&p, change_hello, &c);
            parties_run(&p, plain_hello, NULL);
            assert_named(&p, fields[f].what);
            parties_close(&p);
        }
    }
}

/* Party 1 puts eight bytes into its HELLO. */
typedef struct wish {
    size_t at, len;
    uint64_t value;
} wish;

static void put_wish(void *user, session *s, const char *name, size_t peer, void *data, size_t len)
{
    const wish *w = user;
    uint8_t bytes[8];
    if (strcmp(name, "HELLO") != 0 || s->me != 1 || peer != 1)
        return;
    assert_true(w->at + w->len <= len);
    le_put_u64(bytes, w->value);
    memcpy((uint8_t *)data + w->at, bytes, w->len);
}

static void wishes_have_limits(void **state)
{
    (void)state;
    static const wish wishes[] = {
        {16, 4, 3},
        {16, 4, 5},
        {16, 4, 16},
        {16, 4, (uint32_t)1 << 31 | 4},
        {16, 4, UINT32_MAX},
        {24, 8, 0},
        {24, 8, 1},
        {24, 8, MPC_SEGMENT_ANDS_MIN - 1},
        {24, 8, UINT64_MAX},
        {24, 8, MPC_SEGMENT_ANDS_MAX + 1},
        {24, 8, (uint64_t)1 << 63 | 1},
    };
    hello_facts facts = {.circuit = parties_circuit(), .segment_ands = MPC_SEGMENT_ANDS_MIN};
    for (size_t i = 0; i < sizeof wishes / sizeof *wishes; i++) {
        wish w = wishes[i];
        parties p;
        parties_open(&p, 3, NULL);
        keep_to_limits(&p);
        parties_hook(&p, put_wish, &w);
        parties_run(&p, hello, &facts);
        assert_blamed(&p, PT_PEER_MALFORMED,
                      w.len == 4 ? "COT field exponent that" : "segments of a size that");
        parties_close(&p);
    }
}

/* What is not compared is in the session id, and so is what the parties agree on by it. */
static void equivocation_ends_with_bot1(size_t at)
{
    change c = {.at = at, .equivocate = true};
    parties p;
    parties_open(&p, 3, NULL);
    parties_hook(&p, change_hello, &c);
    parties_run(&p, plain_hello, NULL);
    parties_assert_failed(&p, 7);
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(p.sessions[i].wave, 1); /* no BOT2 */
        assert_true(p.sessions[i].stats->n_phases <= 2);
    }
    parties_close(&p);
}

static void equivocated_wishes_and_nonces_end_with_bot1(void **state)
{
    (void)state;
    static const size_t places[] = {16, 24, 232}; /* k: 4 to one, 0 to another; segment: 5 and 1 */
    for (size_t i = 0; i < sizeof places / sizeof *places; i++)
        equivocation_ends_with_bot1(places[i]);
}

static void take_parameters(void *user, session *s, const char *name, size_t peer, void *data,
                            size_t len)
{
    const size_t at = 96; /* behind number, set of outputs and roster */
    if (strcmp(name, "HELLO") != 0 || s->me != 0 || peer != 0)
        return;
    assert_true(len >= at + DIGEST_BYTES);
    memcpy(user, (uint8_t *)data + at, DIGEST_BYTES);
}

/* Section 0.8: kappa, u, rho_Delta, the range of B, and the suite in words. */
static void the_parameter_hash_covers_all_parameters(void **state)
{
    (void)state;
    static const char suite[] =
        "ristretto255 masny-rindal / softspoken blake2b aes128 / leaky-and u64 y-in-place /"
        " half-gates aes128-sigma / gf128 / blake2b";
    static const uint64_t parameters[] = {128, 64, 64, 3, 14};
    uint8_t said[DIGEST_BYTES], expected[DIGEST_BYTES];
    parties p;
    ro h;
    parties_open(&p, 2, NULL);
    parties_hook(&p, take_parameters, said);
    parties_run_ok(&p, plain_hello, NULL);
    parties_close(&p);
    ro_init(&h, sizeof expected, RO_LABEL_PARAMETERS);
    ro_field(&h, suite, sizeof suite - 1);
    for (size_t i = 0; i < sizeof parameters / sizeof parameters[0]; i++)
        ro_u64(&h, parameters[i]);
    ro_final(&h, expected);
    assert_memory_equal(said, expected, sizeof expected);
}

static void hash_of(uint8_t ret_hash[DIGEST_BYTES], const pt_circuit *c)
{
    assert_true(circuit_hash(ret_hash, c));
}

static void hash_of_gates(uint8_t ret_hash[DIGEST_BYTES], const gate *gates, uint32_t n)
{
    pt_circuit *c = circuit_of(gates, n);
    hash_of(ret_hash, c);
    pt_circuit_free(c);
}

/* Any gate of a large circuit. */
static void the_circuit_hash_covers_every_gate(void **state)
{
    (void)state;
    enum { N_GATES = 2000 };
    static gate gates[N_GATES];
    uint8_t first[DIGEST_BYTES], hash[DIGEST_BYTES];
    for (uint32_t g = 0; g < N_GATES; g++)
        gates[g] = (gate){.op = GATE_XOR, .a = 0, .b = 1};
    hash_of_gates(first, gates, N_GATES);
    for (size_t g = 0; g < N_GATES; g += 37) {
        gates[g].b = 2;
        hash_of_gates(hash, gates, N_GATES);
        assert_memory_not_equal(first, hash, DIGEST_BYTES);
        gates[g].b = 1;
    }
}

static void the_circuit_hash_covers_everything(void **state)
{
    (void)state;
    pt_circuit c = *parties_circuit();
    uint32_t inputs[2], outputs[1], widths[1];
    gate gates[2] = {parties_gates[0], parties_gates[1]};
    memcpy(inputs, c.party_inputs, sizeof inputs);
    memcpy(outputs, c.outputs, sizeof outputs);
    memcpy(widths, c.output_value_bits, sizeof widths);
    c.party_inputs = inputs;
    c.outputs = outputs;
    c.output_value_bits = widths;
    uint8_t first[DIGEST_BYTES], hash[DIGEST_BYTES];
    hash_of(first, parties_circuit());
    hash_of_gates(hash, gates, 2);
    assert_memory_equal(first, hash, DIGEST_BYTES);
#define CHANGED_GATE(change, undo)                                                                 \
    change;                                                                                        \
    hash_of_gates(hash, gates, 2);                                                                 \
    assert_memory_not_equal(first, hash, DIGEST_BYTES);                                            \
    undo
#define CHANGED(change, undo)                                                                      \
    change;                                                                                        \
    hash_of(hash, &c);                                                                             \
    assert_memory_not_equal(first, hash, DIGEST_BYTES);                                            \
    undo
    CHANGED((inputs[0]++, inputs[1]--), (inputs[0]--, inputs[1]++));
    CHANGED_GATE(gates[0].op = GATE_XOR, gates[0].op = GATE_AND);
    CHANGED_GATE(gates[1].a = 1, gates[1].a = 2);
    CHANGED_GATE(gates[1].b = 1, gates[1].b = 3);
    CHANGED(outputs[0] = 3, outputs[0] = 4);
    CHANGED(c.n_gates = 1, c.n_gates = 2);
    CHANGED(c.n_outputs = 0, c.n_outputs = 1);
    CHANGED(widths[0] = 2, widths[0] = 1);
    CHANGED(c.n_parties = 1, c.n_parties = 2);
    hash_of(hash, &c);
    assert_memory_equal(first, hash, DIGEST_BYTES);
}

/* Both ways, and again. */
static void the_circuit_hash_is_kept(void **state)
{
    (void)state;
    static const gate gates[] = {{.op = GATE_AND, .a = 0, .b = 1},
                                 {.op = GATE_XOR, .a = 1, .b = 2}};
    uint8_t first[DIGEST_BYTES], hash[DIGEST_BYTES];
    pt_circuit *c = circuit_of(gates, 2);
    hash_of(first, c);
    for (size_t i = 0; i < 3; i++) {
        memset(hash, 0, sizeof hash);
        assert_true(circuit_hash_kept(hash, c));
        assert_memory_equal(hash, first, sizeof hash);
    }
    pt_circuit_free(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(equal_parties_get_a_session_id),
        cmocka_unit_test(different_options_are_named),
        cmocka_unit_test(different_facts_are_named),
        cmocka_unit_test(every_field_is_compared),
        cmocka_unit_test(equivocated_wishes_and_nonces_end_with_bot1),
        cmocka_unit_test(wishes_are_agreed_on),
        cmocka_unit_test(wishes_have_limits),
        cmocka_unit_test(the_parameter_hash_covers_all_parameters),
        cmocka_unit_test(the_circuit_hash_covers_every_gate),
        cmocka_unit_test(the_circuit_hash_covers_everything),
        cmocka_unit_test(the_circuit_hash_is_kept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
