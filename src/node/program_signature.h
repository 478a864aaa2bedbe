/* Signed programs. Layer: node.
 *
 * Signatures stand in a program's last lines as comments, each of its own over all that comes
 * before the first of them:
 *
 *      // polytune-signature: KEY SIGNATURE
 *
 * KEY is a public key as node/signing_key.h prints it, SIGNATURE the base64 of Ed25519 over the
 * line "polytune program 1" and the program. Since they are part of the text they go wherever it
 * goes. */
#ifndef NODE_PROGRAM_SIGNATURE_H
#define NODE_PROGRAM_SIGNATURE_H

#include "base/buffer.h"
#include "node/signing_key.h"

/* Signature lines that are looked at. */
#define PROGRAM_SIGNATURES_MAX 16

/* Whether the program bears a valid signature by this key. */
MUST_CHECK bool program_is_signed_by(const char *program, size_t len,
                                     const uint8_t key[SIGNING_PUBLIC_BYTES]);

/* Appends the program with one signature more: `ret_text` gets the whole text. PT_ERR_INPUT when it
 * has that key's already, or as many as are looked at. */
MUST_CHECK pt_status program_sign(buffer *ret_text, const char *program, size_t len,
                                  const signing_key *key, pt_error *error);

#endif
