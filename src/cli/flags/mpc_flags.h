/* The flags that choose how the protocol runs, shared by simulate and party. Layer: cli. */
#ifndef CLI_FLAGS_MPC_FLAGS_H
#define CLI_FLAGS_MPC_FLAGS_H

#include "cli/flags/args.h"
#include "cli/parts.h"
#include "polytune/polytune.h"

extern const flag flags_mpc[];

typedef struct mpc_flags {
    size_t evaluator;
    size_t *output_parties; /* NULL: everyone */
    size_t n_output_parties;
    unsigned statistical_security;
    unsigned cot_field_bits;
    unsigned threads;      /* of a party; fewer by --memory */
    uint32_t segment_ands; /* by --memory, once the circuit is known (cost_fit); 0: the default */
    bool dealer;
    bool private_results;
    parts parts; /* with private_results, once divided */
} mpc_flags;

PT_MUST_CHECK pt_status mpc_flags_init(mpc_flags *ret_flags, const args *a, size_t parties,
                                       pt_error *error);
void mpc_flags_clear(mpc_flags *f);

/* With --private-results, finds out whose which output bits of the compiled computation are. */
PT_MUST_CHECK pt_status mpc_flags_divide(mpc_flags *f, const computation *c, pt_error *error);

/* Whether the party receives anything. */
bool mpc_flags_receives(const mpc_flags *f, size_t party);

/* Options for one party, with the progress shown by report_progress when `show_progress`. */
pt_mpc_options mpc_flags_options(const mpc_flags *f, size_t party, size_t parties,
                                 pt_mpc_stats *stats, bool show_progress);

#endif
