/* Division with about n^2/2 ANDs.
 *
 * Non-restoring: after step t the partial remainder r, of the first t bits of x, is that of the
 * school method or y less, and its sign says which, so the next step adds or subtracts y (a sign
 * that flips y's bits costs nothing) and no step selects. r lies in [-y, y). While y may have more
 * than t bits, r is kept modulo 2^(t+1) only: if y really has more, r is negative, which is known
 * from y alone. Hence step t costs t ANDs and not n. Inside this file the LEAST significant bit
 * comes first. */
#include <string.h>

#include "base/assert.h"
#include "base/min.h"
#include "circuit/arith_impl.h"

/* One division in progress. */
typedef struct division {
    circuit_builder *b;
    const wire *y;
    size_t n_y;
    wire large[ARITH_MAX_BITS + 1]; /* large[t]: y has a bit t or higher */
    wire r[ARITH_MAX_BITS + 2];     /* two's complement; bits from n_r on are not kept */
    size_t n_r;
    wire subtract; /* r is not negative, so y is subtracted next */
} division;

static void find_large(division *d, size_t n)
{
    wire large = WIRE_FALSE;
    for (size_t t = ARITH_MAX_BITS + 1; t-- > 0;) {
        if (t < d->n_y)
            large = circuit_or(d->b, large, d->y[t]);
        if (t <= n)
            d->large[t] = large;
    }
}

/* Step t takes bit `x` in and returns the quotient's bit. */
static wire divide_step(division *d, size_t t, wire x)
{
    circuit_builder *b = d->b;
    memmove(d->r + 1, d->r, d->n_r * sizeof *d->r);
    d->r[0] = x;
    d->n_r++;
    if (d->large[t] == WIRE_TRUE) /* nothing to subtract yet: r stays as it is, not negative */
        return WIRE_FALSE;

    /* r - y = ~(~r + y): the flag goes to r, on both sides of the adder. */
    const size_t width = (t < d->n_y ? t : d->n_y) + 1;
    const wire subtract = d->subtract;
    wire carry = WIRE_FALSE;
    for (size_t i = 0; i < width; i++) {
        const wire r = circuit_xor(b, i < d->n_r ? d->r[i] : WIRE_FALSE, subtract);
        const wire y = i < d->n_y ? d->y[i] : WIRE_FALSE;
        const wire sum = circuit_xor(b, circuit_xor(b, r, carry), y);
        d->r[i] = circuit_xor(b, sum, subtract);
        if (i + 1 < width)
            carry = arith_carry(b, r, y, carry);
    }
    d->n_r = width;
    d->subtract = circuit_and(b, wire_not(d->large[t]), wire_not(d->r[width - 1]));
    return d->subtract;
}

/* r + y if r is negative, on n bits. */
static void restore(division *d, wire *ret, size_t n)
{
    wire carry = WIRE_FALSE;
    for (size_t i = 0; i < n; i++) {
        const wire y = i < d->n_y ? circuit_and(d->b, d->y[i], wire_not(d->subtract)) : WIRE_FALSE;
        ret[i] = circuit_xor(d->b, circuit_xor(d->b, d->r[i], carry), y);
        if (i + 1 < n)
            carry = arith_carry(d->b, d->r[i], y, carry);
    }
}

/* Unsigned quotient[n] and remainder[n]; unspecified for y = 0. */
static void divide(circuit_builder *b, wire *quotient, wire *remainder, const wire *x,
                   const wire *y, size_t n)
{
    const size_t n_x = arith_width(x, n, false);
    const size_t n_y = arith_width(y, n, false);
    for (size_t i = 0; i < n; i++)
        quotient[i] = remainder[i] = WIRE_FALSE;
    if (n_y == 1 && y[0] == WIRE_TRUE) {
        memcpy(quotient, x, n * sizeof *quotient);
        return;
    }
    division d = {.b = b, .y = y, .n_y = n_y, .subtract = WIRE_TRUE};
    find_large(&d, n_x);
    for (size_t t = 1; t <= n_x; t++)
        quotient[n_x - t] = divide_step(&d, t, x[n_x - t]);
    restore(&d, remainder, min_size(n_x, n_y));
}

/* The same; zero bits below the divisor cost nothing. */
static void divide_shifted(circuit_builder *b, wire *quotient, wire *remainder, const wire *x,
                           const wire *y, size_t n)
{
    size_t zeros = 0;
    wire high[ARITH_MAX_BITS];
    while (zeros + 1 < n && y[zeros] == WIRE_FALSE)
        zeros++;
    divide(b, quotient, high, x + zeros, y + zeros, n - zeros);
    for (size_t i = n - zeros; i < n; i++)
        quotient[i] = WIRE_FALSE;
    for (size_t i = 0; i < n; i++)
        remainder[i] = i < zeros ? x[i] : high[i - zeros];
}

