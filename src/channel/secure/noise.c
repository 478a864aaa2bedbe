#include "channel/secure/noise.h"

#include <sodium.h>
#include <string.h>

#include "base/assert.h"
#include "base/le.h"
#include "base/mem.h"

#define BLOCK_BYTES 128 /* BLOCKLEN of BLAKE2b, section 12.8 */

static const char name_xx[] = "Noise_XX_25519_ChaChaPoly_BLAKE2b";
static const char name_xxpsk3[] = "Noise_XXpsk3_25519_ChaChaPoly_BLAKE2b";

/* A name longer than the hash would have to be hashed (section 5.2). */
_Static_assert(sizeof name_xxpsk3 - 1 <= NOISE_HASH_BYTES, "protocol names are padded");
_Static_assert(crypto_generichash_blake2b_BYTES_MAX == NOISE_HASH_BYTES, "HASHLEN");
_Static_assert(crypto_scalarmult_curve25519_BYTES == NOISE_KEY_BYTES, "DHLEN");
_Static_assert(crypto_aead_chacha20poly1305_ietf_ABYTES == NOISE_TAG_BYTES, "tags");

/* ---- Keys ---- */

void noise_keypair_of(noise_keypair *ret_pair, const uint8_t secret_key[NOISE_KEY_BYTES])
{
    memcpy(ret_pair->secret_key, secret_key, NOISE_KEY_BYTES);
    (void)crypto_scalarmult_curve25519_base(ret_pair->public_key, secret_key);
}

void noise_keypair_new(noise_keypair *ret_pair)
{
    uint8_t secret_key[NOISE_KEY_BYTES];
    randombytes_buf(secret_key, sizeof secret_key);
    noise_keypair_of(ret_pair, secret_key);
    mem_wipe(secret_key, sizeof secret_key);
}

/* ---- Hash functions (sections 4.3, 5.2) ---- */

typedef crypto_generichash_blake2b_state hash_state;

static void hash_init(hash_state *h)
{
    (void)crypto_generichash_blake2b_init(h, NULL, 0, NOISE_HASH_BYTES);
}

static void hash_update(hash_state *h, const void *bytes, size_t len)
{
    (void)crypto_generichash_blake2b_update(h, bytes, len);
}

static void hash_final(hash_state *h, uint8_t ret_hash[NOISE_HASH_BYTES])
{
    (void)crypto_generichash_blake2b_final(h, ret_hash, NOISE_HASH_BYTES);
    mem_wipe(h, sizeof *h);
}

/* HMAC (RFC 2104) of two strings one after the other, under a key of the hash's length. */
static void hmac(uint8_t ret_mac[NOISE_HASH_BYTES], const uint8_t key[NOISE_HASH_BYTES],
                 const uint8_t *a, size_t a_len, const uint8_t *b, size_t b_len)
{
    uint8_t pad[BLOCK_BYTES];
    hash_state h;
    memset(pad, 0x36, sizeof pad);
    for (size_t i = 0; i < NOISE_HASH_BYTES; i++)
        pad[i] ^= key[i];
    hash_init(&h);
    hash_update(&h, pad, sizeof pad);
    hash_update(&h, a, a_len);
    hash_update(&h, b, b_len);
    hash_final(&h, ret_mac);
    for (size_t i = 0; i < sizeof pad; i++)
        pad[i] ^= 0x36 ^ 0x5c;
    hash_init(&h);
    hash_update(&h, pad, sizeof pad);
    hash_update(&h, ret_mac, NOISE_HASH_BYTES);
    hash_final(&h, ret_mac);
    mem_wipe(pad, sizeof pad);
}

/* HKDF(chaining_key, input) with `n` outputs, 2 or 3. An output may be the chaining key. */
static void hkdf(uint8_t *const *ret_outputs, size_t n,
                 const uint8_t chaining_key[NOISE_HASH_BYTES], const uint8_t *input, size_t len)
{
    uint8_t temp[NOISE_HASH_BYTES];
    hmac(temp, chaining_key, input, len, NULL, 0);
    for (size_t i = 0; i < n; i++) {
        const uint8_t number = (uint8_t)(i + 1);
        hmac(ret_outputs[i], temp, i == 0 ? NULL : ret_outputs[i - 1],
             i == 0 ? 0 : NOISE_HASH_BYTES, &number, 1);
    }
    mem_wipe(temp, sizeof temp);
}

