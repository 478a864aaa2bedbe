/* Bits eight a byte: the same results as a byte a bit, and sizes that do not fit are refused. */
#include <pthread.h>

#include "polytune/polytune.h"
#include "support/test.h"

static const char source[] = "pub fn main(a: u16, b: (u8, bool)) -> (u16, bool) {\n"
                             "    (a + b.0 as u16, b.1) }\n";

typedef struct fixture {
    pt_program *program;
    const pt_circuit *circuit;
    uint8_t inputs[2][2];
    size_t n_inputs[2];
    uint8_t outputs[4];
    size_t n_outputs;
} fixture;

static void setup(fixture *f)
{
    static const char *const texts[2] = {"700", "(55, true)"};
    const pt_compile_options options = {.source = source, .source_len = sizeof source - 1};
    *f = (fixture){0};
    assert_int_equal(pt_program_compile(&f->program, NULL, &options, NULL), PT_OK);
    f->circuit = pt_program_circuit(f->program);
    f->n_outputs = PT_PACKED_BYTES(pt_circuit_output_bits(f->circuit));
    assert_true(f->n_outputs <= sizeof f->outputs);
    for (size_t p = 0; p < 2; p++) {
        pt_literal *literal = NULL;
        const pt_type *type = pt_program_input_type(f->program, p);
        f->n_inputs[p] = PT_PACKED_BYTES(pt_type_bits(type));
        assert_int_equal(f->n_inputs[p], 2);
        assert_int_equal(pt_literal_parse(&literal, type, texts[p], strlen(texts[p]), NULL), PT_OK);
        assert_int_equal(pt_literal_to_packed(f->inputs[p], f->n_inputs[p], literal, NULL), PT_OK);
        assert_int_equal(pt_literal_to_packed(f->inputs[p], 1, literal, NULL), PT_ERR_USAGE);
        pt_literal_free(literal);
    }
}

static void assert_result(const fixture *f, const uint8_t *outputs)
{
    pt_literal *literal = NULL;
    char *text = NULL;
    assert_int_equal(
        pt_program_decode_packed(&literal, NULL, f->program, outputs, f->n_outputs, NULL), PT_OK);
    assert_int_equal(pt_literal_print(&text, literal, NULL), PT_OK);
    assert_string_equal(text, "(755, true)");
    pt_text_free(text);
    pt_literal_free(literal);
}

static void test_in_the_clear(void **state)
{
    (void)state;
    fixture f;
    uint8_t all[4];
    pt_literal *literal = NULL;
    setup(&f);
    /* 16 bits, then 9: they follow each other without a gap. */
    memcpy(all, f.inputs, sizeof all);
    assert_int_equal(
        pt_circuit_eval_packed(f.outputs, f.n_outputs, f.circuit, all, sizeof all, NULL), PT_OK);
    assert_result(&f, f.outputs);
    assert_int_equal(pt_circuit_eval_packed(f.outputs, f.n_outputs, f.circuit, all, 3, NULL),
                     PT_ERR_USAGE);
    all[3] |= 0x80;
    assert_int_equal(
        pt_circuit_eval_packed(f.outputs, f.n_outputs, f.circuit, all, sizeof all, NULL),
        PT_ERR_INPUT);
    /* A literal there and back. */
    const pt_type *type = pt_program_input_type(f.program, 1);
    uint8_t back[2];
    assert_int_equal(pt_literal_from_packed(&literal, type, f.inputs[1], 2, NULL), PT_OK);
    assert_int_equal(pt_literal_to_packed(back, sizeof back, literal, NULL), PT_OK);
    assert_memory_equal(back, f.inputs[1], sizeof back);
    pt_literal_free(literal);
    f.inputs[1][1] |= 0x10;
    assert_int_equal(pt_literal_from_packed(&literal, type, f.inputs[1], 2, NULL), PT_ERR_INPUT);
    assert_int_equal(pt_literal_from_packed(&literal, type, f.inputs[1], 1, NULL), PT_ERR_INPUT);
    assert_int_equal(pt_program_check_input_packed(f.program, 1, f.inputs[1], 2, NULL),
                     PT_ERR_INPUT);
    pt_program_free(f.program);
}

typedef struct runner {
    const fixture *f;
    pt_channel channel;
    size_t party;
    uint8_t outputs[4];
    pt_status status;
    pthread_t thread;
} runner;

