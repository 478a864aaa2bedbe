/* Constant time of the whole protocol: what a party draws and what it puts in is marked as
 * undefined memory, everything computed from it inherits the mark, and valgrind reports every
 * branch and every address that depends on it. What a party shows to another loses the mark; every
 * place where that happens is below, with the reason. Run through valgrind; parties are threads,
 * and everything is real.
 *
 * Without arguments, as ctest does, some runs; with the arguments PREPARATION PARTIES K one of
 * them, as scripts/ctime does for all of -O3. */
#include "support/test.h"

#include <valgrind/memcheck.h>

#include <sodium.h>

#include "base/mem.h"
#include "mpc/circuits.h"
#include "mpc/engine.h"
#include "mpc/ot/cot.h"
#include "mpc/parties.h"
#include "mpc/triple/and_share.h"

static void make_secret(void *memory, size_t len)
{
    (void)VALGRIND_MAKE_MEM_UNDEFINED(memory, len);
}

static void make_public(const void *memory, size_t len)
{
    (void)VALGRIND_MAKE_MEM_DEFINED(memory, len);
}

static bool has_secrets(const void *memory, size_t len)
{
    bool found = false;
    uint8_t marks[256];
    for (size_t at = 0; at < len; at += sizeof marks) {
        const size_t n = len - at < sizeof marks ? len - at : sizeof marks;
        (void)VALGRIND_GET_VBITS((const uint8_t *)memory + at, marks, n);
        for (size_t i = 0; i < n; i++)
            found |= marks[i] != 0;
    }
    return found;
}

/* ---- Wrapped functions ---- */

/* The verdict of a comparison is public: the party goes on or aborts. */
bool __real_ct_equal(const void *a, const void *b, size_t len);
bool __wrap_ct_equal(const void *a, const void *b, size_t len);
bool __wrap_ct_equal(const void *a, const void *b, size_t len)
{
    bool equal = __real_ct_equal(a, b, len);
    make_public(&equal, sizeof equal);
    return equal;
}

/* libsodium's group operations are left out: the library promises constant time, but its arithmetic
 * decodes and encodes points and tells whether they are valid or the identity. Of these verdicts
 * those on secret operands are always the same: the points were made here, the scalars are random
 * and never zero (up to 2^-252). Operands lose their marks for the call; what comes out of marked
 * ones is marked. */
typedef int (*point_operation)(unsigned char *, const unsigned char *, const unsigned char *);

static int call_unmarked(point_operation operation, unsigned char *ret, const unsigned char *a,
                         const unsigned char *b)
{
    unsigned char operands[2][32];
    memcpy(operands[0], a, sizeof operands[0]);
    memcpy(operands[1], b, sizeof operands[1]);
    const bool secret = has_secrets(operands, sizeof operands);
    make_public(operands, sizeof operands);
    const int verdict = operation(ret, operands[0], operands[1]);
    if (secret)
        make_secret(ret, sizeof operands[0]);
    return verdict;
}

