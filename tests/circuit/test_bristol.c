/* Bristol Fashion: reading, writing, what is refused and how; circuits of ciphers
 * against published vectors. */
#include "support/test.h"

#include "base/mem.h"
#include "circuit/builder.h"
#include "circuit/eval.h"
#include "circuit/plan.h"
#include "support/bits.h"
#include "support/circuits.h"

static pt_circuit *read_text(const char *text)
{
    pt_circuit *c = NULL;
    pt_error error;
    pt_error_clear(&error);
    if (pt_circuit_read_bristol(&c, text, strlen(text), "test.txt", &error) != PT_OK)
        fail_msg("%s", error.message);
    return c;
}

static const char *const small = "3 6\n2 2 1 \n1 2 \n\n2 1 0 1 3 AND\n2 1 3 2 5 XOR\n1 1 0 4 INV\n";

static void a_file_is_read(void **state)
{
    (void)state;
    pt_circuit *c = read_text(small);
    assert_int_equal(pt_circuit_parties(c), 2);
    assert_int_equal(pt_circuit_input_bits(c, 0), 2);
    assert_int_equal(pt_circuit_output_bits(c), 2);
    assert_int_equal(c->n_and, 1);
    for (unsigned v = 0; v < 8; v++) {
        const uint8_t in[3] = {v & 1, v >> 1 & 1, v >> 2 & 1};
        uint8_t out[2];
        assert_int_equal(eval_bits(out, c, in, NULL), PT_OK);
        assert_int_equal(out[0], !in[0]);
        assert_int_equal(out[1], (in[0] & in[1]) ^ in[2]);
    }
    pt_circuit_free(c);
}

static void spaces_and_line_ends_do_not_matter(void **state)
{
    (void)state;
    pt_circuit *c = read_text("\r\n 1   3\r\n2 1 1\r\n\t1 1\r\n2 1 0 1 2 AND\r\n\r\n  ");
    assert_int_equal(c->n_gates, 1);
    pt_circuit_free(c);
    c = read_text("\xef\xbb\xbf"
                  "1 3\n2 1 1\n1 1\n2 1 0 1 2 AND\n"); /* a byte order mark */
    assert_int_equal(c->n_gates, 1);
    pt_circuit_free(c);
    c = read_text("0 3\n3 1 1 1\n2 1 1\n"); /* outputs that are inputs */
    assert_int_equal(c->outputs[1], 2);
    pt_circuit_free(c);
}

/* One bit of the output for each line of the truth table, wire 0 counting fastest. */
static void assert_table(const char *text, const char *table)
{
    pt_circuit *c = read_text(text);
    const size_t n_outputs = pt_circuit_output_bits(c);
    char *found = mem_new(strlen(table) + 1, 1);
    uint8_t in[8];
    uint8_t out[8];
    assert_true(c->n_inputs <= 8 && n_outputs <= 8);
    assert_int_equal(strlen(table), n_outputs << c->n_inputs);
    for (size_t v = 0; v < (size_t)1 << c->n_inputs; v++) {
        for (size_t i = 0; i < c->n_inputs; i++)
            in[i] = v >> i & 1;
        assert_int_equal(pt_circuit_eval(out, n_outputs, c, in, c->n_inputs, NULL), PT_OK);
        for (size_t i = 0; i < n_outputs; i++)
            found[v * n_outputs + i] = (char)('0' + out[i]);
    }
    assert_string_equal(found, table);
    mem_free(found);
    pt_circuit_free(c);
}

static void all_gates_of_the_format_are_read(void **state)
{
    (void)state;
    assert_table("1 2\n1 1\n1 1\n\n1 1 0 1 EQW\n", "01");
    assert_table("1 2\n1 1\n1 1\n\n1 1 0 1 NOT\n", "10");
    assert_table("2 3\n1 1\n1 2\n\n1 1 0 1 EQ\n1 1 1 2 EQ\n", "0101");
    assert_table("3 4\n1 1\n1 1\n1 1 1 1 EQ\n1 1 1 2 EQ\n2 1 0 1 3 XOR\n", "10");
    assert_table("1 3\n2 1 1\n1 1\n2 1 0 1 2 MAND\n", "0001");
    assert_table("1 6\n2 2 2\n1 2\n\n4 2 0 1 2 3 4 5 MAND\n", "00000000"
                                                              "00100010"
                                                              "00000101"
                                                              "00100111");
    /* names of names, a constant read by a gate, outputs in another order */
    assert_table("5 7\n2 1 1\n1 2\n1 1 0 2 EQW\n1 1 2 3 EQW\n1 1 1 4 EQ\n2 1 4 3 6 AND\n"
                 "1 1 1 5 EQW\n",
                 "00011011");
}

