/* Compiled programs as bytes: what comes back is the same program; what is damaged, cut off, of
 * another version or made by hand is refused, whatever it says. */
#include "base/mem.h"
#include "base/varint.h"
#include "circuit/circuit.h"
#include "circuit/compact.h"
#include "circuit/plan.h"
#include "lang/program_compact.h"
#include "lang/program_impl.h"
#include "lang/value/type_compact.h"
#include "polytune/polytune.h"
#include "support/test.h"

#define AT_VERSION 8
#define AT_DIGEST  12
#define AT_BODY    44

static const char everything[] =
    "const N: usize = PARTY_1::N;\n"
    "const B: bool = CONFIG::FLAG;\n"
    "struct Point { y: i16, x: u64 }\n"
    "enum Shape { None, Dot(Point), Line(Point, [u8; 3]) }\n"
    "pub fn area(shapes: [(Shape, usize); N], k: i32) -> (Shape, [bool; 2]) {\n"
    "    let mut n = 0i32;\n"
    "    for s in shapes { if s.1 > 3usize { n = n + k } }\n"
    "    let p = Point { x: shapes[0].1 as u64, y: n as i16 };\n"
    "    (if n == 7i32 { Shape::Dot(p) } else { Shape::Line(p, [1u8, 2u8, 3u8]) }, [B; 2])\n"
    "}\n";

static const char joining[] = "pub fn main(a: [(u8, u8); 3], b: [(u8, u16); 2]) -> u8 {\n"
                              "    let mut sum = 0u8;\n"
                              "    for row in join(a, b) { let (_, l, _) = row; sum = sum ^ l.1 }\n"
                              "    sum\n"
                              "}\n";

static const pt_constant constants[] = {{"PARTY_1", "N", "2usize"}, {"CONFIG", "FLAG", "true"}};

static pt_program *compile(const char *text, const char *function)
{
    pt_program *program = NULL;
    pt_error error;
    const pt_compile_options options = {.source = text,
                                        .source_len = strlen(text),
                                        .function = function,
                                        .constants = constants,
                                        .n_constants = 2};
    if (pt_program_compile(&program, NULL, &options, &error) != PT_OK)
        fail_msg("%s", error.message);
    return program;
}

typedef struct file {
    char *bytes;
    size_t len;
} file;

static file save(const pt_program *program)
{
    file f = {NULL, 0};
    assert_int_equal(pt_program_save(&f.bytes, &f.len, program, NULL), PT_OK);
    assert_true(pt_program_is_saved(f.bytes, f.len));
    return f;
}

static pt_program *load(const file *f)
{
    pt_program *program = NULL;
    pt_error error;
    if (pt_program_load(&program, f->bytes, f->len, &error) != PT_OK)
        fail_msg("%s", error.message);
    return program;
}

static void assert_same_type(const pt_type *a, const pt_type *b)
{
    char *x = NULL;
    char *y = NULL;
    assert_int_equal(pt_type_bits(a), pt_type_bits(b));
    assert_int_equal(pt_type_print(&x, a, NULL), PT_OK);
    assert_int_equal(pt_type_print(&y, b, NULL), PT_OK);
    assert_string_equal(x, y);
    pt_text_free(x);
    pt_text_free(y);
}

static void assert_same_circuit(const pt_circuit *a, const pt_circuit *b)
{
    assert_int_equal(a->n_gates, b->n_gates);
    assert_int_equal(a->n_and, b->n_and);
    assert_int_equal(a->code_len, b->code_len);
    assert_memory_equal(a->code, b->code, a->code_len);
    assert_int_equal(a->n_registers, b->n_registers);
    assert_int_equal(a->n_spare, b->n_spare);
    assert_int_equal(a->n_outputs, b->n_outputs);
    assert_memory_equal(a->outputs, b->outputs, a->n_outputs * sizeof *a->outputs);
}

