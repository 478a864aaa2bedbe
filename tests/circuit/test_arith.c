/* Every gadget against native arithmetic: all operands for widths up to 5, corners and random ones
 * for 8 .. 64, also with operands that are constant, extended, shifted or equal; and its number of
 * AND gates. */
#include "support/test.h"

#include "base/mem.h"
#include "circuit/arith.h"
#include "circuit/eval.h"
#include "support/bits.h"

typedef enum op { OP_ADD, OP_SUB, OP_NEG, OP_MUL, OP_DIV, OP_REM, OP_LESS, OP_EQUAL, N_OPS } op;

static const char *const op_names[N_OPS] = {"add", "sub", "neg",  "mul",
                                            "div", "rem", "less", "equal"};

/* How the operands' wires are made from the input bits. */
typedef enum shape {
    FULL,
    ZERO_EXTENDED, /* upper half false */
    SIGN_EXTENDED, /* upper half all the same wire */
    SHIFTED,       /* lower half false */
    PLUS_MINUS_ONE,
    SAME, /* y is x */
    N_SHAPES
} shape;

typedef struct setup {
    op op;
    size_t n;
    bool is_signed;
    bool with_overflow;
    shape x_shape, y_shape;
    bool y_is_const;
    uint64_t y_const;
} setup;

/* Value bits, then overflow, then division by zero. */
typedef struct outcome {
    uint64_t value;
    bool overflow;
    bool by_zero;
} outcome;

static uint64_t mask(size_t n)
{
    return UINT64_MAX >> (64 - n);
}

static int64_t sign_extend(uint64_t v, size_t n)
{
    const uint64_t sign = (uint64_t)1 << (n - 1);
    return (int64_t)((v ^ sign) - sign);
}

static uint64_t shape_value(uint64_t v, uint64_t x, shape how, size_t n)
{
    const size_t half = n / 2 > 0 ? n / 2 : 1;
    switch (how) {
    case ZERO_EXTENDED:
        return v & mask(half);
    case SIGN_EXTENDED:
        return (uint64_t)sign_extend(v & mask(half), half) & mask(n);
    case SHIFTED:
        return v << (n / 2) & mask(n);
    case PLUS_MINUS_ONE:
        return (v & 1) != 0 ? mask(n) : 1;
    case SAME:
        return x;
    case FULL:
    case N_SHAPES:
        break;
    }
    return v;
}

/* The wires of the same. `v` are n wires, most significant first. */
static void shape_wires(wire *ret, const wire *v, const wire *x, shape how, size_t n)
{
    const size_t half = n / 2 > 0 ? n / 2 : 1;
    for (size_t i = 0; i < n; i++) {
        const size_t k = n - 1 - i; /* the bit's number */
        switch (how) {
        case ZERO_EXTENDED:
            ret[i] = k < half ? v[i] : WIRE_FALSE;
            break;
        case SIGN_EXTENDED:
            ret[i] = k < half ? v[i] : v[n - half];
            break;
        case SHIFTED:
            ret[i] = k >= n / 2 ? v[n - 1 - (k - n / 2)] : WIRE_FALSE;
            break;
        case PLUS_MINUS_ONE:
            ret[i] = k == 0 ? WIRE_TRUE : v[n - 1];
            break;
        case SAME:
            ret[i] = x[i];
            break;
        case FULL:
        case N_SHAPES:
            ret[i] = v[i];
            break;
        }
    }
}

static bool out_of_range(int64_t v, size_t n)
{
    return v != sign_extend((uint64_t)v & mask(n), n);
}

