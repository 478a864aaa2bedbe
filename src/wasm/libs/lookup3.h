/* In place of jansson's hash of a name, which has one way for each alignment: FNV-1a. The order
 * that names of an object are looked up in is all that it decides. */
#include <stddef.h>
#include <stdint.h>

#define hashsize(n) ((size_t)1 << (n))
#define hashmask(n) (hashsize(n) - 1)

static uint32_t hashlittle(const void *key, size_t length, uint32_t initval)
{
    const uint8_t *bytes = key;
    uint32_t hash = 2166136261u ^ initval;
    for (size_t i = 0; i < length; i++)
        hash = (hash ^ bytes[i]) * 16777619u;
    return hash;
}
