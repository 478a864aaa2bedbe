/* Multiplication with about n^2/2 ANDs, and its overflow with about 6n more.
 *
 * For bits, 2xy = x + y - (x ^ y). Summed over all pairs of bits with their weights, twice the
 * product is a sum of XORs of bits, which cost nothing, and of x and y, so that only the adders
 * cost: half of what a product of AND gates does. Inside this file the LEAST significant bit comes
 * first. */
#include <string.h>

#include "base/assert.h"
#include "circuit/arith_impl.h"

/* A column of the sum has at most a bit for each row, four for x and y, and the carries of the
 * column below: half as many as that one had bits, and one for each pair of equal bits. */
#define MAX_COLUMN_BITS (4 * ARITH_MAX_BITS)

/* A sum of bits with weights, one column after the other. */
typedef struct column_sum {
    circuit_builder *b;
    wire bits[MAX_COLUMN_BITS]; /* of the present column */
    size_t n_bits;
    wire carries[MAX_COLUMN_BITS]; /* bits of the next */
    size_t n_carries;
    unsigned ones;    /* constant ones in the present column */
    unsigned borrows; /* -1 in this column or below: a one in each column from there on */
} column_sum;

/* Adds `bit` to the present column. Two equal bits are one carry, two complements a constant. */
static void add_bit(column_sum *s, wire bit)
{
    if (wire_is_const(bit)) {
        s->ones += bit;
        return;
    }
    for (size_t i = 0; i < s->n_bits; i++) {
        if ((s->bits[i] | 1u) != (bit | 1u))
            continue;
        if (s->bits[i] == bit)
            s->carries[s->n_carries++] = bit;
        else
            s->ones++;
        s->bits[i] = s->bits[--s->n_bits];
        return;
    }
    PT_ASSERT(s->n_bits < MAX_COLUMN_BITS - 2);
    s->bits[s->n_bits++] = bit;
}

/* Adds or subtracts: -t = !t - 1. */
static void add_term(column_sum *s, wire bit, bool negative)
{
    add_bit(s, negative ? wire_not(bit) : bit);
    if (negative)
        s->borrows++;
}

/* Returns the sum's bit of the present column and goes on to the next. The last column needs no
 * carries. */
static wire finish_column(column_sum *s, bool last)
{
    circuit_builder *b = s->b;
    const unsigned ones = s->ones + s->borrows;
    /* The constant comes last: with a single bit left it makes a half adder free. */
    s->bits[s->n_bits++] = wire_const(ones % 2 != 0);
    s->bits[s->n_bits] = WIRE_FALSE;
    wire sum = s->bits[0];
    for (size_t i = 1; i < s->n_bits; i += 2) {
        const wire y = s->bits[i];
        const wire z = s->bits[i + 1];
        const wire half_sum = circuit_xor(b, y, sum);
        if (!last && z == WIRE_TRUE) /* y | sum, without complements that would spread */
            s->carries[s->n_carries++] = circuit_xor(b, circuit_and(b, y, sum), half_sum);
        else if (!last)
            s->carries[s->n_carries++] = arith_carry(b, y, z, sum);
        sum = circuit_xor(b, half_sum, z);
    }

    wire carries[MAX_COLUMN_BITS];
    const size_t n_carries = s->n_carries;
    memcpy(carries, s->carries, n_carries * sizeof *carries);
    s->n_bits = s->n_carries = 0;
    s->ones = ones / 2;
    for (size_t i = 0; i < n_carries; i++)
        add_bit(s, carries[i]);
    return sum;
}

/* A factor: the weight of bit i is 2^i, but -2^(n-1) for the top bit of a signed one. */
typedef struct factor {
    const wire *bits;
    size_t n;
    bool is_signed;
} factor;

static bool weight_is_negative(const factor *f, size_t i)
{
    return f->is_signed && i == f->n - 1;
}

/* Adds bit k - shift of the factor, if there is one, to column k. */
static void add_factor_bit(column_sum *s, const factor *f, size_t k, size_t shift, bool negative)
{
    if (k >= shift && k - shift < f->n)
        add_term(s, f->bits[k - shift], negative != weight_is_negative(f, k - shift));
}

/* Column k of xy, or of ~2xy when `doubled`:
 *     2xy = w(y) x + w(x) y - sum over i, j of w_i w_j (x_i ^ y_j)
 * where w is the sum of a factor's weights, 2^n - 1 or, signed, -1. The complement -2xy - 1 is made
 * so that the XORs come in as they are and need no NOT gates. */
