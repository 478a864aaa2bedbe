/* Encrypted channels against whoever is in between. The lowest two bits of the first byte say what
 * runs:
 *
 *     0    connecting, alone: the rest is what the peers send, each message after its length in two
 *          bytes
 *     1    a Noise handshake; the rest changes its messages, see change()
 *     2    a sealed message, its length in the next two bytes; the rest changes it
 *
 * Its other bits choose the party's number, or whether there is a pre-shared key. What was changed
 * must be noticed, and what was not must arrive. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "base/assert.h"
#include "base/mem.h"
#include "channel/channel.h"
#include "channel/secure/record.h"
#include "peer_bytes.h"
#include "polytune/secure.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* ---- 0: connecting ---- */

static void connect_alone(size_t party, const uint8_t *data, size_t size)
{
    peer_bytes peers = {.at = data, .left = size};
    const pt_secure_options options = {
        .party = party, .parties = 3, .session = "s", .session_len = 1};
    pt_channel channel;
    /* Nobody can make up a whole handshake without knowing this party's fresh key. */
    PT_ASSERT(pt_channel_secure_wrap(&channel, peer_bytes_channel(&peers), &options, NULL) !=
              PT_OK);
}

/* ---- Changes ---- */

/* Applies the changes for one message; whether it is another one now. A change is 4 bytes: which
 * message it is for and whether it cuts, where (two bytes), and what is added there (xor). */
static bool change(uint8_t *message, size_t *len, unsigned number, const uint8_t *data, size_t size)
{
    const size_t whole = *len;
    uint8_t *before = malloc(whole + 1);
    if (before == NULL)
        abort();
    memcpy(before, message, whole);
    for (; size >= 4; data += 4, size -= 4) {
        const size_t at = (size_t)data[1] | (size_t)data[2] << 8;
        if (data[0] % 4 == 3 && data[0] / 4 % 3 == number % 3 && at < *len)
            *len = at;
        else if (data[0] % 4 == number % 3 && at < *len)
            message[at] ^= data[3];
    }
    const bool changed = *len != whole || memcmp(before, message, whole) != 0;
    free(before);
    return changed;
}

/* ---- 1: a handshake ---- */

static void begin(noise_handshake *side, bool initiator, bool with_psk)
{
    static const uint8_t psk[NOISE_KEY_BYTES] = {1, 2, 3};
    uint8_t secret[NOISE_KEY_BYTES] = {7, initiator};
    noise_keypair own_static, ephemeral;
    noise_keypair_of(&own_static, secret);
    secret[2] = 9;
    noise_keypair_of(&ephemeral, secret);
    const noise_options options = {.initiator = initiator,
                                   .psk = with_psk ? psk : NULL,
                                   .prologue = psk,
                                   .prologue_len = sizeof psk,
                                   .own_static = &own_static,
                                   .own_ephemeral = &ephemeral};
    noise_handshake_init(side, &options);
}

static void shake_hands(bool with_psk, const uint8_t *data, size_t size)
{
    noise_handshake side[2];
    bool changed = false;
    noise_result result = NOISE_OK;
    begin(&side[0], true, with_psk);
    begin(&side[1], false, with_psk);
    for (unsigned number = 0; number < 3 && result == NOISE_OK; number++) {
        uint8_t message[256], payload[256];
        size_t len = 0, payload_len = 0;
        result =
            noise_handshake_write(&side[number % 2], message, &len, (const uint8_t *)"hello", 5);
        if (result != NOISE_OK)
            break;
        changed = change(message, &len, number, data, size) || changed;
        result = noise_handshake_read(&side[1 - number % 2], payload, &payload_len, message, len);
        PT_ASSERT(result != NOISE_OK || payload_len <= 5);
    }
    PT_ASSERT(changed == (result != NOISE_OK));
    for (size_t i = 0; i < 2; i++)
        noise_handshake_clear(&side[i]);
}

/* ---- 2: a message ---- */

static void pass_message(const uint8_t *data, size_t size)
{
    noise_cipher sender = {.key = {1}}, receiver = {.key = {1}};
    if (size < 2)
        return;
    const size_t plain_len = 2 * ((size_t)data[0] | (size_t)data[1] << 8);
    size_t len = record_sealed_len(plain_len), opened = 0;
    uint8_t *plain = mem_new(plain_len, 1);
    uint8_t *sealed = malloc(len);
    if (plain == NULL || sealed == NULL)
        abort();
    randombytes_buf_deterministic(plain, plain_len, (const uint8_t[randombytes_SEEDBYTES]){0});
    if (record_seal(&sender, sealed, plain, plain_len) != NOISE_OK)
        abort();
    const bool changed = change(sealed, &len, 0, data + 2, size - 2);
    const noise_result result = record_open(&receiver, sealed, len, &opened);
    PT_ASSERT(changed == (result != NOISE_OK));
    if (!changed) {
        PT_ASSERT(opened == plain_len);
        PT_ASSERT(memcmp(sealed, plain, plain_len) == 0);
    }
    mem_free(plain);
    free(sealed);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0 || sodium_init() < 0)
        return 0;
    const unsigned high = data[0] >> 2;
    switch (data[0] % 4) {
    case 0:
        connect_alone(high % 3, data + 1, size - 1);
        break;
    case 1:
        shake_hands(high % 2 == 1, data + 1, size - 1);
        break;
    case 2:
        pass_message(data + 1, size - 1);
        break;
    default:
        break;
    }
    return 0;
}