static void the_same_comes_back(void **state)
{
    (void)state;
    pt_program *program = compile(everything, "area");
    file f = save(program);
    pt_program *back = load(&f);
    size_t n = 0;
    assert_string_equal(pt_program_function(back), "area");
    assert_int_equal(pt_program_party_count(back), 2);
    assert_string_equal(pt_program_input_name(back, 1), "k");
    for (size_t p = 0; p < 2; p++)
        assert_same_type(pt_program_input_type(program, p), pt_program_input_type(back, p));
    assert_same_type(pt_program_output_type(program), pt_program_output_type(back));
    const pt_constant *list = pt_program_constants(&n, back);
    assert_int_equal(n, 2);
    for (size_t i = 0; i < n; i++) {
        const pt_constant *given = strcmp(list[i].name, "N") == 0 ? &constants[0] : &constants[1];
        assert_string_equal(list[i].party, given->party);
        assert_string_equal(list[i].literal, given->literal);
    }
    assert_same_circuit(pt_program_circuit(program), pt_program_circuit(back));
    assert_true(circuit_is_sound(pt_program_circuit(back)));
    file again = save(back);
    assert_int_equal(again.len, f.len);
    assert_memory_equal(again.bytes, f.bytes, f.len);
    assert_null(pt_program_line_counts(&n, back));
    pt_program_free(program);
    pt_program_free(back);
    pt_text_free(f.bytes);
    pt_text_free(again.bytes);
}

/* The result of x / y, from the program and from its file. */
static void panics_have_their_places(void **state)
{
    (void)state;
    pt_program *program = compile("pub fn main(x: u8, y: u8) -> u8 {\n    x / y\n}\n", NULL);
    file f = save(program);
    pt_program *back = load(&f);
    pt_program_free(program); /* nothing of it is needed */
    const size_t n = pt_circuit_output_bits(pt_program_circuit(back));
    uint8_t in[16] = {0};
    uint8_t out[32];
    pt_literal *literal = NULL;
    pt_panic panic = {0};
    pt_error error;
    in[0] = 1;
    assert_int_equal(pt_circuit_eval(out, n, pt_program_circuit(back), in, 16, NULL), PT_OK);
    assert_int_equal(pt_program_decode(&literal, &panic, back, out, n, &error), PT_ERR_PANIC);
    assert_string_equal(panic.reason, "Division By Zero");
    assert_int_equal(panic.line, 2);
    assert_int_equal(panic.column, 5);
    pt_program_free(back);
    pt_text_free(f.bytes);
}

/* Bytes that were said to be of no use for some time. */
static size_t n_passed;

size_t __real_pages_passed(const void *memory, size_t bytes);
size_t __wrap_pages_passed(const void *memory, size_t bytes);
size_t __wrap_pages_passed(const void *memory, size_t bytes)
{
    const size_t n = __real_pages_passed(memory, bytes);
    n_passed += bytes;
    return n;
}

static void walk_to_count(const pt_circuit *c)
{
    pt_circuit_stats stats;
    pt_circuit_get_stats(&stats, c);
    assert_int_equal(stats.and_gates, pt_circuit_and_gates(c));
}

static void walk_to_evaluate(const pt_circuit *c)
{
    const uint8_t in[16] = {0};
    uint8_t out[32];
    assert_int_equal(pt_circuit_eval(out, pt_circuit_output_bits(c), c, in, 16, NULL), PT_OK);
}

static void walk_to_hash(const pt_circuit *c)
{
    char text[PT_TERMS_SIZE];
    const pt_terms terms = {.parties = 2, .circuit = c, .session = "s"};
    assert_int_equal(pt_terms_print(text, &terms, NULL), PT_OK);
}

/* A large file is gone through several times; it must not fill memory. What makes another circuit
 * of it takes as much anyway. */
