/* The trusted dealer: what it deals, what it is told, and what deviations on the way to it, from it
 * and between the parties lead to (protocol spec, sections 7, 10.1 item 8 and 10.2). */
#include "support/test.h"

#include "base/mem.h"
#include "mpc/abit/abit.h"
#include "mpc/abit/share.h"
#include "mpc/circuits.h"
#include "mpc/dealer/dealing.h"
#include "mpc/tampering.h"
#include "polytune/mpc.h"

/* ---- Algebra: all parties' views of all dealt bits ---- */

#define MAX_DEALT 4096
#define SEGMENTS  3

/* The bits of a segment as shares: x, y, r, lambda_gamma, input masks; and z afterwards. */
typedef struct dealt {
    size_t n_and, n_bits;
    block *shares;
    block *z;
} dealt;

typedef struct ledger {
    size_t n;
    block deltas[PARTIES_MAX];
    dealt of[PARTIES_MAX][SEGMENTS];
    size_t n_segments[PARTIES_MAX];
} ledger;

static void take_bits(dealt *d, const session *s, const abit_range *ranges, size_t n_ranges)
{
    d->shares = mem_new_aligned(MAX_DEALT, s->n * sizeof(block));
    assert_non_null(d->shares);
    assert_int_equal(n_ranges, 5);
    d->n_and = ranges[0].count;
    for (size_t r = 0; r < n_ranges; r++) {
        assert_true(r == 4 || ranges[r].count == d->n_and);
        assert_true(d->n_bits + ranges[r].count <= MAX_DEALT);
        if (ranges[r].count > 0)
            memcpy(d->shares + d->n_bits * s->n, ranges[r].shares,
                   ranges[r].count * s->n * sizeof(block));
        d->n_bits += ranges[r].count;
    }
}

static void keep_ledger(void *user, session *s, const char *name, size_t peer, void *data,
                        size_t len)
{
    ledger *l = user;
    (void)peer;
    if (s->me == s->n)
        return;
    size_t *number = &l->n_segments[s->me];
    if (strcmp(name, "delta") == 0)
        memcpy(&l->deltas[s->me], data, len);
    assert_true(*number < SEGMENTS || strcmp(name, "batch") != 0);
    if (strcmp(name, "batch") == 0)
        take_bits(&l->of[s->me][*number], s, data, len);
    if (strcmp(name, "products") == 0) {
        dealt *d = &l->of[s->me][*number];
        d->z = mem_new_aligned(len + 1, 1);
        assert_non_null(d->z);
        memcpy(d->z, data, len);
        ++*number;
    }
}

static unsigned open_bit(const ledger *l, const block *const *shares, size_t h)
{
    const block *of_bit[PARTIES_MAX];
    for (size_t i = 0; i < l->n; i++)
        of_bit[i] = shares[i] + h * l->n;
    return parties_value(l->n, l->deltas, of_bit);
}

static void check_segment(const ledger *l, size_t number, size_t *ones)
{
    const block *bits[PARTIES_MAX];
    const block *z[PARTIES_MAX];
    const dealt *d = &l->of[0][number];
    for (size_t i = 0; i < l->n; i++) {
        bits[i] = l->of[i][number].shares;
        z[i] = l->of[i][number].z;
    }
    for (size_t h = 0; h < d->n_bits; h++)
        *ones += open_bit(l, bits, h);
    for (size_t g = 0; g < d->n_and; g++)
        assert_int_equal(open_bit(l, z, g), open_bit(l, bits, g) & open_bit(l, bits, d->n_and + g));
}

static void run_ledger(size_t n, unsigned k)
{
    const circuit_shape shape = {
        .n_parties = n, .inputs = 9, .gates = 300, .outputs = 5, .and_percent = 70};
    pt_circuit *c = test_circuit_random(&shape, n * 10 + k);
    const uint8_t inputs[9 * PARTIES_MAX] = {1, 0, 1, 1};
    ledger *l = mem_new(1, sizeof *l);
    assert_non_null(l);
    l->n = n;
    test_run t = {.circuit = c,
                  .inputs = inputs,
                  .segment_ands = c->n_and / 2, /* an odd number of bits in each batch */
                  .seed = n + k,
                  .preparation = &test_dealer,
                  .options = {.cot_field_bits = k, .evaluator = n - 1},
                  .hook = keep_ledger,
                  .hook_user = l};
    test_run_parties(&t);
    test_run_assert_right(&t);
    size_t ones = 0, bits = 0;
    for (size_t i = 0; i < n; i++) {
        assert_int_equal(l->deltas[i].lo & 3u, i == 1 ? 3 : 1);
        assert_int_equal(l->n_segments[i], l->n_segments[0]);
    }
    for (size_t number = 0; number < l->n_segments[0]; number++) {
        check_segment(l, number, &ones);
        bits += l->of[0][number].n_bits;
    }
    assert_int_equal(bits, 4 * c->n_and + 9 * n);
    assert_in_range(ones, bits / 2 - bits / 8, bits / 2 + bits / 8); /* six standard deviations */
    for (size_t i = 0; i < n; i++) {
        for (size_t number = 0; number < l->n_segments[i]; number++) {
            mem_free(l->of[i][number].shares);
            mem_free(l->of[i][number].z);
        }
    }
    test_run_clear(&t);
    mem_free(l);
    pt_circuit_free(c);
}

