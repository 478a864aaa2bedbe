/* Running a circuit between parties: maliciously secure authenticated garbling.
 *
 * Even if all other parties collude and cheat, an honest party's input stays private, and it gets
 * the right result or an error. There is no fairness: cheaters may get the result and deny it to
 * others. */
#ifndef POLYTUNE_MPC_H
#define POLYTUNE_MPC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "polytune/channel.h"
#include "polytune/circuit.h"
#include "polytune/status.h"

#ifdef __cplusplus
extern "C" {
#endif

#define PT_MPC_MAX_PARTIES 255 /* with a dealer one less */
#define PT_MPC_MAX_PHASES  16
#define PT_MPC_MAX_THREADS 64

/* What a run cost; filled also when it fails. Wire bytes count payload and headers of the engine's
 * messages. */
typedef struct pt_mpc_stats {
    uint64_t and_gates;
    double seconds;
    uint64_t bytes_sent;
    uint64_t bytes_received;
    uint64_t messages_sent;
    unsigned cot_field_bits; /* k that the parties agreed on; 0: not yet */
    uint32_t segment_ands;   /* likewise the most AND gates of a segment */
    size_t n_phases;
    struct {
        const char *name;
        double seconds;
        uint64_t bytes_sent;
    } phases[PT_MPC_MAX_PHASES];
} pt_mpc_stats;

/* A range of output bits, and who learns them. */
typedef struct pt_mpc_receivers {
    size_t n_bits;
    const size_t *parties; /* NULL, with n_parties 0: everyone */
    size_t n_parties;
} pt_mpc_receivers;

/* Set fields by name and leave the rest zero: zero means the default. All parties must agree on all
 * but `party`, `cot_field_bits`, `segment_ands`, `threads`, `insecure`, `progress`, `cancelled` and
 * `stats`; the protocol compares them before any secret flows and names a field that differs. */
typedef struct pt_mpc_options {
    size_t party;   /* this party, 0 .. parties-1 */
    size_t parties; /* 2 .. PT_MPC_MAX_PARTIES */
    size_t evaluator;
    const size_t *output_parties; /* who learns the result; NULL, with count 0: everyone */
    size_t n_output_parties;
    /* Who learns which part of the result, in place of output_parties: ranges that follow each
     * other from output bit 0 to the last. NULL: everything goes to the same parties. What is not
     * for a party it cannot find out, together with all others that it is not for. */
    const pt_mpc_receivers *receivers;
    size_t n_receivers;
    unsigned statistical_security; /* rho: 40 (default) .. 80 */
    unsigned cot_field_bits; /* a wish for k: 1, 2, 4, 8, less traffic and more work as it grows, as
                                safe all; 0: none. The largest of all parties' wishes counts, 4
                                without any */
    uint32_t segment_ands;   /* AND gates in a segment at most, 1024 .. 458752: fewer, less memory
                                and more traffic. The smallest of all parties' counts; 0: 350000 */
    unsigned threads;        /* that compute for this party, the calling one among them: 1 ..
                                PT_MPC_MAX_THREADS; 0: as many as the process may use processors. With
                                any number the messages and the result are the same. Callbacks and
                                the channel are called by the calling thread alone. With a dealer
                                it computes alone, whatever the number */
    bool insecure; /* over a channel that others can read and alter (pt_channel_kind): who reads all
                      messages can compute the inputs. For measuring, and for networks that are
                      protected by other means */
    bool dealer;   /* the preprocessing comes from a trusted dealer, see pt_dealer_run */
    const uint8_t *session; /* application data bound into the run, e.g. a session name and the
                               program's text */
    size_t session_len;
    /* May be NULL. `done` counts the whole run's work, over all phases: its share of `total` is
     * about that of the time. */
    pt_progress_fn progress;
    void *progress_user;
    /* May be NULL. Asked before every message; the others are told. Who waits for a message asks
     * the channel's own pt_network_options.cancelled. */
    pt_cancelled_fn cancelled;
    void *cancelled_user;
    pt_mpc_stats *stats; /* may be NULL */
} pt_mpc_options;

/* Runs the protocol over `channel`, which stays the caller's. `input_bits`: this party's bits, one
 * byte 0 or 1 each, pt_circuit_input_bits(circuit, party) of them. `ret_output_bits`:
 * pt_circuit_output_bits(circuit) bytes, written when this party is an output party (0 where a bit
 * is not for it), zeroed on failure; NULL and 0 otherwise. PT_ERR_USAGE for counts that are not the
 * circuit's, an option out of range, or a channel that is not protected (pt_channel_kind) unless
 * `insecure`. PT_PEER_* when a party deviated or the parties disagree: `error` names check, phase
 * and party. Do not retry such a run unattended. */
PT_API PT_MUST_CHECK pt_status pt_mpc_run(uint8_t *ret_output_bits, size_t n_output_bits,
                                          const pt_channel *channel, const pt_circuit *circuit,
                                          const uint8_t *input_bits, size_t n_input_bits,
                                          const pt_mpc_options *options, pt_error *error);

/* The same with packed bits (status.h). */
PT_API PT_MUST_CHECK pt_status pt_mpc_run_packed(uint8_t *ret_outputs, size_t n_output_bytes,
                                                 const pt_channel *channel,
                                                 const pt_circuit *circuit, const uint8_t *inputs,
                                                 size_t n_input_bytes,
                                                 const pt_mpc_options *options, pt_error *error);

/* Plays the trusted dealer for one session, and returns when all of it is delivered.
 *
 * The dealer hands out what the parties otherwise make together before they garble, which is most
 * of the work and traffic. It takes part as one party more: the channel is opened for parties + 1,
 * and the dealer has the last number, `parties`. Of `options` it reads parties, insecure, progress,
 * cancelled and stats; everything else it learns from the parties, who set pt_mpc_options.dealer.
 *
 * Trust: the parties are still protected from each other, but all of them trust the dealer to deal
 * honestly, to work with none of them, and to see nothing of what they send to each other. It knows
 * every mask and key: together with any party, or with a record of the parties' messages to each
 * other, it knows all inputs. It learns how many gates and input bits the circuit has, but neither
 * the circuit nor an input nor a result.
 *
 * PT_PEER_SETUP when the parties do not ask for the same: `error` says who differs in what.
 */
PT_API PT_MUST_CHECK pt_status pt_dealer_run(const pt_channel *channel,
                                             const pt_mpc_options *options, pt_error *error);

/* For a party that finds, with the channel open, that its pt_mpc_run will not take place: tells the
 * dealer not to wait for it. It hears of `why` what other parties hear of a failure. */
PT_API void pt_dealer_dismiss(const pt_channel *channel, size_t party, size_t parties,
                              pt_status why);

/* What a party runs, for pt_network_options.terms: so that parties who do not run the same need not
 * wait for each other in vain. */
typedef struct pt_terms {
    size_t parties;            /* without a dealer */
    bool dealer;               /* the parties take one */
    bool is_dealer;            /* this is the dealer, who knows no circuit */
    const pt_circuit *circuit; /* NULL: known only when the parties have told their constants */
    const char *session;       /* its name, without which nobody can compare programs of sessions */
} pt_terms;

#define PT_TERMS_SIZE 97 /* terminated */

/* Of the circuit there are 16 bits of a hash: whoever sees them can rule out guesses, and confirm
 * none. The protocol compares everything again, and in full. PT_ERR_USAGE. */
PT_API PT_MUST_CHECK pt_status pt_terms_print(char ret_terms[PT_TERMS_SIZE], const pt_terms *terms,
                                              pt_error *error);

#ifdef __cplusplus
}
#endif
#endif
