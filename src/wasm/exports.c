/* The small calls. */
#include <sodium.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/hex.h"
#include "base/mem.h"
#include "wasm/answer.h"
#include "wasm/wasm.h"

/* What was JSON may have been secret: it is wiped when it is freed. */
typedef struct json_memory {
    _Alignas(16) size_t len;
} json_memory;

static void *json_memory_new(size_t len)
{
    json_memory *m = len > SIZE_MAX - sizeof *m ? NULL : mem_new(sizeof *m + len, 1);
    if (m == NULL)
        return NULL;
    m->len = len;
    return m + 1;
}

static void json_memory_free(void *memory)
{
    if (memory == NULL)
        return;
    json_memory *m = (json_memory *)memory - 1;
    mem_free_secret(m, sizeof *m + m->len);
}

void wasm_start(void)
{
    json_set_alloc_funcs(json_memory_new, json_memory_free);
    json_object_seed(0);
}

void *wasm_alloc(size_t len)
{
    return mem_new(len, 1);
}

void wasm_free(void *memory)
{
    mem_free(memory);
}

static pt_status make_or_read_key(uint8_t ret_public[PT_KEY_BYTES],
                                  uint8_t ret_private[PT_KEY_BYTES], const char *text, size_t len,
                                  pt_error *error)
{
    if (len == 0)
        return pt_channel_secure_keygen(ret_public, ret_private, error);
    const pt_status status = pt_channel_secure_key_parse(ret_private, text, len, true, error);
    return status == PT_OK ? pt_channel_secure_public_key(ret_public, ret_private, error) : status;
}

char *wasm_keygen(char *key, size_t len)
{
    uint8_t public_key[PT_KEY_BYTES];
    uint8_t private_key[PT_KEY_BYTES];
    char public_text[PT_KEY_TEXT_SIZE];
    char private_text[PT_KEY_TEXT_SIZE];
    pt_error error;
    pt_error_clear(&error);
    const pt_status status = make_or_read_key(public_key, private_key, key, len, &error);
    mem_wipe(key, len);
    if (status != PT_OK)
        return answer_text(answer_error(status, &error, NULL));
    pt_channel_secure_key_print(public_text, public_key, false);
    pt_channel_secure_key_print(private_text, private_key, true);
    json_t *answer = json_pack("{s:s, s:s}", "key", private_text, "publicKey", public_text);
    mem_wipe(private_key, sizeof private_key);
    mem_wipe(private_text, sizeof private_text);
    return answer_text(answer);
}

char *wasm_hash(char *bytes, size_t len)
{
    uint8_t hash[crypto_hash_sha256_BYTES];
    char text[HEX_SIZE(sizeof hash)];
    (void)crypto_hash_sha256(hash, (const uint8_t *)bytes, len);
    hex_write(text, hash, sizeof hash);
    return answer_text(json_pack("{s:s}", "sha256", text));
}
