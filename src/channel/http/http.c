#include "channel/http/http.h"

#include <curl/curl.h>
#include <pthread.h>
#include <string.h>

#include "base/assert.h"
#include "base/mem.h"
#include "base/min.h"
#include "channel/http/authorities.h"
#include "channel/http/url.h"

#define CONNECT_TIMEOUT_MS 10000
#define STALLED_S          60L /* a connection that moves no byte for so long is given up */
#define IO_BUFFER          (512L << 10)

struct http_handle {
    CURL *easy;
    http_call *call; /* being performed */
    struct curl_slist *headers;
    bool (*share)(int fd);
    char detail[CURL_ERROR_SIZE];
};

static pthread_once_t curl_once = PTHREAD_ONCE_INIT;

static void start_curl(void)
{
    (void)curl_global_init(CURL_GLOBAL_DEFAULT);
}

/* ---- handles ---- */

static size_t take_response(char *bytes, size_t size, size_t count, void *user)
{
    const http_handle *h = user;
    buffer *response = &h->call->response;
    curl_off_t announced = -1;
    long status = 0;
    (void)curl_easy_getinfo(h->easy, CURLINFO_RESPONSE_CODE, &status);
    /* Of a proxy's page only the beginning is of interest. */
    if (status != 200 && size * count > response->max - response->len)
        return size * count;
    if (response->len == 0)
        (void)curl_easy_getinfo(h->easy, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &announced);
    if (announced > 0 && status == 200)
        (void)buffer_reserve(response, (size_t)announced);
    buffer_put(response, bytes, size * count);
    return response->failed ? 0 : size * count;
}

/* Sets an option, and clears `ok` when that fails. */
#define SET(option, value) (ok = curl_easy_setopt(e, option, value) == CURLE_OK && ok)

static bool set_options(http_handle *h, const char *tls_ca)
{
    CURL *e = h->easy;
    bool ok = true;
    SET(CURLOPT_ERRORBUFFER, h->detail);
    SET(CURLOPT_NOSIGNAL, 1L);
    SET(CURLOPT_PROTOCOLS_STR, "http,https");
    SET(CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    SET(CURLOPT_PATH_AS_IS, 1L);
    SET(CURLOPT_TCP_NODELAY, 1L);
    SET(CURLOPT_TCP_KEEPALIVE, 1L);
    SET(CURLOPT_LOW_SPEED_LIMIT, 1L);
    SET(CURLOPT_LOW_SPEED_TIME, STALLED_S);
    SET(CURLOPT_BUFFERSIZE, IO_BUFFER);
    SET(CURLOPT_UPLOAD_BUFFERSIZE, IO_BUFFER);
    SET(CURLOPT_USERAGENT, "polytune");
    SET(CURLOPT_WRITEFUNCTION, take_response);
    SET(CURLOPT_WRITEDATA, h);
    if (tls_ca != NULL) {
        SET(CURLOPT_CAINFO, tls_ca);
        SET(CURLOPT_CAPATH, NULL);
        return ok;
    }
    /* A libcurl from Debian, in an archive or a wheel, may be on another system. */
    const curl_version_info_data *built = curl_version_info(CURLVERSION_NOW);
    const char *elsewhere =
        authorities_find(built->cainfo != NULL ? built->cainfo : built->capath, authorities_places);
    if (elsewhere != NULL) {
        SET(CURLOPT_CAINFO, elsewhere);
        SET(CURLOPT_CAPATH, NULL);
    }
    return ok;
}

http_handle *http_handle_new(const char *tls_ca)
{
    (void)pthread_once(&curl_once, start_curl);
    http_handle *h = mem_new(1, sizeof *h);
    if (h == NULL)
        return NULL;
    h->easy = curl_easy_init();
    if (h->easy == NULL || !set_options(h, tls_ca)) {
        http_handle_free(h);
        return NULL;
    }
    return h;
}

void http_handle_free(http_handle *h)
{
    if (h == NULL)
        return;
    curl_easy_cleanup(h->easy);
    curl_slist_free_all(h->headers);
    mem_free(h);
}

static int share_callback(void *user, curl_socket_t fd, curlsocktype purpose)
{
    const http_handle *h = user;
    (void)purpose;
    return h->share(fd) ? CURL_SOCKOPT_OK : CURL_SOCKOPT_ERROR;
}

bool http_handle_from(http_handle *h, uint16_t port, bool is_ipv6, bool (*share)(int fd))
{
    CURL *e = h->easy;
    bool ok = true;
    h->share = share;
    SET(CURLOPT_LOCALPORT, (long)port);
    SET(CURLOPT_SOCKOPTFUNCTION, share_callback);
    SET(CURLOPT_SOCKOPTDATA, h);
    SET(CURLOPT_IPRESOLVE, (long)(is_ipv6 ? CURL_IPRESOLVE_V6 : CURL_IPRESOLVE_V4));
    SET(CURLOPT_NOPROXY, "*");
    return ok;
}

/* ---- beginning ---- */

static bool add_header(http_handle *h, const char *line)
{
    struct curl_slist *headers = curl_slist_append(h->headers, line);
    if (headers == NULL)
        return false;
    h->headers = headers;
    return true;
}

static bool set_headers(http_handle *h, const http_call *call)
{
    curl_slist_free_all(h->headers);
    h->headers = NULL;
    /* Without this libcurl asks for a "100 Continue" first and waits for it. */
    bool ok = add_header(h, "Expect:");
    if (call->method == HTTP_PUT)
        ok = ok && add_header(h, "Content-Length: 0");
    if (call->source != NULL)
        ok = ok && add_header(h, "Transfer-Encoding: chunked");
    for (const char *line = NULL; ok && (line = http_next_header(call, line)) != NULL;)
        ok = add_header(h, line);
    return ok && curl_easy_setopt(h->easy, CURLOPT_HTTPHEADER, h->headers) == CURLE_OK;
}

static size_t give_body(char *ret_bytes, size_t size, size_t count, void *user)
{
    const http_call *call = user;
    const size_t n = call->source(call->source_user, (uint8_t *)ret_bytes, size * count);
    return n == HTTP_SOURCE_WAITS ? CURL_READFUNC_PAUSE : n;
}

static bool set_source(http_handle *h, http_call *call)
{
    CURL *e = h->easy;
    bool ok = true;
    SET(CURLOPT_POST, 1L);
    SET(CURLOPT_POSTFIELDS, NULL);
    SET(CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)-1);
    SET(CURLOPT_READFUNCTION, give_body);
    SET(CURLOPT_READDATA, call);
    return ok;
}

