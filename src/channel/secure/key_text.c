/* Keys as text: polytune/secure.h. */
#include <sodium.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "polytune/secure.h"

#define CHECKSUM_BYTES 4
#define PREFIX_CHARS   3

static const char public_prefix[] = "pk:";
static const char private_prefix[] = "sk:";

/* Key and checksum. */
typedef struct checked_key {
    uint8_t bytes[PT_KEY_BYTES + CHECKSUM_BYTES];
} checked_key;

_Static_assert(PREFIX_CHARS + (PT_KEY_BYTES + CHECKSUM_BYTES) / 3 * 4 + 1 == PT_KEY_TEXT_SIZE,
               "base64 without padding");

static void checksum(uint8_t ret_sum[CHECKSUM_BYTES], const char *prefix,
                     const uint8_t key[PT_KEY_BYTES])
{
    uint8_t hash[crypto_generichash_blake2b_BYTES_MIN];
    crypto_generichash_blake2b_state state;
    (void)crypto_generichash_blake2b_init(&state, NULL, 0, sizeof hash);
    (void)crypto_generichash_blake2b_update(&state, (const uint8_t *)prefix, PREFIX_CHARS);
    (void)crypto_generichash_blake2b_update(&state, key, PT_KEY_BYTES);
    (void)crypto_generichash_blake2b_final(&state, hash, sizeof hash);
    memcpy(ret_sum, hash, CHECKSUM_BYTES);
    mem_wipe(&state, sizeof state);
}

void pt_channel_secure_key_print(char ret_text[PT_KEY_TEXT_SIZE], const uint8_t key[PT_KEY_BYTES],
                                 bool is_private)
{
    const char *prefix = is_private ? private_prefix : public_prefix;
    checked_key k;
    if (ret_text == NULL || key == NULL)
        return;
    memcpy(k.bytes, key, PT_KEY_BYTES);
    checksum(k.bytes + PT_KEY_BYTES, prefix, key);
    memcpy(ret_text, prefix, PREFIX_CHARS);
    (void)sodium_bin2base64(ret_text + PREFIX_CHARS, PT_KEY_TEXT_SIZE - PREFIX_CHARS, k.bytes,
                            sizeof k.bytes, sodium_base64_VARIANT_URLSAFE_NO_PADDING);
    mem_wipe(&k, sizeof k);
}

/* What is wrong with a key of `len` characters, or NULL. */
static const char *fault_of_key(uint8_t ret_key[PT_KEY_BYTES], const char *prefix, const char *text,
                                size_t len)
{
    checked_key k;
    uint8_t sum[CHECKSUM_BYTES];
    size_t got = 0;
    const char *end = NULL;
    const char *fault = NULL;
    const char *other = prefix == public_prefix ? private_prefix : public_prefix;
    if (len >= PREFIX_CHARS && memcmp(text, other, PREFIX_CHARS) == 0)
        return prefix == public_prefix ? "is a private key, which nobody else should see"
                                       : "is a public key";
    if (len < PREFIX_CHARS || memcmp(text, prefix, PREFIX_CHARS) != 0)
        return prefix == public_prefix ? "is not a public key, pk:..."
                                       : "is not a private key, sk:...";
    if (len != PT_KEY_TEXT_SIZE - 1)
        return "is not 51 characters long";
    if (sodium_base642bin(k.bytes, sizeof k.bytes, text + PREFIX_CHARS, len - PREFIX_CHARS, NULL,
                          &got, &end, sodium_base64_VARIANT_URLSAFE_NO_PADDING) != 0 ||
        got != sizeof k.bytes || end != text + len) {
        fault = "has a character that no key has";
    } else {
        checksum(sum, prefix, k.bytes);
        if (memcmp(sum, k.bytes + PT_KEY_BYTES, sizeof sum) != 0)
            fault = "has a typing error: its checksum is wrong";
        else
            memcpy(ret_key, k.bytes, PT_KEY_BYTES);
    }
    mem_wipe(&k, sizeof k);
    return fault;
}

pt_status pt_channel_secure_key_parse(uint8_t ret_key[PT_KEY_BYTES], const char *text, size_t len,
                                      bool is_private, pt_error *error)
{
    if (ret_key == NULL || text == NULL)
        return error_missing(error, "a text and a place for the key");
    const char *fault =
        fault_of_key(ret_key, is_private ? private_prefix : public_prefix, text, len);
    return fault == NULL ? PT_OK : error_set(error, PT_ERR_INPUT, "it %s", fault);
}
