/* Multiples of the curve's base point without libsodium's table, 30 KB that no compression makes
 * smaller: by its multiplication of any point, which takes the same steps for all scalars too. */
#include <private/ed25519_ref10.h>
#include <sodium.h>

#include "base/assert.h"

void ge25519_scalarmult_base(ge25519_p3 *ret_multiple, const unsigned char *scalar)
{
    /* y = 4/5, little-endian. */
    static const unsigned char encoded[32] = {0x58, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66,
                                              0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66,
                                              0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66,
                                              0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66};
    ge25519_p3 base;
    const int failed = ge25519_frombytes(&base, encoded);
    PT_ASSERT(failed == 0);
    ge25519_scalarmult(ret_multiple, scalar, &base);
}
