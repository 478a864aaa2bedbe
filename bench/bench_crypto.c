/* Time per operation of the crypto kernels, one row per case and back-end: median and minimum of
 * REPEATS runs over warm buffers. `bench_crypto [substring]` runs the cases whose name has it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "crypto/aes.h"
#include "crypto/crypto.h"
#include "crypto/gf128.h"
#include "crypto/hash.h"
#include "crypto/prg.h"
#include "crypto/transpose.h"

#define REPEATS 21
#define BLOCKS  ((size_t)12288) /* 192 KiB a buffer */

static block *a;
static block *b;
static aes_key *keys;

typedef struct bench_case {
    const char *name;
    const char *unit;                /* what one operation is */
    size_t (*run)(size_t parameter); /* returns how many operations it did */
    size_t parameter;
} bench_case;

static size_t run_batch(size_t m)
{
    uint32_t eps[16] = {0};
    const size_t n_tweaks = BLOCKS / m;
    hash_batch(b, a[0], 1, n_tweaks, a, eps, m);
    return n_tweaks;
}

static size_t run_hash_pair(size_t n)
{
    const uint32_t eps[8] = {0};
    for (size_t i = 0; i + 2 * n <= BLOCKS; i += 2 * n)
        hash_pair(b + i, &keys[i % 64], a + i, eps, n);
    return BLOCKS / (2 * n);
}

static size_t run_expand(size_t n)
{
    for (size_t i = 0; i < 4096; i += n)
        aes_key_expand_n(keys + i % 1024, a + i, n);
    return 4096;
}

static size_t run_ctr(size_t n)
{
    for (size_t i = 0; i < BLOCKS; i += n)
        prg_expand(b + i % n, a[i], 0, n);
    return BLOCKS;
}

static size_t run_mul(size_t unused)
{
    (void)unused;
    for (size_t i = 0; i < 4096; i++)
        b[i] = gf_mul(a[i], a[i + 1]);
    return 4096;
}

static size_t run_dot(size_t n)
{
    gf_acc acc = {{0}, {0}};
    for (size_t i = 0; i < BLOCKS; i += n)
        gf_dot_add(&acc, a, b, n);
    b[0] = gf_reduce(&acc);
    return BLOCKS;
}

static size_t run_powers(size_t n)
{
    gf_powers(b, a[0], a[1], n);
    return n;
}

static size_t run_polyhash(size_t n)
{
    polyhash h;
    polyhash_init(&h, a[0]);
    for (size_t i = 0; i < BLOCKS; i += n)
        polyhash_add(&h, a + i, n);
    b[0] = polyhash_value(&h);
    return BLOCKS;
}

static size_t run_transpose(size_t stride)
{
    for (size_t i = 0; i < 64; i++)
        transpose_128(b, a + i, stride);
    return 64;
}

static size_t run_transpose_portable(size_t stride)
{
    for (size_t i = 0; i < 64; i++)
        transpose_128_portable(b, a + i, stride);
    return 64;
}

static const bench_case aes_cases[] = {
    {"hash_batch m=1", "tweak", run_batch, 1},
    {"hash_batch m=2", "tweak", run_batch, 2},
    {"hash_batch m=3", "tweak", run_batch, 3},
    {"hash_batch m=4", "tweak", run_batch, 4},
    {"hash_batch m=6", "tweak", run_batch, 6},
    {"hash_batch m=12", "tweak", run_batch, 12},
    {"hash_pair n=1", "call", run_hash_pair, 1},
    {"hash_pair n=2", "call", run_hash_pair, 2},
    {"hash_pair n=4", "call", run_hash_pair, 4},
    {"hash_pair n=8", "call", run_hash_pair, 8},
    {"aes_key_expand_n 1", "key", run_expand, 1},
    {"aes_key_expand_n 8", "key", run_expand, 8},
    {"aes_key_expand_n 64", "key", run_expand, 64},
    {"prg_expand 4 blocks", "block", run_ctr, 4},
    {"prg_expand 64 blocks", "block", run_ctr, 64},
    {"prg_expand 512 blocks", "block", run_ctr, 512},
};

static const bench_case gf_cases[] = {
    {"gf_mul", "product", run_mul, 0},
    {"gf_dot_add 16", "product", run_dot, 16},
    {"gf_dot_add 1024", "product", run_dot, 1024},
    {"gf_powers 4096", "power", run_powers, 4096},
    {"polyhash_add 64", "block", run_polyhash, 64},
    {"polyhash_add 4096", "block", run_polyhash, 4096},
};

static const bench_case transpose_cases[] = {
    {"transpose_128", "matrix", run_transpose, 1},
    {"transpose_128 stride 64", "matrix", run_transpose, 64},
    {"transpose_128_portable", "matrix", run_transpose_portable, 1},
};

static int by_value(const void *x, const void *y)
{
    const double l = *(const double *)x;
    const double r = *(const double *)y;
    return (l > r) - (l < r);
}

static void measure(const bench_case *c, const char *back_end)
{
    double ns[REPEATS];
    c->run(c->parameter);
    for (size_t i = 0; i < REPEATS; i++) {
        size_t done = 0;
        const uint64_t start = clock_ns();
        uint64_t end = start;
        for (; end - start < 1000000; end = clock_ns())
            done += c->run(c->parameter);
        ns[i] = (double)(end - start) / (double)done;
    }
    qsort(ns, REPEATS, sizeof ns[0], by_value);
    printf("%-26s %-8s %9.2f %9.2f ns/%s\n", c->name, back_end, ns[0], ns[REPEATS / 2], c->unit);
}

static void measure_all(const bench_case *cases, size_t n, const char *back_end, const char *filter)
{
    for (size_t i = 0; i < n; i++) {
        if (strstr(cases[i].name, filter) != NULL)
            measure(&cases[i], back_end);
    }
}

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

int main(int argc, char **argv)
{
    static const char *const aes[] = {"vaes512", "vaes", "aesni", "soft"};
    static const char *const gf[] = {"vpclmul512", "vpclmul", "pclmul", "soft"};
    const char *filter = argc > 1 ? argv[1] : "";
    pt_error error;
    if (crypto_init(&error) != PT_OK) {
        fprintf(stderr, "%s\n", error.message);
        return EXIT_FAILURE;
    }
    a = mem_new_aligned(BLOCKS, sizeof *a);
    b = mem_new_aligned(BLOCKS, sizeof *b);
    keys = mem_new_aligned(1024, sizeof *keys);
    if (a == NULL || b == NULL || keys == NULL)
        return EXIT_FAILURE;
    prg_expand(a, block_make(1, 2), 0, BLOCKS);
    hash_keys(keys, a[0], 0, 1024);

    printf("%-26s %-8s %9s %9s\n", "case", "back-end", "min", "median");
    for (size_t i = 0; i < COUNT_OF(aes); i++) {
        if (aes_force_backend(aes[i]))
            measure_all(aes_cases, COUNT_OF(aes_cases), aes[i], filter);
    }
    for (size_t i = 0; i < COUNT_OF(gf); i++) {
        if (gf_force_backend(gf[i]))
            measure_all(gf_cases, COUNT_OF(gf_cases), gf[i], filter);
    }
    measure_all(transpose_cases, COUNT_OF(transpose_cases), "-", filter);
    mem_free(a);
    mem_free(b);
    mem_free(keys);
    return EXIT_SUCCESS;
}
