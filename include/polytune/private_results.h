/* Results of which every party learns its own part: the program's result is a tuple or an array
 * with one element for each party, and party i learns element i.
 *
 *      pt_private_results_receivers  who learns which output bits
 *      pt_mpc_run                    with these in its options, at all parties
 *      pt_private_results_decode     a party's element
 *
 * Whether the program panicked, and where, every party learns. */
#ifndef POLYTUNE_PRIVATE_RESULTS_H
#define POLYTUNE_PRIVATE_RESULTS_H

#include <stddef.h>
#include <stdint.h>

#include "polytune/literal.h"
#include "polytune/mpc.h"
#include "polytune/program.h"
#include "polytune/status.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The type of what `party` learns of such a result, or NULL: the result has not as many elements as
 * there are parties, or there is no such party. Owned by whom the result's type is. */
PT_API const pt_type *pt_private_results_type(const pt_type *result, size_t parties, size_t party);

/* Fills in what pt_mpc_options.receivers takes: ret_receivers[n_parties + 1], of which the first is
 * for the panic code; they point into ret_parties[n_parties]. PT_ERR_USAGE, with the result's type,
 * when it has not an element for each party; or for a number of parties that is not the program's.
 */
PT_API PT_MUST_CHECK pt_status pt_private_results_receivers(pt_mpc_receivers *ret_receivers,
                                                            size_t *ret_parties, size_t n_parties,
                                                            const pt_program *program,
                                                            pt_error *error);

/* Decodes the element of `party` from output bits of which the other elements' are ignored, and the
 * panic code. Outputs and errors as with pt_program_decode. */
PT_API PT_MUST_CHECK pt_status pt_private_results_decode(pt_literal **ret_literal,
                                                         pt_panic *ret_panic,
                                                         const pt_program *program, size_t party,
                                                         const uint8_t *output_bits, size_t n_bits,
                                                         pt_error *error);

/* The same with packed bits (status.h). */
PT_API PT_MUST_CHECK pt_status pt_private_results_decode_packed(
    pt_literal **ret_literal, pt_panic *ret_panic, const pt_program *program, size_t party,
    const uint8_t *outputs, size_t n_bytes, pt_error *error);

#ifdef __cplusplus
}
#endif
#endif
