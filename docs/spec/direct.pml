/* Delivery from party to party over direct HTTP, as a model for spin: with several numbered messages on their way at once, each on a
 * connection of its own, they arrive each once and in order, and no wait lasts for ever, whatever the network and retries do.
 *
 * scripts/models runs it, once as it is and once BROKEN. The code's names: Sender is a mailbox's outbox with the lanes of
 * src/channel/http/delivery.c, Receiver post_take_packet of src/channel/http/direct_server.c, where a message that comes early is held
 * until those before it are there, or turned away after a while. A request that the sender gives up may still arrive later: `late`,
 * whose answer nobody reads. Faults are bounded by FAULTS, for a network that loses everything delivers nothing. */

#ifndef MESSAGES
#define MESSAGES 5
#endif
#ifndef FAULTS
#define FAULTS 3
#endif
#define LANES 3

mtype = { NONE, DONE, AGAIN };

byte post[LANES]; /* by lane: the number of the message on its way or held, 0 for none */
mtype answer[LANES];
byte late = 0; /* given up, but on its way all the same */

byte faults = FAULTS;
byte received = 0; /* handed to the caller: 1 .. received */
bool has_sent = false;

/* What is due is taken, what came before is a repetition; what is early is none of these, and is held. */
inline take(number)
{
    assert(number <= received + LANES); /* what the receiver has place for */
    if
    :: number == received + 1 -> received++
#ifdef BROKEN /* a receiver that takes what comes: the model must find that out */
    :: number > received + 1 -> assert(number == received + 1)
#endif
    :: else
    fi
}

/* What is held is not due: there is a place for it, and nothing happens. */
#ifdef BROKEN
#define IS_DUE(l) (post[l] != 0)
#else
#define IS_DUE(l) (post[l] != 0 && post[l] <= received + 1)
#endif

#define SERVE(l)                                                                                              \
    :: atomic { IS_DUE(l) -> take(post[l]); post[l] = 0; answer[l] = DONE }                                    \
    :: atomic { IS_DUE(l) && faults > 0 -> take(post[l]); post[l] = 0; answer[l] = AGAIN; faults-- }           \
    :: atomic { post[l] != 0 && faults > 0 -> post[l] = 0; answer[l] = AGAIN; faults-- }                       \
    :: atomic { post[l] != 0 && late == 0 && faults > 0 -> late = post[l]; post[l] = 0; answer[l] = AGAIN; faults-- }

/* Taken; taken, but the answer gets lost; lost on the way or held for too long; given up by the sender, but on its way. */
active proctype Receiver()
{
end:
    do
    SERVE(0)
    SERVE(1)
    SERVE(2)
    :: atomic { late != 0 && late <= received + 1 -> take(late); late = 0 }
    :: atomic { late != 0 -> late = 0 }
    od
}

byte front = 1;      /* those before have arrived, as the sender knows */
bool arrived[LANES]; /* by lane, ahead of `front` */
bool waits[LANES];   /* to be repeated */

#define HEAR(l)                                                                                                \
    :: atomic { answer[l] == DONE -> answer[l] = NONE; arrived[l] = true; advance() }                          \
    :: atomic { answer[l] == AGAIN -> answer[l] = NONE; waits[l] = true }                                      \
    :: atomic { waits[l] -> waits[l] = false; post[l] = front + (l + LANES - front % LANES) % LANES }

inline advance()
{
    do
    :: arrived[front % LANES] -> arrived[front % LANES] = false; front++
    :: else -> break
    od
}

active proctype Sender()
{
    byte sent = 0; /* those after have no number yet */
    do
    :: front > MESSAGES -> break
    :: atomic { sent < MESSAGES && sent + 1 < front + LANES && !waits[0] && !waits[1] && !waits[2] ->
        sent++;
        post[sent % LANES] = sent }
    HEAR(0)
    HEAR(1)
    HEAR(2)
    od;
    has_sent = true
}

ltl arrives { <> (has_sent && received == MESSAGES) }