/* |x| as n unsigned bits. Repeated signs cost nothing. */
static void magnitude(circuit_builder *b, wire *ret, const wire *x, size_t n)
{
    const size_t width = arith_width(x, n, true);
    wire most_first[ARITH_MAX_BITS] = {WIRE_FALSE};
    arith_reverse(most_first, x, width);
    arith_negate_if(b, most_first, x[n - 1], most_first, width);
    arith_reverse(ret, most_first, width);
    for (size_t i = width; i < n; i++)
        ret[i] = WIRE_FALSE;
}

static void negate_if(circuit_builder *b, wire *x, wire s, size_t n)
{
    wire most_first[ARITH_MAX_BITS] = {WIRE_FALSE};
    arith_reverse(most_first, x, n);
    arith_negate_if(b, most_first, s, most_first, n);
    arith_reverse(x, most_first, n);
}

/* Signed x by 2^shift: rounds towards zero by adding 2^shift - 1 to a negative x. */
static void divide_by_power(circuit_builder *b, wire *quotient, wire *remainder, const wire *x,
                            size_t shift, size_t n)
{
    const wire sign = x[n - 1];
    const wire round_up = circuit_and(b, sign, arith_any(b, x, shift));
    wire carry = round_up;
    for (size_t i = 0; i < n; i++) {
        const wire bit = i + shift < n ? x[i + shift] : sign;
        quotient[i] = circuit_xor(b, bit, carry);
        if (i + shift + 1 < n) /* the carry implies the sign */
            carry = circuit_and(b, bit, carry);
        remainder[i] = i < shift ? x[i] : round_up;
    }
}

static bool is_power_of_two(uint64_t v)
{
    return v != 0 && (v & (v - 1)) == 0;
}

static void divide_signed(circuit_builder *b, wire *quotient, wire *remainder, wire *ret_by_zero,
                          wire *ret_overflow, const wire *x, const wire *y, size_t n)
{
    wire x_size[ARITH_MAX_BITS] = {WIRE_FALSE};
    wire y_size[ARITH_MAX_BITS] = {WIRE_FALSE};
    wire most_first[ARITH_MAX_BITS];
    const wire x_sign = x[n - 1];
    const wire y_sign = y[n - 1];
    uint64_t divisor;
    magnitude(b, y_size, y, n);
    arith_reverse(most_first, y_size, n);
    *ret_by_zero = arith_is_zero(b, most_first, n); /* the same gates as find_large */
    *ret_overflow = WIRE_FALSE;
    if (arith_is_const(&divisor, most_first, n) && is_power_of_two(divisor)) {
        size_t shift = 0;
        while (divisor >> shift != 1)
            shift++;
        divide_by_power(b, quotient, remainder, x, shift, n);
        if (shift == 0) {
            const wire is_min = circuit_and(b, x_sign, wire_not(arith_any(b, x, n - 1)));
            *ret_overflow = circuit_and(b, is_min, y_sign);
        }
        negate_if(b, quotient, y_sign, n);
        return;
    }
    magnitude(b, x_size, x, n);
    divide_shifted(b, quotient, remainder, x_size, y_size, n);
    /* Only MIN / 1 and MIN / -1 have a magnitude that needs the top bit. */
    *ret_overflow = circuit_and(b, quotient[n - 1], y_sign);
    negate_if(b, quotient, circuit_xor(b, x_sign, y_sign), n);
    negate_if(b, remainder, x_sign, n);
}

void arith_div(circuit_builder *b, wire *ret_quotient, wire *ret_remainder, wire *ret_by_zero,
               wire *ret_overflow, const wire *x, const wire *y, size_t n, bool is_signed)
{
    PT_ASSERT(n >= 1 && n <= ARITH_MAX_BITS);
    wire x_bits[ARITH_MAX_BITS] = {WIRE_FALSE};
    wire y_bits[ARITH_MAX_BITS] = {WIRE_FALSE};
    wire quotient[ARITH_MAX_BITS];
    wire remainder[ARITH_MAX_BITS];
    arith_reverse(x_bits, x, n);
    arith_reverse(y_bits, y, n);
    if (is_signed) {
        divide_signed(b, quotient, remainder, ret_by_zero, ret_overflow, x_bits, y_bits, n);
    } else {
        divide_shifted(b, quotient, remainder, x_bits, y_bits, n);
        *ret_by_zero = arith_is_zero(b, y, n);
        *ret_overflow = WIRE_FALSE;
    }
    if (ret_quotient != NULL)
        arith_reverse(ret_quotient, quotient, n);
    if (ret_remainder != NULL)
        arith_reverse(ret_remainder, remainder, n);
}
