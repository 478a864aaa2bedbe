#define _XOPEN_SOURCE 700 /* pthread_attr_setstack */
/* Nothing of Delta stays on a party's stack after the run: its threads have stacks that the test
 * can look through. */
#include <pthread.h>
#include <stdlib.h>

#include "support/test.h"

#include "base/mem.h"
#include "mpc/circuits.h"
#include "mpc/engine.h"
#include "mpc/parties.h"
#include "mpc/preparations.h"

#define STACK_BYTES   ((size_t)1 << 20)
#define STACK_PATTERN 0xa5
#define N_MAX         3

typedef struct runner {
    session *s;
    const pt_circuit *circuit;
    uint8_t inputs[8];
    uint8_t outputs[64];
    uint8_t *stack;
    block delta;
    pt_status status;
    pt_error error;
} runner;

static void note_delta(void *user, session *s, const char *name, size_t peer, void *data,
                       size_t len)
{
    runner *runners = user;
    (void)peer;
    if (strcmp(name, "delta") == 0)
        memcpy(&runners[s->me].delta, data, len < sizeof(block) ? len : sizeof(block));
}

static void *run_one(void *argument)
{
    runner *r = argument;
    const engine_task task = {
        .circuit = r->circuit, .segment_ands = ENGINE_SEGMENT_ANDS, .preparation = test_cot.table};
    r->status = engine_run(r->s, &task, r->inputs, r->outputs, &r->error);
    return NULL;
}

static void start(pthread_t *ret_thread, runner *r)
{
    pthread_attr_t attributes;
    r->stack = aligned_alloc(4096, STACK_BYTES);
    assert_non_null(r->stack);
    memset(r->stack, STACK_PATTERN, STACK_BYTES);
    assert_int_equal(pthread_attr_init(&attributes), 0);
    assert_int_equal(pthread_attr_setstack(&attributes, r->stack, STACK_BYTES), 0);
    assert_int_equal(pthread_create(ret_thread, &attributes, run_one, r), 0);
    (void)pthread_attr_destroy(&attributes);
}

/* Places of the stack where eight bytes of Delta stand. */
static size_t count_found(const runner *r)
{
    const uint8_t *delta = (const uint8_t *)&r->delta;
    size_t found = 0;
    for (size_t at = 0; at + 8 <= STACK_BYTES; at++)
        found += memcmp(r->stack + at, delta, 8) == 0 || memcmp(r->stack + at, delta + 8, 8) == 0;
    return found;
}

static size_t depth_used(const runner *r)
{
    size_t at = 0;
    while (at < STACK_BYTES && r->stack[at] == STACK_PATTERN)
        at++;
    return STACK_BYTES - at;
}

static void no_delta_is_left(void **state)
{
    (void)state;
    for (size_t n = 2; n <= N_MAX; n++) {
        const circuit_shape shape = {
            .n_parties = n, .inputs = 4, .gates = 600, .outputs = 8, .and_percent = 90};
        pt_circuit *c = test_circuit_random(&shape, n);
        parties p;
        runner runners[N_MAX] = {0};
        pthread_t threads[N_MAX];
        parties_open(&p, n, NULL);
        parties_hook(&p, note_delta, runners);
        for (size_t i = 0; i < n; i++) {
            runners[i].s = &p.sessions[i];
            runners[i].circuit = c;
            start(&threads[i], &runners[i]);
        }
        for (size_t i = 0; i < n; i++)
            assert_int_equal(pthread_join(threads[i], NULL), 0);
        for (size_t i = 0; i < n; i++) {
            assert_int_equal(runners[i].status, PT_OK);
            assert_true(runners[i].delta.lo != 0);
            print_message("%zu parties, party %zu: %zu bytes of stack used\n", n, i,
                          depth_used(&runners[i]));
            assert_int_equal(count_found(&runners[i]), 0);
            free(runners[i].stack);
        }
        parties_close(&p);
        pt_circuit_free(c);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(no_delta_is_left)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
