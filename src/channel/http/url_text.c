#include <string.h>

#include "base/mem.h"
#include "channel/http/url.h"

void url_strip_slashes(char *text)
{
    for (size_t len = strlen(text); len != 0 && text[len - 1] == '/';)
        text[--len] = '\0';
}

char *url_base(const char *url)
{
    char *base = mem_string(url);
    if (base != NULL)
        url_strip_slashes(base);
    return base;
}

char *url_shown(const char *url)
{
    char *shown = url_base(url);
    char *host = shown == NULL ? NULL : strstr(shown, "://");
    if (host == NULL)
        return shown;
    host += 3;
    for (size_t i = strcspn(host, "/"); i-- != 0;) {
        if (host[i] == '@') {
            memmove(host, host + i + 1, strlen(host + i + 1) + 1);
            break;
        }
    }
    return shown;
}
