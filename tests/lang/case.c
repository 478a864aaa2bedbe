#include "lang/case.h"

#include "support/test.h"

#include "base/compiler.h"
#include "lang/marks.h"
#include "support/bits.h"

static void say(char outcome[CASE_MAX_OUTCOME], const char *format, ...) PRINTF_LIKE(2, 3);

static void say(char outcome[CASE_MAX_OUTCOME], const char *format, ...)
{
    va_list args;
    va_start(args, format);
    (void)vsnprintf(outcome, CASE_MAX_OUTCOME, format, args);
    va_end(args);
}

static void say_status(char outcome[CASE_MAX_OUTCOME], pt_status status, const pt_error *error)
{
    const char *word = status == PT_ERR_PROGRAM       ? "rejected"
                       : status == PT_ERR_UNSUPPORTED ? "unsupported"
                       : status == PT_ERR_LIMIT       ? "limit"
                       : status == PT_ERR_CONSTANT    ? "constant"
                       : status == PT_ERR_INPUT       ? "input"
                                                      : "internal";
    say(outcome, "%s %s: %s", word, pt_status_name(status), error->message);
}

/* Takes the list. */
static void say_rejected(char outcome[CASE_MAX_OUTCOME], pt_status status, const pt_error *error,
                         pt_diagnostics *diagnostics)
{
    if (status == PT_ERR_PROGRAM && diagnostics != NULL && pt_diagnostics_count(diagnostics) > 0) {
        const pt_diagnostic d = pt_diagnostics_get(diagnostics, 0);
        say(outcome, "rejected %s %u:%u-%u:%u %s", d.phase, d.line, d.column, d.end_line,
            d.end_column, d.message);
    } else {
        say_status(outcome, status, error);
    }
    pt_diagnostics_free(diagnostics);
}

static pt_compile_options options_of(const lang_case *c)
{
    size_t n_constants = 0;
    while (n_constants < CASE_MAX_CONSTANTS && c->constants[n_constants].party != NULL)
        n_constants++;
    return (pt_compile_options){.source = c->source,
                                .source_len = strlen(c->source),
                                .function = c->function,
                                .constants = c->constants,
                                .n_constants = n_constants};
}

pt_status case_compile(pt_program **ret_program, char ret_outcome[CASE_MAX_OUTCOME],
                       const lang_case *c)
{
    const pt_compile_options options = options_of(c);
    pt_diagnostics *diagnostics = NULL;
    pt_error error;
    pt_error_clear(&error);
    const pt_status status = pt_program_compile(ret_program, &diagnostics, &options, &error);
    if (status != PT_OK)
        say_rejected(ret_outcome, status, &error, diagnostics);
    return status;
}

static pt_status read_literal(pt_literal **ret, const pt_type *type, const char *text,
                              pt_error *error)
{
    if (text[0] == '{' || text[0] == '"')
        return pt_literal_from_json(ret, type, text, strlen(text), error);
    return pt_literal_parse(ret, type, text, strlen(text), error);
}

/* All parties' bits, or NULL with the outcome filled. */
static uint8_t *read_inputs(char outcome[CASE_MAX_OUTCOME], const pt_program *program,
                            const char *const *inputs, size_t n_inputs)
{
    const size_t n_parties = pt_program_party_count(program);
    if (n_parties != n_inputs) {
        say(outcome, "internal %zu parties for %zu inputs", n_parties, n_inputs);
        return NULL;
    }
    size_t n_bits = 0;
    for (size_t i = 0; i < n_parties; i++)
        n_bits += pt_type_bits(pt_program_input_type(program, i));
    uint8_t *bits = calloc(n_bits + 1, 1);
    size_t at = 0;
    for (size_t i = 0; bits != NULL && i < n_parties; i++) {
        const pt_type *type = pt_program_input_type(program, i);
        pt_literal *literal = NULL;
        pt_error error;
        pt_error_clear(&error);
        const pt_status status = read_literal(&literal, type, inputs[i], &error);
        if (status != PT_OK) {
            say_status(outcome, status, &error);
            free(bits);
            return NULL;
        }
        literal_bits(bits + at, literal);
        at += pt_type_bits(type);
        pt_literal_free(literal);
    }
    return bits;
}

