/* What is foretold of a run is what a run does: bytes and messages by party as its meter counts
 * them, and delays. */
#include "support/test.h"

#include "base/mem.h"
#include "channel/slow.h"
#include "mpc/circuits.h"
#include "mpc/engine.h"
#include "mpc/engine_run.h"
#include "mpc/forecast/forecast.h"
#include "mpc/forecast/schedule.h"
#include "polytune/meter.h"

/* A run with a meter and a link at every seat. */
typedef struct metered_run {
    test_run run;
    pt_meter *meters[PARTIES_MAX + 1];
    uint64_t delays[PARTIES_MAX];
} metered_run;

static uint64_t no_work(void)
{
    return 0;
}

static void make_metered(test_run *t)
{
    metered_run *m = (metered_run *)t;
    const slow_link unit = {.delay_ns = 1, .work_ns = no_work};
    const size_t seats = t->parties.n + t->parties.has_dealer;
    for (size_t i = 0; i < seats; i++) {
        pt_channel *c = &t->parties.channels[i];
        assert_int_equal(pt_meter_new(&m->meters[i], seats, NULL), PT_OK);
        assert_int_equal(pt_channel_metered_wrap(c, *c, m->meters[i], NULL), PT_OK);
        assert_int_equal(channel_slow_wrap(c, *c, unit, NULL), PT_OK);
    }
}

static void note_delays(test_run *t, size_t party)
{
    ((metered_run *)t)->delays[party] = channel_slow_time_ns(&t->parties.channels[party]);
}

#define STAMP_BYTES 8 /* of channel/slow.h, in front of each message */

static pt_plan_seat counted(pt_meter *meter)
{
    pt_plan_seat sum = {0};
    pt_traffic row;
    for (size_t i = 0; pt_meter_read(&row, meter, i); i++) {
        sum.bytes_sent += row.bytes_sent - STAMP_BYTES * row.messages_sent;
        sum.bytes_received += row.bytes_received - STAMP_BYTES * row.messages_received;
        sum.messages_sent += row.messages_sent;
        sum.messages_received += row.messages_received;
    }
    return sum;
}

typedef struct forecast_case {
    const char *name;
    size_t n;
    const test_preparation *preparation;
    uint32_t inputs, gates, outputs;
    unsigned and_percent;
    uint64_t segment_ands; /* 0: the default */
    pt_mpc_options options;
} forecast_case;

static void assert_seat(const forecast_case *c, size_t seat, const pt_plan_seat *planned,
                        const pt_plan_seat *real)
{
    if (planned->bytes_sent != real->bytes_sent ||
        planned->bytes_received != real->bytes_received ||
        planned->messages_sent != real->messages_sent ||
        planned->messages_received != real->messages_received)
        fail_msg(
            "%s: seat %zu of %zu: %llu bytes in %llu messages sent, %llu in %llu received; "
            "foretold %llu in %llu, %llu in %llu",
            c->name, seat, c->n, (unsigned long long)real->bytes_sent,
            (unsigned long long)real->messages_sent, (unsigned long long)real->bytes_received,
            (unsigned long long)real->messages_received, (unsigned long long)planned->bytes_sent,
            (unsigned long long)planned->messages_sent, (unsigned long long)planned->bytes_received,
            (unsigned long long)planned->messages_received);
}

static pt_circuit *case_circuit(const forecast_case *c)
{
    const circuit_shape shape = {.n_parties = c->n,
                                 .inputs = c->inputs,
                                 .gates = c->gates,
                                 .outputs = c->outputs,
                                 .and_percent = c->and_percent};
    return test_circuit_random(&shape, c->gates);
}

static void make_plan(const forecast_case *c, const pt_circuit *circuit, pt_plan *ret_plan,
                      pt_plan_seat *ret_seats, const pt_plan_link *link)
{
    pt_mpc_options options = c->options;
    pt_error error;
    options.parties = c->n;
    options.dealer = c->preparation->dealer;
    const uint64_t segment_ands = c->segment_ands != 0 ? c->segment_ands : ENGINE_SEGMENT_ANDS;
    const pt_status status =
        forecast_make(ret_plan, ret_seats, circuit, segment_ands, &options, link, &error);
    if (status != PT_OK)
        fail_msg("%s: %s", c->name, error.message);
}

