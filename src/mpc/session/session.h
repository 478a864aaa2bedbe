/* The state of one party in one session. Layer: mpc.
 *
 * Parties are 0-based here: index 0 is the spec's P_1 (the evaluator), index 1 its P_2 (the garbler
 * with the parity pin), and so on: the configured evaluator is renumbered 0, the others keep their
 * order (section 0.1). Where the spec hashes or encodes a party number it means the 1-based one:
 * session_number(i) = i + 1. `roster` maps back to the caller's numbering, for the channel and for
 * messages to people.
 *
 * A trusted dealer (section 7), if there is one, has index n here and number n at the caller. It is
 * a session too, with me = n; only side streams (wave.h) go to it and come from it, never a wave.
 *
 * One session is used by one thread, which may have others work with it (base/workers.h): these
 * only compute. session_clear wipes every secret. Outside tests a session is in guarded memory
 * (base/mem.h), Delta and the generator's key with it. */
#ifndef MPC_SESSION_SESSION_H
#define MPC_SESSION_SESSION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/assert.h"
#include "base/stop.h"
#include "base/workers.h"
#include "channel/channel.h"
#include "circuit/circuit.h"
#include "crypto/block.h"
#include "crypto/prg.h"
#include "mpc/session/hook.h"
#include "mpc/session/params.h"
#include "mpc/session/receivers.h"
#include "mpc/session/wave_name.h"
#include "polytune/mpc.h"

#define SID_BYTES          32
#define DIGEST_BYTES       32
#define DEALING_SEED_BYTES 32

typedef struct cot_pair cot_pair; /* cot.h */
typedef struct base_ots base_ots; /* abit_setup.c */
typedef struct session session;

struct session {
    /* What was agreed. */
    size_t n;                       /* parties */
    size_t me;                      /* own index, 0 = evaluator, n = the dealer */
    bool dealer;                    /* there is a dealer */
    size_t seats;                   /* parties to tell of an abort: n, plus a dealer still needed */
    size_t roster[MPC_MAX_PARTIES]; /* index here -> caller's party number */
    receiver_sets receivers;        /* who learns which outputs */
    unsigned rho;
    unsigned k_wish; /* own, and after HELLO the largest; 0: none */
    unsigned k;
    uint64_t segment_min;   /* MPC_SEGMENT_ANDS_MIN; tests cut small circuits, too */
    uint8_t sid[SID_BYTES]; /* all zero until HELLO is done */

    /* Waves and transcript, section 0.6. */
    const pt_channel *channel;
    uint64_t wave;                    /* id of the next wave */
    uint8_t transcript[DIGEST_BYTES]; /* T of the last wave */
    uint64_t stream_frames_sent[MPC_MAX_PARTIES];
    uint64_t stream_frames_received[MPC_MAX_PARTIES];
    bool aborted;    /* ABORT was sent */
    stop_note heard; /* of the ABORT that was received */

    /* The coin opened next, section 0.7. */
    uint8_t coin_secret[32];
    uint8_t coin_nonce[32];
    uint8_t coin_commitments[MPC_MAX_PARTIES][32];
    uint64_t coin_step_wave; /* wave of those commitments; their step is (wave, 0) */
    bool coin_pending;       /* commitments have been exchanged */

    /* Secrets and counters for the whole session. */
    rng rng;
    block delta;                            /* Delta_i, pins applied */
    uint8_t dealt_seed[DEALING_SEED_BYTES]; /* from the dealer: all secrets but the rng's */
    cot_pair *cot;                          /* n entries; own unused */
    base_ots *base_ots;                     /* whose BOT2 is awaited, or NULL */
    uint64_t n_batches;                     /* of bits, made and checked */
    uint64_t next_triple_tweak;             /* w_0 of section 4.3 */
    uint64_t next_and;                      /* g of section 5.2 */
    block s_tri, s_gc;                      /* S of the two hash domains, from the first coin */
    bool first_inl_sent;                    /* from then on the zero check is blinded (4.4) */

    size_t threads;   /* that compute, the session's own among them */
    workers *workers; /* these; NULL: the own alone */

