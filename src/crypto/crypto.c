#include "crypto/crypto.h"

#include <sodium.h>
#include <stdlib.h>

#include "base/error.h"
#include "base/random.h"
#include "crypto/aes_backend.h"
#include "crypto/gf128_backend.h"

pt_status crypto_init(pt_error *error)
{
    uint8_t probe[16];
    const pt_status status = random_bytes(probe, sizeof probe, error);
    if (status != PT_OK)
        return status; /* libsodium would end the process */
    if (sodium_init() < 0)
        return error_set(error, PT_ERR_INTERNAL, "libsodium cannot be started");
    const char *aes = getenv("POLYTUNE_AES");
    if (aes != NULL && !aes_has_backend(aes))
        return error_set(error, PT_ERR_USAGE, "POLYTUNE_AES=%.32s is not available here", aes);
    const char *gf = getenv("POLYTUNE_GF");
    if (gf != NULL && !gf_has_backend(gf))
        return error_set(error, PT_ERR_USAGE, "POLYTUNE_GF=%.32s is not available here", gf);
    (void)aes_backend(); /* chooses */
    (void)gf_backend();
    return PT_OK;
}
