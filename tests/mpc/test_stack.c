#define _XOPEN_SOURCE 700 /* pthread_attr_setstack */
/* Nothing of any Delta stays on the stack of a party or dealer after the run, nor after one that is
 * aborted: their threads have stacks that the test can look through. */
#include <pthread.h>
#include <stdlib.h>

#include "support/test.h"

#include "base/mem.h"
#include "mpc/circuits.h"
#include "mpc/dealer/dealer.h"
#include "mpc/engine.h"
#include "mpc/parties.h"
#include "mpc/preparations.h"
#include "mpc/session/fault.h"

#define STACK_BYTES   ((size_t)1 << 20)
#define STACK_PATTERN 0xa5
#define N_MAX         3

typedef struct runner runner;

typedef struct scene {
    const test_preparation *prepared;
    size_t n;
    const char *harmed; /* the wave in which `harmer` alters what it says; NULL: none */
    size_t harmer;
    parties p;
    pt_circuit *circuit;
    block deltas[N_MAX]; /* by session index */
    runner *runners;     /* n, and the dealer's */
} scene;

struct runner {
    scene *of;
    session *s;
    uint8_t inputs[8];
    uint8_t outputs[64];
    uint8_t *stack;
    pthread_t thread;
    pt_status status;
    pt_error error;
};

static void note_or_harm(void *user, session *s, const char *name, size_t peer, void *data,
                         size_t len)
{
    scene *of = user;
    if (strcmp(name, "delta") == 0)
        memcpy(&of->deltas[s->me], data, sizeof(block));
    const bool is_sent = peer != s->me && len > 0;
    if (of->harmed != NULL && s->me == of->harmer && is_sent && strcmp(name, of->harmed) == 0)
        *(uint8_t *)data ^= 1u;
}

static void *run_one(void *argument)
{
    runner *r = argument;
    const scene *of = r->of;
    const engine_task task = {.circuit = of->circuit,
                              .segment_ands = ENGINE_SEGMENT_ANDS,
                              .preparation = of->prepared->table};
    r->status = r->s->me == of->n ? dealer_run(r->s, &r->error)
                                  : engine_run(r->s, &task, r->inputs, r->outputs, &r->error);
    if (r->status != PT_OK)
        session_abort(r->s, r->status);
    return NULL;
}

static void start(runner *r)
{
    pthread_attr_t attributes;
    r->stack = aligned_alloc(4096, STACK_BYTES);
    assert_non_null(r->stack);
    memset(r->stack, STACK_PATTERN, STACK_BYTES);
    assert_int_equal(pthread_attr_init(&attributes), 0);
    assert_int_equal(pthread_attr_setstack(&attributes, r->stack, STACK_BYTES), 0);
    assert_int_equal(pthread_create(&r->thread, &attributes, run_one, r), 0);
    (void)pthread_attr_destroy(&attributes);
}

/* Places of the stack where eight bytes of somebody's Delta stand. */
static size_t count_found(const runner *r)
{
    size_t found = 0;
    for (size_t i = 0; i < r->of->n; i++) {
        const uint8_t *delta = (const uint8_t *)&r->of->deltas[i];
        for (size_t at = 0; at + 8 <= STACK_BYTES; at++)
            found +=
                memcmp(r->stack + at, delta, 8) == 0 || memcmp(r->stack + at, delta + 8, 8) == 0;
    }
    return found;
}

static size_t depth_used(const runner *r)
{
    size_t at = 0;
    while (at < STACK_BYTES && r->stack[at] == STACK_PATTERN)
        at++;
    return STACK_BYTES - at;
}

static void scene_run(scene *of, runner *runners)
{
    const circuit_shape shape = {
        .n_parties = of->n, .inputs = 4, .gates = 600, .outputs = 8, .and_percent = 90};
    const pt_mpc_options options = {.dealer = of->prepared->dealer};
    of->circuit = test_circuit_random(&shape, of->n);
    of->runners = runners;
    parties_open(&of->p, of->n, &options);
    parties_hook(&of->p, note_or_harm, of);
    of->p.dealer.hook = note_or_harm;
    of->p.dealer.hook_user = of;
    const size_t n_runners = of->n + (of->p.has_dealer ? 1 : 0);
    for (size_t i = 0; i < n_runners; i++) {
        runners[i].of = of;
        runners[i].s = i < of->n ? &of->p.sessions[i] : &of->p.dealer;
        start(&runners[i]);
    }
    for (size_t i = 0; i < n_runners; i++)
        assert_int_equal(pthread_join(runners[i].thread, NULL), 0);
    for (size_t i = 0; i < n_runners; i++) {
        const size_t found = count_found(&runners[i]);
        print_message("%s, %zu parties%s%s, party %zu: %zu bytes of stack used\n",
                      of->prepared->name, of->n, of->harmed == NULL ? "" : ", wrong ",
                      of->harmed == NULL ? "" : of->harmed, i, depth_used(&runners[i]));
        assert_true(i == of->n || of->deltas[i].lo != 0);
        assert_int_equal(found, 0);
        free(runners[i].stack);
    }
    parties_close(&of->p);
    pt_circuit_free(of->circuit);
}

static void no_delta_is_left(void **state)
{
    (void)state;
    static const test_preparation *const all[] = {&test_cot, &test_dealer};
    for (size_t c = 0; c < 2; c++) {
        for (size_t n = 2; n <= N_MAX; n++) {
            runner runners[N_MAX + 1] = {0};
            scene of = {.prepared = all[c], .n = n};
            scene_run(&of, runners);
            for (size_t i = 0; i < n; i++)
                assert_int_equal(runners[i].status, PT_OK);
        }
    }
}

static void none_is_left_by_an_abort(void **state)
{
    (void)state;
    static const struct {
        const test_preparation *prepared;
        const char *harmed;
        size_t harmer;
    } harms[] = {{&test_cot, "ABCHK", 1}, {&test_cot, "OPEN", 1},    {&test_cot, "EV1", 0},
                 {&test_cot, "INM", 1},   {&test_dealer, "OPEN", 1}, {&test_dealer, "DEAL", 2}};
    for (size_t h = 0; h < sizeof harms / sizeof *harms; h++) {
        runner runners[N_MAX + 1] = {0};
        scene of = {.prepared = harms[h].prepared,
                    .n = 2,
                    .harmed = harms[h].harmed,
                    .harmer = harms[h].harmer};
        scene_run(&of, runners);
        assert_true(runners[0].status != PT_OK || runners[1].status != PT_OK);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_delta_is_left),
        cmocka_unit_test(none_is_left_by_an_abort),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
