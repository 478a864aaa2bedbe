/* The preparations (mpc/preparation.h) that tests of the whole protocol choose among, by the word
 * on their command line: the same cases run on each. */
#ifndef TESTS_MPC_PREPARATIONS_H
#define TESTS_MPC_PREPARATIONS_H

#include <stdbool.h>

#include "mpc/ot/base_ot.h"
#include "mpc/preparation.h"

typedef struct test_preparation {
    const char *name;
    const preparation *table;
    bool dealer; /* the parties have one */
    /* The waves with three parties, each name followed by a blank: of setup, and of shares_make for
     * the first segment, a later one, and a first one without AND gates. */
    const char *setup_waves;
    const char *first_waves;
    const char *later_waves;
    const char *empty_waves;
} test_preparation;

/* Real. */
extern const test_preparation test_cot;    /* "cot" */
extern const test_preparation test_dealer; /* "dealer" */
/* With stand-ins for what a test is not about. "ideal_ot": COT without the cost of its base OTs, in
 * messages of their length. "ideal": every party computes everybody's shares from the session id
 * and takes its own. No security whatever. */
extern const test_preparation test_ideal_ot;
extern const test_preparation test_ideal;

extern const base_ot ideal_base_ot;
extern const preparation ideal_preparation;

/* The one that the command line names; ends the program if it names none. */
const test_preparation *test_preparation_chosen(int argc, char **argv);

#endif
