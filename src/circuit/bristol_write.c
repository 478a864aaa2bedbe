/* A circuit to Bristol Fashion text (spec garble.md F1). The format has no constants and wants the
 * outputs to be the last wires, each driven by its own gate, so outputs that are inputs, constants
 * or repeated are made by more gates at the end, from one wire that is zero. */
#include <stdbool.h>
#include <string.h>

#include "base/assert.h"
#include "base/buffer.h"
#include "base/error.h"
#include "base/mem.h"
#include "circuit/plan.h"

#define NO_NUMBER UINT32_MAX

typedef struct writer {
    const pt_circuit *c;
    buffer text;
    uint32_t *numbers;     /* per wire: its number in the file */
    uint8_t *extra;        /* per output bit: 1 when it needs a gate of its own at the end */
    uint32_t constants[2]; /* wires; NO_NUMBER: there is none */
    uint32_t n_kept;       /* gates without constants */
    uint32_t n_extra;
    uint32_t first_output; /* number of the first output wire */
} writer;

static bool is_const(const writer *w, uint32_t wire)
{
    return wire == w->constants[0] || wire == w->constants[1];
}

static void find_constants(writer *w)
{
    const uint8_t *at = w->c->code;
    w->constants[0] = w->constants[1] = NO_NUMBER;
    for (uint32_t i = 0; i < w->c->n_gates; i++) {
        if (plan_is_exchange(at)) {
            const plan_exchange_counts n = plan_exchange_count(&at);
            i += n.n_xor + n.n_and - 1;
            continue;
        }
        const plan_code code = plan_code_next(&at);
        if (plan_code_op(code) == GATE_CONST)
            w->constants[code.a & 1u] = w->c->n_inputs + i;
    }
}

/* Lets the first output bit that is a gate's wire have it, and numbers all wires: outputs last, the
 * others in order. */
static void number_wires(writer *w)
{
    const pt_circuit *c = w->c;
    const uint32_t n_wires = c->n_inputs + c->n_gates;
    for (uint32_t i = 0; i < n_wires; i++) {
        w->numbers[i] = i < c->n_inputs ? i : NO_NUMBER;
        w->n_kept += i >= c->n_inputs && !is_const(w, i) ? 1 : 0;
    }
    for (uint32_t i = 0; i < c->n_outputs; i++) {
        uint32_t *number = &w->numbers[c->outputs[i]];
        w->extra[i] = *number != NO_NUMBER || is_const(w, c->outputs[i]);
        w->n_extra += w->extra[i];
        if (w->extra[i] == 0)
            *number = i; /* first_output is not known yet */
    }
    const uint32_t n_zero = w->n_extra != 0 ? 1 : 0;
    w->first_output = c->n_inputs + w->n_kept + n_zero + w->n_extra - c->n_outputs;
    uint32_t next = c->n_inputs;
    for (uint32_t i = c->n_inputs; i < n_wires; i++) {
        if (w->numbers[i] != NO_NUMBER)
            w->numbers[i] += w->first_output;
        else if (!is_const(w, i))
            w->numbers[i] = next++;
    }
    PT_ASSERT(next + n_zero == w->first_output);
}

static void write_header(writer *w)
{
    const pt_circuit *c = w->c;
    const uint32_t n_gates = w->n_kept + w->n_extra + (w->n_extra != 0 ? 1 : 0);
    buffer_printf(&w->text, "%u %u\n", (unsigned)n_gates, (unsigned)(c->n_inputs + n_gates));
    buffer_printf(&w->text, "%zu ", c->n_parties);
    for (size_t i = 0; i < c->n_parties; i++)
        buffer_printf(&w->text, "%u ", (unsigned)c->party_inputs[i]);
    buffer_printf(&w->text, "\n%zu ", c->n_output_values);
    for (size_t i = 0; i < c->n_output_values; i++)
        buffer_printf(&w->text, "%u ", (unsigned)c->output_value_bits[i]);
    buffer_printf(&w->text, "\n\n");
}

/* Room for five numbers and the name of a gate. */
#define MAX_LINE 64

