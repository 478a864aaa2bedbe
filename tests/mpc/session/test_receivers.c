/* Results of which every party learns a part (protocol spec, section 6.5): each output bit goes to
 * its set of receivers and nobody else, and nobody can change what another receives. */
#include "support/test.h"

#include "base/bits.h"
#include "base/mem.h"
#include "mpc/abit/share.h"
#include "mpc/circuits.h"
#include "mpc/engine_run.h"
#include "support/faulty.h"

#define MAX_OUTPUTS 64

static const test_preparation *chosen;

/* ---- Sets ---- */

/* A random division of m output bits into ranges, some of them empty. */
typedef struct division {
    pt_mpc_receivers ranges[2 * MAX_OUTPUTS];
    size_t n;
    size_t lists[2 * MAX_OUTPUTS][PARTIES_MAX];
} division;

static void add_range(division *d, size_t n_bits, unsigned set)
{
    pt_mpc_receivers *range = &d->ranges[d->n];
    *range = (pt_mpc_receivers){.n_bits = n_bits, .parties = d->lists[d->n]};
    for (size_t p = 0; p < PARTIES_MAX; p++) {
        if ((set >> p & 1u) != 0)
            d->lists[d->n][range->n_parties++] = p;
    }
    d->n++;
}

static void divide_at_random(division *d, size_t n_parties, size_t m, test_random *r)
{
    d->n = 0;
    for (size_t left = m; left > 0;) {
        const size_t n_bits = test_below(r, 5) % (left + 1);
        add_range(d, n_bits, 1 + test_below(r, (1u << n_parties) - 1));
        left -= n_bits;
    }
}

/* Some bits for everybody, as a panic's are, and then the same number for each. */
static void divide_evenly(division *d, size_t n_parties, size_t m)
{
    const size_t each = m / (n_parties + 1);
    d->n = 0;
    add_range(d, m - n_parties * each, (1u << n_parties) - 1);
    for (size_t p = 0; p < n_parties; p++)
        add_range(d, each, 1u << p);
}

static uint8_t *random_bits(size_t n, uint64_t seed)
{
    test_random r = {seed};
    uint8_t *bits = mem_new(n, 1);
    assert_non_null(bits);
    for (size_t h = 0; h < n; h++)
        bits[h] = (uint8_t)test_below(&r, 2);
    return bits;
}

static void run_right(const pt_circuit *c, const division *d, size_t evaluator, uint64_t seed)
{
    uint8_t *inputs = random_bits(c->n_inputs, seed);
    test_run t = {.circuit = c,
                  .inputs = inputs,
                  .seed = seed,
                  .preparation = chosen,
                  .options = {.evaluator = evaluator, .receivers = d->ranges, .n_receivers = d->n}};
    test_run_parties(&t);
    test_run_assert_right(&t);
    test_run_clear(&t);
    mem_free(inputs);
}

static void every_bit_goes_to_its_set(void **state)
{
    (void)state;
    test_random r = {7};
    division d;
    for (size_t n = 2; n <= 5; n++) {
        for (size_t evaluator = 0; evaluator < n; evaluator++) {
            const circuit_shape shape = {.n_parties = n,
                                         .inputs = 3,
                                         .gates = 40,
                                         .outputs = 24,
                                         .and_percent = evaluator % 2 == 0 ? 50 : 0,
                                         .constants = 1};
            pt_circuit *c = test_circuit_random(&shape, 10 * n + evaluator);
            divide_at_random(&d, n, c->n_outputs, &r);
            run_right(c, &d, evaluator, n);
            divide_evenly(&d, n, c->n_outputs);
            run_right(c, &d, evaluator, n + 1);
            pt_circuit_free(c);
        }
    }
}

