/* Any method and path, one line each: a route with a good name and numbers, or a refusal with a
 * reason. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/assert.h"
#include "httpd/text.h"
#include "relay/route.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *method = malloc(size + 1);
    if (method == NULL)
        return 0;
    memcpy(method, data, size);
    method[size] = '\0';
    char *path = method + strcspn(method, "\n");
    if (*path != '\0')
        *path++ = '\0';
    const size_t before = strlen(path);
    PT_ASSERT(text_unescape(path) == strlen(path));
    PT_ASSERT(strlen(path) <= before);
    route r;
    const char *reason = NULL;
    const unsigned status = route_parse(&r, method, path, &reason);
    if (status == 0) {
        PT_ASSERT(strlen(r.session) <= SESSION_NAME_MAX);
        PT_ASSERT(strchr(r.session, '/') == NULL);
        PT_ASSERT(r.party <= ROUTE_PARTY_MAX && r.from <= ROUTE_PARTY_MAX &&
                  r.to <= ROUTE_PARTY_MAX);
    } else {
        PT_ASSERT(reason != NULL);
        PT_ASSERT(status == 400 || status == 404 || status == 405);
    }
    free(method);
    return 0;
}
