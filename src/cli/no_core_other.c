#include "cli/no_core.h"

void no_core_readers(void)
{
}
