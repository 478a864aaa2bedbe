/* The exchange of constants with a peer that sends anything. */
#include <string.h>

#include "base/assert.h"
#include "peer_bytes.h"
#include "polytune/polytune.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define PARTIES 3

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
    static const pt_constant given[] = {{"PARTY_0", "A", "1"}, {"ALL", "B", "2"}};
    peer_bytes bytes = {.at = data, .left = size};
    const pt_channel channel = peer_bytes_channel(&bytes);
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
