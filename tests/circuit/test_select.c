/* Array reads and writes at a secret index against indexing, for many shapes of arrays and indices,
 * and what they cost. */
#include "support/test.h"

#include "base/mem.h"
#include "circuit/arith.h"
#include "circuit/eval.h"
#include "support/bits.h"

enum { MAX_COUNT = 40, MAX_WIDTH = 4, MAX_INPUTS = MAX_COUNT * MAX_WIDTH + MAX_WIDTH + 32 };

typedef struct array_case {
    size_t count, width;
    size_t n_index; /* wires */
    size_t n_known; /* of them, leading ones that are constant */
    uint64_t known; /* their value */
    bool constant;  /* the elements are */
} array_case;

static bool element_bit(size_t i, size_t j)
{
    return ((i * 2654435761u) >> (7 + j) & 1) != 0;
}

/* Inputs: elements, value, secret index bits. Outputs of reading: bits, out of bounds. Of writing:
 * all elements, out of bounds. */
static pt_circuit *build(const array_case *a, bool write)
{
    const uint32_t inputs[1] = {MAX_INPUTS};
    circuit_builder *b = circuit_builder_new(inputs, 1, 0);
    wire elements[MAX_COUNT * MAX_WIDTH + 1], index[64], out[MAX_WIDTH + 1];
    pt_circuit *c = NULL;
    for (size_t i = 0; i < a->count * a->width; i++)
        elements[i] = a->constant ? wire_const(element_bit(i / a->width, i % a->width))
                                  : circuit_input(b, (uint32_t)i);
    for (size_t i = 0; i < a->n_index; i++)
        index[i] = i < a->n_known ? wire_const((a->known >> (a->n_known - 1 - i) & 1) != 0)
                                  : circuit_input(b, MAX_INPUTS - 32 + (uint32_t)(i - a->n_known));
    if (write) {
        wire value[MAX_WIDTH];
        const size_t n = a->count * a->width;
        for (size_t j = 0; j < a->width; j++)
            value[j] = circuit_input(b, (uint32_t)(n + j));
        arith_store(b, elements, &elements[n], a->count, a->width, index, a->n_index, value);
        assert_int_equal(circuit_builder_finish(&c, b, elements, n + 1, NULL, 0, NULL), PT_OK);
    } else {
        arith_select(b, out, &out[a->width], elements, a->count, a->width, index, a->n_index);
        assert_int_equal(circuit_builder_finish(&c, b, out, a->width + 1, NULL, 0, NULL), PT_OK);
    }
    circuit_builder_free(b);
    return c;
}

static void check_index(const array_case *a, const pt_circuit *c, bool write, uint64_t secret)
{
    uint64_t in[MAX_INPUTS], out[MAX_COUNT * MAX_WIDTH + 1];
    uint64_t random = 88172645463325252u + secret;
    const size_t n_secret = a->n_index - a->n_known;
    const uint64_t at = a->known << n_secret | secret;
    const size_t n = a->count * a->width;
    for (size_t i = 0; i < MAX_INPUTS; i++)
        in[i] = random = random * 6364136223846793005u + 1442695040888963407u;
    for (size_t k = 0; k < n_secret; k++)
        in[MAX_INPUTS - 32 + k] = (secret >> (n_secret - 1 - k) & 1) != 0 ? UINT64_MAX : 0;
    assert_int_equal(circuit_eval_lanes(out, c, in, NULL), PT_OK);
    assert_true(out[write ? n : a->width] == (at >= a->count ? UINT64_MAX : 0));
    for (size_t i = 0; write && i < n; i++)
        assert_true(out[i] == (i / (a->width ? a->width : 1) == at ? in[n + i % a->width] : in[i]));
    for (size_t j = 0; !write && at < a->count && j < a->width; j++)
        assert_true(out[j] ==
                    (a->constant ? (element_bit(at, j) ? UINT64_MAX : 0) : in[at * a->width + j]));
}

static void check_case(const array_case *a)
{
    for (int write = 0; write < (a->constant ? 1 : 2); write++) {
        pt_circuit *c = build(a, write != 0);
        for (uint64_t secret = 0; secret >> (a->n_index - a->n_known) == 0; secret++)
            check_index(a, c, write != 0, secret);
        pt_circuit_free(c);
    }
}

