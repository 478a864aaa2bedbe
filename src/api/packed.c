/* The calls that take bits eight a byte, by way of those that take a byte a bit. */
#include <string.h>

#include "base/bits.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/min.h"
#include "polytune/mpc.h"
#include "polytune/private_results.h"
#include "polytune/program.h"

/* Bits as bytes 0 and 1; release with bytes_free. `bytes` may be NULL for none. */
static pt_status bytes_new(uint8_t **ret_bits, const uint8_t *bytes, size_t n_bits, pt_error *error)
{
    uint8_t *bits = mem_new(n_bits, 1);
    if (bits == NULL)
        return error_memory(error);
    for (size_t i = 0; bytes != NULL && i < n_bits; i++)
        bits[i] = (uint8_t)bits_get(bytes, i);
    *ret_bits = bits;
    return PT_OK;
}

static void bytes_free(uint8_t *bits, size_t n_bits)
{
    mem_free_secret(bits, n_bits);
}

static void bytes_pack(uint8_t *ret_bytes, const uint8_t *bits, size_t n_bits)
{
    for (size_t i = 0; i < n_bits; i++)
        bits_set(ret_bytes, i, bits[i]);
}

/* Whether `n_bytes` bytes are there, hold so many bits, and zeros after them. */
static pt_status check_packed(const uint8_t *bytes, size_t n_bytes, size_t n_bits, const char *what,
                              pt_error *error)
{
    if (bytes == NULL && n_bytes != 0)
        return error_set(error, PT_ERR_USAGE, "the %s are missing", what);
    if (n_bytes != bits_bytes(n_bits))
        return error_set(error, PT_ERR_USAGE, "the %s are %zu bits in %zu bytes, not %zu", what,
                         n_bits, bits_bytes(n_bits), n_bytes);
    if (n_bytes != 0 && !bits_padding_is_zero(bytes, n_bits))
        return error_set(error, PT_ERR_INPUT, "there are bits after the last of the %s", what);
    return PT_OK;
}

/* What a caller sees who does not look at the status. */
static void clear_packed(uint8_t *ret_outputs, size_t n_output_bytes, const pt_circuit *circuit)
{
    const size_t n = bits_bytes(pt_circuit_output_bits(circuit));
    if (ret_outputs != NULL)
        memset(ret_outputs, 0, min_size(n, n_output_bytes));
}

/* A computation whose buffers are checked. */
typedef struct packed_call {
    const pt_circuit *circuit;
    const uint8_t *inputs;
    size_t n_input_bits;
    const pt_channel *channel; /* NULL: in the clear */
    const pt_mpc_options *options;
} packed_call;

static pt_status call_unpacked(uint8_t *ret_output_bits, size_t n_output_bits, const packed_call *c,
                               const uint8_t *input_bits, pt_error *error)
{
    if (c->channel == NULL)
        return pt_circuit_eval(ret_output_bits, n_output_bits, c->circuit, input_bits,
                               c->n_input_bits, error);
    return pt_mpc_run(ret_output_bits, n_output_bits, c->channel, c->circuit, input_bits,
                      c->n_input_bits, c->options, error);
}

/* `ret_outputs` may be NULL for a party without a result. */
static pt_status call_packed(uint8_t *ret_outputs, const packed_call *c, pt_error *error)
{
    const size_t n_output_bits = ret_outputs == NULL ? 0 : pt_circuit_output_bits(c->circuit);
    uint8_t *input_bits = NULL;
    uint8_t *output_bits = NULL;
    pt_status status = bytes_new(&input_bits, c->inputs, c->n_input_bits, error);
    if (status == PT_OK)
        status = bytes_new(&output_bits, NULL, n_output_bits, error);
    if (status == PT_OK)
        status = call_unpacked(ret_outputs == NULL ? NULL : output_bits, n_output_bits, c,
                               input_bits, error);
    if (status == PT_OK && ret_outputs != NULL)
        bytes_pack(ret_outputs, output_bits, n_output_bits);
    bytes_free(input_bits, input_bits == NULL ? 0 : c->n_input_bits);
    bytes_free(output_bits, output_bits == NULL ? 0 : n_output_bits);
    return status;
}

