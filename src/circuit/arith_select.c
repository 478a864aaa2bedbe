/* Reading and writing one element of an array at a secret index. */
#include <string.h>

#include "base/assert.h"
#include "base/mem.h"
#include "circuit/arith_impl.h"

#define MAX_INDEX_BITS 64
/* Tables are looked up through all products of at most this many index bits. */
#define MAX_PRODUCT_BITS 12

/* Index bit k, from the least significant; false above. */
static wire index_bit(const wire *index, size_t n_index, size_t k)
{
    return k < n_index ? index[n_index - 1 - k] : WIRE_FALSE;
}

/* Bits that number `count` elements. */
static size_t bits_for(size_t count)
{
    size_t n = 0;
    while (n < MAX_INDEX_BITS - 1 && count > (size_t)1 << n)
        n++;
    return n;
}

/* One of the index bits that no element in bounds has. */
static wire any_high_bit(circuit_builder *b, size_t count, const wire *index, size_t n_index)
{
    const size_t n_low = bits_for(count);
    return n_index > n_low ? arith_any(b, index, n_index - n_low) : WIRE_FALSE;
}

static wire out_of_bounds(circuit_builder *b, size_t count, const wire *index, size_t n_index)
{
    wire limit[MAX_INDEX_BITS];
    const size_t n_low = bits_for(count);
    if (n_index < n_low)
        return WIRE_FALSE;
    const wire high = any_high_bit(b, count, index, n_index);
    if (count == (size_t)1 << n_low)
        return high;
    arith_const(limit, n_low, count);
    const wire in_bounds = arith_less(b, index + n_index - n_low, limit, n_low, false);
    return circuit_or(b, high, wire_not(in_bounds));
}

/* Halves the elements with each index bit: count - 1 muxes of `width` bits. Bits of the index below
 * `first` are not looked at. */
static void mux_tree(circuit_builder *b, wire *ret, const wire *elements, size_t count,
                     size_t width, const wire *index, size_t n_index, size_t first)
{
    wire *half = mem_new(count / 2 + 1, width * sizeof *half);
    if (half == NULL) {
        circuit_builder_fail(b, PT_ERR_MEMORY);
        return;
    }
    const wire *from = elements;
    for (size_t k = first; count > 1; k++) {
        const wire s = index_bit(index, n_index, k);
        for (size_t i = 0; i < count / 2; i++)
            arith_mux(b, half + i * width, s, from + (2 * i + 1) * width, from + 2 * i * width,
                      width);
        if (count % 2 != 0)
            memmove(half + count / 2 * width, from + (count - 1) * width, width * sizeof *half);
        count = count / 2 + count % 2;
        from = half;
    }
    memmove(ret, from, width * sizeof *ret);
    mem_free(half);
}

/* --- constant elements --- */

/* How many index bits to look up at once: 2^n - n - 1 ANDs for their products, and a mux tree over
 * what is left. */
static size_t best_product_bits(size_t count, size_t width)
{
    size_t best = 0;
    size_t best_cost = SIZE_MAX;
    for (size_t n = 0; n <= MAX_PRODUCT_BITS && n <= bits_for(count); n++) {
        const size_t block = (size_t)1 << n;
        const size_t cost = block - n - 1 + ((count - 1) >> n) * width;
        if (cost < best_cost) {
            best = n;
            best_cost = cost;
        }
    }
    return best;
}

/* products[m] = AND of the index bits in the set m. */
static void make_products(circuit_builder *b, wire *products, size_t n, const wire *index,
                          size_t n_index)
{
    products[0] = WIRE_TRUE;
    for (size_t k = 0; k < n; k++) {
        const size_t half = (size_t)1 << k;
        for (size_t m = 0; m < half; m++)
            products[half + m] = circuit_and(b, products[m], index_bit(index, n_index, k));
    }
}

/* The function with these 2^n values as a XOR of products: its algebraic normal form. */
static wire look_up(circuit_builder *b, uint8_t *values, const wire *products, size_t n)
{
    wire sum = WIRE_FALSE;
    const size_t size = (size_t)1 << n;
    for (size_t half = 1; half < size; half *= 2) {
        for (size_t m = 0; m < size; m++) {
            if ((m & half) != 0)
                values[m] ^= values[m ^ half];
        }
    }
    for (size_t m = 0; m < size; m++) {
        if (values[m] != 0)
            sum = circuit_xor(b, sum, products[m]);
    }
    return sum;
}

