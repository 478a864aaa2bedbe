/* Any text as a token (JWT): it is refused with a reason, or it is one of the few that the
 * issuer's key, which is nowhere here, has signed. */
#define _POSIX_C_SOURCE 200809L
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/assert.h"
#include "base/mem.h"
#include "node/jwt.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define NOW ((int64_t)1700000000)

static const char pem[] = "-----BEGIN PUBLIC KEY-----\n"
                          "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAErdLJdgQNP0/XXFmnoukY+VdER1JZ\n"
                          "SM305/QW25l2tLXRrjopCX5Edgd3LviEMd+PegLwPHHKdGZXMjwTBHr0yQ==\n"
                          "-----END PUBLIC KEY-----\n";

/* One issuer for the whole run. */
static const jwt_keys *issuer_keys(void)
{
    static node_config config;
    static jwt_keys *keys;
    char path[] = "/tmp/polytune-fuzz-XXXXXX";
    char text[512];
    if (keys != NULL)
        return keys;
    const int fd = mkstemp(path);
    PT_ASSERT(fd >= 0 && write(fd, pem, sizeof pem - 1) == (ssize_t)sizeof pem - 1);
    (void)close(fd);
    const int len = snprintf(text, sizeof text,
                             "key: k\nstore: sqlite:s\naudit: {file: a, key: b}\nissuers:\n"
                             "  - {issuer: es, audience: node, algorithm: ES256, key: %s}\n",
                             path);
    PT_ASSERT(node_config_parse(&config, "n.yaml", text, (size_t)len, NULL) == PT_OK);
    PT_ASSERT(jwt_keys_new(&keys, &config, NULL) == PT_OK);
    (void)unlink(path);
    return keys;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    jwt_holder holder = {0};
    pt_error error;
    char *token = mem_new(size + 1, 1);
    PT_ASSERT(token != NULL);
    if (size != 0)
        memcpy(token, data, size);
    pt_error_clear(&error);
    const pt_status status = jwt_check(&holder, issuer_keys(), token, NOW, &error);
    PT_ASSERT(status == PT_OK || (status == PT_ERR_REFUSED && error.message[0] != '\0'));
    PT_ASSERT(status != PT_OK || strcmp(holder.subject, "officer") == 0);
    mem_free(token);
    return 0;
}
