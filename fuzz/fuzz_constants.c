/* The exchange of constants with a peer that sends anything. The channel hands out the fuzz bytes
 * as messages: a length byte pair, then so many bytes. */
#include <stdlib.h>
#include <string.h>

#include "base/assert.h"
#include "polytune/polytune.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define PARTIES 3

typedef struct peer_bytes {
    const uint8_t *at;
    size_t left;
} peer_bytes;

static pt_status fuzz_send(void *self, size_t to, const char *phase, const uint8_t *bytes,
                           size_t len, pt_error *error)
{
    (void)self;
    (void)to;
    (void)phase;
    (void)bytes;
    (void)len;
    (void)error;
    return PT_OK;
}

static pt_status fuzz_recv(void *self, size_t from, const char *phase, size_t max_len,
                           uint8_t **ret_bytes, size_t *ret_len, pt_error *error)
{
    peer_bytes *k = self;
    (void)from;
    (void)phase;
    (void)error;
    if (k->left < 2)
        return PT_ERR_CLOSED;
    size_t len = (size_t)k->at[0] | (size_t)k->at[1] << 8;
    k->at += 2;
    k->left -= 2;
    if (len > k->left)
        len = k->left;
    if (len > max_len)
        return PT_ERR_TOO_LARGE;
    uint8_t *m = malloc(len + 1);
    if (m == NULL)
        return PT_ERR_MEMORY;
    memcpy(m, k->at, len);
    k->at += len;
    k->left -= len;
    *ret_bytes = m;
    *ret_len = len;
    return PT_OK;
}

static void fuzz_close(void *self)
{
    (void)self;
}

/* What was accepted is made of names and printable text. */
static void check_list(const pt_constants *constants)
{
    size_t n = 0;
    const pt_constant *list = pt_constants_list(&n, constants);
    for (size_t i = 0; i < n; i++) {
        PT_ASSERT(list[i].party[0] != '\0' && strpbrk(list[i].party, " \n\x1b") == NULL);
        PT_ASSERT(list[i].name[0] != '\0' && strpbrk(list[i].name, " \n\x1b") == NULL);
        PT_ASSERT(list[i].literal[0] != '\0' && strpbrk(list[i].literal, "\n\x1b") == NULL);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const pt_channel_ops ops = {.send = fuzz_send, .recv = fuzz_recv, .close = fuzz_close};
    static const pt_constant given[] = {{"PARTY_0", "A", "1"}, {"ALL", "B", "2"}};
    peer_bytes bytes = {.at = data, .left = size};
    const pt_channel channel = {.ops = &ops, .self = &bytes};
    pt_constants *constants = NULL;
    const pt_status status =
        pt_constants_exchange(&constants, &channel, 0, PARTIES, given, 2, NULL);
    PT_ASSERT(status != PT_ERR_USAGE); /* then nothing is tested */
    PT_ASSERT((status == PT_OK) == (constants != NULL));
    if (status != PT_OK)
        return 0;
    check_list(constants);
    /* A digest cannot be hit by chance. */
    PT_ASSERT(pt_constants_confirm(constants, &channel, PT_OK, NULL) != PT_OK);
    pt_constants_free(constants);
    return 0;
}