/* Some windows of frames wait for more delays than the specification counts. */
static void assert_delays(const forecast_case *c, const metered_run *m, const pt_plan_seat *seats)
{
    for (size_t i = 0; i < c->n; i++) {
        if (seats[i].delays != m->delays[i])
            fail_msg("%s: party %zu of %zu: %llu delays, foretold %llu", c->name, i, c->n,
                     (unsigned long long)m->delays[i], (unsigned long long)seats[i].delays);
    }
}

static void assert_foretold(const forecast_case *c)
{
    pt_circuit *circuit = case_circuit(c);
    uint8_t inputs[PARTIES_MAX * 300] = {0};
    pt_plan plan = {0};
    pt_plan_seat seats[PARTIES_MAX + 1] = {{0}};
    metered_run m = {.run = {.circuit = circuit,
                             .inputs = inputs,
                             .segment_ands = c->segment_ands,
                             .preparation = c->preparation,
                             .options = c->options,
                             .prepare = make_metered,
                             .finished = note_delays}};
    make_plan(c, circuit, &plan, seats, NULL);
    test_run_parties(&m.run);
    test_run_assert_right(&m.run);
    for (size_t i = 0; i < c->n + c->preparation->dealer; i++) {
        const pt_plan_seat real = counted(m.meters[i]);
        assert_seat(c, i, &seats[i], &real);
    }
    assert_delays(c, &m, seats);
    assert_int_equal(plan.and_gates, circuit->n_and);
    test_run_clear(&m.run);
    for (size_t i = 0; i < c->n + c->preparation->dealer; i++)
        pt_meter_free(m.meters[i]);
    pt_circuit_free(circuit);
}

static void assert_all_foretold(const forecast_case *cases, size_t n)
{
    for (size_t i = 0; i < n; i++)
        assert_foretold(&cases[i]);
}

#define ASSERT_FORETOLD(cases) assert_all_foretold(cases, sizeof(cases) / sizeof *(cases))

static void parties_and_fields(void **state)
{
    (void)state;
    static const forecast_case cases[] = {
        {"k = 4", 2, &test_ideal_ot, 8, 60, 8, 75, 0, {0}},
        {"k = 4", 3, &test_ideal_ot, 9, 60, 7, 75, 0, {.evaluator = 2}},
        {"k = 4", 5, &test_ideal_ot, 17, 60, 9, 75, 0, {.evaluator = 1}},
        {"k = 1", 2, &test_ideal_ot, 8, 60, 8, 75, 0, {.cot_field_bits = 1, .evaluator = 1}},
        {"k = 2", 3, &test_ideal_ot, 8, 60, 8, 75, 0, {.cot_field_bits = 2}},
        {"k = 8", 3, &test_ideal_ot, 8, 60, 8, 75, 0, {.cot_field_bits = 8}},
        {"rho = 64", 3, &test_ideal_ot, 8, 60, 8, 75, 0, {.statistical_security = 64}},
        {"rho = 80", 2, &test_ideal_ot, 8, 60, 8, 75, 0, {.statistical_security = 80}},
    };
    ASSERT_FORETOLD(cases);
}

/* Form A with two parties; form C and, past 4096 bits, B. */
static void openings(void **state)
{
    (void)state;
    static const forecast_case cases[] = {
        {"form A", 2, &test_ideal_ot, 8, 6000, 8, 75, 0, {0}},
        {"form C", 3, &test_ideal_ot, 8, 900, 8, 75, 0, {0}},
        {"form B", 3, &test_ideal_ot, 8, 6000, 8, 75, 0, {0}},
    };
    ASSERT_FORETOLD(cases);
}

