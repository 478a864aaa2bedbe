/* Test hooks: places where a test can look at, or change, what a party computes. Layer: mpc.
 *
 * HOOK(session, "name", data, len) does nothing in shipped builds. Builds with PT_TESTING call the
 * session's hook, if any: tests use it to play a cheating party and to collect all parties' views.
 * HOOK_PEER tells the peer concerned as well; HOOK passes the own index. A dealer's index is n.
 *
 * Hooks on messages, for every wave and stream frame; the name is the wave's phase ("BOT1", "COT",
 * "OPEN" ..):
 *     peer = own index   the own "all" payload, before anything is sent (not for stream frames)
 *     peer = other       the payload for this peer, "all" and then private part, or a stream frame
 * where two steps share a wave each with its own part of the payload, under its own name,
 * and "message": the whole message to a peer with its header, after the hook above.
 *
 * Hooks on values of the lower half, data and moment:
 *     "delta"        s->delta, after the pins are applied
 *     "delta_to"     peer: the Delta used towards this peer, before BOT1
 *     "chi"          chi of the check, as soon as the coin is known
 *     "trees"        peer: the cot_pair, when its trees are complete
 *     "correction"   peer: d_tau blocks of a chunk, T outer, tau inner, before they are sent
 *     "planes_v"     peer: hashed V planes, 128 blocks (0 unused), before ABCHK's digest
 *     "planes_w"     peer: hashed W planes with x~ added, 128 blocks (0 unused), before comparison
 *     "batch"        the abit_range array of a batch after its ABCHK (len: number of ranges)
 *     "dealt_seed"   dealer: the seed it drew for a peer; party: DLSEED as it came
 *     "dc_sums"      d_0, d_1 of the Delta check, 2 blocks a repetition, before DC1
 *     "dc_vector"    bits and MACs of the Delta check, before DC1
 *     "dc_difference" what the own sums are off by (block), before it is judged and DC3 leaves
 *
 * Hooks on values of the upper half:
 *     "triples_before" the triple_layers before TRU; "triples_after": after TRS
 *     "triple_sums"  S of all triples (uint64_t), before the parity bits are taken
 *     "shifts"       r_0 .. r_{B-1} (size_t); "exchange": of B = 3, s and b (uint64_t)
 *     "zero_share"   T_i (block); "zero_opened": what is committed to, T_i or Q_i
 *     "zero_check"   the sum of all openings (block), before it is judged
 *     "products"     with a dealer: shares of z = xy, before OPEN
 *     "bucket_shares" shares of e_1 .. e_{B-1}, x-hat, before OPEN
 *     "and_shares"   the segment, when lambda_* and s are complete
 *     "input_masks"  shares of all input masks, before INM
 *     "input_masked" Lambda of all input wires (bytes), after INL
 *     "input_labels" after LBL: garbler L_{w,0}, evaluator the active labels
 *     "wire_mask"    the share of each step's output, in order; "gate_mask" of each AND gate's
 *     "wire_label_0" garbler: L_{w,0} of each step's output
 *     "wire_labels"  evaluator: the active labels of each step's output
 *     "wire_masked"  evaluator: its Lambda (byte)
 *     "tag_difference" garbler: what EV1's tag is off by (block), before it is judged
 *     "masked_gates" P_1: Lambda of the segment's gates, packed, before the tags of EV1
 */
#ifndef MPC_SESSION_HOOK_H
#define MPC_SESSION_HOOK_H

#include <stddef.h>

struct session;

#ifdef PT_TESTING
typedef void (*mpc_hook_fn)(void *user, struct session *s, const char *name, size_t peer,
                            void *data, size_t len);
#    define HOOK_PEER(s, name, peer, data, len)                                                    \
        do {                                                                                       \
            if ((s)->hook != NULL)                                                                 \
                (s)->hook((s)->hook_user, (s), (name), (peer), (data), (len));                     \
        } while (0)
#else
#    define HOOK_PEER(s, name, peer, data, len) ((void)0)
#endif
#define HOOK(s, name, data, len) HOOK_PEER(s, name, (s)->me, data, len)

#endif
