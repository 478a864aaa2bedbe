/* What a run will cost, before anything runs: traffic, delays, memory, time. */
#ifndef POLYTUNE_PLAN_H
#define POLYTUNE_PLAN_H

#include <stddef.h>
#include <stdint.h>

#include "polytune/circuit.h"
#include "polytune/mpc.h"
#include "polytune/status.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The network between the parties, the same at each of them. */
typedef struct pt_plan_link {
    double bits_per_second;    /* up, and as much down, shared by all peers; 0: no limit */
    double round_trip_seconds; /* of a message and its answer */
} pt_plan_link;

/* Of one party, or of the dealer. Bytes and messages are those of pt_mpc_run, exactly: what
 * pt_mpc_stats and a meter (meter.h) inside the encryption count. The encryption adds 24 bytes to
 * each message and 16 to each further 64 KiB of it; transports add their headers. */
typedef struct pt_plan_seat {
    uint64_t bytes_sent;
    uint64_t bytes_received;
    uint64_t messages_sent;
    uint64_t messages_received;
    uint64_t delays;       /* messages that it waits for one after the other, to its result */
    uint64_t memory_bytes; /* at its peak, about, with the circuit; 0 for a dealer */
    double seconds;        /* from the start of pt_mpc_run to its end; 0 without a link */
} pt_plan_seat;

typedef struct pt_plan {
    uint64_t and_gates;
    uint64_t segments;       /* what the circuit is cut into */
    unsigned cot_field_bits; /* k: the wish in the options, 4 without one. In a run it is the
                                largest of all parties' wishes, so another party changes it by a
                                larger wish, and who has none by any */
    uint64_t delays;         /* most of any party */
    double seconds;          /* of the party that takes longest; 0 without a link */
} pt_plan;

/* Plans a run of `circuit` with `options`, of which all count but `party`, channels, callbacks and
 * stats. `ret_seats` has a place for each party, by its number, and with a dealer one more: n_seats
 * of them, neither more nor less.
 *
 * With `link` the time is told as well, as if every party had a machine like this one to itself, of
 * which a moment is taken to measure it (0.1 s, more with cot_field_bits 8), its processors as far
 * as options->threads says, and the link, and had met the others. Without, NULL, nothing is
 * measured. On failure the results are untouched or zero. PT_ERR_USAGE for options that pt_mpc_run
 * would refuse, or a link that is none; PT_ERR_MEMORY. */
PT_API PT_MUST_CHECK pt_status pt_plan_make(pt_plan *ret_plan, pt_plan_seat *ret_seats,
                                            size_t n_seats, const pt_circuit *circuit,
                                            const pt_mpc_options *options, const pt_plan_link *link,
                                            pt_error *error);

/* The k (pt_mpc_options.cot_field_bits, whose value does not count here, but has to be one that
 * pt_mpc_run takes) with which such a run is foretold to end soonest over the link: where bytes
 * take long a large one, which has fewer and computes more. This machine's processor is measured
 * for it, in a few hundredths of a second, unless the run is so small that k hardly matters: then
 * *ret_k is 0, which is no wish. Errors are those of pt_plan_make; *ret_k is 0 then. */
PT_API PT_MUST_CHECK pt_status pt_plan_cot_bits(unsigned *ret_k, const pt_circuit *circuit,
                                                const pt_mpc_options *options,
                                                const pt_plan_link *link, pt_error *error);

#define PT_PLAN_EVERY_PARTY SIZE_MAX

/* The largest segments (pt_mpc_options.segment_ands, whose value does not count here, but has to be
 * one that pt_mpc_run takes) with which party options->party, or with PT_PLAN_EVERY_PARTY in its
 * place each of them, takes no more than `memory_bytes` of memory, as pt_plan_make tells it
 * of one thread, whatever k another party wishes for: with options->cot_field_bits and every larger
 * k, without a wish with every k. options->threads does not count, so that what is sent does not
 * depend on a machine's processors; pt_plan_threads tells how many fit. Less memory is more
 * segments, each of which waits for 12 messages in turn with two parties and 14 with three, and
 * more traffic: of a million ANDs of two parties a fifth more with 80 MB, near half more with 4 MB.
 * PT_ERR_LIMIT where no segments are small enough; the message says how much memory is enough, and
 * *ret_ands is 0. Other errors are those of pt_plan_make. */
PT_API PT_MUST_CHECK pt_status pt_plan_segment_ands(uint32_t *ret_ands, const pt_circuit *circuit,
                                                    const pt_mpc_options *options,
                                                    uint64_t memory_bytes, pt_error *error);

/* How many threads may compute for such a party, in segments of options->segment_ands, so that it
 * takes no more than `memory_bytes`: options->threads (0: as many as there are processors) or
 * fewer, at least 1. Errors are those of pt_plan_make; *ret_threads is 0 then. */
PT_API PT_MUST_CHECK pt_status pt_plan_threads(unsigned *ret_threads, const pt_circuit *circuit,
                                               const pt_mpc_options *options, uint64_t memory_bytes,
                                               pt_error *error);

#ifdef __cplusplus
}
#endif
#endif
