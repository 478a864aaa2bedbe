#include "base/pages.h"
#include "base/processors.h"

void huge_pages_advise(void *memory, size_t bytes)
{
    (void)memory;
    (void)bytes;
}

size_t pages_passed(const void *memory, size_t bytes)
{
    (void)memory;
    return bytes;
}

bool processor_is_only_one(void)
{
    return false;
}