static void segments(void **state)
{
    (void)state;
    static const size_t two[] = {2};
    static const forecast_case cases[] = {
        {"two", 2, &test_ideal_ot, 8, 60, 8, 75, 30, {0}},
        {"three", 3, &test_ideal_ot, 8, 60, 8, 75, 16, {.evaluator = 2}},
        {"four", 5, &test_ideal_ot, 8, 60, 8, 75, 13, {0}},
        {"form B", 3, &test_ideal_ot, 8, 6000, 8, 75, 2500, {0}},
        {"dealer", 3, &test_dealer, 8, 60, 8, 75, 16, {0}},
        {"many", 2, &test_ideal_ot, 8, 60, 8, 75, 2, {0}},
        {"many", 3, &test_ideal_ot, 8, 60, 8, 75, 3, {.evaluator = 1}},
        {"many",
         4,
         &test_ideal_ot,
         8,
         60,
         8,
         75,
         4,
         {.output_parties = two, .n_output_parties = 1}},
        {"many, dealer", 3, &test_dealer, 8, 60, 8, 75, 3, {0}},
    };
    ASSERT_FORETOLD(cases);
}

static void dealers(void **state)
{
    (void)state;
    static const forecast_case cases[] = {
        {"dealer", 2, &test_dealer, 8, 60, 8, 75, 0, {0}},
        {"dealer, k = 8", 3, &test_dealer, 8, 60, 8, 75, 0, {.cot_field_bits = 8, .evaluator = 1}},
        {"dealer, form B", 3, &test_dealer, 8, 6000, 8, 75, 0, {0}},
        {"dealer, no AND gates", 3, &test_dealer, 8, 60, 8, 0, 0, {0}},
    };
    ASSERT_FORETOLD(cases);
}

static void results_for_some(void **state)
{
    (void)state;
    static const size_t one[] = {1};
    static const size_t both[] = {0, 2};
    static const pt_mpc_receivers parts[] = {{3, NULL, 0}, {2, one, 1}, {4, both, 2}};
    static const forecast_case cases[] = {
        {"for one",
         3,
         &test_ideal_ot,
         8,
         60,
         9,
         75,
         0,
         {.output_parties = one, .n_output_parties = 1}},
        {"for the evaluator",
         2,
         &test_ideal_ot,
         8,
         60,
         9,
         75,
         0,
         {.output_parties = one, .n_output_parties = 1, .evaluator = 1}},
        {"parts", 3, &test_ideal_ot, 8, 60, 9, 75, 0, {.receivers = parts, .n_receivers = 3}},
        {"parts, no AND gates",
         3,
         &test_ideal_ot,
         8,
         60,
         9,
         0,
         0,
         {.receivers = parts, .n_receivers = 3, .evaluator = 2}},
    };
    ASSERT_FORETOLD(cases);
}

static void without_and_gates(void **state)
{
    (void)state;
    static const forecast_case cases[] = {
        {"no AND gates", 2, &test_ideal_ot, 8, 60, 8, 0, 0, {0}},
        {"no AND gates", 3, &test_ideal_ot, 8, 60, 8, 0, 0, {0}},
        {"one bit", 5, &test_ideal_ot, 1, 1, 1, 100, 0, {0}},
    };
    ASSERT_FORETOLD(cases);
}

/* With the real base OTs, once. */
static void real_base_ots(void **state)
{
    (void)state;
    static const forecast_case cases[] = {{"real", 3, &test_cot, 8, 60, 8, 75, 0, {0}}};
    ASSERT_FORETOLD(cases);
}