static void pages_leave_memory(void **state)
{
    static void (*const walks[])(const pt_circuit *c) = {walk_to_count, walk_to_evaluate,
                                                         walk_to_hash};
    (void)state;
    pt_program *program = compile("pub fn main(x: u8, y: u8) -> u8 { x * y }", NULL);
    file f = save(program);
    pt_program *back = load(&f);
    pt_error error;
    assert_int_equal(n_passed, 0);
    pt_program_free(back);
    assert_int_equal(pt_program_load_in_place(&back, f.bytes, f.len, &error), PT_OK);
    /* For the checksum all behind it, and for the check the code. */
    const size_t code_len = pt_program_circuit(back)->code_len;
    assert_true(n_passed >= f.len - AT_BODY + code_len);
    for (size_t i = 0; i < sizeof walks / sizeof *walks; i++) {
        n_passed = 0;
        walks[i](pt_program_circuit(back));
        assert_true(n_passed >= code_len);
    }
    pt_program_free(back);
    pt_program_free(program);
    pt_text_free(f.bytes);
    n_passed = 0;
}

/* From the bytes themselves, of which nothing is changed or freed. */
static void programs_are_used_in_place(void **state)
{
    (void)state;
    pt_program *program = compile("pub fn main(x: u8, y: u8) -> u8 { x * y }", NULL);
    file f = save(program);
    file as_before = save(program);
    pt_program *back = NULL;
    pt_error error;
    assert_int_equal(pt_program_load_in_place(&back, f.bytes, f.len, &error), PT_OK);
    const pt_circuit *c = pt_program_circuit(back);
    assert_true((const char *)c->code > f.bytes && (const char *)c->code < f.bytes + f.len);
    assert_same_circuit(pt_program_circuit(program), c);
    uint8_t in[16] = {0};
    uint8_t out[2][32];
    const size_t n = pt_circuit_output_bits(c);
    in[3] = in[5] = in[12] = 1;
    assert_int_equal(pt_circuit_eval(out[0], n, c, in, 16, NULL), PT_OK);
    assert_int_equal(pt_circuit_eval(out[1], n, pt_program_circuit(program), in, 16, NULL), PT_OK);
    assert_memory_equal(out[0], out[1], n);
    pt_program_free(back);
    assert_memory_equal(f.bytes, as_before.bytes, f.len);
    pt_program_free(program);
    pt_text_free(f.bytes);
    pt_text_free(as_before.bytes);
}

static void sorted_inputs_are_checked(void **state)
{
    (void)state;
    pt_program *program = compile(joining, NULL);
    file f = save(program);
    pt_program *back = load(&f);
    uint8_t bits[48] = {0}; /* three rows with the key 0 */
    pt_error error;
    assert_int_equal(pt_program_check_input(program, 0, bits, 48, &error),
                     pt_program_check_input(back, 0, bits, 48, &error));
    bits[16 + 7] = 1;
    bits[32 + 6] = 1;
    assert_int_equal(pt_program_check_input(program, 0, bits, 48, &error), PT_OK);
    assert_int_equal(pt_program_check_input(back, 0, bits, 48, &error), PT_OK);
    pt_program_free(program);
    pt_program_free(back);
    pt_text_free(f.bytes);
}

static void signatures_of_programs(void **state)
{
    (void)state;
    pt_program *program = compile(everything, "area");
    pt_signature *signature = NULL;
    assert_int_equal(pt_signature_of_program(&signature, program, NULL), PT_OK);
    assert_int_equal(pt_signature_party_count(signature), 2);
    assert_ptr_equal(pt_signature_input_type(signature, 1), pt_program_input_type(program, 1));
    assert_ptr_equal(pt_signature_output_type(signature), pt_program_output_type(program));
    pt_signature_free(signature);
    pt_program_free(program);
}

static void assert_refused(const char *bytes, size_t len, const char *why)
{
    pt_program *program = NULL;
    pt_error error;
    pt_error_clear(&error);
    assert_int_equal(pt_program_load(&program, bytes, len, &error), PT_ERR_CIRCUIT);
    assert_null(program);
    if (strstr(error.message, why) == NULL)
        fail_msg("'%s' does not say '%s'", error.message, why);
}