static void dealt_bits_and_products_hold(void **state)
{
    (void)state;
    for (size_t n = 2; n <= 5; n += n == 2 ? 1 : 2) {
        for (unsigned k = 1; k <= 8; k *= 2)
            run_ledger(n, k);
    }
}

/* ---- What the dealer sees, and when others move ---- */

static const char *const to_dealer[] = {"HELLO", "DLREQ", "DLREQ", "DLREQ"};

/* Nothing reaches the dealer but HELLO and the empty requests, whatever the inputs; so neither INL,
 * nor EV1, nor the digest over them. */
static void the_dealer_gets_hello_and_requests(void **state)
{
    (void)state;
    for (size_t n = 2; n <= 3; n++) {
        attack a = {.n = n,
                    .cheater = n,
                    .preparation = &test_dealer,
                    .seed = 3,
                    .k = 4,
                    .segment_ands = 3};
        tamper_run(&a);
        test_run_assert_right(&a.run);
        for (size_t i = 0; i < n; i++) {
            size_t seen = 0;
            for (size_t m = 0; m < a.views[i].n_sent; m++) {
                if (a.views[i].sent_to[m] != n)
                    continue;
                assert_in_range(seen, 0, 3);
                assert_string_equal(a.views[i].sent[m], to_dealer[seen]);
                if (seen > 0)
                    assert_int_equal(a.views[i].sent_len[m], 0);
                seen++;
            }
            assert_int_equal(seen, 4);
            /* Nor is it told of an abort once it has dealt everything and may have gone. */
            assert_int_equal(a.run.parties.sessions[i].seats, n);
        }
        tamper_clear(&a);
    }
}

/* ---- Deviations ---- */

typedef struct row row;

typedef struct deviating {
    attack attack; /* first */
    const row *row;
    unsigned n_seen;
} deviating;

#define DEALER SIZE_MAX /* n, whatever n is */

struct row {
    const char *target;
    const char *hook; /* the nth time it is called for `peer`, `deviate` is */
    void (*deviate)(const row *r, session *s, uint8_t *data, size_t len);
    size_t at; /* for `deviate` */
    unsigned nth;
    size_t cheater, peer;
    size_t detects;
    pt_status status;
    const char *says;  /* part of the message; NULL: anything */
    const char *never; /* what who detects has not sent; if it is the dealer, nobody .. */
    size_t segments;   /* .. but for so many segments before */
    size_t only_n;     /* 0: any */
    bool large;        /* see tampering.h */
};

static void flip_a_bit(const row *r, session *s, uint8_t *data, size_t len)
{
    (void)s;
    assert_true(r->at < len);
    data[r->at] ^= 0x10;
}

static void flip_from_end(const row *r, session *s, uint8_t *data, size_t len)
{
    (void)s;
    assert_true(r->at <= len);
    data[len - r->at] ^= 1;
}

/* e of the first gate. */
static void flip_e(const row *r, session *s, uint8_t *data, size_t len)
{
    (void)r, (void)len;
    data[(s->n - 1) * DIGEST_BYTES] ^= 1;
}

/* Places in HELLO, see hello.h. */
enum {
    EVALUATOR_AT = 4,
    K_AT = 16,
    MODE_AT = 20,
    SEGMENT_AT = 24,
    PARAMETERS_AT = 96,
    CIRCUIT_AT = 160,
    NONCE_AT = 224,
    COUNTS_AT = 256
};

