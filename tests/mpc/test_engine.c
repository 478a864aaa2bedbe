/* The whole protocol on each preparation: results equal plain evaluation for every evaluator,
 * receiver set and segmentation, and every wire's invariant holds in all parties' views (protocol
 * spec, section 10.1, items 4 to 7). */
#include "support/test.h"

#include "base/bits.h"
#include "base/mem.h"
#include "mpc/abit/share.h"
#include "mpc/circuits.h"
#include "mpc/engine_run.h"
#include "mpc/garble/garble.h"
#include "mpc/run.h"
#include "mpc/session/hook.h"

static const test_preparation *chosen;

/* Between the parties, and not by a trusted one. */
static bool makes_triples(void)
{
    return strstr(chosen->first_waves, "TRU") != NULL;
}

static uint8_t *random_inputs(const pt_circuit *c, uint64_t seed)
{
    test_random r = {seed};
    uint8_t *inputs = mem_new(c->n_inputs, 1);
    assert_non_null(inputs);
    for (uint32_t h = 0; h < c->n_inputs; h++)
        inputs[h] = (uint8_t)test_below(&r, 2);
    return inputs;
}

/* ---- All parties' views ---- */

/* One party's, by wire: inputs, then gates in order. */
typedef struct view {
    block *masks;    /* n a wire */
    block *gamma;    /* the masks of AND gates' outputs alone */
    block *labels;   /* garbler: L_{w,0}; evaluator: n-1 a wire */
    uint8_t *masked; /* evaluator */
    size_t n_masks, n_gamma, n_labels, n_masked;
    block delta;
    size_t gc_bytes;
    size_t n_zb;
    block *alpha, *beta, *s; /* of the only segment */
    size_t n_and;
} view;

typedef struct views {
    size_t n;
    size_t n_wires;
    view of[PARTIES_MAX];
} views;

static void views_init(views *v, const pt_circuit *c)
{
    *v = (views){.n = c->n_parties, .n_wires = c->n_inputs + c->n_gates};
    for (size_t i = 0; i < v->n; i++) {
        v->of[i].masks = mem_new_aligned(v->n_wires, v->n * sizeof(block));
        v->of[i].gamma = mem_new_aligned(v->n_wires, v->n * sizeof(block));
        v->of[i].labels = mem_new_aligned(v->n_wires, v->n * sizeof(block));
        v->of[i].masked = mem_new(v->n_wires, 1);
        assert_true(v->of[i].gamma != NULL && v->of[i].masks != NULL && v->of[i].labels != NULL &&
                    v->of[i].masked != NULL);
    }
}

static void views_clear(views *v)
{
    for (size_t i = 0; i < v->n; i++) {
        mem_free(v->of[i].masks);
        mem_free(v->of[i].labels);
        mem_free(v->of[i].masked);
        mem_free(v->of[i].alpha);
        mem_free(v->of[i].beta);
        mem_free(v->of[i].s);
        mem_free(v->of[i].gamma);
    }
}

static void append(void *array, size_t *count, size_t item, const void *data, size_t len)
{
    if (len != 0)
        memcpy((uint8_t *)array + *count * item, data, len);
    *count += len / item;
}

static block *copy_shares(const block *shares, size_t count)
{
    block *copy = mem_new_aligned(count, sizeof *copy);
    assert_non_null(copy);
    memcpy(copy, shares, count * sizeof *copy);
    return copy;
}

static void take_segment(view *v, const segment *g, size_t n)
{
    if (g->number != 0)
        return;
    v->n_and = g->n_and;
    v->alpha = copy_shares(g->lambda_alpha, g->n_and * n);
    v->beta = copy_shares(g->lambda_beta, g->n_and * n);
    v->s = copy_shares(g->masked_s, g->n_and * n);
    assert_int_equal(v->n_gamma, g->n_and);
    share_xor(v->s, v->s, v->gamma, g->n_and * n);
}

