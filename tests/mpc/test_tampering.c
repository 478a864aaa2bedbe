/* The tampering matrix of the protocol spec, section 10.2: one corrupted party in the whole
 * protocol, with real base OTs, at two and three parties. What each row asks for is in the table;
 * tamper_run asserts what holds for all. Rows on the trusted dealer are in test_dealer.c. */
#include "support/test.h"

#include "crypto/gf128.h"
#include "mpc/circuits.h"
#include "mpc/ot/base_ot.h"
#include "mpc/ot/cot.h"
#include "mpc/tampering.h"

#define ALL      TAMPER_PARTIES       /* deviates: own value, or payload to all */
#define HONEST   (TAMPER_PARTIES + 1) /* detects: every honest party */
#define TRIES    32
#define BOT2_OT  (POINT_BYTES + 2 * sizeof(block))
#define BOT2_SUM BASE_OT_BOT2_SIZE /* t_tau, then D */

typedef struct row row;

typedef struct tampering {
    attack attack; /* first */
    const row *row;
    size_t peer;    /* whom the corrupted party deviates to, or ALL */
    size_t detects; /* party, or HONEST */
    size_t place;   /* which of several tries: instance, tree, triple, gate .. */
    unsigned n_seen;
    bool is_wrong;
    block chi; /* of ABCHK */
    test_random random;
} tampering;

struct row {
    const char *target; /* words of the matrix */
    /* The deviation: the nth time this hook is called for this peer. No hook: called at each. */
    const char *hook;
    void (*deviate)(tampering *t, session *s, const char *name, size_t peer, uint8_t *data,
                    size_t len); /* NULL: a random bit of data[at .. at+span-1] */
    ptrdiff_t at;                /* negative: from the end */
    size_t span;                 /* 0: all from there on */
    unsigned nth;
    size_t cheater, peer;
    /* Whether the change has an effect, as known after the run: without one all goes well. Tried
     * until both have been seen. NULL: it has. */
    bool (*matters)(const tampering *t);
    /* With effect: */
    size_t detects;
    pt_status status;
    const char *phase;      /* the wave at which it ends, at the latest */
    const char *never;      /* what who detects has not sent .. */
    unsigned most;          /* .. more often than this */
    const char *never_sent; /* what no honest party has sent */
    void (*check)(const tampering *t);
    /* Setting. */
    uint64_t segment_ands;
    unsigned k;
    bool xor_only;
    bool large;
    fault_kind fault; /* with `hook` the phase; strikes instead of `deviate` */
    bool is_fault;
    const char *not_for_two; /* why there is nothing to test at two parties */
    const char *not_for_three;
};

/* ---- Deviations ---- */

static size_t start_of(const row *r, size_t len)
{
    const size_t at = r->at < 0 ? len - (size_t)-r->at : (size_t)r->at;
    assert_true(at < len && r->span <= len - at);
    return at;
}

static void flip_bit(tampering *t, uint8_t *data, size_t len)
{
    const uint32_t bit = test_below(&t->random, (uint32_t)len * 8);
    data[bit / 8] ^= (uint8_t)(1u << (bit % 8));
}

static void flip(tampering *t, session *s, const char *name, size_t peer, uint8_t *data, size_t len)
{
    const size_t at = start_of(t->row, len);
    (void)s, (void)name, (void)peer;
    flip_bit(t, data + at, t->row->span != 0 ? t->row->span : len - at);
}

/* Every bit, so that bits 0 and 1 of blocks are among them. */
static void complement(tampering *t, session *s, const char *name, size_t peer, uint8_t *data,
                       size_t len)
{
    const size_t at = start_of(t->row, len);
    const size_t span = t->row->span != 0 ? t->row->span : len - at;
    (void)s, (void)name, (void)peer;
    for (size_t i = 0; i < span; i++)
        data[at + i] ^= 0xff;
}

static void flip_lowest(tampering *t, session *s, const char *name, size_t peer, uint8_t *data,
                        size_t len)
{
    (void)s, (void)name, (void)peer;
    data[start_of(t->row, len)] ^= 1;
}

static void flip_highest(tampering *t, session *s, const char *name, size_t peer, uint8_t *data,
                         size_t len)
{
    (void)s, (void)name, (void)peer;
    data[start_of(t->row, len)] ^= 0x80;
}

/* Wishes of HELLO that may be. */
static void put_largest_k(tampering *t, session *s, const char *name, size_t peer, uint8_t *data,
                          size_t len)
{
    (void)s, (void)name, (void)peer;
    data[start_of(t->row, len)] = 8;
}

static void put_least_segment(tampering *t, session *s, const char *name, size_t peer,
                              uint8_t *data, size_t len)
{
    static const uint8_t one[8] = {1};
    (void)s, (void)name, (void)peer;
    memcpy(data + start_of(t->row, len), one, sizeof one);
}

static void put_identity(tampering *t, session *s, const char *name, size_t peer, uint8_t *data,
                         size_t len)
{
    (void)s, (void)name, (void)peer;
    memset(data + start_of(t->row, len), 0, POINT_BYTES);
}

static void put_no_point(tampering *t, session *s, const char *name, size_t peer, uint8_t *data,
                         size_t len)
{
    (void)s, (void)name, (void)peer;
    memset(data + start_of(t->row, len), 0xff, POINT_BYTES);
}

/* B of the next instance: a valid point, but another. */
static void put_other_point(tampering *t, session *s, const char *name, size_t peer, uint8_t *data,
                            size_t len)
{
    (void)s, (void)name, (void)peer, (void)len;
    memcpy(data + t->place * BOT2_OT, data + (t->place + 1) * BOT2_OT, POINT_BYTES);
}

/* e_0 or e_1 of an instance. */
static void flip_e(tampering *t, session *s, const char *name, size_t peer, uint8_t *data,
                   size_t len)
{
    (void)s, (void)name, (void)peer, (void)len;
    flip_bit(t, data + t->place * BOT2_OT + POINT_BYTES + t->place % 2 * sizeof(block),
             sizeof(block));
}

static bool e_is_chosen(const tampering *t)
{
    const block choices = cot_choices(t->attack.views[t->detects].delta, t->attack.k);
    return block_bit(choices, (unsigned)t->place) == t->place % 2;
}

/* d_tau of the first 128 COTs, for one tree. */
static void flip_d(tampering *t, session *s, const char *name, size_t peer, uint8_t *data,
                   size_t len)
{
    (void)s, (void)name, (void)peer, (void)len;
    flip_bit(t, data + (t->place + 1) * sizeof(block), sizeof(block));
}

/* An all-zero slice of Delta takes any d_tau. */
static bool slice_is_set(const tampering *t)
{
    const unsigned k = t->attack.k;
    unsigned set = 0;
    for (unsigned b = 0; b < k; b++)
        set |= block_bit(t->attack.views[t->detects].delta, (unsigned)(t->place + 1) * k + b);
    return set != 0;
}