static const row rows[] = {
    /* Party to party. */
    {"d_tau of a chunk", "correction", flip_a_bit, 100, 0, 0, 1, 1, PT_PEER_ABIT,
     "party 0 sent corrections", "OPEN", 0, 0, false},
    {"d_tau of the last tree, in a later segment", "correction", flip_from_end, 1, 1, 1, 0, 0,
     PT_PEER_ABIT, "party 1 sent corrections", "OPEN", 1, 0, false},
    {"d_tau of a later chunk", "correction", flip_a_bit, 100, 1, 0, 1, 1, PT_PEER_ABIT,
     "party 0 sent corrections", "OPEN", 0, 0, true},
    {"d_tau towards one of two", "correction", flip_a_bit, 0, 0, 1, 2, 2, PT_PEER_ABIT,
     "party 1 sent corrections", "OPEN", 0, 3, false},
    {"x-hat", "OPEN", flip_a_bit, 0, 0, 0, 1, 1, PT_PEER_OPENING, NULL, "GC", 0, 2, false},
    {"tag of form A", "OPEN", flip_from_end, 1, 0, 1, 0, 0, PT_PEER_OPENING, NULL, "INL", 0, 2,
     false},
    {"MAC of form C", "OPEN", flip_from_end, 1, 0, 1, 0, 0, PT_PEER_OPENING, NULL, "INL", 0, 3,
     false},
    {"coin for S_gc", "COIN_O", flip_a_bit, 0, 0, 0, 1, 1, PT_PEER_COMMITMENT, NULL, "OPEN", 0, 0,
     false},
    {"its commitment", "BARRIER", flip_a_bit, 0, 0, 0, 1, 1, PT_PEER_TRANSCRIPT, NULL, "OPEN", 0, 0,
     false},
    /* Party to dealer. */
    {"circuit hash", "HELLO", flip_a_bit, CIRCUIT_AT, 0, 1, DEALER, DEALER, PT_PEER_SETUP,
     "party 1 runs another program or circuit", "COT", 0, 0, false},
    {"k that is none", "HELLO", flip_a_bit, K_AT, 0, 1, DEALER, DEALER, PT_PEER_MALFORMED,
     "party 1 wishes for a COT field exponent", "COT", 0, 0, false},
    {"another segment", "HELLO", flip_a_bit, SEGMENT_AT, 0, 1, DEALER, DEALER, PT_PEER_MALFORMED,
     "another session", "COT", 0, 0, false},
    {"mode", "HELLO", flip_a_bit, MODE_AT, 0, 0, DEALER, DEALER, PT_PEER_SETUP,
     "party 0 runs with another preprocessing mode", "COT", 0, 0, false},
    {"number of parties", "HELLO", flip_a_bit, 0, 0, 0, DEALER, DEALER, PT_PEER_SETUP,
     "party 0 runs with another number of parties", "COT", 0, 0, false},
    {"protocol parameters", "HELLO", flip_a_bit, PARAMETERS_AT, 0, 0, DEALER, DEALER, PT_PEER_SETUP,
     "party 0 runs with other protocol parameters", "COT", 0, 0, false},
    {"nonce", "HELLO", flip_a_bit, NONCE_AT, 0, 1, DEALER, DEALER, PT_PEER_MALFORMED,
     "another session", "COT", 0, 0, false},
    {"count of gates", "HELLO", flip_from_end, 16, 0, 1, DEALER, DEALER, PT_PEER_SETUP,
     "party 1 runs another program or circuit", "COT", 0, 0, false},
    {"count of inputs", "HELLO", flip_from_end, 8, 0, 1, DEALER, DEALER, PT_PEER_SETUP,
     "party 1 runs another program or circuit", "COT", 0, 0, false},
    /* On the dealer's line. */
    {"seed", "DLSEED", flip_a_bit, 3, 0, DEALER, 1, 1, PT_PEER_MALFORMED, "the dealer", "COT", 0, 0,
     false},
    {"tree sums", "DLSEED", flip_a_bit, 132, 0, DEALER, 0, 0, PT_PEER_MALFORMED, "the dealer",
     "COT", 0, 0, false},
    {"tag of the seed", "DLSEED", flip_from_end, 1, 0, DEALER, 0, 0, PT_PEER_MALFORMED,
     "the dealer", "COT", 0, 0, false},
    {"digest", "DEAL", flip_a_bit, 5, 0, DEALER, 1, 1, PT_PEER_MALFORMED, "the dealer", "OPEN", 0,
     0, false},
    {"e", "DEAL", flip_e, 0, 0, DEALER, 1, 1, PT_PEER_MALFORMED, "the dealer", "OPEN", 0, 0, false},
    {"tag of a later segment", "DEAL", flip_from_end, 1, 1, DEALER, 0, 0, PT_PEER_MALFORMED,
     "the dealer", "OPEN", 1, 0, false},
};

