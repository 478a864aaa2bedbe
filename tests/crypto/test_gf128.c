/* The field F: the spec's vectors, its laws, and every back-end against a bit-by-bit product. */
#include "crypto/vectors.h"

#include "crypto/gf128.h"

#define SIZES 41

static const char *const back_ends[] = {"soft", "pclmul", "vpclmul", "vpclmul512"};

static void for_each_back_end(void (*test)(void))
{
    for (size_t i = 0; i < sizeof back_ends / sizeof back_ends[0]; i++) {
        if (gf_force_backend(back_ends[i])) {
            assert_string_equal(gf_backend(), back_ends[i]);
            test();
        } else {
            print_message("back-end %s cannot run here\n", back_ends[i]);
        }
    }
}

/* Shift and add. */
static block multiply(block a, block b)
{
    block ret = block_zero();
    for (unsigned t = 0; t < 128; t++) {
        ret = block_xor(ret, block_if(block_bit(b, t), a));
        const unsigned top = block_bit(a, 127);
        a = block_make(a.hi << 1 | a.lo >> 63, a.lo << 1 ^ (top ? 0x87u : 0u));
    }
    return ret;
}

static void check_vectors(void)
{
    const block a = block_from_hex("000102030405060708090a0b0c0d0e0f");
    const block b = block_from_hex("101112131415161718191a1b1c1d1e1f");
    assert_block_equal(gf_mul(a, b), block_from_hex("c041ee395862761aa00a8e7238291651"));
    assert_block_equal(gf_mul(block_make((uint64_t)1 << 63, 0), block_make(0, 2)),
                       block_from_hex("87000000000000000000000000000000"));
    const block v[3] = {a, b, block_xor(a, b)};
    polyhash h;
    polyhash_init(&h, a);
    polyhash_add(&h, v, 3);
    assert_block_equal(polyhash_value(&h), block_from_hex("55c3e279f6d57e5643bc4809d85adc9f"));
}

static void vectors(void **state)
{
    (void)state;
    for_each_back_end(check_vectors);
}

static void check_products(void)
{
    block v[64];
    random_blocks(v, 60, 1);
    v[60] = block_zero();
    v[61] = block_make(0, 1);
    v[62] = block_make(UINT64_MAX, UINT64_MAX);
    v[63] = block_make((uint64_t)1 << 63, 0);
    for (size_t i = 0; i < 64; i++) {
        for (size_t j = 0; j < 64; j++)
            assert_block_equal(gf_mul(v[i], v[j]), multiply(v[i], v[j]));
    }
    for (unsigned s = 0; s < 128; s++) { /* every pair of single bits */
        for (unsigned t = 0; t < 128; t++) {
            const block x =
                s < 64 ? block_make(0, (uint64_t)1 << s) : block_make((uint64_t)1 << (s - 64), 0);
            const block y =
                t < 64 ? block_make(0, (uint64_t)1 << t) : block_make((uint64_t)1 << (t - 64), 0);
            assert_block_equal(gf_mul(x, y), multiply(x, y));
        }
    }
}

static void products_are_the_defined_ones(void **state)
{
    (void)state;
    for_each_back_end(check_products);
}

static void check_laws(void)
{
    block v[30];
    random_blocks(v, 30, 2);
    for (size_t i = 0; i + 2 < 30; i++) {
        const block a = v[i];
        const block b = v[i + 1];
        const block c = v[i + 2];
        assert_block_equal(gf_mul(a, b), gf_mul(b, a));
        assert_block_equal(gf_mul(gf_mul(a, b), c), gf_mul(a, gf_mul(b, c)));
        assert_block_equal(gf_mul(a, block_xor(b, c)), block_xor(gf_mul(a, b), gf_mul(a, c)));
        assert_block_equal(gf_mul(a, block_make(0, 1)), a);
        block power = a; /* a^(2^128) = a, by Fermat */
        for (unsigned t = 0; t < 128; t++)
            power = gf_mul(power, power);
        assert_block_equal(power, a);
    }
}

static void field_laws_hold(void **state)
{
    (void)state;
    for_each_back_end(check_laws);
}

