/* Every operator and cast, at every width, against native arithmetic on edge cases and random
 * inputs: the value, or the panic the spec wants (S2-S8 with D3-D6). */
#include <inttypes.h>

#include "lang/run.h"
#include "support/bits.h"

__extension__ typedef __int128 wide; /* holds every result exactly */

typedef struct number_type {
    const char *name;
    unsigned bits;
    bool is_signed;
} number_type;

static const number_type types[] = {
    {"u8", 8, false},   {"u16", 16, false},   {"u32", 32, false},
    {"u64", 64, false}, {"usize", 32, false}, {"i8", 8, true},
    {"i16", 16, true},  {"i32", 32, true},    {"i64", 64, true},
};
static const number_type boolean = {"bool", 1, false};

#define N_TYPES (sizeof types / sizeof types[0])

static uint64_t random_state = 88172645463325252u;

static uint64_t random_u64(void)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return random_state;
}

static wide max_of(const number_type *t)
{
    return ((wide)1 << (t->bits - (t->is_signed ? 1 : 0))) - 1;
}

static wide min_of(const number_type *t)
{
    return t->is_signed ? -max_of(t) - 1 : 0;
}

/* The value that the low bits stand for. */
static wide wrap(const number_type *t, wide v)
{
    const wide modulus = (wide)1 << t->bits;
    v = ((v % modulus) + modulus) % modulus;
    return v > max_of(t) ? v - modulus : v;
}

/* Edge cases first, then random numbers of random sizes. */
static wide pick(const number_type *t, unsigned turn)
{
    const wide edges[] = {
        0,  1, 2,       max_of(t),   min_of(t),        max_of(t) - 1, min_of(t) + 1,
        -1, 3, t->bits, t->bits - 1, max_of(t) / 2 + 1};
    const unsigned n_edges = sizeof edges / sizeof edges[0];
    if (turn < n_edges)
        return wrap(t, edges[turn]);
    return wrap(t, (wide)(random_u64() >> (random_u64() % 64)));
}

static void put_bits(uint8_t *bits, const number_type *t, wide v)
{
    for (unsigned i = t->bits; i-- > 0; v >>= 1)
        bits[i] = (uint8_t)(v & 1);
}

static wide get_bits(const uint8_t *bits, const number_type *t)
{
    wide v = 0;
    for (unsigned i = 0; i < t->bits; i++)
        v = v * 2 + bits[i];
    return wrap(t, v);
}

/* What should come out: a value, or a panic. */
typedef struct outcome {
    const char *panic; /* NULL: none */
    wide value;
} outcome;

static outcome fitting(const number_type *t, wide v)
{
    return v < min_of(t) || v > max_of(t) ? (outcome){.panic = "Overflow"} : (outcome){.value = v};
}

static outcome expected_of(const char *op, const number_type *t, wide x, wide y)
{
    const wide ones = ((wide)1 << t->bits) - 1;
    if (strcmp(op, "+") == 0)
        return fitting(t, x + y);
    if (strcmp(op, "-") == 0)
        return fitting(t, x - y);
    if (strcmp(op, "*") == 0)
        return fitting(t, x * y);
    if (strcmp(op, "/") == 0 || strcmp(op, "%") == 0) {
        if (y == 0)
            return (outcome){.panic = "Division By Zero"};
        if (fitting(t, x / y).panic != NULL)
            return (outcome){.panic = "Overflow"};
        return (outcome){.value = op[0] == '/' ? x / y : x % y};
    }
    if (strcmp(op, "&") == 0)
        return (outcome){.value = wrap(t, x & y)};
    if (strcmp(op, "|") == 0)
        return (outcome){.value = wrap(t, x | y)};
    if (strcmp(op, "^") == 0)
        return (outcome){.value = wrap(t, x ^ y)};
    if (strcmp(op, "<<") == 0 || strcmp(op, ">>") == 0) {
        if (y >= t->bits)
            return (outcome){.panic = "Overflow"};
        if (op[0] == '<')
            return (outcome){.value = wrap(t, (wide)((uint64_t)(x & ones) << (unsigned)y))};
        return (outcome){.value = x >> (unsigned)y};
    }
    const bool less = x < y;
    const bool equal = x == y;
    if (op[0] == '<')
        return (outcome){.value = less || (op[1] == '=' && equal)};
    if (op[0] == '>')
        return (outcome){.value = (!less && !equal) || (op[1] == '=' && equal)};
    return (outcome){.value = op[0] == '!' ? !equal : equal};
}

