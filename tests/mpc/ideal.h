/* What a stand-in for lower parts of the protocol (ideal_abit.c, ideal_setup.c) still sends, for
 * tests that know the order of all waves. */
#ifndef TESTS_MPC_IDEAL_H
#define TESTS_MPC_IDEAL_H

/* Names separated by blanks: of abit_setup, of each abit_batch, and of delta_check. */
extern const char ideal_setup_waves[];
extern const char ideal_batch_waves[];
extern const char ideal_delta_waves[];

#endif
