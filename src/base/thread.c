#define _POSIX_C_SOURCE 200809L
#include "base/thread.h"

#include <signal.h>
#include <string.h>

#include "base/assert.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/min.h"
#include "base/processors.h"
#include "base/workers.h"

pt_status thread_start(pthread_t *ret_thread, void *(*run)(void *), void *argument, pt_error *error)
{
    sigset_t all;
    sigset_t before;
    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &before);
    const int failed = pthread_create(ret_thread, NULL, run, argument);
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (failed != 0)
        return error_set(error, PT_ERR_THREAD, "cannot start a thread: %s", strerror(failed));
    return PT_OK;
}

/* ---- workers.h ---- */

typedef struct loop {
    workers_round round;
    void *context;
    uint64_t id;   /* 1, 2, .. */
    size_t joined; /* threads, but the crew's owner */
    size_t next;   /* round to begin */
    size_t end;    /* of those to begin: all, or up to the first that failed */
    size_t inside; /* rounds that run */
} loop;

struct workers {
    pthread_mutex_t lock;
    pthread_cond_t begins; /* there are rounds to begin, or it is the end of all */
    pthread_cond_t ends;   /* the last round has ended */
    bool runs;             /* a loop */
    bool is_over;
    uint64_t n_loops;
    loop now;
    size_t count;
    size_t n_others; /* that have started */
    pthread_t others[WORKERS_MAX];
};

size_t workers_wanted(size_t wanted)
{
    return min_size(wanted != 0 ? wanted : processors_usable(), WORKERS_MAX);
}

/* With the lock held, which is given up while the round runs. */
static void run_round(workers *w, size_t i, size_t number)
{
    loop *l = &w->now;
    l->inside++;
    pthread_mutex_unlock(&w->lock);
    const bool ok = l->round(l->context, i, number);
    pthread_mutex_lock(&w->lock);
    l->inside--;
    if (!ok)
        l->end = min_size(l->end, i);
}

static bool has_next(const workers *w)
{
    return w->now.next < w->now.end;
}

/* Not inlined: its frame and those below it are wiped. */
static NOINLINE void worker_work(workers *w)
{
    uint64_t id = 0; /* of the loop that it has joined */
    size_t number = 0;
    pthread_mutex_lock(&w->lock);
    while (!w->is_over) {
        if (!has_next(w)) {
            pthread_cond_wait(&w->begins, &w->lock);
            continue;
        }
        if (id != w->now.id) {
            id = w->now.id;
            number = ++w->now.joined;
        }
        run_round(w, w->now.next++, number);
        if (w->now.inside == 0 && !has_next(w))
            pthread_cond_signal(&w->ends);
    }
    pthread_mutex_unlock(&w->lock);
}

static void *worker_main(void *user)
{
    worker_work(user);
    mem_wipe_stack();
    return NULL;
}

static bool signals_init(workers *w)
{
    if (pthread_mutex_init(&w->lock, NULL) != 0)
        return false;
    if (pthread_cond_init(&w->begins, NULL) != 0)
        goto no_begins;
    if (pthread_cond_init(&w->ends, NULL) != 0)
        goto no_ends;
    return true;
no_ends:
    (void)pthread_cond_destroy(&w->begins);
no_begins:
    (void)pthread_mutex_destroy(&w->lock);
    return false;
}

bool workers_new(workers **ret_workers, size_t count)
{
    PT_ASSERT(count >= 1 && count <= WORKERS_MAX);
    *ret_workers = NULL;
    if (count == 1)
        return true;
    workers *w = mem_new(1, sizeof *w);
    if (w == NULL || !signals_init(w)) {
        mem_free(w);
        return false;
    }
    w->count = count;
    *ret_workers = w;
    return true;
}

/* As many as a loop of so many rounds has work for. Where the system has no more threads to give,
 * there are fewer. */
static void start_others(workers *w, size_t rounds)
{
    const size_t wanted = min_size(w->count, rounds);
    while (w->n_others + 1 < wanted) {
        if (thread_start(&w->others[w->n_others], worker_main, w, NULL) != PT_OK)
            return;
        w->n_others++;
    }
}

static size_t run_alone(size_t count, workers_round round, void *context)
{
    size_t i = 0;
    while (i < count && round(context, i, 0))
        i++;
    return i;
}

/* Whether the crew is free; it is taken if so. A round's own loop finds it taken. */
static bool crew_take(workers *w, const loop *l)
{
    pthread_mutex_lock(&w->lock);
    const bool is_free = !w->runs;
    if (is_free) {
        w->runs = true;
        w->now = *l;
        w->now.id = ++w->n_loops;
    }
    pthread_mutex_unlock(&w->lock);
    return is_free;
}

size_t workers_run(workers *w, size_t count, workers_round round, void *context)
{
    /* The first round is the caller's, so that no more others join than there are rounds left. */
    const loop l = {.round = round, .context = context, .next = 1, .end = count};
    if (w == NULL || count <= 1 || !crew_take(w, &l))
        return run_alone(count, round, context);
    start_others(w, count);
    pthread_mutex_lock(&w->lock);
    for (size_t i = min_size(w->n_others, count - 1); i > 0; i--)
        pthread_cond_signal(&w->begins);
    run_round(w, 0, 0);
    while (has_next(w))
        run_round(w, w->now.next++, 0);
    while (w->now.inside > 0)
        pthread_cond_wait(&w->ends, &w->lock);
    const size_t end = w->now.end;
    w->now = (loop){0};
    w->runs = false;
    pthread_mutex_unlock(&w->lock);
    return end;
}

void workers_free(workers *w)
{
    if (w == NULL)
        return;
    PT_ASSERT(!w->runs);
    pthread_mutex_lock(&w->lock);
    w->is_over = true;
    pthread_cond_broadcast(&w->begins);
    pthread_mutex_unlock(&w->lock);
    for (size_t i = 0; i < w->n_others; i++)
        (void)pthread_join(w->others[i], NULL);
    (void)pthread_cond_destroy(&w->ends);
    (void)pthread_cond_destroy(&w->begins);
    (void)pthread_mutex_destroy(&w->lock);
    mem_free(w);
}
