#include "api/wrong_arguments/table.h"

CALL(pt_private_results_type)
{
    (void)error;
    (void)pt_private_results_type(PTR(0, w->type), SIZE(1, 2), SIZE(2, 0));
    return PT_OK;
}

CALL(pt_private_results_receivers)
{
    pt_mpc_receivers receivers[3];
    size_t parties[2];
    return pt_private_results_receivers(PTR(0, receivers), PTR(1, parties), SIZE(2, 2),
                                        PTR(3, w->program), error);
}

CALL(pt_private_results_decode)
{
    return pt_private_results_decode(PTR(0, &r.literal), NULL, PTR(1, w->program), SIZE(2, 0),
                                     PTR(3, w->bits), pt_circuit_output_bits(w->circuit), error);
}

CALL(pt_private_results_decode_packed)
{
    const size_t n = PT_PACKED_BYTES(pt_circuit_output_bits(w->circuit));
    return pt_private_results_decode_packed(PTR(0, &r.literal), NULL, PTR(1, w->program),
                                            SIZE(2, 0), PTR(3, w->packed), SIZE(4, n), error);
}

static const row rows[] = {
    FAILS(pt_private_results_decode, 4),
    FAILS(pt_private_results_decode_packed, 5),
    FAILS(pt_private_results_receivers, 4),
    HARMLESS(pt_private_results_type, 3),
};
TABLE(private_results);
