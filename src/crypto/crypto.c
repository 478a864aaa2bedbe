#include "crypto/crypto.h"

#include <sodium.h>
#include <stdlib.h>

#include "base/error.h"
#include "crypto/aes_backend.h"
#include "crypto/gf128_backend.h"

pt_status crypto_init(pt_error *error)
{
    if (sodium_init() < 0)
        return error_set(error, PT_ERR_INTERNAL,
                         "the operating system's random generator cannot be used");
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
