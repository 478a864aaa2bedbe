#include "channel/http/probe.h"

#include <curl/curl.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "channel/http/url.h"

#define GET_ANSWER_MAX ((size_t)256 << 10)

struct http_probe {
    http_handle *handle;
    char *base;
    char *shown;
    http_look look; /* being filled */
};

/* Of text that a server may have had a hand in: printable ASCII. */
static void take_text(char ret_text[PROBE_TEXT], const char *text, size_t len)
{
    size_t n = 0;
    for (; n < len && n + 1 < PROBE_TEXT && text[n] != '\n' && text[n] != '\0'; n++)
        ret_text[n] = text[n] >= ' ' && text[n] <= '~' ? text[n] : '?';
    ret_text[n] = '\0';
}

/* What follows `prefix` in the text, if it begins so; TLS libraries have their own ideas of small
 * and capital letters. */
static void take_after(char ret_text[PROBE_TEXT], const char *prefix, const char *text, size_t len)
{
    const size_t skip = strlen(prefix);
    if (len > skip && strncasecmp(text, prefix, skip) == 0)
        take_text(ret_text, text + skip, len - skip);
}

/* libcurl reads 20261129 12:00:00 GMT, and one of its TLS libraries writes 2026-11-29. */
static time_t certificate_date(const char *text)
{
    char plain[PROBE_TEXT];
    size_t n = 0;
    const bool has_dashes = strlen(text) > 10 && text[4] == '-' && text[7] == '-';
    for (size_t i = 0; text[i] != '\0'; i++) {
        if (!has_dashes || (i != 4 && i != 7))
            plain[n++] = text[i];
    }
    plain[n] = '\0';
    return curl_getdate(plain, NULL);
}

/* libcurl tells of TLS's version and of proxies in no other way. */
static int listen_to_curl(CURL *easy, curl_infotype type, char *text, size_t len, void *user)
{
    http_look *look = user;
    (void)easy;
    if (type != CURLINFO_TEXT)
        return 0;
    take_after(look->tls, "SSL connection using ", text, len);
    take_after(look->proxy, "Uses proxy env variable ", text, len);
    look->proxy[strcspn(look->proxy, " ")] = '\0'; /* what it is set to may have a password */
    return 0;
}

static bool set_up(http_probe *p, bool any_certificate)
{
    CURL *e = http_handle_easy(p->handle);
    const long verify = any_certificate ? 0 : 1;
    return curl_easy_setopt(e, CURLOPT_CERTINFO, 1L) == CURLE_OK &&
           curl_easy_setopt(e, CURLOPT_VERBOSE, 1L) == CURLE_OK &&
           curl_easy_setopt(e, CURLOPT_DEBUGFUNCTION, listen_to_curl) == CURLE_OK &&
           curl_easy_setopt(e, CURLOPT_DEBUGDATA, &p->look) == CURLE_OK &&
           curl_easy_setopt(e, CURLOPT_SSL_VERIFYPEER, verify) == CURLE_OK &&
           curl_easy_setopt(e, CURLOPT_SSL_VERIFYHOST, 2 * verify) == CURLE_OK;
}

http_probe *http_probe_new(const char *url, const char *tls_ca, bool any_certificate)
{
    http_probe *p = mem_new(1, sizeof *p);
    if (p == NULL)
        return NULL;
    p->handle = http_handle_new(tls_ca);
    p->shown = url_shown(url);
    p->base = any_certificate ? url_shown(url) : url_base(url);
    if (p->handle == NULL || p->shown == NULL || p->base == NULL || !set_up(p, any_certificate)) {
        http_probe_free(p);
        return NULL;
    }
    return p;
}

void http_probe_free(http_probe *p)
{
    if (p == NULL)
        return;
    http_handle_free(p->handle);
    mem_free(p->base);
    mem_free(p->shown);
    mem_free(p);
}

const char *http_probe_base(const http_probe *p)
{
    return p->base;
}

const char *http_probe_shown(const http_probe *p)
{
    return p->shown;
}

bool http_probe_is_https(const http_probe *p)
{
    return strncmp(p->base, "https:", 6) == 0;
}

bool http_probe_is_loopback(const http_probe *p)
{
    return url_is_loopback(p->base);
}

static double seconds_of(CURL *easy, CURLINFO info)
{
    curl_off_t us = 0;
    (void)curl_easy_getinfo(easy, info, &us);
    return (double)us / 1e6;
}

/* The server's own certificate is the first of the chain. */
static void take_certificate(http_look *look, CURL *easy)
{
    struct curl_certinfo *chain = NULL;
    look->expires_at = -1;
    if (curl_easy_getinfo(easy, CURLINFO_CERTINFO, &chain) != CURLE_OK || chain == NULL ||
        chain->num_of_certs < 1)
        return;
    for (const struct curl_slist *line = chain->certinfo[0]; line != NULL; line = line->next) {
        const size_t len = strlen(line->data);
        take_after(look->subject, "Subject:", line->data, len);
        take_after(look->issuer, "Issuer:", line->data, len);
        take_after(look->expires, "Expire date:", line->data, len);
    }
    if (look->expires[0] != '\0')
        look->expires_at = certificate_date(look->expires);
}

bool http_probe_run(http_probe *p, http_look *ret_look, http_call *call, uint64_t timeout_ms)
{
    CURL *e = http_handle_easy(p->handle);
    const char *address = NULL;
    char date[64];
    p->look = (http_look){.date = -1};
    if (!http_perform(p->handle, call, timeout_ms))
        return false;
    http_look *look = &p->look;
    if (curl_easy_getinfo(e, CURLINFO_PRIMARY_IP, &address) == CURLE_OK && address != NULL)
        take_text(look->address, address, strlen(address));
    look->lookup_s = seconds_of(e, CURLINFO_NAMELOOKUP_TIME_T);
    look->connect_s = seconds_of(e, CURLINFO_CONNECT_TIME_T);
    look->tls_s = seconds_of(e, CURLINFO_APPCONNECT_TIME_T);
    look->answer_s = seconds_of(e, CURLINFO_STARTTRANSFER_TIME_T);
    look->total_s = seconds_of(e, CURLINFO_TOTAL_TIME_T);
    take_certificate(look, e);
    if (http_response_header(call, "Date", date, sizeof date))
        look->date = curl_getdate(date, NULL);
    *ret_look = *look;
    return true;
}

bool http_probe_get(http_probe *p, http_look *ret_look, http_call *ret_call, const char *path,
                    uint64_t timeout_ms)
{
    http_call_init(ret_call, GET_ANSWER_MAX);
    http_prepare(ret_call, HTTP_GET, p->base, "%s", path);
    return http_probe_run(p, ret_look, ret_call, timeout_ms);
}
