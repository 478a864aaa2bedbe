/* What is foretold of a run's memory covers what it takes, and is not much more. The functions that
 * give memory are wrapped by the linker. */
#include <malloc.h>
#include <stdatomic.h>

#include "support/test.h"

#include "mpc/circuits.h"
#include "mpc/engine.h"
#include "mpc/engine_run.h"
#include "mpc/forecast/forecast.h"
#include "mpc/triple/bucket.h"
#include "polytune/plan.h"

/* ---- Bytes given out, by all parties ---- */

static atomic_llong live;
static atomic_llong peak;

static void count(long long bytes)
{
    const long long now = atomic_fetch_add(&live, bytes) + bytes;
    long long most = atomic_load(&peak);
    while (now > most && !atomic_compare_exchange_weak(&peak, &most, now))
        continue;
}

static long long size_of(void *memory)
{
    return memory == NULL ? 0 : (long long)malloc_usable_size(memory);
}

static void *counted(void *memory)
{
    count(size_of(memory));
    return memory;
}

void *__real_mem_new(size_t n, size_t size);
void *__wrap_mem_new(size_t n, size_t size);
void *__wrap_mem_new(size_t n, size_t size)
{
    return counted(__real_mem_new(n, size));
}

void *__real_mem_new_aligned(size_t n, size_t size);
void *__wrap_mem_new_aligned(size_t n, size_t size);
void *__wrap_mem_new_aligned(size_t n, size_t size)
{
    return counted(__real_mem_new_aligned(n, size));
}

void *__real_mem_resize(void *old, size_t n, size_t size);
void *__wrap_mem_resize(void *old, size_t n, size_t size);
void *__wrap_mem_resize(void *old, size_t n, size_t size)
{
    const long long before = size_of(old);
    void *memory = __real_mem_resize(old, n, size);
    if (memory != NULL)
        count(size_of(memory) - before);
    return memory;
}

void __real_mem_free(void *memory);
void __wrap_mem_free(void *memory);
void __wrap_mem_free(void *memory)
{
    count(-size_of(memory));
    __real_mem_free(memory);
}

void __real_mem_free_secret(void *memory, size_t bytes);
void __wrap_mem_free_secret(void *memory, size_t bytes);
void __wrap_mem_free_secret(void *memory, size_t bytes)
{
    count(-size_of(memory));
    __real_mem_free_secret(memory, bytes);
}

/* ---- Runs ---- */

typedef struct memory_case {
    size_t n;
    uint32_t gates;
    uint32_t segment_ands; /* 0: the default */
    unsigned k;
    const test_preparation *preparation;
    unsigned threads;
} memory_case;

static long long before;

static void start_counting(test_run *t)
{
    (void)t;
    before = atomic_load(&live);
    atomic_store(&peak, before);
}

static long long run_peak(const memory_case *c, const pt_circuit *circuit)
{
    uint8_t inputs[PARTIES_MAX * 8] = {0};
    test_run t = {.circuit = circuit,
                  .inputs = inputs,
                  .segment_ands = c->segment_ands,
                  .preparation = c->preparation,
                  .options = {.cot_field_bits = c->k, .threads = c->threads},
                  .prepare = start_counting};
    test_run_parties(&t);
    test_run_assert_right(&t);
    test_run_clear(&t);
    return atomic_load(&peak) - before;
}

/* Without the circuit, which all parties share here. */
static long long foretold(const memory_case *c, const pt_circuit *circuit)
{
    const pt_mpc_options options = {.parties = c->n,
                                    .cot_field_bits = c->k,
                                    .segment_ands = c->segment_ands,
                                    .threads = c->threads,
                                    .dealer = c->preparation->dealer};
    pt_plan plan;
    pt_plan_seat seats[PARTIES_MAX + 1];
    long long sum = 0;
    assert_int_equal(
        pt_plan_make(&plan, seats, c->n + options.dealer, circuit, &options, NULL, NULL), PT_OK);
    for (size_t i = 0; i < c->n; i++)
        sum += (long long)(seats[i].memory_bytes - circuit->code_len -
                           2 * circuit->n_outputs * sizeof(uint32_t));
    return sum;
}

static pt_circuit *memory_circuit(size_t n, uint32_t gates)
{
    const circuit_shape shape = {
        .n_parties = n, .inputs = 8, .gates = gates, .outputs = 8, .and_percent = 60};
    return test_circuit_random(&shape, gates);
}