static void damage_is_found(void **state)
{
    (void)state;
    pt_program *program = compile("pub fn main(x: u8, y: u8) -> u8 { x & y }", NULL);
    file f = save(program);
    for (size_t len = 0; len < f.len; len++)
        assert_refused(f.bytes, len, "");
    for (size_t at = AT_DIGEST; at < f.len; at++) {
        f.bytes[at] ^= 0x10;
        assert_refused(f.bytes, f.len, "checksum");
        f.bytes[at] ^= 0x10;
    }
    f.bytes[AT_VERSION]++;
    assert_refused(f.bytes, f.len, "version 3");
    f.bytes[AT_VERSION] = 1;
    assert_refused(f.bytes, f.len, "version 1");
    f.bytes[0] ^= 1;
    assert_false(pt_program_is_saved(f.bytes, f.len));
    assert_refused(f.bytes, f.len, "no compiled program");
    pt_program_free(program);
    pt_text_free(f.bytes);
}

/* With the right checksum, every change of a byte is refused or gives a sound program. */
static void bytes_of_anybody(void **state)
{
    (void)state;
    static const char *const texts[] = {everything, joining};
    size_t n_taken = 0;
    for (size_t t = 0; t < 2; t++) {
        pt_program *program = compile(texts[t], t == 0 ? "area" : NULL);
        file f = save(program);
        const size_t head = f.len < 900 ? f.len : 900; /* types, sites and the first gates */
        for (size_t at = AT_BODY; at < head; at++) {
            for (unsigned change = 1; change < 256; change = change * 3 + 1) {
                pt_program *back = NULL;
                reader r;
                pt_error error;
                f.bytes[at] ^= (char)change;
                reader_init(&r, f.bytes + AT_BODY, f.len - AT_BODY);
                if (program_get_compact(&back, &r, false, &error) == PT_OK) {
                    n_taken++;
                    assert_true(circuit_is_sound(pt_program_circuit(back)));
                    pt_program_free(back);
                }
                f.bytes[at] ^= (char)change;
            }
        }
        pt_program_free(program);
        pt_text_free(f.bytes);
    }
    assert_true(n_taken > 0); /* places of panics and names may be any */
}

/* ---- The circuit alone ---- */

static pt_status read_circuit(const uint8_t *bytes, size_t len)
{
    pt_circuit *c = NULL;
    pt_error error;
    reader r;
    reader_init(&r, bytes, len);
    const pt_status status = circuit_get_compact(&c, &r, false, &error);
    if (status == PT_OK) {
        assert_true(circuit_is_sound(c));
        assert_true(reader_done(&r));
    }
    pt_circuit_free(c);
    return status;
}

enum {
    A_ENDS = PLAN_A_ENDS,
    B_ENDS = PLAN_B_ENDS,
    BOTH_END = A_ENDS | B_ENDS,
    LONG_A = 1 << 4,
    REGISTER_A = 2 << 4,
    REGISTER_B = 2 << 6
};
#define PADDING 0, 0, 0, 0
/* What is around the code of a circuit of two parties, a bit each, and of its one output. */
#define CIRCUIT(gates, registers, bytes, ...)                                                      \
    {                                                                                              \
        2, 1, 1, gates, registers, 0, bytes, __VA_ARGS__, PADDING, 1, 1, 1, 1                      \
    }

