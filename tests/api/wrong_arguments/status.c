#include "api/wrong_arguments/table.h"

CALL(pt_status_name)
{
    (void)w, (void)wrong, (void)error;
    assert_string_equal(pt_status_name((pt_status)-1), "PT_UNKNOWN");
    assert_string_equal(pt_status_name(PT_STATUS_COUNT), "PT_UNKNOWN");
    return PT_OK;
}

CALL(pt_status_text)
{
    (void)w, (void)wrong, (void)error;
    assert_non_null(pt_status_text((pt_status)12345));
    return PT_OK;
}

CALL(pt_status_class_of)
{
    (void)w, (void)wrong, (void)error;
    assert_int_equal(pt_status_class_of((pt_status)12345), PT_CLASS_INTERNAL);
    return PT_OK;
}

CALL(pt_error_clear)
{
    (void)w, (void)wrong, (void)error;
    pt_error_clear(NULL);
    return PT_OK;
}

FREES(pt_text_free)

static const row rows[] = {
    HARMLESS(pt_error_clear, 1), HARMLESS(pt_status_class_of, 1), HARMLESS(pt_status_name, 1),
    HARMLESS(pt_status_text, 1), HARMLESS(pt_text_free, 1),
};
TABLE(status);
