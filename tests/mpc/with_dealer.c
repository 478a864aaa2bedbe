/* Linked into a test that runs with the real trusted dealer. */
#include "mpc/ideal.h"

const bool ideal_has_dealer = true;
const char ideal_setup_waves[] = "DLREQ ";
const char ideal_batch_waves[] = "COT COIN_O "; /* the first */
const char ideal_delta_waves[] = "";