static outcome reference_signed(op what, int64_t x, int64_t y, size_t n)
{
    outcome o = {0};
    int64_t v = 0;
    switch (what) {
    case OP_ADD:
        o.overflow = __builtin_add_overflow(x, y, &v);
        break;
    case OP_NEG:
        y = x;
        x = 0;
        o.overflow = __builtin_sub_overflow(x, y, &v);
        break;
    case OP_SUB:
        o.overflow = __builtin_sub_overflow(x, y, &v);
        break;
    case OP_MUL:
        o.overflow = __builtin_mul_overflow(x, y, &v);
        break;
    case OP_DIV:
    case OP_REM:
        o.by_zero = y == 0;
        o.overflow = y == -1 && x == sign_extend((uint64_t)1 << (n - 1), n);
        if (!o.by_zero && !o.overflow)
            v = what == OP_DIV ? x / y : x % y;
        break;
    case OP_LESS:
        o.value = x < y;
        return o;
    case OP_EQUAL:
        o.value = x == y;
        return o;
    case N_OPS:
        break;
    }
    o.overflow = o.overflow || out_of_range(v, n);
    o.value = (uint64_t)v & mask(n);
    return o;
}

static outcome reference_unsigned(op what, uint64_t x, uint64_t y, size_t n)
{
    outcome o = {0};
    uint64_t v = 0;
    switch (what) {
    case OP_ADD:
        o.overflow = __builtin_add_overflow(x, y, &v);
        break;
    case OP_SUB:
        o.overflow = __builtin_sub_overflow(x, y, &v);
        break;
    case OP_NEG:
        v = (0 - x) & mask(n);
        o.overflow = x == (uint64_t)1 << (n - 1);
        break;
    case OP_MUL:
        o.overflow = __builtin_mul_overflow(x, y, &v);
        break;
    case OP_DIV:
    case OP_REM:
        o.by_zero = y == 0;
        if (!o.by_zero)
            v = what == OP_DIV ? x / y : x % y;
        break;
    case OP_LESS:
        v = x < y;
        break;
    case OP_EQUAL:
        v = x == y;
        break;
    case N_OPS:
        break;
    }
    o.overflow = o.overflow || v > mask(n);
    o.value = v & mask(n);
    return o;
}

static outcome reference(const setup *s, uint64_t x, uint64_t y)
{
    if (s->is_signed)
        return reference_signed(s->op, sign_extend(x, s->n), sign_extend(y, s->n), s->n);
    return reference_unsigned(s->op, x, y, s->n);
}

/* Outputs: n value bits, most significant first, overflow, by zero. */
static void build_op(circuit_builder *b, wire *out, const wire *x, const wire *y, const setup *s)
{
    const size_t n = s->n;
    wire *overflow = s->with_overflow ? &out[n] : NULL;
    wire unused;
    for (size_t i = 0; i < n + 2; i++)
        out[i] = WIRE_FALSE;
    switch (s->op) {
    case OP_ADD:
        arith_add(b, out, overflow, x, y, n, s->is_signed);
        break;
    case OP_SUB:
        arith_sub(b, out, overflow, x, y, n, s->is_signed);
        break;
    case OP_NEG:
        arith_neg(b, out, overflow, x, n);
        break;
    case OP_MUL:
        arith_mul(b, out, overflow, x, y, n, s->is_signed);
        break;
    case OP_DIV:
        arith_div(b, out, NULL, &out[n + 1], overflow != NULL ? overflow : &unused, x, y, n,
                  s->is_signed);
        break;
    case OP_REM:
        arith_div(b, NULL, out, &out[n + 1], overflow != NULL ? overflow : &unused, x, y, n,
                  s->is_signed);
        break;
    case OP_LESS:
        out[n - 1] = arith_less(b, x, y, n, s->is_signed);
        break;
    case OP_EQUAL:
        out[n - 1] = arith_equal(b, x, y, n);
        break;
    case N_OPS:
        break;
    }
}

static pt_circuit *build(const setup *s)
{
    const uint32_t inputs[2] = {(uint32_t)s->n, (uint32_t)s->n};
    circuit_builder *b = circuit_builder_new(inputs, 2, 0);
    wire in[128], x[64], y[64], out[66];
    pt_circuit *c = NULL;
    for (uint32_t i = 0; i < 2 * s->n; i++)
        in[i] = circuit_input(b, i);
    shape_wires(x, in, NULL, s->x_shape, s->n);
    if (s->y_is_const)
        arith_const(y, s->n, s->y_const);
    else
        shape_wires(y, in + s->n, x, s->y_shape, s->n);
    build_op(b, out, x, y, s);
    assert_int_equal(circuit_builder_finish(&c, b, out, s->n + 2, NULL, 0, NULL), PT_OK);
    circuit_builder_free(b);
    return c;
}

