/* One party deviates in a message or value of the upper half: honest parties abort as the tampering
 * matrix asks (protocol spec, section 10.2), never print a wrong result, and have not sent what the
 * release rules hold back (section 6.5). */
#include "support/test.h"

#include "base/mem.h"
#include "mpc/circuits.h"
#include "mpc/engine_run.h"

#define N     3
#define SENDS 4096
#define ALL   N     /* as `peer`: the "all" payload */
#define ANY   PT_OK /* as expected status: any failure of a peer */

typedef struct cheat {
    const char *name; /* hook, section by hook.h */
    size_t cheater;
    size_t peer;  /* whom a message goes to, or ALL; for a value the cheater */
    size_t at;    /* byte to change */
    uint8_t mask; /* by XOR; 0: every byte from `at` on becomes its complement */
    size_t victim;
    pt_status status;       /* of the victim */
    const char *never_sent; /* what the victim must not have sent */
    uint64_t segment_ands;  /* 0: one segment */
    bool xor_only;
} cheat;

static const cheat cheats[] = {
    /* leaky ANDs, coins' consequences and the zero check */
    {"TRS", 1, ALL, 0, 1, 0, PT_PEER_ZERO_CHECK, "OPEN", 0, false},
    {"TRS", 0, ALL, 3, 0x40, 2, PT_PEER_ZERO_CHECK, "OPEN", 0, false},
    {"TRS", 2, 1, 3, 0x40, 1, PT_PEER_TRANSCRIPT, "ZO", 0, false},
    {"TRU", 1, 0, 0, 0, 0, PT_PEER_ZERO_CHECK, "OPEN", 0, false},
    {"zero_opened", 2, 2, 0, 1, 1, PT_PEER_ZERO_CHECK, "OPEN", 0, false},
    {"zero_share", 1, 1, 7, 0x80, 0, PT_PEER_ZERO_CHECK, "OPEN", 0, false},
    {"ZC", 1, ALL, 31, 1, 2, PT_PEER_COMMITMENT, "OPEN", 0, false},
    {"ZO", 1, ALL, 0, 1, 2, PT_PEER_COMMITMENT, "OPEN", 0, false},
    {"ZO", 0, ALL, 47, 1, 2, PT_PEER_COMMITMENT, "OPEN", 0, false},
    {"ZB", 1, 0, 0, 0, 0, PT_PEER_ZERO_CHECK, NULL, 16, false},
    {"zero_opened", 1, 1, 0, 1, 0, PT_PEER_ZERO_CHECK, NULL, 16, false},
    /* openings: the bit alone, the share the tag is made from, a wrong shift */
    {"OPEN", 1, ALL, 0, 1, 0, PT_PEER_OPENING, "GC", 0, false},
    {"bucket_shares", 2, 2, 0, 1, 1, PT_PEER_OPENING, "GC", 0, false},
    {"shifts", 1, 1, sizeof(size_t), 1, 2, PT_PEER_OPENING, "GC", 0, false},
    /* garbling */
    {"GC", 1, 0, 0, 0, 0, ANY, "OUT", 0, false},
    {"GC", 2, 0, 0, 0, 1, ANY, "OUT", 0, false},
    /* inputs */
    {"INM", 1, 2, 0, 1, 2, PT_PEER_OPENING, "INL", 0, false},
    {"INM", 0, 1, 5, 1, 1, PT_PEER_OPENING, "INL", 0, false},
    {"INL", 1, 0, 0, 1, 0, PT_PEER_TRANSCRIPT, "OUT", 0, false},
    {"INL", 1, 2, 0, 1, 0, PT_PEER_TRANSCRIPT, "OUT", 0, false},
    {"INL", 0, 2, 0, 1, 1, PT_PEER_TRANSCRIPT, "OUT", 0, true},
    {"INL", 1, ALL, 0, 0x80, 0, PT_PEER_MALFORMED, "OUT", 0, false},
    {"LBL", 1, 0, 3, 0, 0, ANY, "OUT", 0, false},
    /* circuit authentication: Lambda with the old tag, with a new one over the labels held, tag */
    {"EV1", 0, 1, 0, 1, 1, PT_PEER_EVALUATOR, "EV2", 0, false},
    {"masked_gates", 0, 0, 0, 1, 1, PT_PEER_EVALUATOR, "EV2", 0, false},
    {"masked_gates", 0, 0, 1, 0x10, 2, PT_PEER_EVALUATOR, "EV2", 16, false},
    {"EV2", 2, 0, 9, 1, 0, PT_PEER_GARBLER, "OUT", 0, false},
    {"EV2", 1, 0, 15, 0x80, 0, PT_PEER_GARBLER, "OUT", 0, false},
    /* outputs */
    {"OUT", 0, 1, 0, 1, 1, PT_PEER_OPENING, NULL, 0, false},
    {"OUT", 2, 0, 17, 0x20, 0, PT_PEER_OPENING, NULL, 0, false},
    {"OUT", 1, 2, 0, 1, 2, PT_PEER_OPENING, NULL, 0, true},
};