static bool set_method(http_handle *h, http_call *call)
{
    static const char *const names[] = {"GET", "POST", "PUT", "DELETE"};
    CURL *e = h->easy;
    bool ok = true;
    if (call->source != NULL) {
        ok = set_source(h, call);
    } else if (call->method == HTTP_POST) {
        SET(CURLOPT_POST, 1L);
        SET(CURLOPT_POSTFIELDS, call->body_len == 0 ? "" : (const char *)call->body);
        SET(CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)call->body_len);
    } else {
        SET(CURLOPT_HTTPGET, 1L);
    }
    SET(CURLOPT_CUSTOMREQUEST, names[call->method]);
    return ok;
}

/* Well before the end of the whole call: were that first, libcurl would not tell whether it waited
 * for a connection or for TLS. */
static long connect_timeout_ms(uint64_t timeout_ms)
{
    if (timeout_ms == 0)
        return CONNECT_TIMEOUT_MS;
    return (long)min_u64(CONNECT_TIMEOUT_MS, timeout_ms - timeout_ms / 4);
}

bool http_handle_begin(http_handle *h, http_call *call, uint64_t timeout_ms)
{
    CURL *e = h->easy;
    bool ok = http_is_ready(call);
    const char *url = ok ? buffer_text(&call->url) : NULL;
    if (url == NULL || !set_headers(h, call) || !set_method(h, call))
        return false;
    SET(CURLOPT_URL, url);
    /* No proxy is asked about this machine itself, whatever http_proxy says; NULL is libcurl's own
     * choice by the environment. */
    SET(CURLOPT_PROXY, call->is_direct || url_is_loopback(url) ? "" : NULL);
    SET(CURLOPT_TIMEOUT_MS, (long)timeout_ms);
    SET(CURLOPT_CONNECTTIMEOUT_MS, connect_timeout_ms(timeout_ms));
    http_begin(call);
    h->call = call;
    h->detail[0] = '\0';
    return ok;
}

#undef SET

/* ---- ending ---- */

/* Whether an end of the connection would have been noticed: libcurl takes a head that breaks off
 * for one without a length, whose body lasts until the end. */
