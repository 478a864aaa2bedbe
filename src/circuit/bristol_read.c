/* Bristol Fashion text to a circuit (spec garble.md F1-F3). Every number is hostile: nothing is
 * allocated that the text is too short to fill. */
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "circuit/circuit.h"

/* The shortest gate line, "1 1 0 1 INV" and its end. */
#define MIN_GATE_BYTES ((size_t)12)
/* Inputs that no gate reads take no text, so this many more than the text has bytes are allowed. */
#define MORE_INPUTS ((size_t)1 << 20)

typedef struct parser {
    const char *at;
    const char *line_end;
    const char *end;
    size_t line;
    const char *name;
    pt_error *error;
    uint32_t *drivers; /* per gate wire of the file: our gate + 1, or 0 when not set yet */
    pt_circuit *c;
    uint32_t n_gates; /* as promised */
} parser;

static pt_status bad(const parser *p, const char *format, ...) PRINTF_LIKE(2, 3);

static pt_status bad(const parser *p, const char *format, ...)
{
    char message[PT_ERROR_MESSAGE_MAX];
    va_list args;
    va_start(args, format);
    if (vsnprintf(message, sizeof message, format, args) < 0)
        message[0] = '\0';
    va_end(args);
    return error_set(p->error, PT_ERR_CIRCUIT, "%.200s:%zu: %s", p->name,
                     p->line == 0 ? 1 : p->line, message);
}

/* --- lines and words --- */

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

static void skip_space(parser *p)
{
    while (p->at < p->line_end && is_space(*p->at))
        p->at++;
}

/* Goes to the next line with something on it; false at the end of the text. */
static bool next_line(parser *p)
{
    while (p->line_end < p->end) {
        p->at = p->line == 0 ? p->at : p->line_end + 1;
        const char *newline = memchr(p->at, '\n', (size_t)(p->end - p->at));
        p->line_end = newline == NULL ? p->end : newline;
        p->line++;
        skip_space(p);
        if (p->at < p->line_end)
            return true;
    }
    return false;
}

typedef struct word {
    const char *text;
    size_t len;
} word;

static word word_at(const char *at, const char *line_end)
{
    const char *end = at;
    while (end < line_end && !is_space(*end))
        end++;
    return (word){at, (size_t)(end - at)};
}

static bool word_is(word w, const char *text)
{
    return w.len == strlen(text) && memcmp(w.text, text, w.len) == 0;
}

/* "expected ..., found ...", with what stands here. */
static pt_status expected(const parser *p, const char *what)
{
    const word w = word_at(p->at, p->line_end);
    char found[32];
    size_t n = w.len < sizeof found - 1 ? w.len : sizeof found - 1;
    for (size_t i = 0; i < n; i++) {
        const bool printable = w.text[i] >= ' ' && w.text[i] <= '~';
        found[i] = '?';
        if (printable)
            found[i] = w.text[i];
    }
    found[n] = '\0';
    if (n == 0)
        return bad(p, "expected %s, found the end of the line", what);
    return bad(p, "expected %s, found '%s'", what, found);
}

static pt_status read_number(parser *p, uint32_t *ret, const char *what)
{
    uint64_t value = 0;
    skip_space(p);
    const word w = word_at(p->at, p->line_end);
    for (size_t i = 0; i < w.len; i++) {
        if (w.text[i] < '0' || w.text[i] > '9')
            return expected(p, what);
        value = value * 10 + (uint64_t)(w.text[i] - '0');
        if (value > CIRCUIT_MAX_WIRES)
            return bad(p, "the %s is larger than %u", what, (unsigned)CIRCUIT_MAX_WIRES);
    }
    if (w.len == 0)
        return expected(p, what);
    p->at += w.len;
    *ret = (uint32_t)value;
    return PT_OK;
}

static pt_status end_line(parser *p)
{
    skip_space(p);
    return p->at == p->line_end ? PT_OK : expected(p, "the end of the line");
}

/* --- header --- */

/* A count and that many widths. *ret_widths is the caller's. */
static pt_status read_widths(parser *p, uint32_t **ret_widths, size_t *ret_n, uint64_t *ret_sum,
                             const char *what)
{
    uint32_t n = 0;
    if (!next_line(p))
        return bad(p, "expected the line with the %ss, found the end of the text", what);
    pt_status status = read_number(p, &n, what);
    if (status != PT_OK)
        return status;
    if (n > (size_t)(p->line_end - p->at))
        return bad(p, "%u %ss are promised, but the line is too short for their sizes", (unsigned)n,
                   what);
    *ret_widths = mem_new(n, sizeof **ret_widths);
    if (*ret_widths == NULL)
        return error_memory(p->error);
    *ret_n = n;
    for (uint32_t i = 0; status == PT_OK && i < n; i++) {
        status = read_number(p, &(*ret_widths)[i], what);
        *ret_sum += (*ret_widths)[i];
    }
    if (status != PT_OK)
        return status;
    return end_line(p);
}

