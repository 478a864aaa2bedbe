/* Bristol Fashion text to a circuit (spec garble.md F1-F3), and text in the older Bristol Format,
 * whose header has the sizes of two inputs and one output in a single line. Every number is
 * hostile: nothing is allocated that the text is too short to fill.
 *
 * EQW makes a second name for a wire, MAND stands for its ANDs. EQ sets a constant, which no gate
 * of ours may read: it becomes an input bit XORed with itself, free like all XORs. */
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/assert.h"
#include "base/bom.h"
#include "base/error.h"
#include "base/mem.h"
#include "circuit/pack.h"

/* The shortest gate line, "1 1 0 1 INV" and its end. */
#define MIN_GATE_BYTES ((size_t)12)
/* The shortest text for a wire that a gate sets: three numbers of a MAND. */
#define MIN_WIRE_BYTES ((size_t)6)
/* Gates that are made for EQ. */
#define N_CONSTANTS 2
/* Inputs that no gate reads take no text, so this many more than the text has bytes are allowed. */
#define MORE_INPUTS ((size_t)1 << 20)

typedef struct parser {
    const char *at;
    const char *line_end;
    const char *end;
    size_t line;
    const char *name;
    pt_error *error;
    pt_circuit *c;
    uint32_t n_lines;  /* gates as promised, a MAND counting once */
    uint32_t n_driven; /* wires that gates set, as promised */
    gate *gates;
    uint32_t *drivers;               /* for each of these: our wire + 1, or 0 when not set yet */
    uint32_t constants[N_CONSTANTS]; /* our wires that are false and true, + 1; 0: not made yet */
} parser;

typedef enum line_kind {
    LINE_GATE,  /* one of ours */
    LINE_COPY,  /* EQW */
    LINE_CONST, /* EQ: the input is 0 or 1 */
    LINE_MANY,  /* MAND: all first operands, all second ones, all outputs */
} line_kind;

/* What a line may end with. */
typedef struct line_op {
    const char *name;
    line_kind kind;
    gate_op op;
    uint32_t n_in; /* each sets one wire; LINE_MANY any number */
} line_op;

static const line_op line_ops[] = {
    {"XOR", LINE_GATE, GATE_XOR, 2},  {"AND", LINE_GATE, GATE_AND, 2},
    {"INV", LINE_GATE, GATE_NOT, 1},  {"NOT", LINE_GATE, GATE_NOT, 1},
    {"EQW", LINE_COPY, GATE_XOR, 1},  {"EQ", LINE_CONST, GATE_XOR, 1},
    {"MAND", LINE_MANY, GATE_AND, 0},
};

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

/* The last word of the line. */
static word last_word(const parser *p)
{
    const char *end = p->line_end;
    while (end > p->at && is_space(end[-1]))
        end--;
    const char *start = end;
    while (start > p->at && !is_space(start[-1]))
        start--;
    return (word){start, (size_t)(end - start)};
}