/* Other bits towards one peer, in all trees alike. */
static void change_x(const session *s, uint8_t *d, size_t block_at)
{
    for (size_t tau = 0; tau < cot_trees(s->k); tau++)
        d[(block_at * cot_trees(s->k) + tau) * sizeof(block)] ^= 0x10;
}

static void flip_x(tampering *t, session *s, const char *name, size_t peer, uint8_t *data,
                   size_t len)
{
    const size_t n_blocks = len / sizeof(block) / cot_trees(s->k);
    (void)name, (void)peer;
    change_x(s, data, t->row->at == 0 ? 0 : n_blocks - 1);
}

/* Other bits towards one peer together with the x~ that fits them: every ABCHK passes. */
static void equivocate_x(tampering *t, session *s, const char *name, size_t peer, uint8_t *data,
                         size_t len)
{
    if (strcmp(name, "chi") == 0)
        memcpy(&t->chi, data, len);
    if (peer != t->peer)
        return;
    if (strcmp(name, "correction") == 0)
        change_x(s, data, 0);
    if (strcmp(name, "ABCHK") == 0)
        block_store(data, block_xor(block_load(data), gf_mul(t->chi, block_make(0, 0x10))));
}

/* A rushing party takes over another's commitment, and later its opening. */
static void copy_coin(tampering *t, session *s, const char *name, size_t peer, uint8_t *data,
                      size_t len)
{
    const size_t from = s->me == 0 ? 1 : 0;
    (void)len;
    if (peer == s->me && strcmp(name, "BOT1") == 0)
        tamper_await_commitment(&t->attack, from, data);
    if (peer == s->me && strcmp(name, "COIN_O") == 0)
        tamper_await_coin(&t->attack, from, data);
}

/* Chooses its part of the coin when it has seen the others'. */
static void late_coin(tampering *t, session *s, const char *name, size_t peer, uint8_t *data,
                      size_t len)
{
    uint8_t seen[64];
    (void)name, (void)peer, (void)len;
    for (size_t i = 0; i < s->n; i++) {
        if (i != s->me)
            tamper_await_coin(&t->attack, i, seen);
    }
    memcpy(data, seen, 32);
}

/* Both d_0 and d_1 of a repetition, before they are committed to. */
static void flip_sums(tampering *t, session *s, const char *name, size_t peer, uint8_t *data,
                      size_t len)
{
    (void)t, (void)s, (void)name, (void)peer, (void)len;
    data[0] ^= 4;
    data[sizeof(block)] ^= 4;
}

/* The bit of a share, in every block of it. */
static void flip_share(tampering *t, session *s, const char *name, size_t peer, uint8_t *data,
                       size_t len)
{
    const size_t at = start_of(t->row, len);
    (void)name, (void)peer;
    for (size_t slot = 0; slot < s->n; slot++)
        data[at + slot * sizeof(block)] ^= 1;
}

static void flip_pin(tampering *t, session *s, const char *name, size_t peer, uint8_t *data,
                     size_t len)
{
    (void)t, (void)s, (void)name, (void)peer, (void)len;
    data[0] ^= 2;
}

/* E = 2^1, and E with bit 1 clear. */
static void flip_u_parity(tampering *t, session *s, const char *name, size_t peer, uint8_t *data,
                          size_t len)
{
    (void)s, (void)name, (void)peer, (void)len;
    data[8 * t->place] ^= 2;
}

static void flip_u_other(tampering *t, session *s, const char *name, size_t peer, uint8_t *data,
                         size_t len)
{
    (void)s, (void)name, (void)peer, (void)len;
    flip_bit(t, data + 8 * t->place + 1, 7);
}

static bool x_is_set(const tampering *t)
{
    return t->attack.views[t->peer].x[t->place] != 0;
}

static void flip_zb(tampering *t, session *s, const char *name, size_t peer, uint8_t *data,
                    size_t len)
{
    (void)s, (void)name, (void)peer, (void)len;
    flip_bit(t, data + t->place * sizeof(block), sizeof(block));
}

static bool q_is_set(const tampering *t)
{
    return t->attack.views[t->peer].q[t->place] != 0;
}

/* Row number `at` of a gate on input wires. */
static void change_row(tampering *t, session *s, const char *name, size_t peer, uint8_t *data,
                       size_t len)
{
    const size_t gate_row = t->place % TAMPER_GATES * (3 * s->n - 4) + (size_t)t->row->at;
    (void)name, (void)peer, (void)len;
    for (size_t i = 0; i < sizeof(block); i++)
        data[gate_row * sizeof(block) + i] ^= 0xff;
}

static bool left_is_masked_1(const tampering *t)
{
    return t->attack.views[t->detects].masked[t->place % TAMPER_GATES] != 0;
}

static bool right_is_masked_1(const tampering *t)
{
    return t->attack.views[t->detects].masked[TAMPER_INPUTS + t->place % TAMPER_GATES] != 0;
}

static bool never(const tampering *t)
{
    (void)t;
    return false;
}

/* Section 4.4: what opens is q V for a secret q, not V, a multiple of lo64(Delta_Sigma). */
static void check_blinded(const tampering *t)
{
    block v = block_zero();
    block q = block_zero();
    for (size_t i = 0; i < t->attack.n; i++)
        v = block_xor(v, t->attack.views[i].zero_share);
    for (unsigned bit = 0; bit < ZERO_CHECK_BLIND_BITS; bit++) {
        uint64_t q_t = 0;
        for (size_t i = 0; i < t->attack.n; i++)
            q_t ^= t->attack.views[i].q[bit];
        q.lo |= bit < 64 ? q_t << bit : 0;
        q.hi |= bit < 64 ? 0 : q_t << (bit - 64);
    }
    const block expected = gf_mul(q, v);
    const block zero = block_zero();
    assert_memory_not_equal(&v, &zero, sizeof v);
    for (size_t i = 0; i < t->attack.n; i++) {
        const block opened = t->attack.views[i].zero_sum;
        assert_memory_equal(&opened, &expected, sizeof opened);
        assert_memory_not_equal(&opened, &v, sizeof v);
    }
}

/* ---- The matrix ---- */

#define HELLO_ROW_OF(field, offset, bytes, what)                                                   \
    {                                                                                              \
        .target = "HELLO: " field, .hook = "HELLO", .at = offset, .span = bytes, .cheater = 1,     \
        .peer = ALL, .detects = HONEST, .status = what, .phase = "HELLO", .never_sent = "BOT1"     \
    }
#define HELLO_ROW(field, offset, bytes) HELLO_ROW_OF(field, offset, bytes, PT_PEER_SETUP)

static const char one_peer[] = "with one peer there is nobody to tell something else";
static const char form_a[] = "two parties open in form A";
static const char form_c[] = "form C has no padding";
static const char no_delta_check[] = "one peer sees one Delta";
static const char no_cross_rows[] = "there is no other garbler";
static const char another_garbler[] = "an honest garbler is the first to see it";

