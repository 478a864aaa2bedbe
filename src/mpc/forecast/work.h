/* What computing costs: the time of each thing that a run does many times over. Layer: mpc. */
#ifndef MPC_FORECAST_WORK_H
#define MPC_FORECAST_WORK_H

#include "mpc/session/session.h"

/* In seconds. All zero: computing takes no time. */
typedef struct work_costs {
    double base_ot_choose; /* base OTs of a pair: BOT1, BOT2, and what follows it */
    double base_ot_send;
    double base_ot_receive;
    double trees;       /* of a pair, one way */
    double cot_correct; /* 128 COTs towards a peer: what is sent */
    double cot_extend;  /* their rows, both ways, spread over the shares */
    double cot_check;   /* and turned back into planes, which are hashed */
    double hash;        /* H_S of a block */
    double hash_key;    /* the key of a tweak */
    double multiply;    /* in GF(2^128), as sums of products take them */
    double block;       /* a block of shares read, combined and written */
    double touch;       /* and what its page takes besides when the system gives it */
    double digest_byte; /* BLAKE2b */
    double gate;        /* of the circuit: to plan it */
} work_costs;

/* Measures them on this machine, in a tenth of a second and less where k is small, and 40 MiB of
 * memory. PT_ERR_MEMORY. */
MUST_CHECK pt_status work_costs_probe(work_costs *ret_costs, unsigned k, pt_error *error);
/* Only what differs with k, and what the time of COT needs besides, in a hundredth of a second: the
 * rest is zero. */
MUST_CHECK pt_status work_costs_probe_cot(work_costs *ret_costs, unsigned k, pt_error *error);

#endif
