#include "crypto/ct.h"

#include <sodium.h>

bool ct_equal(const void *a, const void *b, size_t len)
{
    return sodium_memcmp(a, b, len) == 0;
}