/* clang-format off */
static const row rows[] = {
    HELLO_ROW("parties", 0, 4),
    HELLO_ROW("evaluator", 4, 4),
    HELLO_ROW("own number", 8, 4),
    HELLO_ROW("rho", 12, 4),
    HELLO_ROW_OF("wish for k that is none", 17, 3, PT_PEER_MALFORMED),
    HELLO_ROW("mode", 20, 4),
    HELLO_ROW_OF("segment that is too large", 28, 4, PT_PEER_MALFORMED),
    HELLO_ROW("output parties", 32, 32),
    HELLO_ROW("roster hash", 64, 32),
    HELLO_ROW("parameter hash", 96, 32),
    HELLO_ROW("receivers hash", 128, 32),
    HELLO_ROW("circuit hash", 160, 32),
    HELLO_ROW("session data hash", 192, 32),
    {.target = "HELLO: field, to one party", .hook = "HELLO", .at = 128, .span = 32,
     .cheater = 0, .peer = 2, .detects = 2, .status = PT_PEER_SETUP, .phase = "HELLO",
     .never = "BOT1", .never_sent = "BOT2"},
    {.target = "HELLO: field of the last party, to one", .hook = "HELLO", .at = 128, .span = 32,
     .cheater = 2, .peer = 1, .detects = 1, .status = PT_PEER_SETUP, .phase = "HELLO",
     .never = "BOT1", .never_sent = "BOT2"},
    {.target = "HELLO: nonce, to one party", .hook = "HELLO", .at = -32, .span = 32,
     .cheater = 2, .peer = 1, .detects = 1, .status = PT_PEER_MALFORMED, .phase = "BOT1",
     .never_sent = "BOT2"},

    {.target = "HELLO: wish for k, to one party", .hook = "HELLO", .at = 16,
     .deviate = put_largest_k, .cheater = 2, .peer = 1, .detects = 1, .status = PT_PEER_MALFORMED,
     .phase = "BOT1", .never_sent = "BOT2"},
    {.target = "HELLO: segment, to one party", .hook = "HELLO", .at = 24,
     .deviate = put_least_segment, .cheater = 2, .peer = 1, .detects = 1, .status = PT_PEER_MALFORMED, .phase = "BOT1",
     .never_sent = "BOT2"},

    {.target = "r_0 identity", .hook = "BOT1", .deviate = put_identity, .at = 32,
     .cheater = 2, .peer = 0, .detects = 0, .status = PT_PEER_BASE_OT, .phase = "BOT1",
     .never = "BOT2", .never_sent = "COIN_O"},
    {.target = "r_1 identity", .hook = "BOT1", .deviate = put_identity, .at = -32,
     .cheater = 1, .peer = 2, .detects = 2, .status = PT_PEER_BASE_OT, .phase = "BOT1",
     .never = "BOT2", .never_sent = "COIN_O"},
    {.target = "r_0 invalid", .hook = "BOT1", .deviate = put_no_point, .at = 32 + 64,
     .cheater = 0, .peer = 1, .detects = 1, .status = PT_PEER_BASE_OT, .phase = "BOT1",
     .never = "BOT2", .never_sent = "COIN_O"},
    {.target = "r_1 invalid", .hook = "BOT1", .deviate = put_no_point, .at = -32,
     .cheater = 2, .peer = 1, .detects = 1, .status = PT_PEER_BASE_OT, .phase = "BOT1",
     .never = "BOT2", .never_sent = "COIN_O"},
    {.target = "B identity", .hook = "BOT2", .deviate = put_identity, .at = 0,
     .cheater = 2, .peer = 0, .detects = 0, .status = PT_PEER_BASE_OT, .phase = "BOT2",
     .never = "COIN_O", .never_sent = "ABCHK"},
    {.target = "B invalid", .hook = "BOT2", .deviate = put_no_point, .at = 127 * 64,
     .cheater = 0, .peer = 1, .detects = 1, .status = PT_PEER_BASE_OT, .phase = "BOT2",
     .never = "COIN_O", .never_sent = "ABCHK"},
    {.target = "B another point", .hook = "BOT2", .deviate = put_other_point,
     .cheater = 1, .peer = 0, .detects = 0, .status = PT_PEER_ABIT, .phase = "ABCHK",
     .never_sent = "TRS", .never = "TRU"},

    {.target = "e_v on chosen side / unchosen side", .hook = "BOT2", .deviate = flip_e,
     .matters = e_is_chosen,
     .cheater = 2, .peer = 0, .detects = 0, .status = PT_PEER_ABIT, .phase = "ABCHK",
     .never_sent = "TRS", .never = "TRU"},
    {.target = "t_tau", .hook = "BOT2", .at = BOT2_SUM, .span = 32,
     .cheater = 0, .peer = 1, .detects = 1, .status = PT_PEER_ABIT, .phase = "ABCHK",
     .never_sent = "TRS", .never = "TRU"},
    {.target = "D", .hook = "BOT2", .at = -32,
     .cheater = 1, .peer = 2, .detects = 2, .status = PT_PEER_ABIT, .phase = "ABCHK",
     .never_sent = "TRS", .never = "TRU"},

    {.target = "one d_tau block / on a zero slice", .hook = "correction", .deviate = flip_d,
     .matters = slice_is_set, .k = 1,
     .cheater = 1, .peer = 0, .detects = 0, .status = PT_PEER_ABIT, .phase = "ABCHK",
     .never_sent = "TRS", .never = "TRU"},
    {.target = "one d_tau block, k = 2", .hook = "COT", .deviate = flip_d,
     .matters = slice_is_set, .k = 2,
     .cheater = 0, .peer = 1, .detects = 1, .status = PT_PEER_ABIT, .phase = "ABCHK",
     .never_sent = "TRS", .never = "TRU"},
    {.target = "different X", .hook = "correction", .deviate = flip_x, .at = 0,
     .cheater = 2, .peer = 1, .detects = 1, .status = PT_PEER_ABIT, .phase = "ABCHK",
     .never_sent = "TRS", .never = "TRU"},
    {.target = "different X in the mask block", .hook = "correction", .deviate = flip_x, .at = 1,
     .cheater = 0, .peer = 2, .detects = 2, .status = PT_PEER_ABIT, .phase = "ABCHK",
     .never_sent = "TRS", .never = "TRU"},
    {.target = "x~", .hook = "ABCHK", .at = 0, .span = 16,
     .cheater = 1, .peer = ALL, .detects = HONEST, .status = PT_PEER_ABIT, .phase = "ABCHK",
     .never_sent = "TRU"},
    {.target = "x~ to one party", .hook = "ABCHK", .at = 0, .span = 16,
     .cheater = 0, .peer = 1, .detects = 1, .status = PT_PEER_ABIT, .phase = "ABCHK",
     .never_sent = "TRS", .never = "TRU"},
    {.target = "ABCHK hash", .hook = "ABCHK", .at = 16, .span = 32,
     .cheater = 2, .peer = 0, .detects = 0, .status = PT_PEER_ABIT, .phase = "ABCHK",
     .never_sent = "TRS", .never = "TRU"},
    {.target = "hashed plane", .hook = "planes_v", .at = 16,
     .cheater = 1, .peer = 2, .detects = 2, .status = PT_PEER_ABIT, .phase = "ABCHK",
     .never_sent = "TRS", .never = "TRU"},
    {.target = "equivocated X and x~", .deviate = equivocate_x,
     .cheater = 1, .peer = 2, .detects = HONEST, .status = PT_PEER_TRANSCRIPT, .phase = "BARRIER",
     .never_sent = "TRS", .not_for_two = one_peer},

    /* A coin is opened when all that it tests is there. */
    {.target = "corrections missing", .hook = "COT", .is_fault = true, .fault = FAULT_CLOSE,
     .cheater = 1, .peer = ALL, .detects = HONEST, .status = PT_ERR_CLOSED, .phase = "COT",
     .never_sent = "COIN_O"},
    {.target = "check coin: seed", .hook = "COIN_O", .at = 0, .span = 32,
     .cheater = 2, .peer = ALL, .detects = HONEST, .status = PT_PEER_COMMITMENT,
     .phase = "COIN_O", .never_sent = "ABCHK"},
    {.target = "check coin: nonce", .hook = "COIN_O", .at = 32, .span = 32,
     .cheater = 0, .peer = ALL, .detects = HONEST, .status = PT_PEER_COMMITMENT,
     .phase = "COIN_O", .never_sent = "ABCHK"},
    {.target = "triple coin", .hook = "COIN_O", .at = 0, .span = 64, .nth = 1,
     .cheater = 1, .peer = ALL, .detects = HONEST, .status = PT_PEER_COMMITMENT,
     .phase = "COIN_O", .never_sent = "ZC"},
    {.target = "coin commitment", .hook = "BOT1", .at = 0, .span = 32,
     .cheater = 1, .peer = ALL, .detects = HONEST, .status = PT_PEER_COMMITMENT,
     .phase = "COIN_O", .never_sent = "ABCHK"},
    {.target = "coin commitment to one party", .hook = "BOT1", .at = 0, .span = 32,
     .cheater = 0, .peer = 1, .detects = HONEST, .status = PT_PEER_TRANSCRIPT,
     .phase = "BOT2", .never_sent = "COIN_O"},
    {.target = "copied commitment", .deviate = copy_coin,
     .cheater = 2, .peer = ALL, .detects = HONEST, .status = PT_PEER_COMMITMENT,
     .phase = "COIN_O", .never_sent = "ABCHK"},
    {.target = "late coin", .hook = "COIN_O", .deviate = late_coin,
     .cheater = 0, .peer = ALL, .detects = HONEST, .status = PT_PEER_COMMITMENT,
     .phase = "COIN_O", .never_sent = "ABCHK"},

    {.target = "different Delta towards two peers", .hook = "delta_to", .at = 1,
     .cheater = 1, .peer = 2, .detects = HONEST, .status = PT_PEER_DELTA, .phase = "DC3",
     .never_sent = "ZC", .not_for_two = no_delta_check},
    {.target = "different Delta, by the evaluator", .hook = "delta_to", .at = 1,
     .cheater = 0, .peer = 1, .detects = HONEST, .status = PT_PEER_DELTA, .phase = "DC3",
     .never_sent = "ZC", .not_for_two = no_delta_check},
    {.target = "DC: d_0 and d_1", .hook = "dc_sums", .deviate = flip_sums,
     .cheater = 2, .peer = ALL, .detects = HONEST, .status = PT_PEER_DELTA, .phase = "DC3",
     .never_sent = "ZC", .not_for_two = no_delta_check},
    {.target = "DC: a y bit in the vector of DC1", .hook = "dc_vector", .deviate = flip_lowest,
     .at = 0,
     .cheater = 1, .peer = ALL, .detects = HONEST, .status = PT_PEER_DELTA, .phase = "DC2",
     .never_sent = "DC3", .not_for_two = no_delta_check},
    {.target = "DC: the last y bit in the vector of DC1", .hook = "dc_vector",
     .deviate = flip_highest, .at = 7,
     .cheater = 0, .peer = ALL, .detects = HONEST, .status = PT_PEER_DELTA, .phase = "DC2",
     .never_sent = "DC3", .not_for_two = no_delta_check},
    {.target = "DC: a MAC in the vector of DC1", .hook = "dc_vector", .at = -16,
     .cheater = 1, .peer = ALL, .detects = 2, .status = PT_PEER_DELTA, .phase = "DC2",
     .never = "DC3", .never_sent = "ZC", .not_for_two = no_delta_check},
    {.target = "DC1", .hook = "DC1", .at = -32,
     .cheater = 0, .peer = ALL, .detects = HONEST, .status = PT_PEER_COMMITMENT, .phase = "DC2",
     .never_sent = "DC3", .not_for_two = no_delta_check},
    {.target = "DC1, to one party", .hook = "DC1", .at = 0,
     .cheater = 1, .peer = 0, .detects = HONEST, .status = PT_PEER_TRANSCRIPT, .phase = "TRS",
     .never_sent = "DC3", .not_for_two = no_delta_check},
    {.target = "DC2", .hook = "DC2", .at = 0,
     .cheater = 1, .peer = ALL, .detects = HONEST, .status = PT_PEER_COMMITMENT, .phase = "DC2",
     .never_sent = "DC3", .not_for_two = no_delta_check},
    {.target = "DC3", .hook = "DC3", .at = 0,
     .cheater = 2, .peer = ALL, .detects = HONEST, .status = PT_PEER_COMMITMENT, .phase = "DC3",
     .never_sent = "ZC", .not_for_two = no_delta_check},

    {.target = "wrong bit-1 pin of P_1", .hook = "delta", .deviate = flip_pin,
     .cheater = 0, .peer = ALL, .detects = HONEST, .status = PT_PEER_ZERO_CHECK, .phase = "ZO",
     .never_sent = "OPEN"},
    {.target = "wrong bit-1 pin of P_2", .hook = "delta", .deviate = flip_pin,
     .cheater = 1, .peer = ALL, .detects = HONEST, .status = PT_PEER_ZERO_CHECK, .phase = "ZO",
     .never_sent = "OPEN"},

    {.target = "U_ij, bit 1 of E set, x = 1 / x = 0", .hook = "TRU", .deviate = flip_u_parity,
     .matters = x_is_set,
     .cheater = 1, .peer = 0, .detects = HONEST, .status = PT_PEER_ZERO_CHECK, .phase = "ZO",
     .never_sent = "OPEN"},
    {.target = "U_ij, bit 1 of E clear, x = 1 / x = 0", .hook = "TRU", .deviate = flip_u_other,
     .matters = x_is_set,
     .cheater = 0, .peer = 1, .detects = HONEST, .status = PT_PEER_ZERO_CHECK, .phase = "ZO",
     .never_sent = "OPEN"},

    {.target = "parity bit", .hook = "TRS",
     .cheater = 1, .peer = ALL, .detects = HONEST, .status = PT_PEER_ZERO_CHECK, .phase = "ZO",
     .never_sent = "OPEN"},
    {.target = "parity bit to one party", .hook = "TRS",
     .cheater = 2, .peer = 1, .detects = HONEST, .status = PT_PEER_TRANSCRIPT, .phase = "COIN_O",
     .never_sent = "ZC"},
    {.target = "parity bits missing", .hook = "TRS", .is_fault = true, .fault = FAULT_CLOSE,
     .cheater = 1, .peer = ALL, .detects = HONEST, .status = PT_ERR_CLOSED, .phase = "TRS",
     .never = "COIN_O", .most = 1, .never_sent = "ZC"},
    {.target = "T_i", .hook = "zero_share",
     .cheater = 0, .peer = ALL, .detects = HONEST, .status = PT_PEER_ZERO_CHECK, .phase = "ZO",
     .never_sent = "OPEN"},
    {.target = "ZC", .hook = "ZC",
     .cheater = 1, .peer = ALL, .detects = HONEST, .status = PT_PEER_COMMITMENT, .phase = "ZO",
     .never_sent = "OPEN"},
    {.target = "ZC to one party", .hook = "ZC",
     .cheater = 0, .peer = 2, .detects = HONEST, .status = PT_PEER_TRANSCRIPT, .phase = "ZO",
     .never_sent = "OPEN"},
    {.target = "ZO: T_i", .hook = "ZO", .at = 0, .span = 16,
     .cheater = 2, .peer = ALL, .detects = HONEST, .status = PT_PEER_COMMITMENT, .phase = "ZO",
     .never_sent = "OPEN"},
    {.target = "ZO: nonce", .hook = "ZO", .at = 16,
     .cheater = 0, .peer = ALL, .detects = HONEST, .status = PT_PEER_COMMITMENT, .phase = "ZO",
     .never_sent = "OPEN"},
    /* Delayed for ever: an honest party that did not wait would have sent something. */
    {.target = "ZC missing", .hook = "ZC", .is_fault = true, .fault = FAULT_CLOSE,
     .cheater = 0, .peer = ALL, .detects = HONEST, .status = PT_ERR_CLOSED, .phase = "ZC",
     .never_sent = "ZO"},
    {.target = "ZO missing", .hook = "ZO", .is_fault = true, .fault = FAULT_CLOSE,
     .cheater = 2, .peer = ALL, .detects = HONEST, .status = PT_ERR_CLOSED, .phase = "ZO",
     .never_sent = "OPEN"},
    {.target = "ZO delayed", .hook = "ZO", .is_fault = true, .fault = FAULT_DELAY, .matters = never,
     .cheater = 1, .peer = ALL, .detects = HONEST},

    {.target = "parity bit after INL", .hook = "TRS", .nth = 1, .segment_ands = 4,
     .check = check_blinded,
     .cheater = 1, .peer = ALL, .detects = HONEST, .status = PT_PEER_ZERO_CHECK, .phase = "ZO",
     .never = "OPEN", .most = 2, .never_sent = "OUT"},
    {.target = "ZB block, q_t = 1 / q_t = 0", .hook = "ZB", .deviate = flip_zb, .segment_ands = 4,
     .matters = q_is_set,
     .cheater = 2, .peer = 0, .detects = HONEST, .status = PT_PEER_ZERO_CHECK, .phase = "ZO",
     .never = "GC", .most = 2, .never_sent = "OUT"},
    {.target = "Q_i", .hook = "zero_opened", .nth = 1, .segment_ands = 4,
     .cheater = 0, .peer = ALL, .detects = HONEST, .status = PT_PEER_ZERO_CHECK, .phase = "ZO",
     .never = "GC", .most = 2, .never_sent = "OUT"},
    {.target = "ZB missing", .hook = "ZB", .is_fault = true, .fault = FAULT_CLOSE,
     .segment_ands = 4,
     .cheater = 1, .peer = ALL, .detects = HONEST, .status = PT_ERR_CLOSED, .phase = "ZB",
     .never = "ZC", .most = 1, .never_sent = "OUT"},

    {.target = "live-in Lambda of segment 1 in EV1(0), old tag", .hook = "EV1", .at = 0, .span = 1,
     .deviate = flip_lowest, .segment_ands = 4,
     .cheater = 0, .peer = 1, .detects = 1, .status = PT_PEER_EVALUATOR, .phase = "EV1",
     .never = "EV2", .never_sent = "OUT"},
    {.target = "live-in Lambda of segment 1 in EV1(0), new tag", .hook = "masked_gates",
     .deviate = flip_lowest, .segment_ands = 4,
     .cheater = 0, .peer = ALL, .detects = HONEST, .status = PT_PEER_EVALUATOR, .phase = "EV1",
     .never_sent = "EV2"},
    {.target = "Lambda in EV1(1)", .hook = "masked_gates", .deviate = flip_lowest, .nth = 1,
     .segment_ands = 4,
     .cheater = 0, .peer = ALL, .detects = HONEST, .status = PT_PEER_EVALUATOR, .phase = "EV1",
     .never = "EV2", .most = 1, .never_sent = "OUT"},

    {.target = "e_c bit alone", .hook = "OPEN", .at = 0, .span = 1,
     .cheater = 1, .peer = 0, .detects = 0, .status = PT_PEER_OPENING, .phase = "OPEN",
     .never = "LBL", .never_sent = "EV1"},
    {.target = "x^ bit alone", .hook = "OPEN", .at = -17, .span = 1,
     .cheater = 0, .peer = 1, .detects = 1, .status = PT_PEER_OPENING, .phase = "OPEN",
     .never = "LBL", .never_sent = "EV1"},
    {.target = "e_c with recomputed tag", .hook = "bucket_shares", .deviate = flip_share, .at = 0,
     .cheater = 2, .peer = ALL, .detects = HONEST, .status = PT_PEER_OPENING, .phase = "OPEN",
     .never_sent = "LBL"},
    {.target = "x^ with recomputed tag, n = 2", .hook = "bucket_shares", .deviate = flip_share,
     .at = -2 * 16,
     .cheater = 0, .peer = ALL, .detects = HONEST, .status = PT_PEER_OPENING, .phase = "OPEN",
     .never_sent = "LBL", .not_for_three = "the row below"},
    {.target = "x^ with recomputed tag, n = 3", .hook = "bucket_shares", .deviate = flip_share,
     .at = -3 * 16,
     .cheater = 0, .peer = ALL, .detects = HONEST, .status = PT_PEER_OPENING, .phase = "OPEN",
     .never_sent = "LBL", .not_for_two = "the row above"},
    {.target = "tag of e_c and x^, form A; MAC, form C", .hook = "OPEN", .at = -16,
     .cheater = 1, .peer = 0, .detects = 0, .status = PT_PEER_OPENING, .phase = "OPEN",
     .never = "LBL", .never_sent = "EV1"},
    {.target = "wrong shift", .hook = "shifts", .deviate = flip_lowest, .at = sizeof(size_t),
     .cheater = 0, .peer = ALL, .detects = HONEST, .status = PT_PEER_OPENING, .phase = "OPEN",
     .never_sent = "LBL"},
    {.target = "e_c bit alone, form B", .hook = "OPEN", .at = 0, .span = 1, .large = true,
     .cheater = 1, .peer = ALL, .detects = HONEST, .status = PT_PEER_OPENING, .phase = "OPEN",
     .never_sent = "GC", .not_for_two = form_a},
    {.target = "e_c bit to one party, form B", .hook = "OPEN", .at = 0, .span = 1, .large = true,
     .cheater = 2, .peer = 1, .detects = HONEST, .status = PT_PEER_TRANSCRIPT, .phase = "OPEN",
     .never_sent = "GC", .not_for_two = form_a},
    {.target = "tag of e_c and x^, form B", .hook = "OPEN", .nth = 1, .large = true,
     .cheater = 1, .peer = 2, .detects = 2, .status = PT_PEER_OPENING, .phase = "OPEN",
     .never = "GC", .never_sent = "EV1", .not_for_two = form_a},

    {.target = "G_0, active / inactive", .hook = "GC", .deviate = change_row, .at = 0,
     .matters = left_is_masked_1,
     .cheater = 1, .peer = 0, .detects = 0, .status = PT_PEER_GARBLER, .phase = "EV2",
     .never_sent = "OUT", .not_for_three = another_garbler},
    {.target = "G_1, active / inactive", .hook = "GC", .deviate = change_row, .at = 1,
     .matters = right_is_masked_1,
     .cheater = 1, .peer = 0, .detects = 0, .status = PT_PEER_GARBLER, .phase = "EV2",
     .never_sent = "OUT", .not_for_three = another_garbler},
    {.target = "G_0 of P_2, active / inactive", .hook = "GC", .deviate = change_row, .at = 0,
     .matters = left_is_masked_1,
     .cheater = 1, .peer = 0, .detects = 2, .status = PT_PEER_EVALUATOR, .phase = "EV1",
     .never = "EV2", .never_sent = "OUT", .not_for_two = no_cross_rows},
    {.target = "G_1 of P_3, active / inactive", .hook = "GC", .deviate = change_row, .at = 1,
     .matters = right_is_masked_1,
     .cheater = 2, .peer = 0, .detects = 1, .status = PT_PEER_EVALUATOR, .phase = "EV1",
     .never = "EV2", .never_sent = "OUT", .not_for_two = no_cross_rows},
    {.target = "C_0, always active", .hook = "GC", .deviate = change_row, .at = 2,
     .cheater = 1, .peer = 0, .detects = 2, .status = PT_PEER_EVALUATOR, .phase = "EV1",
     .never = "EV2", .never_sent = "OUT", .not_for_two = no_cross_rows},
    {.target = "C_1, active / inactive", .hook = "GC", .deviate = change_row, .at = 3,
     .matters = left_is_masked_1,
     .cheater = 1, .peer = 0, .detects = 2, .status = PT_PEER_EVALUATOR, .phase = "EV1",
     .never = "EV2", .never_sent = "OUT", .not_for_two = no_cross_rows},
    {.target = "C_2, active / inactive", .hook = "GC", .deviate = change_row, .at = 4,
     .matters = right_is_masked_1,
     .cheater = 2, .peer = 0, .detects = 1, .status = PT_PEER_EVALUATOR, .phase = "EV1",
     .never = "EV2", .never_sent = "OUT", .not_for_two = no_cross_rows},
    {.target = "b_gamma, n = 2", .hook = "GC", .at = -1,
     .cheater = 1, .peer = 0, .detects = 0, .status = PT_PEER_GARBLER, .phase = "EV2",
     .never_sent = "OUT", .not_for_three = another_garbler},
    {.target = "b_gamma, n = 3", .hook = "GC", .at = -1,
     .cheater = 1, .peer = 0, .detects = 2, .status = PT_PEER_EVALUATOR, .phase = "EV1",
     .never = "EV2", .never_sent = "OUT", .not_for_two = "the row above"},
    {.target = "wrong input labels, n = 2", .hook = "LBL", .deviate = complement,
     .cheater = 1, .peer = 0, .detects = 0, .status = PT_PEER_GARBLER, .phase = "EV2",
     .never_sent = "OUT", .not_for_three = another_garbler},
    {.target = "wrong input labels, n = 3", .hook = "LBL", .deviate = complement,
     .cheater = 2, .peer = 0, .detects = 1, .status = PT_PEER_EVALUATOR, .phase = "EV1",
     .never = "EV2", .never_sent = "OUT", .not_for_two = "the row above"},
    {.target = "wrong input labels that no gate reads", .hook = "LBL", .deviate = complement,
     .xor_only = true, .matters = never, .cheater = 1, .peer = 0, .detects = HONEST},

    {.target = "INM bit", .hook = "INM", .deviate = flip_lowest, .at = 0,
     .cheater = 1, .peer = 2, .detects = 2, .status = PT_PEER_OPENING, .phase = "INM",
     .never = "INL", .never_sent = "LBL"},
    {.target = "INM MAC", .hook = "INM", .at = -15,
     .cheater = 0, .peer = 1, .detects = 1, .status = PT_PEER_OPENING, .phase = "INM",
     .never = "INL", .never_sent = "LBL"},
    {.target = "INL equivocation", .hook = "INL", .deviate = flip_lowest,
     .cheater = 1, .peer = 0, .detects = HONEST, .status = PT_PEER_TRANSCRIPT, .phase = "LBL",
     .never_sent = "OUT", .not_for_two = one_peer},
    {.target = "INL equivocation by P_1", .hook = "INL", .deviate = flip_lowest,
     .cheater = 0, .peer = 2, .detects = HONEST, .status = PT_PEER_TRANSCRIPT, .phase = "LBL",
     .never_sent = "OUT", .not_for_two = one_peer},
    {.target = "INL equivocation, XOR-only circuit", .hook = "INL", .deviate = flip_lowest,
     .xor_only = true,
     .cheater = 0, .peer = 2, .detects = HONEST, .status = PT_PEER_TRANSCRIPT, .phase = "LBL",
     .never_sent = "OUT", .not_for_two = one_peer},

    /* No EV2 and no OUT before every other party has said which inputs it saw. */
    {.target = "LBL missing", .hook = "LBL", .is_fault = true, .fault = FAULT_CLOSE,
     .cheater = 2, .peer = ALL, .detects = HONEST, .status = PT_ERR_CLOSED, .phase = "LBL",
     .never_sent = "EV2"},

    {.target = "Lambda in EV1, old tag", .hook = "EV1", .at = 0, .span = 1,
     .cheater = 0, .peer = 1, .detects = 1, .status = PT_PEER_EVALUATOR, .phase = "EV1",
     .never = "EV2"},
    {.target = "Lambda in EV1, tag from held labels", .hook = "masked_gates", .at = 0, .span = 1,
     .cheater = 0, .peer = ALL, .detects = HONEST, .status = PT_PEER_EVALUATOR, .phase = "EV1",
     .never_sent = "EV2"},
    {.target = "seed in EV1", .hook = "EV1", .at = 1, .span = 16,
     .cheater = 0, .peer = 2, .detects = 2, .status = PT_PEER_EVALUATOR, .phase = "EV1",
     .never = "EV2"},
    {.target = "tag in EV1", .hook = "EV1", .at = -16,
     .cheater = 0, .peer = 2, .detects = 2, .status = PT_PEER_EVALUATOR, .phase = "EV1",
     .never = "EV2"},
    {.target = "first byte of the tag in EV1", .hook = "EV1", .at = -16, .span = 1,
     .cheater = 0, .peer = 1, .detects = 1, .status = PT_PEER_EVALUATOR, .phase = "EV1",
     .never = "EV2"},
    {.target = "last byte of the tag in EV1", .hook = "EV1", .at = -1, .span = 1,
     .cheater = 0, .peer = 1, .detects = 1, .status = PT_PEER_EVALUATOR, .phase = "EV1",
     .never = "EV2"},
    {.target = "first byte of m_i", .hook = "EV2", .at = 0, .span = 1,
     .cheater = 1, .peer = 0, .detects = 0, .status = PT_PEER_GARBLER, .phase = "EV2",
     .never = "OUT"},
    {.target = "last byte of m_i", .hook = "EV2", .at = -1, .span = 1,
     .cheater = 1, .peer = 0, .detects = 0, .status = PT_PEER_GARBLER, .phase = "EV2",
     .never = "OUT"},
    {.target = "m_i", .hook = "EV2",
     .cheater = 1, .peer = 0, .detects = 0, .status = PT_PEER_GARBLER, .phase = "EV2",
     .never = "OUT"},
    {.target = "m_i of P_3", .hook = "EV2",
     .cheater = 2, .peer = 0, .detects = 0, .status = PT_PEER_GARBLER, .phase = "EV2",
     .never = "OUT"},

    {.target = "OUT bit", .hook = "OUT", .deviate = flip_lowest, .at = 0,
     .cheater = 0, .peer = 1, .detects = 1, .status = PT_PEER_OPENING, .phase = "OUT"},
    {.target = "OUT MAC", .hook = "OUT", .at = -15,
     .cheater = 2, .peer = 0, .detects = 0, .status = PT_PEER_OPENING, .phase = "OUT"},
    {.target = "OUT bit, XOR-only circuit", .hook = "OUT", .deviate = flip_lowest, .at = 0,
     .xor_only = true,
     .cheater = 1, .peer = 2, .detects = 2, .status = PT_PEER_OPENING, .phase = "OUT"},

    /* Beyond what is handled at once: 8192 bits, 8192 triples in a frame and 512 in the zero check,
     * 512 gates in EV1 and EV2, 64 openings. */
    {.target = "different X in a later chunk", .hook = "correction", .deviate = flip_x, .at = 0,
     .nth = 3, .large = true,
     .cheater = 1, .peer = 0, .detects = 0, .status = PT_PEER_ABIT, .phase = "ABCHK",
     .never_sent = "TRS", .never = "TRU"},
    {.target = "ABCHK of a later segment, X in a later chunk", .hook = "correction",
     .deviate = flip_x, .at = 0, .nth = 9, .large = true,
     .cheater = 1, .peer = 0, .detects = 0, .status = PT_PEER_ABIT, .phase = "ABCHK",
     .never = "TRU", .most = 3, .never_sent = "OUT"},
    {.target = "parity bit of a late triple", .hook = "TRS", .at = -2, .span = 1, .large = true,
     .cheater = 1, .peer = ALL, .detects = HONEST, .status = PT_PEER_ZERO_CHECK, .phase = "ZO",
     .never_sent = "OPEN"},
    {.target = "parity bit of a late triple after INL", .hook = "TRS", .at = -2, .span = 1,
     .nth = 1, .large = true,
     .cheater = 0, .peer = ALL, .detects = HONEST, .status = PT_PEER_ZERO_CHECK, .phase = "ZO",
     .never = "GC", .most = 5, .never_sent = "OUT"},
    {.target = "x^ of a late gate with recomputed tag", .hook = "bucket_shares",
     .deviate = flip_lowest, .at = -6 * 16, .large = true,
     .cheater = 1, .peer = ALL, .detects = HONEST, .status = PT_PEER_OPENING, .phase = "OPEN",
     .never_sent = "GC"},
    {.target = "Lambda of a late gate in EV1, tag from held labels", .hook = "masked_gates",
     .at = -2, .span = 1, .large = true,
     .cheater = 0, .peer = ALL, .detects = HONEST, .status = PT_PEER_EVALUATOR, .phase = "EV1",
     .never_sent = "EV2"},
    {.target = "b_gamma of a late gate, n = 2", .hook = "GC", .nth = 1, .at = -2, .span = 1,
     .large = true,
     .cheater = 1, .peer = 0, .detects = 0, .status = PT_PEER_GARBLER, .phase = "EV2",
     .never_sent = "OUT", .not_for_three = another_garbler},
    {.target = "b_gamma of a late gate, n = 3", .hook = "GC", .nth = 1, .at = -2, .span = 1,
     .large = true,
     .cheater = 1, .peer = 0, .detects = 2, .status = PT_PEER_EVALUATOR, .phase = "EV1",
     .never = "EV2", .never_sent = "OUT", .not_for_two = "the row above"},

    /* Padding must be zero. */
    {.target = "padding of TRS", .hook = "TRS", .deviate = flip_highest, .at = -1,
     .segment_ands = 5,
     .cheater = 1, .peer = ALL, .detects = HONEST, .status = PT_PEER_MALFORMED, .phase = "TRS",
     .never = "COIN_O", .most = 1, .never_sent = "ZC"},
    {.target = "padding of OPEN, form A", .hook = "OPEN", .deviate = flip_highest, .at = -17,
     .segment_ands = 3,
     .cheater = 1, .peer = 0, .detects = 0, .status = PT_PEER_MALFORMED, .phase = "OPEN",
     .never_sent = "LBL", .not_for_three = form_c},
    {.target = "padding of INM, form A", .hook = "INM", .deviate = flip_highest, .at = 0,
     .cheater = 0, .peer = 1, .detects = 1, .status = PT_PEER_MALFORMED, .phase = "INM",
     .never_sent = "INL", .not_for_three = "form C has no bits"},
    {.target = "padding of INL", .hook = "INL", .deviate = flip_highest, .at = 0,
     .cheater = 1, .peer = ALL, .detects = HONEST, .status = PT_PEER_MALFORMED, .phase = "INL",
     .never_sent = "LBL"},
    {.target = "padding of b_gamma", .hook = "GC", .deviate = flip_highest, .at = -1,
     .segment_ands = 4,
     .cheater = 1, .peer = 0, .detects = 0, .status = PT_PEER_MALFORMED, .phase = "GC",
     .never_sent = "EV1"},
    {.target = "padding of Lambda", .hook = "EV1", .deviate = flip_highest, .at = 0,
     .segment_ands = 4,
     .cheater = 0, .peer = 2, .detects = 2, .status = PT_PEER_MALFORMED, .phase = "EV1",
     .never = "EV2", .never_sent = "OUT"},
    {.target = "padding of OUT, form A", .hook = "OUT", .deviate = flip_highest, .at = -17,
     .cheater = 1, .peer = 0, .detects = 0, .status = PT_PEER_MALFORMED, .phase = "OUT",
     .not_for_three = "form C has no bits"},
};
/* clang-format on */

