/* How much an address or a session may ask for in a time: token buckets. Layer: relay.
 *
 * A bucket holds up to `burst` permissions and gains `per_second` of them a second; a request takes
 * one. Buckets are found by key in a table of fixed size: whoever comes under many names pushes out
 * the bucket unused for longest among a few, never costs memory. */
#ifndef RELAY_QUOTA_H
#define RELAY_QUOTA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/compiler.h"
#include "polytune/status.h"

#define QUOTA_KEY_BYTES 16

typedef struct quota_bucket {
    uint8_t key[QUOTA_KEY_BYTES];
    bool is_used;
    uint64_t seen_ms;
    double level; /* permissions left */
} quota_bucket;

typedef struct quota {
    double per_second; /* 0: no limit */
    double burst;
    uint64_t secret; /* nobody else can choose which keys share a place */
    quota_bucket *buckets;
} quota;

MUST_CHECK pt_status quota_init(quota *q, double per_second, double burst, pt_error *error);
void quota_clear(quota *q);

/* Whether the key may ask now: 0, or after how many milliseconds it may. `quota_take` uses up a
 * permission if there is one. */
uint64_t quota_wait_ms(quota *q, const void *key, size_t len, uint64_t now_ms);
uint64_t quota_take(quota *q, const void *key, size_t len, uint64_t now_ms);

#endif
