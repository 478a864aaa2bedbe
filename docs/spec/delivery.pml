/* Delivery over a relay, as a model for spin: the messages of an ordered pair of parties arrive each once and in order, and no wait
 * lasts for ever, whatever the network, the clients' retries, two relays on one store and their restarts do. Several messages are
 * on their way at once, and several asked for, each on a connection of its own.
 *
 * scripts/models runs it, once as it is and once BROKEN. The code's names: Sender is a mailbox's outbox with the lanes of
 * src/channel/http/delivery.c, Receiver its inbox with the polls of src/channel/http/relay.c; put and acknowledge are what store_put
 * and store_get of src/relay/store.h do. A request that is not due - a message that is early, or asked for and not there - is held
 * by src/relay/waiting.c, or turned away after a while.
 *
 * The code has up to eight lanes, here are two, or with one fault three (scripts/models --more). A store looks at a request's number and at its
 * oldest that is not settled, and compares them with the ends of the queue, nothing else; a queue has no gaps. So a number that is
 * ahead is ahead whether one message is missing before it or six, and those that are missing move on as one: with two lanes
 * something is ahead, with three something is between what is settled and what is ahead; a fourth only adds to what is between. What
 * the model allows includes what the code does: here lanes repeat side by side, there only the front does while others wait for it,
 * and that one is never kept waiting.
 *
 * A relay keeps nothing from one request to the next but what the store keeps. So two relays on one store, or a relay that is
 * restarted, are one here that serves any request at any time; all that differs is which requests and answers get lost.
 * A client gives up a request when its connection ends or nothing comes, and repeats it. The older one may still be on its way
 * and reach a relay after the newer one: `late_post` and `late_get`, whose answers nobody reads. Faults are bounded by FAULTS,
 * for a network that loses everything delivers nothing. */

#ifndef MESSAGES
#define MESSAGES 4
#endif
#ifndef FAULTS
#define FAULTS 2 /* 3 take four times as long */
#endif
#ifndef LANES
#define LANES 2 /* or 3 */
#endif

mtype = { NONE, DONE, AGAIN };

/* On their way, by lane: numbers of messages (X-Polytune-Seq), 0 for nothing, with the oldest that is not settled
 * (X-Polytune-First), and answers. */
byte post[LANES], post_first[LANES];
mtype post_answer[LANES];
byte get[LANES], get_first[LANES], content[LANES];
mtype get_answer[LANES] = NONE;
byte late_post = 0, late_get = 0, late_first = 0;

/* The queue in the store: the messages first .. last wait. */
byte first = 1;
byte last = 0;

byte faults = FAULTS;
byte received = 0; /* handed to the caller: 1 .. received */
bool has_sent = false;

/* The number makes a repetition harmless; what is early is not due. */
inline put(number)
{
    assert(number <= last + 1);
    if
    :: number == last + 1 -> last++
    :: else
    fi
}

/* What is settled is dropped; not what is only asked for. */
inline acknowledge(number, settled)
{
    do
#ifdef BROKEN /* a store that takes asking for a message as a receipt for those before it: the model must find that out */
    :: first < number && first <= last -> first++
#else
    :: first < settled && first <= last -> first++
#endif
    :: else -> break
    od
}

/* Taken; taken, but the answer gets lost; lost on the way or held for too long; given up by the sender, but on its way. Nobody may
 * be told that what is before its message is lost. */
#define POSTS(l)                                                                                              \
    :: atomic { post[l] != 0 && post[l] <= last + 1 -> put(post[l]); post[l] = 0; post_answer[l] = DONE }        \
    :: atomic { post[l] != 0 && post[l] <= last + 1 && faults > 0 ->                                             \
        put(post[l]); post[l] = 0; post_answer[l] = AGAIN; faults-- }                                         \
    :: atomic { post[l] != 0 && faults > 0 ->                                                                 \
        assert(post_first[l] <= last + 1); post[l] = 0; post_answer[l] = AGAIN; faults-- }                    \
    :: atomic { post[l] != 0 && late_post == 0 && faults > 0 ->                                               \
        late_post = post[l]; post[l] = 0; post_answer[l] = AGAIN; faults-- }