/* ---- Running it ---- */

static void deviate(attack *a, session *s, const char *name, size_t peer, uint8_t *data, size_t len)
{
    tampering *t = (tampering *)a;
    const row *r = t->row;
    if (r->is_fault)
        return;
    if (r->hook != NULL) {
        const size_t due = t->peer == ALL ? s->me : t->peer;
        if (strcmp(name, r->hook) != 0 || peer != due || len == 0 || t->n_seen++ != r->nth)
            return;
    }
    (r->deviate != NULL ? r->deviate : flip)(t, s, name, peer, data, len);
}

/* All that is wrong is told before the test fails. */
static void complain(tampering *t, size_t party, const char *what)
{
    const pt_error *e = &t->attack.run.parties.errors[party];
    print_error("party %zu %s; it ended with %s in %s (%s)\n", party, what,
                pt_status_name(t->attack.run.parties.status[party]),
                e->phase != NULL ? e->phase : "-", e->message);
    t->is_wrong = true;
}

/* Failures of which three parties and more cannot tell who caused them. */
static bool is_anybodys(pt_status status)
{
    return status == PT_PEER_TRANSCRIPT || status == PT_PEER_ZERO_CHECK ||
           status == PT_PEER_OPENING || status == PT_PEER_EVALUATOR || status == PT_PEER_GARBLER;
}