/* ---- CipherState (section 5.1) ---- */

static void make_nonce(uint8_t ret_nonce[crypto_aead_chacha20poly1305_ietf_NPUBBYTES], uint64_t n)
{
    memset(ret_nonce, 0, 4);
    le_put_u64(ret_nonce + 4, n);
}

static noise_result encrypt(noise_cipher *c, uint8_t *out, const uint8_t *in, size_t len,
                            const uint8_t *ad, size_t ad_len)
{
    uint8_t nonce[crypto_aead_chacha20poly1305_ietf_NPUBBYTES];
    if (len > NOISE_MESSAGE_MAX - NOISE_TAG_BYTES)
        return NOISE_LENGTH;
    if (c->nonce == UINT64_MAX) /* reserved */
        return NOISE_EXHAUSTED;
    make_nonce(nonce, c->nonce++);
    (void)crypto_aead_chacha20poly1305_ietf_encrypt(out, NULL, in, len, ad, ad_len, NULL, nonce,
                                                    c->key);
    return NOISE_OK;
}

static noise_result decrypt(noise_cipher *c, uint8_t *out, const uint8_t *in, size_t len,
                            const uint8_t *ad, size_t ad_len)
{
    uint8_t nonce[crypto_aead_chacha20poly1305_ietf_NPUBBYTES];
    if (len < NOISE_TAG_BYTES || len > NOISE_MESSAGE_MAX)
        return NOISE_LENGTH;
    if (c->nonce == UINT64_MAX)
        return NOISE_EXHAUSTED;
    make_nonce(nonce, c->nonce);
    if (crypto_aead_chacha20poly1305_ietf_decrypt(out, NULL, NULL, in, len, ad, ad_len, nonce,
                                                  c->key) != 0)
        return NOISE_PAYLOAD;
    c->nonce++;
    return NOISE_OK;
}

noise_result noise_seal(noise_cipher *c, uint8_t *out, const uint8_t *in, size_t len)
{
    return encrypt(c, out, in, len, NULL, 0);
}

noise_result noise_open(noise_cipher *c, uint8_t *out, const uint8_t *in, size_t len)
{
    return decrypt(c, out, in, len, NULL, 0);
}

/* ---- SymmetricState (section 5.2) ---- */

static void mix_hash(noise_handshake *hs, const uint8_t *bytes, size_t len)
{
    hash_state h;
    hash_init(&h);
    hash_update(&h, hs->hash, sizeof hs->hash);
    hash_update(&h, bytes, len);
    hash_final(&h, hs->hash);
}

/* InitializeKey with the first 32 bytes of an output of HKDF. */
static void set_key(noise_handshake *hs, const uint8_t temp_k[NOISE_HASH_BYTES])
{
    memcpy(hs->cipher.key, temp_k, NOISE_KEY_BYTES);
    hs->cipher.nonce = 0;
    hs->has_key = true;
}

static void mix_key(noise_handshake *hs, const uint8_t input[NOISE_KEY_BYTES])
{
    uint8_t temp_k[NOISE_HASH_BYTES];
    hkdf((uint8_t *const[]){hs->chaining_key, temp_k}, 2, hs->chaining_key, input, NOISE_KEY_BYTES);
    set_key(hs, temp_k);
    mem_wipe(temp_k, sizeof temp_k);
}

static void mix_psk(noise_handshake *hs)
{
    uint8_t temp_h[NOISE_HASH_BYTES];
    uint8_t temp_k[NOISE_HASH_BYTES];
    hkdf((uint8_t *const[]){hs->chaining_key, temp_h, temp_k}, 3, hs->chaining_key, hs->psk,
         NOISE_KEY_BYTES);
    mix_hash(hs, temp_h, sizeof temp_h);
    set_key(hs, temp_k);
    mem_wipe(temp_h, sizeof temp_h);
    mem_wipe(temp_k, sizeof temp_k);
}

static noise_result mix_dh(noise_handshake *hs, const noise_keypair *own,
                           const uint8_t peer[NOISE_KEY_BYTES])
{
    uint8_t shared[NOISE_KEY_BYTES];
    const bool good = crypto_scalarmult_curve25519(shared, own->secret_key, peer) == 0 &&
                      !sodium_is_zero(shared, sizeof shared);
    if (good)
        mix_key(hs, shared);
    mem_wipe(shared, sizeof shared);
    return good ? NOISE_OK : NOISE_POINT;
}