/* Nor that its message is not there any more. */
#define GETS(l)                                                                                               \
    :: atomic { get[l] != 0 && get[l] <= last ->                                                               \
        acknowledge(get[l], get_first[l]); assert(get[l] >= first);                                           \
        content[l] = get[l]; get[l] = 0; get_answer[l] = DONE }                                               \
    :: atomic { get[l] != 0 && faults > 0 ->                                                                  \
        acknowledge(get[l], get_first[l]); get[l] = 0; get_answer[l] = AGAIN; faults-- }                      \
    :: atomic { get[l] != 0 && late_get == 0 && faults > 0 ->                                                 \
        late_get = get[l]; late_first = get_first[l]; get[l] = 0; get_answer[l] = AGAIN; faults-- }

/* Any relay. */
active proctype Relay()
{
end:
    do
    POSTS(0)
    POSTS(1)
    GETS(0)
    GETS(1)
#if LANES > 2
    POSTS(2)
    GETS(2)
#endif
    :: atomic { late_post != 0 && late_post <= last + 1 -> put(late_post); late_post = 0 }
    :: atomic { late_post != 0 -> late_post = 0 }
    :: atomic { late_get != 0 -> acknowledge(late_get, late_first); late_get = 0 }
    :: atomic { late_get != 0 -> late_get = 0 }
    od
}

byte front = 1;      /* those before have been stored, as the sender knows */
bool arrived[LANES]; /* by lane, ahead of `front` */
bool waits[LANES];   /* to be repeated */

inline advance()
{
    do
    :: arrived[front % LANES] -> arrived[front % LANES] = false; front++
    :: else -> break
    od
}

#define HEAR(l)                                                                                               \
    :: atomic { post_answer[l] == DONE -> post_answer[l] = NONE; arrived[l] = true; advance() }               \
    :: atomic { post_answer[l] == AGAIN -> post_answer[l] = NONE; waits[l] = true }                           \
    :: atomic { waits[l] ->                                                                                   \
        waits[l] = false; post_first[l] = front; post[l] = front + (l + LANES - front % LANES) % LANES }

#if LANES > 2
#define ANY_WAITS (waits[0] || waits[1] || waits[2])
#else
#define ANY_WAITS (waits[0] || waits[1])
#endif

/* The first packets of the outbox, each until the relay has it; none follows one that is to be repeated. */
active proctype Sender()
{
    byte sent = 0; /* those after have no number yet */
    do
    :: front > MESSAGES -> break
    :: atomic { sent < MESSAGES && sent + 1 < front + LANES && !ANY_WAITS ->
        sent++;
        post_first[sent % LANES] = front;
        post[sent % LANES] = sent }
    HEAR(0)
    HEAR(1)
#if LANES > 2
    HEAR(2)
#endif
    od;
    has_sent = true
}

byte early[LANES]; /* by lane: a message that is here before one that is not; 0: none */

#define NEXT(l) (received + 1 + (l + LANES - (received + 1) % LANES) % LANES)

#define ASK(l)                                                                                                \
    :: atomic { get[l] == 0 && get_answer[l] == NONE && early[l] == 0 && NEXT(l) <= MESSAGES ->                \
        get_first[l] = received + 1; get[l] = NEXT(l) }                                                       \
    :: atomic { get_answer[l] == AGAIN -> get_answer[l] = NONE }                                              \
    :: atomic { get_answer[l] == DONE && content[l] != received + 1 ->                                        \
        get_answer[l] = NONE; early[l] = content[l] }                                                         \
    :: atomic { get_answer[l] == DONE && content[l] == received + 1 ->                                        \
        get_answer[l] = NONE; received++; take_early() }

/* Each once, in order. */
inline take_early()
{
    do
    :: early[(received + 1) % LANES] != 0 ->
        received++; assert(early[received % LANES] == received); early[received % LANES] = 0
    :: else -> break
    od
}

/* Asks for the first messages that are missing. */
active proctype Receiver()
{
    do
    :: received == MESSAGES -> break
    ASK(0)
    ASK(1)
#if LANES > 2
    ASK(2)
#endif
    od
}

ltl arrives { <> (has_sent && received == MESSAGES) }