/* tamper_run has seen to it that nobody honest is named. */
static void check_blame(tampering *t, size_t party)
{
    const pt_error *e = &t->attack.run.parties.errors[party];
    if (pt_status_class_of(t->row->status) != PT_CLASS_PEER)
        return;
    if (t->attack.n == 2 && e->party == PT_NO_PARTY)
        complain(t, party, "should have named the other");
    if (t->attack.n > 2 && is_anybodys(t->row->status) &&
        (e->party != PT_NO_PARTY || strstr(e->message, "cannot be told") == NULL))
        complain(t, party, "should have named nobody, and said so");
}

static void check_who_detects(tampering *t, size_t party)
{
    const parties *p = &t->attack.run.parties;
    const row *r = t->row;
    const char *phase = p->errors[party].phase;
    if (p->status[party] != r->status || phase == NULL || strcmp(phase, r->phase) != 0)
        complain(t, party, "should have ended otherwise");
    check_blame(t, party);
    if (r->never != NULL && tamper_sent(&t->attack, party, r->never) > r->most)
        complain(t, party, "has sent on");
}

static void check_detected(tampering *t)
{
    for (size_t i = 0; i < t->attack.n; i++) {
        if ((tamper_honest(&t->attack) >> i & 1u) == 0)
            continue;
        if (t->detects == HONEST || t->detects == i)
            check_who_detects(t, i);
        if (t->row->never_sent != NULL && tamper_sent(&t->attack, i, t->row->never_sent) > 0)
            complain(t, i, "has sent what nobody may send");
    }
    if (t->row->check != NULL)
        t->row->check(t);
}