static void circuits_by_hand(void **state)
{
    (void)state;
    /* w2 = w1 & w0, which both end: in register 1, of w1 */
    static const uint8_t good[] = CIRCUIT(1, 2, 3, GATE_AND | BOTH_END, 0, 1);
    static const struct {
        const char *what;
        uint8_t bytes[40];
        size_t len;
    } bad[] = {
        {"no parties", {0, 0, 0, 0}, 4},
        {"too many parties", {0x80, 2, 1}, 3},
        {"a wire before the first", CIRCUIT(1, 2, 3, GATE_AND | BOTH_END, 2, 1), 18},
        {"b before the first", CIRCUIT(1, 2, 3, GATE_AND | BOTH_END, 0, 2), 18},
        {"both operands end and are one", CIRCUIT(1, 2, 3, GATE_AND | BOTH_END, 0, 0), 18},
        {"an operand that has ended", CIRCUIT(2, 3, 6, GATE_AND | A_ENDS, 0, 1, GATE_XOR, 0, 1),
         21},
        {"an operand in another's register",
         CIRCUIT(3, 3, 9, GATE_AND | A_ENDS, 0, 1, GATE_NOT, 0, 0, GATE_XOR, 2, 1), 24},
        {"a distance that could be shorter",
         CIRCUIT(1, 2, 4, GATE_AND | BOTH_END | LONG_A, 0, 0, 1), 19},
        {"a near wire by its register",
         CIRCUIT(1, 2, 5, GATE_AND | BOTH_END | REGISTER_A, 1, 0, 0, 1), 20},
        {"a register that is not there",
         CIRCUIT(1, 2, 5, GATE_AND | BOTH_END | REGISTER_B, 0, 9, 0, 0), 20},
        {"a NOT of two wires", CIRCUIT(1, 3, 3, GATE_NOT, 0, 1), 18},
        {"a NOT that ends two wires", CIRCUIT(1, 2, 3, GATE_NOT | BOTH_END, 0, 0), 18},
        {"more registers than are taken", CIRCUIT(1, 3, 3, GATE_AND | BOTH_END, 0, 1), 18},
        {"fewer registers", CIRCUIT(1, 2, 3, GATE_AND, 0, 1), 18},
        {"registers of no input", CIRCUIT(1, 1, 3, GATE_AND | BOTH_END, 0, 1), 18},
        {"more code than gates", CIRCUIT(1, 2, 4, GATE_AND | BOTH_END, 0, 1, 0), 19},
        {"less code than gates", CIRCUIT(1, 2, 2, GATE_AND | BOTH_END, 0), 17},
        {"a gate fewer than said",
         CIRCUIT(2, 2, 6, GATE_AND | BOTH_END, 0, 1, PLAN_DROPPED, PLAN_DROPPED, 0), 21},
        {"an output that was dropped", CIRCUIT(1, 3, 4, PLAN_DROPPED, GATE_AND | A_ENDS, 0, 1), 19},
        {"something behind the code",
         {2, 1, 1, 1, 2, 0, 3, GATE_AND | BOTH_END, 0, 1, 0, 0, 0, 1, 1, 1, 1, 1},
         18},
        {"an output where nothing is",
         {2, 1, 1, 1, 2, 0, 3, GATE_AND | BOTH_END, 0, 1, PADDING, 1, 0, 1, 1},
         18},
        {"an output that is no register",
         {2, 1, 1, 1, 2, 0, 3, GATE_AND | BOTH_END, 0, 1, PADDING, 1, 2, 1, 1},
         18},
        {"widths that are not the outputs'",
         {2, 1, 1, 1, 2, 0, 3, GATE_AND | BOTH_END, 0, 1, PADDING, 1, 1, 1, 2},
         18},
        {"a constant 2", CIRCUIT(1, 3, 3, GATE_CONST, 2, 0), 18},
        {"a constant that ends a wire", CIRCUIT(1, 3, 3, GATE_CONST | A_ENDS, 1, 0), 18},
        {"a constant twice", CIRCUIT(2, 4, 6, GATE_CONST, 0, 0, GATE_CONST, 0, 0), 21},
        {"a constant that is read", CIRCUIT(2, 4, 6, GATE_CONST, 0, 0, GATE_NOT, 0, 0), 21},
        {"a constant that is read second", CIRCUIT(2, 4, 6, GATE_CONST, 0, 0, GATE_AND, 1, 0), 21},
        {"a number that could be shorter",
         {2, 0x81, 0, 1, 1, 2, 0, 3, GATE_AND | BOTH_END, 0, 1, PADDING, 1, 1, 1, 1},
         19},
        {"more gates than bytes",
         {2, 1, 1, 100, 2, 0, 3, GATE_AND | BOTH_END, 0, 1, PADDING, 1, 1, 1, 1},
         18},
    };
    assert_int_equal(read_circuit(good, sizeof good), PT_OK);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        if (read_circuit(bad[i].bytes, bad[i].len) != PT_ERR_CIRCUIT)
            fail_msg("%s is taken", bad[i].what);
    }
    for (size_t len = 0; len < sizeof good; len++)
        assert_int_equal(read_circuit(good, len), PT_ERR_CIRCUIT);
}