static void watch(void *user, session *s, const char *name, size_t peer, void *data, size_t len)
{
    view *v = &((views *)user)->of[s->me];
    const size_t labels = (s->me == 0 ? s->n - 1 : 1) * sizeof(block);
    if (strcmp(name, "delta") == 0)
        memcpy(&v->delta, data, len);
    else if (strcmp(name, "input_masks") == 0) /* after the walk, but these wires come first */
        memcpy(v->masks, data, len);
    else if (strcmp(name, "wire_mask") == 0)
        append(v->masks, &v->n_masks, s->n * sizeof(block), data, len);
    else if (strcmp(name, "gate_mask") == 0)
        append(v->gamma, &v->n_gamma, s->n * sizeof(block), data, len);
    else if (strcmp(name, "input_labels") == 0 || strcmp(name, "wire_label_0") == 0 ||
             strcmp(name, "wire_labels") == 0)
        append(v->labels, &v->n_labels, labels, data, len);
    else if (strcmp(name, "wire_masked") == 0)
        append(v->masked, &v->n_masked, 1, data, len);
    else if (strcmp(name, "input_masked") == 0)
        append(v->masked, &v->n_masked, 1, data, len);
    else if (strcmp(name, "and_shares") == 0)
        take_segment(v, data, s->n);
    else if (strcmp(name, "GC") == 0 && peer == 0)
        v->gc_bytes += len;
    else if (strcmp(name, "ZB") == 0 && peer == s->me)
        v->n_zb++;
}

static unsigned value_of(const views *v, const block *const *shares)
{
    block deltas[PARTIES_MAX];
    for (size_t i = 0; i < v->n; i++)
        deltas[i] = v->of[i].delta;
    return parties_value(v->n, deltas, shares);
}

/* Lambda = z xor lambda, and the active label of garbler j is L_0 xor Lambda Delta_j. */
static void check_wire(const views *v, size_t w, unsigned value)
{
    const block *shares[PARTIES_MAX];
    for (size_t i = 0; i < v->n; i++)
        shares[i] = v->of[i].masks + w * v->n;
    const unsigned masked = v->of[0].masked[w];
    assert_int_equal(masked, value ^ value_of(v, shares));
    for (size_t j = 1; j < v->n; j++) {
        const block expected = block_xor(v->of[j].labels[w], block_if(masked, v->of[j].delta));
        assert_memory_equal(&v->of[0].labels[w * (v->n - 1) + j - 1], &expected, sizeof expected);
    }
}

/* s = lambda_alpha lambda_beta for the gates of the first segment. */
static void check_products(const views *v)
{
    for (size_t p = 0; p < v->of[0].n_and; p++) {
        unsigned values[3];
        for (size_t what = 0; what < 3; what++) {
            const block *shares[PARTIES_MAX];
            for (size_t i = 0; i < v->n; i++) {
                const view *o = &v->of[i];
                shares[i] = (what == 0 ? o->alpha : what == 1 ? o->beta : o->s) + p * v->n;
            }
            values[what] = value_of(v, shares);
        }
        assert_int_equal(values[2], values[0] & values[1]);
    }
}

/* Exact length of GC: 3n - 4 blocks a gate, and P_2's bits by frames. */
static void check_gc_bytes(const views *v, const pt_circuit *c, uint64_t segment_ands)
{
    const size_t frame = garble_frame_gates(v->n);
    size_t b_bytes = 0;
    for (uint64_t left = c->n_and; left > 0;) {
        size_t part = left < segment_ands ? left : segment_ands;
        left -= part;
        for (; part > frame; part -= frame)
            b_bytes += bits_bytes(frame);
        b_bytes += bits_bytes(part);
    }
    for (size_t j = 1; j < v->n; j++)
        assert_int_equal(v->of[j].gc_bytes,
                         16 * (3 * v->n - 4) * c->n_and + (j == 1 ? b_bytes : 0));
}