static void the_older_format_is_read(void **state)
{
    (void)state;
    pt_circuit *c = read_text("2 5\n2 1   1\n\n2 1 0 1 3 AND\n2 1 3 2 4 XOR\n");
    assert_int_equal(pt_circuit_parties(c), 2);
    assert_int_equal(pt_circuit_input_bits(c, 0), 2);
    assert_int_equal(pt_circuit_input_bits(c, 1), 1);
    assert_int_equal(pt_circuit_output_bits(c), 1);
    pt_circuit_free(c);
    assert_table("2 5\n2 1   1\n\n2 1 0 1 3 AND\n2 1 3 2 4 XOR\n", "00011110");
    c = read_text("1 3\n2 0 1\n\n2 1 0 1 2 AND\n"); /* one input */
    assert_int_equal(pt_circuit_parties(c), 1);
    assert_int_equal(pt_circuit_input_bits(c, 0), 2);
    pt_circuit_free(c);
}

typedef struct bad_text {
    const char *text;
    const char *message; /* a part of it */
} bad_text;

static const bad_text bad_texts[] = {
    {"", "test.txt:1: expected the numbers of gates and wires, found the end of the text"},
    {"\n\n", "found the end of the text"},
    {"x", "test.txt:1: expected number of gates, found 'x'"},
    {"1", "test.txt:1: expected number of wires, found the end of the line"},
    {"1 -3", "expected number of wires, found '-3'"},
    {"1 3 7\n", "expected the end of the line, found '7'"},
    {"99999999999999999999 3\n", "larger than 1073741824"},
    {"1 3\n", "expected the line with the input values"},
    {"1 3\n2 1\n1 1\n", "test.txt:2: expected input value, found the end of the line"},
    {"1 3\n2 1 1 1\n1 1\n", "test.txt:2: expected the end of the line, found '1'"},
    {"1 3\n1000000 1 1\n1 1\n", "too short for their sizes"},
    {"1 3\n0\n1 1\n2 1 0 1 2 AND\n", "expected 1 to 255 input values, found 0"},
    {"1 3\n2 1 1\n0\n2 1 0 1 2 AND\n", "expected an output value"},
    {"1 3\n2 1 1\n", "expected the line with the output values"},
    {"2 3\n2 1 1\n1 1\n2 1 0 1 2 AND\n", "3 wires are promised, but 2 input bits and 2 gates"},
    {"1 4\n2 1 1\n1 1\n2 1 0 1 2 AND\n", "test.txt:5: wire 3 is never set"},
    {"1 3\n2 1 1\n1 4\n2 1 0 1 2 AND\n", "4 output bits are promised"},
    {"1000000000 1000000002\n2 1 1\n1 1\n2 1 0 1 2 AND\n", "promised, but the text ends before"},
    {"0 1000000000\n1 1000000000\n1 1\n", "too many for a text of this length"},
    {"1 3\n2 1 1\n1 1\n2 1 0 1 2 AND\n1 1 2 3 INV\n",
     "test.txt:5: expected the end of the text after 1 gate"},
    {"2 4\n2 1 1\n1 1\n2 1 0 1 2 AND\n           \n", "test.txt:6: expected gate 2 of 2"},
    {"1 3\n2 1 1\n1 1\n2 1 0 1 2 OR\n",
     "test.txt:4: expected the gate XOR, AND, INV, EQ, EQW or MAND, found 'OR'"},
    {"1 3\n2 1 1\n1 1\n2 1 0 1 2 \x01\x02\n", "found '\?\?'"},
    {"1 3\n2 1 1\n1 1\n1 1 2 2 EQ\n", "test.txt:4: expected the value 0 or 1, found 2"},
    {"1 3\n2 1 1\n1 1\n1 1 x 2 EQ\n", "expected value of the wire, 0 or 1, found 'x'"},
    {"1 1\n1 0\n1 1\n1 1 1 0 EQ\n", "a circuit without inputs cannot have constants"},
    {"1 3\n2 1 1\n1 1\n2 1 0 1 2 EQW\n", "EQW has 1 input and 1 output, found 2 and 1"},
    {"1 3\n2 1 1\n1 1\n1 1 2 2 EQW\n", "wire 2 is used before it is set"},
    {"1 3\n2 1 1\n1 1\n3 1 0 1 1 2 MAND\n", "twice as many inputs as outputs, found 3 and 1"},
    {"1 3\n2 1 1\n1 1\n0 0 0 1 2 MAND\n", "twice as many inputs as outputs, found 0 and 0"},
    {"1 4\n2 1 1\n1 2\n4 2 0 1 0 1 2 MAND\n", "number of the output wire, found 'MAND'"},
    {"1 4\n2 1 1\n1 2\n4 2 0 1 0 1 2 2 MAND\n", "wire 2 is set twice"},
    {"1 4\n2 1 1\n1 2\n4 2 0 1 0 1 2 3 3 MAND\n", "expected the gate after its wires, found '3'"},
    {"1 4\n2 1 1\n1 2\n4 2 0 2 1 1 2 3 MAND\n", "wire 2 is used before it is set"},
    {"1 4\n2 1 1\n1 2\n10 5 0 0 0 0 0 1 1 1 1 1 2 3 2 3 2 MAND\n",
     "sets more wires than there are"},
    {"1 4\n2 1 1\n1 2\n1000000000 500000000 0 MAND\n", "wire, found the end of the line"},
    {"1 1000\n2 1 1\n1 1\n2 1 0 1 2 AND\n", "1000 wires are promised, but the text ends before"},
    {"1 3\n1 1\n2 1 0 1 2 AND\n", "test.txt:2: expected size of the output"},
    {"1 3\n1 1 1 1\n2 1 0 1 2 AND\n", "test.txt:2: expected the end of the line, found '1'"},
    {"1 1\n0 0 1\n2 1 0 1 2 AND\n", "wire 0 is used before it is set"},
    {"1 3\n2 1 1\n1 1\n2 1 0 1 2 INV\n", "INV has 1 input and 1 output, found 2 and 1"},
    {"1 3\n2 1 1\n1 1\n1 1 0 1 2 AND\n", "AND has 2 inputs and 1 output, found 1 and 1"},
    {"1 3\n2 1 1\n1 1\n2 1 0 1 AND   \n", "expected number of the output wire, found 'AND'"},
    {"1 3\n2 1 1\n1 1\n2 1 0 1 2 2 AND\n", "expected the gate after its wires, found '2'"},
    {"1 3\n2 1 1\n1 1\n2 1 0 1 2XOR AND\n", "expected number of the output wire, found '2XOR'"},
    {"1 3\n2 1 1\n1 1\n2 1 0 9 2 AND\n", "wire 9 is out of range: there are 3 wires"},
    {"1 3\n2 1 1\n1 1\n2 1 0 1 9 AND\n", "wire 9 is out of range"},
    {"1 3\n2 1 1\n1 1\n2 1 0 2 2 AND\n", "wire 2 is used before it is set"},
    {"1 3\n2 1 1\n1 1\n2 1 0 1 1 AND\n", "wire 1 is an input and cannot be set"},
    {"2 4\n2 1 1\n1 1\n2 1 0 1 2 AND\n2 1 0 1 2 XOR\n", "test.txt:5: wire 2 is set twice"},
};