static uint64_t lane_value(const uint64_t *words, size_t n, unsigned lane)
{
    uint64_t v = 0;
    for (size_t i = 0; i < n; i++)
        v = v << 1 | (words[i] >> lane & 1);
    return v;
}

/* 64 pairs of raw operands through the circuit and the reference. */
static void check_lanes(const setup *s, const pt_circuit *c, const uint64_t *xs, const uint64_t *ys)
{
    uint64_t in[128] = {0}, out[66];
    for (unsigned lane = 0; lane < 64; lane++) {
        for (size_t i = 0; i < s->n; i++) {
            in[i] |= (xs[lane] >> (s->n - 1 - i) & 1) << lane;
            in[s->n + i] |= (ys[lane] >> (s->n - 1 - i) & 1) << lane;
        }
    }
    assert_int_equal(circuit_eval_lanes(out, c, in, NULL), PT_OK);
    for (unsigned lane = 0; lane < 64; lane++) {
        const uint64_t x = shape_value(xs[lane] & mask(s->n), 0, s->x_shape, s->n);
        const uint64_t y =
            s->y_is_const ? s->y_const : shape_value(ys[lane] & mask(s->n), x, s->y_shape, s->n);
        const outcome want = reference(s, x, y);
        const uint64_t value = lane_value(out, s->n, lane);
        const bool overflow = (out[s->n] >> lane & 1) != 0;
        const bool by_zero = (out[s->n + 1] >> lane & 1) != 0;
        const bool wraps = s->op != OP_DIV && s->op != OP_REM;
        const bool good = by_zero == want.by_zero &&
                          (by_zero || !s->with_overflow || overflow == want.overflow) &&
                          (by_zero || (want.overflow && !wraps) || value == want.value);
        if (!good)
            fail_msg("%s n=%zu signed=%d shapes %d %d const=%d: x=%llx y=%llx gives %llx overflow "
                     "%d zero %d, expected %llx %d %d",
                     op_names[s->op], s->n, s->is_signed, (int)s->x_shape, (int)s->y_shape,
                     s->y_is_const, (unsigned long long)x, (unsigned long long)y,
                     (unsigned long long)value, overflow, by_zero, (unsigned long long)want.value,
                     want.overflow, want.by_zero);
    }
}

static uint64_t next_random(uint64_t *random)
{
    *random ^= *random << 13;
    *random ^= *random >> 7;
    *random ^= *random << 17;
    return *random;
}

/* Numbers of random length, so that products sometimes fit, and corners. */
static uint64_t random_operand(uint64_t *random, size_t n)
{
    const uint64_t v = next_random(random) & mask(n);
    const unsigned kind = next_random(random) % 8;
    const unsigned shift = (unsigned)(next_random(random) % n);
    switch (kind) {
    case 0:
        return (uint64_t)1 << shift;
    case 1:
        return mask(n) >> shift;
    case 2:
        return (v & 3) - 1;
    case 3:
        return ((uint64_t)1 << (n - 1)) - (v & 1);
    case 4:
        return ~(v >> shift);
    case 5:
        return v;
    default:
        return v >> shift;
    }
}

static void check_setup(const setup *s, int n_batches, uint64_t *random)
{
    pt_circuit *c = build(s);
    uint64_t xs[64], ys[64];
    if (s->n <= 5) {
        const uint32_t all = (uint32_t)1 << (2 * s->n);
        for (uint32_t first = 0; first < all; first += 64) {
            for (uint32_t lane = 0; lane < 64; lane++) {
                xs[lane] = (first + lane) >> s->n & mask(s->n);
                ys[lane] = (first + lane) & mask(s->n);
            }
            check_lanes(s, c, xs, ys);
        }
    } else {
        for (int batch = 0; batch < n_batches; batch++) {
            for (unsigned lane = 0; lane < 64; lane++) {
                xs[lane] = random_operand(random, s->n) & mask(s->n);
                ys[lane] = random_operand(random, s->n) & mask(s->n);
            }
            check_lanes(s, c, xs, ys);
        }
    }
    pt_circuit_free(c);
}