/* Runs a circuit with all parties watched, and checks everything. */
static void run_watched(const pt_circuit *c, uint64_t seed, uint64_t segment_ands)
{
    /* Consecutive seeds try every k. */
    uint8_t *inputs = random_inputs(c, seed);
    uint8_t *values = mem_new(c->n_inputs + c->n_gates, 1);
    assert_non_null(values);
    views v;
    views_init(&v, c);
    for (size_t i = 0; i < v.n; i++)
        v.of[i].n_masks = c->n_inputs;
    test_run t = {.circuit = c,
                  .inputs = inputs,
                  .seed = seed,
                  .segment_ands = segment_ands,
                  .preparation = chosen,
                  .options = {.cot_field_bits = 1u << seed % 4},
                  .hook = watch,
                  .hook_user = &v};
    test_run_parties(&t);
    test_run_assert_right(&t);
    test_circuit_values(c, inputs, values);
    for (size_t w = 0; w < v.n_wires; w++)
        check_wire(&v, w, values[w]);
    check_products(&v);
    check_gc_bytes(&v, c, segment_ands != 0 ? segment_ands : UINT64_MAX);
    for (size_t i = 0; i < v.n; i++) { /* the batches after the first INL, and no other */
        const uint64_t segments =
            segment_ands == 0 || c->n_and == 0 ? 1 : (c->n_and + segment_ands - 1) / segment_ands;
        assert_int_equal(v.of[i].n_zb, makes_triples() ? segments - 1 : 0);
    }
    test_run_clear(&t);
    views_clear(&v);
    mem_free(values);
    mem_free(inputs);
}

static const circuit_shape mixed = {
    .inputs = 3, .gates = 80, .outputs = 12, .and_percent = 50, .constants = 1};

static void test_random_circuits(void **state)
{
    (void)state;
    for (size_t n = 2; n <= 6; n++) {
        for (uint64_t seed = 0; seed < 6; seed++) {
            circuit_shape shape = mixed;
            shape.n_parties = n;
            pt_circuit *c = test_circuit_random(&shape, seed * 10 + n);
            run_watched(c, seed, 0);
            pt_circuit_free(c);
        }
    }
}

static void test_segments(void **state)
{
    (void)state;
    static const uint64_t segment_ands[] = {1, 2, 7, 16, 1000};
    for (size_t n = 2; n <= 6; n++) {
        circuit_shape shape = mixed;
        shape.n_parties = n;
        pt_circuit *c = test_circuit_random(&shape, 100 + n);
        for (size_t k = n <= (chosen->dealer ? 2 : 4) ? 0 : 2;
             k < sizeof segment_ands / sizeof segment_ands[0]; k++)
            run_watched(c, k, segment_ands[k]);
        pt_circuit_free(c);
    }
}

/* More gates than a frame holds. */
static void test_many_frames(void **state)
{
    (void)state;
    const circuit_shape shape = {
        .n_parties = 2, .inputs = 20, .gates = 8000, .outputs = 50, .and_percent = 90};
    pt_circuit *c = test_circuit_random(&shape, 5);
    assert_true(c->n_and > 3 * garble_frame_gates(2));
    run_watched(c, 5, 0);
    run_watched(c, 6, garble_frame_gates(2) + 1);
    pt_circuit_free(c);
}

/* ---- Special circuits ---- */

static void run_made(const uint32_t *inputs, size_t n, const gate *gates, uint32_t n_gates,
                     const uint32_t *outputs, uint32_t n_outputs)
{
    pt_circuit *c = test_circuit(inputs, n, gates, n_gates, outputs, n_outputs);
    for (uint64_t seed = 0; seed < 8; seed++)
        run_watched(c, seed, 0);
    pt_circuit_free(c);
}

