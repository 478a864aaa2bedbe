/* Checking, compiling and evaluating. */
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "polytune/private_results.h"
#include "wasm/answer.h"
#include "wasm/cost.h"
#include "wasm/request.h"
#include "wasm/wasm.h"

static bool is_of_program(pt_status status)
{
    return status == PT_ERR_PROGRAM || status == PT_ERR_UNSUPPORTED || status == PT_ERR_LIMIT ||
           status == PT_ERR_CONSTANT;
}

char *wasm_check(char *text, size_t len)
{
    request r;
    pt_error error;
    pt_diagnostics *diagnostics = NULL;
    pt_error_clear(&error);
    pt_status status = request_read(&r, text, len, &error);
    if (status == PT_OK)
        status = pt_program_check(&diagnostics, &r.program, &error);
    json_t *answer = NULL;
    if (status == PT_OK || (is_of_program(status) && diagnostics != NULL))
        answer = json_pack("{s:o}", "diagnostics", answer_diagnostics(diagnostics));
    else
        answer = answer_error(status, &error, diagnostics);
    pt_diagnostics_free(diagnostics);
    request_clear(&r);
    return answer_text(answer);
}

/* Takes `cost` over. */
static json_t *describe(const pt_program *program, json_t *cost)
{
    pt_circuit_stats stats;
    json_t *inputs = json_array();
    for (size_t i = 0; i < pt_program_party_count(program); i++)
        (void)json_array_append_new(
            inputs, json_pack("{s:s, s:o}", "name", pt_program_input_name(program, i), "type",
                              answer_type(pt_program_input_type(program, i))));
    pt_circuit_get_stats(&stats, pt_program_circuit(program));
    return json_pack("{s:I, s:o, s:o, s:I, s:I, s:I, s:I, s:o?}", "parties",
                     (json_int_t)pt_program_party_count(program), "inputs", inputs, "output",
                     answer_type(pt_program_output_type(program)), "and",
                     (json_int_t)stats.and_gates, "xor", (json_int_t)stats.xor_gates, "not",
                     (json_int_t)stats.not_gates, "depth", (json_int_t)stats.and_depth, "cost",
                     cost);
}

static bool always(const request *r)
{
    (void)r;
    return true;
}

/* Reads the request and compiles, then lets `use` answer; {} when it is not ready for that. */
static char *with_program(char *text, size_t len, bool (*is_ready_for)(const request *r),
                          json_t *(*use)(const pt_program *program, const json_t *asked))
{
    request r;
    pt_error error;
    pt_diagnostics *diagnostics = NULL;
    pt_program *program = NULL;
    pt_error_clear(&error);
    pt_status status = request_read(&r, text, len, &error);
    json_t *answer = NULL;
    const bool ready = status == PT_OK && is_ready_for(&r);
    if (ready)
        status = pt_program_compile(&program, &diagnostics, &r.program, &error);
    if (status == PT_OK && !ready)
        answer = json_object();
    else if (status == PT_OK)
        answer = use(program, r.json);
    else
        answer = answer_error(status, &error, diagnostics);
    pt_program_free(program);
    pt_diagnostics_free(diagnostics);
    request_clear(&r);
    return answer_text(answer);
}

static json_t *use_compiled(const pt_program *program, const json_t *asked)
{
    json_t *cost = NULL;
    pt_error error;
    pt_error_clear(&error);
    const pt_status status = cost_answer(&cost, program, asked, &error);
    return status == PT_OK ? describe(program, cost) : answer_error(status, &error, NULL);
}

char *wasm_compile(char *text, size_t len)
{
    return with_program(text, len, always, use_compiled);
}

static json_t *use_saved(const pt_program *program, const json_t *asked)
{
    char *bytes = NULL;
    size_t len = 0;
    pt_error error;
    (void)asked;
    pt_error_clear(&error);
    const pt_status status = pt_program_save(&bytes, &len, program, &error);
    if (status != PT_OK)
        return answer_error(status, &error, NULL);
    return json_pack("{s:I, s:I}", "at", (json_int_t)(uintptr_t)bytes, "length", (json_int_t)len);
}

/* Whether all inputs that are given are values of the program's types. */
static bool inputs_fit(const pt_signature *signature, const json_t *list)
{
    bool fit = json_array_size(list) <= pt_signature_party_count(signature);
    for (size_t i = 0; fit && i < json_array_size(list); i++) {
        const json_t *value = json_array_get(list, i);
        const pt_type *type = pt_signature_input_type(signature, i);
        uint8_t *bits = NULL;
        if (json_is_null(value))
            continue;
        fit = request_value(&bits, value, type, i, NULL) == PT_OK;
        mem_free_secret(bits, pt_type_bits(type));
    }
    return fit;
}

