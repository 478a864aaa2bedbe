#include "api/wrong_arguments/table.h"

static pt_mpc_options mpc_options(unsigned wrong, const size_t *receivers)
{
    return (pt_mpc_options){.party = SIZE(0, 0),
                            .parties = SIZE(1, 2),
                            .evaluator = SIZE(2, 0),
                            .session = PTR(3, (const uint8_t *)"s"),
                            .session_len = 1,
                            .statistical_security = IS_WRONG(4) ? 1000 : 40,
                            .cot_field_bits = IS_WRONG(5) ? 3 : 4,
                            .output_parties = receivers,
                            .n_output_parties = 1};
}

CALL(pt_mpc_run)
{
    const size_t receiver = SIZE(13, 0);
    const pt_mpc_options options = mpc_options(wrong >> 7, &receiver);
    return pt_mpc_run(PTR(0, r.bits), SIZE(1, pt_circuit_output_bits(w->circuit)),
                      PTR(2, &w->channels[0]), PTR(3, w->circuit), PTR(4, w->bits), SIZE(5, 8),
                      PTR(6, &options), error);
}

CALL(pt_mpc_run_packed)
{
    const size_t receiver = SIZE(13, 0);
    const pt_mpc_options options = mpc_options(wrong >> 7, &receiver);
    const size_t n = PT_PACKED_BYTES(pt_circuit_output_bits(w->circuit));
    return pt_mpc_run_packed(PTR(0, r.bits), SIZE(1, n), PTR(2, &w->channels[0]),
                             PTR(3, w->circuit), PTR(4, w->packed), SIZE(5, 1), PTR(6, &options),
                             error);
}

CALL(pt_dealer_run)
{
    const pt_mpc_options options = {.parties = SIZE(2, 2)};
    return pt_dealer_run(PTR(0, &w->channels[0]), PTR(1, &options), error);
}

CALL(pt_dealer_dismiss)
{
    (void)error;
    pt_dealer_dismiss(PTR(0, &w->channels[0]), SIZE(1, 0), SIZE(2, 1), PT_ERR_PROGRAM);
    return PT_OK;
}

CALL(pt_terms_print)
{
    char text[PT_TERMS_SIZE];
    const pt_terms terms = {
        .parties = SIZE(2, 2), .circuit = w->circuit, .session = PTR(3, (const char *)"s")};
    return pt_terms_print(PTR(0, &text[0]), PTR(1, &terms), error);
}

static const row rows[] = {
    HARMLESS(pt_dealer_dismiss, 3), FAILS(pt_dealer_run, 3),  FAILS(pt_mpc_run, 14),
    FAILS(pt_mpc_run_packed, 14),   FAILS(pt_terms_print, 4),
};
TABLE(mpc);