static void malformed_files_are_refused_with_place_and_reason(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof bad_texts / sizeof *bad_texts; i++) {
        pt_circuit *c = NULL;
        pt_error error;
        const char *text = bad_texts[i].text;
        assert_int_equal(pt_circuit_read_bristol(&c, text, strlen(text), "test.txt", &error),
                         PT_ERR_CIRCUIT);
        assert_null(c);
        if (strstr(error.message, bad_texts[i].message) == NULL)
            fail_msg("'%s' gives '%s', expected '%s'", text, error.message, bad_texts[i].message);
    }
    pt_circuit *c = NULL;
    assert_int_equal(pt_circuit_read_bristol(&c, NULL, 0, NULL, NULL), PT_ERR_CIRCUIT);
}

static void every_cut_file_is_refused(void **state)
{
    (void)state;
    const size_t len = strlen(small);
    for (size_t n = 0; n < len - 1; n++) {
        /* A copy of just this length, so that sanitizers see a read past its end. */
        char *cut = mem_new(n, 1);
        pt_circuit *c = NULL;
        memcpy(cut, small, n);
        assert_int_equal(pt_circuit_read_bristol(&c, cut, n, "cut", NULL), PT_ERR_CIRCUIT);
        mem_free(cut);
    }
}

/* c and what is written of it compute the same. */
static void check_round_trip(const pt_circuit *c)
{
    char *text = NULL;
    size_t len = 0;
    pt_circuit *back = NULL;
    assert_int_equal(pt_circuit_write_bristol(&text, &len, c, NULL), PT_OK);
    assert_int_equal(strlen(text), len);
    pt_error error;
    if (pt_circuit_read_bristol(&back, text, len, "round trip", &error) != PT_OK)
        fail_msg("%s in:\n%.2000s", error.message, text);
    pt_text_free(text);
    assert_int_equal(back->n_inputs, c->n_inputs);
    assert_int_equal(back->n_outputs, c->n_outputs);
    assert_int_equal(back->n_and, c->n_and);
    assert_int_equal(pt_circuit_output_values(back), pt_circuit_output_values(c));
    for (size_t i = 0; i < c->n_output_values; i++)
        assert_int_equal(back->output_value_bits[i], c->output_value_bits[i]);

    uint64_t *in = calloc(c->n_inputs + 1, sizeof *in);
    uint64_t *out = calloc(c->n_outputs + 1, sizeof *out);
    uint64_t *out_back = calloc(c->n_outputs + 1, sizeof *out);
    for (uint32_t i = 0; i < c->n_inputs; i++)
        in[i] = (i + 1) * 0x9e3779b97f4a7c15u;
    assert_int_equal(circuit_eval_lanes(out, c, in, NULL), PT_OK);
    assert_int_equal(circuit_eval_lanes(out_back, back, in, NULL), PT_OK);
    assert_memory_equal(out, out_back, c->n_outputs * sizeof *out);
    free(in);
    free(out);
    free(out_back);
    pt_circuit_free(back);
}

