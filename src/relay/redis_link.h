/* Connections to Redis: one that asks, and a thread with another that listens to a channel. Layer:
 * relay.
 *
 * Each step of asking blocks for at most LINK_TIMEOUT_MS; a link that broke is opened anew by a
 * later question, after LINK_RETRY_MS or LINK_PAUSE times what the failure took: a Redis that hangs
 * must not take all of the asker's time. */
#ifndef RELAY_REDIS_LINK_H
#define RELAY_REDIS_LINK_H

#include <hiredis/hiredis.h>
#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/compiler.h"
#include "polytune/status.h"

#define LINK_TIMEOUT_MS 2000
#define LINK_RETRY_MS   250
#define LINK_PAUSE      4

/* Where Redis is: redis://[[user]:password@]host[:port][/db]. */
typedef struct redis_place {
    char host[256];
    uint16_t port;
    unsigned db;
    char user[128];
    char password[512]; /* empty: none */
} redis_place;

/* PT_ERR_USAGE for anything else; the message does not repeat the text, which has a password. */
MUST_CHECK pt_status redis_place_parse(redis_place *ret_place, const char *url, pt_error *error);

typedef struct redis_link {
    const redis_place *place;
    redisContext *context; /* NULL: not open */
    uint64_t asked_ms;     /* when the question began that is being asked */
    uint64_t retry_ms;     /* not opened before */
    char problem[160];     /* why it is not open */
    /* Prepares a link just opened; false: it cannot be used, see `problem`. */
    bool (*prepare)(struct redis_link *link, void *user);
    void *user;
} redis_link;

/* Asks; NULL when that failed, and the link is closed then. Release with freeReplyObject. */
redisReply *redis_link_ask(redis_link *link, int argc, const char **argv, const size_t *lens);
/* Notes why the link cannot be used, and closes it. */
void redis_link_break(redis_link *link, const char *why);
void redis_link_close(redis_link *link);

typedef struct redis_ear {
    const redis_place *place;
    const char *channel;
    void (*heard)(void *user); /* from the ear's thread: there is something to take */
    void *user;
    pthread_mutex_t lock;
    bool has_lock;
    buffer lines; /* what was heard, each text ended by a zero byte; "all" after a gap */
    pthread_t thread;
    bool is_running;
    int stop_fd;
} redis_ear;

/* Starts listening; place, channel, heard and user are set. */
MUST_CHECK pt_status redis_ear_start(redis_ear *ear, pt_error *error);
void redis_ear_stop(redis_ear *ear);
/* Takes what was heard since; the caller clears the buffer. */
void redis_ear_take(redis_ear *ear, buffer *ret_lines);

#endif