static outcome run(const pt_program *program, const uint8_t *inputs, const number_type *result)
{
    uint8_t outputs[128];
    pt_error error;
    pt_literal *literal = NULL;
    pt_panic panic;
    const pt_circuit *circuit = pt_program_circuit(program);
    const size_t n = pt_circuit_output_bits(circuit);
    assert_true(n <= sizeof outputs);
    assert_int_equal(eval_bits(outputs, circuit, inputs, &error), PT_OK);
    const pt_status status = pt_program_decode(&literal, &panic, program, outputs, n, &error);
    if (status == PT_ERR_PANIC)
        return (outcome){.panic = panic.reason};
    assert_int_equal(status, PT_OK);
    uint8_t bits[64];
    literal_bits(bits, literal);
    pt_literal_free(literal);
    return (outcome){.value = get_bits(bits, result)};
}

static void assert_outcome(const char *what, wide x, wide y, outcome found, outcome expected)
{
    const bool same = expected.panic != NULL
                          ? found.panic != NULL && strcmp(found.panic, expected.panic) == 0
                          : found.panic == NULL && found.value == expected.value;
    if (!same)
        fail_msg("%s for %" PRId64 ", %" PRId64 ": %s %" PRId64 ", expected %s %" PRId64, what,
                 (int64_t)x, (int64_t)y, found.panic ? found.panic : "", (int64_t)found.value,
                 expected.panic ? expected.panic : "", (int64_t)expected.value);
}

static void check_binary(const char *op, const number_type *t, const number_type *right,
                         const number_type *result, unsigned turns)
{
    char source[128];
    uint8_t inputs[128];
    (void)snprintf(source, sizeof source, "pub fn main(x: %s, y: %s) -> %s { x %s y }", t->name,
                   right->name, result->name, op);
    pt_program *program = run_compile(source, NULL);
    for (unsigned i = 0; i < turns * turns; i++) {
        const wide x = pick(t, i / turns);
        const wide y = pick(right, i % turns);
        put_bits(inputs, t, x);
        put_bits(inputs + t->bits, right, y);
        assert_outcome(source, x, y, run(program, inputs, result), expected_of(op, t, x, y));
    }
    pt_program_free(program);
}

static void arithmetic_and_bitwise(void **state)
{
    (void)state;
    static const char *const ops[] = {"+", "-", "*", "/", "%", "&", "|", "^"};
    for (size_t o = 0; o < sizeof ops / sizeof ops[0]; o++) {
        for (size_t t = 0; t < N_TYPES; t++)
            check_binary(ops[o], &types[t], &types[t], &types[t], 18);
    }
    for (size_t o = 5; o < sizeof ops / sizeof ops[0]; o++)
        check_binary(ops[o], &boolean, &boolean, &boolean, 4);
}

static void comparisons(void **state)
{
    (void)state;
    static const char *const ops[] = {"<", ">", "<=", ">=", "==", "!="};
    for (size_t o = 0; o < sizeof ops / sizeof ops[0]; o++) {
        for (size_t t = 0; t < N_TYPES; t++)
            check_binary(ops[o], &types[t], &types[t], &boolean, 18);
    }
    check_binary("==", &boolean, &boolean, &boolean, 4);
    check_binary("!=", &boolean, &boolean, &boolean, 4);
}