static void add_column(column_sum *s, const factor *x, const factor *y, size_t k, bool doubled)
{
    for (size_t i = k < y->n ? 0 : k - y->n + 1; i <= k && i < x->n; i++) {
        const size_t j = k - i;
        const bool negative = weight_is_negative(x, i) != weight_is_negative(y, j);
        if (doubled)
            add_term(s, circuit_xor(s->b, x->bits[i], y->bits[j]), negative);
        else
            add_term(s, circuit_and(s->b, x->bits[i], y->bits[j]), negative);
    }
    if (!doubled)
        return;
    add_factor_bit(s, x, k, 0, false);
    add_factor_bit(s, y, k, 0, false);
    if (!y->is_signed)
        add_factor_bit(s, x, k, y->n, true);
    if (!x->is_signed)
        add_factor_bit(s, y, k, x->n, true);
}

/* ret[n_ret] = the low bits of x y. */
static void multiply(circuit_builder *b, wire *ret, size_t n_ret, const factor *x, const factor *y)
{
    /* With a short factor the ANDs are fewer than the adders for w(y) x + w(x) y. */
    const bool doubled = x->n > 2 && y->n > 2;
    const size_t n_made = n_ret < x->n + y->n ? n_ret : x->n + y->n;
    const size_t n_columns = n_made + (doubled ? 1 : 0);
    column_sum s = {.b = b, .borrows = doubled ? 1 : 0};
    for (size_t k = 0; k < n_columns; k++) {
        add_column(&s, x, y, k, doubled);
        const wire bit = finish_column(&s, k + 1 == n_columns);
        if (!doubled)
            ret[k] = bit;
        else if (k > 0) /* the lowest bit of 2xy is 0 */
            ret[k - 1] = wire_not(bit);
    }
    for (size_t k = n_made; k < n_ret; k++)
        ret[k] = x->is_signed ? ret[n_made - 1] : WIRE_FALSE;
}

/* Whether x has a bit i and y a bit j with i + j >= least. */
static wire any_pair_above(circuit_builder *b, const wire *x, size_t n_x, const wire *y, size_t n_y,
                           size_t least)
{
    wire any = WIRE_FALSE;
    wire y_seen = WIRE_FALSE; /* some y_j, j >= least - i */
    size_t next = n_y;        /* y_next and above are in y_seen */
    for (size_t i = 0; i < n_x; i++) {
        while (next > 0 && next - 1 + i >= least)
            y_seen = circuit_or(b, y_seen, y[--next]);
        any = circuit_or(b, any, circuit_and(b, x[i], y_seen));
    }
    return any;
}

/* Whether leading bits alone tell that x y overflows n bits (Schulte et al., "Integer
 * multiplication with overflow detection or saturation", 2000): bits i, j with i + j >= n. If there
 * are none it fits n + 1 bits. Signed: the same with the bits that differ from the sign, and one
 * position less. */
static wire surely_overflows(circuit_builder *b, size_t n, const factor *x, const factor *y)
{
    wire magnitude[2][ARITH_MAX_BITS];
    const factor *const factors[2] = {x, y};
    size_t n_bits[2];
    for (size_t f = 0; f < 2; f++) {
        const factor *from = factors[f];
        const wire sign = from->is_signed ? from->bits[from->n - 1] : WIRE_FALSE;
        n_bits[f] = from->is_signed ? from->n - 1 : from->n;
        for (size_t i = 0; i < n_bits[f]; i++)
            magnitude[f][i] = circuit_xor(b, from->bits[i], sign);
    }
    return any_pair_above(b, magnitude[0], n_bits[0], magnitude[1], n_bits[1],
                          x->is_signed ? n - 1 : n);
}

/* --- constant factors --- */

/* Bits of a product by a constant before it is cut down to those of the number. */
#define MAX_WIDE_BITS (2 * ARITH_MAX_BITS)

/* A constant as a sum of powers of two with signs, with as few digits as can be (Reitwiesner 1960),
 * and the lowest positive if it can be, which is cheaper. Returns how many are not 0. */
static unsigned signed_digits(int ret_digits[ARITH_MAX_BITS + 1], uint64_t value, bool negative)
{
    const int one = negative ? -1 : 1;
    unsigned n_digits = 0;
    for (size_t i = 0; i <= ARITH_MAX_BITS; i++) {
        ret_digits[i] = 0;
        if ((value & 1) == 0) {
            value >>= 1;
            continue;
        }
        n_digits++;
        /* A run of ones is two digits, and two ones alone may as well stay what they are. */
        const bool ends_run = (value & 2) == 0 || (n_digits == 1 && (value & 15) == 3);
        ret_digits[i] = ends_run ? one : -one;
        value = ends_run ? value >> 1 : (value >> 1) + 1;
    }
    return n_digits;
}

