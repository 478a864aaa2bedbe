/* The messages of a run before it runs: who sends whom how much, and when each party would be where
 * if they had a given link. Layer: mpc.
 *
 * No message is made. Every seat has a clock of its own, an uplink and a downlink, as in
 * channel/slow.h: a message leaves when those before it have left the sender's uplink, travels for
 * the delay, and passes the receiver's downlink. With no work, a delay of 1 and no limit to the
 * rate, the clocks count delays (protocol spec, section 6.6). */
#ifndef MPC_FORECAST_TRAFFIC_H
#define MPC_FORECAST_TRAFFIC_H

#include "mpc/session/session.h"
#include "mpc/session/wave.h"

typedef struct traffic_seat {
    uint64_t bytes_sent;
    uint64_t bytes_received;
    uint64_t messages_sent;
    uint64_t messages_received;
    double now;       /* how far its party is */
    double up_free;   /* when the uplink is free again */
    double down_free; /* and the downlink */
} traffic_seat;

typedef struct traffic {
    const session *s; /* of which n, dealer and what the lengths need count */
    double delay;     /* of a message, one way */
    double byte_time; /* of a byte on a line */
    bool is_unit;     /* delays are counted: frames behind each other take no time */
    size_t n_seats;
    traffic_seat *seats; /* by session index, then the dealer's */
    traffic_seat *marks; /* what they were at traffic_mark */
    /* From i to j at i * n_seats + j. */
    uint64_t *payload;  /* of the wave that is being made */
    double *wave_due;   /* when its messages arrive */
    double *frames_due; /* of a window of frames */
    bool *wave_sent;    /* there is one */
    size_t window_max;
} traffic;

/* Release with traffic_clear, also after a failure. `s` is borrowed. */
MUST_CHECK pt_status traffic_init(traffic *ret_traffic, const session *s, double delay,
                                  double byte_time, pt_error *error);
void traffic_clear(traffic *t);

/* What has happened since traffic_mark happens so many times more. Between waves and frames. */
void traffic_mark(traffic *t);
void traffic_repeat(traffic *t, uint64_t times);

/* A party computes for so long. */
void traffic_work(traffic *t, size_t seat, double time);
void traffic_work_each(traffic *t, double time);

/* Payload of the next wave: of everybody to everybody, and of one to another. */
void traffic_put_each(traffic *t, uint64_t bytes);
void traffic_put(traffic *t, size_t from, size_t to, uint64_t bytes);
/* The wave; in a sparse one only those send who have a payload (wave.h). */
void traffic_wave_send(traffic *t, bool sparse);
void traffic_wave_receive(traffic *t, size_t seat);
void traffic_wave(traffic *t, bool sparse);

/* Frames that all send all (stream_exchange of wave.h), `bytes` in all and `frame_bytes` in a full
 * one, to each. `front`: the wave that was sent comes in front of the first. */
typedef struct traffic_exchange {
    uint64_t bytes;
    size_t frame_bytes;
    bool front;
    double send_time; /* work for a full frame to all peers */
    double recv_time; /* and for one from all */
} traffic_exchange;
void traffic_exchange_run(traffic *t, const traffic_exchange *x);

/* One frame of the side stream; at most one of a pair is on its way. */
void traffic_frame_send(traffic *t, size_t from, size_t to, uint64_t len);
void traffic_frame_receive(traffic *t, size_t from, size_t to, uint64_t len);

/* One from every party to the dealer, and one back. */
void traffic_dealer_send(traffic *t, uint64_t len);
void traffic_dealer_receive(traffic *t, uint64_t len);
void traffic_dealer_answer(traffic *t, uint64_t len);
void traffic_dealer_answer_receive(traffic *t, uint64_t len);

#endif