/* The time of a run on a link is at least that of its bytes and of its delays. */
static void time_on_a_link(void **state)
{
    (void)state;
    static const forecast_case c = {"time", 3, &test_cot, 8, 60, 8, 75, 0, {0}};
    const pt_plan_link slow = {.bits_per_second = 1e6, .round_trip_seconds = 2};
    const pt_plan_link fast = {0};
    pt_circuit *circuit = case_circuit(&c);
    pt_plan plan = {0};
    pt_plan quick = {0};
    pt_plan_seat seats[3] = {{0}};
    make_plan(&c, circuit, &quick, seats, &fast);
    make_plan(&c, circuit, &plan, seats, &slow);
    assert_true(quick.seconds > 0 && quick.seconds < plan.seconds);
    assert_true(plan.seconds >= (double)plan.delays * 1.0);
    assert_true(plan.seconds >= (double)seats[0].bytes_sent * 8 / 1e6);
    assert_true(plan.seconds < (double)plan.delays * 1.0 +
                                   4 * (double)seats[0].bytes_sent * 8 / 1e6 + quick.seconds + 1);
    assert_true(seats[0].memory_bytes > 10000);
    pt_circuit_free(circuit);
}

/* What bytes cost decides: on a slow link there are as few as can be. */
static void k_follows_the_link(void **state)
{
    (void)state;
    static const forecast_case c = {"k", 2, &test_cot, 8, 20000, 8, 75, 0, {0}};
    static const struct {
        pt_plan_link link;
        unsigned k;
    } rows[] = {
        {{1e6, 0.05}, 8}, {{3e6, 0.001}, 8}, {{1e9, 0.05}, 0}, {{0, 0.05}, 0}, {{0, 0}, 0},
    };
    const pt_mpc_options options = {.parties = 2, .cot_field_bits = 1};
    pt_circuit *circuit = case_circuit(&c);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        unsigned k = 3;
        assert_int_equal(pt_plan_cot_bits(&k, circuit, &options, &rows[i].link, NULL), PT_OK);
        assert_int_equal(k, rows[i].k);
    }
    pt_circuit_free(circuit);
}

/* Where memory ends after one k has been measured, too. */
static void no_k_without_memory(void **state)
{
    (void)state;
    static const forecast_case c = {"k", 2, &test_cot, 8, 20000, 8, 75, 0, {0}};
    const pt_plan_link link = {1e6, 0.05};
    const pt_mpc_options options = {.parties = 2};
    pt_circuit *circuit = case_circuit(&c);
    size_t failures = 0;
    for (unsigned long allocation = 1; allocation <= 64; allocation++) {
        unsigned k = 3;
        mem_fail_at(allocation);
        const pt_status status = pt_plan_cot_bits(&k, circuit, &options, &link, NULL);
        mem_fail_at(0);
        assert_true(status == PT_OK || status == PT_ERR_MEMORY); /* some can be done without */
        assert_int_equal(k, status == PT_OK ? 8 : 0);
        failures += status != PT_OK;
    }
    assert_true(failures > 20);
    pt_circuit_free(circuit);
}

#define DELAY_NS UINT64_C(3000000)
#define RATE     UINT64_C(2000000)

static void make_link(test_run *t)
{
    const slow_link link = {.delay_ns = DELAY_NS, .bytes_per_second = RATE, .work_ns = no_work};
    for (size_t i = 0; i < t->parties.n + t->parties.has_dealer; i++)
        assert_int_equal(
            channel_slow_wrap(&t->parties.channels[i], t->parties.channels[i], link, NULL), PT_OK);
}

/* Where computing takes no time, a party is done when the link says so. */
static void assert_link_time(const forecast_case *c)
{
    pt_circuit *circuit = case_circuit(c);
    uint8_t inputs[PARTIES_MAX * 300] = {0};
    metered_run m = {.run = {.circuit = circuit,
                             .inputs = inputs,
                             .segment_ands = c->segment_ands,
                             .preparation = c->preparation,
                             .options = c->options,
                             .prepare = make_link,
                             .finished = note_delays}};
    traffic t;
    test_run_parties(&m.run);
    test_run_assert_right(&m.run);
    const session *s = &m.run.parties.sessions[0];
    const uint64_t segment_ands = c->segment_ands != 0 ? c->segment_ands : ENGINE_SEGMENT_ANDS;
    const schedule p = {
        .t = &t, .circuit = circuit, .segments = segments_of(circuit->n_and, segment_ands)};
    assert_int_equal(traffic_init(&t, s, (double)DELAY_NS * 1e-9, 1.0 / (double)RATE, NULL), PT_OK);
    schedule_walk(&p);
    for (size_t i = 0; i < c->n; i++) {
        const double real = (double)m.delays[s->roster[i]] * 1e-9;
        if (t.seats[i].now < 0.999 * real || t.seats[i].now > 1.001 * real)
            fail_msg("%s: index %zu of %zu takes %.6f s, foretold %.6f", c->name, i, c->n, real,
                     t.seats[i].now);
    }
    traffic_clear(&t);
    test_run_clear(&m.run);
    pt_circuit_free(circuit);
}

