#include "relay/quota.h"

#include <sodium.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "base/random.h"

#define PLACES 4096
#define WAYS   4 /* buckets that a key may be in */

pt_status quota_init(quota *q, double per_second, double burst, pt_error *error)
{
    *q = (quota){.per_second = per_second, .burst = burst < 1 ? 1 : burst};
    if (per_second <= 0)
        return PT_OK;
    q->buckets = mem_new((size_t)PLACES * WAYS, sizeof *q->buckets);
    return q->buckets == NULL ? error_memory(error)
                              : random_bytes(&q->secret, sizeof q->secret, error);
}

void quota_clear(quota *q)
{
    mem_free(q->buckets);
    q->buckets = NULL;
}

/* The key's bucket, filled up to now. */
static quota_bucket *bucket_find(const quota *q, const void *key, size_t len, uint64_t now_ms)
{
    uint8_t digest[QUOTA_KEY_BYTES + 4];
    uint32_t place;
    (void)crypto_generichash(digest, sizeof digest, key, len, (const uint8_t *)&q->secret,
                             sizeof q->secret);
    memcpy(&place, digest + QUOTA_KEY_BYTES, sizeof place);
    quota_bucket *set = q->buckets + (size_t)(place % PLACES) * WAYS;
    quota_bucket *b = &set[0];
    for (size_t i = 0; i < WAYS; i++) {
        if (set[i].is_used && memcmp(set[i].key, digest, QUOTA_KEY_BYTES) == 0) {
            b = &set[i];
            b->level += (double)(now_ms - b->seen_ms) / 1000 * q->per_second;
            b->level = b->level < q->burst ? b->level : q->burst;
            b->seen_ms = now_ms;
            return b;
        }
        if (b->is_used && (!set[i].is_used || set[i].seen_ms < b->seen_ms))
            b = &set[i];
    }
    *b = (quota_bucket){.is_used = true, .seen_ms = now_ms, .level = q->burst};
    memcpy(b->key, digest, QUOTA_KEY_BYTES);
    return b;
}

static uint64_t bucket_wait_ms(const quota *q, const quota_bucket *b)
{
    return b->level >= 1 ? 0 : (uint64_t)((1 - b->level) / q->per_second * 1000) + 1;
}

uint64_t quota_wait_ms(quota *q, const void *key, size_t len, uint64_t now_ms)
{
    return q->buckets == NULL ? 0 : bucket_wait_ms(q, bucket_find(q, key, len, now_ms));
}

uint64_t quota_take(quota *q, const void *key, size_t len, uint64_t now_ms)
{
    if (q->buckets == NULL)
        return 0;
    quota_bucket *b = bucket_find(q, key, len, now_ms);
    const uint64_t wait = bucket_wait_ms(q, b);
    if (wait == 0)
        b->level -= 1;
    return wait;
}