static void deviate(attack *a, session *s, const char *name, size_t peer, uint8_t *data, size_t len)
{
    deviating *d = (deviating *)a;
    const row *r = d->row;
    const size_t target = r->peer == DEALER ? a->n : r->peer;
    if (peer == target && strcmp(name, r->hook) == 0 && d->n_seen++ == r->nth)
        r->deviate(r, s, data, len);
}

static void run_row(const row *r, size_t n)
{
    deviating d = {.attack = {.n = n,
                              .cheater = r->cheater == DEALER ? n : r->cheater,
                              .preparation = &test_dealer,
                              .seed = 5,
                              .k = 4,
                              .segment_ands = 4,
                              .large = r->large,
                              .deviate = deviate},
                   .row = r};
    tamper_run(&d.attack);
    const parties *p = &d.attack.run.parties;
    const size_t detects = r->detects == DEALER ? n : r->detects;
    const pt_status status = detects == n ? p->dealer_status : p->status[detects];
    const char *message = detects == n ? p->dealer_error.message : p->errors[detects].message;
    assert_true(d.n_seen > r->nth);
    if (status != r->status || (r->says != NULL && strstr(message, r->says) == NULL))
        fail_msg("%s: %s", pt_status_name(status), message);
    /* The others hear of it, and so does a dealer who still waits for requests. */
    if (detects != n && d.attack.cheater != n && r->segments == 0)
        assert_int_equal(p->dealer_status, PT_PEER_ABORT);
    for (size_t i = 0; i < n; i++) {
        if (i == d.attack.cheater)
            continue;
        assert_int_not_equal(p->status[i], PT_OK);
        if (detects == n)
            assert_int_equal(p->status[i], PT_PEER_ABORT);
        if ((i == detects || detects == n) &&
            tamper_sent(&d.attack, i, r->never) > r->segments * (n == 2 ? 1 : 2))
            fail_msg("party %zu has sent %s", i, r->never);
    }
    tamper_clear(&d.attack);
}

static void a_deviation_is_found_in_time(void **state)
{
    const tamper_case *c = *state;
    const row *r = c->row;
    if (r->only_n != 0 && r->only_n != c->n)
        skip();
    run_row(r, c->n);
}

/* ---- All parties ask for what there is not ---- */

typedef struct absurdity {
    size_t at; /* in HELLO with its counts */
    size_t bytes;
    uint64_t value;
    pt_status status;
} absurdity;

static void ask(void *user, session *s, const char *name, size_t peer, void *data, size_t len)
{
    const absurdity *a = user;
    if (peer != s->n || strcmp(name, "HELLO") != 0)
        return;
    assert_true(a->at + a->bytes <= len);
    for (size_t i = 0; i < a->bytes; i++)
        ((uint8_t *)data)[a->at + i] = (uint8_t)(a->value >> (8 * i));
}

/* The dealer as it is outside tests. */
static void keep_to_limits(test_run *t)
{
    t->parties.dealer.segment_min = MPC_SEGMENT_ANDS_MIN;
}

static void absurd_requests_are_refused(void **state)
{
    (void)state;
    static const absurdity cases[] = {
        {EVALUATOR_AT, 4, 3, PT_PEER_MALFORMED},
        {K_AT, 4, 3, PT_PEER_MALFORMED},
        {SEGMENT_AT, 8, 0, PT_PEER_MALFORMED},
        {SEGMENT_AT, 8, MPC_SEGMENT_ANDS_MIN - 1, PT_PEER_MALFORMED},
        {SEGMENT_AT, 8, MPC_SEGMENT_ANDS_MAX + 1, PT_PEER_MALFORMED},
        {COUNTS_AT, 8, (uint64_t)CIRCUIT_MAX_WIRES + 1, PT_ERR_LIMIT},
        {COUNTS_AT, 8, UINT64_MAX, PT_ERR_LIMIT},
        {COUNTS_AT + 8, 8, (uint64_t)CIRCUIT_MAX_WIRES + 1, PT_ERR_LIMIT},
    };
    const circuit_shape shape = {
        .n_parties = 3, .inputs = 1, .gates = 4, .outputs = 1, .and_percent = 100};
    pt_circuit *c = test_circuit_random(&shape, 1);
    const uint8_t inputs[3] = {0};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        test_run t = {.circuit = c,
                      .inputs = inputs,
                      .preparation = &test_dealer,
                      .prepare = keep_to_limits,
                      .hook = ask,
                      .hook_user = (void *)(uintptr_t)&cases[i]};
        test_run_parties(&t);
        assert_int_equal(t.parties.dealer_status, cases[i].status);
        if (cases[i].status == PT_PEER_MALFORMED)
            assert_non_null(strstr(t.parties.dealer_error.message, "does not have"));
        if (cases[i].at == SEGMENT_AT)
            assert_int_equal(t.parties.dealer_error.party, 0);
        for (size_t p = 0; p < 3; p++)
            assert_int_equal(t.parties.status[p],
                             cases[i].status == PT_ERR_LIMIT ? PT_ERR_STOPPED : PT_PEER_ABORT);
        test_run_clear(&t);
    }
    pt_circuit_free(c);
}

