#include "crypto/backend.h"

#include <stdlib.h>
#include <string.h>

#include "crypto/cpu.h"

const backend *backend_find(const backend *const *list, size_t n, const char *name)
{
    const unsigned features = cpu_features();
    for (size_t i = 0; i < n; i++) {
        if ((list[i]->needs & ~features) != 0)
            continue;
        if (name == NULL || strcmp(name, list[i]->name) == 0)
            return list[i];
    }
    return NULL;
}

const backend *backend_choose(const backend *const *list, size_t n, const char *variable)
{
    const char *wanted = getenv(variable);
    const backend *found = wanted != NULL ? backend_find(list, n, wanted) : NULL;
    return found != NULL ? found : backend_find(list, n, NULL);
}
