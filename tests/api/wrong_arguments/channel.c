#include "api/wrong_arguments/table.h"

CALL(pt_channel_close)
{
    (void)w, (void)error;
    pt_channel none = {0};
    pt_channel_close(PTR(0, &none));
    return PT_OK;
}

CALL(pt_channel_memory_mesh)
{
    (void)w;
    return pt_channel_memory_mesh(PTR(0, r.channels), SIZE(1, 2), 0, error);
}

static const row rows[] = {
    HARMLESS(pt_channel_close, 1),
    FAILS(pt_channel_memory_mesh, 2),
};
TABLE(channel);