static void check_sums(void)
{
    block a[SIZES];
    block b[SIZES];
    random_blocks(a, SIZES, 3);
    random_blocks(b, SIZES, 4);
    for (size_t n = 0; n < SIZES; n++) {
        gf_acc acc = {a[0], block_zero()};
        block expected = a[0];
        gf_dot_add(&acc, a, b, n);
        gf_dot_add(&acc, b, a, n / 2);
        for (size_t i = 0; i < n; i++)
            expected = block_xor(expected, multiply(a[i], b[i]));
        for (size_t i = 0; i < n / 2; i++)
            expected = block_xor(expected, multiply(a[i], b[i]));
        assert_block_equal(gf_reduce(&acc), expected);
    }
}

static void sums_of_products(void **state)
{
    (void)state;
    for_each_back_end(check_sums);
}

#define ROWS   11
#define STRIDE (GF_ROW + 3)

static void check_rows(void)
{
    static block rows[ROWS * STRIDE];
    block weights[ROWS];
    random_blocks(rows, ROWS * STRIDE, 5);
    random_blocks(weights, ROWS, 6);
    for (size_t n = 0; n <= ROWS; n++) {
        gf_acc acc[GF_ROW];
        memset(acc, 0x5a, sizeof acc);
        gf_acc expected = acc[0];
        gf_dot_rows(acc, rows, STRIDE, weights, n);
        for (size_t p = 0; p < GF_ROW; p++) {
            gf_acc sum = expected;
            for (size_t t = 0; t < n; t++)
                gf_dot_add(&sum, &rows[t * STRIDE + p], &weights[t], 1);
            assert_memory_equal(&acc[p], &sum, sizeof sum);
        }
    }
}

static void sums_of_many_at_once(void **state)
{
    (void)state;
    for_each_back_end(check_rows);
}

static void check_powers(void)
{
    const block start = block_make(77, 0x1234);
    const block x = block_make(UINT64_MAX, 0x8765);
    for (size_t n = 0; n < SIZES; n++) {
        block got[SIZES + 1];
        memset(got, 0, sizeof got);
        gf_powers(got, start, x, n);
        block expected = start;
        for (size_t i = 0; i < n; i++) {
            assert_block_equal(got[i], expected);
            expected = multiply(expected, x);
        }
        assert_block_equal(got[n], block_zero());
    }
}

static void powers(void **state)
{
    (void)state;
    for_each_back_end(check_powers);
}

#define LONG 300

static block polyhash_defined(block chi, const block *v, size_t n)
{
    block sum = block_zero();
    block power = block_make(0, 1);
    for (size_t i = 0; i < n; i++) {
        power = multiply(power, chi);
        sum = block_xor(sum, multiply(power, v[i]));
    }
    return sum;
}

static void check_polyhash(void)
{
    block v[LONG];
    random_blocks(v, LONG, 5);
    const block chi = v[7];
    for (size_t n = 0; n <= LONG; n += n < 70 ? 1 : 46) {
        const block expected = polyhash_defined(chi, v, n);
        polyhash whole;
        polyhash_init(&whole, chi);
        polyhash_add(&whole, v, n);
        assert_block_equal(polyhash_value(&whole), expected);
        polyhash pieces;
        polyhash_init(&pieces, chi);
        for (size_t at = 0, piece = 0; at < n; piece++) {
            const size_t count = piece % 37 < n - at ? piece % 37 : n - at;
            polyhash_add(&pieces, v + at, count);
            at += count;
        }
        assert_block_equal(polyhash_value(&pieces), expected);
    }
}

static void polyhash_in_pieces(void **state)
{
    (void)state;
    for_each_back_end(check_polyhash);
}

static void check_skip(void)
{
    block v[LONG];
    random_blocks(v, LONG, 6);
    for (size_t skip = 0; skip < 80; skip += 3) {
        memset(v + 11, 0, skip * sizeof v[0]);
        polyhash h;
        polyhash_init(&h, v[0]);
        polyhash_add(&h, v, 11);
        polyhash_skip(&h, skip);
        polyhash_add(&h, v + 11 + skip, 20);
        assert_block_equal(polyhash_value(&h), polyhash_defined(v[0], v, 31 + skip));
    }
}

static void skipping_is_adding_zeros(void **state)
{
    (void)state;
    for_each_back_end(check_skip);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(vectors),
        cmocka_unit_test(products_are_the_defined_ones),
        cmocka_unit_test(field_laws_hold),
        cmocka_unit_test(sums_of_products),
        cmocka_unit_test(sums_of_many_at_once),
        cmocka_unit_test(powers),
        cmocka_unit_test(polyhash_in_pieces),
        cmocka_unit_test(skipping_is_adding_zeros),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