/* Whether a party would compile next, the request being what it is. */
static bool is_ready(const request *r)
{
    const json_t *inputs = json_object_get(r->json, "inputs");
    pt_program_facts facts;
    pt_signature *signature = NULL;
    if (inputs == NULL)
        return true;
    if (pt_program_inspect(&facts, NULL, &r->program, NULL) != PT_OK ||
        (facts.n_externals != 0 && !request_flag(r->json, "constantsKnown")))
        return false;
    const bool ready = pt_signature_new(&signature, NULL, &r->program, NULL) == PT_OK &&
                       inputs_fit(signature, inputs);
    pt_signature_free(signature);
    return ready;
}

char *wasm_save(char *text, size_t len)
{
    return with_program(text, len, is_ready, use_saved);
}

/* All parties' bits, one after the other, into `ret_bits`. */
static pt_status read_inputs(uint8_t *ret_bits, const pt_program *program, const json_t *list,
                             pt_error *error)
{
    const size_t parties = pt_program_party_count(program);
    if (json_array_size(list) != parties)
        return error_set(error, PT_ERR_USAGE,
                         "the program is for %zu parties, but %zu inputs "
                         "are given",
                         parties, json_array_size(list));
    for (size_t i = 0, at = 0; i < parties; i++) {
        const pt_type *type = pt_program_input_type(program, i);
        const size_t n = pt_type_bits(type);
        uint8_t *bits = NULL;
        pt_status status = request_value(&bits, json_array_get(list, i), type, i, error);
        if (status == PT_OK)
            status = pt_program_check_input(program, i, bits, n, error);
        if (status == PT_OK)
            memcpy(ret_bits + at, bits, n);
        mem_free_secret(bits, n);
        if (status != PT_OK)
            return status;
        at += n;
    }
    return PT_OK;
}

/* Adds what `party` learns. */
static pt_status add_part(json_t *parts, const pt_program *program, size_t party,
                          const uint8_t *out, size_t n_out, pt_error *error)
{
    const pt_type *type = pt_private_results_type(pt_program_output_type(program),
                                                  pt_program_party_count(program), party);
    pt_literal *literal = NULL;
    const pt_status status =
        pt_private_results_decode(&literal, NULL, program, party, out, n_out, error);
    if (status != PT_OK)
        return status;
    const bool added = json_array_append_new(parts, answer_result(literal, type)) == 0;
    pt_literal_free(literal);
    return added ? PT_OK : error_memory(error);
}

static pt_status answer_parts(json_t **ret_answer, const pt_program *program, const uint8_t *out,
                              size_t n_out, pt_error *error)
{
    json_t *parts = json_array();
    pt_status status = PT_OK;
    for (size_t i = 0; i < pt_program_party_count(program) && status == PT_OK; i++)
        status = add_part(parts, program, i, out, n_out, error);
    if (status == PT_OK)
        *ret_answer = json_pack("{s:O}", "parts", parts);
    json_decref(parts);
    return status;
}

static pt_status answer_evaluated(json_t **ret_answer, const pt_program *program,
                                  const json_t *asked, const uint8_t *out, size_t n_out,
                                  pt_error *error)
{
    pt_literal *literal = NULL;
    if (request_flag(asked, "privateResults"))
        return answer_parts(ret_answer, program, out, n_out, error);
    const pt_status status = pt_program_decode(&literal, NULL, program, out, n_out, error);
    if (status == PT_OK)
        *ret_answer = answer_result(literal, pt_program_output_type(program));
    pt_literal_free(literal);
    return status;
}

static json_t *use_evaluated(const pt_program *program, const json_t *asked)
{
    const pt_circuit *circuit = pt_program_circuit(program);
    const size_t n_out = pt_circuit_output_bits(circuit);
    pt_error error;
    json_t *answer = NULL;
    size_t n_in = 0;
    pt_error_clear(&error);
    for (size_t i = 0; i < pt_circuit_parties(circuit); i++)
        n_in += pt_circuit_input_bits(circuit, i);
    uint8_t *in = mem_new(n_in, 1);
    uint8_t *out = mem_new(n_out, 1);
    pt_status status = in == NULL || out == NULL ? error_memory(&error) : PT_OK;
    if (status == PT_OK)
        status = read_inputs(in, program, json_object_get(asked, "inputs"), &error);
    if (status == PT_OK)
        status = pt_circuit_eval(out, n_out, circuit, in, n_in, &error);
    if (status == PT_OK)
        status = answer_evaluated(&answer, program, asked, out, n_out, &error);
    if (status != PT_OK)
        answer = answer_error(status, &error, NULL);
    mem_free_secret(in, n_in);
    mem_free_secret(out, n_out);
    return answer;
}

char *wasm_evaluate(char *text, size_t len)
{
    return with_program(text, len, always, use_evaluated);
}