static void say_output(char outcome[CASE_MAX_OUTCOME], const pt_program *program,
                       const uint8_t *bits, size_t n_bits)
{
    pt_literal *literal = NULL;
    pt_panic panic;
    pt_error error;
    pt_error_clear(&error);
    pt_status status = pt_program_decode(&literal, &panic, program, bits, n_bits, &error);
    if (status == PT_ERR_PANIC) {
        say(outcome, "panic %s %u:%u-%u:%u", panic.reason, panic.line, panic.column, panic.end_line,
            panic.end_column);
        return;
    }
    char *text = NULL;
    if (status == PT_OK)
        status = pt_literal_print(&text, literal, &error);
    if (status == PT_OK)
        say(outcome, "%s", text);
    else
        say_status(outcome, status, &error);
    pt_text_free(text);
    pt_literal_free(literal);
}

void case_evaluate(char ret_outcome[CASE_MAX_OUTCOME], const pt_program *program,
                   const char *const *inputs, size_t n_inputs)
{
    const pt_circuit *circuit = pt_program_circuit(program);
    const size_t n_output_bits = pt_circuit_output_bits(circuit);
    uint8_t *input_bits = read_inputs(ret_outcome, program, inputs, n_inputs);
    uint8_t *output_bits = calloc(n_output_bits + 1, 1);
    pt_error error;
    pt_error_clear(&error);
    if (input_bits != NULL && output_bits != NULL) {
        const pt_status status = eval_bits(output_bits, circuit, input_bits, &error);
        if (status == PT_OK)
            say_output(ret_outcome, program, output_bits, n_output_bits);
        else
            say_status(ret_outcome, status, &error);
    }
    free(input_bits);
    free(output_bits);
}

void case_run(char ret_outcome[CASE_MAX_OUTCOME], const lang_case *c)
{
    pt_program *program = NULL;
    if (case_compile(&program, ret_outcome, c) != PT_OK)
        return;
    size_t n_inputs = 0;
    while (n_inputs < CASE_MAX_INPUTS && c->inputs[n_inputs] != NULL)
        n_inputs++;
    case_evaluate(ret_outcome, program, c->inputs, n_inputs);
    pt_program_free(program);
}

static bool is_failure(const char *expected)
{
    static const char *const words[] = {"rejected", "unsupported", "limit",
                                        "constant", "input",       "internal"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strncmp(expected, words[i], strlen(words[i])) == 0)
            return true;
    return false;
}

bool case_is_expected(const char *outcome, const char *expected)
{
    return is_failure(expected) ? strncmp(outcome, expected, strlen(expected)) == 0
                                : strcmp(outcome, expected) == 0;
}

/* ---- Cases as cmocka tests ---- */

static void run_one(void **state)
{
    lang_case c = *(const lang_case *)*state;
    char outcome[CASE_MAX_OUTCOME];
    char expected[MARKS_MAX_TEXT];
    marks m;
    marks_read(&m, c.source);
    marks_expand(expected, &m, c.expected);
    c.source = m.source;
    case_run(outcome, &c);
    if (!case_is_expected(outcome, expected))
        fail_msg("%s\n%s\nexpected: %s\n     got: %s", c.name, c.source, expected, outcome);
    marks_clear(&m);
}

int case_run_all(const char *group, const lang_case *cases, size_t n_cases)
{
    struct CMUnitTest *tests = calloc(n_cases, sizeof *tests);
    if (tests == NULL)
        abort();
    for (size_t i = 0; i < n_cases; i++)
        tests[i] = (struct CMUnitTest){cases[i].name, run_one, NULL, NULL, (void *)&cases[i]};
    const int n_failed = _cmocka_run_group_tests(group, tests, n_cases, NULL, NULL);
    free(tests);
    return n_failed;
}
