#include "mpc/hello.h"

#include "base/bits.h"
#include "base/error.h"
#include "crypto/ct.h"
#include "crypto/ro.h"
#include "crypto/ro_labels.h"
#include "mpc/wave.h"

/* AGREEMENT: the fixed choices of this protocol version, in words. */
#define SUITE                                                                                      \
    "ristretto255 masny-rindal / softspoken blake2b aes128 / leaky-and u64 cyclic y-in-place /"    \
    " half-gates aes128-sigma / gf128 / blake2b"

#define NONCE_BYTES  32
#define OUTPUT_BYTES 32
#define NO_DEALER    0

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
    HELLO_CIRCUIT,
    HELLO_SESSION_DATA,
    HELLO_FIELDS
} hello_field;

/* The fields in their order, without the nonce at the end. */
static const struct {
    size_t bytes;
    const char *difference; /* said of a party whose field differs */
} fields[HELLO_FIELDS] = {
    [HELLO_PARTIES] = {4, "runs with another number of parties"},
    [HELLO_EVALUATOR] = {4, "runs with another evaluator"},
    [HELLO_NUMBER] = {4, "has another number in its own roster"},
    [HELLO_RHO] = {4, "runs with another statistical security parameter"},
    [HELLO_K] = {4, "runs with another COT field exponent"},
    [HELLO_MODE] = {4, "runs with another preprocessing mode"},
    [HELLO_SEGMENT] = {8, "runs with another segment size"},
    [HELLO_OUTPUTS] = {OUTPUT_BYTES, "runs with other output parties"},
    [HELLO_ROSTER] = {DIGEST_BYTES, "runs with another roster"},
    [HELLO_PARAMETERS] = {DIGEST_BYTES, "runs with other protocol parameters"},
    [HELLO_CIRCUIT] = {DIGEST_BYTES, "runs another program or circuit"},
    [HELLO_SESSION_DATA] = {DIGEST_BYTES, "runs with another session name or session data"},
};

static size_t hello_bytes(void)
{
    size_t bytes = NONCE_BYTES;
    for (size_t f = 0; f < HELLO_FIELDS; f++)
        bytes += fields[f].bytes;
    return bytes;
}

static void put_outputs(buffer *b, const session *s)
{
    uint8_t outputs[OUTPUT_BYTES] = {0};
    for (size_t i = 0; i < s->n; i++)
        bits_set(outputs, s->roster[i], s->receives[i]);
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

static void put_parameter_hash(buffer *b)
{
    static const uint64_t parameters[] = {
        MPC_KAPPA, MPC_LEAKY_AND_BITS, MPC_DELTA_CHECK_REPETITIONS, MPC_BUCKET_MIN, MPC_BUCKET_MAX,
    };
    uint8_t hash[DIGEST_BYTES];
    ro h;
    ro_init(&h, sizeof hash, RO_LABEL_PARAMETERS);
    ro_field(&h, SUITE, sizeof SUITE - 1);
    for (size_t i = 0; i < sizeof parameters / sizeof parameters[0]; i++)
        ro_u64(&h, parameters[i]);
    ro_final(&h, hash);
    buffer_put(b, hash, sizeof hash);
}

static void put_circuit_hash(buffer *b, const pt_circuit *circuit)
{
    uint8_t hash[DIGEST_BYTES];
    circuit_hash(hash, circuit);
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
    buffer_put_u32(b, s->k);
    buffer_put_u32(b, NO_DEALER);
    buffer_put_u64(b, facts->segment_ands);
    put_outputs(b, s);
    put_roster_hash(b, s);
    put_parameter_hash(b);
    put_circuit_hash(b, facts->circuit);
    put_session_data_hash(b, facts);
    rng_bytes(&s->rng, nonce, sizeof nonce);
    buffer_put(b, nonce, sizeof nonce);
}

/* Compares a peer's HELLO with the own one, field by field. */
static pt_status compare(const session *s, size_t peer, const uint8_t *own, const uint8_t *theirs,
                         pt_error *error)
{
    size_t at = 0;
    for (size_t f = 0; f < HELLO_FIELDS; f++) {
        uint8_t number[4] = {(uint8_t)session_number(peer), 0, 0, 0};
        const uint8_t *expected = f == HELLO_NUMBER ? number : own + at;
        if (!ct_equal(theirs + at, expected, fields[f].bytes))
            return peer_fault(s, PT_PEER_SETUP, peer, "HELLO", fields[f].difference, error);
        at += fields[f].bytes;
    }
    return PT_OK;
}

static pt_status compare_all(const wave *w, pt_error *error)
{
    const session *s = w->s;
    for (size_t p = 0; p < s->n; p++) {
        if (p == s->me)
            continue;
        const pt_status status = compare(s, p, wave_all_from(w, s->me), wave_all_from(w, p), error);
        if (status != PT_OK)
            return status;
    }
    return PT_OK;
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

pt_status session_hello(session *s, const hello_facts *facts, pt_error *error)
{
    wave w;
    pt_status status = wave_begin(&w, s, "HELLO", error);
    if (status != PT_OK)
        goto done;
    put_hello(wave_all(&w), s, facts);
    wave_expect_each(&w, hello_bytes(), 0);
    status = wave_exchange(&w, error);
    if (status != PT_OK)
        goto done;
    status = compare_all(&w, error);
    if (status != PT_OK)
        goto done;
    fix_sid(s, &w);
    wave_advance(&w);
    status = wave_barrier(s, "BARRIER", error);
done:
    wave_end(&w);
    return status;
}