/* Writes "v " and returns where it ends. Much faster than printf, and most of the work here. */
static char *put_number(char *at, uint32_t v)
{
    char digits[10];
    size_t n = 0;
    do {
        digits[n++] = (char)('0' + v % 10);
        v /= 10;
    } while (v != 0);
    while (n > 0)
        *at++ = digits[--n];
    *at++ = ' ';
    return at;
}

/* One gate; `op` ends with the line. */
static void write_line(writer *w, const uint32_t *numbers, size_t n, const char *op)
{
    char line[MAX_LINE];
    char *at = line;
    for (size_t i = 0; i < n; i++)
        at = put_number(at, numbers[i]);
    buffer_put(&w->text, line, (size_t)(at - line));
    buffer_put(&w->text, op, strlen(op));
}

static void write_binary(writer *w, const char *op, uint32_t a, uint32_t b, uint32_t out)
{
    write_line(w, (const uint32_t[]){2, 1, a, b, out}, 5, op);
}

static void write_inv(writer *w, uint32_t a, uint32_t out)
{
    write_line(w, (const uint32_t[]){1, 1, a, out}, 4, "INV\n");
}

static void write_gate(writer *w, gate g, uint32_t out)
{
    switch ((gate_op)g.op) {
    case GATE_XOR:
        write_binary(w, "XOR\n", w->numbers[g.a], w->numbers[g.b], out);
        break;
    case GATE_AND:
        write_binary(w, "AND\n", w->numbers[g.a], w->numbers[g.b], out);
        break;
    case GATE_NOT:
        write_inv(w, w->numbers[g.a], out);
        break;
    case GATE_CONST: /* no gate reads one; outputs get it from write_extra */
        break;
    }
}

static void write_extra(writer *w)
{
    const pt_circuit *c = w->c;
    const uint32_t zero = w->first_output - 1;
    if (w->n_extra != 0)
        write_binary(w, "XOR\n", 0, 0, zero);
    for (uint32_t i = 0; i < c->n_outputs; i++) {
        const uint32_t wire = c->outputs[i];
        const uint32_t out = w->first_output + i;
        if (w->extra[i] == 0)
            continue;
        if (!is_const(w, wire))
            write_binary(w, "XOR\n", w->numbers[wire], zero, out);
        else if (wire == w->constants[0])
            write_binary(w, "XOR\n", zero, zero, out);
        else
            write_inv(w, zero, out);
    }
}

pt_status pt_circuit_write_bristol(char **ret_text, size_t *ret_len, const pt_circuit *circuit,
                                   pt_error *error)
{
    if (ret_text == NULL || ret_len == NULL || circuit == NULL)
        return error_missing(error, "a circuit, and places for the text and its length,");
    const pt_circuit *c = circuit;
    pt_status status = PT_OK;
    writer w = {.c = c,
                .numbers = mem_new((size_t)c->n_inputs + c->n_gates, sizeof *w.numbers),
                .extra = mem_new(c->n_outputs, sizeof *w.extra)};
    gate_walk gates;
    buffer_init(&w.text, SIZE_MAX / 2);
    if (!gate_walk_init(&gates, c) || w.numbers == NULL || w.extra == NULL) {
        status = error_memory(error);
        goto done;
    }
    find_constants(&w);
    number_wires(&w);
    if (w.n_extra != 0 && c->n_inputs + w.n_kept == 0) {
        status = error_set(error, PT_ERR_UNSUPPORTED,
                           "Bristol Fashion has no constants, and this circuit has no inputs");
        goto done;
    }
    write_header(&w);
    for (uint32_t i = 0; i < c->n_gates; i++)
        write_gate(&w, gate_walk_next(&gates), w.numbers[c->n_inputs + i]);
    write_extra(&w);
    if (buffer_text(&w.text) == NULL) {
        status = error_memory(error);
        goto done;
    }
    *ret_text = (char *)buffer_take(&w.text, ret_len);
done:
    gate_walk_clear(&gates);
    mem_free(w.numbers);
    mem_free(w.extra);
    buffer_clear(&w.text);
    return status;
}
