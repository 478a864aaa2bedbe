#include "channel/http/direct_check.h"

#include <string.h>

#include "base/buffer.h"
#include "base/error.h"
#include "channel/http/url.h"
#include "httpd/tls.h"

static pt_status check_url(const pt_direct_options *o, size_t i, pt_error *error)
{
    url_parts parts;
    if (o->urls[i] == NULL || !url_split(&parts, o->urls[i]))
        return error_set(error, PT_ERR_USAGE,
                         "\"%.200s\" is not the URL of a party, such as http://127.0.0.1:8000",
                         o->urls[i] == NULL ? "" : o->urls[i]);
    const bool has_credentials = parts.has_credentials;
    url_clear(&parts);
    if (has_credentials)
        return error_set(error, PT_ERR_USAGE,
                         "the URL of party %zu has a user or password in it; "
                         "parties do not ask for one",
                         i);
    return PT_OK;
}

/* Whether two good URLs lead to the same place. */
static bool are_same(const char *a, const char *b)
{
    url_parts x = {0};
    url_parts y = {0};
    const bool same = url_split(&x, a) && url_split(&y, b) && x.port == y.port &&
                      strcmp(x.host, y.host) == 0 && strcmp(x.path, y.path) == 0;
    url_clear(&x);
    url_clear(&y);
    return same;
}

pt_status direct_check_urls(const pt_direct_options *o, pt_error *error)
{
    if (o->urls == NULL)
        return error_set(error, PT_ERR_USAGE, "the URLs of the parties are missing");
    for (size_t i = 0; i < o->parties; i++) {
        const pt_status status = check_url(o, i, error);
        if (status != PT_OK)
            return status;
        for (size_t j = 0; j < i; j++)
            if (are_same(o->urls[i], o->urls[j]))
                return error_set(error, PT_ERR_USAGE,
                                 "parties %zu and %zu have the same URL, %.200s", j, i, o->urls[i]);
    }
    return PT_OK;
}

/* Whoever serves reads them once more: what is wrong with them is known before. */
static pt_status check_tls_files(const pt_direct_options *o, pt_error *error)
{
    buffer text;
    buffer_init(&text, 0);
    pt_status status = tls_read_certificate(&text, o->tls_cert, error);
    buffer_clear(&text);
    if (status != PT_OK)
        return status;
    status = tls_read_key(&text, o->tls_key, error);
    buffer_clear(&text);
    return status;
}

pt_status direct_check_own(const pt_direct_options *o, pt_error *error)
{
    const bool is_https = strncmp(o->urls[o->party], "https:", 6) == 0;
    if ((o->tls_cert == NULL) != (o->tls_key == NULL))
        return error_set(error, PT_ERR_USAGE, "TLS needs both a certificate and its key");
    if (is_https && o->tls_cert == NULL && o->listen_host == NULL)
        return error_set(error, PT_ERR_USAGE,
                         "the own URL is https: give a certificate and its key, or where to listen "
                         "behind a proxy that has them");
    if (!is_https && o->tls_cert != NULL)
        return error_set(error, PT_ERR_USAGE,
                         "there is a certificate, but the own URL %.200s is not https",
                         o->urls[o->party]);
    return o->tls_cert == NULL ? PT_OK : check_tls_files(o, error);
}
