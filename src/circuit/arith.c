#include "circuit/arith.h"

#include <string.h>

#include "base/assert.h"
#include "circuit/arith_impl.h"

void arith_const(wire *ret, size_t n, uint64_t value)
{
    for (size_t i = 0; i < n; i++)
        ret[n - 1 - i] = wire_const(i < 64 && (value >> i & 1) != 0);
}

bool arith_is_const(uint64_t *ret_value, const wire *x, size_t n)
{
    uint64_t value = 0;
    for (size_t i = 0; i < n; i++) {
        if (!wire_is_const(x[i]))
            return false;
        value = value << 1 | (x[i] == WIRE_TRUE ? 1u : 0u);
    }
    *ret_value = value;
    return true;
}

size_t arith_width(const wire *x, size_t n, bool is_signed)
{
    if (is_signed) {
        while (n > 1 && x[n - 1] == x[n - 2])
            n--;
    } else {
        while (n > 0 && x[n - 1] == WIRE_FALSE)
            n--;
    }
    return n;
}

wire arith_any(circuit_builder *b, const wire *x, size_t n)
{
    wire any = WIRE_FALSE;
    for (size_t i = 0; i < n; i++)
        any = circuit_or(b, any, x[i]);
    return any;
}

wire arith_carry(circuit_builder *b, wire x, wire y, wire c)
{
    if (x == y || x == c || y == wire_not(c))
        return x;
    if (y == c || x == wire_not(c))
        return y;
    if (x == wire_not(y))
        return c;
    if (wire_is_const(x))
        return x == WIRE_TRUE ? circuit_or(b, y, c) : circuit_and(b, y, c);
    if (wire_is_const(y))
        return y == WIRE_TRUE ? circuit_or(b, x, c) : circuit_and(b, x, c);
    if (wire_is_const(c))
        return c == WIRE_TRUE ? circuit_or(b, x, y) : circuit_and(b, x, y);
    /* Not as arguments of one call: compilers order those as they like, and all parties must have
     * the same gates. */
    const wire right = circuit_xor(b, y, c);
    const wire left = circuit_xor(b, x, c);
    return circuit_xor(b, circuit_and(b, left, right), c);
}

void arith_add_carry(circuit_builder *b, wire *ret, wire *ret_overflow, const wire *x,
                     const wire *y, wire flip, size_t n, wire c, bool is_signed)
{
    for (size_t i = n; i-- > 0;) {
        const wire xi = x[i];
        const wire yi = circuit_xor(b, y[i], flip);
        ret[i] = circuit_xor(b, circuit_xor(b, xi, c), yi);
        if (i == 0 && ret_overflow == NULL)
            return;
        const wire next = arith_carry(b, xi, yi, c);
        if (i == 0)
            *ret_overflow = is_signed ? circuit_xor(b, next, c) : next;
        c = next;
    }
}

void arith_add(circuit_builder *b, wire *ret, wire *ret_overflow, const wire *x, const wire *y,
               size_t n, bool is_signed)
{
    arith_add_carry(b, ret, ret_overflow, x, y, WIRE_FALSE, n, WIRE_FALSE, is_signed);
}

void arith_sub(circuit_builder *b, wire *ret, wire *ret_overflow, const wire *x, const wire *y,
               size_t n, bool is_signed)
{
    arith_add_carry(b, ret, ret_overflow, x, y, WIRE_TRUE, n, WIRE_TRUE, is_signed);
    if (ret_overflow != NULL && !is_signed)
        *ret_overflow = wire_not(*ret_overflow);
}

void arith_negate_if(circuit_builder *b, wire *ret, wire s, const wire *x, size_t n)
{
    wire zero[ARITH_MAX_BITS + 1] = {WIRE_FALSE};
    arith_add_carry(b, ret, NULL, zero, x, s, n, s, false);
}

void arith_neg(circuit_builder *b, wire *ret, wire *ret_overflow, const wire *x, size_t n)
{
    wire zero[ARITH_MAX_BITS] = {WIRE_FALSE};
    arith_sub(b, ret, ret_overflow, zero, x, n, true);
}

/* How many leading bits are the same constant. */
static size_t known_bits(const wire *x, size_t n)
{
    size_t run = 0;
    while (run < n && wire_is_const(x[0]) && x[run] == x[0])
        run++;
    return run;
}

