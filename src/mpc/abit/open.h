/* Authenticated openings (protocol spec, section 3.4). Layer: mpc. */
#ifndef MPC_ABIT_OPEN_H
#define MPC_ABIT_OPEN_H

#include "mpc/session/session.h"
#include "mpc/session/wave.h"

/* Opens m shared bits to everyone: form A for n = 2 (one wave), form B for n >= 3 (two waves).
 * `shares`: m * n blocks. ret_bits: packed, bits_bytes(m). Tags are verified before this returns.
 */
MUST_CHECK pt_status open_public(session *s, wave_name name, const block *shares, size_t m,
                                 uint8_t *ret_bits, pt_error *error);

/* One-receiver openings inside a wave: form A for n = 2, form C for n >= 3. The sender appends to
 * the private payload for `receiver`; the receiver states what it expects before wave_run and
 * checks after it. `index` names the values: shares of bit h are at shares + index[h] * n (index
 * NULL: 0, 1, ..). */
void open_to_put(wave *w, size_t receiver, const block *shares, const uint32_t *index, size_t m);
size_t open_to_bytes(const session *s, size_t m);
/* `at`: per sender, where its opening starts in its private payload. */
MUST_CHECK pt_status open_to_check(const wave *w, const size_t *at, const block *shares,
                                   const uint32_t *index, size_t m, uint8_t *ret_bits,
                                   pt_error *error);

#endif
