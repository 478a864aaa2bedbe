/* What is foretold of a run's memory covers what it takes, and is not much more, also when as many
 * messages are on their way as can be. The functions that give memory are wrapped by the linker. */
#include <malloc.h>
#include <stdatomic.h>

#include "support/test.h"

#include "mpc/circuits.h"
#include "mpc/engine.h"
#include "mpc/engine_run.h"
#include "mpc/forecast/forecast.h"
#include "mpc/forecast/held.h"
#include "mpc/session/message.h"
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

void *__real_mem_new_unset(size_t n, size_t size);
void *__wrap_mem_new_unset(size_t n, size_t size);
void *__wrap_mem_new_unset(size_t n, size_t size)
{
    return counted(__real_mem_new_unset(n, size));
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
    uint32_t bits; /* of each party's input, and of the output; 0: 8 */
} memory_case;

#define BITS_MAX 30000

static long long before;

static size_t held_last;
static held *held_mesh;

/* As if each party had a process of its own: what is between two is at either of them, and counts
 * at both. */
static void start_run(test_run *t)
{
    held_mesh = held_wrap(t->parties.channels, t->parties.n + t->options.dealer, held_last, count);
    before = atomic_load(&live);
    atomic_store(&peak, before);
}

static long long run_peak(const memory_case *c, const pt_circuit *circuit, size_t last)
{
    static const uint8_t inputs[PARTIES_MAX * BITS_MAX] = {0};
    test_run t = {.circuit = circuit,
                  .inputs = inputs,
                  .segment_ands = c->segment_ands,
                  .preparation = c->preparation,
                  .options = {.cot_field_bits = c->k, .threads = c->threads},
                  .prepare = start_run};
    held_last = last;
    test_run_parties(&t);
    test_run_assert_right(&t);
    test_run_clear(&t);
    held_free(held_mesh);
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

static pt_circuit *memory_circuit(size_t n, uint32_t gates, uint32_t bits)
{
    const circuit_shape shape = {.n_parties = n,
                                 .inputs = bits != 0 ? bits : 8,
                                 .gates = gates,
                                 .outputs = bits != 0 ? bits : 8,
                                 .and_percent = 60};
    return test_circuit_random(&shape, gates);
}

static void what_is_foretold_covers_what_is_taken(void **state)
{
    (void)state;
    static const memory_case cases[] = {
        {2, 100, 0, 4, &test_ideal_ot, 1, 0},
        {2, 20000, 0, 4, &test_ideal_ot, 1, 0},
        {2, 20000, 0, 8, &test_ideal_ot, 2, 0},
        {2, 30000, 6000, 4, &test_ideal_ot, 4, 0},
        {3, 20000, 0, 4, &test_ideal_ot, 1, 0},
        {3, 20000, 0, 1, &test_ideal_ot, 4, 0},
        {4, 12000, 0, 4, &test_ideal_ot, 8, 0},
        {5, 12000, 3000, 4, &test_ideal_ot, 2, 0},
        {4, 20000, 0, 8, &test_ideal_ot, 1, 0},
        {2, 20000, 0, 4, &test_dealer, 8, 0},
        {3, 20000, 3000, 4, &test_dealer, 8, 0},
        /* Rows, inputs or outputs take most. */
        {2, 60000, 0, 8, &test_dealer, 1, 0},
        {2, 6000, 0, 8, &test_ideal_ot, 1, BITS_MAX},
        {3, 3000, 0, 8, &test_dealer, 1, BITS_MAX},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        pt_circuit *circuit = memory_circuit(cases[i].n, cases[i].gates, cases[i].bits);
        const long long said = foretold(&cases[i], circuit);
        const size_t lasts[] = {HELD_NOT, i % cases[i].n};
        for (size_t k = 0; k < sizeof lasts / sizeof *lasts; k++) {
            const long long taken = run_peak(&cases[i], circuit, lasts[k]);
            if (said < taken || said > taken + taken / 4)
                fail_msg("case %zu: %lld bytes taken, %lld foretold", i, taken, said);
        }
        pt_circuit_free(circuit);
    }
}

/* ---- Windows ---- */

#define FRAMES      300
#define FRAME_BYTES (32u << 10)

static pt_status send_a_frame(void *user, size_t frame, pt_error *error)
{
    static const uint8_t bytes[FRAME_BYTES] = {0};
    session *s = user;
    (void)frame;
    for (size_t p = 0; p < s->n; p++) {
        const pt_status status =
            p == s->me ? PT_OK : stream_send(s, p, WAVE_COT, 0, bytes, sizeof bytes, error);
        if (status != PT_OK)
            return status;
    }
    return PT_OK;
}

static pt_status take_a_frame(void *user, size_t frame, pt_error *error)
{
    uint8_t bytes[FRAME_BYTES];
    session *s = user;
    (void)frame;
    for (size_t p = 0; p < s->n; p++) {
        const pt_status status =
            p == s->me ? PT_OK : stream_recv(s, p, WAVE_COT, 0, bytes, sizeof bytes, error);
        if (status != PT_OK)
            return status;
    }
    return PT_OK;
}

static pt_status exchange_frames(session *s, void *user, pt_error *error)
{
    const stream_exchange x = {.frames = FRAMES,
                               .frame_bytes = FRAME_BYTES,
                               .send = send_a_frame,
                               .recv = take_a_frame,
                               .user = s};
    parties *p = user;
    const pt_status status = stream_exchange_run(s, &x, error);
    pt_channel_close(&p->channels[s->roster[s->me]]); /* nobody waits for who is done */
    return status;
}

static void count_nothing(long long bytes)
{
    (void)bytes;
}

/* Between two parties there are two windows at most, and so many there can be. */
static void two_windows_are_on_their_way(void **state)
{
    (void)state;
    for (size_t n = 2; n <= 4; n++) {
        parties p;
        parties_open(&p, n, NULL);
        const size_t window = stream_window(&p.sessions[0], FRAME_BYTES);
        const size_t message = MESSAGE_HEADER_BYTES + (size_t)stream_body_bytes(FRAME_BYTES);
        held *h = held_wrap(p.channels, n, 0, count_nothing);
        assert_true(2 * window < FRAMES);
        parties_run_ok(&p, exchange_frames, &p);
        assert_int_equal(held_most(h), 2 * window * message);
        parties_close(&p);
        held_free(h);
    }
}

/* ---- What is chosen ---- */

static void segments_are_as_large_as_memory_allows(void **state)
{
    (void)state;
    pt_circuit *circuit = memory_circuit(2, 20000, 0);
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
    pt_circuit *circuit = memory_circuit(2, 20000, 0);
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
    pt_circuit *circuit = memory_circuit(2, 20000, 0);
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
    memory_case c = {2, 20000, 0, 8, &test_ideal_ot, 64, 0};
    pt_circuit *circuit = memory_circuit(c.n, c.gates, 0);
    pt_mpc_options options = {
        .parties = c.n, .party = PT_PLAN_EVERY_PARTY, .cot_field_bits = c.k, .threads = c.threads};
    assert_int_equal(pt_plan_segment_ands(&c.segment_ands, circuit, &options, bytes, NULL), PT_OK);
    options.segment_ands = c.segment_ands;
    assert_int_equal(pt_plan_threads(&c.threads, circuit, &options, bytes, NULL), PT_OK);
    assert_true(run_peak(&c, circuit, 0) <= (long long)(c.n * bytes));
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
    pt_circuit *circuit = memory_circuit(3, 100, 0);
    circuit->n_and = 100000000; /* as if: so many segments that those that are alike are as large */
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
    assert_int_equal(bucket_len_min(3, MPC_RHO_DEFAULT), MPC_SEGMENT_ANDS_ALIKE);
    assert_true(ENGINE_SEGMENT_ANDS >= MPC_SEGMENT_ANDS_ALIKE);
    assert_true(ENGINE_SEGMENT_ANDS <= MPC_SEGMENT_ANDS_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_foretold_covers_what_is_taken),
        cmocka_unit_test(two_windows_are_on_their_way),
        cmocka_unit_test(segments_are_as_large_as_memory_allows),
        cmocka_unit_test(segments_have_a_least_size),
        cmocka_unit_test(threads_do_not_change_segments),
        cmocka_unit_test(a_run_is_within_memory),
        cmocka_unit_test(another_k_is_within_memory),
        cmocka_unit_test(segments_fill_buckets_of_three),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
