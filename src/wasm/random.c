/* Randomness of a host that is JavaScript: for us, for libsodium, and for jansson, which needs some
 * lest others choose the names in an object so that they collide. */
#include "base/random.h"

#include <jansson.h>
#include <sodium.h>
#include <stdbool.h>

#include "wasm/host.h"

pt_status random_bytes(void *ret_bytes, size_t len, pt_error *error)
{
    (void)error;
    if (len != 0)
        host_random(ret_bytes, len);
    return PT_OK;
}

void randombytes_buf(void *const ret_bytes, const size_t len)
{
    if (len != 0)
        host_random(ret_bytes, len);
}

uint32_t randombytes_random(void)
{
    uint32_t n;
    host_random(&n, sizeof n);
    return n;
}

void randombytes_stir(void)
{
}

volatile uint32_t hashtable_seed; /* of jansson's tables; 0: not drawn yet */

void json_object_seed(size_t seed)
{
    (void)seed;
    while (hashtable_seed == 0)
        hashtable_seed = randombytes_random();
}