#define WRAP_POINT_OPERATION(name)                                                                 \
    int __real_##name(unsigned char *, const unsigned char *, const unsigned char *);              \
    int __wrap_##name(unsigned char *, const unsigned char *, const unsigned char *);              \
    int __wrap_##name(unsigned char *ret, const unsigned char *a, const unsigned char *b)          \
    {                                                                                              \
        return call_unmarked(__real_##name, ret, a, b);                                            \
    }

WRAP_POINT_OPERATION(crypto_core_ristretto255_add)
WRAP_POINT_OPERATION(crypto_core_ristretto255_sub)
WRAP_POINT_OPERATION(crypto_scalarmult_ristretto255)

int __real_crypto_scalarmult_ristretto255_base(unsigned char *q, const unsigned char *n);
int __wrap_crypto_scalarmult_ristretto255_base(unsigned char *q, const unsigned char *n);
static int multiply_base(unsigned char *ret, const unsigned char *n, const unsigned char *unused)
{
    (void)unused;
    return __real_crypto_scalarmult_ristretto255_base(ret, n);
}
int __wrap_crypto_scalarmult_ristretto255_base(unsigned char *q, const unsigned char *n)
{
    return call_unmarked(multiply_base, q, n, n);
}

/* ---- What is shown ---- */

/* Phases in whose messages a party put something secret-dependent. */
typedef struct shown {
    const char *phases[64];
    size_t count;
} shown;

static void remember(shown *l, const char *phase)
{
    for (size_t i = 0; i < l->count; i++) {
        if (strcmp(l->phases[i], phase) == 0)
            return;
    }
    assert_true(l->count < sizeof l->phases / sizeof l->phases[0]);
    l->phases[l->count++] = phase;
}

static bool was_shown(const shown *l, const char *phase)
{
    for (size_t i = 0; i < l->count; i++) {
        if (strcmp(l->phases[i], phase) == 0)
            return true;
    }
    return false;
}

static void hook(void *user, session *s, const char *name, size_t peer, void *data, size_t len)
{
    shown *l = (shown *)user + s->me;
    if (name[0] >= 'A' && name[0] <= 'Z') { /* a payload on its way, to one or to all */
        if (len != 0 && has_secrets(data, len))
            remember(l, name);
        if (len != 0)
            make_public(data, len);
    }
    (void)peer;
    if (strcmp(name, "dealt_seed") == 0) /* drawn by the dealer, or come from it */
        make_secret(data, len);
    if (s->me == 0 && strcmp(name, "input_labels") == 0)
        make_secret(data, len); /* they came by a message, but P_1 alone may know them */
    /* Lambda of a wire: P_1 computes it in the open and tells the garblers in EV1. */
    if (strcmp(name, "wire_masked") == 0 || strcmp(name, "masked_gates") == 0 ||
        strcmp(name, "input_masked") == 0)
        make_public(data, len);
    /* Made of what all parties opened. */
    if (strcmp(name, "zero_check") == 0)
        make_public(data, len);
}

/* ---- Runs ---- */

/* Base OTs are slow under valgrind: with more than two parties they are dealt beforehand. */
static pt_status setup_with_dealt_trees(session *s, pt_error *error)
{
    const size_t leaves_bytes = (cot_trees(s->k) << s->k) * sizeof(aes_key);
    make_secret(&s->delta, sizeof s->delta);
    for (size_t p = 0; p < s->n; p++) {
        if (p == s->me)
            continue;
        make_secret(&s->cot[p].sender.delta, sizeof s->delta);
        make_secret(s->cot[p].sender.leaves, leaves_bytes);
        make_secret(s->cot[p].receiver.leaves, leaves_bytes);
    }
    return parties_first_coin(s, error);
}

static const preparation dealt_trees = {setup_with_dealt_trees, and_shares_blocks, and_shares_make};

typedef struct job {
    const pt_circuit *circuit;
    const preparation *preparation;
    uint8_t inputs[64];
} job;

static pt_status play(session *s, void *user, pt_error *error)
{
    job *j = user;
    const engine_task task = {
        .circuit = j->circuit, .segment_ands = 5, .preparation = j->preparation};
    uint8_t outputs[16];
    const size_t first = circuit_party_first_input(j->circuit, s->roster[s->me]);
    make_secret(&s->rng.key, sizeof s->rng.key);
    return engine_run(s, &task, j->inputs + first, outputs, error);
}

static void run_session(size_t n, unsigned k, const preparation *prepared,
                        const char *const *phases, size_t n_phases)
{
    const circuit_shape shape = {
        .n_parties = n, .inputs = 3, .gates = 16, .outputs = 4, .and_percent = 60, .constants = 1};
    const pt_mpc_options options = {.cot_field_bits = k, .dealer = prepared == &preparation_dealt};
    const uint8_t a_bit = 1;
    pt_circuit *c = test_circuit_random(&shape, n);
    job j = {.circuit = c, .preparation = prepared};
    shown shown_by[PARTIES_MAX] = {0};
    parties p;
    for (size_t i = 0; i < sizeof j.inputs; i++) /* the other bits are zero, as is known */
        (void)VALGRIND_SET_VBITS(&j.inputs[i], &a_bit, 1);
    parties_open(&p, n, &options);
    parties_hook(&p, hook, shown_by);
    p.dealer.hook = hook;
    p.dealer.hook_user = shown_by;
    if (prepared == &dealt_trees)
        parties_deal_trees(&p);
    const unsigned errors = VALGRIND_COUNT_ERRORS;
    parties_run(&p, play, &j);
    assert_int_equal(VALGRIND_COUNT_ERRORS, errors);
    for (size_t i = 0; i < n; i++)
        assert_int_equal(p.status[i], PT_OK);
    for (size_t h = 0; h < n_phases; h++) {
        bool found = false;
        for (size_t i = 0; i <= n; i++)
            found |= was_shown(&shown_by[i], phases[h]);
        if (!found)
            fail_msg("nothing secret reached %s", phases[h]);
    }
    parties_close(&p);
    pt_circuit_free(c);
}

/* The test can fail, and marks travel through the generator. The error it prints is meant. */
static pt_status branch_on_a_draw(session *s, void *user, pt_error *error)
{
    volatile unsigned *taken = user;
    (void)error;
    make_secret(&s->rng.key, sizeof s->rng.key);
    if (s->me == 0 && (rng_block(&s->rng).hi & 1u) != 0)
        *taken = 1;
    return PT_OK;
}

static void a_branch_on_a_secret_is_seen(void **state)
{
    (void)state;
    volatile unsigned taken = 0;
    parties p;
    parties_open(&p, 2, NULL);
    const unsigned errors = VALGRIND_COUNT_ERRORS;
    parties_run(&p, branch_on_a_draw, (void *)(uintptr_t)&taken);
    assert_true(VALGRIND_COUNT_ERRORS > errors);
    assert_in_range(taken, 0, 1);
    parties_close(&p);
}

/* ---- What is run ---- */

#define PHASES_MAX 20

/* A way to the shares, and phases whose messages something secret must reach: else nothing was
 * tested. */
typedef struct row {
    const char *name;
    const preparation *prepared;
    const char *phases[PHASES_MAX];
    const char *of_three[PHASES_MAX]; /* with more than two parties */
} row;

static const row rows[] = {
    {"cot",
     &preparation_cot,
     {"BOT1", "BOT2", "COT", "COIN_O", "ABCHK", "TRU", "TRS", "ZB", "ZC", "ZO", "OPEN", "INM",
      "INL", "LBL", "GC", "EV1", "EV2", "OUT"},
     {"DC1", "DC2", "DC3"}},
    {"trees",
     &dealt_trees,
     {"COT", "ABCHK", "TRU", "OPEN", "INM", "GC", "EV1", "EV2", "OUT"},
     {"DC1", "DC2", "DC3"}},
    {"dealer",
     &preparation_dealt,
     {"DLSEED", "DEAL", "COT", "OPEN", "INM", "GC", "EV1", "EV2", "OUT"},
     {0}},
};

static size_t list_phases(const char **ret_phases, const row *r, size_t n)
{
    size_t count = 0;
    for (size_t i = 0; i < PHASES_MAX && r->phases[i] != NULL; i++)
        ret_phases[count++] = r->phases[i];
    for (size_t i = 0; n > 2 && i < PHASES_MAX && r->of_three[i] != NULL; i++)
        ret_phases[count++] = r->of_three[i];
    return count;
}

static void run_row(const char *name, size_t n, unsigned k)
{
    const char *phases[2 * PHASES_MAX];
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        if (strcmp(rows[i].name, name) == 0) {
            const size_t n_phases = list_phases(phases, &rows[i], n);
            run_session(n, k, rows[i].prepared, phases, n_phases);
            return;
        }
    }
    fail_msg("no preparation '%s'", name);
}

