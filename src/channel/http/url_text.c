#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "channel/http/url.h"

#define URL_MAX 2048

bool url_has_form(const char *url)
{
    const char *host = strstr(url, "://");
    if (strlen(url) > URL_MAX || host == NULL || host[3] == '/' || host[3] == '\0' ||
        strpbrk(url, "?# ") != NULL)
        return false;
    return strncmp(url, "http://", 7) == 0 || strncmp(url, "https://", 8) == 0;
}

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

/* Where the host begins, behind scheme and credentials. */
static const char *host_of(const char *url)
{
    const char *host = strstr(url, "://");
    if (host == NULL)
        return url;
    host += 3;
    for (size_t i = strcspn(host, "/"); i-- != 0;)
        if (host[i] == '@')
            return host + i + 1;
    return host;
}

bool url_is_loopback(const char *url)
{
    const char *host = host_of(url);
    const size_t len = host[0] == '[' ? strcspn(host, "]") + 1 : strcspn(host, ":/");
    if (len == strlen("localhost") && strncasecmp(host, "localhost", len) == 0)
        return true;
    if (len == strlen("[::1]") && memcmp(host, "[::1]", len) == 0)
        return true;
    return strncmp(host, "127.", 4) == 0 && strspn(host, "0123456789.") >= len;
}

char *url_shown(const char *url)
{
    char *shown = url_base(url);
    if (shown == NULL || host_of(shown) == shown)
        return shown;
    const char *host = host_of(shown);
    char *to = strstr(shown, "://") + 3;
    memmove(to, host, strlen(host) + 1);
    return shown;
}