static pt_status check_sizes(parser *p, uint64_t n_wires, uint64_t n_inputs, uint64_t n_outputs)
{
    const pt_circuit *c = p->c;
    const size_t left = (size_t)(p->end - p->line_end);
    const uint64_t n_made = n_inputs + p->n_gates;
    if (c->n_parties == 0 || c->n_parties > CIRCUIT_MAX_PARTIES)
        return bad(p, "expected 1 to %d input values, found %zu", CIRCUIT_MAX_PARTIES,
                   c->n_parties);
    if (c->n_output_values == 0)
        return bad(p, "expected an output value, found none");
    if (n_wires != n_made)
        return bad(p, "%llu wires are promised, but %llu input bits and %u gates make %llu",
                   (unsigned long long)n_wires, (unsigned long long)n_inputs, (unsigned)p->n_gates,
                   (unsigned long long)n_made);
    if (n_outputs > n_wires)
        return bad(p, "%llu output bits are promised, but there are only %llu wires",
                   (unsigned long long)n_outputs, (unsigned long long)n_wires);
    if (p->n_gates > (left + 1) / MIN_GATE_BYTES)
        return bad(p, "%u gates are promised, but the text ends before", (unsigned)p->n_gates);
    if (n_inputs > left + MORE_INPUTS)
        return bad(p, "%llu input bits are too many for a text of this length",
                   (unsigned long long)n_inputs);
    return PT_OK;
}

static pt_status read_header(parser *p)
{
    pt_circuit *c = p->c;
    uint32_t n_wires = 0;
    uint64_t n_inputs = 0;
    uint64_t n_outputs = 0;
    pt_status status = PT_OK;
    if (!next_line(p))
        return bad(p, "expected the numbers of gates and wires, found the end of the text");
    if ((status = read_number(p, &p->n_gates, "number of gates")) != PT_OK ||
        (status = read_number(p, &n_wires, "number of wires")) != PT_OK ||
        (status = end_line(p)) != PT_OK ||
        (status = read_widths(p, &c->party_inputs, &c->n_parties, &n_inputs, "input value")) !=
            PT_OK ||
        (status = read_widths(p, &c->output_value_bits, &c->n_output_values, &n_outputs,
                              "output value")) != PT_OK ||
        (status = check_sizes(p, n_wires, n_inputs, n_outputs)) != PT_OK)
        return status;
    c->n_inputs = (uint32_t)n_inputs;
    c->n_outputs = (uint32_t)n_outputs;
    c->gates = mem_new(p->n_gates, sizeof *c->gates);
    c->outputs = mem_new(c->n_outputs, sizeof *c->outputs);
    p->drivers = mem_new(p->n_gates, sizeof *p->drivers);
    if (c->gates == NULL || c->outputs == NULL || p->drivers == NULL)
        return error_memory(p->error);
    return PT_OK;
}

/* --- gates --- */

/* The gate's name: the last word of the line. */
static pt_status read_op(const parser *p, gate_op *ret_op, word *ret_word)
{
    const char *end = p->line_end;
    while (end > p->at && is_space(end[-1]))
        end--;
    const char *start = end;
    while (start > p->at && !is_space(start[-1]))
        start--;
    const word w = {start, (size_t)(end - start)};
    *ret_word = w;
    if (word_is(w, "XOR"))
        *ret_op = GATE_XOR;
    else if (word_is(w, "AND"))
        *ret_op = GATE_AND;
    else if (word_is(w, "INV"))
        *ret_op = GATE_NOT;
    else if (word_is(w, "EQ") || word_is(w, "EQW") || word_is(w, "MAND"))
        return bad(p, "the gate %.*s is not supported, only XOR, AND and INV are", (int)w.len,
                   w.text);
    else {
        parser at_op = *p;
        at_op.at = start;
        return expected(&at_op, "the gate XOR, AND or INV");
    }
    return PT_OK;
}

