#include "wire/session_name.h"

#include <string.h>

/* The unreserved characters of RFC 3986, section 2.3. */
static const char unreserved[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._~-";

bool session_name_is_good(const char *name, size_t len)
{
    if (len == 0 || len > SESSION_NAME_MAX)
        return false;
    for (size_t i = 0; i < len; i++)
        if (memchr(unreserved, name[i], sizeof unreserved - 1) == NULL)
            return false;
    return true;
}