/* Nothing was noticed: the outputs are right. */
static void check_unharmed(tampering *t)
{
    for (size_t i = 0; i < t->attack.n; i++) {
        if (t->attack.run.parties.status[i] != PT_OK)
            complain(t, i, "should have succeeded");
    }
    test_run_assert_never_wrong(&t->attack.run, (1u << t->attack.n) - 1);
}

/* One run. *ret_matters: the change had an effect. False if it did not end as it should. */
static bool run_once(const row *r, size_t n, size_t place, bool *ret_matters)
{
    const size_t cheater = r->cheater < n ? r->cheater : 1;
    const size_t other = 1 - (cheater < 2 ? cheater : 0);
    fault f = {.kind = r->fault, .phase = r->hook, .peer = FAULT_ANY_PEER, .nth = r->nth};
    tampering t = {.row = r,
                   .place = place % (2 * TAMPER_GATES),
                   .peer = r->peer == ALL || n == 3 ? r->peer : other,
                   .detects = r->detects == HONEST || n == 3 ? r->detects : other,
                   .random = {place * 100 + n},
                   .attack = {.n = n,
                              .cheater = cheater,
                              .seed = 1 + place / (2 * TAMPER_GATES),
                              .k = r->k != 0 ? r->k : 4,
                              .segment_ands = r->segment_ands,
                              .xor_only = r->xor_only,
                              .large = r->large,
                              .deviate = deviate,
                              .faults = &f,
                              .n_faults = r->is_fault ? 1 : 0}};
    tamper_run(&t.attack);
    assert_true(r->hook == NULL || (r->is_fault ? f.struck : t.n_seen > r->nth));
    *ret_matters = r->matters == NULL || r->matters(&t);
    if (*ret_matters)
        check_detected(&t);
    else
        check_unharmed(&t);
    tamper_clear(&t.attack);
    return !t.is_wrong;
}