static void numbers(void **state)
{
    (void)state;
    static const uint64_t values[] = {0, 1, 127, 128, 16383, 16384, UINT32_MAX, UINT64_MAX};
    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        buffer b;
        reader r;
        buffer_init(&b, 64);
        buffer_put_varint(&b, values[i]);
        reader_init(&r, b.bytes, b.len);
        assert_true(reader_varint(&r, values[i]) == values[i]);
        assert_true(reader_done(&r));
        reader_init(&r, b.bytes, b.len);
        if (values[i] > 0)
            assert_int_equal(reader_varint(&r, values[i] - 1), 0);
        assert_int_equal(r.failed, values[i] > 0);
        buffer_clear(&b);
    }
    static const uint8_t too_long[] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2};
    reader r;
    reader_init(&r, too_long, sizeof too_long);
    (void)reader_varint(&r, UINT64_MAX);
    assert_true(r.failed);
}

static pt_status read_again(const pt_program *program, size_t more_bytes)
{
    pt_program *back = NULL;
    pt_error error;
    reader r;
    buffer b;
    buffer_init(&b, SIZE_MAX / 4);
    program_put_compact(&b, program);
    for (size_t i = 0; i < more_bytes; i++)
        buffer_put_u8(&b, 0);
    assert_false(b.failed);
    reader_init(&r, b.bytes, b.len);
    const pt_status status = program_get_compact(&back, &r, false, &error);
    pt_program_free(back);
    buffer_clear(&b);
    return status;
}

/* Parts that are good alone and not together. */
static void parts_of_one_program(void **state)
{
    (void)state;
    pt_program *program = compile(joining, NULL);
    lowered *l = &program->lowered;
    sorted_input *sorted = &l->sorted.list[0];
    const pt_type *input = l->inputs[0];
    const pt_type *output = l->output;
    assert_int_equal(read_again(program, 0), PT_OK);
    assert_int_equal(read_again(program, 1), PT_ERR_CIRCUIT);
    sorted->n_rows++;
    assert_int_equal(read_again(program, 0), PT_ERR_CIRCUIT);
    sorted->n_rows--;
    sorted->key_bits = sorted->row_bits + 1;
    assert_int_equal(read_again(program, 0), PT_ERR_CIRCUIT);
    sorted->key_bits = 8;
    l->inputs[0] = type_scalar(TYPE_U64);
    assert_int_equal(read_again(program, 0), PT_ERR_CIRCUIT);
    l->inputs[0] = input;
    l->output = type_scalar(TYPE_U16);
    assert_int_equal(read_again(program, 0), PT_ERR_CIRCUIT);
    l->output = output;
    assert_int_equal(read_again(program, 0), PT_OK);
    pt_program_free(program);
}

static pt_status read_type(const uint8_t *bytes, size_t len)
{
    arena a;
    reader r;
    const pt_type *type = NULL;
    pt_error error;
    arena_init(&a, 1 << 20);
    reader_init(&r, bytes, len);
    const pt_status status = type_get_compact(&type, &a, &r, &error);
    arena_clear(&a);
    return status;
}

