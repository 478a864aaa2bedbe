/* A host that is JavaScript has one thread. */
#include "base/halves.h"

void halves_run(void (*run)(void *argument, size_t half), void *argument)
{
    run(argument, 0);
    run(argument, 1);
}
