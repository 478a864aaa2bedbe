/* How a run is to be, as a request says it. Layer: wasm. */
#ifndef WASM_TERMS_H
#define WASM_TERMS_H

#include "wasm/request.h"

typedef struct terms {
    size_t parties;
    size_t *output_parties;
    size_t n_output_parties;
    bool everybody;              /* learns the result, or their part of it */
    pt_mpc_receivers *receivers; /* of each range of output bits; NULL: privateResults is not set */
    size_t n_receivers;
    size_t *receiving; /* what they point into */
} terms;

/* Reads "outputParties" and "privateResults" for so many parties. Release with terms_clear, also
 * after a failure. PT_ERR_USAGE, PT_ERR_MEMORY. */
MUST_CHECK pt_status terms_read(terms *ret_terms, const json_t *asked, size_t parties,
                                pt_error *error);
void terms_clear(terms *t);

/* Who learns which bits of the program's result. PT_ERR_USAGE where it cannot be divided. */
MUST_CHECK pt_status terms_divide(terms *t, const json_t *asked, const pt_program *program,
                                  pt_error *error);

/* Whether that party learns something of the result. */
bool terms_receives(const terms *t, size_t party);

/* These, and "evaluator", "rho", "cotBits" and "dealer"; the rest is zero. Borrows from `t`. */
pt_mpc_options terms_options(const terms *t, const json_t *asked);

#endif