static void types_by_hand(void **state)
{
    (void)state;
    static const uint8_t good[] = {TYPE_STRUCT, 1, 'S', 2, 1, 'a', TYPE_U8, 1, 'b', TYPE_BOOL};
    static const struct {
        const char *what;
        uint8_t bytes[12];
        size_t len;
    } bad[] = {
        {"fields that descend", {TYPE_STRUCT, 1, 'S', 2, 1, 'b', TYPE_U8, 1, 'a', TYPE_BOOL}, 10},
        {"a field twice", {TYPE_STRUCT, 1, 'S', 2, 1, 'a', TYPE_U8, 1, 'a', TYPE_BOOL}, 10},
        {"a kind that is none", {TYPE_ENUM + 1}, 1},
        {"no name", {TYPE_STRUCT, 0, 0}, 3},
        {"a name with a line break", {TYPE_STRUCT, 1, '\n', 0}, 4},
        {"a name that is no UTF-8", {TYPE_STRUCT, 1, 0xff, 0}, 4},
        {"an enum without variants", {TYPE_ENUM, 1, 'E', 0}, 4},
        {"more fields than bytes", {TYPE_TUPLE, 9, TYPE_U8}, 3},
    };
    assert_int_equal(read_type(good, sizeof good), PT_OK);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        if (read_type(bad[i].bytes, bad[i].len) != PT_ERR_CIRCUIT)
            fail_msg("%s is taken", bad[i].what);
    }
}

/* Each allocation fails once. */
static void want_of_memory(void **state)
{
    (void)state;
    pt_program *program = compile(everything, "area");
    file f = save(program);
    pt_status status = PT_ERR_MEMORY;
    unsigned long nth = 1;
    for (; status == PT_ERR_MEMORY; nth++) {
        pt_program *back = NULL;
        pt_error error;
        mem_fail_at(nth);
        status = pt_program_load(&back, f.bytes, f.len, &error);
        mem_fail_at(0);
        assert_int_equal(status == PT_OK, back != NULL);
        pt_program_free(back);
    }
    assert_int_equal(status, PT_OK);
    assert_true(nth > 8);
    for (status = PT_ERR_MEMORY, nth = 1; status == PT_ERR_MEMORY; nth++) {
        file g = {NULL, 0};
        mem_fail_at(nth);
        status = pt_program_save(&g.bytes, &g.len, program, NULL);
        mem_fail_at(0);
        pt_text_free(g.bytes);
    }
    assert_int_equal(status, PT_OK);
    pt_program_free(program);
    pt_text_free(f.bytes);
}

/* Types nested deeper than any program's end the reading, not the stack. */
static void deep_types(void **state)
{
    (void)state;
    static uint8_t bytes[8000000];
    const uint8_t head[] = {1, 'f', 0, 1, 1, 'x'};
    pt_program *program = NULL;
    pt_error error;
    reader r;
    memcpy(bytes, head, sizeof head);
    for (size_t i = sizeof head; i + 1 < sizeof bytes; i += 2) {
        bytes[i] = TYPE_ARRAY;
        bytes[i + 1] = 1;
    }
    reader_init(&r, bytes, sizeof bytes);
    assert_int_equal(program_get_compact(&program, &r, false, &error), PT_ERR_CIRCUIT);
    assert_null(program);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_same_comes_back),
        cmocka_unit_test(panics_have_their_places),
        cmocka_unit_test(pages_leave_memory),
        cmocka_unit_test(programs_are_used_in_place),
        cmocka_unit_test(sorted_inputs_are_checked),
        cmocka_unit_test(signatures_of_programs),
        cmocka_unit_test(damage_is_found),
        cmocka_unit_test(bytes_of_anybody),
        cmocka_unit_test(circuits_by_hand),
        cmocka_unit_test(numbers),
        cmocka_unit_test(parts_of_one_program),
        cmocka_unit_test(types_by_hand),
        cmocka_unit_test(want_of_memory),
        cmocka_unit_test(deep_types),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