/* The wire a number of the file means. */
static pt_status find_wire(const parser *p, uint32_t *ret, uint32_t number)
{
    const uint32_t n_inputs = p->c->n_inputs;
    if (number < n_inputs) {
        *ret = number;
        return PT_OK;
    }
    if (number - n_inputs >= p->n_gates)
        return bad(p, "wire %u is out of range: there are %u wires", (unsigned)number,
                   (unsigned)(n_inputs + p->n_gates));
    const uint32_t driver = p->drivers[number - n_inputs];
    if (driver == 0)
        return bad(p, "wire %u is used before it is set", (unsigned)number);
    *ret = n_inputs + driver - 1;
    return PT_OK;
}

static pt_status read_operand(parser *p, uint32_t *ret)
{
    uint32_t number = 0;
    const pt_status status = read_number(p, &number, "number of an input wire");
    if (status != PT_OK)
        return status;
    return find_wire(p, ret, number);
}

/* Reads the number of the wire that the present gate sets. */
static pt_status read_result(parser *p)
{
    pt_circuit *c = p->c;
    uint32_t number = 0;
    const pt_status status = read_number(p, &number, "number of the output wire");
    if (status != PT_OK)
        return status;
    if (number < c->n_inputs)
        return bad(p, "wire %u is an input and cannot be set", (unsigned)number);
    if (number - c->n_inputs >= p->n_gates)
        return bad(p, "wire %u is out of range: there are %u wires", (unsigned)number,
                   (unsigned)(c->n_inputs + p->n_gates));
    if (p->drivers[number - c->n_inputs] != 0)
        return bad(p, "wire %u is set twice", (unsigned)number);
    p->drivers[number - c->n_inputs] = c->n_gates + 1;
    return PT_OK;
}

static pt_status read_gate(parser *p)
{
    pt_circuit *c = p->c;
    gate_op op = GATE_XOR;
    word op_word;
    uint32_t n_in = 0, n_out = 0, a = 0, b = 0;
    pt_status status = read_op(p, &op, &op_word);
    if (status != PT_OK)
        return status;
    if ((status = read_number(p, &n_in, "number of a gate's inputs")) != PT_OK ||
        (status = read_number(p, &n_out, "number of a gate's outputs")) != PT_OK)
        return status;
    const uint32_t arity = op == GATE_NOT ? 1 : 2;
    if (n_in != arity || n_out != 1)
        return bad(p, "the gate %.*s has %u input%s and 1 output, found %u and %u",
                   (int)op_word.len, op_word.text, (unsigned)arity, arity == 1 ? "" : "s",
                   (unsigned)n_in, (unsigned)n_out);
    if ((status = read_operand(p, &a)) != PT_OK ||
        (arity == 2 && (status = read_operand(p, &b)) != PT_OK) ||
        (status = read_result(p)) != PT_OK)
        return status;
    skip_space(p);
    if (p->at != op_word.text)
        return expected(p, "the gate after its wires");
    c->gates[c->n_gates++] =
        (gate){.op = (unsigned)op & 3u, .a = a & (CIRCUIT_MAX_WIRES - 1), .b = b};
    if (op == GATE_AND)
        c->n_and++;
    return PT_OK;
}

static pt_status read_gates(parser *p)
{
    pt_circuit *c = p->c;
    pt_status status = PT_OK;
    for (uint32_t i = 0; i < p->n_gates && status == PT_OK; i++) {
        if (!next_line(p))
            return bad(p, "expected gate %u of %u, found the end of the text", (unsigned)i + 1,
                       (unsigned)p->n_gates);
        status = read_gate(p);
    }
    if (status == PT_OK && next_line(p))
        return bad(p, "expected the end of the text after %u gates", (unsigned)p->n_gates);
    /* Each gate set another wire, hence all wires are set. */
    const uint32_t first = c->n_inputs + p->n_gates - c->n_outputs;
    for (uint32_t i = 0; i < c->n_outputs && status == PT_OK; i++)
        status = find_wire(p, &c->outputs[i], first + i);
    return status;
}

pt_status pt_circuit_read_bristol(pt_circuit **ret_circuit, const char *text, size_t len,
                                  const char *name, pt_error *error)
{
    parser p = {.at = text,
                .line_end = text,
                .end = len == 0 ? text : text + len,
                .name = name == NULL ? "circuit" : name,
                .error = error,
                .c = mem_new(1, sizeof *p.c)};
    if (p.c == NULL)
        return error_memory(error);
    pt_status status = read_header(&p);
    if (status == PT_OK)
        status = read_gates(&p);
    if (status == PT_OK) {
        *ret_circuit = p.c;
        p.c = NULL;
    }
    mem_free(p.drivers);
    pt_circuit_free(p.c);
    return status;
}
