/* Random bytes from the operating system. Layer: base.
 *
 * For names, tokens, nonces and seeds. What a protocol draws comes from crypto/prg.h. Any thread.
 */
#ifndef BASE_RANDOM_H
#define BASE_RANDOM_H

#include <stddef.h>

#include "base/compiler.h"
#include "polytune/status.h"

/* Fills `len` bytes, or zeroes them and returns PT_ERR_RANDOM. Waits while the system has just
 * been started and has no randomness yet. */
MUST_CHECK pt_status random_bytes(void *ret_bytes, size_t len, pt_error *error);

#ifdef PT_TESTING
#    include <stdbool.h>

/* Makes every call fail until it is switched off. */
void random_fail(bool fails);
#endif

#endif
