/* Private results through the public functions: each party decodes its own element, has zeros in
 * the place of the others', and learns of a panic. */
#include <pthread.h>

#include "polytune/polytune.h"
#include "support/test.h"

#define PARTIES     3
#define MAX_OUTPUTS 64

static const char source[] =
    "enum Share { None, Part(u16) }\n"
    "pub fn main(a: u8, b: u8, c: u8) -> (u8, Share, (bool, u8)) {\n"
    "    (b / a, if c > a { Share::Part(a as u16 + 1000u16) } else { Share::None },\n"
    "     (a == b, b)) }\n";

typedef struct runner {
    const pt_program *program;
    pt_channel channel;
    size_t party;
    uint8_t input;
    uint8_t outputs[MAX_OUTPUTS];
    pt_status status;
    pthread_t thread;
} runner;

static pt_program *compile(const char *text)
{
    pt_program *program = NULL;
    const pt_compile_options options = {.source = text, .source_len = strlen(text)};
    assert_int_equal(pt_program_compile(&program, NULL, &options, NULL), PT_OK);
    return program;
}

static void *run_one(void *user)
{
    runner *r = user;
    pt_mpc_receivers receivers[PARTIES + 1];
    size_t parties[PARTIES];
    uint8_t bits[8];
    const pt_circuit *circuit = pt_program_circuit(r->program);
    for (size_t h = 0; h < sizeof bits; h++)
        bits[h] = (uint8_t)((unsigned)r->input >> (7 - h) & 1u);
    r->status = pt_private_results_receivers(receivers, parties, PARTIES, r->program, NULL);
    const pt_mpc_options options = {
        .party = r->party, .parties = PARTIES, .receivers = receivers, .n_receivers = PARTIES + 1};
    if (r->status == PT_OK)
        r->status = pt_mpc_run(r->outputs, pt_circuit_output_bits(circuit), &r->channel, circuit,
                               bits, sizeof bits, &options, NULL);
    pt_channel_close(&r->channel);
    return NULL;
}

static void run_all(runner *runners, const pt_program *program, const uint8_t inputs[PARTIES])
{
    pt_channel channels[PARTIES];
    assert_true(pt_circuit_output_bits(pt_program_circuit(program)) <= MAX_OUTPUTS);
    assert_int_equal(pt_channel_memory_mesh(channels, PARTIES, 60000, NULL), PT_OK);
    for (size_t p = 0; p < PARTIES; p++) {
        runners[p] =
            (runner){.program = program, .channel = channels[p], .party = p, .input = inputs[p]};
        assert_int_equal(pthread_create(&runners[p].thread, NULL, run_one, &runners[p]), 0);
    }
    for (size_t p = 0; p < PARTIES; p++) {
        (void)pthread_join(runners[p].thread, NULL);
        assert_int_equal(runners[p].status, PT_OK);
    }
}

/* As a party's outputs have it: zero is the value of what it did not learn. */
static void assert_element(const runner *r, size_t party, const char *expected)
{
    pt_literal *literal = NULL;
    char *text = NULL;
    const size_t n = pt_circuit_output_bits(pt_program_circuit(r->program));
    assert_int_equal(
        pt_private_results_decode(&literal, NULL, r->program, party, r->outputs, n, NULL), PT_OK);
    assert_int_equal(pt_literal_print(&text, literal, NULL), PT_OK);
    assert_string_equal(text, expected);
    pt_text_free(text);
    pt_literal_free(literal);
}

static void everybody_has_its_own(void **state)
{
    (void)state;
    static const uint8_t inputs[PARTIES] = {7, 200, 9};
    static const char *const own[PARTIES] = {"28", "Share::Part(1007)", "(false, 200)"};
    static const char *const nothing[PARTIES] = {"0", "Share::None", "(false, 0)"};
    runner runners[PARTIES];
    pt_program *program = compile(source);
    run_all(runners, program, inputs);
    for (size_t p = 0; p < PARTIES; p++) {
        for (size_t q = 0; q < PARTIES; q++)
            assert_element(&runners[p], q, p == q ? own[q] : nothing[q]);
    }
    pt_program_free(program);
}

static void everybody_learns_of_a_panic(void **state)
{
    (void)state;
    static const uint8_t inputs[PARTIES] = {0, 200, 9};
    runner runners[PARTIES];
    pt_program *program = compile(source);
    const size_t n = pt_circuit_output_bits(pt_program_circuit(program));
    run_all(runners, program, inputs);
    for (size_t p = 0; p < PARTIES; p++) {
        pt_literal *literal = NULL;
        pt_panic panic = {0};
        assert_int_equal(
            pt_private_results_decode(&literal, &panic, program, p, runners[p].outputs, n, NULL),
            PT_ERR_PANIC);
        assert_null(literal);
        assert_string_equal(panic.reason, "Division By Zero");
        assert_int_equal(panic.line, 3);
    }
    pt_program_free(program);
}

static void results_that_do_not_fit(void **state)
{
    (void)state;
    static const struct {
        const char *source;
        size_t parties;
        const char *says; /* NULL: it fits */
    } cases[] = {
        {"pub fn main(a: u8, b: u8) -> (u8, bool) { (a & b, true) }", 2, NULL},
        {"pub fn main(a: u8, b: u8) -> [u8; 2] { [a, b] }", 2, NULL},
        {"pub fn main(a: u8, b: u8) -> (u8, ()) { (a, ()) }", 2, NULL},
        {"pub fn main(a: u8, b: u8) -> u8 { a & b }", 2, "a tuple or an array of 2"},
        {"pub fn main(a: u8, b: u8) -> [u8; 3] { [a, b, a] }", 2, "it is [u8; 3]"},
        {"pub fn main(a: u8, b: u8) -> (u8, u8, u8) { (a, b, a) }", 2, "it is (u8, u8, u8)"},
        {"struct S { a: u8, b: u8 } pub fn main(a: u8, b: u8) -> S { S { a, b } }", 2, "it is S"},
        {"pub fn main(a: u8, b: u8) -> [u8; 3] { [a, b, a] }", 3, "for 2 parties, not 3"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        pt_program *program = compile(cases[i].source);
        pt_mpc_receivers receivers[4];
        size_t parties[3];
        pt_error error = {0};
        const pt_status status =
            pt_private_results_receivers(receivers, parties, cases[i].parties, program, &error);
        assert_int_equal(status, cases[i].says == NULL ? PT_OK : PT_ERR_USAGE);
        if (cases[i].says != NULL && strstr(error.message, cases[i].says) == NULL)
            fail_msg("\"%s\" does not say \"%s\"", error.message, cases[i].says);
        pt_program_free(program);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(everybody_has_its_own),
        cmocka_unit_test(everybody_learns_of_a_panic),
        cmocka_unit_test(results_that_do_not_fit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