static const line_op *find_op(word w)
{
    for (size_t i = 0; i < sizeof line_ops / sizeof *line_ops; i++)
        if (word_is(w, line_ops[i].name))
            return &line_ops[i];
    return NULL;
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

/* Whether the line after the next one is a gate already: then the next one is all of the header. */
static bool is_older_format(const parser *p)
{
    parser ahead = *p;
    return next_line(&ahead) && next_line(&ahead) && find_op(last_word(&ahead)) != NULL;
}

/* The bits of the first input, of the second (perhaps none) and of the output. */
static pt_status read_older_widths(parser *p, uint64_t *ret_n_inputs, uint64_t *ret_n_outputs)
{
    static const char *const what[] = {"size of the first input", "size of the second input",
                                       "size of the output"};
    pt_circuit *c = p->c;
    uint32_t sizes[3] = {0};
    (void)next_line(p); /* is_older_format has seen it */
    for (size_t i = 0; i < 3; i++) {
        const pt_status status = read_number(p, &sizes[i], what[i]);
        if (status != PT_OK)
            return status;
    }
    c->n_parties = sizes[1] == 0 ? 1 : 2;
    c->n_output_values = 1;
    c->party_inputs = mem_new(2, sizeof *c->party_inputs);
    c->output_value_bits = mem_new(1, sizeof *c->output_value_bits);
    if (c->party_inputs == NULL || c->output_value_bits == NULL)
        return error_memory(p->error);
    c->party_inputs[0] = sizes[0];
    c->party_inputs[1] = sizes[1];
    c->output_value_bits[0] = sizes[2];
    *ret_n_inputs = (uint64_t)sizes[0] + sizes[1];
    *ret_n_outputs = sizes[2];
    return end_line(p);
}

static pt_status read_all_widths(parser *p, uint64_t *ret_n_inputs, uint64_t *ret_n_outputs)
{
    pt_circuit *c = p->c;
    if (is_older_format(p))
        return read_older_widths(p, ret_n_inputs, ret_n_outputs);
    const pt_status status =
        read_widths(p, &c->party_inputs, &c->n_parties, ret_n_inputs, "input value");
    if (status != PT_OK)
        return status;
    return read_widths(p, &c->output_value_bits, &c->n_output_values, ret_n_outputs,
                       "output value");
}

static pt_status check_sizes(parser *p, uint64_t n_wires, uint64_t n_inputs, uint64_t n_outputs)
{
    const pt_circuit *c = p->c;
    const size_t left = (size_t)(p->end - p->line_end);
    if (c->n_parties == 0 || c->n_parties > CIRCUIT_MAX_PARTIES)
        return bad(p, "expected 1 to %d input values, found %zu", CIRCUIT_MAX_PARTIES,
                   c->n_parties);
    if (c->n_output_values == 0)
        return bad(p, "expected an output value, found none");
    if (n_wires < n_inputs + p->n_lines)
        return bad(p, "%llu wires are promised, but %llu input bits and %u gates make %llu",
                   (unsigned long long)n_wires, (unsigned long long)n_inputs, (unsigned)p->n_lines,
                   (unsigned long long)n_inputs + p->n_lines);
    if (n_outputs > n_wires)
        return bad(p, "%llu output bits are promised, but there are only %llu wires",
                   (unsigned long long)n_outputs, (unsigned long long)n_wires);
    if (p->n_lines > (left + 1) / MIN_GATE_BYTES)
        return bad(p, "%u gate%s promised, but the text ends before", (unsigned)p->n_lines,
                   p->n_lines == 1 ? " is" : "s are");
    if (n_inputs > left + MORE_INPUTS)
        return bad(p, "%llu input bits are too many for a text of this length",
                   (unsigned long long)n_inputs);
    if (n_wires - n_inputs > (left + 1) / MIN_WIRE_BYTES ||
        n_wires > CIRCUIT_MAX_WIRES - N_CONSTANTS)
        return bad(p, "%llu wires are promised, but the text ends before",
                   (unsigned long long)n_wires);
    return PT_OK;
}

static pt_status allocate(parser *p)
{
    pt_circuit *c = p->c;
    p->gates = mem_new((size_t)p->n_driven + N_CONSTANTS, sizeof *p->gates);
    c->outputs = mem_new(c->n_outputs, sizeof *c->outputs);
    p->drivers = mem_new(p->n_driven, sizeof *p->drivers);
    if (p->gates == NULL || c->outputs == NULL || p->drivers == NULL)
        return error_memory(p->error);
    return PT_OK;
}

static pt_status read_header(parser *p)
{
    uint32_t n_wires = 0;
    uint64_t n_inputs = 0;
    uint64_t n_outputs = 0;
    pt_status status = PT_OK;
    if (!next_line(p))
        return bad(p, "expected the numbers of gates and wires, found the end of the text");
    if ((status = read_number(p, &p->n_lines, "number of gates")) != PT_OK ||
        (status = read_number(p, &n_wires, "number of wires")) != PT_OK ||
        (status = end_line(p)) != PT_OK ||
        (status = read_all_widths(p, &n_inputs, &n_outputs)) != PT_OK ||
        (status = check_sizes(p, n_wires, n_inputs, n_outputs)) != PT_OK)
        return status;
    p->c->n_inputs = (uint32_t)n_inputs;
    p->c->n_outputs = (uint32_t)n_outputs;
    p->n_driven = n_wires - (uint32_t)n_inputs;
    return allocate(p);
}

/* --- gates --- */

/* The wire a number of the file means. */
static pt_status find_wire(const parser *p, uint32_t *ret, uint32_t number)
{
    const uint32_t n_inputs = p->c->n_inputs;
    if (number < n_inputs) {
        *ret = number;
        return PT_OK;
    }
    if (number - n_inputs >= p->n_driven)
        return bad(p, "wire %u is out of range: there are %u wires", (unsigned)number,
                   (unsigned)(n_inputs + p->n_driven));
    const uint32_t driver = p->drivers[number - n_inputs];
    if (driver == 0)
        return bad(p, "wire %u is used before it is set", (unsigned)number);
    *ret = driver - 1;
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

/* Reads the number of a wire that the present line sets to our wire `driver`. */
static pt_status read_result(parser *p, uint32_t driver)
{
    const pt_circuit *c = p->c;
    uint32_t number = 0;
    const pt_status status = read_number(p, &number, "number of the output wire");
    if (status != PT_OK)
        return status;
    if (number < c->n_inputs)
        return bad(p, "wire %u is an input and cannot be set", (unsigned)number);
    if (number - c->n_inputs >= p->n_driven)
        return bad(p, "wire %u is out of range: there are %u wires", (unsigned)number,
                   (unsigned)(c->n_inputs + p->n_driven));
    if (p->drivers[number - c->n_inputs] != 0)
        return bad(p, "wire %u is set twice", (unsigned)number);
    p->drivers[number - c->n_inputs] = driver + 1;
    return PT_OK;
}

/* The wire of a new gate. */
static uint32_t add_gate(parser *p, gate_op op, uint32_t a, uint32_t b)
{
    pt_circuit *c = p->c;
    PT_ASSERT(c->n_gates < p->n_driven + N_CONSTANTS);
    PT_ASSERT(a < c->n_inputs + c->n_gates && b < c->n_inputs + c->n_gates);
    p->gates[c->n_gates] =
        (gate){.op = (unsigned)op & 3u, .a = a & (CIRCUIT_MAX_WIRES - 1), .b = b};
    c->n_and += op == GATE_AND ? 1 : 0;
    return c->n_inputs + c->n_gates++;
}

/* Our wire that is false, or true. */
static uint32_t constant_wire(parser *p, bool value)
{
    uint32_t *made = p->constants;
    if (made[0] == 0)
        made[0] = add_gate(p, GATE_XOR, 0, 0) + 1;
    if (value && made[1] == 0)
        made[1] = add_gate(p, GATE_NOT, made[0] - 1, 0) + 1;
    return made[value ? 1 : 0] - 1;
}

static pt_status read_constant(parser *p, uint32_t *ret_wire)
{
    uint32_t value = 0;
    const pt_status status = read_number(p, &value, "value of the wire, 0 or 1");
    if (status != PT_OK)
        return status;
    if (value > 1)
        return bad(p, "expected the value 0 or 1, found %u", (unsigned)value);
    if (p->c->n_inputs == 0)
        return bad(p, "a circuit without inputs cannot have constants");
    *ret_wire = constant_wire(p, value == 1);
    return PT_OK;
}

/* What a line other than a MAND makes of its inputs. */
static pt_status read_inputs(parser *p, const line_op *op, uint32_t *ret_wire)
{
    uint32_t a = 0;
    uint32_t b = 0;
    if (op->kind == LINE_CONST)
        return read_constant(p, ret_wire);
    pt_status status = read_operand(p, &a);
    if (status == PT_OK && op->n_in == 2)
        status = read_operand(p, &b);
    if (status != PT_OK)
        return status;
    *ret_wire = op->kind == LINE_COPY ? a : add_gate(p, op->op, a, b);
    return PT_OK;
}

static void skip_words(parser *p, uint32_t n)
{
    skip_space(p);
    for (uint32_t i = 0; i < n && p->at < p->line_end; i++) {
        p->at += word_at(p->at, p->line_end).len;
        skip_space(p);
    }
}

/* The wires of a MAND: `n` first operands, as many second ones, as many outputs. */
static pt_status read_many(parser *p, uint32_t n)
{
    parser second = *p;
    parser result = *p;
    skip_words(&second, n);
    skip_words(&result, 2 * n);
    const uint32_t first = p->c->n_inputs + p->c->n_gates;
    for (uint32_t i = 0; i < n; i++) {
        uint32_t a = 0;
        uint32_t b = 0;
        pt_status status = read_operand(p, &a);
        if (status == PT_OK)
            status = read_operand(&second, &b);
        if (status != PT_OK)
            return status;
        if (p->c->n_gates == p->n_driven + N_CONSTANTS)
            return bad(p, "the gate MAND sets more wires than there are");
        (void)add_gate(p, GATE_AND, a, b);
    }
    /* Only now: none of its inputs is one of its outputs. */
    for (uint32_t i = 0; i < n; i++) {
        const pt_status status = read_result(&result, first + i);
        if (status != PT_OK)
            return status;
    }
    p->at = result.at;
    return PT_OK;
}

static pt_status check_arity(const parser *p, const line_op *op, uint32_t n_in, uint32_t n_out)
{
    const bool fits =
        op->kind == LINE_MANY ? n_out > 0 && n_in == 2 * n_out : n_in == op->n_in && n_out == 1;
    if (fits)
        return PT_OK;
    if (op->kind == LINE_MANY)
        return bad(p, "the gate MAND has twice as many inputs as outputs, found %u and %u",
                   (unsigned)n_in, (unsigned)n_out);
    return bad(p, "the gate %s has %u input%s and 1 output, found %u and %u", op->name,
               (unsigned)op->n_in, op->n_in == 1 ? "" : "s", (unsigned)n_in, (unsigned)n_out);
}

static pt_status read_wires(parser *p, const line_op *op, uint32_t n_out)
{
    uint32_t made = 0;
    if (op->kind == LINE_MANY)
        return read_many(p, n_out);
    const pt_status status = read_inputs(p, op, &made);
    if (status != PT_OK)
        return status;
    return read_result(p, made);
}

static pt_status read_gate(parser *p)
{
    uint32_t n_in = 0;
    uint32_t n_out = 0;
    const word name = last_word(p);
    const line_op *op = find_op(name);
    if (op == NULL) {
        parser at_name = *p;
        at_name.at = name.text;
        return expected(&at_name, "the gate XOR, AND, INV, EQ, EQW or MAND");
    }
    pt_status status = read_number(p, &n_in, "number of a gate's inputs");
    if (status == PT_OK)
        status = read_number(p, &n_out, "number of a gate's outputs");
    if (status == PT_OK)
        status = check_arity(p, op, n_in, n_out);
    if (status == PT_OK)
        status = read_wires(p, op, n_out);
    if (status != PT_OK)
        return status;
    skip_space(p);
    return p->at == name.text ? PT_OK : expected(p, "the gate after its wires");
}

static pt_status check_all_set(const parser *p)
{
    for (uint32_t i = 0; i < p->n_driven; i++) {
        if (p->drivers[i] == 0)
            return bad(p, "wire %u is never set", (unsigned)(p->c->n_inputs + i));
    }
    return PT_OK;
}

static pt_status read_gates(parser *p)
{
    pt_circuit *c = p->c;
    pt_status status = PT_OK;
    for (uint32_t i = 0; i < p->n_lines && status == PT_OK; i++) {
        if (!next_line(p))
            return bad(p, "expected gate %u of %u, found the end of the text", (unsigned)i + 1,
                       (unsigned)p->n_lines);
        status = read_gate(p);
    }
    if (status == PT_OK && next_line(p))
        return bad(p, "expected the end of the text after %u gate%s", (unsigned)p->n_lines,
                   p->n_lines == 1 ? "" : "s");
    if (status == PT_OK)
        status = check_all_set(p);
    const uint32_t first = c->n_inputs + p->n_driven - c->n_outputs;
    for (uint32_t i = 0; i < c->n_outputs && status == PT_OK; i++)
        status = find_wire(p, &c->outputs[i], first + i);
    return status;
}

static gate *take_gates(parser *p)
{
    gate *gates = p->gates;
    p->gates = NULL;
    return gates;
}

pt_status pt_circuit_read_bristol(pt_circuit **ret_circuit, const char *text, size_t len,
                                  const char *name, pt_error *error)
{
    if (ret_circuit == NULL || (text == NULL && len != 0))
        return error_missing(error, "a text, and a place for the circuit,");
    const char *first = len == 0 ? text : text + bom_len(text, len);
    parser p = {.at = first,
                .line_end = first,
                .end = len == 0 ? text : text + len,
                .name = name == NULL ? "circuit" : name,
                .error = error,
                .c = mem_new(1, sizeof *p.c)};
    if (p.c == NULL)
        return error_memory(error);
    pt_status status = read_header(&p);
    if (status == PT_OK)
        status = read_gates(&p);
    if (status == PT_OK && !circuit_pack(p.c, take_gates(&p)))
        status = error_memory(error);
    if (status == PT_OK) {
        PT_DEBUG_ASSERT(circuit_is_sound(p.c));
        *ret_circuit = p.c;
        p.c = NULL;
    }
    mem_free(p.drivers);
    mem_free(p.gates);
    pt_circuit_free(p.c);
    return status;
}