static void select_const(circuit_builder *b, wire *ret, const wire *elements, size_t count,
                         size_t width, const wire *index, size_t n_index)
{
    const size_t n = best_product_bits(count, width);
    const size_t block = (size_t)1 << n;
    const size_t n_blocks = ((count - 1) >> n) + 1;
    wire *products = mem_new(block, sizeof *products);
    uint8_t *values = mem_new(block, sizeof *values);
    wire *looked_up = mem_new(n_blocks, width * sizeof *looked_up);
    if (products == NULL || values == NULL || looked_up == NULL) {
        circuit_builder_fail(b, PT_ERR_MEMORY);
        goto done;
    }
    make_products(b, products, n, index, n_index);
    for (size_t i = 0; i < n_blocks * width; i++) {
        const size_t first = i / width * block;
        for (size_t m = 0; m < block; m++)
            values[m] = first + m < count && elements[(first + m) * width + i % width] == WIRE_TRUE;
        looked_up[i] = look_up(b, values, products, n);
    }
    mux_tree(b, ret, looked_up, n_blocks, width, index, n_index, n);
done:
    mem_free(products);
    mem_free(values);
    mem_free(looked_up);
}

static bool all_const(const wire *elements, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (!wire_is_const(elements[i]))
            return false;
    }
    return true;
}

/* --- */

void arith_select(circuit_builder *b, wire *ret, wire *ret_out_of_bounds, const wire *elements,
                  size_t count, size_t width, const wire *index, size_t n_index)
{
    PT_ASSERT(n_index <= MAX_INDEX_BITS);
    uint64_t known;
    *ret_out_of_bounds = out_of_bounds(b, count, index, n_index);
    /* Leading zeros of the index leave the later elements out of reach. */
    size_t n_used = n_index;
    while (n_used > 0 && index[n_index - n_used] == WIRE_FALSE)
        n_used--;
    if (n_used < bits_for(count))
        count = (size_t)1 << n_used;

    if (arith_is_const(&known, index, n_index)) {
        for (size_t i = 0; i < width; i++)
            ret[i] = known < count ? elements[known * width + i] : WIRE_FALSE;
    } else if (count == 0 || width == 0) {
        for (size_t i = 0; i < width; i++)
            ret[i] = WIRE_FALSE;
    } else if (all_const(elements, count * width)) {
        select_const(b, ret, elements, count, width, index, n_index);
    } else {
        mux_tree(b, ret, elements, count, width, index, n_index, 0);
    }
}

/* is_at[k] = (index = k), count - 1 ANDs and a few; true nowhere when out of bounds, which is
 * returned. Each step splits the ranges of elements with one more index bit. */
static wire decode(circuit_builder *b, wire *is_at, size_t count, const wire *index, size_t n_index)
{
    is_at[0] = wire_not(any_high_bit(b, count, index, n_index));
    wire out = wire_not(is_at[0]);
    for (size_t k = bits_for(count); k-- > 0;) {
        const wire bit = index_bit(index, n_index, k);
        const size_t n_ranges = ((count - 1) >> k) + 1; /* after this step */
        for (size_t i = (n_ranges + 1) / 2; i-- > 0;) {
            const wire upper = circuit_and(b, is_at[i], bit);
            const wire lower = circuit_xor(b, is_at[i], upper);
            if (2 * i + 1 < n_ranges)
                is_at[2 * i + 1] = upper;
            else
                out = circuit_xor(b, out, upper);
            is_at[2 * i] = lower;
        }
    }
    return out;
}

void arith_store(circuit_builder *b, wire *elements, wire *ret_out_of_bounds, size_t count,
                 size_t width, const wire *index, size_t n_index, const wire *value)
{
    PT_ASSERT(n_index <= MAX_INDEX_BITS);
    uint64_t known;
    *ret_out_of_bounds = WIRE_TRUE;
    if (arith_is_const(&known, index, n_index)) {
        *ret_out_of_bounds = wire_const(known >= count);
        if (known < count && width != 0)
            memcpy(elements + known * width, value, width * sizeof *elements);
        return;
    }
    if (count == 0)
        return;
    wire *is_at = mem_new(count, sizeof *is_at);
    if (is_at == NULL) {
        circuit_builder_fail(b, PT_ERR_MEMORY);
        return;
    }
    *ret_out_of_bounds = decode(b, is_at, count, index, n_index);
    for (size_t i = 0; i < count; i++)
        arith_mux(b, elements + i * width, is_at[i], value, elements + i * width, width);
    mem_free(is_at);
}
