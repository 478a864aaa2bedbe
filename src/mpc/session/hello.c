#include "mpc/session/hello.h"

#include "base/assert.h"
#include "base/error.h"
#include "base/le.h"
#include "base/mem.h"
#include "base/min.h"
#include "crypto/ct.h"
#include "crypto/ro.h"
#include "crypto/ro_labels.h"
#include "mpc/session/coin.h"
#include "mpc/session/fault.h"
#include "mpc/session/wave.h"

/* AGREEMENT: the fixed choices of this protocol version, in words. */
#define SUITE                                                                                      \
    "ristretto255 masny-rindal / softspoken blake2b aes128 / leaky-and u64 y-in-place /"           \
    " half-gates aes128-sigma / gf128 / blake2b"

#define NONCE_BYTES  32
#define COUNTS_BYTES 16 /* what the dealer gets in addition */

enum { MODE_NO_DEALER = 0, MODE_DEALER = 1 };

typedef enum hello_field {
    HELLO_PARTIES,
    HELLO_EVALUATOR,
    HELLO_NUMBER, /* after the evaluator, on which it depends */
    HELLO_RHO,
    HELLO_K,
    HELLO_MODE,
    HELLO_SEGMENT,
    HELLO_OUTPUTS,
    HELLO_ROSTER,
    HELLO_PARAMETERS,
    HELLO_RECEIVERS,
    HELLO_CIRCUIT,
    HELLO_SESSION_DATA,
    HELLO_FIELDS
} hello_field;

/* The fields in their order, without the nonce at the end. */
static const struct {
    size_t bytes;
    const char *difference; /* said of a party whose field differs or cannot be */
} fields[HELLO_FIELDS] = {
    [HELLO_PARTIES] = {4, "runs with another number of parties"},
    [HELLO_EVALUATOR] = {4, "runs with another evaluator"},
    [HELLO_NUMBER] = {4, "has another number in its own roster"},
    [HELLO_RHO] = {4, "runs with another statistical security parameter"},
    [HELLO_K] = {4, "wishes for a COT field exponent that the protocol does not have"},
    [HELLO_MODE] = {4, "runs with another preprocessing mode"},
    [HELLO_SEGMENT] = {8, "takes segments of a size that the protocol does not have"},
    [HELLO_OUTPUTS] = {RECEIVERS_SET_BYTES, "runs with other output parties"},
    [HELLO_ROSTER] = {DIGEST_BYTES, "runs with another roster"},
    [HELLO_PARAMETERS] = {DIGEST_BYTES, "runs with other protocol parameters"},
    [HELLO_RECEIVERS] = {RECEIVERS_HASH_BYTES, "gives the parties other parts of the result"},
    [HELLO_CIRCUIT] = {DIGEST_BYTES, "runs another program or circuit"},
    [HELLO_SESSION_DATA] = {DIGEST_BYTES, "runs with another session name or session data"},
};

/* Where a field starts; HELLO_FIELDS: the nonce. */
static size_t field_at(hello_field field)
{
    size_t at = 0;
    for (size_t f = 0; f < (size_t)field; f++)
        at += fields[f].bytes;
    return at;
}

size_t hello_bytes(void)
{
    return field_at(HELLO_FIELDS) + NONCE_BYTES;
}

size_t hello_dealer_bytes(void)
{
    return hello_bytes() + COUNTS_BYTES;
}

static void put_outputs(buffer *b, const session *s)
{
    uint8_t outputs[RECEIVERS_SET_BYTES];
    receivers_union(outputs, &s->receivers);
    buffer_put(b, outputs, sizeof outputs);
}

/* The caller's number of every party, in session order. Who they are is the channel's business. */
static void put_roster_hash(buffer *b, const session *s)
{
    uint8_t hash[DIGEST_BYTES];
    ro h;
    ro_init(&h, sizeof hash, RO_LABEL_ROSTER);
    ro_u64(&h, s->n);
    for (size_t i = 0; i < s->n; i++)
        ro_u64(&h, s->roster[i]);
    ro_final(&h, hash);
    buffer_put(b, hash, sizeof hash);
}

