#include <sys/prctl.h>

#include "cli/no_core.h"

void no_core_readers(void)
{
    (void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
}