/* Two parties may say the same in ranges that are cut differently. */
static void the_set_of_each_bit_counts(void **state)
{
    (void)state;
    enum { M = 10 };
    static const size_t first[] = {0}, second[] = {1}, both[] = {1, 0};
    const pt_mpc_receivers whole[] = {{4, first, 1}, {6, NULL, 0}};
    const pt_mpc_receivers cut[] = {{0, second, 1}, {1, first, 1}, {3, first, 1},
                                    {0, first, 1},  {5, both, 2},  {1, NULL, 0}};
    const pt_mpc_receivers shifted[] = {{5, first, 1}, {5, NULL, 0}};
    const pt_mpc_receivers others[] = {{4, second, 1}, {6, NULL, 0}};
    const pt_mpc_receivers everyone[] = {{3, both, 2}, {7, NULL, 0}};
    const struct {
        pt_mpc_options options;
        int group; /* those of equal sets */
    } cases[] = {
        {{.parties = 2, .receivers = whole, .n_receivers = 2}, 0},
        {{.parties = 2, .receivers = cut, .n_receivers = 6}, 0},
        {{.parties = 2, .receivers = shifted, .n_receivers = 2}, 1},
        {{.parties = 2, .receivers = others, .n_receivers = 2}, 2},
        {{.parties = 2}, 3},
        {{.parties = 2, .receivers = everyone, .n_receivers = 2}, 3},
        {{.parties = 2, .output_parties = both, .n_output_parties = 2}, 3},
    };
    enum { N = sizeof cases / sizeof cases[0] };
    uint8_t hashes[N][RECEIVERS_HASH_BYTES];
    for (size_t i = 0; i < N; i++) {
        receiver_sets r;
        pt_error error;
        assert_int_equal(receivers_check(&cases[i].options, &error), PT_OK);
        assert_int_equal(receivers_check_bits(&cases[i].options, M, &error), PT_OK);
        assert_int_equal(receivers_init(&r, &cases[i].options, &error), PT_OK);
        receivers_hash(hashes[i], &r, M);
        for (size_t j = 0; j < i; j++) {
            const bool equal = memcmp(hashes[i], hashes[j], sizeof hashes[i]) == 0;
            assert_int_equal(equal, cases[i].group == cases[j].group);
        }
        receivers_clear(&r);
    }
}

/* ---- What reaches whom ---- */

/* What the parties sent in OUT, and their shares of all wires. */
typedef struct out_view {
    block *masks; /* of inputs, then of gates */
    size_t n_masks;
    uint8_t bytes[PARTIES_MAX][MAX_OUTPUTS * sizeof(block) + sizeof(block)]; /* by peer */
    size_t len[PARTIES_MAX];
} out_view;

typedef struct out_views {
    out_view of[PARTIES_MAX];
} out_views;

static void watch_out(void *user, session *s, const char *name, size_t peer, void *data, size_t len)
{
    out_view *v = &((out_views *)user)->of[s->me];
    if (strcmp(name, "input_masks") == 0) { /* after the walk, but these wires come first */
        memcpy(v->masks, data, len);
    } else if (strcmp(name, "wire_mask") == 0) {
        memcpy(v->masks + v->n_masks++ * s->n, data, len);
    } else if (strcmp(name, "OUT") == 0 && peer != s->me) {
        assert_true(len <= sizeof v->bytes[peer]);
        if (len > 0)
            memcpy(v->bytes[peer], data, len);
        v->len[peer] = len;
    }
}

static out_views *views_new(const pt_circuit *c)
{
    out_views *views = mem_new(1, sizeof *views);
    assert_non_null(views);
    for (size_t i = 0; i < c->n_parties; i++) {
        views->of[i].masks =
            mem_new_aligned(c->n_inputs + c->n_gates, c->n_parties * sizeof(block));
        assert_non_null(views->of[i].masks);
        views->of[i].n_masks = c->n_inputs;
    }
    return views;
}

static void views_free(out_views *views)
{
    for (size_t i = 0; i < PARTIES_MAX; i++)
        mem_free(views->of[i].masks);
    mem_free(views);
}

/* The payload of OUT for the wires of these positions, from the shares; form A without its tag. */
static size_t expected_out(uint8_t *ret, const out_view *v, const pt_circuit *c, size_t me,
                           size_t peer, const uint32_t *positions, size_t count)
{
    const size_t n = c->n_parties;
    memset(ret, 0, n == 2 ? bits_bytes(count) : 0);
    for (size_t h = 0; h < count; h++) {
        const block *share = v->masks + c->outputs[positions[h]] * n;
        if (n == 2)
            bits_set(ret, h, share_bit(share));
        else
            block_store(ret + h * sizeof(block), share[share_slot(me, peer)]);
    }
    return n == 2 ? bits_bytes(count) : count * sizeof(block);
}

/* Every party sent every other the shares of the bits that this one learns, and nothing else. */
static void check_out(const test_run *t, const out_views *views)
{
    const pt_circuit *c = t->circuit;
    uint8_t expected[MAX_OUTPUTS * sizeof(block)];
    uint32_t positions[MAX_OUTPUTS];
    for (size_t i = 0; i < c->n_parties; i++) {
        for (size_t j = 0; j < c->n_parties; j++) {
            const session *s = &t->parties.sessions[j];
            const out_view *v = &views->of[i];
            if (i == j)
                continue;
            const size_t count =
                receivers_positions(positions, &s->receivers, s->roster[j], c->n_outputs);
            const size_t len = expected_out(expected, v, c, i, j, positions, count);
            const size_t tag = c->n_parties == 2 && count > 0 ? sizeof(block) : 0;
            assert_int_equal(v->len[j], len + tag);
            assert_memory_equal(v->bytes[j], expected, len);
        }
    }
}

