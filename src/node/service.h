/* The inside of a node, which its files share. Layer: node. */
#ifndef NODE_SERVICE_H
#define NODE_SERVICE_H

#include <pthread.h>

#include "channel/http/direct_hub.h"
#include "channel/monitor.h"
#include "node/caller.h"
#include "node/http/server_certificate.h"
#include "node/journal.h"
#include "node/node.h"
#include "node/records/records.h"
#include "node/records/seal.h"
#include "polytune/plan.h"

/* A configuration and its keys, as long as somebody uses them. */
typedef struct settings {
    node_config config;
    uint8_t *private_key; /* guarded; NULL: none */
    uint8_t public_key[PT_KEY_BYTES];
    caller_keys *keys; /* the HTTP server's thread's; NULL with insecure_allow_all */
    size_t n_users;    /* under the node's lock */
} settings;

typedef enum computation_phase {
    PHASE_CHECKING, /* the program compiles so far as it can; rules */
    PHASE_WAITING,  /* for the other parties */
    PHASE_AGREED,
    PHASE_RUNNING,
    PHASE_OVER
} computation_phase;

/* Why it has to stop. */
typedef enum stop_cause {
    STOP_FOR_NOBODY,
    STOP_FOR_CALLER, /* DELETE */
    STOP_FOR_NODE    /* the node stops */
} stop_cause;

typedef struct node_computation {
    node *owner;
    struct node_computation *next; /* of those that are taken up, under the node's lock */
    policy policy;
    char *caller;
    char *decision;
    bool has_waited; /* for a person, when it was taken up before */
    settings *settings;
    pthread_t thread;

    /* Under the node's lock. */
    computation_phase phase;
    stop_cause stop;
    char awaited[256]; /* what it said last that it waits for; "": nothing */
    const char *step;  /* of the protocol; NULL: none yet */
    uint64_t done, total;
    uint64_t n_ands;   /* once compiled */
    pt_plan_seat plan; /* with has_plan: once the protocol has begun, at protocol_ms */
    bool has_plan;
    uint64_t protocol_ms;
    uint64_t begun_ms;   /* clock_ms() */
    uint64_t hurry_ms;   /* waits end at that time; 0: not yet */
    bool is_stale;       /* other rules count since it was decided; those by which it began stay */
    bool meets;          /* it waits for the others, and may as well begin to wait again */
    bool leads;          /* it has one of the places for those that this party leads */
    bool is_handed_over; /* to a person, who decides by its record */
    bool is_over;        /* the thread only waits to be joined */
} node_computation;

typedef struct node_delivery node_delivery;

/* Counters since the start, for /metrics. */
typedef struct node_counts {
    uint64_t scheduled, refused, done, failed, delivered, undelivered, requests, unauthorized;
} node_counts;

struct node {
    node_options options;
    monitor lock;
    pthread_mutex_t deciding; /* held while rules decide and what they allowed is counted */
    settings *settings;       /* the present ones */
    records *records;
    journal *journal; /* NULL: none */
    uint8_t seal_key[SEAL_KEY_BYTES];
    httpd *http;
    server_certificate *certificate; /* that it shows; NULL: no TLS */
    char *prefix;                    /* the path of this node's URL, without a slash at its end */
    direct_hub hub;
    bearer *bearer; /* NULL: its requests carry no token */
    node_computation *computations;
    size_t n_taken_up;
    size_t n_led;
    size_t n_unkept; /* that have ended and whose end the store does not take yet */
    node_delivery *deliveries;
    size_t n_delivering;
    node_counts counts;
    size_t arriving; /* bytes of bodies; the HTTP server's thread's */
    pthread_t keeper;
    bool has_keeper;
    bool is_stopping;
    bool is_store_lost;
    bool must_reconsider; /* what waits for a person has still to be decided by the present rules */
    bool has_work;        /* the keeper should look at the records */
    uint64_t beat_ms;     /* the keeper's last round */
};

/* node.c */

/* The present settings, for settings_release. */
settings *settings_use(node *n);
void settings_release(node *n, settings *s);
/* Adds the token that this node's requests carry, if they do. */
void node_authorize(node *n, http_call *call);
/* The keeper looks at the records; who waits for an answer gets it. */
void node_wake(node *n);
void node_log(node *n, node_level level, const char *what, const char *computation,
              const char *caller, const char *format, ...) PRINTF_LIKE(6, 7);

#endif