static const size_t wide[] = {8, 16, 32, 64};

static void operations_equal_native_arithmetic(void **state)
{
    (void)state;
    uint64_t random = 88172645463325252u;
    for (size_t i = 0; i < 9; i++) {
        const size_t n = i < 5 ? i + 1 : wide[i - 5];
        for (int what = 0; what < N_OPS; what++) {
            for (int flags = 0; flags < 4; flags++) {
                const setup s = {.op = (op)what,
                                 .n = n,
                                 .is_signed = (flags & 1) != 0,
                                 .with_overflow = (flags & 2) != 0};
                check_setup(&s, 30, &random);
            }
        }
    }
}

static void shaped_operands_equal_native_arithmetic(void **state)
{
    (void)state;
    uint64_t random = 88172645463325252u;
    static const size_t widths[] = {1, 2, 3, 4, 5, 8, 32, 64};
    for (size_t i = 0; i < sizeof widths / sizeof *widths; i++) {
        for (int shapes = 1; shapes < N_SHAPES * N_SHAPES; shapes++) {
            for (int what = 0; what < N_OPS * 2; what++) {
                const setup s = {.op = (op)(what / 2),
                                 .n = widths[i],
                                 .is_signed = what % 2 != 0,
                                 .with_overflow = true,
                                 .x_shape = (shape)(shapes / N_SHAPES),
                                 .y_shape = (shape)(shapes % N_SHAPES)};
                if (s.x_shape != SAME &&
                    (s.op == OP_MUL || s.op == OP_DIV || s.op == OP_REM || s.n <= 8))
                    check_setup(&s, 3, &random);
            }
        }
    }
}

static void constant_operands_equal_native_arithmetic(void **state)
{
    (void)state;
    uint64_t random = 88172645463325252u;
    for (size_t i = 0; i < 9; i++) {
        const size_t n = i < 5 ? i + 1 : wide[i - 5];
        const size_t n_constants = n <= 8 ? (size_t)1 << n : 80;
        for (size_t k = 0; k < n_constants; k++) {
            for (int what = 0; what < N_OPS * 2; what++) {
                const setup s = {.op = (op)(what / 2),
                                 .n = n,
                                 .is_signed = what % 2 != 0,
                                 .with_overflow = true,
                                 .y_is_const = true,
                                 .y_const = (n <= 8 ? k : random_operand(&random, n)) & mask(n)};
                check_setup(&s, 4, &random);
            }
        }
    }
}

/* Inputs: n bits and the amount. Outputs: n bits and overflow. */
static pt_circuit *build_shift(size_t n, bool left, bool is_signed)
{
    const uint32_t inputs[2] = {(uint32_t)n, 8};
    circuit_builder *b = circuit_builder_new(inputs, 2, 0);
    wire x[64], amount[8], out[65];
    pt_circuit *c = NULL;
    for (uint32_t i = 0; i < n; i++)
        x[i] = circuit_input(b, i);
    for (uint32_t i = 0; i < 8; i++)
        amount[i] = circuit_input(b, (uint32_t)n + i);
    arith_shift(b, out, &out[n], x, n, amount, left, is_signed);
    assert_int_equal(circuit_builder_finish(&c, b, out, n + 1, NULL, 0, NULL), PT_OK);
    circuit_builder_free(b);
    return c;
}

