/* Tickets: what the opener of a peer-to-peer session gives to the others. Layer: channel.
 *
 *     "p2p:" base64url( version u8 = 1 | opener u8 | session 16 | key 32 | relay | check 4 )
 *
 * without padding; `check` is the beginning of a BLAKE2b hash of what stands before it, against
 * mistyping. It protects from nobody: who can change a ticket on its way can send another one. */
#include <sodium.h>
#include <string.h>

#include "base/buffer.h"
#include "base/error.h"
#include "base/hex.h"
#include "base/random.h"
#include "channel/channel.h"
#include "polytune/network.h"
#include "polytune/secure.h"

#define PREFIX        "p2p:"
#define VERSION       1
#define SESSION_BYTES 16
#define HEAD_BYTES    (2 + SESSION_BYTES + PT_KEY_BYTES)
#define CHECK_BYTES   4
#define RELAY_MAX     (PT_P2P_RELAY_SIZE - 1)
#define TICKET_MAX    (HEAD_BYTES + RELAY_MAX + CHECK_BYTES)
#define VARIANT       sodium_base64_VARIANT_URLSAFE_NO_PADDING

_Static_assert(sizeof PREFIX + sodium_base64_ENCODED_LEN(TICKET_MAX, VARIANT) <= PT_P2P_TICKET_SIZE,
               "every ticket fits");
_Static_assert(PT_P2P_SESSION_SIZE == 2 * SESSION_BYTES + 1, "the session is in hexadecimal");

static const char mistyped[] =
    "this ticket is mistyped or cut off: copy the whole word, from p2p: to its end, as p2p:new "
    "printed it";

/* Only that it can be printed and looks like one; opening the channel parses it. */
static bool is_relay(const char *relay, size_t len)
{
    if (len > RELAY_MAX ||
        (strncmp(relay, "http://", 7) != 0 && strncmp(relay, "https://", 8) != 0))
        return false;
    for (size_t i = 0; i < len; i++)
        if (relay[i] <= ' ' || relay[i] > '~')
            return false;
    return true;
}

static void put_check(uint8_t ret_check[CHECK_BYTES], const uint8_t *bytes, size_t len)
{
    uint8_t hash[crypto_generichash_BYTES];
    (void)crypto_generichash(hash, sizeof hash, bytes, len, NULL, 0);
    memcpy(ret_check, hash, CHECK_BYTES);
}

pt_status pt_p2p_ticket_new(pt_p2p_ticket *ret_ticket, const char *relay, size_t opener,
                            const uint8_t opener_key[PT_KEY_BYTES], pt_error *error)
{
    if (ret_ticket == NULL || opener_key == NULL)
        return error_missing(error, "the opener's key, and a place for the ticket,");
    uint8_t session[SESSION_BYTES];
    if (relay == NULL || !is_relay(relay, strlen(relay)))
        return error_set(error, PT_ERR_USAGE,
                         "\"%.80s\" is not the URL of a relay, such as http://127.0.0.1:8000, of "
                         "at most %zu characters",
                         relay == NULL ? "" : relay, (size_t)RELAY_MAX);
    if (opener >= CHANNEL_MAX_PARTIES)
        return error_set(error, PT_ERR_USAGE, "party %zu: the last one possible is %d", opener,
                         CHANNEL_MAX_PARTIES - 1);
    const pt_status status = random_bytes(session, sizeof session, error);
    if (status != PT_OK)
        return status;
    *ret_ticket = (pt_p2p_ticket){.opener = opener};
    memcpy(ret_ticket->relay, relay, strlen(relay) + 1);
    memcpy(ret_ticket->opener_key, opener_key, sizeof ret_ticket->opener_key);
    hex_write(ret_ticket->session, session, sizeof session);
    return PT_OK;
}

static bool is_session(const char *session)
{
    return memchr(session, '\0', PT_P2P_SESSION_SIZE) == session + PT_P2P_SESSION_SIZE - 1 &&
           strspn(session, "0123456789abcdef") == PT_P2P_SESSION_SIZE - 1;
}

pt_status pt_p2p_ticket_print(char ret_text[PT_P2P_TICKET_SIZE], const pt_p2p_ticket *ticket,
                              pt_error *error)
{
    if (ret_text == NULL || ticket == NULL)
        return error_missing(error, "a ticket, and a place for the text,");
    uint8_t session[SESSION_BYTES];
    uint8_t check[CHECK_BYTES];
    if (memchr(ticket->relay, '\0', sizeof ticket->relay) == NULL ||
        !is_relay(ticket->relay, strlen(ticket->relay)) || !is_session(ticket->session) ||
        !hex_read(session, sizeof session, ticket->session) ||
        ticket->opener >= CHANNEL_MAX_PARTIES)
        return error_set(error, PT_ERR_USAGE, "a ticket that pt_p2p_ticket_new did not make");
    buffer b;
    buffer_init(&b, TICKET_MAX);
    buffer_put_u8(&b, VERSION);
    buffer_put_u8(&b, (uint8_t)ticket->opener);
    buffer_put(&b, session, sizeof session);
    buffer_put(&b, ticket->opener_key, sizeof ticket->opener_key);
    buffer_put(&b, ticket->relay, strlen(ticket->relay));
    if (!b.failed)
        put_check(check, b.bytes, b.len);
    buffer_put(&b, check, sizeof check);
    if (b.failed) {
        buffer_clear(&b);
        return error_memory(error);
    }
    memcpy(ret_text, PREFIX, sizeof PREFIX);
    (void)sodium_bin2base64(ret_text + sizeof PREFIX - 1, PT_P2P_TICKET_SIZE - sizeof PREFIX + 1,
                            b.bytes, b.len, VARIANT);
    buffer_clear(&b);
    return PT_OK;
}

pt_status pt_p2p_ticket_parse(pt_p2p_ticket *ret_ticket, const char *text, pt_error *error)
{
    if (ret_ticket == NULL || text == NULL)
        return error_missing(error, "a text, and a place for the ticket,");
    uint8_t bytes[TICKET_MAX];
    uint8_t check[CHECK_BYTES];
    size_t len = 0;
    if (strncmp(text, PREFIX, sizeof PREFIX - 1) != 0)
        return error_set(error, PT_ERR_USAGE, "a ticket begins with " PREFIX);
    text += sizeof PREFIX - 1;
    if (sodium_base642bin(bytes, sizeof bytes, text, strlen(text), NULL, &len, NULL, VARIANT) !=
            0 ||
        len <= HEAD_BYTES + CHECK_BYTES)
        return error_set(error, PT_ERR_USAGE, "%s", mistyped);
    len -= CHECK_BYTES;
    put_check(check, bytes, len);
    if (memcmp(check, bytes + len, sizeof check) != 0)
        return error_set(error, PT_ERR_USAGE, "%s", mistyped);
    if (bytes[0] != VERSION)
        return error_set(error, PT_ERR_USAGE,
                         "this ticket is of version %u, not %d: all parties need the same version "
                         "of polytune",
                         bytes[0], VERSION);
    pt_p2p_ticket ticket = {.opener = bytes[1]};
    hex_write(ticket.session, bytes + 2, SESSION_BYTES);
    memcpy(ticket.opener_key, bytes + 2 + SESSION_BYTES, sizeof ticket.opener_key);
    memcpy(ticket.relay, bytes + HEAD_BYTES, len - HEAD_BYTES);
    if (!is_relay(ticket.relay, len - HEAD_BYTES) || ticket.opener >= CHANNEL_MAX_PARTIES)
        return error_set(error, PT_ERR_USAGE, "%s", mistyped);
    *ret_ticket = ticket;
    return PT_OK;
}
