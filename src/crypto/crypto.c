#include "crypto/crypto.h"

#include <sodium.h>

#include "base/error.h"

pt_status crypto_init(pt_error *error)
{
    if (sodium_init() < 0)
        return error_set(error, PT_ERR_INTERNAL,
                         "the operating system's random generator cannot be used");
    return PT_OK;
}
