/* Every message of a run is harmed in every way, one at a time: cut, stretched, lost, repeated,
 * reordered, replaced, under another name, from another session (protocol spec, section 10.2, last
 * rows). Each honest party ends, with an error or the right output; tamper_run asserts it. Here is
 * told when an error is due. With a dealer the messages to and from it are harmed too. */
#include "support/test.h"

#include "base/mem.h"
#include "mpc/session/message.h"
#include "mpc/tampering.h"

static const test_preparation *chosen;

#define MESSAGES     256
#define SEGMENT_ANDS 4   /* two segments, so that ZB is among the messages */
#define AT_SENDER    2   /* in a message, see message.h */
#define SHORT_MS     100 /* time-outs of runs that end by one */
#define LONGEST_MS   60000

/* Ways to harm a message beyond those of support/faulty.h, numbered after them. */
typedef enum harm {
    HARM_BODY = FAULT_CLOSE + 1, /* random bytes behind a right header */
    HARM_SENDER,                 /* another party's number in the header */
    HARM_SESSION,                /* the message of another session in its place */
    HARMS
} harm;

static const char *const harm_names[HARMS] = {
    [FAULT_DROP] = "drop",
    [FAULT_DELAY] = "delay",
    [FAULT_SWAP] = "swap with the next",
    [FAULT_DUPLICATE] = "duplicate",
    [FAULT_TRUNCATE] = "truncate",
    [FAULT_EXTEND] = "extend",
    [FAULT_FLIP_BIT] = "flip a bit",
    [FAULT_REPLACE] = "replace",
    [FAULT_CLOSE] = "close",
    [HARM_BODY] = "replace the body",
    [HARM_SENDER] = "wrong sender",
    [HARM_SESSION] = "replay from another session",
};

/* Bits of these need not have an effect: an unchosen e_v, d_tau on a zero slice, U for x = 0, a
 * block for q_t = 0, a row or label that no gate uses. */
static const char *const inert[] = {"BOT2", "COT", "TRU", "ZB", "GC", "LBL"};

/* The messages from one party to another in one session. */
typedef struct record {
    size_t count;
    const char *phase[MESSAGES];
    uint8_t *bytes[MESSAGES];
    size_t len[MESSAGES];
} record;

typedef struct harmed {
    attack attack; /* first */
    size_t peer;
    size_t nth; /* message to the peer */
    harm harm;
    record *record;      /* to be filled, or NULL */
    const record *other; /* of another session */
    const char *phase;
    size_t n_seen;
} harmed;

static void record_message(harmed *h, const uint8_t *data, size_t len)
{
    record *r = h->record;
    assert_true(r->count < MESSAGES);
    r->bytes[r->count] = mem_new(len, 1);
    assert_non_null(r->bytes[r->count]);
    memcpy(r->bytes[r->count], data, len);
    r->len[r->count] = len;
    r->phase[r->count++] = h->phase;
}

static void record_clear(record *r)
{
    for (size_t i = 0; i < r->count; i++)
        mem_free(r->bytes[i]);
}

static void harm_message(const harmed *h, session *s, uint8_t *data, size_t len)
{
    rng random;
    if (h->harm == HARM_BODY) {
        rng_init_seed(&random, block_make(h->nth, h->attack.seed));
        rng_bytes(&random, data + MESSAGE_HEADER_BYTES, len - MESSAGE_HEADER_BYTES);
    } else if (h->harm == HARM_SENDER) {
        data[AT_SENDER] = (uint8_t)((s->me + 1) % s->n);
    } else if (h->harm == HARM_SESSION) {
        assert_int_equal(h->other->len[h->nth], len);
        memcpy(data, h->other->bytes[h->nth], len);
    }
}

static void deviate(attack *a, session *s, const char *name, size_t peer, uint8_t *data, size_t len)
{
    harmed *h = (harmed *)a;
    if (peer != h->peer || name[0] >= 'a') {
        if (peer != h->peer || strcmp(name, "message") != 0)
            return;
        if (h->record != NULL)
            record_message(h, data, len);
        else if (h->n_seen++ == h->nth)
            harm_message(h, s, data, len);
    } else {
        h->phase = name;
    }
}

static void record_run(record *r, size_t n, size_t cheater, size_t peer, uint64_t seed)
{
    harmed h = {.attack = {.n = n,
                           .cheater = cheater,
                           .preparation = chosen,
                           .seed = seed,
                           .k = 4,
                           .segment_ands = SEGMENT_ANDS,
                           .deviate = deviate},
                .peer = peer,
                .record = r};
    *r = (record){0};
    tamper_run(&h.attack);
    test_run_assert_right(&h.attack.run);
    tamper_clear(&h.attack);
}

typedef enum expectation { IS_RIGHT, IS_ERROR, IS_EITHER } expectation;

/* `ends`: the sender's last message is the last of all that it does. */
static expectation expected(harm what, const record *r, bool ends, size_t nth)
{
    if (what == (harm)FAULT_DELAY) /* until the next recv, which may never come */
        return ends && nth + 1 == r->count ? IS_ERROR : IS_RIGHT;
    if (what == (harm)FAULT_DUPLICATE && nth + 1 == r->count)
        return IS_RIGHT; /* nobody reads on */
    for (size_t i = 0; i < sizeof inert / sizeof inert[0]; i++) {
        if (what == (harm)FAULT_FLIP_BIT && strcmp(inert[i], r->phase[nth]) == 0)
            return IS_EITHER;
    }
    return IS_ERROR;
}

