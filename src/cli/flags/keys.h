/* Private key files and rosters; keys as text are in polytune/secure.h. Layer: cli.
 *
 * A private key file has comment lines that begin with # and one line with the private key. A
 * roster has a line NUMBER PUBLIC_KEY for each party, in any order; what follows a # is a comment.
 */
#ifndef CLI_FLAGS_KEYS_H
#define CLI_FLAGS_KEYS_H

#include <stdbool.h>

#include "polytune/polytune.h"

#define ROSTER_MAX_KEYS 256 /* parties and a dealer */

/* Makes a key pair and writes the private key to a new file that only its owner may read.
 * PT_ERR_FILE, also when the file exists. */
PT_MUST_CHECK pt_status key_create(uint8_t ret_public_key[PT_KEY_BYTES], const char *path,
                                   pt_error *error);

/* Reads a private key file. PT_ERR_FILE, also when others may read it; PT_ERR_INPUT when it is no
 * private key. */
PT_MUST_CHECK pt_status key_read(uint8_t ret_private_key[PT_KEY_BYTES], const char *path,
                                 pt_error *error);

typedef struct roster {
    uint8_t keys[ROSTER_MAX_KEYS * PT_KEY_BYTES]; /* by party */
    bool has[ROSTER_MAX_KEYS];
} roster;

/* PT_ERR_FILE; PT_ERR_INPUT with the line. */
PT_MUST_CHECK pt_status roster_read(roster *ret_roster, const char *path, pt_error *error);

#endif