pt_status pt_circuit_eval_packed(uint8_t *ret_outputs, size_t n_output_bytes,
                                 const pt_circuit *circuit, const uint8_t *inputs,
                                 size_t n_input_bytes, pt_error *error)
{
    if (circuit == NULL)
        return error_missing(error, "a circuit");
    clear_packed(ret_outputs, n_output_bytes, circuit);
    packed_call c = {.circuit = circuit, .inputs = inputs};
    for (size_t p = 0; p < pt_circuit_parties(circuit); p++)
        c.n_input_bits += pt_circuit_input_bits(circuit, p);
    pt_status status = check_packed(inputs, n_input_bytes, c.n_input_bits, "inputs", error);
    if (status == PT_OK)
        status = check_packed(ret_outputs, n_output_bytes, pt_circuit_output_bits(circuit),
                              "outputs", error);
    return status == PT_OK ? call_packed(ret_outputs, &c, error) : status;
}

pt_status pt_mpc_run_packed(uint8_t *ret_outputs, size_t n_output_bytes, const pt_channel *channel,
                            const pt_circuit *circuit, const uint8_t *inputs, size_t n_input_bytes,
                            const pt_mpc_options *options, pt_error *error)
{
    if (circuit == NULL || channel == NULL || options == NULL)
        return error_missing(error, "options, a channel and a circuit");
    clear_packed(ret_outputs, n_output_bytes, circuit);
    const size_t parties = pt_circuit_parties(circuit);
    if (options->party >= parties) /* before its number of inputs is wrong */
        return error_set(error, PT_ERR_USAGE, "party %zu is not one of the %zu parties",
                         options->party, parties);
    const packed_call c = {.circuit = circuit,
                           .inputs = inputs,
                           .n_input_bits = pt_circuit_input_bits(circuit, options->party),
                           .channel = channel,
                           .options = options};
    pt_status status = check_packed(inputs, n_input_bytes, c.n_input_bits, "inputs", error);
    if (status == PT_OK && ret_outputs != NULL)
        status = check_packed(ret_outputs, n_output_bytes, pt_circuit_output_bits(circuit),
                              "outputs", error);
    return status == PT_OK ? call_packed(ret_outputs, &c, error) : status;
}

/* A program's output bits as bytes, with their number. */
static pt_status outputs_new(uint8_t **ret_bits, size_t *ret_n_bits, const pt_program *program,
                             const uint8_t *outputs, size_t n_bytes, pt_error *error)
{
    if (program == NULL)
        return error_missing(error, "a program");
    *ret_n_bits = pt_circuit_output_bits(pt_program_circuit(program));
    const pt_status status = check_packed(outputs, n_bytes, *ret_n_bits, "outputs", error);
    if (status != PT_OK)
        return status;
    return bytes_new(ret_bits, outputs, *ret_n_bits, error);
}

pt_status pt_program_decode_packed(pt_literal **ret_literal, pt_panic *ret_panic,
                                   const pt_program *program, const uint8_t *outputs,
                                   size_t n_bytes, pt_error *error)
{
    uint8_t *bits = NULL;
    size_t n_bits = 0;
    pt_status status = outputs_new(&bits, &n_bits, program, outputs, n_bytes, error);
    if (status != PT_OK)
        return status;
    status = pt_program_decode(ret_literal, ret_panic, program, bits, n_bits, error);
    bytes_free(bits, n_bits);
    return status;
}

pt_status pt_private_results_decode_packed(pt_literal **ret_literal, pt_panic *ret_panic,
                                           const pt_program *program, size_t party,
                                           const uint8_t *outputs, size_t n_bytes, pt_error *error)
{
    uint8_t *bits = NULL;
    size_t n_bits = 0;
    pt_status status = outputs_new(&bits, &n_bits, program, outputs, n_bytes, error);
    if (status != PT_OK)
        return status;
    status = pt_private_results_decode(ret_literal, ret_panic, program, party, bits, n_bits, error);
    bytes_free(bits, n_bits);
    return status;
}

pt_status pt_program_check_input_packed(const pt_program *program, size_t party,
                                        const uint8_t *bytes, size_t n_bytes, pt_error *error)
{
    uint8_t *bits = NULL;
    if (program == NULL || party >= pt_program_party_count(program))
        return error_missing(error, "a program and one of its parties");
    const size_t n_bits = pt_type_bits(pt_program_input_type(program, party));
    pt_status status = check_packed(bytes, n_bytes, n_bits, "input", error);
    if (status == PT_OK)
        status = bytes_new(&bits, bytes, n_bits, error);
    if (status != PT_OK)
        return status;
    status = pt_program_check_input(program, party, bits, n_bits, error);
    bytes_free(bits, n_bits);
    return status;
}
