#include "api/wrong_arguments/table.h"

FREES(pt_meter_free)

CALL(pt_meter_new)
{
    (void)w;
    return pt_meter_new(PTR(0, &r.meter), SIZE(1, 2), error);
}

CALL(pt_meter_read)
{
    (void)error;
    assert_false(pt_meter_read(PTR(0, &r.traffic), PTR(1, w->meter), SIZE(2, 0)));
    return PT_OK;
}

CALL(pt_channel_metered_wrap)
{
    const pt_channel inner = {PTR(1, w->channels[0].ops), w->channels[0].self};
    return pt_channel_metered_wrap(PTR(0, r.channels), inner, PTR(2, w->meter), error);
}

static const row rows[] = {
    FAILS(pt_channel_metered_wrap, 3),
    HARMLESS(pt_meter_free, 1),
    FAILS(pt_meter_new, 2),
    HARMLESS(pt_meter_read, 3),
};
TABLE(meter);