static void test_special_circuits(void **state)
{
    (void)state;
    static const uint32_t two[] = {1, 1};
    static const uint32_t skewed[] = {0, 3, 0};
    static const uint32_t nobody[] = {0, 0, 0};
    static const gate xor_only[] = {{.op = GATE_XOR, .a = 0, .b = 1}};
    static const gate same[] = {{.op = GATE_AND, .a = 0, .b = 0}, {.op = GATE_NOT, .a = 0},
                                {.op = GATE_AND, .a = 0, .b = 3}, {.op = GATE_XOR, .a = 1, .b = 1},
                                {.op = GATE_NOT, .a = 3},         {.op = GATE_NOT, .a = 6},
                                {.op = GATE_AND, .a = 7, .b = 2}};
    static const gate constants[] = {
        {.op = GATE_CONST, .a = 0},       {.op = GATE_CONST, .a = 1},
        {.op = GATE_AND, .a = 3, .b = 4}, {.op = GATE_AND, .a = 4, .b = 0},
        {.op = GATE_XOR, .a = 4, .b = 1}, {.op = GATE_AND, .a = 2, .b = 3}};
    static const gate only_constants[] = {{.op = GATE_CONST, .a = 1}, {.op = GATE_NOT, .a = 0}};
    static const uint32_t wires[] = {0, 1, 2, 2, 0, 3, 4, 5, 6, 7, 8};
    run_made(two, 2, xor_only, 1, wires, 4);      /* inputs as outputs, repeated */
    run_made(two, 2, NULL, 0, wires, 2);          /* no gates */
    run_made(two, 2, xor_only, 1, NULL, 0);       /* no outputs */
    run_made(two, 2, same, 7, wires, 11);         /* AND(x,x), AND(x, not x), NOT chains */
    run_made(skewed, 3, constants, 6, wires, 11); /* parties without inputs, constants */
    run_made(nobody, 3, only_constants, 2, wires, 2);
    run_made(nobody, 2, NULL, 0, NULL, 0);
}

/* ---- Roles ---- */

static void run_role(const pt_circuit *c, size_t evaluator, unsigned set)
{
    size_t receivers[PARTIES_MAX];
    size_t n_receivers = 0;
    for (size_t p = 0; p < c->n_parties; p++) {
        if ((set >> p & 1u) != 0)
            receivers[n_receivers++] = p;
    }
    uint8_t *inputs = random_inputs(c, set);
    test_run t = {.circuit = c,
                  .inputs = inputs,
                  .preparation = chosen,
                  .options = {.evaluator = evaluator,
                              .cot_field_bits = 1u << set % 3,
                              .output_parties = receivers,
                              .n_output_parties = n_receivers}};
    test_run_parties(&t);
    test_run_assert_right(&t);
    test_run_clear(&t);
    mem_free(inputs);
}

/* Every evaluator and every set of receivers; from n = 4 on, with each evaluator every fifth set.
 */
static void test_roles(void **state)
{
    (void)state;
    circuit_shape shape = {.inputs = 2, .gates = 20, .outputs = 6, .constants = 1};
    for (size_t n = 2; n <= 6; n++) {
        shape.n_parties = n;
        for (size_t evaluator = 0; evaluator < n; evaluator++) {
            const unsigned step = n < 4 ? 1 : 5;
            for (unsigned set = 1 + (unsigned)evaluator % step; set < 1u << n; set += step) {
                /* Circuits with AND gates, and circuits without. */
                shape.and_percent = set % 4 == 2 ? 0 : 50;
                pt_circuit *c = test_circuit_random(&shape, evaluator * 8 + set);
                run_role(c, evaluator, set);
                pt_circuit_free(c);
            }
        }
    }
}

static void test_statistical_security(void **state)
{
    (void)state;
    circuit_shape shape = mixed;
    shape.n_parties = 2;
    pt_circuit *c = test_circuit_random(&shape, 3);
    uint8_t *inputs = random_inputs(c, 3);
    for (unsigned rho = 40; rho <= 80; rho += 20) {
        test_run t = {.circuit = c,
                      .inputs = inputs,
                      .preparation = chosen,
                      .options = {.statistical_security = rho}};
        test_run_parties(&t);
        test_run_assert_right(&t);
        test_run_clear(&t);
    }
    mem_free(inputs);
    pt_circuit_free(c);
}