static void what_is_foretold_covers_what_is_taken(void **state)
{
    (void)state;
    static const memory_case cases[] = {
        {2, 100, 0, 4, &test_ideal_ot, 1},    {2, 20000, 0, 4, &test_ideal_ot, 1},
        {2, 20000, 0, 8, &test_ideal_ot, 2},  {2, 30000, 6000, 4, &test_ideal_ot, 4},
        {3, 20000, 0, 4, &test_ideal_ot, 1},  {3, 20000, 0, 1, &test_ideal_ot, 4},
        {4, 12000, 0, 4, &test_ideal_ot, 8},  {5, 12000, 3000, 4, &test_ideal_ot, 2},
        {4, 20000, 0, 8, &test_ideal_ot, 1},  {2, 20000, 0, 4, &test_dealer, 8},
        {3, 20000, 3000, 4, &test_dealer, 8},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        pt_circuit *circuit = memory_circuit(cases[i].n, cases[i].gates);
        const long long taken = run_peak(&cases[i], circuit);
        const long long said = foretold(&cases[i], circuit);
        /* How many messages are on their way at once is a matter of moments. */
        const long long moments = taken / 64 + (1 << 16);
        if (said + moments < taken || said > taken + taken / 4 + moments)
            fail_msg("case %zu: %lld bytes taken, %lld foretold", i, taken, said);
        pt_circuit_free(circuit);
    }
}

static void segments_are_as_large_as_memory_allows(void **state)
{
    (void)state;
    pt_circuit *circuit = memory_circuit(2, 20000);
    /* The only k there is, then. */
    pt_mpc_options options = {
        .parties = 2, .party = 1, .evaluator = 1, .cot_field_bits = 8, .threads = 1};
    pt_plan plan;
    pt_plan_seat seats[2];
    uint32_t ands = 1;
    for (uint64_t bytes = 16 << 20; bytes >= 4 << 20; bytes -= 1 << 20) {
        assert_int_equal(pt_plan_segment_ands(&ands, circuit, &options, bytes, NULL), PT_OK);
        options.segment_ands = ands;
        assert_int_equal(pt_plan_make(&plan, seats, 2, circuit, &options, NULL, NULL), PT_OK);
        assert_true(seats[1].memory_bytes <= bytes);
        assert_true(seats[1].memory_bytes > bytes - bytes / 8 || plan.segments == 1);
        assert_true(bytes > 6 << 20 || plan.segments > 1);
    }
    assert_int_equal(pt_plan_segment_ands(&ands, circuit, &options, 1 << 20, NULL), PT_ERR_LIMIT);
    assert_int_equal(ands, 0);
    pt_circuit_free(circuit);
}

/* What is enough for the smallest segments that there are is taken, and nothing less. */
static void segments_have_a_least_size(void **state)
{
    (void)state;
    pt_circuit *circuit = memory_circuit(2, 20000);
    pt_mpc_options options = {.parties = 2,
                              .party = 1,
                              .cot_field_bits = 8,
                              .segment_ands = MPC_SEGMENT_ANDS_MIN,
                              .threads = 1};
    pt_plan plan;
    pt_plan_seat seats[2];
    uint32_t ands = 1;
    assert_int_equal(pt_plan_make(&plan, seats, 2, circuit, &options, NULL, NULL), PT_OK);
    const uint64_t bytes = seats[1].memory_bytes;
    assert_int_equal(pt_plan_segment_ands(&ands, circuit, &options, bytes, NULL), PT_OK);
    assert_true(ands == MPC_SEGMENT_ANDS_MIN);
    assert_int_equal(pt_plan_segment_ands(&ands, circuit, &options, bytes - 1, NULL), PT_ERR_LIMIT);
    pt_circuit_free(circuit);
}

static uint64_t memory_with(const pt_circuit *circuit, const pt_mpc_options *options,
                            unsigned threads)
{
    pt_mpc_options o = *options;
    pt_plan plan;
    pt_plan_seat seats[2];
    o.threads = threads;
    assert_int_equal(pt_plan_make(&plan, seats, 2, circuit, &o, NULL, NULL), PT_OK);
    return seats[o.party].memory_bytes;
}