/* Each party's element is the AND of its first input bit and the next one's, 4 times over. */
static pt_circuit *elements_circuit(size_t n)
{
    uint32_t inputs[PARTIES_MAX], outputs[MAX_OUTPUTS];
    gate gates[MAX_OUTPUTS];
    uint32_t count = 0;
    for (size_t p = 0; p < n; p++)
        inputs[p] = 4;
    for (uint32_t p = 0; p < n; p++) {
        for (uint32_t h = 0; h < 4; h++) {
            outputs[count] = (uint32_t)(4 * n) + count;
            gates[count++] = (gate){.op = GATE_AND,
                                    .a = (4 * p + h) & (CIRCUIT_MAX_WIRES - 1),
                                    .b = 4 * ((p + 1) % (uint32_t)n) + h};
        }
    }
    return test_circuit(inputs, n, gates, count, outputs, count);
}

/* With the same randomness, all of OUT is the same whatever the inputs: a party's element cannot be
 * in what others get. What they get is just what opens their own. */
static void out_tells_nothing_of_others_elements(void **state)
{
    (void)state;
    division d;
    for (size_t n = 2; n <= 5; n++) {
        pt_circuit *c = elements_circuit(n);
        out_views *first = views_new(c);
        divide_evenly(&d, n, c->n_outputs);
        for (uint64_t inputs_seed = 0; inputs_seed < 4; inputs_seed++) {
            uint8_t *inputs = random_bits(c->n_inputs, inputs_seed);
            out_views *views = views_new(c);
            test_run t = {
                .circuit = c,
                .inputs = inputs,
                .seed = n,
                .preparation = chosen,
                .options = {.evaluator = n - 1, .receivers = d.ranges, .n_receivers = d.n},
                .hook = watch_out,
                .hook_user = views};
            test_run_parties(&t);
            test_run_assert_right(&t);
            check_out(&t, views);
            for (size_t i = 0; i < n && inputs_seed > 0; i++)
                assert_memory_equal(views->of[i].bytes, first->of[i].bytes,
                                    sizeof views->of[i].bytes);
            for (size_t i = 0; i < n && inputs_seed == 0; i++)
                memcpy(first->of[i].bytes, views->of[i].bytes, sizeof views->of[i].bytes);
            test_run_clear(&t);
            views_free(views);
            mem_free(inputs);
        }
        views_free(first);
        pt_circuit_free(c);
    }
}

/* ---- A corrupted party ---- */

typedef enum lie {
    LIE_SHARE,  /* the first bit of its share */
    LIE_LAST,   /* the last */
    LIE_MAC,    /* the tag, or a MAC */
    LIE_OTHERS, /* what opens another bit of the receiver's */
    LIE_MISSING,
    LIE_SHORT,
    LIE_LONG
} lie;

static const struct {
    lie lie;
    pt_status status; /* the receiver's */
    bool is_fault;
    fault_kind fault;
} lies[] = {
    {.lie = LIE_SHARE, .status = PT_PEER_OPENING},
    {.lie = LIE_LAST, .status = PT_PEER_OPENING},
    {.lie = LIE_MAC, .status = PT_PEER_OPENING},
    {.lie = LIE_OTHERS, .status = PT_PEER_OPENING},
    {LIE_MISSING, PT_ERR_CLOSED, true, FAULT_CLOSE},
    {LIE_SHORT, PT_PEER_MALFORMED, true, FAULT_TRUNCATE},
    {LIE_LONG, PT_PEER_MALFORMED, true, FAULT_EXTEND},
};

typedef struct liar {
    lie lie;
    size_t cheater, receiver; /* session indices */
    bool has_lied;
    fault fault;
    bool is_fault;
} liar;

static void swap_blocks(uint8_t *data, size_t i, size_t j)
{
    const block kept = block_load(data + i * sizeof(block));
    memcpy(data + i * sizeof(block), data + j * sizeof(block), sizeof(block));
    block_store(data + j * sizeof(block), kept);
}