/* ---- What goes over the wire ---- */

/* All blocks or words a party sends in one phase. */
typedef struct wire_log {
    const char *phase;
    size_t party;
    uint8_t *bytes;
    size_t len;
    size_t capacity;
    block first_label; /* L_{w,0} of the first gate's input wire 0 */
} wire_log;

static void log_wire(void *user, session *s, const char *name, size_t peer, void *data, size_t len)
{
    wire_log *l = user;
    if (s->me != l->party)
        return;
    if (strcmp(name, "input_labels") == 0)
        memcpy(&l->first_label, data, sizeof l->first_label);
    if (peer == s->me || strcmp(name, l->phase) != 0 || len > l->capacity - l->len)
        return;
    if (len != 0)
        memcpy(l->bytes + l->len, data, len);
    l->len += len;
}

static void run_logged(const pt_circuit *c, wire_log *l, uint64_t seed)
{
    uint8_t *inputs = random_inputs(c, seed);
    test_run t = {.circuit = c,
                  .inputs = inputs,
                  .seed = seed,
                  .preparation = chosen,
                  .hook = log_wire,
                  .hook_user = l};
    l->capacity = (size_t)1 << 20;
    l->bytes = mem_new(l->capacity, 1);
    assert_non_null(l->bytes);
    test_run_parties(&t);
    test_run_assert_right(&t);
    assert_true(l->len < l->capacity);
    test_run_clear(&t);
    mem_free(inputs);
}

static int compare_words(const void *a, const void *b)
{
    return memcmp(a, b, 8);
}

/* No 64-bit word of U and no half of a garbled row is zero or comes twice, and their bits are
 * balanced: a pad that cancels, or is used twice, would show (section 10.3). */
static void check_uniform(const char *phase, size_t n_parties)
{
    const circuit_shape shape = {
        .n_parties = n_parties, .inputs = 8, .gates = 1500, .outputs = 4, .and_percent = 70};
    pt_circuit *c = test_circuit_random(&shape, 77);
    wire_log l = {.phase = phase, .party = 2};
    run_logged(c, &l, 77);
    size_t ones = 0;
    for (size_t i = 0; i < l.len * 8; i++)
        ones += bits_get(l.bytes, i);
    const double bits = (double)l.len * 8;
    const double off = (double)ones - bits / 2;
    assert_true(l.len > 20000);
    assert_true(off * off < 25 * bits / 4); /* five standard deviations */
    static const uint8_t zero[8];
    qsort(l.bytes, l.len / 8, 8, compare_words);
    for (size_t i = 0; i + 8 <= l.len; i += 8) {
        assert_memory_not_equal(l.bytes + i, zero, 8);
        if (i > 0)
            assert_memory_not_equal(l.bytes + i, l.bytes + i - 8, 8);
    }
    mem_free(l.bytes);
    pt_circuit_free(c);
}

static void test_uniform_messages(void **state)
{
    (void)state;
    for (size_t n = 3; n <= 4; n++) {
        if (makes_triples())
            check_uniform("TRU", n);
        if (chosen->dealer)
            check_uniform("COT", n);
        check_uniform("GC", n);
    }
}

/* With one tweak for both inputs, G_0 xor G_1 of AND(x,x) would be L_{alpha,0} (section 5.5). */
static void test_equal_operands_hide_label(void **state)
{
    (void)state;
    static const uint32_t inputs[] = {1, 1};
    static const gate gates[] = {{.op = GATE_AND, .a = 0, .b = 0}};
    static const uint32_t outputs[] = {2};
    pt_circuit *c = test_circuit(inputs, 2, gates, 1, outputs, 1);
    for (uint64_t seed = 0; seed < 8; seed++) {
        wire_log l = {.phase = "GC", .party = 1};
        run_logged(c, &l, seed);
        assert_true(l.len >= 32);
        const block sum = block_xor(block_load(l.bytes), block_load(l.bytes + 16));
        assert_memory_not_equal(&sum, &l.first_label, sizeof sum);
        mem_free(l.bytes);
    }
    pt_circuit_free(c);
}

