/* A trusted stand-in for the base OTs alone, linked into a test instead of abit_setup: what a pair
 * would transfer comes from a generator that both derive from the session id, so trees, COT and
 * every check above are the real ones. Delta keeps the pins of section 0.5. The first coin
 * commitment travels as in abit_setup. */
#include "base/error.h"
#include "base/mem.h"
#include "crypto/ro.h"
#include "mpc/abit/abit.h"
#include "mpc/ideal.h"
#include "mpc/ot/base_ot.h"
#include "mpc/ot/cot.h"
#include "mpc/parties.h"

const char ideal_setup_waves[] = "BOT1 ";
const char ideal_batch_waves[] = "COT COIN_O ABCHK BARRIER ";
const char ideal_delta_waves[] = "DC1 DC2 DC3 ";

/* What the COT receiver of a pair draws and sends. */
typedef struct transfer {
    uint8_t pid[GGM_PID_BYTES];
    block messages[BASE_OT_COUNT][2];
    uint8_t check[(MPC_KAPPA + 1) * GGM_CHECK_BYTES];
} transfer;

/* The pair of receiver i and sender j, the same at both. */
static pt_status draw(transfer *t, cot_receiver *receiver, const session *s, size_t i, size_t j,
                      pt_error *error)
{
    rng random;
    ro h;
    block roots[MPC_KAPPA];
    ggm_pair_id(t->pid, s->sid, session_number(i), session_number(j));
    ro_init(&h, sizeof(block), "test/ideal-setup");
    ro_field(&h, t->pid, sizeof t->pid);
    rng_init_seed(&random, ro_final_block(&h));
    rng_blocks(&random, roots, cot_trees(s->k));
    return cot_receiver_init(receiver, t->messages, t->check, s->k, t->pid, roots, error);
}

static pt_status set_up_peer(session *s, size_t peer, transfer *t, pt_error *error)
{
    cot_pair theirs = {0};
    block chosen[BASE_OT_COUNT];
    pt_status status = draw(t, &s->cot[peer].receiver, s, s->me, peer, error);
    if (status == PT_OK)
        status = draw(t, &theirs.receiver, s, peer, s->me, error);
    if (status == PT_OK) {
        const block choices = cot_choices(s->delta, s->k);
        for (unsigned b = 0; b < BASE_OT_COUNT; b++)
            chosen[b] = t->messages[b][block_bit(choices, b)];
        status =
            cot_sender_init(&s->cot[peer].sender, s->delta, s->k, t->pid, chosen, t->check, error);
    }
    cot_pair_clear(&theirs);
    return status;
}

pt_status abit_setup(session *s, pt_error *error)
{
    transfer *t = mem_new_aligned(1, sizeof *t);
    pt_status status = t == NULL ? error_memory(error) : PT_OK;
    s->delta = rng_block(&s->rng);
    s->delta.lo = (s->delta.lo & ~(uint64_t)3) | (s->me == 1 ? 3u : 1u);
    HOOK(s, "delta", &s->delta, sizeof s->delta);
    for (size_t p = 0; status == PT_OK && p < s->n; p++) {
        if (p != s->me)
            status = set_up_peer(s, p, t, error);
    }
    mem_free_secret(t, sizeof *t);
    return status == PT_OK ? parties_first_coin(s, error) : status;
}