static void tell_lie(void *user, session *s, const char *name, size_t peer, void *payload,
                     size_t len)
{
    liar *l = user;
    uint8_t *data = payload;
    const size_t last = s->n == 2 ? len - sizeof(block) - 1 : len - sizeof(block);
    if (l->is_fault || strcmp(name, "OUT") != 0 || s->me != l->cheater || peer != l->receiver)
        return;
    assert_true(len > 2 * sizeof(block) || s->n == 2);
    l->has_lied = true;
    if (l->lie == LIE_SHARE)
        data[0] ^= 1;
    else if (l->lie == LIE_LAST)
        data[last] ^= 1;
    else if (l->lie == LIE_MAC)
        data[len - 1] ^= 0x40;
    else if (s->n == 2) /* two bits that differ change places */
        data[0] = (uint8_t)(data[0] ^ ((data[0] & 1) != (data[0] >> 1 & 1) ? 3 : 2));
    else
        swap_blocks(data, 0, 1);
}

static void wrap_liar(test_run *t)
{
    liar *l = t->prepare_user;
    pt_channel *channel = &t->parties.channels[l->cheater]; /* party 0 evaluates */
    l->fault.peer = (int)l->receiver;
    if (l->is_fault)
        assert_int_equal(channel_faulty_wrap(channel, *channel, &l->fault, 1, 1, NULL), PT_OK);
}

/* The receiver ends without a result; all others have theirs, or an error. */
static void run_lie(const pt_circuit *c, const division *d, liar *l, pt_status status)
{
    uint8_t *inputs = random_bits(c->n_inputs, 3);
    test_run t = {.circuit = c,
                  .inputs = inputs,
                  .seed = 5,
                  .preparation = chosen,
                  .options = {.receivers = d->ranges, .n_receivers = d->n},
                  .hook = tell_lie,
                  .hook_user = l,
                  .prepare = wrap_liar,
                  .prepare_user = l};
    test_run_parties(&t);
    assert_true(l->is_fault ? l->fault.struck : l->has_lied);
    const uint8_t *got = t.outputs[l->receiver];
    for (size_t h = 0; h < c->n_outputs; h++)
        assert_true(got[h] > 1); /* as it was: nothing was written */
    if (t.parties.status[l->receiver] != status)
        fail_msg("%zu parties, %zu lies to %zu (%d): %s", c->n_parties, l->cheater, l->receiver,
                 (int)l->lie, t.parties.errors[l->receiver].message);
    test_run_assert_never_wrong(&t, ((1u << c->n_parties) - 1) & ~(1u << l->cheater));
    test_run_clear(&t);
    mem_free(inputs);
}

static void try_lies(const pt_circuit *c)
{
    const size_t n = c->n_parties;
    const size_t pairs[][2] = {{0, 1}, {1, 0}, {n - 1, n - 2}}; /* cheater, receiver */
    division d;
    divide_evenly(&d, n, c->n_outputs);
    for (size_t p = 0; p < (n == 2 ? 2 : 3); p++) {
        for (size_t i = 0; i < sizeof lies / sizeof lies[0]; i++) {
            liar l = {.lie = lies[i].lie,
                      .cheater = pairs[p][0],
                      .receiver = pairs[p][1],
                      .fault = {.kind = lies[i].fault, .phase = pairs[p][0] == 0 ? "OUT" : "EV2"},
                      .is_fault = lies[i].is_fault};
            run_lie(c, &d, &l, lies[i].status);
        }
    }
}

static void nobody_changes_anothers_element(void **state)
{
    (void)state;
    static const size_t sizes[] = {2, 3, 5};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        pt_circuit *c = elements_circuit(sizes[i]);
        try_lies(c);
        pt_circuit_free(c);
    }
}

/* More gates and outputs than any part of the protocol handles at once. */
static void nor_that_of_a_large_circuit(void **state)
{
    (void)state;
    static const size_t sizes[] = {2, 3, 5};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        const circuit_shape shape = {
            .n_parties = sizes[i], .inputs = 8, .gates = 6000, .outputs = 600, .and_percent = 100};
        const size_t each = 600 / (sizes[i] + 1);
        pt_circuit *c = test_circuit_random(&shape, i);
        division d;
        divide_evenly(&d, sizes[i], c->n_outputs);
        assert_true(each > 64); /* openings at once */
        run_right(c, &d, 1, i);
        liar l = {.lie = LIE_LAST, .cheater = i % 2, .receiver = 1 - i % 2};
        run_lie(c, &d, &l, PT_PEER_OPENING);
        pt_circuit_free(c);
    }
}

int main(int argc, char **argv)
{
    chosen = test_preparation_chosen(argc, argv);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_bit_goes_to_its_set),
        cmocka_unit_test(the_set_of_each_bit_counts),
        cmocka_unit_test(out_tells_nothing_of_others_elements),
        cmocka_unit_test(nobody_changes_anothers_element),
        cmocka_unit_test(nor_that_of_a_large_circuit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
