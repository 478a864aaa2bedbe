/* A minimal relay, as an existing implementation may be: join, participants, send and recv, nothing
 * else. It ignores queries and our headers, holds no request, and numbers nothing unless told to.
 * For one session. It can also be told to behave badly. */
#ifndef CHANNEL_HTTP_PLAIN_RELAY_H
#define CHANNEL_HTTP_PLAIN_RELAY_H

#include <stdbool.h>
#include <stdint.h>

/* Each counts its kind of request; 0 is never. */
typedef struct plain_relay_options {
    bool is_numbered;      /* it does number, but takes only the next one, as ours did once */
    unsigned repeat_every; /* this delivery happens twice */
    unsigned fail_every;   /* this request gets 503 instead of anything else */
    unsigned cut_every;    /* this send is stored, but the connection closes without an answer */
    unsigned lose_nth;     /* this message, from 1, is delivered nowhere */
} plain_relay_options;

typedef struct plain_relay plain_relay;

/* Serves on a free port of the loopback address until stopped; fails the test when it cannot. */
plain_relay *plain_relay_start(plain_relay_options options);
uint16_t plain_relay_port(const plain_relay *relay);
void plain_relay_stop(plain_relay *relay);

#endif
