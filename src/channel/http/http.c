#include "channel/http/http.h"

#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"

#define CONNECT_TIMEOUT_MS 10000L
#define STALLED_S          60L /* a connection that moves no byte for so long is given up */
#define IO_BUFFER          (512L << 10)
#define RETRY_AFTER_MAX_S  60

static pthread_once_t curl_once = PTHREAD_ONCE_INIT;

static void start_curl(void)
{
    (void)curl_global_init(CURL_GLOBAL_DEFAULT);
}

static size_t take_response(char *bytes, size_t size, size_t count, void *user)
{
    http_call *call = user;
    curl_off_t announced = -1;
    if (call->response.len == 0)
        (void)curl_easy_getinfo(call->easy, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &announced);
    if (announced > 0)
        (void)buffer_reserve(&call->response, (size_t)announced);
    buffer_put(&call->response, bytes, size * count);
    return call->response.failed ? 0 : size * count;
}

bool http_call_init(http_call *call, size_t response_max, const char *tls_ca)
{
    *call = (http_call){0};
    buffer_init(&call->url, 4096);
    buffer_init(&call->response, response_max);
    (void)pthread_once(&curl_once, start_curl);
    call->easy = curl_easy_init();
    if (call->easy == NULL)
        return false;
    CURL *e = call->easy;
    bool ok = true;
#define SET(option, value) (ok = curl_easy_setopt(e, option, value) == CURLE_OK && ok)
    SET(CURLOPT_ERRORBUFFER, call->detail);
    SET(CURLOPT_NOSIGNAL, 1L);
    SET(CURLOPT_PROTOCOLS_STR, "http,https");
    SET(CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    SET(CURLOPT_PATH_AS_IS, 1L);
    SET(CURLOPT_TCP_NODELAY, 1L);
    SET(CURLOPT_TCP_KEEPALIVE, 1L);
    SET(CURLOPT_CONNECTTIMEOUT_MS, CONNECT_TIMEOUT_MS);
    SET(CURLOPT_LOW_SPEED_LIMIT, 1L);
    SET(CURLOPT_LOW_SPEED_TIME, STALLED_S);
    SET(CURLOPT_BUFFERSIZE, IO_BUFFER);
    SET(CURLOPT_UPLOAD_BUFFERSIZE, IO_BUFFER);
    SET(CURLOPT_USERAGENT, "polytune");
    SET(CURLOPT_WRITEFUNCTION, take_response);
    SET(CURLOPT_WRITEDATA, call);
    if (tls_ca != NULL) {
        SET(CURLOPT_CAINFO, tls_ca);
        SET(CURLOPT_CAPATH, NULL);
    }
#undef SET
    if (!ok)
        http_call_clear(call);
    return ok;
}

void http_call_clear(http_call *call)
{
    curl_easy_cleanup(call->easy);
    curl_slist_free_all(call->headers);
    buffer_clear(&call->url);
    buffer_clear(&call->response);
    call->easy = NULL;
    call->headers = NULL;
}

void http_prepare(http_call *call, http_method method, const char *base, const char *format, ...)
{
    static const char *const names[] = {"GET", "POST", "PUT", "DELETE"};
    char path[512];
    va_list args;
    va_start(args, format);
    const int len = vsnprintf(path, sizeof path, format, args);
    va_end(args);
    buffer_reset(&call->url);
    buffer_printf(&call->url, "%s%s", base, path);
    call->url.failed = call->url.failed || len < 0 || (size_t)len >= sizeof path;
    buffer_reset(&call->response);
    curl_slist_free_all(call->headers);
    call->headers = NULL;
    call->status = 0;
    call->retry_after_ms = 0;
    call->detail[0] = '\0';
    if (method == HTTP_POST) {
        (void)curl_easy_setopt(call->easy, CURLOPT_POST, 1L);
        http_body(call, "", 0);
    } else {
        (void)curl_easy_setopt(call->easy, CURLOPT_HTTPGET, 1L);
    }
    (void)curl_easy_setopt(call->easy, CURLOPT_CUSTOMREQUEST, names[method]);
    /* Without this libcurl asks for a "100 Continue" first and waits for it. */
    http_header(call, "Expect:");
    if (method == HTTP_PUT)
        http_header(call, "Content-Length: 0");
}

void http_header(http_call *call, const char *format, ...)
{
    char line[256];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(line, sizeof line, format, args);
    va_end(args);
    struct curl_slist *headers = curl_slist_append(call->headers, line);
    if (headers == NULL)
        call->url.failed = true;
    else
        call->headers = headers;
}

void http_body(http_call *call, const void *bytes, size_t len)
{
    (void)curl_easy_setopt(call->easy, CURLOPT_POSTFIELDS, bytes);
    (void)curl_easy_setopt(call->easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)len);
}

