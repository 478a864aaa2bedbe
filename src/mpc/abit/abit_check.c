#include "mpc/abit/abit_check.h"

#include "crypto/ro.h"
#include "crypto/ro_labels.h"

void check_weights_init(check_weights *w, block chi)
{
    *w = (check_weights){.chi = chi, .next = chi};
}

void check_weights_next(check_weights *w, block *ret_weights, size_t n, bool ends)
{
    gf_powers(ret_weights, w->next, w->chi, n);
    w->next = gf_mul(ret_weights[n - 1], w->chi);
    if (ends)
        ret_weights[n - 1] = block_make(0, 1);
}

_Static_assert(GF_ROW == MPC_KAPPA, "a row has a block of every plane");

void plane_hash_add(plane_hash *h, const block *planes, size_t stride, const block *weights,
                    size_t n)
{
    gf_dot_rows(h->acc, planes, stride, weights, n);
}

void plane_hash_join(plane_hash *h, const plane_hash *other)
{
    for (size_t p = 0; p < MPC_KAPPA; p++) {
        h->acc[p].lo = block_xor(h->acc[p].lo, other->acc[p].lo);
        h->acc[p].hi = block_xor(h->acc[p].hi, other->acc[p].hi);
    }
}

void plane_hash_values(block ret_values[MPC_KAPPA], const plane_hash *h)
{
    ret_values[0] = block_zero();
    for (size_t p = 1; p < MPC_KAPPA; p++)
        ret_values[p] = gf_reduce(&h->acc[p]);
}

void abit_check_digest(uint8_t ret_digest[DIGEST_BYTES], const session *s, uint64_t batch, size_t i,
                       size_t j, const block values[MPC_KAPPA])
{
    ro h;
    ro_init(&h, DIGEST_BYTES, RO_LABEL_ABIT_CHECK);
    ro_field(&h, s->sid, SID_BYTES);
    ro_u64(&h, batch);
    ro_u64(&h, session_number(i));
    ro_u64(&h, session_number(j));
    ro_field(&h, values + 1, (MPC_KAPPA - 1) * sizeof(block));
    ro_final(&h, ret_digest);
}
