/* For tests compiled with TEST_WITH_DEALER: the real trusted dealer. */
#include "mpc/ideal.h"

const char ideal_setup_waves[] = "DLREQ ";
const char ideal_batch_waves[] = "COT COIN_O "; /* the first */
const char ideal_delta_waves[] = "";
