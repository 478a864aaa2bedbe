/* What the parties of a computation agree on before anything secret is touched. Layer: node.
 *
 * Messages over the encrypted channel, each a byte for its kind and then:
 *
 *      'A'   version, SHA-256 of program, function, participants and output parties, u32 leader
 *      'W'   nothing: the leader has no room yet
 *      'G'   nothing: go; from the leader, once it has room
 *      'F'   a mark and text: this party stops, and why; at any time
 *
 * First all send 'A' to all. Then the leader tells when to begin, so that no node runs more than it
 * wants to of those that it leads, and none waits for another in a circle. */
#ifndef NODE_RUN_AGREEMENT_H
#define NODE_RUN_AGREEMENT_H

#include "node/policy/policy.h"
#include "polytune/channel.h"

#define AGREEMENT_REASON_MAX 256 /* bytes of text, terminated */

/* Sends and receives 'A'. PT_PEER_SETUP says what differs from whom, and the others have been told;
 * PT_ERR_STOPPED what another party said; the channel's errors. */
MUST_CHECK pt_status agreement_exchange(const pt_channel *channel, const policy *p,
                                        pt_error *error);

/* The leader: tells the others that they have to wait, or that it begins. */
MUST_CHECK pt_status agreement_tell(const pt_channel *channel, const policy *p, bool begins,
                                    pt_error *error);
/* The others: returns when the leader begins. */
MUST_CHECK pt_status agreement_wait(const pt_channel *channel, const policy *p, pt_error *error);

/* Tells the others why this party stops, in words that are no secret. Who cannot be told finds out
 * otherwise. */
void agreement_stop(const pt_channel *channel, const policy *p, const char *reason);
/* After something has failed because `party` stopped: the words that it sent last, if it sent any,
 * else false. Reads what is there, for at most a moment. */
bool agreement_last_words(char ret_reason[AGREEMENT_REASON_MAX], const pt_channel *channel,
                          size_t party);

#endif
