#define _POSIX_C_SOURCE 200809L
#include "cli/interrupt.h"

#include <signal.h>
#include <stddef.h>
#include <unistd.h>

/* Not static in a function: a signal handler has no other way to speak. */
static volatile sig_atomic_t came;
static const char *volatile unfinished; /* a file */

/* So that the parent sees by what. The first process of a container is spared what it does not
 * catch: it says the same by its status, as shells do. */
static void die_by(int number)
{
    (void)signal(number, SIG_DFL);
    (void)raise(number);
    if (getpid() == 1)
        _exit(128 + number);
}

/* Ends the process by the signal, once the handler has returned. */
static void end_by(int number)
{
    const char *path = unfinished;
    if (path != NULL)
        (void)unlink(path);
    die_by(number);
}

void interrupt_as_first_process(void)
{
    struct sigaction action = {.sa_handler = end_by};
    (void)sigemptyset(&action.sa_mask);
    if (getpid() != 1)
        return;
    (void)sigaction(SIGINT, &action, NULL);
    (void)sigaction(SIGTERM, &action, NULL);
}

/* The first one asks, a second one does not. */
static void note_signal(int number)
{
    if (came != 0)
        end_by(number);
    came = number;
}

void interrupt_catch(void)
{
    struct sigaction action = {.sa_handler = note_signal};
    (void)sigemptyset(&action.sa_mask);
    (void)sigaction(SIGINT, &action, NULL);
    (void)sigaction(SIGTERM, &action, NULL);
    /* A terminal that is closed, unless it is said that this does not matter (nohup). */
    struct sigaction now;
    if (sigaction(SIGHUP, NULL, &now) == 0 && now.sa_handler != SIG_IGN)
        (void)sigaction(SIGHUP, &action, NULL);
}

void interrupt_removes(const char *path)
{
    static const int numbers[] = {SIGINT, SIGTERM, SIGHUP};
    struct sigaction action = {.sa_handler = end_by};
    (void)sigemptyset(&action.sa_mask);
    unfinished = path;
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        struct sigaction now;
        if (sigaction(numbers[i], NULL, &now) == 0 && now.sa_handler == SIG_DFL)
            (void)sigaction(numbers[i], &action, NULL);
    }
}

bool interrupt_came(void *user)
{
    (void)user;
    return came != 0;
}

void interrupt_finish(void)
{
    if (came == 0)
        return;
    die_by(came);
}
