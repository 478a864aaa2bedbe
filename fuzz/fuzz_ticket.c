/* Any text as a ticket: refused with a reason, or one that prints as the same text. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/assert.h"
#include "polytune/channel.h"
#include "polytune/network.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = malloc(size + 1);
    if (text == NULL)
        return 0;
    memcpy(text, data, size);
    text[size] = '\0';
    pt_p2p_ticket ticket;
    pt_error error;
    pt_error_clear(&error);
    if (pt_p2p_ticket_parse(&ticket, text, &error) == PT_OK) {
        char printed[PT_P2P_TICKET_SIZE];
        PT_ASSERT(pt_p2p_ticket_print(printed, &ticket, &error) == PT_OK);
        PT_ASSERT(strcmp(printed, text) == 0);
    } else {
        PT_ASSERT(error.status == PT_ERR_USAGE && error.message[0] != '\0');
    }
    free(text);
    return 0;
}