/* They are chosen as for one thread; then as many compute as have room. */
static void threads_do_not_change_segments(void **state)
{
    (void)state;
    pt_circuit *circuit = memory_circuit(2, 20000);
    pt_mpc_options options = {.parties = 2, .party = 1, .cot_field_bits = 8};
    bool some_have_no_room = false;
    for (uint64_t bytes = 5 << 20; bytes <= 24 << 20; bytes += 1 << 20) {
        uint32_t ands[3] = {0};
        for (unsigned i = 0; i < 3; i++) {
            options.threads = (unsigned[]){1, 64, 0}[i];
            assert_int_equal(pt_plan_segment_ands(&ands[i], circuit, &options, bytes, NULL), PT_OK);
        }
        assert_true(ands[0] == ands[1] && ands[0] == ands[2]);
        options.segment_ands = ands[0];
        options.threads = 64;
        unsigned threads = 0;
        assert_int_equal(pt_plan_threads(&threads, circuit, &options, bytes, NULL), PT_OK);
        assert_true(threads >= 1 && threads <= 64);
        assert_true(memory_with(circuit, &options, threads) <= bytes);
        assert_true(threads == 64 || memory_with(circuit, &options, threads + 1) > bytes);
        some_have_no_room |= threads < 64;
    }
    assert_true(some_have_no_room);
    /* What is enough for one, and even less. */
    options.segment_ands = MPC_SEGMENT_ANDS_MIN;
    const uint64_t bytes = memory_with(circuit, &options, 1);
    for (unsigned less = 0; less < 2; less++) {
        unsigned threads = 0;
        assert_int_equal(pt_plan_threads(&threads, circuit, &options, bytes - less, NULL), PT_OK);
        assert_int_equal(threads, 1);
    }
    pt_circuit_free(circuit);
}

/* What is chosen for all parties is not exceeded by a run. */
static void a_run_is_within_memory(void **state)
{
    (void)state;
    const uint64_t bytes = 8 << 20;
    memory_case c = {2, 20000, 0, 8, &test_ideal_ot, 64};
    pt_circuit *circuit = memory_circuit(c.n, c.gates);
    pt_mpc_options options = {
        .parties = c.n, .party = PT_PLAN_EVERY_PARTY, .cot_field_bits = c.k, .threads = c.threads};
    assert_int_equal(pt_plan_segment_ands(&c.segment_ands, circuit, &options, bytes, NULL), PT_OK);
    options.segment_ands = c.segment_ands;
    assert_int_equal(pt_plan_threads(&c.threads, circuit, &options, bytes, NULL), PT_OK);
    assert_true(run_peak(&c, circuit) <= (long long)(c.n * bytes));
    pt_circuit_free(circuit);
}

/* Whatever k above the own wish another party wishes for. */
static void assert_within(const pt_circuit *circuit, size_t party, unsigned wish, uint64_t bytes)
{
    pt_mpc_options options = {.parties = 3, .party = party, .cot_field_bits = wish, .threads = 1};
    uint32_t ands = 0;
    assert_int_equal(pt_plan_segment_ands(&ands, circuit, &options, bytes, NULL), PT_OK);
    options.party = 0;
    options.segment_ands = ands;
    uint64_t most = 0;
    for (unsigned k = wish != 0 ? wish : 1; k <= 8; k *= 2) {
        pt_plan plan;
        pt_plan_seat seats[3];
        options.cot_field_bits = k;
        assert_int_equal(pt_plan_make(&plan, seats, 3, circuit, &options, NULL, NULL), PT_OK);
        for (size_t i = 0; i < 3; i++) {
            if (party == PT_PLAN_EVERY_PARTY || party == i)
                most = seats[i].memory_bytes > most ? seats[i].memory_bytes : most;
        }
    }
    if (most > bytes || most < bytes - bytes / 8)
        fail_msg("wish %u: %llu bytes of %llu", wish, (unsigned long long)most,
                 (unsigned long long)bytes);
}

static void another_k_is_within_memory(void **state)
{
    (void)state;
    static const unsigned wishes[] = {0, 1, 2, 4, 8};
    pt_circuit *circuit = memory_circuit(3, 100);
    circuit->n_and = 1000000; /* as if */
    for (size_t i = 0; i < sizeof wishes / sizeof *wishes; i++) {
        assert_within(circuit, 0, wishes[i], 235000000);
        assert_within(circuit, 2, wishes[i], 60000000);
        assert_within(circuit, PT_PLAN_EVERY_PARTY, wishes[i], 20000000);
    }
    pt_circuit_free(circuit);
}

/* Fewer gates would share their buckets with dummies. */
static void segments_fill_buckets_of_three(void **state)
{
    (void)state;
    assert_int_equal(bucket_len_min(3, MPC_RHO_DEFAULT), ENGINE_SEGMENT_ANDS);
    assert_true(ENGINE_SEGMENT_ANDS <= MPC_SEGMENT_ANDS_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_foretold_covers_what_is_taken),
        cmocka_unit_test(segments_are_as_large_as_memory_allows),
        cmocka_unit_test(segments_have_a_least_size),
        cmocka_unit_test(threads_do_not_change_segments),
        cmocka_unit_test(a_run_is_within_memory),
        cmocka_unit_test(another_k_is_within_memory),
        cmocka_unit_test(segments_fill_buckets_of_three),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
