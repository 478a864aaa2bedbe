/* Panics of the program being built. Layer: lang (spec section 5.3).
 *
 * The circuit tells which panic came first by a code: 0 for none, else one plus the index of a
 * site in a table kept beside the circuit. A site is a reason and a span, so all copies of an
 * unrolled operation share one.
 *
 * One wire, `active`, is 1 as long as this path is the one taken and nothing panicked on it. A
 * possible panic costs one AND (active & condition); updating the code and `active` is linear. A
 * branch costs one AND (active & its condition) if something in it can panic; the wires of branches
 * that exclude each other are joined by XOR. A condition that was already tested on the way here
 * cannot hold where `active` still is 1, and is not tested again. */
#ifndef LANG_VALUE_PANIC_H
#define LANG_VALUE_PANIC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "circuit/builder.h"
#include "lang/span.h"

typedef enum panic_reason {
    PANIC_OVERFLOW,
    PANIC_DIVISION_BY_ZERO,
    PANIC_OUT_OF_BOUNDS
} panic_reason;

typedef struct panic_site {
    panic_reason reason;
    span at;
} panic_site;

/* "Overflow" and so on, as Garble prints them. */
const char *panic_reason_text(panic_reason reason);
/* How many bits hold a code for `n_sites` sites. */
unsigned panic_code_bits(size_t n_sites);

#define PANIC_MAX_CODE_BITS 32

typedef struct panics {
    circuit_builder *builder;
    wire active;
    wire code[PANIC_MAX_CODE_BITS]; /* least significant bit first */
    panic_site *sites;
    size_t n_sites, sites_capacity;
    uint32_t *table; /* open addressing: index of a site plus one, or 0 */
    size_t table_size;
    uint8_t *tested; /* one bit for each wire: was it tested on the way here */
    size_t tested_wires;
    wire *trail; /* the wires tested, in order, to forget those of a branch at its end */
    size_t n_trail, trail_capacity;
    uint64_t n_raised;
} panics;

void panics_init(panics *p, circuit_builder *builder);
void panics_clear(panics *p);

/* Panics if `condition` is 1. False when out of memory. */
MUST_CHECK bool panic_raise(panics *p, wire condition, panic_reason reason, span at);

/* Branches, at most one of which is taken:
 *     panic_fork_begin; for each branch: panic_arm_begin, its operations, panic_arm_end;
 *     panic_fork_end
 * An arm is taken when its condition holds and no earlier arm's did; WIRE_TRUE makes it the rest.
 */
typedef struct panic_fork {
    wire before;
    wire rest;
    wire done;
    uint64_t n_raised;
    size_t trail_mark;
} panic_fork;

void panic_fork_begin(panic_fork *ret_fork, const panics *p);
void panic_arm_begin(panics *p, panic_fork *fork, wire condition);
void panic_arm_end(panics *p, panic_fork *fork);
void panic_fork_end(panics *p, const panic_fork *fork);

#endif
