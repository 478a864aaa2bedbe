#include "node/records/seal.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/random.h"

#define NONCE_BYTES crypto_aead_xchacha20poly1305_ietf_NPUBBYTES
#define TAG_BYTES   crypto_aead_xchacha20poly1305_ietf_ABYTES
#define NAME_SIZE   64

_Static_assert(SEAL_KEY_BYTES == crypto_aead_xchacha20poly1305_ietf_KEYBYTES, "one size of keys");

void seal_key(uint8_t ret_key[SEAL_KEY_BYTES], const uint8_t *private_key)
{
    static const char label[] = "polytune node: store";
    const size_t key_len = private_key == NULL ? 0 : PT_KEY_BYTES;
    (void)crypto_generichash(ret_key, SEAL_KEY_BYTES, (const uint8_t *)label, sizeof label - 1,
                             private_key, key_len);
}

/* What the ciphertext is bound to. */
static size_t seal_name(char ret_name[NAME_SIZE], seal_what what, const char *id)
{
    const int len =
        snprintf(ret_name, NAME_SIZE, "%s %.40s", what == SEAL_INPUT ? "input" : "result", id);
    return len < 0 ? 0 : (size_t)len;
}

uint8_t *seal_close(size_t *ret_len, const uint8_t key[SEAL_KEY_BYTES], seal_what what,
                    const char *id, const uint8_t *bytes, size_t len)
{
    char name[NAME_SIZE];
    const size_t name_len = seal_name(name, what, id);
    uint8_t *sealed = mem_new(NONCE_BYTES + len + TAG_BYTES, 1);
    if (sealed == NULL || random_bytes(sealed, NONCE_BYTES, NULL) != PT_OK) {
        mem_free(sealed);
        return NULL;
    }
    (void)crypto_aead_xchacha20poly1305_ietf_encrypt(
        sealed + NONCE_BYTES, NULL, bytes, len, (const uint8_t *)name, name_len, NULL, sealed, key);
    *ret_len = NONCE_BYTES + len + TAG_BYTES;
    return sealed;
}

uint8_t *seal_open(size_t *ret_len, const uint8_t key[SEAL_KEY_BYTES], seal_what what,
                   const char *id, const uint8_t *sealed, size_t len)
{
    char name[NAME_SIZE];
    const size_t name_len = seal_name(name, what, id);
    if (sealed == NULL || len < NONCE_BYTES + TAG_BYTES)
        return NULL;
    const size_t text_len = len - NONCE_BYTES - TAG_BYTES;
    uint8_t *bytes = mem_new(text_len + 1, 1);
    if (bytes == NULL)
        return NULL;
    if (crypto_aead_xchacha20poly1305_ietf_decrypt(bytes, NULL, NULL, sealed + NONCE_BYTES,
                                                   len - NONCE_BYTES, (const uint8_t *)name,
                                                   name_len, sealed, key) != 0) {
        mem_free_secret(bytes, text_len + 1);
        return NULL;
    }
    *ret_len = text_len;
    return bytes;
}
