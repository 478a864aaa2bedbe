#include "polytune/private_results.h"

#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "polytune/circuit.h"

const pt_type *pt_private_results_type(const pt_type *result, size_t parties, size_t party)
{
    if (result == NULL || party >= parties)
        return NULL;
    const pt_kind kind = pt_type_kind(result);
    if (kind == PT_KIND_ARRAY && pt_type_length(result) == parties)
        return pt_type_element(result);
    if (kind == PT_KIND_TUPLE && pt_type_field_count(result) == parties)
        return pt_type_field_type(result, party);
    return NULL;
}

static pt_status no_elements(const pt_type *result, size_t parties, pt_error *error)
{
    char *text = NULL;
    pt_status status = pt_type_print(&text, result, error);
    if (status != PT_OK)
        return status;
    status = error_set(error, PT_ERR_USAGE,
                       "for private results the program's result must be a tuple or an array of "
                       "%zu, an element for each party; it is %.200s",
                       parties, text);
    pt_text_free(text);
    return status;
}

static size_t panic_bits(const pt_program *program)
{
    return pt_circuit_output_bits(pt_program_circuit(program)) -
           pt_type_bits(pt_program_output_type(program));
}

pt_status pt_private_results_receivers(pt_mpc_receivers *ret_receivers, size_t *ret_parties,
                                       size_t n_parties, const pt_program *program, pt_error *error)
{
    if (ret_receivers == NULL || ret_parties == NULL || program == NULL)
        return error_missing(error, "a program, and places for receivers and parties,");
    if (n_parties != pt_program_party_count(program))
        return error_set(error, PT_ERR_USAGE, "the program is for %zu parties, not %zu",
                         pt_program_party_count(program), n_parties);
    const pt_type *result = pt_program_output_type(program);
    if (pt_private_results_type(result, n_parties, 0) == NULL)
        return no_elements(result, n_parties, error);
    ret_receivers[0] = (pt_mpc_receivers){.n_bits = panic_bits(program)};
    for (size_t p = 0; p < n_parties; p++) {
        ret_parties[p] = p;
        ret_receivers[p + 1] = (pt_mpc_receivers){
            .n_bits = pt_type_bits(pt_private_results_type(result, n_parties, p)),
            .parties = &ret_parties[p],
            .n_parties = 1};
    }
    return PT_OK;
}

/* An output with the panic code alone: the zeros after it are a value of every type. */
static pt_status decode_panic(pt_panic *ret_panic, const pt_program *program, const uint8_t *bits,
                              size_t n_bits, pt_error *error)
{
    pt_literal *zeros = NULL;
    uint8_t *code = mem_new(n_bits, 1);
    if (code == NULL)
        return error_memory(error);
    memcpy(code, bits, panic_bits(program));
    const pt_status status = pt_program_decode(&zeros, ret_panic, program, code, n_bits, error);
    pt_literal_free(zeros);
    mem_free(code);
    return status;
}

pt_status pt_private_results_decode(pt_literal **ret_literal, pt_panic *ret_panic,
                                    const pt_program *program, size_t party,
                                    const uint8_t *output_bits, size_t n_bits, pt_error *error)
{
    if (ret_literal == NULL || program == NULL || (output_bits == NULL && n_bits != 0))
        return error_missing(error, "a program, output bits and a place for the literal");
    const size_t parties = pt_program_party_count(program);
    const pt_type *result = pt_program_output_type(program);
    const pt_type *element = pt_private_results_type(result, parties, party);
    if (party >= parties)
        return error_set(error, PT_ERR_USAGE, "party %zu is not one of the %zu parties", party,
                         parties);
    if (element == NULL)
        return no_elements(result, parties, error);
    if (n_bits != panic_bits(program) + pt_type_bits(result))
        return error_set(error, PT_ERR_INPUT, "expected %zu output bits, found %zu",
                         panic_bits(program) + pt_type_bits(result), n_bits);
    const pt_status status = decode_panic(ret_panic, program, output_bits, n_bits, error);
    if (status != PT_OK)
        return status;
    size_t at = panic_bits(program);
    for (size_t p = 0; p < party; p++)
        at += pt_type_bits(pt_private_results_type(result, parties, p));
    return pt_literal_from_bits(ret_literal, element, output_bits + at, pt_type_bits(element),
                                error);
}
