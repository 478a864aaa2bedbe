#include "api/wrong_arguments/table.h"

CALL(pt_version)
{
    (void)w, (void)wrong, (void)error;
    assert_non_null(pt_version());
    return PT_OK;
}

CALL(pt_struct_size)
{
    (void)w, (void)wrong, (void)error;
    assert_int_equal(pt_struct_size(NULL), 0);
    assert_int_equal(pt_struct_size("pt_erro"), 0);
    assert_int_equal(pt_struct_size("pt_error"), sizeof(pt_error));
    return PT_OK;
}

static const row rows[] = {
    HARMLESS(pt_struct_size, 1),
    HARMLESS(pt_version, 1),
};
TABLE(polytune);