/* Appends to the message at out[*len]. */
static noise_result encrypt_and_hash(noise_handshake *hs, uint8_t *out, size_t *len,
                                     const uint8_t *bytes, size_t n)
{
    uint8_t *at = out + *len;
    const size_t written = n + (hs->has_key ? NOISE_TAG_BYTES : 0);
    noise_result result = NOISE_OK;
    if (hs->has_key)
        result = encrypt(&hs->cipher, at, bytes, n, hs->hash, sizeof hs->hash);
    else if (n != 0)
        memcpy(at, bytes, n);
    if (result == NOISE_OK)
        mix_hash(hs, at, written);
    *len += written;
    return result;
}

/* Takes `n` bytes at in[*at], and their tag if there is one. */
static noise_result decrypt_and_hash(noise_handshake *hs, uint8_t *out, const uint8_t *in,
                                     size_t *at, size_t n)
{
    const uint8_t *bytes = in + *at;
    const size_t taken = n + (hs->has_key ? NOISE_TAG_BYTES : 0);
    noise_result result = NOISE_OK;
    if (hs->has_key)
        result = decrypt(&hs->cipher, out, bytes, taken, hs->hash, sizeof hs->hash);
    else if (n != 0)
        memcpy(out, bytes, n);
    if (result == NOISE_OK)
        mix_hash(hs, bytes, taken);
    *at += taken;
    return result;
}

/* ---- HandshakeState (section 5.3) ---- */

void noise_handshake_clear(noise_handshake *hs)
{
    mem_wipe(hs, sizeof *hs);
    hs->dead = true;
}

void noise_handshake_init(noise_handshake *hs, const noise_options *options)
{
    *hs = (noise_handshake){.initiator = options->initiator,
                            .has_psk = options->psk != NULL,
                            .message = 1,
                            .own_static = *options->own_static};
    if (options->psk != NULL)
        memcpy(hs->psk, options->psk, sizeof hs->psk);
    if (options->own_ephemeral != NULL)
        hs->own_ephemeral = *options->own_ephemeral;
    else
        noise_keypair_new(&hs->own_ephemeral);
    const char *name = hs->has_psk ? name_xxpsk3 : name_xx;
    memcpy(hs->hash, name, strlen(name));
    memcpy(hs->chaining_key, hs->hash, sizeof hs->hash);
    mix_hash(hs, options->prologue, options->prologue_len);
}

bool noise_handshake_done(const noise_handshake *hs)
{
    return !hs->dead && hs->message == 4;
}

/* Whether the next message is this side's to write. */
static bool is_own_turn(const noise_handshake *hs)
{
    return hs->message <= 3 && (hs->message % 2 == 1) == hs->initiator;
}

/* "e": in handshakes with a pre-shared key it is also mixed into the key (section 9.2). */
static void mix_ephemeral(noise_handshake *hs, const uint8_t e[NOISE_KEY_BYTES])
{
    mix_hash(hs, e, NOISE_KEY_BYTES);
    if (hs->has_psk)
        mix_key(hs, e);
}

/* "es" and "se" name the initiator's key first; seen from here, each mixes an own key with one of
 * the peer's. */
static noise_result mix_es(noise_handshake *hs)
{
    return hs->initiator ? mix_dh(hs, &hs->own_ephemeral, hs->peer_static)
                         : mix_dh(hs, &hs->own_static, hs->peer_ephemeral);
}

static noise_result mix_se(noise_handshake *hs)
{
    return hs->initiator ? mix_dh(hs, &hs->own_static, hs->peer_ephemeral)
                         : mix_dh(hs, &hs->own_ephemeral, hs->peer_static);
}

/* What follows "s" in messages 2 and 3. */
static noise_result mix_after_static(noise_handshake *hs)
{
    noise_result result = hs->message == 2 ? mix_es(hs) : mix_se(hs);
    if (result == NOISE_OK && hs->message == 3 && hs->has_psk)
        mix_psk(hs);
    return result;
}

