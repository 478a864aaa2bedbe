#include "api/wrong_arguments/table.h"

FREES(pt_circuit_free)

CALL(pt_circuit_read_bristol)
{
    (void)w;
    return pt_circuit_read_bristol(PTR(0, &r.circuit), PTR(1, "x"), 1, NULL, error);
}

CALL(pt_circuit_split_input)
{
    const pt_input_piece piece = {SIZE(2, 0), SIZE(3, 8)};
    return pt_circuit_split_input(PTR(0, &r.circuit), PTR(1, w->circuit), PTR(4, &piece), 1, error);
}

CALL(pt_circuit_share_input)
{
    return pt_circuit_share_input(PTR(0, &r.circuit), PTR(1, w->circuit), SIZE(2, 2), error);
}

CALL(pt_circuit_write_bristol)
{
    return pt_circuit_write_bristol(PTR(0, &r.text), PTR(1, &r.len), PTR(2, w->circuit), error);
}

CALL(pt_circuit_optimize)
{
    return pt_circuit_optimize(PTR(0, &r.circuit), PTR(1, w->circuit), error);
}

CALL(pt_circuit_parties)
{
    (void)w, (void)wrong, (void)error;
    assert_int_equal(pt_circuit_parties(NULL), 0);
    return PT_OK;
}

CALL(pt_circuit_input_bits)
{
    (void)error;
    assert_int_equal(pt_circuit_input_bits(PTR(0, w->circuit), SIZE(1, 0)), 0);
    return PT_OK;
}

CALL(pt_circuit_and_gates)
{
    (void)w, (void)wrong, (void)error;
    assert_int_equal(pt_circuit_and_gates(NULL), 0);
    return PT_OK;
}

CALL(pt_circuit_output_bits)
{
    (void)w, (void)wrong, (void)error;
    assert_int_equal(pt_circuit_output_bits(NULL), 0);
    return PT_OK;
}

CALL(pt_circuit_output_values)
{
    (void)w, (void)wrong, (void)error;
    assert_int_equal(pt_circuit_output_values(NULL), 0);
    return PT_OK;
}

CALL(pt_circuit_output_value_bits)
{
    (void)error;
    assert_int_equal(pt_circuit_output_value_bits(PTR(0, w->circuit), SIZE(1, 0)), 0);
    return PT_OK;
}

CALL(pt_circuit_eval)
{
    return pt_circuit_eval(PTR(0, r.bits), SIZE(1, pt_circuit_output_bits(w->circuit)),
                           PTR(2, w->circuit), PTR(3, w->bits), SIZE(4, 16), error);
}

CALL(pt_circuit_eval_packed)
{
    const size_t n = PT_PACKED_BYTES(pt_circuit_output_bits(w->circuit));
    return pt_circuit_eval_packed(PTR(0, r.bits), SIZE(1, n), PTR(2, w->circuit), PTR(3, w->packed),
                                  SIZE(4, 2), error);
}

CALL(pt_circuit_get_stats)
{
    (void)error;
    pt_circuit_stats stats = {.inputs = 7};
    pt_circuit_get_stats(PTR(0, &stats), PTR(1, w->circuit));
    assert_int_equal(stats.inputs, IS_WRONG(0) ? 7 : 0);
    return PT_OK;
}

static const row rows[] = {
    HARMLESS(pt_circuit_and_gates, 1),
    FAILS(pt_circuit_eval, 5),
    FAILS(pt_circuit_eval_packed, 5),
    HARMLESS(pt_circuit_free, 1),
    HARMLESS(pt_circuit_get_stats, 2),
    HARMLESS(pt_circuit_input_bits, 2),
    FAILS(pt_circuit_optimize, 2),
    HARMLESS(pt_circuit_output_bits, 1),
    HARMLESS(pt_circuit_output_value_bits, 2),
    HARMLESS(pt_circuit_output_values, 1),
    HARMLESS(pt_circuit_parties, 1),
    FAILS(pt_circuit_read_bristol, 2),
    FAILS(pt_circuit_share_input, 3),
    FAILS(pt_circuit_split_input, 5),
    FAILS(pt_circuit_write_bristol, 3),
};
TABLE(circuit);