/* A number of which bits from `width` on repeat the last. */
typedef struct wide_sum {
    wire bits[MAX_WIDE_BITS];
    size_t width;
} wide_sum;

/* Extends to `n` bits, if there are fewer. */
static void wide_extend(wide_sum *s, size_t n)
{
    for (size_t i = s->width; i < n; i++)
        s->bits[i] = s->bits[s->width - 1];
    s->width = n;
}

/* sum += digit * x * 2^shift, modulo 2^most. */
static void add_shifted(circuit_builder *b, wide_sum *sum, size_t most, const wide_sum *x,
                        size_t shift, int digit)
{
    const wire flip = digit < 0 ? WIRE_TRUE : WIRE_FALSE;
    const size_t higher = sum->width > x->width + shift ? sum->width : x->width + shift;
    wire carry = flip;
    wide_extend(sum, higher + 1 < most ? higher + 1 : most);
    for (size_t i = shift; i < sum->width; i++) {
        const wire addend = x->bits[i - shift < x->width ? i - shift : x->width - 1] ^ flip;
        const wire bit = sum->bits[i];
        sum->bits[i] = circuit_xor(b, circuit_xor(b, bit, carry), addend);
        if (i + 1 < sum->width)
            carry = arith_carry(b, bit, addend, carry);
    }
}

/* ret = the low n_ret bits of x times the digits. */
static void multiply_digits(circuit_builder *b, wire *ret, size_t n_ret, const wide_sum *x,
                            const int *digits)
{
    wide_sum sum = {.bits = {WIRE_FALSE}, .width = 1};
    /* A positive digit first: adding it to zero is free. */
    size_t first = 0;
    while (first <= ARITH_MAX_BITS && digits[first] <= 0)
        first++;
    if (first < n_ret && first <= ARITH_MAX_BITS)
        add_shifted(b, &sum, n_ret, x, first, 1);
    for (size_t i = 0; i < n_ret && i <= ARITH_MAX_BITS; i++) {
        if (digits[i] != 0 && i != first)
            add_shifted(b, &sum, n_ret, x, i, digits[i]);
    }
    wide_extend(&sum, n_ret);
    memcpy(ret, sum.bits, n_ret * sizeof *ret);
}

/* A constant, least significant bit first. */
static void const_bits(wire *ret, size_t n, uint64_t value)
{
    for (size_t i = 0; i < n; i++)
        ret[i] = wire_const((value >> i & 1) != 0);
}

/* The carry out of x + !y + c over n bits. With c = 1: x >= y. */
static wire compare_carry(circuit_builder *b, const wire *x, const wire *y, size_t n, wire c)
{
    for (size_t i = 0; i < n; i++)
        c = arith_carry(b, x[i], wire_not(y[i]), c);
    return c;
}

/* Whether x * value overflows n bits: x > max. */
static wire const_overflow_unsigned(circuit_builder *b, const wire *x, size_t n, uint64_t value)
{
    wire most[ARITH_MAX_BITS];
    const_bits(most, n, (UINT64_MAX >> (64 - n)) / value);
    return wire_not(compare_carry(b, most, x, n, WIRE_TRUE));
}

/* Whether x * (+-magnitude) overflows n bits; the magnitude is no power of two. With u = x, or -x -
 * 1 for negative x, and L = (2^(n-1) - 1) / magnitude it does when u > L, or u > L - 1 for x < 0.
 */
static wire const_overflow_signed(circuit_builder *b, const wire *x, size_t n, uint64_t magnitude)
{
    const wire sign = x[n - 1];
    wire most[ARITH_MAX_BITS];
    wire u[ARITH_MAX_BITS];
    for (size_t i = 0; i + 1 < n; i++)
        u[i] = circuit_xor(b, x[i], sign);
    const_bits(most, n, (((uint64_t)1 << (n - 1)) - 1) / magnitude);
    return wire_not(compare_carry(b, most, u, n - 1, wire_not(sign)));
}

/* Whether a wide product does not fit n bits. */
static wire is_wider(circuit_builder *b, const wire *product, size_t n_product, size_t n,
                     bool is_signed)
{
    wire any = WIRE_FALSE;
    for (size_t i = n; i < n_product; i++) {
        const wire bit = is_signed ? circuit_xor(b, product[i], product[n - 1]) : product[i];
        any = circuit_or(b, any, bit);
    }
    return any;
}

static size_t bits_of(uint64_t value)
{
    size_t n = 0;
    while (n < 64 && value >> n != 0)
        n++;
    return n;
}