/* ---- The dealer's own secrets, and its patience ---- */

typedef struct seeds {
    uint8_t of[4][DEALING_SEED_BYTES];
    size_t n;
} seeds;

static void take_seed(void *user, session *s, const char *name, size_t peer, void *data, size_t len)
{
    seeds *all = user;
    (void)peer;
    if (s->me != s->n || strcmp(name, "dealt_seed") != 0)
        return;
    assert_true(all->n < 4 && len == DEALING_SEED_BYTES);
    memcpy(all->of[all->n++], data, len);
}

/* Each party has a seed of its own, in each session another one. */
static void seeds_are_fresh(void **state)
{
    (void)state;
    const circuit_shape shape = {
        .n_parties = 2, .inputs = 1, .gates = 4, .outputs = 1, .and_percent = 100};
    pt_circuit *c = test_circuit_random(&shape, 1);
    const uint8_t inputs[2] = {0};
    seeds all = {.n = 0};
    for (uint64_t seed = 1; seed < 3; seed++) {
        test_run t = {.circuit = c,
                      .inputs = inputs,
                      .seed = seed,
                      .preparation = &test_dealer,
                      .dealer_hook = take_seed,
                      .hook_user = &all};
        test_run_parties(&t);
        test_run_assert_right(&t);
        test_run_clear(&t);
    }
    assert_int_equal(all.n, 4);
    for (size_t i = 0; i < 4; i++) {
        for (size_t j = 0; j < i; j++)
            assert_memory_not_equal(all.of[i], all.of[j], DEALING_SEED_BYTES);
    }
    pt_circuit_free(c);
}

/* As long as a party has not asked for a segment nobody gets anything of it. */
static void the_dealer_waits_for_all(void **state)
{
    (void)state;
    for (uint64_t nth = 0; nth < 2; nth++) {
        for (size_t silent = 0; silent < 3; silent++) {
            fault f = {.kind = FAULT_CLOSE, .phase = "DLREQ", .peer = FAULT_ANY_PEER, .nth = nth};
            attack a = {.n = 3,
                        .cheater = silent,
                        .preparation = &test_dealer,
                        .seed = 6,
                        .k = 4,
                        .segment_ands = 4,
                        .faults = &f,
                        .n_faults = 1};
            tamper_run(&a);
            assert_true(f.struck);
            assert_int_not_equal(a.run.parties.dealer_status, PT_OK);
            assert_int_equal(tamper_sent(&a, 3, "DLSEED"), nth);
            assert_int_equal(tamper_sent(&a, 3, "DEAL"), nth);
            tamper_clear(&a);
        }
    }
}

static void too_many_bits_are_refused(void **state)
{
    (void)state;
    const uint64_t most = MPC_MAX_COTS / MPC_KAPPA;
    dealing_plan plan;
    pt_error error;
    assert_int_equal(dealing_plan_init(&plan, 32, 0, most - 1, &error), PT_OK);
    assert_int_equal(dealing_plan_init(&plan, 33, 0, most - 1, &error), PT_ERR_LIMIT);
    assert_int_equal(dealing_plan_init(&plan, 32, 1, most - 1, &error), PT_ERR_LIMIT);
    assert_int_equal(dealing_plan_init(&plan, 32, 0, most, &error), PT_ERR_LIMIT);
}

int main(void)
{
    enum { N_ROWS = sizeof rows / sizeof rows[0] };
    static tamper_case cases[2 * N_ROWS];
    struct CMUnitTest tests[2 * N_ROWS + 6] = {
        cmocka_unit_test(dealt_bits_and_products_hold),
        cmocka_unit_test(the_dealer_gets_hello_and_requests),
        cmocka_unit_test(absurd_requests_are_refused),
        cmocka_unit_test(seeds_are_fresh),
        cmocka_unit_test(the_dealer_waits_for_all),
        cmocka_unit_test(too_many_bits_are_refused),
    };
    for (size_t i = 0; i < 2 * N_ROWS; i++)
        tests[6 + i] = tamper_case_init(&cases[i], &rows[i % N_ROWS], rows[i % N_ROWS].target,
                                        2 + i / N_ROWS, a_deviation_is_found_in_time);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