static void shifts(void **state)
{
    (void)state;
    for (size_t t = 0; t < N_TYPES; t++) {
        check_binary("<<", &types[t], &types[0], &types[t], 20);
        check_binary(">>", &types[t], &types[0], &types[t], 20);
    }
}

static void constant_operands(void **state)
{
    (void)state;
    static const char *const ops[] = {"+", "-", "*", "/", "%", "<", ">=", "=="};
    static const int constants[] = {0, 1, 2, 3, 7, 10, 16, 100, 127, -1, -2, -7, -128};
    char source[128];
    uint8_t inputs[64];
    for (size_t o = 0; o < sizeof ops / sizeof ops[0]; o++) {
        for (size_t c = 0; c < sizeof constants / sizeof constants[0]; c++) {
            const number_type *t = constants[c] < 0 ? &types[5 + c % 3] : &types[c % N_TYPES];
            const number_type *result = o < 5 ? t : &boolean;
            for (int side = 0; side < 2; side++) {
                if (side == 0)
                    (void)snprintf(source, sizeof source, "pub fn main(x: %s) -> %s { x %s %d }",
                                   t->name, result->name, ops[o], constants[c]);
                else
                    (void)snprintf(source, sizeof source, "pub fn main(x: %s) -> %s { %d %s x }",
                                   t->name, result->name, constants[c], ops[o]);
                pt_program *program = run_compile(source, NULL);
                for (unsigned i = 0; i < 24; i++) {
                    const wide x = pick(t, i);
                    put_bits(inputs, t, x);
                    const outcome expected = side == 0 ? expected_of(ops[o], t, x, constants[c])
                                                       : expected_of(ops[o], t, constants[c], x);
                    assert_outcome(source, x, constants[c], run(program, inputs, result), expected);
                }
                pt_program_free(program);
            }
        }
    }
}

static void unary_operators(void **state)
{
    (void)state;
    char source[128];
    uint8_t inputs[64];
    for (size_t t = 0; t < N_TYPES; t++) {
        for (int negate = 0; negate <= (types[t].is_signed ? 1 : 0); negate++) {
            (void)snprintf(source, sizeof source, "pub fn main(x: %s) -> %s { %cx }", types[t].name,
                           types[t].name, negate ? '-' : '!');
            pt_program *program = run_compile(source, NULL);
            for (unsigned i = 0; i < 30; i++) {
                const wide x = pick(&types[t], i);
                put_bits(inputs, &types[t], x);
                const outcome expected =
                    negate ? fitting(&types[t], -x) : (outcome){.value = wrap(&types[t], ~x)};
                assert_outcome(source, x, 0, run(program, inputs, &types[t]), expected);
            }
            pt_program_free(program);
        }
    }
    assert_runs("pub fn main(x: bool) -> bool { !x }", NULL, "true", "false");
}

static void casts_of_all_pairs(void **state)
{
    (void)state;
    char source[128];
    uint8_t inputs[64];
    for (size_t f = 0; f <= N_TYPES; f++) {
        for (size_t t = 0; t <= N_TYPES; t++) {
            const number_type *from = f == N_TYPES ? &boolean : &types[f];
            const number_type *to = t == N_TYPES ? &boolean : &types[t];
            (void)snprintf(source, sizeof source, "pub fn main(x: %s) -> %s { x as %s }",
                           from->name, to->name, to->name);
            pt_program *program = run_compile(source, NULL);
            for (unsigned i = 0; i < 20; i++) {
                const wide x = pick(from, i);
                put_bits(inputs, from, x);
                assert_outcome(source, x, 0, run(program, inputs, to),
                               (outcome){.value = wrap(to, x)});
            }
            pt_program_free(program);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(arithmetic_and_bitwise),
        cmocka_unit_test(comparisons),
        cmocka_unit_test(shifts),
        cmocka_unit_test(constant_operands),
        cmocka_unit_test(unary_operators),
        cmocka_unit_test(casts_of_all_pairs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
