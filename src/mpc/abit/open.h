/* Authenticated openings (protocol spec, section 3.4). Layer: mpc. */
#ifndef MPC_ABIT_OPEN_H
#define MPC_ABIT_OPEN_H

#include "mpc/session/session.h"
#include "mpc/session/wave.h"

/* Up to so many bits each receiver gets a MAC for every bit, in one wave, where tags would take
 * two. AGREEMENT */
#define OPEN_FORM_C_MAX 4096

/* Waves that it takes to open m bits to everyone. */
size_t open_public_waves(const session *s, size_t m);

/* What everybody sends everybody in the first of these waves, and in the second. */
uint64_t open_public_bytes(const session *s, size_t m, size_t round);

/* Opens m shared bits to everyone: n = 2 form A, n >= 3 up to OPEN_FORM_C_MAX bits form C (one
 * wave), else form B (two waves). `shares`: m * n blocks. ret_bits: packed, bits_bytes(m). All is
 * verified before this returns. `with_bits` travels along with the first wave, `with_tags` with the
 * second if there is one; NULL: nothing does. */
MUST_CHECK pt_status open_public(session *s, wave_name name, const block *shares, size_t m,
                                 uint8_t *ret_bits, const wave_along *with_bits,
                                 const wave_along *with_tags, pt_error *error);

/* One-receiver openings inside a wave: form A for n = 2, form C for n >= 3. The sender appends to
 * the private payload for `receiver`; the receiver states what it expects before the wave runs and
 * checks after it. `index` names the values: shares of bit h are at shares + index[h] * n (index
 * NULL: 0, 1, ..). */
void open_to_put(wave *w, size_t receiver, const block *shares, const uint32_t *index, size_t m);
size_t open_to_bytes(const session *s, size_t m);

/* Openings that have come, for `name`, in the last wave that ran. */
typedef struct opening {
    const session *s;
    wave_name name;
    bool along; /* they travelled along */
    const block *shares;
    const uint32_t *index; /* or NULL, as above */
    size_t count;
    const uint8_t *own_bits;              /* packed, or NULL: not known (form A) */
    const uint8_t *from[MPC_MAX_PARTIES]; /* each sender's; own unused */
} opening;

MUST_CHECK pt_status open_to_check(const opening *o, uint8_t *ret_bits, pt_error *error);

#endif