bool http_ready(http_call *call)
{
    const char *url = buffer_text(&call->url);
    return url != NULL && curl_easy_setopt(call->easy, CURLOPT_URL, url) == CURLE_OK &&
           curl_easy_setopt(call->easy, CURLOPT_HTTPHEADER, call->headers) == CURLE_OK;
}

void http_perform(http_call *call)
{
    http_done(call, curl_easy_perform(call->easy));
}

/* Whether an end of the connection would have been noticed: libcurl takes a head that breaks off
 * for one without a length, whose body lasts until the end. */
static bool is_whole(const http_call *call)
{
    struct curl_header *encoding = NULL;
    curl_off_t length = -1;
    (void)curl_easy_getinfo(call->easy, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &length);
    return length >= 0 || curl_easy_header(call->easy, "Transfer-Encoding", 0, CURLH_HEADER, -1,
                                           &encoding) == CURLHE_OK;
}

void http_done(http_call *call, CURLcode result)
{
    curl_off_t retry_after_s = 0;
    call->result = result == CURLE_OK && !is_whole(call) ? CURLE_PARTIAL_FILE : result;
    call->status = 0;
    if (call->result != CURLE_OK)
        return;
    (void)curl_easy_getinfo(call->easy, CURLINFO_RESPONSE_CODE, &call->status);
    (void)curl_easy_getinfo(call->easy, CURLINFO_RETRY_AFTER, &retry_after_s);
    if (retry_after_s < 0)
        retry_after_s = 0;
    if (retry_after_s > RETRY_AFTER_MAX_S)
        retry_after_s = RETRY_AFTER_MAX_S;
    call->retry_after_ms = (uint64_t)retry_after_s * 1000;
}

bool http_is_transient(const http_call *call)
{
    if (call->response.failed || call->result == CURLE_URL_MALFORMAT ||
        call->result == CURLE_PEER_FAILED_VERIFICATION || call->result == CURLE_SSL_CACERT_BADFILE)
        return false;
    return call->result != CURLE_OK || call->status == 429 || call->status >= 500;
}

/* What usually is behind a failure that a user can do something about; NULL for others. */
static const char *advice(const http_call *call)
{
    const bool is_tls = call->url.len >= 6 && memcmp(call->url.bytes, "https:", 6) == 0;
    switch ((int)call->result) {
    case CURLE_PEER_FAILED_VERIFICATION:
        return "its certificate is not trusted, or for another host; see --tls-ca";
    case CURLE_SSL_CACERT_BADFILE:
        return "the authorities given with --tls-ca cannot be read";
    case CURLE_SSL_CONNECT_ERROR:
        return "TLS fails; is its URL http: and not https:?";
    case CURLE_GOT_NOTHING:
        return is_tls ? NULL : "no answer; is its URL https: and not http:?";
    default:
        return NULL;
    }
}

void http_explain(const http_call *call, char *ret_text, size_t size)
{
    if (call->response.failed) {
        (void)snprintf(ret_text, size, "the response is too large");
        return;
    }
    if (call->result != CURLE_OK) {
        const char *what = advice(call);
        const char *detail =
            call->detail[0] != '\0' ? call->detail : curl_easy_strerror(call->result);
        (void)snprintf(ret_text, size, "%s%s%s%s", what == NULL ? "" : what,
                       what == NULL ? "" : " (", detail, what == NULL ? "" : ")");
        return;
    }
    char line[128];
    size_t n = 0;
    while (n < call->response.len && n < sizeof line - 1 && call->response.bytes[n] != '\n') {
        const char c = (char)call->response.bytes[n];
        line[n] = '?';
        if (c >= ' ' && c <= '~')
            line[n] = c;
        n++;
    }
    line[n] = '\0';
    (void)snprintf(ret_text, size, "HTTP status %ld%s%s", call->status, n == 0 ? "" : ": ", line);
}

bool http_response_header(const http_call *call, const char *name, char *ret_value, size_t size)
{
    struct curl_header *header = NULL;
    if (curl_easy_header(call->easy, name, 0, CURLH_HEADER, -1, &header) != CURLHE_OK)
        return false;
    const size_t len = strlen(header->value);
    if (len >= size)
        return false;
    memcpy(ret_value, header->value, len + 1);
    return true;
}
