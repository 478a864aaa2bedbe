/* Sums over leaves: their definition, all k, any number of neighbours, both back-ends. */
#include "crypto/vectors.h"

#include "crypto/fold.h"

#define STRIDE   9
#define V_STRIDE 5
#define V_BLOCKS (STRIDE * V_STRIDE)
#define LEAVES   16

typedef void folding(block *ret_u, block *ret_v, size_t v_stride, const block *g, size_t stride,
                     size_t n, unsigned k);

static folding *const back_ends[] = {fold_leaves_portable, fold_leaves};

static void check_sums(folding *fold, const block *g, size_t n, unsigned k)
{
    block u[STRIDE];
    block v[V_BLOCKS];
    block untouched[V_BLOCKS];
    random_blocks(v, V_BLOCKS, 7);
    memcpy(untouched, v, sizeof v);
    fold(u, v, V_STRIDE, g, STRIDE, n, k);
    for (size_t t = 0; t < n; t++) {
        block all = block_zero();
        block with[4] = {{0, 0}, {0, 0}, {0, 0}, {0, 0}};
        for (size_t y = 0; y < (size_t)1 << k; y++) {
            all = block_xor(all, g[y * STRIDE + t]);
            for (unsigned b = 0; b < k; b++)
                with[b] = block_xor(with[b], block_if((y >> b) & 1u, g[y * STRIDE + t]));
        }
        assert_memory_equal(&u[t], &all, sizeof all);
        for (unsigned b = 0; b < k; b++)
            assert_memory_equal(&v[t * V_STRIDE + b], &with[b], sizeof with[b]);
    }
    for (size_t i = 0; i < V_BLOCKS; i++) {
        if (i % V_STRIDE >= k || i / V_STRIDE >= n)
            assert_memory_equal(&v[i], &untouched[i], sizeof v[i]);
    }
}

static void sums_are_what_they_should_be(void **state)
{
    (void)state;
    static const unsigned depths[] = {1, 2, 4};
    block g[LEAVES * STRIDE];
    random_blocks(g, LEAVES * STRIDE, 1);
    for (size_t i = 0; i < 2; i++) {
        for (size_t d = 0; d < 3; d++) {
            for (size_t n = 0; n <= STRIDE; n++)
                check_sums(back_ends[i], g, n, depths[d]);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sums_are_what_they_should_be),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
