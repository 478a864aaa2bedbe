/* Inputs and results as they lie in the store: encrypted and authenticated, by XChaCha20-Poly1305
 * under a key that comes of the node's private key, and bound to their computation. So whoever has
 * the store, its disk or its backups, but not the key, has none of them. Layer: node. */
#ifndef NODE_RECORDS_SEAL_H
#define NODE_RECORDS_SEAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/compiler.h"
#include "polytune/secure.h"

#define SEAL_KEY_BYTES 32

typedef enum seal_what { SEAL_INPUT, SEAL_RESULT } seal_what;

/* `private_key` NULL: a node that is only tried out has none; its store is as open as its file. */
void seal_key(uint8_t ret_key[SEAL_KEY_BYTES], const uint8_t *private_key);

/* mem_free; NULL when out of memory or random numbers. */
MUST_CHECK uint8_t *seal_close(size_t *ret_len, const uint8_t key[SEAL_KEY_BYTES], seal_what what,
                               const char *id, const uint8_t *bytes, size_t len);
/* mem_free_secret, *ret_len bytes and a zero byte behind them; NULL when it was made with another
 * key, or altered, or when out of memory. */
MUST_CHECK uint8_t *seal_open(size_t *ret_len, const uint8_t key[SEAL_KEY_BYTES], seal_what what,
                              const char *id, const uint8_t *sealed, size_t len);

#endif