/* What every party sent, in order; each party's thread writes its own. */
typedef struct log {
    const cheat *cheat;
    bool done; /* the change was made */
    const char *sent[N][SENDS];
    size_t n_sent[N];
} log;

static void change(const cheat *c, uint8_t *data, size_t len)
{
    assert_true(c->at < len);
    if (c->mask != 0)
        data[c->at] ^= c->mask;
    for (size_t i = c->at; c->mask == 0 && i < len; i++)
        data[i] ^= 0xff;
}

static void hook(void *user, session *s, const char *name, size_t peer, void *data, size_t len)
{
    log *l = user;
    const cheat *c = l->cheat;
    /* Phases are upper case, values lower. */
    if (peer != s->me && name[0] < 'a' && l->n_sent[s->me] < SENDS)
        l->sent[s->me][l->n_sent[s->me]++] = name;
    if (s->me != c->cheater || l->done || len == 0 || strcmp(name, c->name) != 0)
        return;
    if (peer != (c->peer == ALL ? c->cheater : c->peer))
        return;
    l->done = true;
    change(c, data, len);
}

static bool has_sent(const log *l, size_t party, const char *name)
{
    for (size_t i = 0; i < l->n_sent[party]; i++) {
        if (strcmp(l->sent[party][i], name) == 0)
            return true;
    }
    return false;
}

static void run_cheat(const cheat *c, uint64_t seed, log *l)
{
    const circuit_shape shape = {.n_parties = N,
                                 .inputs = 5,
                                 .gates = 80,
                                 .outputs = 20,
                                 .and_percent = c->xor_only ? 0 : 60};
    pt_circuit *circuit = test_circuit_random(&shape, seed);
    uint8_t inputs[3 * 5];
    test_random r = {seed};
    for (size_t h = 0; h < sizeof inputs; h++)
        inputs[h] = (uint8_t)test_below(&r, 2);
    test_run t = {.circuit = circuit,
                  .inputs = inputs,
                  .segment_ands = c->segment_ands,
                  .seed = seed,
                  .hook = hook,
                  .hook_user = l};
    *l = (log){.cheat = c};
    test_run_parties(&t);
    assert_true(l->done);
    for (size_t i = 0; i < N; i++) {
        if (i != c->cheater)
            test_run_assert_never_wrong(&t, 1u << i);
        const session *s = &t.parties.sessions[i];
        if (t.parties.status[i] != PT_OK)
            assert_true((s->delta.lo | s->delta.hi) == 0);
    }
    const pt_status got = t.parties.status[c->victim];
    if (c->status == ANY ? pt_status_class_of(got) != PT_CLASS_PEER : got != c->status)
        fail_msg("%s by %zu: party %zu ended with %s (%s)", c->name, c->cheater, c->victim,
                 pt_status_name(got), t.parties.errors[c->victim].message);
    if (c->never_sent != NULL && has_sent(l, c->victim, c->never_sent))
        fail_msg("%s by %zu: party %zu has sent %s", c->name, c->cheater, c->victim, c->never_sent);
    test_run_clear(&t);
    pt_circuit_free(circuit);
}

static void test_matrix(void **state)
{
    (void)state;
    log *l = mem_new(1, sizeof *l);
    assert_non_null(l);
    for (size_t k = 0; k < sizeof cheats / sizeof cheats[0]; k++) {
        for (uint64_t seed = 1; seed <= 3; seed++)
            run_cheat(&cheats[k], seed, l);
    }
    mem_free(l);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_matrix),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
