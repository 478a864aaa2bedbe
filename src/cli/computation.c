#include "cli/computation.h"

#include <stdio.h>
#include <string.h>

#include "base/buffer.h"
#include "base/error.h"
#include "base/mem.h"
#include "cli/bits_literal.h"
#include "cli/command.h"
#include "cli/file.h"
#include "cli/report.h"

static bool has_suffix(const char *text, const char *suffix)
{
    const size_t n = strlen(text);
    const size_t m = strlen(suffix);
    return n >= m && strcmp(text + n - m, suffix) == 0;
}

/* Splits PARTY::NAME=LITERAL; the pieces point into *copy, which the caller frees. */
static pt_status split_constant(pt_constant *ret_constant, char **ret_copy, const char *text,
                                pt_error *error)
{
    char *copy = mem_string(text);
    if (copy == NULL)
        return error_memory(error);
    char *equals = strchr(copy, '=');
    char *colons = strstr(copy, "::");
    if (equals == NULL || colons == NULL || colons > equals || colons == copy ||
        colons + 2 == equals) {
        mem_free(copy);
        return error_set(
            error, PT_ERR_USAGE,
            "--const takes PARTY::NAME=LITERAL, e.g. PARTY_0::ROWS=3usize, not '%.80s'", text);
    }
    *colons = '\0';
    *equals = '\0';
    *ret_constant = (pt_constant){.party = copy, .name = colons + 2, .literal = equals + 1};
    *ret_copy = copy;
    return PT_OK;
}

static pt_status compile(computation *c, const char *source, size_t len, const args *a,
                         pt_error *error)
{
    const size_t n = args_count(a, "const");
    pt_constant *constants = mem_new(n, sizeof *constants);
    char **copies = mem_new(n, sizeof *copies);
    pt_diagnostics *diagnostics = NULL;
    pt_status status = constants == NULL || copies == NULL ? error_memory(error) : PT_OK;
    for (size_t i = 0; i < n && status == PT_OK; i++)
        status = split_constant(&constants[i], &copies[i], args_nth(a, "const", i), error);
    if (status == PT_OK) {
        const pt_compile_options options = {
            .source = source,
            .source_len = len,
            .file_name = c->path,
            .function = args_get(a, "function"),
            .constants = constants,
            .n_constants = n,
        };
        status = pt_program_compile(&c->program, &diagnostics, &options, error);
        report_diagnostics(diagnostics, error);
    }
    for (size_t i = 0; copies != NULL && i < n; i++)
        mem_free(copies[i]);
    mem_free(copies);
    mem_free(constants);
    pt_diagnostics_free(diagnostics);
    return status;
}

static pt_status read_bristol(computation *c, const char *source, size_t len, const args *a,
                              pt_error *error)
{
    if (args_get(a, "function") != NULL || args_count(a, "const") != 0)
        return error_set(error, PT_ERR_USAGE,
                         "'%s' is a Bristol Fashion circuit: it has no functions or constants",
                         c->path);
    return pt_circuit_read_bristol(&c->bristol, source, len, c->path, error);
}

pt_status computation_init(computation *ret_computation, const char *path, const args *a,
                           pt_error *error)
{
    computation *c = ret_computation;
    char *source = NULL;
    size_t len = 0;
    *c = (computation){.path = path};
    pt_status status = file_read(&source, &len, path, error);
    if (status == PT_OK && has_suffix(path, ".txt"))
        status = read_bristol(c, source, len, a, error);
    else if (status == PT_OK)
        status = compile(c, source, len, a, error);
    mem_free(source);
    if (status != PT_OK)
        return status;
    c->circuit = c->program != NULL ? pt_program_circuit(c->program) : c->bristol;
    c->parties =
        c->program != NULL ? pt_program_party_count(c->program) : pt_circuit_parties(c->bristol);
    return PT_OK;
}

void computation_clear(computation *c)
{
    pt_program_free(c->program);
    pt_circuit_free(c->bristol);
    *c = (computation){0};
}

static pt_status parse_literal(uint8_t *ret_bits, const computation *c, size_t party,
                               const char *text, size_t len, bool json, pt_error *error)
{
    const size_t n_bits = pt_circuit_input_bits(c->circuit, party);
    if (c->program == NULL)
        return bits_literal_parse(ret_bits, n_bits, text, error);
    pt_literal *literal = NULL;
    const pt_type *type = pt_program_input_type(c->program, party);
    const pt_status status = json ? pt_literal_from_json(&literal, type, text, len, error)
                                  : pt_literal_parse(&literal, type, text, len, error);
    if (status == PT_OK)
        pt_literal_to_bits(ret_bits, literal);
    pt_literal_free(literal);
    return status;
}