static void shifts_equal_native_shifts(void **state)
{
    (void)state;
    static const size_t widths[] = {1, 2, 3, 5, 8, 16, 32, 64};
    uint64_t random = 88172645463325252u;
    for (size_t w = 0; w < sizeof widths / sizeof *widths; w++) {
        for (int kind = 0; kind < 4; kind++) {
            const bool left = (kind & 1) != 0, is_signed = (kind & 2) != 0;
            const size_t n = widths[w];
            pt_circuit *c = build_shift(n, left, is_signed);
            for (unsigned by = 0; by < 256; by++) {
                uint64_t in[72], words[65], values[64] = {0};
                for (size_t i = 0; i < n; i++)
                    in[i] = next_random(&random);
                for (unsigned lane = 0; lane < 64; lane++)
                    values[lane] = lane_value(in, n, lane);
                for (size_t i = 0; i < 8; i++)
                    in[n + i] = (by >> (7 - i) & 1) != 0 ? UINT64_MAX : 0;
                assert_int_equal(circuit_eval_lanes(words, c, in, NULL), PT_OK);
                assert_true(words[n] == (by >= n ? UINT64_MAX : 0));
                for (unsigned lane = 0; by < n && lane < 64; lane++) {
                    const uint64_t v = values[lane];
                    const uint64_t filled =
                        is_signed ? (uint64_t)(sign_extend(v, n) >> by) : v >> by;
                    const uint64_t want = (left ? v << by : filled) & mask(n);
                    assert_true(lane_value(words, n, lane) == want);
                }
            }
            pt_circuit_free(c);
        }
    }
}

static void muxes_and_aliases(void **state)
{
    (void)state;
    const uint32_t inputs[1] = {17};
    circuit_builder *b = circuit_builder_new(inputs, 1, 0);
    wire x[8], y[8];
    for (uint32_t i = 0; i < 8; i++) {
        x[i] = circuit_input(b, i);
        y[i] = circuit_input(b, 8 + i);
    }
    arith_mux(b, x, circuit_input(b, 16), x, y, 8); /* x = s ? x : y */
    arith_add(b, y, NULL, x, y, 8, false);          /* y = x + y */
    pt_circuit *c = NULL;
    assert_int_equal(circuit_builder_finish(&c, b, y, 8, NULL, 0, NULL), PT_OK);
    circuit_builder_free(b);
    uint8_t in[17] = {0, 0, 0, 0, 0, 1, 0, 1, 0, 0, 0, 0, 1, 0, 0, 1, 1}; /* 5, 9, true */
    uint8_t out[8];
    const uint8_t fourteen[8] = {0, 0, 0, 0, 1, 1, 1, 0}, eighteen[8] = {0, 0, 0, 1, 0, 0, 1, 0};
    assert_int_equal(eval_bits(out, c, in, NULL), PT_OK);
    assert_memory_equal(out, fourteen, 8);
    in[16] = 0;
    assert_int_equal(eval_bits(out, c, in, NULL), PT_OK);
    assert_memory_equal(out, eighteen, 8);
    pt_circuit_free(c);
}

/* --- AND gates --- */

static uint32_t cost(op what, size_t n, bool is_signed, bool with_overflow)
{
    const setup s = {.op = what, .n = n, .is_signed = is_signed, .with_overflow = with_overflow};
    pt_circuit *c = build(&s);
    const uint32_t n_and = c->n_and;
    pt_circuit_free(c);
    return n_and;
}

static uint32_t const_cost(op what, size_t n, bool is_signed, uint64_t y)
{
    const setup s = {.op = what,
                     .n = n,
                     .is_signed = is_signed,
                     .with_overflow = true,
                     .y_is_const = true,
                     .y_const = y};
    pt_circuit *c = build(&s);
    const uint32_t n_and = c->n_and;
    pt_circuit_free(c);
    return n_and;
}

static void linear_operations_cost_what_they_must(void **state)
{
    (void)state;
    for (size_t i = 0; i < 4; i++) {
        const size_t n = wide[i];
        for (int is_signed = 0; is_signed < 2; is_signed++) {
            const bool sign = is_signed != 0;
            assert_int_equal(cost(OP_ADD, n, sign, false), n - 1);
            assert_int_equal(cost(OP_ADD, n, sign, true), n);
            assert_int_equal(cost(OP_SUB, n, sign, false), n - 1);
            assert_int_equal(cost(OP_SUB, n, sign, true), n);
            assert_int_equal(cost(OP_LESS, n, sign, false), n);
            assert_int_equal(cost(OP_EQUAL, n, sign, false), n - 1);
            assert_int_equal(cost(OP_NEG, n, sign, false), n - 2);
            assert_int_equal(cost(OP_NEG, n, sign, true), n - 1);
        }
    }
}