/* Overflow is a bit of the product above the n that are wanted, or x above a limit: taken is what
 * takes fewer ANDs. Every digit but one takes an adder, as wide as there are bits above. */
static bool is_wide_better(const wire *x, size_t n, uint64_t magnitude, unsigned n_digits)
{
    const bool is_power = (magnitude & (magnitude - 1)) == 0;
    return is_power || n_digits * bits_of(magnitude) < arith_width(x, n, false);
}

static void multiply_const_checked(circuit_builder *b, wire *ret, wire *ret_overflow, size_t n,
                                   const wire *x, uint64_t value, bool is_signed)
{
    const bool negative = is_signed && (value >> (n - 1) & 1) != 0;
    const uint64_t magnitude = negative ? (~value + 1) & (UINT64_MAX >> (64 - n)) : value;
    int digits[ARITH_MAX_BITS + 1];
    wire product[MAX_WIDE_BITS];
    wide_sum wide = {.bits = {WIRE_FALSE}, .width = is_signed ? n : n + 1};
    const unsigned n_digits = signed_digits(digits, magnitude, negative);
    const bool is_wide = ret_overflow != NULL && is_wide_better(x, n, magnitude, n_digits);
    const size_t n_product = is_wide ? n + bits_of(magnitude) : n;
    memcpy(wide.bits, x, n * sizeof *x);
    multiply_digits(b, product, n_product, &wide, digits);
    memcpy(ret, product, n * sizeof *ret);
    if (is_wide)
        *ret_overflow = is_wider(b, product, n_product, n, is_signed);
    else if (ret_overflow != NULL && is_signed)
        *ret_overflow = const_overflow_signed(b, x, n, magnitude);
    else if (ret_overflow != NULL)
        *ret_overflow = const_overflow_unsigned(b, x, n, magnitude);
}

/* --- */

static factor factor_of(const wire *x, size_t n, size_t zeros, bool is_signed)
{
    return (factor){x + zeros, arith_width(x + zeros, n - zeros, is_signed), is_signed};
}

/* x y modulo 2^n. Zero bits below the factors, and zeros or repeated signs above them, cost
 * nothing. */
static void multiply_any(circuit_builder *b, wire *ret, wire *ret_overflow, const wire *x,
                         const wire *y, size_t n, bool is_signed)
{
    size_t x_zeros = 0, y_zeros = 0;
    while (x_zeros + 1 < n && x[x_zeros] == WIRE_FALSE)
        x_zeros++;
    while (x_zeros + y_zeros + 1 < n && y[y_zeros] == WIRE_FALSE)
        y_zeros++;
    const size_t zeros = x_zeros + y_zeros;
    const size_t n_left = n - zeros;
    const factor x_high = factor_of(x, n, x_zeros, is_signed);
    const factor y_high = factor_of(y, n, y_zeros, is_signed);
    wire product[ARITH_MAX_BITS + 1] = {WIRE_FALSE};
    multiply(b, product, ret_overflow == NULL ? n_left : n_left + 1, &x_high, &y_high);
    for (size_t i = 0; i < n; i++)
        ret[i] = i < zeros ? WIRE_FALSE : product[i - zeros];
    if (ret_overflow == NULL)
        return;
    const factor x_all = factor_of(x, n, 0, is_signed);
    const factor y_all = factor_of(y, n, 0, is_signed);
    const wire top =
        is_signed ? circuit_xor(b, product[n_left], product[n_left - 1]) : product[n_left];
    *ret_overflow = circuit_or(b, top, surely_overflows(b, n, &x_all, &y_all));
}

void arith_mul(circuit_builder *b, wire *ret, wire *ret_overflow, const wire *x, const wire *y,
               size_t n, bool is_signed)
{
    PT_ASSERT(n >= 1 && n <= ARITH_MAX_BITS);
    wire x_bits[ARITH_MAX_BITS] = {WIRE_FALSE};
    wire y_bits[ARITH_MAX_BITS] = {WIRE_FALSE};
    wire product[ARITH_MAX_BITS];
    uint64_t value;
    arith_reverse(x_bits, x, n);
    arith_reverse(y_bits, y, n);
    if (arith_is_const(&value, y, n))
        multiply_const_checked(b, product, ret_overflow, n, x_bits, value, is_signed);
    else if (arith_is_const(&value, x, n))
        multiply_const_checked(b, product, ret_overflow, n, y_bits, value, is_signed);
    else
        multiply_any(b, product, ret_overflow, x_bits, y_bits, n, is_signed);
    arith_reverse(ret, product, n);
}
