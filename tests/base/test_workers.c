/* A crew has every round of a loop run once, whoever runs it; the first round that fails is the
 * same for any crew; nobody turns in circles while there is nothing to do, and nothing of what a
 * round had on its stack remains. */
#define _GNU_SOURCE
#include "support/test.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <time.h>

#include "base/mem.h"
#include "base/thread.h"
#include "base/workers.h"
#include "support/remains.h"

#define ROUNDS 300
#define CREW   4

/* ---- Threads that cannot be started ---- */

static atomic_size_t threads_to_give = SIZE_MAX;

int __real_pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*run)(void *),
                          void *argument);
int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*run)(void *),
                          void *argument);
int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*run)(void *),
                          void *argument)
{
    if (threads_to_give == 0)
        return EAGAIN;
    threads_to_give--;
    return __real_pthread_create(thread, attributes, run, argument);
}

/* ---- Loops ---- */

typedef struct log {
    size_t ran[ROUNDS]; /* not atomic: a round that runs twice at once is a race */
    bool fails[ROUNDS];
    atomic_bool at_work[CREW];
    atomic_size_t inside;
    atomic_size_t together; /* whether as many as this were */
    size_t wanted;
} log;

static workers *crew_of(size_t count)
{
    workers *w;
    assert_true(workers_new(&w, count));
    return w;
}

/* False if two rounds have one number at once. */
static bool enter(log *l, size_t worker)
{
    return worker < CREW && (l->wanted == 0 || worker < l->wanted) &&
           !atomic_exchange(&l->at_work[worker], true);
}

static bool note(void *context, size_t round, size_t worker)
{
    log *l = context;
    if (round >= ROUNDS || !enter(l, worker))
        return false;
    l->ran[round]++;
    atomic_store(&l->at_work[worker], false);
    return !l->fails[round];
}

static void every_round_runs_once(void **state)
{
    (void)state;
    for (size_t crew = 1; crew <= CREW; crew++) {
        log l = {0};
        workers *w = crew_of(crew);
        assert_int_equal(w == NULL, crew == 1);
        for (size_t count = 0; count < ROUNDS; count += 1 + count / 2)
            assert_int_equal(workers_run(w, count, note, &l), count);
        assert_int_equal(workers_run(w, ROUNDS, note, &l), ROUNDS);
        for (size_t i = 0, before = SIZE_MAX; i < ROUNDS; before = l.ran[i++])
            assert_true(l.ran[i] >= 1 && l.ran[i] <= before);
        assert_int_equal(l.ran[ROUNDS - 1], 1);
        workers_free(w);
    }
}

static void the_first_failure_is_told(void **state)
{
    (void)state;
    static const size_t failing[][2] = {{0, 7}, {5, 6}, {17, 290}, {100, 99}, {ROUNDS - 1, 250}};
    for (size_t crew = 1; crew <= CREW; crew++) {
        workers *w = crew_of(crew);
        for (size_t i = 0; i < sizeof failing / sizeof *failing; i++) {
            const size_t *f = failing[i];
            const size_t first = f[0] < f[1] ? f[0] : f[1];
            log l = {0};
            l.fails[f[0]] = l.fails[f[1]] = true;
            assert_int_equal(workers_run(w, ROUNDS, note, &l), first);
            for (size_t r = 0; r < ROUNDS; r++)
                assert_true(l.ran[r] == 1 || (r > first && l.ran[r] == 0));
            assert_true(first == ROUNDS - 1 || l.ran[ROUNDS - 1] == 0);
        }
        workers_free(w);
    }
}

/* Waits until as many are in rounds as are wanted. */
static bool meet(void *context, size_t round, size_t worker)
{
    log *l = context;
    (void)round;
    if (!enter(l, worker))
        return false;
    atomic_fetch_add(&l->inside, 1);
    for (size_t i = 0; i < 5000 && l->together < l->wanted; i++) {
        if (l->inside >= l->wanted)
            atomic_store(&l->together, l->wanted);
        (void)nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
    }
    atomic_store(&l->at_work[worker], false);
    return l->together >= l->wanted;
}

static void rounds_run_at_once(void **state)
{
    (void)state;
    workers *w = crew_of(CREW);
    for (size_t i = 2; i <= CREW; i++) {
        log l = {.wanted = i};
        assert_int_equal(workers_run(w, i, meet, &l), i);
    }
    workers_free(w);
}

static bool fail_elsewhere(void *context, size_t round, size_t worker)
{
    return meet(context, round, worker) && worker == 0;
}

/* The caller has the first round. */
static void failures_of_others_are_told(void **state)
{
    (void)state;
    log l = {.wanted = 2};
    workers *w = crew_of(2);
    assert_int_equal(workers_run(w, 2, fail_elsewhere, &l), 1);
    workers_free(w);
}

