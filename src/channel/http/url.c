#include "channel/http/url.h"

#include <ctype.h>
#include <curl/curl.h>
#include <string.h>

#include "base/mem.h"

static bool has_part(CURLU *parsed, CURLUPart part)
{
    char *text = NULL;
    const bool has = curl_url_get(parsed, part, &text, 0) == CURLUE_OK;
    curl_free(text);
    return has;
}

/* 0: there is none, or none that is one. */
static uint16_t port_of(CURLU *parsed)
{
    char *text = NULL;
    unsigned long number = 0;
    if (curl_url_get(parsed, CURLUPART_PORT, &text, CURLU_DEFAULT_PORT) != CURLUE_OK)
        return 0;
    for (const char *p = text; *p >= '0' && *p <= '9' && number <= UINT16_MAX; p++)
        number = number * 10 + (unsigned long)(*p - '0');
    curl_free(text);
    return number > UINT16_MAX ? 0 : (uint16_t)number;
}

/* NULL if it is not good. */
static CURLU *url_parse(const char *url)
{
    if (!url_has_form(url))
        return NULL;
    CURLU *parsed = curl_url();
    if (parsed != NULL && curl_url_set(parsed, CURLUPART_URL, url, CURLU_PATH_AS_IS) == CURLUE_OK &&
        port_of(parsed) != 0)
        return parsed;
    curl_url_cleanup(parsed);
    return NULL;
}

bool url_is_good(const char *url)
{
    CURLU *parsed = url_parse(url);
    curl_url_cleanup(parsed);
    return parsed != NULL;
}

/* A copy of one part from our heap. */
static char *copy_part(CURLU *parsed, CURLUPart part)
{
    char *text = NULL;
    if (curl_url_get(parsed, part, &text, 0) != CURLUE_OK)
        return NULL;
    char *copy = mem_string(text);
    curl_free(text);
    return copy;
}

static void strip_brackets(char *host)
{
    const size_t len = strlen(host);
    for (size_t i = 0; i < len; i++)
        host[i] = (char)tolower((unsigned char)host[i]);
    if (len < 2 || host[0] != '[' || host[len - 1] != ']')
        return;
    memmove(host, host + 1, len - 2);
    host[len - 2] = '\0';
}

bool url_split(url_parts *ret_parts, const char *url)
{
    CURLU *parsed = url_parse(url);
    if (parsed == NULL)
        return false;
    url_parts parts = {.is_https = strncmp(url, "https:", 6) == 0,
                       .host = copy_part(parsed, CURLUPART_HOST),
                       .port = port_of(parsed),
                       .path = copy_part(parsed, CURLUPART_PATH),
                       .has_credentials = has_part(parsed, CURLUPART_USER) ||
                                          has_part(parsed, CURLUPART_PASSWORD)};
    curl_url_cleanup(parsed);
    if (parts.host == NULL || parts.path == NULL) {
        url_clear(&parts);
        return false;
    }
    strip_brackets(parts.host);
    url_strip_slashes(parts.path);
    *ret_parts = parts;
    return true;
}

void url_clear(url_parts *parts)
{
    mem_free(parts->host);
    mem_free(parts->path);
    *parts = (url_parts){0};
}
