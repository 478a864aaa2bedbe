#include "api/wrong_arguments/table.h"

FREES(pt_program_free)
FREES(pt_diagnostics_free)

/* Options of which some are wrong, from argument `first` on: six. */
static const pt_compile_options *options_of(unsigned wrong, unsigned first, pt_constant *constant,
                                            pt_compile_options *options)
{
    wrong >>= first;
    *constant = (pt_constant){PTR(3, "P"), PTR(4, "N"), PTR(5, "1")};
    *options = (pt_compile_options){.source = PTR(1, SOURCE),
                                    .source_len = sizeof SOURCE - 1,
                                    .constants = PTR(2, constant),
                                    .n_constants = 1};
    return PTR(0, options);
}

CALL(pt_program_compile)
{
    (void)w;
    pt_constant constant;
    pt_compile_options options;
    return pt_program_compile(PTR(0, &r.program), NULL, options_of(wrong, 1, &constant, &options),
                              error);
}

CALL(pt_program_check)
{
    (void)w;
    pt_constant constant;
    pt_compile_options options;
    return pt_program_check(NULL, options_of(wrong, 0, &constant, &options), error);
}

CALL(pt_program_inspect)
{
    (void)w;
    pt_constant constant;
    pt_compile_options options;
    return pt_program_inspect(PTR(0, &r.facts), NULL, options_of(wrong, 1, &constant, &options),
                              error);
}

CALL(pt_program_save)
{
    return pt_program_save(PTR(0, &r.text), PTR(1, &r.len), PTR(2, w->program), error);
}

CALL(pt_program_load)
{
    (void)w;
    return pt_program_load(PTR(0, &r.program), PTR(1, "x"), 1, error);
}

CALL(pt_program_load_in_place)
{
    (void)w;
    return pt_program_load_in_place(PTR(0, &r.program), PTR(1, "x"), 1, error);
}

CALL(pt_program_is_saved)
{
    (void)w, (void)error;
    assert_false(pt_program_is_saved(PTR(0, "x"), 1));
    return PT_OK;
}

CALL(pt_program_function)
{
    (void)error;
    (void)pt_program_function(PTR(0, w->program));
    return PT_OK;
}

CALL(pt_program_constants)
{
    (void)error;
    (void)pt_program_constants(PTR(0, &r.len), PTR(1, w->program));
    return PT_OK;
}

CALL(pt_signature_of_program)
{
    return pt_signature_of_program(PTR(0, &r.signature), PTR(1, w->program), error);
}

CALL(pt_signature_new)
{
    (void)w;
    pt_constant constant;
    pt_compile_options options;
    return pt_signature_new(PTR(0, &r.signature), NULL, options_of(wrong, 1, &constant, &options),
                            error);
}

CALL(pt_signature_party_count)
{
    (void)w, (void)wrong, (void)error;
    assert_int_equal(pt_signature_party_count(NULL), 0);
    return PT_OK;
}

CALL(pt_signature_input_type)
{
    (void)w, (void)error;
    assert_null(pt_signature_input_type(NULL, SIZE(0, 0)));
    return PT_OK;
}

CALL(pt_signature_input_name)
{
    (void)w, (void)error;
    assert_null(pt_signature_input_name(NULL, SIZE(0, 0)));
    return PT_OK;
}

CALL(pt_signature_output_type)
{
    (void)w, (void)wrong, (void)error;
    assert_null(pt_signature_output_type(NULL));
    return PT_OK;
}

CALL(pt_signature_free)
{
    (void)w, (void)wrong, (void)error;
    pt_signature_free(NULL);
    return PT_OK;
}

CALL(pt_program_check_input)
{
    return pt_program_check_input(PTR(0, w->program), SIZE(1, 0), PTR(2, w->bits), SIZE(3, 8),
                                  error);
}

CALL(pt_program_check_input_packed)
{
    return pt_program_check_input_packed(PTR(0, w->program), SIZE(1, 0), PTR(2, w->packed),
                                         SIZE(3, 1), error);
}

