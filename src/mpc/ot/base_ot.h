/* Base OTs on ristretto255 (protocol spec, section 1; MR19 = eprint 2019/706, batching rules of
 * MRR21 = eprint 2021/682). Layer: mpc.
 *
 * For a directed pair (COT receiver P_i, COT sender P_j): 128 OTs of blocks. P_j is the base
 * receiver, P_i the base sender. Two messages, BOT1 from P_j and BOT2 from P_i. Local functions;
 * nothing here talks. Constant time in choices and messages. */
#ifndef MPC_OT_BASE_OT_H
#define MPC_OT_BASE_OT_H

#include <stdbool.h>

#include "base/compiler.h"
#include "base/workers.h"
#include "crypto/block.h"
#include "crypto/prg.h"
#include "mpc/session/params.h"

#define BASE_OT_COUNT     MPC_KAPPA
#define POINT_BYTES       32
#define SCALAR_BYTES      32
#define BASE_OT_BOT1_SIZE (BASE_OT_COUNT * 2 * POINT_BYTES)
#define BASE_OT_BOT2_SIZE (BASE_OT_COUNT * (POINT_BYTES + 2 * sizeof(block)))

/* What every hash is bound to, together with the number of the instance; and who computes. */
typedef struct base_ot_pair {
    const uint8_t *sid; /* 32 bytes */
    uint64_t i, j;      /* as the spec counts */
    workers *workers;   /* or NULL */
} base_ot_pair;

/* P_j's state between the messages. Secret: wipe it. */
typedef struct base_ot_receiver {
    base_ot_pair pair;
    block choices;
    uint8_t scalars[BASE_OT_COUNT][SCALAR_BYTES];
    uint8_t bot1[BASE_OT_BOT1_SIZE];
} base_ot_receiver;

/* Step 1: draws scalars and writes BOT1 into r->bot1. Bit t of `choices` is c_t. */
void base_ot_choose(base_ot_receiver *r, base_ot_pair pair, block choices, rng *random);

/* Step 2, P_i: BOT2 from BOT1 and the messages. False if BOT1 holds an invalid point or the
 * identity, or a product is the identity. */
MUST_CHECK bool base_ot_send(uint8_t ret_bot2[BASE_OT_BOT2_SIZE], base_ot_pair pair,
                             const uint8_t bot1[BASE_OT_BOT1_SIZE], const block (*messages)[2],
                             rng *random);

/* Step 3, P_j: the chosen messages. False as above; ret_messages are then undefined. */
MUST_CHECK bool base_ot_receive(block ret_messages[BASE_OT_COUNT], const base_ot_receiver *r,
                                const uint8_t bot2[BASE_OT_BOT2_SIZE]);

/* The three steps as a value: whoever runs them is told which. */
typedef struct base_ot {
    void (*choose)(base_ot_receiver *r, base_ot_pair pair, block choices, rng *random);
    bool (*send)(uint8_t *ret_bot2, base_ot_pair pair, const uint8_t *bot1,
                 const block (*messages)[2], rng *random);
    bool (*receive)(block *ret_messages, const base_ot_receiver *r, const uint8_t *bot2);
} base_ot;

extern const base_ot base_ot_ristretto;

#endif
