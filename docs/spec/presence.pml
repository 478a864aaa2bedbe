/* Presence, as a model for spin: a living party never loses its seat, and a dead one always does, in bounded time, whatever happens to its
 * connections, whichever of two relays on one store it uses, and however late a relay notices that a connection has ended.
 *
 * scripts/models runs it, once as it is and once BROKEN. The code's names: the store is the seat of src/relay/memory_seat.c (and the
 * fields a, c of redis_scripts.h): `silent` is the age of active_ms, `absent` that of absent_ms. Present, Absent and Sweep are
 * store_present, store_absent and store_sweep, called by src/relay/presence.c; LONG is the smallest time-out of the session, SHORT
 * the STORE_ABSENCE-th part of it, a tick the longest time between two tells of a relay.
 *
 * Time is a clock that ticks when all have done what they must within a tick. A living party has no connection for less than SHORT,
 * or is silent on an open one for less than LONG: its client sees to that. */

#define LONG   8
#define SHORT  2
#define RELAYS 2
#define NEVER  255

/* The store's seat. */
byte silent = 0;     /* ticks since the last sign of life */
byte absent = NEVER; /* ticks since a relay said that its last connection has closed */
bool has_left = false;

/* What a relay knows: an open connection, and how long ago a request came on it. */
bool open[RELAYS];
byte heard[RELAYS];
/* Its duties before the next tick. */
bool must_tell[RELAYS];
bool must_sweep = false;

/* The truth. */
bool is_dead = false;
bool ended[RELAYS];    /* the connection has ended, and the relay does not know */
bool unnoticed = false; /* and never will: a machine that vanished */
byte quiet = 0;        /* ticks since the client's last request */
byte cut = 0;          /* ticks since it had a connection */
byte mourned = 0;      /* ticks since it died */

#define is_connected(r) (open[r] && !ended[r])
#define has_connection (is_connected(0) || is_connected(1))
#define notices(r) (open[r] && ended[r] && !unnoticed)

/* A request of any kind, at any relay: opens a connection, and is a sign of life. */
inline request(r)
{
    open[r] = true;
    ended[r] = false;
    heard[r] = 0;
    silent = 0;
    absent = NEVER;
    quiet = 0;
    cut = 0
}

proctype Client()
{
    do
    :: atomic { !is_dead -> request(0) }
    :: atomic { !is_dead -> request(1) }
    /* Reset by the network, closed by a proxy after the answer, or left for the other relay. */
    :: atomic { !is_dead && is_connected(0) -> ended[0] = true }
    :: atomic { !is_dead && is_connected(1) -> ended[1] = true }
    :: atomic { !is_dead -> is_dead = true; ended[0] = true; ended[1] = true; break }
    :: atomic { !is_dead -> is_dead = true; ended[0] = true; ended[1] = true; unnoticed = true; break }
    od
}

proctype Relay(bool me)
{
end:
    do
    /* The last connection here has closed. */
    :: atomic { notices(me) ->
        open[me] = false;
        ended[me] = false;
        absent = 0 }
    /* Still open, as far as it knows. */
    :: atomic { must_tell[me] ->
        must_tell[me] = false;
        if
#ifndef BROKEN /* a relay that says nothing: who left the other one is expelled there, the model must find that out */
        :: open[me] ->
            absent = NEVER;
            if
            :: heard[me] < silent -> silent = heard[me]
            :: else
            fi
#endif
        :: else
        fi }
    :: atomic { must_sweep ->
        must_sweep = false;
        if
        :: !has_left && (silent >= LONG || (absent != NEVER && absent >= SHORT)) ->
            has_left = true;
            assert(is_dead)
        :: else
        fi }
    od
}

inline age(ticks, most)
{
    if
    :: ticks < most -> ticks++
    :: else
    fi
}

/* Nobody is late: neither a relay, nor a party that lives. */
#define is_done (!must_tell[0] && !must_tell[1] && !must_sweep && !notices(0) && !notices(1))
#define is_in_time (is_dead || (has_connection && quiet + 1 < LONG) || (!has_connection && cut + 1 < SHORT && quiet + 1 < LONG))

proctype Clock()
{
end:
    do
    :: atomic { is_done && is_in_time ->
        age(silent, LONG);
        age(heard[0], LONG);
        age(heard[1], LONG);
        if
        :: absent != NEVER && absent < SHORT -> absent++
        :: else
        fi;
        age(quiet, LONG);
        if
        :: has_connection -> cut = 0
        :: else -> age(cut, SHORT)
        fi;
        must_tell[0] = true;
        must_tell[1] = true;
        must_sweep = true;
        if
        :: is_dead && !has_left ->
            mourned++;
            assert(mourned <= LONG + 1);
            assert(unnoticed || mourned <= SHORT + 1)
        :: else
        fi }
    od
}

/* It has joined. */
init { atomic { open[0] = true; run Relay(0); run Relay(1); run Client(); run Clock() } }

ltl dies { [] (is_dead -> <> has_left) }
