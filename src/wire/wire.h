/* What both ends of a connection must know: the relay and its clients, and direct parties among
 * themselves. docs/command.md describes it for others. Layer: wire. */
#ifndef WIRE_WIRE_H
#define WIRE_WIRE_H

#include <stddef.h>

/* ---- limits ---- */

#define WIRE_MESSAGE_MAX      ((size_t)4 << 20) /* bytes of one body */
#define WIRE_MESSAGE_MAX_TEXT "4 MiB"
#define WIRE_MAX_PARTIES      255 /* of a computation; the relay itself counts seats only */

/* ---- times ---- */

/* Our clients ask the relay to hold a request that waits for so long, and then ask again. */
#define WIRE_HOLD_S 8

/* For how long a party may be silent before it is taken for dead: what it tells when joining, or
 * this. What it tells is in milliseconds, and the relay has bounds for it. */
#define WIRE_TIMEOUT_MS     60000
#define WIRE_TIMEOUT_MIN_MS 8000

/* ---- paths ---- */

/* Of what stands for the values: a client's printf conversions, or the letters of the relay's
 * patterns. */
#define WIRE_JOIN(session, party)    "/join/" session "/" party
#define WIRE_PARTICIPANTS(session)   "/participants/" session
#define WIRE_SEND(session, from, to) "/send/" session "/" from "/" to
#define WIRE_RECV(session, from, to) "/recv/" session "/" from "/" to
/* Many messages in one body; and a question which of them are there. An older relay, beside others
 * of the same store, knows nothing of it, and must not take such a body for one message. */
#define WIRE_BODIES(session, from, to) "/bodies/" session "/" from "/" to
#define WIRE_ADDRESS                   "/address"
#define WIRE_PING                      "/ping"
#define WIRE_MSG                       "/msg/" /* and the number of the sender: direct parties */

/* In the query: how many seconds the answer may wait, and until how many parties are there. Joining
 * too may wait for them; a relay that knows nothing of that answers at once. */
#define WIRE_WAIT    "wait"
#define WIRE_PARTIES "parties"
/* And of a message: it is its sender's last, who leaves its seat with it. */
#define WIRE_LEAVE "leave"
/* And of a question for a message: those at such distances behind it that are there may come with
 * it, WIRE_TOGETHER in all, as records (httpd/records.h); the answer then has the header. A relay
 * that knows nothing of that answers with one. */
#define WIRE_EVERY        "every"
#define WIRE_EVERY_HEADER "X-Polytune-Every"
#define WIRE_TOGETHER     64

/* ---- headers ---- */

#define WIRE_SESSION "X-Polytune-Session" /* relay: which one of that name; direct: its name */
#define WIRE_SEQ     "X-Polytune-Seq"     /* a message's number in its queue, from 1 */

/* Relay: the oldest number that is not settled, that is, when sending it has not been answered, and
 * when receiving not been received, where that is not the request's own. Who sends or asks ahead of
 * what is not settled must tell, and may be ahead by less than WIRE_AHEAD. */
#define WIRE_FIRST "X-Polytune-First"
#define WIRE_AHEAD 8

/* The relay, answered to joining: WIRE_AHEAD. Where it tells nothing nobody may be ahead. */
#define WIRE_TAKES_AHEAD "X-Polytune-Ahead"

#define WIRE_TIMEOUT "X-Polytune-Timeout" /* relay, when joining: asked for, and answered */
#define WIRE_SEATS   "X-Polytune-Seats"   /* relay, answered to joining: who sits there, 0,2,3 */

#define WIRE_LEFT "X-Polytune-Left" /* relay, answered to a message with WIRE_LEAVE: done */

/* What a party runs (terms.h): told with joining and asking for the participants, and answered to
 * the latter: PARTY TERMS, for each that is different, with commas between them. Direct parties
 * tell each other with every request and answer. */
#define WIRE_TERMS "X-Polytune-Terms"

/* The relay's: the secret that a seat is bound to, in one of these. */
#define WIRE_TOKEN         "X-Polytune-Token"
#define WIRE_AUTHORIZATION "Authorization"
#define WIRE_BEARER        "Bearer " /* and the token */

/* Of direct parties, see channel/http/direct.h. */
#define WIRE_CLIENT "X-Polytune-Client"
#define WIRE_TO     "X-Polytune-To"
#define WIRE_LAST   "X-Polytune-Last"
#define WIRE_COMMIT "X-Polytune-Commit"

/* In every answer of a direct party, and in a relay's to joining: such bodies are taken
 * (channel/http/bodies.h); in one to such a body for how many milliseconds it came. In a request to
 * a direct party: its body is one. And up to which number the packets of who asks are here. */
#define WIRE_BODY     "X-Polytune-Body"
#define WIRE_RECEIVED "X-Polytune-Received"

#endif