static void parameter_hash(uint8_t ret_hash[DIGEST_BYTES])
{
    static const uint64_t parameters[] = {
        MPC_KAPPA, MPC_LEAKY_AND_BITS, MPC_DELTA_CHECK_REPETITIONS, MPC_BUCKET_MIN, MPC_BUCKET_MAX,
    };
    ro h;
    ro_init(&h, DIGEST_BYTES, RO_LABEL_PARAMETERS);
    ro_field(&h, SUITE, sizeof SUITE - 1);
    for (size_t i = 0; i < sizeof parameters / sizeof parameters[0]; i++)
        ro_u64(&h, parameters[i]);
    ro_final(&h, ret_hash);
}

static void put_parameter_hash(buffer *b)
{
    uint8_t hash[DIGEST_BYTES];
    parameter_hash(hash);
    buffer_put(b, hash, sizeof hash);
}

static void put_receivers_hash(buffer *b, const session *s, const pt_circuit *circuit)
{
    uint8_t hash[RECEIVERS_HASH_BYTES];
    receivers_hash(hash, &s->receivers, circuit->n_outputs);
    buffer_put(b, hash, sizeof hash);
}

static void put_circuit_hash(buffer *b, const pt_circuit *circuit)
{
    uint8_t hash[DIGEST_BYTES] = {0};
    b->failed |= !circuit_hash_kept(hash, circuit);
    buffer_put(b, hash, sizeof hash);
}

static void put_session_data_hash(buffer *b, const hello_facts *facts)
{
    uint8_t hash[DIGEST_BYTES];
    ro h;
    ro_init(&h, sizeof hash, RO_LABEL_SESSION_DATA);
    ro_field(&h, facts->session_data, facts->session_data_len);
    ro_final(&h, hash);
    buffer_put(b, hash, sizeof hash);
}

static void put_hello(buffer *b, session *s, const hello_facts *facts)
{
    uint8_t nonce[NONCE_BYTES];
    buffer_put_u32(b, (uint32_t)s->n);
    buffer_put_u32(b, (uint32_t)s->roster[0]);
    buffer_put_u32(b, (uint32_t)session_number(s->me));
    buffer_put_u32(b, s->rho);
    buffer_put_u32(b, s->k_wish);
    buffer_put_u32(b, s->dealer ? MODE_DEALER : MODE_NO_DEALER);
    buffer_put_u64(b, facts->segment_ands);
    put_outputs(b, s);
    put_roster_hash(b, s);
    put_parameter_hash(b);
    put_receivers_hash(b, s, facts->circuit);
    put_circuit_hash(b, facts->circuit);
    put_session_data_hash(b, facts);
    rng_bytes(&s->rng, nonce, sizeof nonce);
    buffer_put(b, nonce, sizeof nonce);
}

/* Whether a field that differs is the peer's own affair. A dealer has no circuit and no evaluator
 * to compare with: it takes the first party's, who may be the one that is wrong. */
static bool hello_tells_who(const session *s, hello_field f)
{
    return s->me < s->n || f == HELLO_PARTIES || f == HELLO_NUMBER || f == HELLO_MODE ||
           f == HELLO_PARAMETERS;
}

static pt_status hello_difference(const session *s, size_t peer, hello_field f, pt_error *error)
{
    if (hello_tells_who(s, f))
        return peer_fault(s, PT_PEER_SETUP, peer, WAVE_HELLO, fields[f].difference, error);
    return error_set_peer(error, PT_PEER_SETUP, PT_NO_PARTY, wave_text(WAVE_HELLO),
                          "party %d %s than party 0", session_party(s, peer), fields[f].difference);
}

/* Programs with other outputs have other receivers, too: then the program is named. */
static hello_field hello_cause(hello_field f, const uint8_t *own, const uint8_t *theirs)
{
    const size_t at = field_at(HELLO_CIRCUIT);
    const bool is_program = (f == HELLO_OUTPUTS || f == HELLO_RECEIVERS) &&
                            !ct_equal(theirs + at, own + at, fields[HELLO_CIRCUIT].bytes);
    return is_program ? HELLO_CIRCUIT : f;
}

/* Numbers have 4 or 8 bytes. */
static uint64_t field_number(const uint8_t *hello, hello_field field)
{
    const uint8_t *at = hello + field_at(field);
    return fields[field].bytes == 8 ? le_get_u64(at) : le_get_u32(at);
}

