#include "node/audit_line.h"

#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "base/hex.h"

_Static_assert(AUDIT_HASH_SIZE == HEX_SIZE(crypto_hash_sha256_BYTES), "a hash as text");

void audit_head_begin(audit_head *ret_head)
{
    ret_head->seq = 0;
    memset(ret_head->hash, '0', AUDIT_HASH_SIZE - 1);
    ret_head->hash[AUDIT_HASH_SIZE - 1] = '\0';
}

void audit_head_next(audit_head *head, uint64_t seq, const char *line, size_t len)
{
    uint8_t hash[crypto_hash_sha256_BYTES];
    (void)crypto_hash_sha256(hash, (const uint8_t *)line, len);
    hex_write(head->hash, hash, sizeof hash);
    head->seq = seq;
}

size_t audit_signed_text(char ret_text[AUDIT_SIGNED_MAX], const audit_head *head)
{
    return (size_t)snprintf(ret_text, AUDIT_SIGNED_MAX, "polytune audit 1\n%" PRIu64 "\n%s\n",
                            head->seq + 1, head->hash);
}
