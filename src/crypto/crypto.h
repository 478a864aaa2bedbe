/* Start-up of the crypto layer. Layer: crypto. */
#ifndef CRYPTO_CRYPTO_H
#define CRYPTO_CRYPTO_H

#include "base/compiler.h"
#include "polytune/status.h"

/* Initialises libsodium and chooses back-ends, once. Call before anything else of this layer; any
 * thread, any number of times. PT_ERR_RANDOM if the operating system gives no randomness,
 * PT_ERR_USAGE if POLYTUNE_AES or POLYTUNE_GF names a back-end that cannot run here. */
MUST_CHECK pt_status crypto_init(pt_error *error);

#endif