static void products_and_quotients_stay_below_their_bounds(void **state)
{
    (void)state;
    for (size_t i = 0; i < 4; i++) {
        const size_t n = wide[i];
        const size_t half_square = n * n / 2;
        assert_true(cost(OP_MUL, n, false, false) <= half_square + 3 * n / 2);
        assert_true(cost(OP_MUL, n, false, true) <= half_square + 11 * n / 2);
        assert_true(cost(OP_MUL, n, true, true) <= half_square + 13 * n / 2);
        assert_true(cost(OP_DIV, n, false, true) <= half_square + 5 * n / 2);
        assert_true(cost(OP_REM, n, false, true) <= half_square + 9 * n / 2);
        assert_true(cost(OP_DIV, n, true, true) <= half_square + 11 * n / 2);
        assert_true(cost(OP_REM, n, true, true) <= half_square + 15 * n / 2);
    }
}

static uint32_t shift_cost(size_t n, bool left, bool is_signed)
{
    pt_circuit *c = build_shift(n, left, is_signed);
    const uint32_t n_and = c->n_and;
    pt_circuit_free(c);
    return n_and;
}

/* The counts of spec garble.md K6 (with the overflow, the operation as a program has it), which are
 * never to be exceeded, and ours, which are not to grow. */
static void costs_stay_below_those_of_the_specification(void **state)
{
    (void)state;
    static const struct {
        op op;
        bool is_signed;
        uint32_t ours[4]; /* for 8, 16, 32, 64 bits */
    } rows[] = {
        {OP_ADD, false, {8, 16, 32, 64}},      {OP_SUB, false, {8, 16, 32, 64}},
        {OP_ADD, true, {8, 16, 32, 64}},       {OP_SUB, true, {8, 16, 32, 64}},
        {OP_MUL, false, {71, 211, 683, 2395}}, {OP_MUL, true, {67, 207, 679, 2391}},
        {OP_DIV, false, {50, 166, 590, 2206}}, {OP_DIV, true, {72, 212, 684, 2396}},
        {OP_REM, false, {65, 197, 653, 2333}}, {OP_REM, true, {87, 243, 747, 2523}},
    };
    for (size_t i = 0; i < 4; i++) {
        const uint32_t n = (uint32_t)wide[i];
        const uint32_t log = (uint32_t)i + 3;
        for (size_t k = 0; k < sizeof rows / sizeof *rows; k++) {
            const bool sign = rows[k].is_signed;
            const uint32_t product = sign ? 4 * n * n + 3 * n - 10 : 4 * n * n - 4 * n - 1;
            const uint32_t quotient = sign ? 2 * n * n + 10 * n - 15 : 2 * n * n + 4 * n - 6;
            const uint32_t k6[N_OPS] = {[OP_ADD] = 3 * n - 2,
                                        [OP_SUB] = 4 * n - 3,
                                        [OP_MUL] = product,
                                        [OP_DIV] = quotient,
                                        [OP_REM] = quotient + 1};
            const uint32_t ours = cost(rows[k].op, n, sign, true);
            assert_in_range(ours, 0, k6[rows[k].op]);
            assert_in_range(ours, 0, rows[k].ours[i]);
        }
        for (int kind = 0; kind < 4; kind++) {
            const bool left = (kind & 1) != 0, sign = (kind & 2) != 0;
            assert_in_range(shift_cost(n, left, sign), 0, n * log + 7 - log);
        }
    }
}

/* A number that is less than a constant, or more, or not so. */
typedef struct bound {
    uint64_t value;
    bool is_more, is_not;
} bound;

static wire within(circuit_builder *b, const wire *x, bound l, size_t n, bool is_signed)
{
    wire value[64];
    arith_const(value, n, l.value);
    const wire w =
        l.is_more ? arith_less(b, value, x, n, is_signed) : arith_less(b, x, value, n, is_signed);
    return w ^ (l.is_not ? 1u : 0u);
}