/* ---- Order ---- */

/* What each party sends, repeats left out. */
typedef struct order {
    char text[PARTIES_MAX][1024];
    const char *last[PARTIES_MAX];
} order;

static void log_order(void *user, session *s, const char *name, size_t peer, void *data, size_t len)
{
    order *o = user;
    (void)data;
    (void)len;
    const size_t one = s->me == 0 ? 1 : 0; /* the same for all but the dealer */
    if ((peer != one && peer < s->n) || name[0] > 'Z')
        return;
    if (o->last[s->me] != NULL && strcmp(o->last[s->me], name) == 0)
        return;
    char *text = o->text[s->me];
    const size_t used = strlen(text);
    (void)snprintf(text + used, sizeof o->text[0] - used, "%s%s", used == 0 ? "" : " ", name);
    o->last[s->me] = name;
}

/* `expected`: of the evaluator, and of the others. */
static void check_order(const circuit_shape *shape, uint64_t segment_ands,
                        const char *const expected[2])
{
    pt_circuit *c = test_circuit_random(shape, 4);
    uint8_t *inputs = random_inputs(c, 4);
    order *o = mem_new(1, sizeof *o);
    assert_non_null(o);
    test_run t = {.circuit = c,
                  .inputs = inputs,
                  .segment_ands = segment_ands,
                  .preparation = chosen,
                  .hook = log_order,
                  .hook_user = o};
    test_run_parties(&t);
    test_run_assert_right(&t);
    for (size_t i = 0; i < c->n_parties; i++)
        assert_string_equal(o->text[i], expected[i != 0]);
    test_run_clear(&t);
    mem_free(o);
    mem_free(inputs);
    pt_circuit_free(c);
}

/* What the evaluator sends, and what the others do. `later`: waves of a second segment, or NULL. */
static const char *const *expected_order(bool has_ands, const char *first, const char *later)
{
    static char text[2][1024];
    static const char *const both[2] = {text[0], text[1]};
    for (size_t i = 0; i < 2; i++) {
        const char *rows = !has_ands ? "" : i == 0 ? "EV1 " : "GC EV2 ";
        const bool repeats = i != 0 || (later != NULL && later[0] != '\0'); /* names are not */
        (void)snprintf(text[i], sizeof text[i], "HELLO %s%sLBL %s%s%sOUT", chosen->setup_waves,
                       first, rows, later == NULL ? "" : later,
                       later == NULL || !repeats ? "" : rows);
    }
    return both;
}

/* Sections 4.2, 6.5 and 6.6; the batch after the first INL has ZB. */
static void test_order(void **state)
{
    (void)state;
    const circuit_shape and_gates = {
        .n_parties = 3, .inputs = 4, .gates = 30, .outputs = 4, .and_percent = 100};
    const circuit_shape no_and = {.n_parties = 3, .inputs = 4, .gates = 30, .outputs = 4};
    check_order(&and_gates, 0, expected_order(true, chosen->first_waves, NULL));
    check_order(&and_gates, 15, expected_order(true, chosen->first_waves, chosen->later_waves));
    check_order(&no_and, 0, expected_order(false, chosen->empty_waves, NULL));
}

int main(int argc, char **argv)
{
    chosen = test_preparation_chosen(argc, argv);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_random_circuits),
        cmocka_unit_test(test_segments),
        cmocka_unit_test(test_many_frames),
        cmocka_unit_test(test_special_circuits),
        cmocka_unit_test(test_roles),
        cmocka_unit_test(test_statistical_security),
        cmocka_unit_test(test_uniform_messages),
        cmocka_unit_test(test_equal_operands_hide_label),
        cmocka_unit_test(test_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
