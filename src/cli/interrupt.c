#define _POSIX_C_SOURCE 200809L
#include "cli/interrupt.h"

#include <signal.h>
#include <stddef.h>

/* Not static in a function: a signal handler has no other way to speak. */
static volatile sig_atomic_t came;

static void note(int number)
{
    came = number;
}

void interrupt_catch(void)
{
    struct sigaction action = {.sa_handler = note, .sa_flags = (int)SA_RESETHAND};
    (void)sigemptyset(&action.sa_mask);
    (void)sigaction(SIGINT, &action, NULL);
    (void)sigaction(SIGTERM, &action, NULL);
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
    (void)signal(came, SIG_DFL);
    (void)raise(came);
}