static uint32_t cost_within(const bound *l, size_t n, bool is_signed, bool is_or)
{
    wire x[64];
    const uint32_t n_inputs = (uint32_t)n;
    circuit_builder *b = circuit_builder_new(&n_inputs, 1, 0);
    assert_non_null(b);
    for (uint32_t i = 0; i < n; i++)
        x[i] = circuit_input(b, i);
    const wire first = within(b, x, l[0], n, is_signed);
    const wire second = within(b, x, l[1], n, is_signed);
    const wire both = is_or ? circuit_or(b, first, second) : circuit_and(b, first, second);
    pt_circuit *c = NULL;
    assert_int_equal(circuit_builder_finish(&c, b, &both, 1, NULL, 0, NULL), PT_OK);
    const uint32_t n_and = c->n_and;
    pt_circuit_free(c);
    circuit_builder_free(b);
    return n_and;
}

/* x % 64 >= 1 for numbers of 8 bits, signed. */
static uint32_t cost_of_remainder(void)
{
    wire x[8], y[8], rest[8], by_zero, overflow;
    const uint32_t n_inputs = 8;
    circuit_builder *b = circuit_builder_new(&n_inputs, 1, 0);
    assert_non_null(b);
    for (uint32_t i = 0; i < 8; i++)
        x[i] = circuit_input(b, i);
    arith_const(y, 8, 64);
    arith_div(b, NULL, rest, &by_zero, &overflow, x, y, 8, true);
    const wire is_more = within(b, rest, (bound){1, false, true}, 8, true);
    pt_circuit *c = NULL;
    assert_int_equal(circuit_builder_finish(&c, b, &is_more, 1, NULL, 0, NULL), PT_OK);
    const uint32_t n_and = c->n_and;
    pt_circuit_free(c);
    circuit_builder_free(b);
    return n_and;
}

