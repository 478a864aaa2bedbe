/* The random oracle RO_d and commitments on BLAKE2b (protocol spec, section 0.4). Layer: crypto.
 *
 *     RO_d(label; f_1 .. f_m) = BLAKE2b-d(enc(label) || enc(f_1) || .. ),  enc(s) = LE64(|s|) || s
 *
 * Every use has its own label, listed in ro_labels.h. d is 16 .. 64. */
#ifndef CRYPTO_RO_H
#define CRYPTO_RO_H

#include <stddef.h>
#include <stdint.h>

#include <sodium.h>

#include "crypto/block.h"

typedef struct ro {
    crypto_generichash_blake2b_state state;
    size_t out_len;
} ro;

/* Starts RO_{out_len}(label; ...). */
void ro_init(ro *h, size_t out_len, const char *label);
/* Adds one field. */
void ro_field(ro *h, const void *bytes, size_t len);
void ro_u32(ro *h, uint32_t v); /* LE32 */
void ro_u64(ro *h, uint64_t v); /* LE64 */
void ro_block(ro *h, block v);
/* Starts one field of `len` bytes that follow in pieces by ro_part. */
void ro_field_begin(ro *h, uint64_t len);
void ro_part(ro *h, const void *bytes, size_t len);
/* Writes out_len bytes and wipes the state. */
void ro_final(ro *h, void *ret_digest);
/* For out_len 16. */
block ro_final_block(ro *h);

#define COMMITMENT_BYTES       32
#define COMMITMENT_NONCE_BYTES 32

/* commit = RO_32("mpcag/commit"; sid, step, party, v, nonce); step is LE64(wave) || LE64(number in
 * wave). */
void commitment_make(uint8_t ret_commitment[COMMITMENT_BYTES], const uint8_t sid[32], uint64_t wave,
                     uint64_t number, uint64_t party, const void *value, size_t len,
                     const uint8_t nonce[COMMITMENT_NONCE_BYTES]);

#endif