static void two_parties(void **state)
{
    (void)state;
    run_row("cot", 2, 4);
}

static void three_parties(void **state)
{
    (void)state;
    run_row("trees", 3, 2);
}

static void five_parties(void **state)
{
    (void)state;
    run_row("trees", 5, 1);
}

static void three_parties_and_a_dealer(void **state)
{
    (void)state;
    run_row("dealer", 3, 8);
}

static char **arguments;

static void the_run_asked_for(void **state)
{
    (void)state;
    run_row(arguments[1], strtoul(arguments[2], NULL, 10),
            (unsigned)strtoul(arguments[3], NULL, 10));
}

int main(int argc, char **argv)
{
    if (!RUNNING_ON_VALGRIND) {
        print_message("run this test through valgrind\n");
        return EXIT_FAILURE;
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_branch_on_a_secret_is_seen),
        cmocka_unit_test(two_parties),
        cmocka_unit_test(three_parties),
        cmocka_unit_test(five_parties),
        cmocka_unit_test(three_parties_and_a_dealer),
    };
    const struct CMUnitTest one[] = {cmocka_unit_test(the_run_asked_for)};
    arguments = argv;
    return argc == 4 ? cmocka_run_group_tests(one, NULL, NULL)
                     : cmocka_run_group_tests(tests, NULL, NULL);
}