/* Of these each party says its own, within limits. */
static bool hello_is_agreed(hello_field f)
{
    return f == HELLO_K || f == HELLO_SEGMENT;
}

static bool hello_can_be(const session *s, hello_field f, uint64_t value)
{
    if (f == HELLO_K)
        return value == 0 || session_k_is_valid(value);
    return value > 0 && value >= s->segment_min && value <= MPC_SEGMENT_ANDS_MAX;
}

/* Compares a party's HELLO with the own one, field by field. The own one fails where it asks for
 * what cannot be, of which nothing is to follow. */
static pt_status hello_compare(const session *s, size_t peer, const uint8_t *own,
                               const uint8_t *theirs, pt_error *error)
{
    size_t at = 0;
    for (size_t f = 0; f < HELLO_FIELDS; f++) {
        uint8_t number[4];
        le_put_u32(number, (uint32_t)session_number(peer));
        const uint8_t *expected = f == HELLO_NUMBER ? number : own + at;
        if (hello_is_agreed((hello_field)f)) {
            if (!hello_can_be(s, (hello_field)f, field_number(theirs, (hello_field)f)))
                return peer_fault(s, PT_PEER_MALFORMED, peer, WAVE_HELLO, fields[f].difference,
                                  error);
        } else if (!ct_equal(theirs + at, expected, fields[f].bytes))
            return hello_difference(s, peer, hello_cause((hello_field)f, own, theirs), error);
        at += fields[f].bytes;
    }
    return PT_OK;
}

static pt_status hello_compare_all(const wave *w, pt_error *error)
{
    const session *s = w->s;
    for (size_t p = 0; p < s->n; p++) {
        const pt_status status =
            hello_compare(s, p, wave_all_from(w, s->me), wave_all_from(w, p), error);
        if (status != PT_OK)
            return status;
    }
    return PT_OK;
}

/* What the parties agree on, of one more HELLO: the largest wish for k, the smallest segment. */
static void hello_agree(session *s, uint64_t *segment_ands, const uint8_t *hello)
{
    const unsigned wish = (unsigned)field_number(hello, HELLO_K);
    s->k_wish = wish > s->k_wish ? wish : s->k_wish;
    *segment_ands = min_u64(*segment_ands, field_number(hello, HELLO_SEGMENT));
    s->k = session_k_of(s->k_wish);
    s->stats->cot_field_bits = s->k;
    s->stats->segment_ands = (uint32_t)*segment_ands;
}

/* sid = RO_32("mpcag/sid"; HELLO_1, .., HELLO_n). */
static void fix_sid(session *s, const wave *w)
{
    ro h;
    ro_init(&h, SID_BYTES, RO_LABEL_SID);
    for (size_t p = 0; p < s->n; p++)
        ro_field(&h, wave_all_from(w, p), hello_bytes());
    ro_final(&h, s->sid);
}

static pt_status tell_dealer(session *s, const wave *w, const pt_circuit *circuit, pt_error *error)
{
    buffer b;
    buffer_init(&b, hello_dealer_bytes());
    buffer_put(&b, w->all.bytes, w->all.len);
    buffer_put_u64(&b, circuit->n_and);
    buffer_put_u64(&b, circuit->n_inputs);
    const pt_status status = b.failed || w->all.failed
                                 ? error_memory(error)
                                 : stream_send(s, s->n, WAVE_HELLO, 0, b.bytes, b.len, error);
    buffer_clear(&b);
    return status;
}

/* With a dealer T over HELLO has a wave of its own, which carries the first COIN_C (section 0.7).
 * Without one both travel with BOT1. */
static pt_status run_barrier(session *s, pt_error *error)
{
    wave w;
    pt_status status = wave_begin(&w, s, WAVE_BARRIER, error);
    if (status == PT_OK) {
        coin_commit_first(s, &w);
        wave_expect_each(&w, COIN_COMMITMENT_BYTES, 0);
        status = wave_run(&w, error);
    }
    if (status == PT_OK)
        coin_commit_first_received(s, &w, 0);
    wave_end(&w);
    return status;
}

