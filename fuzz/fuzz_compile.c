/* Any bytes as a program: compiled or refused with a list of errors; what compiles runs on zeros
 * and on ones, and its outputs decode. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/assert.h"
#include "polytune/polytune.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define MAX_BITS ((size_t)1 << 20)

static void run(const pt_program *program, uint8_t bit)
{
    const pt_circuit *circuit = pt_program_circuit(program);
    const size_t n_outputs = pt_circuit_output_bits(circuit);
    size_t n_inputs = 0;
    for (size_t p = 0; p < pt_circuit_parties(circuit); p++)
        n_inputs += pt_circuit_input_bits(circuit, p);
    if (n_inputs > MAX_BITS || n_outputs > MAX_BITS)
        return;
    uint8_t *inputs = malloc(n_inputs + 1);
    uint8_t *outputs = malloc(n_outputs + 1);
    pt_literal *literal = NULL;
    if (inputs != NULL && outputs != NULL) {
        memset(inputs, bit, n_inputs);
        PT_ASSERT(pt_circuit_eval(outputs, n_outputs, circuit, inputs, n_inputs, NULL) == PT_OK);
        const pt_status status =
            pt_program_decode(&literal, NULL, program, outputs, n_outputs, NULL);
        /* Tags of all ones may name no variant. */
        PT_ASSERT(status == PT_OK || status == PT_ERR_PANIC ||
                  (status == PT_ERR_INPUT && bit == 1));
        pt_literal_free(literal);
    }
    free(inputs);
    free(outputs);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const pt_constant constants[] = {{"P", "N", "3"}, {"P", "M", "2"}};
    const pt_compile_options options = {
        .source = (const char *)data, .source_len = size, .constants = constants, .n_constants = 2};
    pt_program *program = NULL;
    pt_diagnostics *diagnostics = NULL;
    pt_error error;
    pt_error_clear(&error);
    const pt_status status = pt_program_compile(&program, &diagnostics, &options, &error);
    PT_ASSERT(status == error.status);
    PT_ASSERT((status == PT_OK) == (program != NULL));
    if (program != NULL) {
        run(program, 0);
        run(program, 1);
    }
    pt_diagnostics_free(diagnostics);
    pt_program_free(program);
    return 0;
}