static bool is_whole(const http_handle *h)
{
    struct curl_header *encoding = NULL;
    curl_off_t length = -1;
    (void)curl_easy_getinfo(h->easy, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &length);
    return length >= 0 || curl_easy_header(h->easy, "Transfer-Encoding", 0, CURLH_HEADER, -1,
                                           &encoding) == CURLHE_OK;
}

static http_outcome outcome_of(CURLcode result)
{
    switch ((int)result) {
    case CURLE_COULDNT_CONNECT:
        return HTTP_NOBODY;
    case CURLE_OPERATION_TIMEDOUT:
        return HTTP_TIMEOUT;
    case CURLE_URL_MALFORMAT:
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
        return HTTP_HOPELESS;
    default:
        return HTTP_BROKEN;
    }
}

/* Libraries for TLS tell more or less about a certificate that they refuse. */
static const char *certificate_advice(const char *detail)
{
    if (strstr(detail, "expired") != NULL)
        return "its certificate has expired, and its operator must renew it, or this machine's "
               "clock is wrong";
    if (strstr(detail, "does not match") != NULL)
        return "its certificate is for another host; is its URL right?";
    return "its certificate is not trusted (see --tls-ca), or expired (is this machine's clock "
           "right?)";
}

/* What usually is behind a failure that a user can do something about; NULL for others. */
static const char *advice(const http_call *call, CURLcode result, const char *detail)
{
    const bool is_tls = call->url.len >= 6 && memcmp(call->url.bytes, "https:", 6) == 0;
    switch ((int)result) {
    case CURLE_PEER_FAILED_VERIFICATION:
        return certificate_advice(detail);
    case CURLE_SSL_CACERT_BADFILE:
        return "the authorities given with --tls-ca cannot be read";
    case CURLE_SSL_CONNECT_ERROR:
        return "TLS fails; is its URL http: and not https:?";
    case CURLE_OPERATION_TIMEDOUT:
        /* A server of plain HTTP may wait for the end of a line, which not every first message of
         * TLS has. */
        if (strstr(detail, "SSL connection timeout") == NULL)
            return NULL;
        return "no TLS comes; is its URL http: and not https:?";
    case CURLE_GOT_NOTHING:
        return is_tls ? NULL : "no answer; is its URL https: and not http:?";
    default:
        return NULL;
    }
}

static void end_without_answer(const http_handle *h, CURLcode result)
{
    const char *detail = h->detail[0] != '\0' ? h->detail : curl_easy_strerror(result);
    const char *what = advice(h->call, result, detail);
    if (what == NULL)
        http_no_answer(h->call, outcome_of(result), "%s", detail);
    else
        http_no_answer(h->call, outcome_of(result), "%s (%s)", what, detail);
}

void http_handle_end(http_handle *h, int result)
{
    CURLcode code = (CURLcode)result;
    http_call *call = h->call;
    long status = 0;
    curl_off_t retry_after_s = 0;
    PT_ASSERT(call != NULL);
    if (code == CURLE_OK && !is_whole(h))
        code = CURLE_PARTIAL_FILE;
    if (code == CURLE_OK)
        (void)curl_easy_getinfo(h->easy, CURLINFO_RESPONSE_CODE, &status);
    if (code != CURLE_OK || status <= 0) {
        end_without_answer(h, code);
        return;
    }
    http_answer(call, status);
    struct curl_header *line = NULL;
    while ((line = curl_easy_nextheader(h->easy, CURLH_HEADER, -1, line)) != NULL)
        http_answer_header(call, line->name, line->value);
    /* It may have been said by a date. */
    (void)curl_easy_getinfo(h->easy, CURLINFO_RETRY_AFTER, &retry_after_s);
    if (retry_after_s > 0)
        http_retry_after(call, (uint64_t)retry_after_s);
}

bool http_perform(http_handle *h, http_call *call, uint64_t timeout_ms)
{
    if (!http_handle_begin(h, call, timeout_ms))
        return false;
    http_handle_end(h, curl_easy_perform(h->easy));
    return true;
}

void *http_handle_easy(const http_handle *h)
{
    return h->easy;
}

/* ---- calls one by one ---- */

static void *curl_open(void *user, const char *tls_ca)
{
    (void)user;
    return http_handle_new(tls_ca);
}

static bool curl_perform(void *opened, http_call *call, uint64_t timeout_ms)
{
    return http_perform(opened, call, timeout_ms);
}

static void curl_close(void *opened)
{
    http_handle_free(opened);
}

const http_caller http_caller_curl = {curl_open, curl_perform, curl_close, NULL};