static void link_time(void **state)
{
    (void)state;
    static const forecast_case cases[] = {
        {"small", 2, &test_ideal_ot, 8, 60, 8, 75, 0, {0}},
        {"frames", 2, &test_ideal_ot, 8, 6000, 8, 75, 0, {.evaluator = 1}},
        {"three", 3, &test_ideal_ot, 300, 6000, 8, 75, 0, {0}},
        {"five, segments", 5, &test_ideal_ot, 8, 900, 8, 75, 300, {.evaluator = 1}},
        {"dealer", 3, &test_dealer, 8, 6000, 8, 75, 2000, {0}},
        {"many segments", 3, &test_ideal_ot, 8, 900, 8, 75, 40, {0}},
        {"dealer, many", 3, &test_dealer, 8, 900, 8, 75, 40, {0}},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_link_time(&cases[i]);
}

/* Segments, parties and sums of a large one are told at once. */
static void large(void **state)
{
    (void)state;
    static const uint32_t inputs[] = {1, 1};
    static const uint32_t outputs[] = {2};
    static const gate gates[] = {{.op = GATE_AND, .a = 0, .b = 1}};
    pt_circuit *circuit = test_circuit(inputs, 2, gates, 1, outputs, 1);
    static const forecast_case c = {"large", 2, &test_cot, 1, 1, 1, 100, 0, {0}};
    pt_plan plan = {0};
    pt_plan_seat seats[2] = {{0}};
    circuit->n_and = 1000000000; /* as if */
    make_plan(&c, circuit, &plan, seats, NULL);
    assert_int_equal(plan.segments, 2858);
    assert_int_equal(plan.delays, 15 + 2857 * 12);
    const uint64_t bytes = seats[0].bytes_sent + seats[1].bytes_sent;
    assert_true(bytes > 150 * plan.and_gates && bytes < 160 * plan.and_gates);
    /* The largest that there is, in the smallest segments. */
    static const forecast_case small = {"small", 2, &test_cot, 1, 1, 1, 100, MPC_SEGMENT_ANDS_MIN,
                                        {0}};
    circuit->n_and = UINT64_C(1) << 30;
    make_plan(&small, circuit, &plan, seats, NULL);
    assert_int_equal(plan.segments, 1 << 20);
    assert_int_equal(plan.delays, 15 + ((UINT64_C(1) << 20) - 1) * 12);
    circuit->n_and = 1000000000;
    make_plan(&c, circuit, &plan, seats, NULL);
    /* What is in a file need not be in memory. */
    const uint64_t memory = seats[0].memory_bytes;
    circuit->code_is_borrowed = true;
    make_plan(&c, circuit, &plan, seats, NULL);
    circuit->code_is_borrowed = false;
    assert_int_equal(seats[0].memory_bytes, memory - circuit->code_len);
    pt_circuit_free(circuit);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parties_and_fields), cmocka_unit_test(openings),
        cmocka_unit_test(segments),           cmocka_unit_test(dealers),
        cmocka_unit_test(results_for_some),   cmocka_unit_test(without_and_gates),
        cmocka_unit_test(real_base_ots),      cmocka_unit_test(time_on_a_link),
        cmocka_unit_test(k_follows_the_link), cmocka_unit_test(no_k_without_memory),
        cmocka_unit_test(link_time),          cmocka_unit_test(large),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
