/* How the parties know each other: --key, --roster and --session-secret, and the encryption that
 * they belong to. Layer: cli. */
#ifndef CLI_FLAGS_SECURE_FLAGS_H
#define CLI_FLAGS_SECURE_FLAGS_H

#include "cli/flags/args.h"
#include "cli/flags/keys.h"
#include "polytune/polytune.h"

extern const flag flags_secure[];

/* Key and secret are in guarded memory, and gone once a channel has been made with them. */
typedef struct secure_flags {
    uint8_t *private_key; /* PT_KEY_BYTES; NULL: a fresh one for the channel */
    roster *roster;       /* NULL without */
    bool has_pin;         /* without a roster, a ticket says the key of one party */
    size_t pin_party;
    uint8_t pin_key[PT_KEY_BYTES];
    char *secret; /* NULL without */
    size_t secret_len;
    size_t secret_size; /* of its memory */
    bool announces;     /* says what the parties know of each other; a zeroed object does not */
} secure_flags;

/* Reads the flags, POLYTUNE_SESSION_SECRET, and the files they name. Release with
 * secure_flags_clear in any case. */
PT_MUST_CHECK pt_status secure_flags_init(secure_flags *ret_flags, const args *a, pt_error *error);
void secure_flags_clear(secure_flags *f);

/* The public key of this party's private key, which is made if there is none. */
PT_MUST_CHECK pt_status secure_flags_own_key(secure_flags *f, uint8_t ret_public_key[PT_KEY_BYTES],
                                             pt_error *error);

/* From now on `party` is known to have this key. */
void secure_flags_pin(secure_flags *f, size_t party, const uint8_t public_key[PT_KEY_BYTES]);

/* Whether the key of `party` is known. */
bool secure_flags_knows(const secure_flags *f, size_t party);

/* Whether the roster fits, before anybody is bothered. */
PT_MUST_CHECK pt_status secure_flags_check(const secure_flags *f, size_t party, size_t parties,
                                           pt_error *error);

/* Replaces a channel by an encrypted one over it; on failure it stays as it is. For one channel:
 * key and secret are wiped, whatever comes of it. */
PT_MUST_CHECK pt_status secure_flags_wrap(pt_channel *channel, secure_flags *f, const char *session,
                                          size_t party, size_t parties, pt_error *error);

#endif
