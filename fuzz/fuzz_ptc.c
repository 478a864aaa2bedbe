/* Any bytes as a compiled program, with and without the checksum that keeps damage out: refused, or
 * a program that is sound, runs, and is saved as the same bytes. */
#include <stdint.h>
#include <string.h>

#include "base/assert.h"
#include "base/mem.h"
#include "circuit/circuit.h"
#include "lang/program_compact.h"
#include "polytune/polytune.h"

#define HEAD_BYTES 44 /* before what program_compact.h reads */
#define RUN_WIRES  100000u

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void run_program(const pt_program *p)
{
    const pt_circuit *c = pt_program_circuit(p);
    uint8_t *in = mem_new(c->n_inputs, 1);
    uint8_t *out = mem_new(c->n_outputs, 1);
    pt_literal *literal = NULL;
    pt_error error;
    PT_ASSERT(in != NULL && out != NULL);
    PT_ASSERT(pt_circuit_eval(out, c->n_outputs, c, in, c->n_inputs, &error) == PT_OK);
    (void)!pt_program_decode(&literal, NULL, p, out, c->n_outputs, &error);
    for (size_t i = 0; i < pt_program_party_count(p); i++)
        (void)!pt_program_check_input(p, i, in, pt_circuit_input_bits(c, i), &error);
    pt_literal_free(literal);
    mem_free(in);
    mem_free(out);
}

static void assert_same_bytes(const pt_program *p, const uint8_t *body, size_t len)
{
    buffer b;
    buffer_init(&b, SIZE_MAX / 4);
    program_put_compact(&b, p);
    PT_ASSERT(!b.failed && b.len == len && memcmp(b.bytes, body, len) == 0);
    buffer_clear(&b);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    pt_program *p = NULL;
    pt_error error;
    reader r;
    pt_error_clear(&error);
    if (pt_program_load(&p, data, size, &error) != PT_OK)
        PT_ASSERT(error.message[0] != '\0');
    pt_program_free(p);
    p = NULL;
    if (size < HEAD_BYTES)
        return 0;
    reader_init(&r, data + HEAD_BYTES, size - HEAD_BYTES);
    if (program_get_compact(&p, &r, true, &error) != PT_OK) {
        PT_ASSERT(p == NULL && error.message[0] != '\0');
        return 0;
    }
    const pt_circuit *c = pt_program_circuit(p);
    PT_ASSERT(circuit_is_sound(c));
    if ((uint64_t)c->n_inputs + c->n_gates < RUN_WIRES)
        run_program(p);
    assert_same_bytes(p, data + HEAD_BYTES, size - HEAD_BYTES);
    pt_program_free(p);
    return 0;
}