/* Where only one side has something to say, who misses that waits, and so does who said it: GC,
 * EV1, EV2 with OUT, and what comes before. Party and dealer wait for each other in turn; the
 * dealer also for who misses the BARRIER. */
static bool blocks(harm what, const record *r, size_t n, size_t cheater, size_t peer, size_t nth)
{
    if (what != (harm)FAULT_DROP && what != (harm)FAULT_SWAP)
        return false;
    if (cheater == n || peer == n || (chosen->dealer && strcmp(r->phase[nth], "BARRIER") == 0))
        return true;
    static const char *const one_sided[] = {"GC", "EV1", "EV2", "OUT"};
    for (size_t i = 0; i < sizeof one_sided / sizeof *one_sided; i++) {
        if (strcmp(r->phase[nth], one_sided[i]) == 0)
            return true;
    }
    const char *next = nth + 1 < r->count ? r->phase[nth + 1] : "";
    return strcmp(next, "EV1") == 0 || strcmp(next, "OUT") == 0;
}

/* The harm, what is harmed and how. */
typedef struct target {
    harm what;
    const record *r;     /* of the messages, in an honest run */
    const record *other; /* of another session */
    size_t n;
    size_t cheater;
    size_t peer;
    size_t nth;
} target;

/* Whether the sender's last message there is the last of all that it does: the dealer's, and P_1's
 * to another party. */
static bool ends(const target *t)
{
    return t->cheater == t->n || (t->cheater == 0 && t->peer != t->n);
}

static void judge(const target *t, const parties *p)
{
    const bool at_dealer = t->peer == t->n;
    const pt_status status = at_dealer ? p->dealer_status : p->status[t->peer];
    const expectation e = expected(t->what, t->r, ends(t), t->nth);
    if ((e == IS_ERROR && status == PT_OK) || (e == IS_RIGHT && status != PT_OK))
        fail_msg("n = %zu, %zu to %zu, %s number %zu: %s: %s (%s)", t->n, t->cheater, t->peer,
                 t->r->phase[t->nth], t->nth, harm_names[t->what], pt_status_name(status),
                 at_dealer ? p->dealer_error.message : p->errors[t->peer].message);
}

/* Whether it came to the harm: with a short time-out, on a busy machine, somebody may wait in vain
 * before that, for a message that is only late. */
static bool run_once(const target *t, uint32_t timeout_ms)
{
    fault f = {.kind = (fault_kind)t->what, .peer = (int)t->peer, .nth = t->nth};
    harmed h = {.attack = {.n = t->n,
                           .cheater = t->cheater,
                           .preparation = chosen,
                           .seed = 1,
                           .k = 4,
                           .segment_ands = SEGMENT_ANDS,
                           .timeout_ms = timeout_ms,
                           .deviate = deviate,
                           .faults = &f,
                           .n_faults = t->what <= (harm)FAULT_CLOSE ? 1 : 0},
                .peer = t->peer,
                .nth = t->nth,
                .harm = t->what,
                .other = t->other};
    tamper_run(&h.attack);
    const bool struck = t->what <= (harm)FAULT_CLOSE ? f.struck : h.n_seen > t->nth;
    if (struck)
        judge(t, &h.attack.run.parties);
    tamper_clear(&h.attack);
    return struck;
}

static void run_harm(const target *t)
{
    uint32_t timeout_ms = SHORT_MS;
    if (!blocks(t->what, t->r, t->n, t->cheater, t->peer, t->nth)) {
        assert_true(run_once(t, 0));
        return;
    }
    while (!run_once(t, timeout_ms)) {
        timeout_ms *= 4;
        assert_true(timeout_ms <= LONGEST_MS);
    }
}

static void run_pair(size_t n, size_t cheater, size_t peer)
{
    record *r = mem_new(2, sizeof *r);
    assert_non_null(r);
    record_run(&r[0], n, cheater, peer, 1);
    record_run(&r[1], n, cheater, peer, 2);
    for (size_t nth = 0; nth < r[0].count; nth++) {
        for (harm what = 0; what < HARMS; what++) {
            const target t = {what, &r[0], &r[1], n, cheater, peer, nth};
            run_harm(&t);
        }
    }
    record_clear(&r[0]);
    record_clear(&r[1]);
    mem_free(r);
}

static void test_two_parties(void **state)
{
    (void)state;
    run_pair(2, 1, 0);
    if (chosen->dealer) {
        run_pair(2, 2, 1);
        run_pair(2, 0, 2);
    } else {
        run_pair(2, 0, 1);
    }
}

static void test_three_parties(void **state)
{
    (void)state;
    run_pair(3, 0, 1);
    if (chosen->dealer) {
        run_pair(3, 3, 2);
        run_pair(3, 1, 3);
    } else {
        run_pair(3, 1, 2);
        run_pair(3, 2, 0);
    }
}

int main(int argc, char **argv)
{
    chosen = test_preparation_chosen(argc, argv);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_two_parties),
        cmocka_unit_test(test_three_parties),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
