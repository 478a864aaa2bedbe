#include "crypto/ro.h"

#include <string.h>

#include "base/assert.h"
#include "base/le.h"
#include "base/mem.h"
#include "crypto/ro_labels.h"

void ro_init(ro *h, size_t out_len, const char *label)
{
    PT_ASSERT(out_len >= crypto_generichash_blake2b_BYTES_MIN);
    PT_ASSERT(out_len <= crypto_generichash_blake2b_BYTES_MAX);
    const int failed = crypto_generichash_blake2b_init(&h->state, NULL, 0, out_len);
    PT_ASSERT(failed == 0);
    h->out_len = out_len;
    ro_field(h, label, strlen(label));
}

void ro_field(ro *h, const void *bytes, size_t len)
{
    ro_field_begin(h, len);
    ro_part(h, bytes, len);
}

void ro_u32(ro *h, uint32_t v)
{
    uint8_t bytes[4];
    le_put_u32(bytes, v);
    ro_field(h, bytes, sizeof bytes);
}

void ro_u64(ro *h, uint64_t v)
{
    uint8_t bytes[8];
    le_put_u64(bytes, v);
    ro_field(h, bytes, sizeof bytes);
}

void ro_block(ro *h, block v)
{
    ro_field(h, &v, sizeof v);
}

void ro_field_begin(ro *h, uint64_t len)
{
    uint8_t bytes[8];
    le_put_u64(bytes, len);
    ro_part(h, bytes, sizeof bytes);
}

void ro_part(ro *h, const void *bytes, size_t len)
{
    crypto_generichash_blake2b_update(&h->state, bytes, len);
}

void ro_final(ro *h, void *ret_digest)
{
    crypto_generichash_blake2b_final(&h->state, ret_digest, h->out_len);
    mem_wipe(h, sizeof *h);
}

block ro_final_block(ro *h)
{
    block ret;
    PT_ASSERT(h->out_len == sizeof ret);
    ro_final(h, &ret);
    return ret;
}

void commitment_make(uint8_t ret_commitment[COMMITMENT_BYTES], const uint8_t sid[32], uint64_t wave,
                     uint64_t number, uint64_t party, const void *value, size_t len,
                     const uint8_t nonce[COMMITMENT_NONCE_BYTES])
{
    ro h;
    ro_init(&h, COMMITMENT_BYTES, RO_LABEL_COMMIT);
    ro_field(&h, sid, 32);
    const block step = block_make(number, wave); /* LE64(wave) || LE64(number) */
    ro_block(&h, step);
    ro_u64(&h, party);
    ro_field(&h, value, len);
    ro_field(&h, nonce, COMMITMENT_NONCE_BYTES);
    ro_final(&h, ret_commitment);
}
