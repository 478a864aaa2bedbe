/* Delivery over a relay, as a model for spin: the messages of an ordered pair of parties arrive each once and in order, and no wait
 * lasts for ever, whatever the network, the clients' retries, two relays on one store and their restarts do.
 *
 * scripts/models runs it, once as it is and once BROKEN. The code's names: Sender is a mailbox's outbox with the relay link's `sent`, Receiver its inbox with
 * `asked`; store_put and store_get are the functions of src/relay/store.h, `get` while it finds nothing is a request held by
 * src/relay/waiting.c.
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
#define FAULTS 4
#endif

mtype = { NONE, DONE, REPEATED, EMPTY, LOST };

/* On their way: numbers of messages (X-Polytune-Seq), 0 for nothing, and answers. */
byte post = 0, late_post = 0;
byte get = 0, late_get = 0;
mtype post_answer = NONE;
mtype get_answer = NONE;
byte content = 0;

/* The queue in the store: the messages first .. last wait; what the sender put in its n-th message stands for itself: n. */
byte first = 1;
byte last = 0;
byte stored[MESSAGES + FAULTS + 2];

byte faults = FAULTS;
byte received = 0; /* messages handed to the caller */
bool has_sent = false;

/* The number makes a repetition harmless and a gap visible. */
inline store_put(number, result)
{
    if
#ifdef BROKEN /* a store that does not look at numbers: the model must find that out */
    :: number <= last -> last++; stored[last] = number; result = DONE
#else
    :: number <= last -> result = REPEATED
#endif
    :: number == last + 1 -> last++; stored[last] = number; result = DONE
    :: number > last + 1 -> result = LOST
    fi
}

/* Asking for a number acknowledges those before it. */
inline store_get(number, result)
{
    if
    :: number > last + 1 -> result = LOST
    :: else ->
        do
        :: first < number && first <= last -> first++
        :: else -> break
        od;
        if
        :: first == number && first <= last -> result = DONE
        :: first == number && first > last -> result = EMPTY
        :: first != number -> result = LOST
        fi
    fi
}

/* POST /send at any relay. */
active proctype Sends()
{
    mtype result = NONE;
end:
    do
    :: atomic { post != 0 ->
        store_put(post, result);
        if
        :: post_answer = result
        :: faults > 0 -> faults-- /* the answer is lost, or the relay stopped when the store had the message */
        fi;
        post = 0; result = NONE }
    :: atomic { late_post != 0 -> store_put(late_post, result); late_post = 0; result = NONE }
    :: atomic { post != 0 && faults > 0 -> post = 0; faults-- } /* never came, or the relay stopped before */
    :: atomic { late_post != 0 -> late_post = 0 }
    od
}

/* POST /recv at any relay. */
active proctype Recvs()
{
    mtype result = NONE;
end:
    do
    :: atomic { get != 0 ->
        store_get(get, result);
        if
        :: get_answer = result; content = stored[get]
        :: faults > 0 -> faults--
        fi;
        get = 0; result = NONE }
    :: atomic { late_get != 0 -> store_get(late_get, result); late_get = 0; result = NONE }
    :: atomic { get != 0 && faults > 0 -> get = 0; faults-- }
    :: atomic { late_get != 0 -> late_get = 0 }
    od
}

/* The first packet of the outbox, again and again until the relay has it, then the next. */
active proctype Sender()
{
    byte number = 1;
    do
    :: atomic { number <= MESSAGES && post == 0 && post_answer == NONE -> post = number }
    :: atomic { post_answer != NONE ->
        assert(post_answer == DONE || post_answer == REPEATED);
        post_answer = NONE;
        number++ }
    :: atomic { post != 0 && late_post == 0 && faults > 0 -> late_post = post; post = 0; faults-- } /* given up */
    :: atomic { post_answer != NONE && faults > 0 -> post_answer = NONE; faults-- }                 /* came too late */
    :: number > MESSAGES -> break
    od;
    has_sent = true
}

/* Asks for the next message until it has it. */
active proctype Receiver()
{
    byte number = 1;
    do
    :: atomic { number <= MESSAGES && get == 0 && get_answer == NONE -> get = number }
    :: atomic { get_answer != NONE ->
        assert(get_answer == DONE || get_answer == EMPTY);
        if
        :: get_answer == DONE -> /* each once, in order */
            assert(content == number);
            received = content;
            number++
        :: get_answer == EMPTY
        fi;
        get_answer = NONE; content = 0 }
    :: atomic { get != 0 && late_get == 0 && faults > 0 -> late_get = get; get = 0; faults-- }
    :: atomic { get_answer != NONE && faults > 0 -> get_answer = NONE; content = 0; faults-- }
    :: number > MESSAGES -> break
    od
}

ltl arrives { <> (has_sent && received == MESSAGES) }