    pt_mpc_stats *stats;              /* never NULL inside */
    pt_mpc_stats own_stats;           /* what `stats` points to when the caller wants none */
    size_t stats_phase;               /* row of `stats` that is running */
    uint8_t stats_places[STATS_ROWS]; /* 1 + the row of `stats` of each kind; 0: none yet */
    uint64_t stats_mark_ns;           /* since when */
    pt_progress_fn progress;
    void *progress_user;
    pt_cancelled_fn cancelled;
    void *cancelled_user;
    uint64_t progress_ands;    /* of the whole circuit; 0 until known */
    uint64_t progress_segment; /* AND gates of the segment that runs */
    uint64_t progress_done;    /* as last told */
#ifdef PT_TESTING
    mpc_hook_fn hook;
    void *hook_user;
#endif
};

/* That there are options and a channel, and that nobody in between can read or alter what passes
 * through it, or the options say `insecure`. PT_ERR_USAGE. */
MUST_CHECK pt_status session_check_channel(const pt_channel *channel, const pt_mpc_options *options,
                                           pt_error *error);

/* Checks the options, fills in defaults, renumbers the parties, initialises the crypto layer and
 * seeds the generator. `channel` is borrowed until session_clear. PT_ERR_USAGE for an option out of
 * range. On failure there is nothing to clear. The session must not move afterwards. */
MUST_CHECK pt_status session_init(session *s, const pt_mpc_options *options,
                                  const pt_channel *channel, pt_error *error);

/* The same for the dealer: of the options counts its `parties`; what the parties agreed on follows
 * from their HELLOs. */
MUST_CHECK pt_status session_init_dealer(session *d, const pt_mpc_options *options,
                                         const pt_channel *channel, pt_error *error);

/* Of session_init what all parties must agree on: parties, parameters, receivers. Release with
 * receivers_clear(&s->receivers). */
MUST_CHECK pt_status session_agree(session *s, const pt_mpc_options *options, pt_error *error);

/* Section 0.1: the evaluator (caller's number) becomes 0, the others keep their order. */
void session_number_parties(session *s, size_t evaluator);

/* Whether the protocol knows such a k. */
bool session_k_is_valid(uint64_t k);
/* The k of parties whose largest wish is `wish`. */
unsigned session_k_of(unsigned wish);

/* PT_OK while the session may go on: PT_ERR_INTERNAL after an abort, PT_ERR_CANCELLED when the
 * caller wants no more. Asked before anything is sent or awaited. */
MUST_CHECK pt_status session_check_going(const session *s, pt_error *error);

/* Wipes every secret and releases everything. Accepts a zeroed session; sends nothing. */
void session_clear(session *s);

/* Wipes Delta, trees, coin and generator: what an abort must erase at once (section 0.6). */
void session_wipe_secrets(session *s);

/* The number the spec uses for a party: P_1 .. P_n. */
static inline uint64_t session_number(size_t index)
{
    return (uint64_t)index + 1;
}

/* The number of the batch of bits in use: the last that was made. */
static inline uint64_t session_batch(const session *s)
{
    PT_ASSERT(s->n_batches > 0);
    return s->n_batches - 1;
}

/* Section 0.5: bit 0 of every Delta is 1; bit 1 is 1 at the spec's P_2 only. */
static inline block session_pin_delta(block delta, size_t index)
{
    const uint64_t pinned = 3;
    delta.lo = (delta.lo & ~pinned) | (index == 1 ? 3u : 1u);
    return delta;
}

/* Of `pieces` of work that are alike, such as the frames of a stream, how many are done together:
 * some for each thread, as not all take the same time. */
static inline size_t session_ahead(const session *s, uint64_t pieces)
{
    const size_t most = s->threads == 1 ? 1 : 2 * s->threads;
    return pieces < most ? (size_t)pieces : most;
}

/* Threads that have something to do then. */
static inline size_t session_busy(const session *s, uint64_t pieces)
{
    return pieces < s->threads ? (size_t)pieces : s->threads;
}

/* The caller's number of a party, for messages. */
static inline int session_party(const session *s, size_t index)
{
    return (int)s->roster[index];
}

#endif