/* Two bounds of a number of which one implies or excludes the other, or of a number of few bits. */
static void ranges_are_cheap(void)
{
    static const struct {
        size_t n;
        bool is_signed, is_or;
        bound bounds[2];
        uint32_t most;
    } rows[] = {
        {8, false, true, {{5, false, false}, {100, true, false}}, 6},
        {8, false, false, {{1, true, false}, {34, true, false}}, 7},
        {8, false, false, {{18, false, true}, {65, false, false}}, 11},
        {8, false, false, {{57, false, false}, {5, false, false}}, 7},
        {8, true, true, {{34, true, false}, {1, true, false}}, 6},
        {16, false, false, {{1, true, true}, {52807, true, false}}, 0},
        {32, false, false, {{42, false, false}, {2984017616, true, false}}, 0},
        {32, false, false, {{18, false, true}, {65, false, false}}, 38},
        {32, true, false, {{18, false, true}, {65, false, false}}, 39},
        {64, true, true, {{1, false, false}, {(uint64_t)-2, true, false}}, 0},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_in_range(cost_within(rows[i].bounds, rows[i].n, rows[i].is_signed, rows[i].is_or), 0,
                        rows[i].most);
    assert_in_range(cost_of_remainder(), 0, 6);
}

static void constants_are_cheap(void **state)
{
    (void)state;
    /* Powers of two are shifts. */
    assert_int_equal(const_cost(OP_MUL, 32, false, 1), 0);
    assert_int_equal(const_cost(OP_DIV, 32, false, 16), 0);
    assert_int_equal(const_cost(OP_REM, 32, false, 16), 0);
    assert_true(const_cost(OP_MUL, 32, false, 16) <= 3); /* the overflow */
    assert_true(const_cost(OP_DIV, 32, true, 16) <= 31);
    /* Appendix A: 44, 128 and 193. */
    assert_true(const_cost(OP_MUL, 16, false, 3) <= 16);
    assert_true(const_cost(OP_MUL, 16, false, 100) <= 29);
    assert_true(const_cost(OP_DIV, 16, false, 10) <= 26);
    assert_true(const_cost(OP_MUL, 32, true, UINT32_MAX) <= 31);     /* -1 */
    assert_true(const_cost(OP_MUL, 32, true, UINT32_MAX - 1) <= 31); /* -2 */
    assert_true(const_cost(OP_MUL, 64, true, 10) <= 76);
    ranges_are_cheap();
}

/* Compares numbers of n bits around a constant, and those with one other bit, with it. */
static void check_around(uint64_t constant, size_t n, bool is_signed)
{
    const uint64_t sign = is_signed ? (uint64_t)1 << (n - 1) : 0;
    const uint32_t n_inputs = (uint32_t)n;
    wire x[64], less[2];
    circuit_builder *b = circuit_builder_new(&n_inputs, 1, 0);
    assert_non_null(b);
    for (uint32_t i = 0; i < n; i++)
        x[i] = circuit_input(b, i);
    less[0] = within(b, x, (bound){constant, false, false}, n, is_signed);
    less[1] = within(b, x, (bound){constant, true, false}, n, is_signed);
    pt_circuit *c = NULL;
    assert_int_equal(circuit_builder_finish(&c, b, less, 2, NULL, 0, NULL), PT_OK);
    for (size_t k = 0; k < n + 3; k++) {
        const uint64_t v = (k < n ? constant ^ (uint64_t)1 << k : constant + k - n - 1) & mask(n);
        uint8_t in[64], out[2];
        for (size_t i = 0; i < n; i++)
            in[i] = v >> (n - 1 - i) & 1;
        assert_int_equal(eval_bits(out, c, in, NULL), PT_OK);
        assert_int_equal(out[0], (v ^ sign) < (constant ^ sign));
        assert_int_equal(out[1], (v ^ sign) > (constant ^ sign));
    }
    pt_circuit_free(c);
    circuit_builder_free(b);
}

/* Also with runs of zeros or ones of every length. */
static void comparisons_with_constants_equal_native(void **state)
{
    (void)state;
    static const size_t widths[] = {7, 8, 9, 10, 16, 32, 64};
    for (size_t i = 0; i < sizeof widths / sizeof *widths; i++) {
        const size_t n = widths[i];
        for (size_t k = 0; k < 8 * n; k++) {
            const uint64_t power = (uint64_t)1 << k / 8;
            const uint64_t near = power + (k % 4) * (power / 3) - (k % 4 == 1);
            const uint64_t constant = (k % 8 < 4 ? near : ~near) & mask(n);
            check_around(constant, n, false);
            check_around(constant, n, true);
        }
    }
}

/* A number compared with constants: what these have alike is compared once. */
static void comparisons_with_constants_share(void **state)
{
    (void)state;
    static const uint64_t limits[] = {10, 100, 1000};
    for (int is_signed = 0; is_signed < 2; is_signed++) {
        wire x[32], limit[32], less[6];
        const uint32_t n_inputs = 32;
        circuit_builder *b = circuit_builder_new(&n_inputs, 1, 0);
        assert_non_null(b);
        for (uint32_t i = 0; i < 32; i++)
            x[i] = circuit_input(b, i);
        for (size_t i = 0; i < 3; i++) {
            arith_const(limit, 32, limits[i]);
            less[2 * i] = arith_less(b, x, limit, 32, is_signed != 0);
            less[2 * i + 1] = arith_less(b, limit, x, 32, is_signed != 0);
        }
        pt_circuit *c = NULL;
        assert_int_equal(circuit_builder_finish(&c, b, less, 6, NULL, 0, NULL), PT_OK);
        assert_in_range(c->n_and, 1, 75);
        pt_circuit_free(c);
        circuit_builder_free(b);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(operations_equal_native_arithmetic),
        cmocka_unit_test(shaped_operands_equal_native_arithmetic),
        cmocka_unit_test(constant_operands_equal_native_arithmetic),
        cmocka_unit_test(shifts_equal_native_shifts),
        cmocka_unit_test(muxes_and_aliases),
        cmocka_unit_test(linear_operations_cost_what_they_must),
        cmocka_unit_test(products_and_quotients_stay_below_their_bounds),
        cmocka_unit_test(costs_stay_below_those_of_the_specification),
        cmocka_unit_test(constants_are_cheap),
        cmocka_unit_test(comparisons_with_constants_equal_native),
        cmocka_unit_test(comparisons_with_constants_share),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