CALL(pt_program_decode)
{
    return pt_program_decode(PTR(0, &r.literal), NULL, PTR(1, w->program), PTR(2, w->bits),
                             pt_circuit_output_bits(w->circuit), error);
}

CALL(pt_program_decode_packed)
{
    const size_t n = PT_PACKED_BYTES(pt_circuit_output_bits(w->circuit));
    return pt_program_decode_packed(PTR(0, &r.literal), NULL, PTR(1, w->program), PTR(2, w->packed),
                                    SIZE(3, n), error);
}

CALL(pt_program_write_bristol)
{
    return pt_program_write_bristol(PTR(0, &r.text), PTR(1, &r.len), PTR(2, w->program), error);
}

CALL(pt_program_party_count)
{
    (void)w, (void)wrong, (void)error;
    assert_int_equal(pt_program_party_count(NULL), 0);
    return PT_OK;
}

CALL(pt_program_circuit)
{
    (void)w, (void)wrong, (void)error;
    assert_null(pt_program_circuit(NULL));
    return PT_OK;
}

CALL(pt_program_line_counts)
{
    (void)error;
    assert_null(pt_program_line_counts(PTR(0, &r.len), PTR(1, w->program)));
    return PT_OK;
}

CALL(pt_program_input_type)
{
    (void)error;
    assert_null(pt_program_input_type(PTR(0, w->program), SIZE(1, 0)));
    return PT_OK;
}

CALL(pt_program_input_name)
{
    (void)error;
    assert_null(pt_program_input_name(PTR(0, w->program), SIZE(1, 0)));
    return PT_OK;
}

CALL(pt_program_output_type)
{
    (void)w, (void)wrong, (void)error;
    assert_null(pt_program_output_type(NULL));
    return PT_OK;
}

CALL(pt_diagnostics_count)
{
    (void)w, (void)wrong, (void)error;
    assert_int_equal(pt_diagnostics_count(NULL), 0);
    return PT_OK;
}

CALL(pt_diagnostics_get)
{
    (void)w, (void)wrong, (void)error;
    assert_string_equal(pt_diagnostics_get(NULL, SIZE_MAX).message, "");
    return PT_OK;
}

CALL(pt_diagnostics_print)
{
    (void)w;
    return pt_diagnostics_print(PTR(0, &r.text), NULL, false, 0, error);
}

static const row rows[] = {
    HARMLESS(pt_diagnostics_count, 1),
    HARMLESS(pt_diagnostics_free, 1),
    HARMLESS(pt_diagnostics_get, 1),
    FAILS(pt_diagnostics_print, 1),
    FAILS(pt_program_check, 6),
    FAILS(pt_program_check_input, 4),
    FAILS(pt_program_check_input_packed, 4),
    HARMLESS(pt_program_circuit, 1),
    FAILS(pt_program_compile, 7),
    HARMLESS(pt_program_constants, 2),
    FAILS(pt_program_decode, 3),
    FAILS(pt_program_decode_packed, 4),
    HARMLESS(pt_program_free, 1),
    HARMLESS(pt_program_function, 1),
    HARMLESS(pt_program_input_name, 2),
    HARMLESS(pt_program_input_type, 2),
    FAILS(pt_program_inspect, 7),
    HARMLESS(pt_program_is_saved, 1),
    HARMLESS(pt_program_line_counts, 2),
    FAILS(pt_program_load, 2),
    FAILS(pt_program_load_in_place, 2),
    HARMLESS(pt_program_output_type, 1),
    HARMLESS(pt_program_party_count, 1),
    FAILS(pt_program_save, 3),
    FAILS(pt_program_write_bristol, 3),
    HARMLESS(pt_signature_free, 1),
    HARMLESS(pt_signature_input_name, 1),
    HARMLESS(pt_signature_input_type, 1),
    FAILS(pt_signature_new, 7),
    FAILS(pt_signature_of_program, 2),
    HARMLESS(pt_signature_output_type, 1),
    HARMLESS(pt_signature_party_count, 1),
};
TABLE(program);
