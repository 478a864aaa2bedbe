#include "crypto/fold.h"

#include <stdatomic.h>

#include "base/compiler.h"
#include "crypto/cpu.h"
#include "crypto/fold_backend.h"

typedef block vec;
#define LANES           ((size_t)1)
#define vec_xor(a, b)   block_xor(a, b)
#define vec_load(p)     (*(p))
#define vec_store(p, v) (*(p) = (v))

static ALWAYS_INLINE void vec_store_rows(block *v, size_t stride, const vec *odd, unsigned k)
{
    (void)stride;
    for (unsigned b = 0; b < k; b++)
        v[b] = odd[b];
}

#include "crypto/fold_impl.h"

typedef void folding(block *ret_u, block *ret_v, size_t v_stride, const block *g, size_t stride,
                     size_t n, unsigned k);

static _Atomic(folding *) active;

void fold_leaves_portable(block *ret_u, block *ret_v, size_t v_stride, const block *g,
                          size_t stride, size_t n, unsigned k)
{
    (void)fold_known(ret_u, ret_v, v_stride, g, stride, n, k);
}

/* Threads that meet here all store the same pointer. */
static NOINLINE folding *fold_choose(void)
{
    folding *found = fold_leaves_portable;
#ifdef CRYPTO_X86
    if (cpu_features() & CPU_AVX2)
        found = fold_leaves_avx2;
#endif
    atomic_store_explicit(&active, found, memory_order_relaxed);
    return found;
}

void fold_leaves(block *ret_u, block *ret_v, size_t v_stride, const block *g, size_t stride,
                 size_t n, unsigned k)
{
    folding *found = atomic_load_explicit(&active, memory_order_relaxed);
    if (found == NULL)
        found = fold_choose();
    found(ret_u, ret_v, v_stride, g, stride, n, k);
}
