/* A channel message as encrypted records, and back. Layer: channel.
 *
 *     plain    length u64, little-endian | bytes
 *     sealed   the plain bytes cut into Noise transport messages of NOISE_MESSAGE_MAX bytes, the
 *              last one shorter, one after the other
 *
 * The length inside keeps a message from being cut off between two records. */
#ifndef CHANNEL_SECURE_RECORD_H
#define CHANNEL_SECURE_RECORD_H

#include "channel/secure/noise.h"

/* How long a message of `len` bytes is when sealed: at least 24. SIZE_MAX when that does not fit;
 * no message of that length exists. */
size_t record_sealed_len(size_t len);

/* Seals `len` bytes to record_sealed_len(len) bytes at `out`. NOISE_EXHAUSTED. */
MUST_CHECK noise_result record_seal(noise_cipher *c, uint8_t *out, const uint8_t *bytes,
                                    size_t len);

/* Opens a sealed message in place: the result is the first *ret_len bytes, and the rest is wiped.
 * On failure all `len` bytes are wiped. */
MUST_CHECK noise_result record_open(noise_cipher *c, uint8_t *bytes, size_t len, size_t *ret_len);

#endif