static void reads_and_writes_hit_their_element(void **state)
{
    (void)state;
    for (size_t count = 0; count <= MAX_COUNT; count++) {
        for (size_t width = 0; width <= MAX_WIDTH; width += width < 2 ? 1 : 2) {
            for (int constant = 0; constant < 2; constant++) {
                /* Too few index bits, just enough, more, with leading zeros, leading ones, known.
                 */
                const array_case cases[] = {{count, width, 3, 0, 0, constant != 0},
                                            {count, width, 6, 0, 0, constant != 0},
                                            {count, width, 9, 0, 0, constant != 0},
                                            {count, width, 32, 26, 0, constant != 0},
                                            {count, width, 7, 3, 1, constant != 0},
                                            {count, width, 0, 0, 0, constant != 0},
                                            {count, width, 32, 32, 5, constant != 0},
                                            {count, width, 64, 61, 1, constant != 0}};
                for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
                    check_case(&cases[i]);
            }
        }
    }
}

static uint32_t cost(size_t count, size_t width, size_t n_index, bool write, bool constant)
{
    const array_case a = {count, width, n_index, 0, 0, constant};
    pt_circuit *c = build(&a, write);
    const uint32_t n_and = c->n_and;
    pt_circuit_free(c);
    return n_and;
}

static void costs_are_few_ands_over_the_elements(void **state)
{
    (void)state;
    /* (count - 1) * width and the bounds check. */
    assert_int_equal(cost(8, 4, 3, false, false), 7 * 4);
    assert_int_equal(cost(32, 4, 8, false, false), 31 * 4 + 2);
    assert_true(cost(10, 4, 32, false, false) <= 9 * 4 + 31);
    /* count * width, the decoder and the bounds check. */
    assert_true(cost(10, 4, 32, true, false) <= 10 * 4 + 10 + 3 + 28);
    assert_true(cost(16, 1, 4, true, false) <= 16 + 15);
    /* Constant elements: the products of index bits, shared. */
    assert_true(cost(16, 4, 4, false, true) <= 11);
    assert_true(cost(40, 4, 6, false, true) <= 40);
}

/* A table of 256 bytes, as in ciphers: K6 needs thousands. */
static void a_constant_table_is_cheap(void **state)
{
    (void)state;
    const uint32_t inputs[1] = {8};
    circuit_builder *b = circuit_builder_new(inputs, 1, 0);
    static wire elements[256 * 8];
    wire index[8], out[9];
    for (size_t i = 0; i < 256 * 8; i++)
        elements[i] = wire_const((i * i * 2654435761u >> 9 & 1) != 0);
    for (uint32_t i = 0; i < 8; i++)
        index[i] = circuit_input(b, i);
    arith_select(b, out, &out[8], elements, 256, 8, index, 8);
    pt_circuit *c = NULL;
    assert_int_equal(circuit_builder_finish(&c, b, out, 8, NULL, 0, NULL), PT_OK);
    circuit_builder_free(b);
    assert_true(c->n_and <= 90);
    for (unsigned at = 0; at < 256; at++) {
        uint8_t in[8], bits[8];
        for (unsigned k = 0; k < 8; k++)
            in[k] = at >> (7 - k) & 1;
        assert_int_equal(eval_bits(bits, c, in, NULL), PT_OK);
        for (unsigned k = 0; k < 8; k++)
            assert_int_equal(bits[k], elements[at * 8 + k]);
    }
    pt_circuit_free(c);
}

static void no_memory_is_reported(void **state)
{
    (void)state;
    const uint32_t inputs[1] = {300};
    for (int write = 0; write < 3; write++) {
        unsigned long nth = 0;
        pt_status status;
        do {
            circuit_builder *b = circuit_builder_new(inputs, 1, 0);
            wire elements[64], out[2];
            for (uint32_t i = 0; i < 64; i++)
                elements[i] = write == 2 ? wire_const(i % 3 == 0) : circuit_input(b, i);
            const wire index[6] = {circuit_input(b, 100), circuit_input(b, 101),
                                   circuit_input(b, 102), circuit_input(b, 103),
                                   circuit_input(b, 104), circuit_input(b, 105)};
            pt_circuit *c = NULL;
            mem_fail_at(++nth);
            if (write == 1)
                arith_store(b, elements, out, 64, 1, index, 6, &index[0]);
            else
                arith_select(b, out, &out[1], elements, 64, 1, index, 6);
            status = circuit_builder_finish(&c, b, write == 1 ? elements : out, 2, NULL, 0, NULL);
            mem_fail_at(0);
            assert_true(status == PT_OK || status == PT_ERR_MEMORY);
            assert_true((c == NULL) == (status != PT_OK));
            pt_circuit_free(c);
            circuit_builder_free(b);
        } while (status != PT_OK);
        assert_true(nth > 6);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_and_writes_hit_their_element),
        cmocka_unit_test(costs_are_few_ands_over_the_elements),
        cmocka_unit_test(a_constant_table_is_cheap),
        cmocka_unit_test(no_memory_is_reported),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
