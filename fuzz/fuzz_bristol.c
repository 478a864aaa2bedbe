/* Any bytes as a Bristol Fashion file: if they parse, the circuit can be evaluated, planned,
 * written and read again, and what comes back computes the same. */
#include <stdint.h>
#include <string.h>

#include "base/assert.h"
#include "base/mem.h"
#include "circuit/eval.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Runs the circuit on some inputs; the caller frees the outputs. */
static uint64_t *outputs_of(const pt_circuit *c)
{
    uint64_t *in = mem_new(c->n_inputs, sizeof *in);
    uint64_t *out = mem_new(c->n_outputs, sizeof *out);
    PT_ASSERT(in != NULL && out != NULL);
    for (uint32_t i = 0; i < c->n_inputs; i++)
        in[i] = (i + 1) * UINT64_C(0x9e3779b97f4a7c15);
    PT_ASSERT(circuit_eval_lanes(out, c, in, NULL) == PT_OK);
    mem_free(in);
    return out;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    pt_circuit *c = NULL;
    pt_circuit *back = NULL;
    char *text = NULL;
    size_t len = 0;
    pt_error error;
    if (pt_circuit_read_bristol(&c, (const char *)data, size, "fuzz", &error) != PT_OK) {
        PT_ASSERT(error.status == PT_ERR_CIRCUIT && error.message[0] != '\0');
        return 0;
    }
    PT_ASSERT(circuit_is_sound(c));
    PT_ASSERT(c->n_registers <= c->n_inputs + c->n_gates);

    uint64_t *out = outputs_of(c);
    if (pt_circuit_write_bristol(&text, &len, c, NULL) == PT_OK) {
        PT_ASSERT(pt_circuit_read_bristol(&back, text, len, "back", NULL) == PT_OK);
        uint64_t *out_back = outputs_of(back);
        PT_ASSERT(back->n_outputs == c->n_outputs && back->n_and == c->n_and);
        PT_ASSERT(memcmp(out, out_back, c->n_outputs * sizeof *out) == 0);
        mem_free(out_back);
        pt_circuit_free(back);
        pt_text_free(text);
    }
    mem_free(out);
    pt_circuit_free(c);
    return 0;
}
