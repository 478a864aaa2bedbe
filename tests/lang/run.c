#include "lang/run.h"
#include "support/bits.h"

#include "lang/marks.h"

#define MAX_CONSTANTS 8
#define MAX_TEXT      1024

/* Cuts `text`, which it changes, at each `separator`, and trims blanks. */
static size_t split(const char **ret_parts, size_t max_parts, char *text, char separator)
{
    size_t n = 0;
    for (char *at = text; at != NULL && n < max_parts;) {
        char *end = strchr(at, separator);
        if (end != NULL)
            *end++ = '\0';
        while (*at == ' ')
            at++;
        for (char *last = at + strlen(at); last > at && last[-1] == ' ';)
            *--last = '\0';
        ret_parts[n++] = at;
        at = end;
    }
    return n;
}

static size_t parse_constants(pt_constant *ret_constants, char *text)
{
    const char *parts[MAX_CONSTANTS];
    const size_t n = text[0] == '\0' ? 0 : split(parts, MAX_CONSTANTS, text, ';');
    for (size_t i = 0; i < n; i++) {
        char *colon = strstr(parts[i], "::");
        assert_non_null(colon);
        char *equals = strchr(colon, '=');
        assert_non_null(equals);
        *colon = '\0';
        *equals = '\0';
        ret_constants[i] =
            (pt_constant){.party = parts[i], .name = colon + 2, .literal = equals + 1};
    }
    return n;
}

static pt_status compile(pt_program **ret_program, const char *source, const char *constants,
                         pt_error *error)
{
    char text[MAX_TEXT];
    pt_constant parsed[MAX_CONSTANTS];
    marks m;
    marks_read(&m, source);
    (void)snprintf(text, sizeof text, "%s", constants == NULL ? "" : constants);
    const pt_compile_options options = {.source = m.source,
                                        .source_len = strlen(m.source),
                                        .constants = parsed,
                                        .n_constants = parse_constants(parsed, text)};
    pt_error_clear(error);
    const pt_status status = pt_program_compile(ret_program, NULL, &options, error);
    marks_clear(&m);
    return status;
}

pt_program *run_compile(const char *source, const char *constants)
{
    pt_program *program = NULL;
    pt_error error;
    if (compile(&program, source, constants, &error) != PT_OK)
        fail_msg("%s\n%s", source, error.message);
    return program;
}

pt_status run_compile_status(const char *source, const char *constants, char *ret_message)
{
    pt_program *program = NULL;
    pt_error error;
    const pt_status status = compile(&program, source, constants, &error);
    (void)snprintf(ret_message, PT_ERROR_MESSAGE_MAX, "%s", error.message);
    pt_program_free(program);
    return status;
}

static void put_inputs(uint8_t *ret_bits, const pt_program *program, const char *const *inputs)
{
    for (size_t p = 0; p < pt_program_party_count(program); p++) {
        const pt_type *type = pt_program_input_type(program, p);
        pt_literal *literal = NULL;
        pt_error error;
        if (pt_literal_parse(&literal, type, inputs[p], strlen(inputs[p]), &error) != PT_OK)
            fail_msg("input %zu, `%s`: %s", p, inputs[p], error.message);
        literal_bits(ret_bits, literal);
        ret_bits += pt_type_bits(type);
        pt_literal_free(literal);
    }
}

void run_program(char ret_result[RUN_MAX_RESULT], const pt_program *program,
                 const char *const *inputs)
{
    const pt_circuit *circuit = pt_program_circuit(program);
    const size_t n_outputs = pt_circuit_output_bits(circuit);
    size_t n_inputs = 0;
    for (size_t p = 0; p < pt_circuit_parties(circuit); p++)
        n_inputs += pt_circuit_input_bits(circuit, p);
    uint8_t *input_bits = calloc(n_inputs + 1, 1);
    uint8_t *output_bits = calloc(n_outputs + 1, 1);
    assert_non_null(input_bits);
    assert_non_null(output_bits);
    put_inputs(input_bits, program, inputs);
    pt_error error;
    assert_int_equal(eval_bits(output_bits, circuit, input_bits, &error), PT_OK);
    pt_literal *literal = NULL;
    pt_panic panic;
    const pt_status status =
        pt_program_decode(&literal, &panic, program, output_bits, n_outputs, &error);
    if (status == PT_ERR_PANIC) {
        (void)snprintf(ret_result, RUN_MAX_RESULT, "PANIC %s %u:%u-%u:%u", panic.reason, panic.line,
                       panic.column, panic.end_line, panic.end_column);
    } else {
        char *text = NULL;
        assert_int_equal(status, PT_OK);
        assert_int_equal(pt_literal_print(&text, literal, &error), PT_OK);
        (void)snprintf(ret_result, RUN_MAX_RESULT, "%s", text);
        pt_text_free(text);
        pt_literal_free(literal);
    }
    free(input_bits);
    free(output_bits);
}

void assert_runs(const char *source, const char *constants, const char *inputs,
                 const char *expected)
{
    char text[MAX_TEXT];
    char result[RUN_MAX_RESULT];
    char wanted[MARKS_MAX_TEXT];
    marks m;
    const char *parts[RUN_MAX_PARTIES];
    pt_program *program = run_compile(source, constants);
    (void)snprintf(text, sizeof text, "%s", inputs);
    const size_t n = split(parts, RUN_MAX_PARTIES, text, '|');
    assert_int_equal(n, pt_program_party_count(program));
    run_program(result, program, parts);
    marks_read(&m, source);
    marks_expand(wanted, &m, expected);
    if (strcmp(result, wanted) != 0)
        fail_msg("%s\ninputs %s\nexpected %s\nfound    %s", source, inputs, wanted, result);
    marks_clear(&m);
    pt_program_free(program);
}
