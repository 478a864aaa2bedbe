/* What libsodium and jansson, as they are built for the module, ask of their host:
 * src/wasm/random.c in a browser. */
#include <jansson.h>
#include <sodium.h>

#include "base/assert.h"
#include "base/random.h"

void randombytes_buf(void *const ret_bytes, const size_t len)
{
    PT_ASSERT(random_bytes(ret_bytes, len, NULL) == PT_OK);
}

uint32_t randombytes_random(void)
{
    uint32_t n;
    randombytes_buf(&n, sizeof n);
    return n;
}

void randombytes_stir(void)
{
}

volatile uint32_t hashtable_seed = 1;

void json_object_seed(size_t seed)
{
    (void)seed;
}
