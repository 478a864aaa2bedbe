#include <unistd.h>

#include "base/pages.h"
#include "base/processors.h"

void huge_pages_advise(void *memory, size_t bytes)
{
    (void)memory;
    (void)bytes;
}

bool pages_cut_in_place(void)
{
    return false;
}

size_t pages_passed(const void *memory, size_t bytes)
{
    (void)memory;
    return bytes;
}

size_t processors_usable(void)
{
    const long online = sysconf(_SC_NPROCESSORS_ONLN);
    return online < 1 ? 1 : (size_t)online;
}