static bool run_row(const row *r, size_t n)
{
    bool seen[2] = {false, false};
    for (size_t place = 0; place < TRIES; place++) {
        bool matters = false;
        if (!run_once(r, n, place, &matters))
            return false;
        seen[matters] = true;
        if (r->matters == NULL || r->matters == never || (seen[0] && seen[1]))
            return true;
    }
    print_error("always the same\n");
    return false;
}

static void test_row(void **state)
{
    const tamper_case *c = *state;
    const row *r = c->row;
    const char *not_here = c->n == 2 ? r->not_for_two : r->not_for_three;
    if (not_here != NULL) {
        print_message("skipped: %s\n", not_here);
        skip();
    }
    assert_true(run_row(r, c->n));
}

/* A pattern for the names of the cases may be given. */
int main(int argc, char **argv)
{
    enum { N_ROWS = sizeof rows / sizeof rows[0] };
    static tamper_case cases[2 * N_ROWS];
    struct CMUnitTest tests[2 * N_ROWS];
    for (size_t i = 0; i < 2 * N_ROWS; i++)
        tests[i] = tamper_case_init(&cases[i], &rows[i % N_ROWS], rows[i % N_ROWS].target,
                                    2 + i / N_ROWS, test_row);
    if (argc == 2)
        cmocka_set_test_filter(argv[1]);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
