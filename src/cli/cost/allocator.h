/* How the system's allocator deals with memory that is given back. Layer: cli. In allocator_gnu.c,
 * allocator_other.c. */
#ifndef CLI_COST_ALLOCATOR_H
#define CLI_COST_ALLOCATOR_H

/* From now on what is large goes back to the system as soon as it is freed, and new threads have no
 * memory of their own: a process takes little more than what is in use. A library leaves that to
 * the program it is in. */
void allocator_give_back(void);

#endif
