#include "api/wrong_arguments/table.h"

FREES(pt_constants_free)

CALL(pt_constants_exchange)
{
    const pt_constant given = {PTR(5, "P"), PTR(6, "N"), PTR(7, "1")};
    return pt_constants_exchange(PTR(0, &r.constants), PTR(1, &w->channels[0]), SIZE(2, 0),
                                 SIZE(3, 1), PTR(4, &given), 1, error);
}

CALL(pt_constants_list)
{
    (void)error;
    assert_null(pt_constants_list(PTR(0, &r.len), NULL));
    assert_non_null(pt_constants_list(PTR(0, &r.len), w->constants));
    return PT_OK;
}

CALL(pt_constants_confirm)
{
    return pt_constants_confirm(PTR(0, w->constants), PTR(1, &w->channels[0]), PT_OK, error);
}

CALL(pt_constants_digest)
{
    (void)error;
    pt_constants_digest(PTR(0, r.bits), PTR(1, w->constants));
    return PT_OK;
}

static const row rows[] = {
    FAILS(pt_constants_confirm, 2),  HARMLESS(pt_constants_digest, 2),
    FAILS(pt_constants_exchange, 8), HARMLESS(pt_constants_free, 1),
    HARMLESS(pt_constants_list, 1),
};
TABLE(constants);
