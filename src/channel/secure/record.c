#include "channel/secure/record.h"

#include <string.h>

#include "base/le.h"
#include "base/mem.h"
#include "base/min.h"

#define LENGTH_BYTES 8
#define PLAIN_MAX    ((size_t)NOISE_MESSAGE_MAX - NOISE_TAG_BYTES) /* of one record */

size_t record_sealed_len(size_t len)
{
    if (len > SIZE_MAX - LENGTH_BYTES - PLAIN_MAX)
        return SIZE_MAX;
    const size_t plain = LENGTH_BYTES + len;
    const size_t tags = (plain + PLAIN_MAX - 1) / PLAIN_MAX * NOISE_TAG_BYTES;
    return plain > SIZE_MAX - 1 - tags ? SIZE_MAX : plain + tags;
}

noise_result record_seal(noise_cipher *c, uint8_t *out, const uint8_t *bytes, size_t len)
{
    /* The first record is put together where it will be; the others are taken from `bytes`. */
    size_t taken = min_size(len, PLAIN_MAX - LENGTH_BYTES);
    le_put_u64(out, len);
    if (taken != 0)
        memcpy(out + LENGTH_BYTES, bytes, taken);
    noise_result result = noise_seal(c, out, out, LENGTH_BYTES + taken);
    out += LENGTH_BYTES + taken + NOISE_TAG_BYTES;
    while (result == NOISE_OK && taken < len) {
        const size_t n = min_size(len - taken, PLAIN_MAX);
        result = noise_seal(c, out, bytes + taken, n);
        out += n + NOISE_TAG_BYTES;
        taken += n;
    }
    return result;
}

static uint64_t read_length(const uint8_t *bytes)
{
    uint64_t length = 0;
    for (size_t i = 0; i < LENGTH_BYTES; i++)
        length |= (uint64_t)bytes[i] << (8 * i);
    return length;
}

/* Opens each record in its place and then moves its bytes to where they belong: decrypting with a
 * shift is not what libsodium's vector code allows. */
static noise_result open_records(noise_cipher *c, uint8_t *bytes, size_t len, size_t *ret_len)
{
    size_t opened = 0;
    uint64_t stated = 0;
    for (size_t at = 0; at < len;) {
        const size_t n = min_size(len - at, NOISE_MESSAGE_MAX);
        const size_t skip = at == 0 ? LENGTH_BYTES : 0;
        const noise_result result = noise_open(c, bytes + at, bytes + at, n);
        if (result != NOISE_OK)
            return result;
        if (n < skip + NOISE_TAG_BYTES)
            return NOISE_LENGTH;
        if (at == 0)
            stated = read_length(bytes);
        memmove(bytes + opened, bytes + at + skip, n - NOISE_TAG_BYTES - skip);
        opened += n - NOISE_TAG_BYTES - skip;
        at += n;
    }
    *ret_len = opened;
    return opened == stated && record_sealed_len(opened) == len ? NOISE_OK : NOISE_LENGTH;
}

noise_result record_open(noise_cipher *c, uint8_t *bytes, size_t len, size_t *ret_len)
{
    size_t opened = 0;
    const noise_result result = open_records(c, bytes, len, &opened);
    mem_wipe(bytes + opened, len - opened);
    if (result == NOISE_OK)
        *ret_len = opened;
    else
        mem_wipe(bytes, opened);
    return result;
}
