/* Secrets of which nothing must remain in this process: what is watched is looked for in all its
 * writable memory, heap, freed or not, stacks and data. The list keeps them disguised, so that it
 * does not find itself. Calls may come from any thread. */
#ifndef TESTS_SUPPORT_REMAINS_H
#define TESTS_SUPPORT_REMAINS_H

#include <stdbool.h>
#include <stddef.h>

/* Forgets what was watched before. */
void remains_reset(void);

/* Watches every 8 bytes at a multiple of 8 of these that look random; `what` is kept. */
void remains_watch(const char *what, const void *bytes, size_t len);

/* How many different ones are watched. */
size_t remains_watched(void);

/* Searches all memory, at every byte. Returns how often something watched stands there; *ret_what:
 * one of them. 0 under sanitizers, whose shadow and quarantine are no memory of the program's.
 * Other threads must be at rest. */
size_t remains_find(const char **ret_what);
bool remains_can_find(void);

#endif
