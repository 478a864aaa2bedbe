/* Bucket size, and which triples are together (protocol spec, sections 4.5 and 4.6). Layer: mpc.
 *
 * B layers of `len` leaky triples become `len` good ones: gate p takes triple p of layer 0 and
 * triple (p + shift_c) mod len of layer c. With B = 3 layers 1 and 2 exchange their triples in
 * groups of places before that, which the coin chooses. The chance that all of a
 * bucket is known to a cheater whom nobody notices is at most 2^-B len^-(B-1), with B = 3
 * 3 / (32 len (len - 127)). */
#ifndef MPC_TRIPLE_BUCKET_H
#define MPC_TRIPLE_BUCKET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/compiler.h"
#include "mpc/session/params.h"
#include "mpc/session/session.h"

/* Places whose triples in layers 1 and 2 exchange together (section 4.5): as few as the bound may
 * lose by, as many as are read in one go. AGREEMENT */
#define BUCKET_GROUP 64

typedef struct bucket_size {
    unsigned layers; /* B */
    uint64_t len;    /* l: gates, padded with dummies */
} bucket_size;

/* B is admissible for len: len^(B-1) * 2^B >= 2^rho, or 32 len (len - 127) >= 3 * 2^rho with B = 3,
 * in exact integers. */
bool bucket_is_admissible(unsigned layers, uint64_t len, unsigned rho);

/* l_min(B), the least admissible length. */
uint64_t bucket_len_min(unsigned layers, unsigned rho);

/* Among B = 3 .. 14 the one with least B * max(n_and, l_min(B)); the smallest such B. */
bucket_size bucket_choose(uint64_t n_and, unsigned rho);

/* Which triples are together, public once the coin is. */
typedef struct bucket_map {
    bucket_size size;
    size_t shifts[MPC_BUCKET_MAX];
    uint64_t exchange[2]; /* B = 3: group g exchanges iff <g, [0]> xor bit 0 of [1] is 1; else 0 */
} bucket_map;

/* shifts[0] = 0. Else v_c, the coin's sub-value "shift" c, modulo len; with B = 3 shifts[2] is
 * shifts[1] + 64 + v_2 mod (len - 127). The sub-value "exchange" 0 is `exchange`. */
void bucket_map_of_coin(bucket_map *ret_map, const session *s, const uint8_t *coin,
                        bucket_size size);

/* Where a triple lies: layer and place. */
typedef struct bucket_place {
    unsigned layer;
    size_t place;
} bucket_place;

/* ret_places[c], c < B: where gate p has triple c of its bucket. Returns how many gates from p on,
 * `most` or fewer, have theirs behind those, in the same layers. */
size_t bucket_places(const bucket_map *m, size_t p, size_t most, bucket_place *ret_places);

/* Brings what the layers have of each triple, n blocks, in place: at place p of layers[c] is then
 * what triple c of gate p's bucket has. layers[0] stays as it is. */
void bucket_gather(const bucket_map *m, block *const *layers, size_t n);

#endif