static void odd_outputs_are_written(void **state)
{
    (void)state;
    const uint32_t inputs[2] = {2, 0};
    circuit_builder *b = circuit_builder_new(inputs, 2, 0);
    const wire x = circuit_input(b, 0), y = circuit_input(b, 1), xy = circuit_and(b, x, y);
    const wire outputs[] = {xy, x, WIRE_TRUE, xy, WIRE_FALSE, circuit_xor(b, xy, y),
                            y,  x, WIRE_TRUE};
    const uint32_t widths[] = {4, 0, 5};
    pt_circuit *c = NULL;
    assert_int_equal(circuit_builder_finish(&c, b, outputs, 9, widths, 3, NULL), PT_OK);
    circuit_builder_free(b);
    check_round_trip(c);
    pt_circuit_free(c);

    c = read_text("0 2\n1 2\n1 2\n");
    check_round_trip(c);
    pt_circuit_free(c);
}

static void the_text_is_as_the_format_wants(void **state)
{
    (void)state;
    pt_circuit *c = read_text(small);
    char *text = NULL;
    size_t len = 0;
    assert_int_equal(pt_circuit_write_bristol(&text, &len, c, NULL), PT_OK);
    assert_string_equal(text, "3 6\n2 2 1 \n1 2 \n\n2 1 0 1 3 AND\n2 1 3 2 5 XOR\n1 1 0 4 INV\n");
    pt_text_free(text);
    pt_circuit_free(c);
}

static void a_constant_without_inputs_is_refused(void **state)
{
    (void)state;
    const uint32_t inputs[1] = {0};
    circuit_builder *b = circuit_builder_new(inputs, 1, 0);
    const wire out = WIRE_TRUE;
    pt_circuit *c = NULL;
    char *text = NULL;
    size_t len = 0;
    assert_int_equal(circuit_builder_finish(&c, b, &out, 1, NULL, 0, NULL), PT_OK);
    circuit_builder_free(b);
    assert_int_equal(pt_circuit_write_bristol(&text, &len, c, NULL), PT_ERR_UNSUPPORTED);
    assert_null(text);
    pt_circuit_free(c);
}

