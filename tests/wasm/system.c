/* What a test program needs besides its libraries: for libsodium a source of randomness, for
 * jansson a seed, and for clang's builtins of Debian a stack protector. */
#include <jansson.h>
#include <sodium.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/min.h"

uintptr_t __stack_chk_guard;
_Noreturn void __stack_chk_fail(void);

_Noreturn void __stack_chk_fail(void)
{
    abort();
}

int getentropy(void *ret_bytes, size_t len);

void randombytes_buf(void *const ret_bytes, const size_t len)
{
    for (size_t done = 0; done < len; done += 256)
        if (getentropy((uint8_t *)ret_bytes + done, min_size(256, len - done)) != 0)
            abort();
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
