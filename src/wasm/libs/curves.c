/* libsodium's two files for the curve, in one: each alone has the field's arithmetic of its own.
 * Its multiplication of the base point is not used, base_point.c has ours. */
#define ge25519_scalarmult_base ge25519_scalarmult_base_of_table
#include <crypto_core/ed25519/ref10/ed25519_ref10.c>
#undef ge25519_scalarmult_base
void ge25519_scalarmult_base(ge25519_p3 *ret_multiple, const unsigned char *scalar);
#include <crypto_scalarmult/curve25519/ref10/x25519_ref10.c>