static void *run_one(void *user)
{
    static const size_t receivers[] = {1};
    runner *r = user;
    const pt_mpc_options options = {
        .party = r->party, .parties = 2, .output_parties = receivers, .n_output_parties = 1};
    uint8_t *outputs = r->party == 1 ? r->outputs : NULL;
    r->status = pt_mpc_run_packed(outputs, outputs == NULL ? 0 : r->f->n_outputs, &r->channel,
                                  r->f->circuit, r->f->inputs[r->party], r->f->n_inputs[r->party],
                                  &options, NULL);
    pt_channel_close(&r->channel);
    return NULL;
}

static void test_between_parties(void **state)
{
    (void)state;
    fixture f;
    runner runners[2];
    pt_channel channels[2];
    setup(&f);
    assert_int_equal(pt_channel_memory_mesh(channels, 2, 60000, NULL), PT_OK);
    for (size_t p = 0; p < 2; p++) {
        runners[p] = (runner){.f = &f, .channel = channels[p], .party = p};
        assert_int_equal(pthread_create(&runners[p].thread, NULL, run_one, &runners[p]), 0);
    }
    for (size_t p = 0; p < 2; p++) {
        (void)pthread_join(runners[p].thread, NULL);
        assert_int_equal(runners[p].status, PT_OK);
    }
    assert_result(&f, runners[1].outputs);
    pt_program_free(f.program);
}

static void test_no_such_party(void **state)
{
    (void)state;
    fixture f;
    pt_channel channels[2];
    pt_error error = {0};
    setup(&f);
    assert_int_equal(pt_channel_memory_mesh(channels, 2, 60000, NULL), PT_OK);
    const pt_mpc_options options = {.party = 2, .parties = 2};
    assert_int_equal(pt_mpc_run_packed(f.outputs, f.n_outputs, &channels[0], f.circuit, f.inputs[0],
                                       f.n_inputs[0], &options, &error),
                     PT_ERR_USAGE);
    assert_string_equal(error.message, "party 2 is not one of the 2 parties");
    pt_channel_close(&channels[0]);
    pt_channel_close(&channels[1]);
    pt_program_free(f.program);
}

static void test_rows_out_of_order(void **state)
{
    (void)state;
    static const char joining[] =
        "pub fn main(a: [(u8, u8); 2], b: [(u8, u8); 1]) -> u8 {\n"
        "let mut n = 0u8; for _pair in join_iter(a, b) { n += 1u8; } n }\n";
    static const uint8_t ascending[4] = {0x80, 0, 0x40}; /* 1, 2: the highest bit comes first */
    static const uint8_t descending[4] = {0x40, 0, 0x80};
    const pt_compile_options options = {.source = joining, .source_len = sizeof joining - 1};
    pt_program *program = NULL;
    pt_error error = {0};
    assert_int_equal(pt_program_compile(&program, NULL, &options, NULL), PT_OK);
    assert_int_equal(pt_program_check_input_packed(program, 0, ascending, 4, &error), PT_OK);
    assert_int_equal(pt_program_check_input_packed(program, 0, descending, 4, &error),
                     PT_ERR_INPUT);
    assert_int_equal(pt_program_check_input_packed(program, 0, ascending, 1, &error), PT_ERR_USAGE);
    pt_program_free(program);
}

static void test_private_results(void **state)
{
    (void)state;
    fixture f;
    pt_literal *literal = NULL;
    char *text = NULL;
    setup(&f);
    memcpy(f.outputs, (uint8_t[4]){0}, sizeof f.outputs);
    f.outputs[f.n_outputs - 1] =
        (uint8_t)(1u << (pt_circuit_output_bits(f.circuit) - 1) % 8); /* the last: party 1's bool */
    assert_int_equal(pt_private_results_decode_packed(&literal, NULL, f.program, 1, f.outputs,
                                                      f.n_outputs, NULL),
                     PT_OK);
    assert_int_equal(pt_literal_print(&text, literal, NULL), PT_OK);
    assert_string_equal(text, "true");
    pt_text_free(text);
    pt_literal_free(literal);
    pt_program_free(f.program);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows_out_of_order), cmocka_unit_test(test_private_results),
        cmocka_unit_test(test_in_the_clear),      cmocka_unit_test(test_between_parties),
        cmocka_unit_test(test_no_such_party),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
