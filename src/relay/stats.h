/* The relay's figures in the text format of Prometheus, and its log. Layer: relay. */
#ifndef RELAY_STATS_H
#define RELAY_STATS_H

#include "relay/quota.h"
#include "relay/request.h"

#define STATUS_MAX 600

/* Why a request was refused, for the figures. */
typedef enum refusal {
    REFUSED_UNAUTHORIZED,
    REFUSED_FORBIDDEN,
    REFUSED_TAKEN,
    REFUSED_LOST,
    REFUSED_EARLY,
    /* Limits, which are named. */
    REFUSED_FULL_SESSIONS,
    REFUSED_FULL_SEATS,
    REFUSED_FULL_QUEUE,
    REFUSED_FULL_SESSION,
    REFUSED_FULL_BYTES,
    REFUSED_FULL_REDIS,
    REFUSED_SHARE_SESSIONS, /* of one address */
    REFUSED_SHARE_BYTES,
    REFUSED_SHARE_WAITING,
    REFUSED_SHARE_CONNECTIONS,
    REFUSED_RATE_ADDRESS,
    REFUSED_RATE_SESSION,
    REFUSED_RATE_OPENED,
    REFUSED_STOPPING,
    REFUSED_STORE,
    REFUSED_MEMORY,
    N_REFUSALS
} refusal;

typedef struct stats {
    quota refusal_lines; /* in the log: nobody can flood it */
    uint64_t n_status[STATUS_MAX];
    uint64_t n_refused[N_REFUSALS];
    uint64_t n_opened;
    uint64_t n_expired;
} stats;

MUST_CHECK pt_status stats_init(stats *s, pt_error *error);
void stats_clear(stats *s);

void stats_refused(request *r, refusal why);
/* A connection that was closed at once, since its address has its share of them. */
void stats_turned_away(relay_server *server, const char *address);
/* What a store_listener's note is told. */
void stats_note(relay_server *server, store_event event, const store_caller *who,
                const char *session, uint32_t party);
void stats_answered(request *r, unsigned status);
/* Answers GET /metrics. */
enum MHD_Result stats_answer(request *r);

#endif
