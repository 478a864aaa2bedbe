#include "crypto/gf128.h"

#include <stdatomic.h>

#include "base/compiler.h"
#include "base/min.h"
#include "crypto/backend.h"
#include "crypto/gf128_backend.h"

/* Best first; the last one runs everywhere. */
static const backend *const backends[] = {
#ifdef CRYPTO_X86
    &gf_backend_vpclmul512.base,
    &gf_backend_vpclmul.base,
    &gf_backend_pclmul.base,
#endif
    &gf_backend_soft.base,
};

#define N_BACKENDS (sizeof backends / sizeof backends[0])

static _Atomic(const gf_backend_ops *) active;

static const gf_backend_ops *gf_find(const char *name)
{
    /* base is the first member. */
    return (const gf_backend_ops *)(const void *)backend_find(backends, N_BACKENDS, name);
}

/* Threads that meet here all store the same pointer. */
static NOINLINE const gf_backend_ops *gf_choose(void)
{
    const gf_backend_ops *found =
        (const gf_backend_ops *)(const void *)backend_choose(backends, N_BACKENDS, "POLYTUNE_GF");
    atomic_store_explicit(&active, found, memory_order_release);
    return found;
}

static const gf_backend_ops *in_use(void)
{
    const gf_backend_ops *chosen = atomic_load_explicit(&active, memory_order_acquire);
    return chosen != NULL ? chosen : gf_choose();
}

const char *gf_backend(void)
{
    return in_use()->base.name;
}

bool gf_has_backend(const char *name)
{
    return gf_find(name) != NULL;
}

bool gf_force_backend(const char *name)
{
    const gf_backend_ops *found = gf_find(name);
    if (found == NULL)
        return false;
    atomic_store_explicit(&active, found, memory_order_release);
    return true;
}

block gf_mul(block a, block b)
{
    return in_use()->mul(a, b);
}

void gf_dot_add(gf_acc *acc, const block *a, const block *b, size_t n)
{
    in_use()->dot_add(acc, a, b, n);
}

void gf_dot_rows(gf_acc acc[GF_ROW], const block *rows, size_t stride, const block *weights,
                 size_t n)
{
    in_use()->dot_rows(acc, rows, stride, weights, n);
}

block gf_reduce(const gf_acc *acc)
{
    return gf_reduce_words(acc);
}

void gf_powers(block *ret, block start, block x, size_t n)
{
    in_use()->powers(ret, start, x, n);
}

void polyhash_init(polyhash *h, block chi)
{
    gf_powers(h->powers, block_make(0, 1), chi, POLYHASH_STEP + 1);
    h->next_power = chi;
    h->acc = (gf_acc){{0}, {0}};
}

/* sum of next_power * chi^i * v[i]. A full step takes one reduction and two products beyond the
 * sum itself. */
void polyhash_add(polyhash *h, const block *v, size_t n)
{
    while (n > 0) {
        const size_t count = min_size(n, POLYHASH_STEP);
        gf_acc inner = {{0}, {0}};
        gf_dot_add(&inner, h->powers, v, count);
        const block sum = gf_reduce(&inner);
        gf_dot_add(&h->acc, &h->next_power, &sum, 1);
        h->next_power = gf_mul(h->next_power, h->powers[count]);
        v += count;
        n -= count;
    }
}

/* next_power *= chi^n by squaring; n is public. */
void polyhash_skip(polyhash *h, size_t n)
{
    block square = h->powers[1];
    for (; n > 0; n >>= 1) {
        if (n & 1)
            h->next_power = gf_mul(h->next_power, square);
        square = gf_mul(square, square);
    }
}

block polyhash_value(const polyhash *h)
{
    return gf_reduce(&h->acc);
}