static void fewer_threads_do_it_too(void **state)
{
    (void)state;
    for (size_t given = 0; given < 3; given++) {
        log l = {.wanted = given + 1};
        threads_to_give = given;
        workers *w = crew_of(CREW);
        assert_int_equal(workers_run(w, ROUNDS, note, &l), ROUNDS);
        assert_int_equal(workers_run(w, given + 1, meet, &l), given + 1);
        threads_to_give = SIZE_MAX;
        workers_free(w);
        for (size_t i = 0; i < ROUNDS; i++)
            assert_int_equal(l.ran[i], 1);
    }
}

static void want_of_memory_is_told(void **state)
{
    (void)state;
    workers *w;
    mem_fail_at(1);
    const bool ok = workers_new(&w, CREW);
    mem_fail_at(0);
    assert_false(ok);
    assert_null(w);
}

/* ---- A loop in a round ---- */

typedef struct outer {
    workers *w;
    pthread_t ran[CREW];
    log inner[CREW];
} outer;

static bool note_thread(void *context, size_t round, size_t worker)
{
    (void)round;
    return worker == 0 && pthread_equal(*(pthread_t *)context, pthread_self());
}

static bool run_inner(void *context, size_t round, size_t worker)
{
    outer *o = context;
    (void)worker;
    pthread_t self = pthread_self();
    o->inner[round].fails[3] = true;
    return workers_run(o->w, 10, note_thread, &self) == 10 &&
           workers_run(o->w, 10, note, &o->inner[round]) == 3;
}

static void a_round_has_a_loop_of_its_own(void **state)
{
    (void)state;
    outer o = {.w = crew_of(CREW)};
    for (size_t i = 0; i < 20; i++)
        assert_int_equal(workers_run(o.w, CREW, run_inner, &o), CREW);
    workers_free(o.w);
    for (size_t i = 0; i < CREW; i++) {
        assert_int_equal(o.inner[i].ran[3], 20);
        assert_int_equal(o.inner[i].ran[4], 0);
    }
}

/* ---- What it takes, and leaves ---- */

static double processor_seconds(void)
{
    struct timespec now;
    assert_int_equal(clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now), 0);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

static void those_who_wait_take_no_processor(void **state)
{
    (void)state;
    log l = {.wanted = CREW};
    workers *w = crew_of(CREW);
    assert_int_equal(workers_run(w, CREW, meet, &l), CREW);
    const double before = processor_seconds();
    (void)nanosleep(&(struct timespec){.tv_nsec = 200000000}, NULL);
    assert_true(processor_seconds() - before < 0.1);
    workers_free(w);
}

/* Writes what is watched onto the stack of its thread, far below. */
static bool leave_secret(void *context, size_t round, size_t worker)
{
    const uint64_t mask = 0xa5c3e187d2b4f096u; /* so that it is nowhere else */
    volatile uint64_t below[1000];
    for (size_t i = 0; i < 1000; i++)
        below[i] = *(const uint64_t *)context ^ mask;
    return worker == 0 || round > 0 || below[500] != 0;
}

static void stacks_are_wiped(void **state)
{
    (void)state;
    const uint64_t disguised = 0x1f2e3d4c5b6a7988u;
    const char *what = NULL;
    log l = {.wanted = CREW};
    if (!remains_can_find())
        skip();
    remains_reset();
    uint64_t secret = disguised ^ 0xa5c3e187d2b4f096u;
    remains_watch("secret", &secret, sizeof secret);
    mem_wipe(&secret, sizeof secret);
    workers *w = crew_of(CREW);
    assert_int_equal(workers_run(w, CREW, meet, &l), CREW); /* all have started */
    for (size_t i = 0; i < 50; i++)
        assert_int_equal(workers_run(w, ROUNDS, leave_secret, (void *)(uintptr_t)&disguised),
                         ROUNDS);
    workers_free(w);
    mem_wipe_stack(); /* of this thread */
    assert_int_equal(remains_find(&what), 0);
}

static void the_default_are_the_processors(void **state)
{
    (void)state;
    cpu_set_t usable;
    cpu_set_t one;
    size_t at = 0;
    assert_int_equal(workers_wanted(3), 3);
    if (sched_getaffinity(0, sizeof usable, &usable) != 0)
        skip();
    const size_t n = (size_t)CPU_COUNT(&usable);
    assert_int_equal(workers_wanted(0), n < WORKERS_MAX ? n : WORKERS_MAX);
    while (!CPU_ISSET(at, &usable))
        at++;
    CPU_ZERO(&one);
    CPU_SET(at, &one);
    assert_int_equal(sched_setaffinity(0, sizeof one, &one), 0);
    assert_int_equal(workers_wanted(0), 1);
    assert_int_equal(sched_setaffinity(0, sizeof usable, &usable), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_round_runs_once),
        cmocka_unit_test(the_first_failure_is_told),
        cmocka_unit_test(rounds_run_at_once),
        cmocka_unit_test(failures_of_others_are_told),
        cmocka_unit_test(fewer_threads_do_it_too),
        cmocka_unit_test(want_of_memory_is_told),
        cmocka_unit_test(a_round_has_a_loop_of_its_own),
        cmocka_unit_test(those_who_wait_take_no_processor),
        cmocka_unit_test(stacks_are_wiped),
        cmocka_unit_test(the_default_are_the_processors),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