/* x < y for unsigned numbers: the borrow of x - y. */
static wire less_by_borrow(circuit_builder *b, const wire *x, const wire *y, size_t n)
{
    wire c = WIRE_TRUE;
    for (size_t i = n; i-- > 0;)
        c = arith_carry(b, x[i], wire_not(y[i]), c);
    return wire_not(c);
}

/* x < y by some bits, equal or not, and those behind them: a constant of ones is the greater where
 * they differ, so that x, if it is the constant, is less only if they are equal. */
static wire less_behind(circuit_builder *b, wire equal, wire less, bool if_equal)
{
    return if_equal ? circuit_and(b, equal, less) : circuit_or(b, wire_not(equal), less);
}

/* Of shorter runs, and in numbers of no more bits, too little is shared. */
#define SHARED_MIN_BITS 8
/* The first bits of a run are compared last all the same: by them the builder sees which
 * comparisons imply or exclude each other. */
#define LAST_BITS 2

/* x < y for unsigned numbers. What the leading zeros or ones of a constant are compared with comes
 * first, for it is there already when the other number is compared with more constants. */
static wire less_unsigned(circuit_builder *b, const wire *x, const wire *y, size_t n)
{
    const size_t of_x = known_bits(x, n);
    const size_t run = of_x != 0 ? of_x : known_bits(y, n);
    if (run < SHARED_MIN_BITS || n <= SHARED_MIN_BITS)
        return less_by_borrow(b, x, y, n);
    wire less = less_by_borrow(b, x + run, y + run, n - run);
    const wire first = of_x != 0 ? x[0] : y[0];
    const wire *bits = of_x != 0 ? y : x;
    const bool if_equal = (first == WIRE_TRUE) == (of_x != 0);
    wire equal = WIRE_TRUE; /* all of the run but its first bits */
    for (size_t i = LAST_BITS; i < run; i++)
        equal = circuit_and(b, equal, bits[i] ^ first ^ 1u);
    less = less_behind(b, equal, less, if_equal);
    for (size_t i = LAST_BITS; i-- > 0;)
        less = less_behind(b, bits[i] ^ first ^ 1u, less, if_equal);
    return less;
}

wire arith_less(circuit_builder *b, const wire *x, const wire *y, size_t n, bool is_signed)
{
    if (!is_signed)
        return less_unsigned(b, x, y, n);
    /* With both signs flipped the order is the unsigned. */
    const wire rest = less_unsigned(b, x + 1, y + 1, n - 1);
    return wire_not(arith_carry(b, wire_not(x[0]), y[0], wire_not(rest)));
}

wire arith_equal(circuit_builder *b, const wire *x, const wire *y, size_t n)
{
    wire equal = WIRE_TRUE;
    for (size_t i = 0; i < n; i++)
        equal = circuit_and(b, equal, wire_not(circuit_xor(b, x[i], y[i])));
    return equal;
}

wire arith_is_zero(circuit_builder *b, const wire *x, size_t n)
{
    return wire_not(arith_any(b, x, n));
}

void arith_mux(circuit_builder *b, wire *ret, wire s, const wire *t, const wire *f, size_t n)
{
    for (size_t i = 0; i < n; i++)
        ret[i] = circuit_mux(b, s, t[i], f[i]);
}

/* Shifts by `distance` if s; most significant bit first. */
static void shift_if(circuit_builder *b, wire *x, size_t n, wire s, size_t distance, bool left,
                     wire fill)
{
    wire shifted[ARITH_MAX_BITS];
    for (size_t i = 0; i < n; i++) {
        if (left)
            shifted[i] = i + distance < n ? x[i + distance] : fill;
        else
            shifted[i] = i >= distance ? x[i - distance] : fill;
    }
    arith_mux(b, x, s, shifted, x, n);
}

void arith_shift(circuit_builder *b, wire *ret, wire *ret_overflow, const wire *x, size_t n,
                 const wire *amount, bool left, bool is_signed)
{
    PT_ASSERT(n >= 1 && n <= ARITH_MAX_BITS);
    wire limit[8];
    arith_const(limit, 8, n);
    const wire in_range = arith_less(b, amount, limit, 8, false);
    const wire fill = is_signed && !left ? x[0] : WIRE_FALSE;
    memmove(ret, x, n * sizeof *ret);
    for (size_t k = 0; (size_t)1 << k < n; k++)
        shift_if(b, ret, n, amount[7 - k], (size_t)1 << k, left, fill);
    *ret_overflow = wire_not(in_range);
}