/* The file's text without the white space at its end. */
static size_t trimmed(char *text, size_t len)
{
    while (len > 0 && strchr(" \t\r\n", text[len - 1]) != NULL)
        text[--len] = '\0';
    return len;
}

pt_status computation_input(uint8_t **ret_bits, const computation *c, size_t party,
                            const char *argument, pt_error *error)
{
    const bool from_file = argument[0] == '@';
    const size_t n_bits = pt_circuit_input_bits(c->circuit, party);
    char *text = NULL;
    size_t len = 0;
    uint8_t *bits = mem_new(n_bits, 1);
    pt_error inner;
    pt_error_clear(&inner);
    pt_status status = PT_OK;
    if (from_file) {
        status = file_read(&text, &len, argument + 1, error);
        len = status == PT_OK ? trimmed(text, len) : 0;
    } else {
        text = mem_string(argument);
        len = strlen(argument);
    }
    if (status == PT_OK && (bits == NULL || text == NULL))
        status = error_memory(error);
    if (status == PT_OK) {
        status = parse_literal(bits, c, party, text, len,
                               from_file && has_suffix(argument, ".json"), &inner);
        if (status != PT_OK)
            status =
                error_set(error, status, "input of party %zu%s%s: %s", party,
                          from_file ? " in " : "", from_file ? argument + 1 : "", inner.message);
    }
    mem_free_secret(text, len);
    if (status != PT_OK) {
        mem_free_secret(bits, n_bits);
        return status;
    }
    *ret_bits = bits;
    return PT_OK;
}

static pt_status bristol_result(char **ret_text, json_t **ret_json, const computation *c,
                                const uint8_t *bits, pt_error *error)
{
    const size_t n = pt_circuit_output_values(c->circuit);
    json_t *values = json_array();
    buffer all;
    buffer_init(&all, SIZE_MAX / 4);
    for (size_t i = 0; i < n; i++) {
        const size_t n_bits = pt_circuit_output_value_bits(c->circuit, i);
        const size_t start = all.len + (i > 0);
        if (i > 0)
            buffer_put_u8(&all, ' ');
        bits_literal_print(&all, bits, n_bits);
        const char *text = buffer_text(&all);
        if (text != NULL)
            (void)json_array_append_new(values, json_string(text + start));
        bits += n_bits;
    }
    size_t len = 0;
    char *text = buffer_text(&all) == NULL ? NULL : (char *)buffer_take(&all, &len);
    if (text == NULL || values == NULL || json_array_size(values) != n) {
        mem_free(text);
        json_decref(values);
        return error_memory(error);
    }
    *ret_text = text;
    *ret_json = n == 1 ? json_incref(json_array_get(values, 0)) : json_incref(values);
    json_decref(values);
    return PT_OK;
}

static pt_status program_result(char **ret_text, json_t **ret_json, const computation *c,
                                const uint8_t *bits, pt_error *error)
{
    pt_literal *literal = NULL;
    char *text = NULL;
    char *json_text = NULL;
    json_t *json = NULL;
    pt_status status = pt_program_decode(&literal, NULL, c->program, bits,
                                         pt_circuit_output_bits(c->circuit), error);
    if (status == PT_OK)
        status = pt_literal_print(&text, literal, error);
    if (status == PT_OK)
        status = pt_literal_to_json(&json_text, literal, error);
    if (status == PT_OK) {
        json = json_loads(json_text, JSON_DECODE_ANY, NULL);
        if (json == NULL)
            status = error_memory(error);
    }
    pt_literal_free(literal);
    pt_text_free(json_text);
    if (status != PT_OK) {
        pt_text_free(text);
        return status;
    }
    *ret_text = text;
    *ret_json = json;
    return PT_OK;
}

pt_status computation_result(char **ret_text, json_t **ret_json, const computation *c,
                             const uint8_t *output_bits, pt_error *error)
{
    return c->program == NULL ? bristol_result(ret_text, ret_json, c, output_bits, error)
                              : program_result(ret_text, ret_json, c, output_bits, error);
}
