/* Ctrl-C and SIGTERM while other parties depend on this one: the first ends the computation in
 * order, so that they are told, the second at once. Layer: cli. */
#ifndef CLI_INTERRUPT_H
#define CLI_INTERRUPT_H

#include <stdbool.h>

/* At the start: the first process of a container ends by these signals, too, as any other does. */
void interrupt_as_first_process(void);

/* From now on the first signal is only noted. */
void interrupt_catch(void);

/* A signal that ends the process removes this file first, one that is not finished; NULL: none.
 * Borrowed. */
void interrupt_removes(const char *path);

/* A pt_cancelled_fn: whether a signal has come. */
bool interrupt_came(void *user);

/* Ends this process by the signal that came, if one did. */
void interrupt_finish(void);

#endif