pt_status session_hello(session *s, const hello_facts *facts, uint64_t *ret_segment_ands,
                        pt_error *error)
{
    wave w;
    pt_status status = wave_begin(&w, s, WAVE_HELLO, error);
    if (status != PT_OK)
        goto done;
    put_hello(wave_all(&w), s, facts);
    wave_expect_each(&w, hello_bytes(), 0);
    if (s->dealer)
        status = tell_dealer(s, &w, facts->circuit, error);
    if (status == PT_OK)
        status = wave_exchange(&w, error);
    if (status != PT_OK)
        goto done;
    status = hello_compare_all(&w, error);
    if (status != PT_OK)
        goto done;
    *ret_segment_ands = facts->segment_ands;
    for (size_t p = 0; p < s->n; p++) {
        const uint8_t *hello = wave_all_from(&w, p);
        PT_ASSERT(hello_can_be(s, HELLO_K, field_number(hello, HELLO_K)));
        hello_agree(s, ret_segment_ands, hello);
    }
    fix_sid(s, &w);
    wave_advance(&w);
    if (s->dealer)
        status = run_barrier(s, error);
done:
    wave_end(&w);
    return status;
}

/* ---- The dealer's part ---- */

/* What every HELLO must say, where the dealer has a say; the rest is the first party's. */
static void hello_expect(const session *d, uint8_t *hello)
{
    le_put_u32(hello + field_at(HELLO_PARTIES), (uint32_t)d->n);
    le_put_u32(hello + field_at(HELLO_MODE), MODE_DEALER);
    parameter_hash(hello + field_at(HELLO_PARAMETERS));
}

/* Takes from what all parties said alike. */
static pt_status take_terms(const session *d, hello_terms *terms, const uint8_t *hello,
                            pt_error *error)
{
    terms->n_and = le_get_u64(hello + hello_bytes());
    terms->n_inputs = le_get_u64(hello + hello_bytes() + 8);
    if (field_number(hello, HELLO_EVALUATOR) >= d->n)
        return peer_fault(d, PT_PEER_MALFORMED, NO_PEER, WAVE_HELLO,
                          "the parties ask for what the protocol does not have", error);
    if (terms->n_and > CIRCUIT_MAX_WIRES || terms->n_inputs > CIRCUIT_MAX_WIRES)
        return error_set(error, PT_ERR_LIMIT, "the parties' circuit is too large for one session");
    return PT_OK;
}

/* `hellos`: n of them by the caller's number, each with the counts. */
static pt_status hello_judge(session *d, hello_terms *ret_terms, uint8_t *hellos, pt_error *error)
{
    const size_t bytes = hello_dealer_bytes();
    uint8_t *expected = hellos + d->n * bytes;
    const uint64_t evaluator = field_number(hellos, HELLO_EVALUATOR);
    ro h;
    *ret_terms = (hello_terms){.segment_ands = MPC_SEGMENT_ANDS_MAX};
    memcpy(expected, hellos, bytes);
    hello_expect(d, expected);
    if (evaluator < d->n)
        session_number_parties(d, (size_t)evaluator);
    ro_init(&h, SID_BYTES, RO_LABEL_SID);
    for (size_t p = 0; p < d->n; p++) {
        const uint8_t *hello = hellos + d->roster[p] * bytes;
        const pt_status status = hello_compare(d, p, expected, hello, error);
        if (status != PT_OK)
            return status;
        if (!ct_equal(hello + hello_bytes(), expected + hello_bytes(), COUNTS_BYTES))
            return hello_difference(d, p, HELLO_CIRCUIT, error);
        hello_agree(d, &ret_terms->segment_ands, hello);
        ro_field(&h, hello, hello_bytes());
    }
    ro_final(&h, d->sid);
    return take_terms(d, ret_terms, expected, error);
}

pt_status session_hello_as_dealer(session *d, hello_terms *ret_terms, pt_error *error)
{
    const size_t bytes = hello_dealer_bytes();
    uint8_t *hellos = mem_new(d->n + 1, bytes);
    pt_status status = hellos == NULL ? error_memory(error) : PT_OK;
    for (size_t p = 0; status == PT_OK && p < d->n; p++)
        status = stream_recv(d, p, WAVE_HELLO, 0, hellos + p * bytes, bytes, error);
    if (status == PT_OK)
        status = hello_judge(d, ret_terms, hellos, error);
    mem_free(hellos);
    return status;
}
