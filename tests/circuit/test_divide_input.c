/* Circuits of one input value for several parties: the same outputs, whoever gives which bits. */
#include "support/test.h"

#include "circuit/circuit.h"
#include "polytune/circuit.h"

#define BITS        6
#define MAX_PARTIES 4

/* Gates of every kind; outputs are an input, a constant and gates. */
static const char text[] = "6 12\n1 6\n2 3 3\n\n"
                           "1 1 0 6 INV\n2 1 6 1 7 AND\n2 1 2 5 8 XOR\n"
                           "1 1 1 9 EQ\n1 1 0 10 EQW\n2 1 8 7 11 AND\n";

static pt_circuit *read_circuit(const char *bristol)
{
    pt_circuit *c = NULL;
    pt_error error = {0};
    if (pt_circuit_read_bristol(&c, bristol, strlen(bristol), NULL, &error) != PT_OK)
        fail_msg("%s", error.message);
    return c;
}

static void eval(uint8_t outputs[BITS], const pt_circuit *c, const uint8_t *inputs, size_t n)
{
    assert_int_equal(pt_circuit_eval(outputs, BITS, c, inputs, n, NULL), PT_OK);
}

static void fill(uint8_t *ret_bits, unsigned value)
{
    for (size_t h = 0; h < BITS; h++)
        ret_bits[h] = (uint8_t)(value >> h & 1u);
}

/* Pieces 0:1, 1:2, 0:2, 2:1, so that party 0 has bits 0, 3, 4. */
static void pieces_of_several_parties(void **state)
{
    (void)state;
    static const pt_input_piece pieces[] = {{0, 1}, {1, 2}, {0, 2}, {2, 1}};
    static const size_t order[BITS] = {0, 3, 4, 1, 2, 5};
    pt_circuit *whole = read_circuit(text);
    pt_circuit *divided = NULL;
    assert_int_equal(pt_circuit_split_input(&divided, whole, pieces, 4, NULL), PT_OK);
    assert_true(circuit_is_sound(divided));
    assert_int_equal(pt_circuit_parties(divided), 3);
    assert_int_equal(pt_circuit_input_bits(divided, 0), 3);
    assert_int_equal(pt_circuit_input_bits(divided, 1), 2);
    assert_int_equal(pt_circuit_input_bits(divided, 2), 1);
    assert_int_equal(pt_circuit_output_values(divided), 2);
    for (unsigned value = 0; value < 1u << BITS; value++) {
        uint8_t bits[BITS], given[BITS], expected[BITS], got[BITS];
        fill(bits, value);
        for (size_t h = 0; h < BITS; h++)
            given[h] = bits[order[h]];
        eval(expected, whole, bits, BITS);
        eval(got, divided, given, BITS);
        assert_memory_equal(got, expected, BITS);
    }
    pt_circuit_free(divided);
    pt_circuit_free(whole);
}

static void shares(void **state)
{
    (void)state;
    pt_circuit *whole = read_circuit(text);
    for (size_t parties = 1; parties <= MAX_PARTIES; parties++) {
        pt_circuit *shared = NULL;
        assert_int_equal(pt_circuit_share_input(&shared, whole, parties, NULL), PT_OK);
        assert_true(circuit_is_sound(shared));
        assert_int_equal(pt_circuit_parties(shared), parties);
        assert_int_equal(shared->n_and, whole->n_and);
        for (unsigned value = 0; value < 1u << BITS; value++) {
            uint8_t given[MAX_PARTIES * BITS], bits[BITS], expected[BITS], got[BITS];
            unsigned share[MAX_PARTIES] = {value};
            for (size_t p = 1; p < parties; p++) {
                share[p] = value * 7 + 13 * (unsigned)p;
                share[0] ^= share[p];
            }
            for (size_t h = 0; h < parties * BITS; h++)
                given[h] = (uint8_t)(share[h / BITS] >> h % BITS & 1u);
            fill(bits, value);
            eval(expected, whole, bits, BITS);
            eval(got, shared, given, parties * BITS);
            assert_memory_equal(got, expected, BITS);
        }
        pt_circuit_free(shared);
    }
    pt_circuit_free(whole);
}

static void what_is_refused(void **state)
{
    (void)state;
    static const struct {
        pt_input_piece pieces[3];
        size_t n;
        const char *says;
    } cases[] = {
        {{{0, 3}, {1, 2}}, 2, "5 bits together, the input 6"},
        {{{0, 3}, {1, 4}}, 2, "7 bits together, the input 6"},
        {{{0, 3}, {2, 3}}, 2, "no piece is of 1"},
        {{{0, 3}, {255, 3}}, 2, "piece 1, party 255's 3 bits"},
        {{{0, 3}, {1, SIZE_MAX}, {1, 4}}, 3, "piece 1"},
        {{{0, 6}}, 0, "0 bits together"},
    };
    pt_circuit *whole = read_circuit(text);
    pt_circuit *two = read_circuit("1 3\n2 1 1\n1 1\n\n2 1 0 1 2 AND\n");
    pt_circuit *got = NULL;
    pt_error error = {0};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_int_equal(pt_circuit_split_input(&got, whole, cases[i].pieces, cases[i].n, &error),
                         PT_ERR_USAGE);
        if (strstr(error.message, cases[i].says) == NULL)
            fail_msg("\"%s\" does not say \"%s\"", error.message, cases[i].says);
    }
    assert_int_equal(pt_circuit_split_input(&got, two, cases[0].pieces, 1, &error), PT_ERR_USAGE);
    assert_non_null(strstr(error.message, "2 input values"));
    assert_int_equal(pt_circuit_share_input(&got, two, 2, &error), PT_ERR_USAGE);
    assert_int_equal(pt_circuit_share_input(&got, whole, 0, &error), PT_ERR_USAGE);
    assert_int_equal(pt_circuit_share_input(&got, whole, 256, &error), PT_ERR_USAGE);
    assert_null(got);
    pt_circuit_free(whole);
    pt_circuit_free(two);
}

static void too_many_shares(void **state)
{
    (void)state;
    uint32_t inputs[] = {(uint32_t)1 << 28};
    const pt_circuit wide = {.n_parties = 1, .party_inputs = inputs, .n_inputs = inputs[0]};
    pt_circuit *got = NULL;
    pt_error error = {0};
    assert_int_equal(pt_circuit_share_input(&got, &wide, 3, &error), PT_ERR_LIMIT);
    assert_null(got);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pieces_of_several_parties),
        cmocka_unit_test(shares),
        cmocka_unit_test(what_is_refused),
        cmocka_unit_test(too_many_shares),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