static noise_result write_keys(noise_handshake *hs, uint8_t *out, size_t *len)
{
    noise_result result = NOISE_OK;
    if (hs->message != 3) {
        memcpy(out, hs->own_ephemeral.public_key, NOISE_KEY_BYTES);
        *len = NOISE_KEY_BYTES;
        mix_ephemeral(hs, out);
    }
    if (hs->message == 1)
        return NOISE_OK;
    if (hs->message == 2)
        result = mix_dh(hs, &hs->own_ephemeral, hs->peer_ephemeral);
    if (result == NOISE_OK)
        result = encrypt_and_hash(hs, out, len, hs->own_static.public_key, NOISE_KEY_BYTES);
    return result == NOISE_OK ? mix_after_static(hs) : result;
}

static noise_result read_keys(noise_handshake *hs, const uint8_t *in, size_t *at)
{
    noise_result result = NOISE_OK;
    if (hs->message != 3) {
        memcpy(hs->peer_ephemeral, in, NOISE_KEY_BYTES);
        *at = NOISE_KEY_BYTES;
        mix_ephemeral(hs, hs->peer_ephemeral);
    }
    if (hs->message == 1)
        return NOISE_OK;
    if (hs->message == 2)
        result = mix_dh(hs, &hs->own_ephemeral, hs->peer_ephemeral);
    if (result == NOISE_OK)
        result = decrypt_and_hash(hs, hs->peer_static, in, at, NOISE_KEY_BYTES);
    if (result == NOISE_PAYLOAD)
        result = NOISE_STATIC;
    return result == NOISE_OK ? mix_after_static(hs) : result;
}

static size_t overhead(const noise_handshake *hs)
{
    if (hs->message == 1)
        return hs->has_psk ? NOISE_OVERHEAD_1_PSK : NOISE_OVERHEAD_1;
    return hs->message == 2 ? NOISE_OVERHEAD_2 : NOISE_OVERHEAD_3;
}

static noise_result end_step(noise_handshake *hs, noise_result result)
{
    if (result == NOISE_OK)
        hs->message++;
    else
        noise_handshake_clear(hs);
    return result;
}

noise_result noise_handshake_write(noise_handshake *hs, uint8_t *out, size_t *ret_len,
                                   const uint8_t *payload, size_t len)
{
    if (hs->dead)
        return NOISE_DEAD;
    PT_ASSERT(is_own_turn(hs));
    if (len > NOISE_MESSAGE_MAX - overhead(hs))
        return end_step(hs, NOISE_LENGTH);
    size_t written = 0;
    noise_result result = write_keys(hs, out, &written);
    if (result == NOISE_OK)
        result = encrypt_and_hash(hs, out, &written, payload, len);
    if (result == NOISE_OK)
        *ret_len = written;
    return end_step(hs, result);
}

noise_result noise_handshake_read(noise_handshake *hs, uint8_t *out, size_t *ret_len,
                                  const uint8_t *bytes, size_t len)
{
    if (hs->dead)
        return NOISE_DEAD;
    PT_ASSERT(hs->message <= 3 && !is_own_turn(hs));
    if (len < overhead(hs) || len > NOISE_MESSAGE_MAX)
        return end_step(hs, NOISE_LENGTH);
    const size_t payload_len = len - overhead(hs);
    size_t at = 0;
    noise_result result = read_keys(hs, bytes, &at);
    if (result == NOISE_OK)
        result = decrypt_and_hash(hs, out, bytes, &at, payload_len);
    if (result == NOISE_OK)
        *ret_len = payload_len;
    return end_step(hs, result);
}

void noise_handshake_split(noise_handshake *hs, noise_cipher *ret_send, noise_cipher *ret_recv)
{
    uint8_t first[NOISE_HASH_BYTES];
    uint8_t second[NOISE_HASH_BYTES];
    PT_ASSERT(noise_handshake_done(hs));
    hkdf((uint8_t *const[]){first, second}, 2, hs->chaining_key, NULL, 0);
    memcpy(ret_send->key, hs->initiator ? first : second, NOISE_KEY_BYTES);
    memcpy(ret_recv->key, hs->initiator ? second : first, NOISE_KEY_BYTES);
    ret_send->nonce = ret_recv->nonce = 0;
    mem_wipe(first, sizeof first);
    mem_wipe(second, sizeof second);
    noise_handshake_clear(hs);
}