static void random_circuits_survive_the_round_trip(void **state)
{
    (void)state;
    for (uint32_t seed = 0; seed < 200; seed++) {
        pt_circuit *c =
            circuits_random(1 + seed % 4, 1 + seed % 7, seed * 3, seed * 3 < 20 ? 1 : 20, seed);
        assert_non_null(c);
        check_round_trip(c);
        pt_circuit_free(c);
    }
}

static void every_allocation_may_fail(void **state)
{
    (void)state;
    pt_status status;
    pt_circuit *c = NULL;
    unsigned long nth = 0;
    do {
        mem_fail_at(++nth);
        status = pt_circuit_read_bristol(&c, small, strlen(small), "small", NULL);
        mem_fail_at(0);
        assert_true((status == PT_OK) == (c != NULL));
        assert_true(status == PT_OK || status == PT_ERR_MEMORY);
    } while (status != PT_OK);
    assert_true(nth > 6);
    char *text = NULL;
    size_t len = 0;
    nth = 0;
    do {
        mem_fail_at(++nth);
        status = pt_circuit_write_bristol(&text, &len, c, NULL);
        mem_fail_at(0);
        assert_true((status == PT_OK) == (text != NULL));
    } while (status != PT_OK);
    assert_true(nth > 3);
    pt_text_free(text);
    pt_circuit_free(c);
}

/* --- published vectors --- */

/* The values as hexadecimal: two inputs, output. */
static void check_vector(const pt_circuit *c, const char *first, const char *second,
                         const char *want)
{
    uint8_t in[1024], out[256];
    char got[65];
    assert_int_equal(c->n_inputs, 4 * (strlen(first) + strlen(second)));
    circuits_bits_of_hex(in, first);
    circuits_bits_of_hex(in + 4 * strlen(first), second);
    assert_int_equal(eval_bits(out, c, in, NULL), PT_OK);
    circuits_hex_of_bits(got, out, c->n_outputs);
    assert_string_equal(got, want);
}

#define AES_TEXT "00112233445566778899aabbccddeeff" /* FIPS 197, appendix C */
#define ABC_BLOCK                                                                                  \
    "6162638000000000000000000000000000000000000000000000000000000000"                             \
    "0000000000000000000000000000000000000000000000000000000000000018"
#define SHA_STATE "6a09e667bb67ae853c6ef372a54ff53a510e527f9b05688c1f83d9ab5be0cd19"
#define ABC_HASH  "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"

static void aes_meets_the_standard(void **state)
{
    (void)state;
    pt_circuit *c = circuits_aes128();
    assert_non_null(c);
    check_vector(c, "000102030405060708090a0b0c0d0e0f", AES_TEXT,
                 "69c4e0d86a7b0430d8cdb78070b4c55a");
    check_vector(c, "2b7e151628aed2a6abf7158809cf4f3c", "3243f6a8885a308d313198a2e0370734",
                 "3925841d02dc09fbdc118597196a0b32");
    assert_true(c->n_and <= 200 * 37);
    check_round_trip(c);
    pt_circuit_free(c);
}

static void sha256_meets_the_standard(void **state)
{
    (void)state;
    pt_circuit *c = circuits_sha256();
    assert_non_null(c);
    check_vector(c, ABC_BLOCK, SHA_STATE, ABC_HASH);
    assert_true(c->n_and <= 22700);
    check_round_trip(c);
    pt_circuit_free(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_file_is_read),
        cmocka_unit_test(spaces_and_line_ends_do_not_matter),
        cmocka_unit_test(all_gates_of_the_format_are_read),
        cmocka_unit_test(the_older_format_is_read),
        cmocka_unit_test(malformed_files_are_refused_with_place_and_reason),
        cmocka_unit_test(every_cut_file_is_refused),
        cmocka_unit_test(odd_outputs_are_written),
        cmocka_unit_test(the_text_is_as_the_format_wants),
        cmocka_unit_test(a_constant_without_inputs_is_refused),
        cmocka_unit_test(random_circuits_survive_the_round_trip),
        cmocka_unit_test(every_allocation_may_fail),
        cmocka_unit_test(aes_meets_the_standard),
        cmocka_unit_test(sha256_meets_the_standard),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
