#include "crypto/aes.h"

#include <stdatomic.h>

#include "base/assert.h"
#include "base/compiler.h"
#include "crypto/aes_backend.h"
#include "crypto/backend.h"

/* Best first; the last one runs everywhere. */
static const backend *const backends[] = {
#ifdef CRYPTO_X86
    &aes_backend_vaes512.base,
    &aes_backend_vaes.base,
    &aes_backend_aesni.base,
#endif
    /* An Armv8 back-end ("armv8", AESE and AESMC) belongs here. */
    &aes_backend_soft.base,
};

#define N_BACKENDS (sizeof backends / sizeof backends[0])

static _Atomic(const aes_backend_ops *) active;

static const aes_backend_ops *aes_find(const char *name)
{
    /* base is the first member. */
    return (const aes_backend_ops *)(const void *)backend_find(backends, N_BACKENDS, name);
}

/* Threads that meet here all store the same pointer. */
static NOINLINE const aes_backend_ops *aes_choose(void)
{
    const aes_backend_ops *found =
        (const aes_backend_ops *)(const void *)backend_choose(backends, N_BACKENDS, "POLYTUNE_AES");
    atomic_store_explicit(&active, found, memory_order_release);
    return found;
}

const aes_backend_ops *aes_active(void)
{
    const aes_backend_ops *chosen = atomic_load_explicit(&active, memory_order_acquire);
    return chosen != NULL ? chosen : aes_choose();
}

const char *aes_backend(void)
{
    return aes_active()->base.name;
}

bool aes_has_backend(const char *name)
{
    return aes_find(name) != NULL;
}

bool aes_force_backend(const char *name)
{
    const aes_backend_ops *found = aes_find(name);
    if (found == NULL)
        return false;
    atomic_store_explicit(&active, found, memory_order_release);
    return true;
}

void aes_key_expand(aes_key *ret_key, block key)
{
    aes_active()->expand_n(ret_key, &key, 1);
}

void aes_key_expand_n(aes_key *ret_keys, const block *keys, size_t n)
{
    aes_active()->expand_n(ret_keys, keys, n);
}

block aes_encrypt(const aes_key *key, block v)
{
    block ret;
    aes_active()->encrypt_n(&ret, key, &v, 1);
    return ret;
}

void aes_encrypt_n(block *ret, const aes_key *key, const block *v, size_t n)
{
    aes_active()->encrypt_n(ret, key, v, n);
}

void aes_ctr(block *ret, const aes_key *key, uint64_t first, size_t n)
{
    PT_ASSERT(n == 0 || first <= UINT64_MAX - (n - 1));
    aes_active()->ctr(ret, key, first, n);
}
