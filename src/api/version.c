#include "polytune/polytune.h"

const char *pt_version(void)
{
    return POLYTUNE_VERSION;
}
