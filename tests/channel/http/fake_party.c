#include "support/test.h"

#include "channel/http/fake_party.h"

#include <inttypes.h>
#include <strings.h>

#include "base/clock.h"
#include "httpd/http.h"

typedef struct fake_request {
    httpd_request http;
    bool has_message;
} fake_request;

static void begin(httpd_request *r, const char *method, const char *path)
{
    assert_string_equal(method, "POST");
    assert_string_equal(path, "/msg/0");
    r->wants_body = true;
}

static void header(httpd_request *r, const char *name, const char *value)
{
    (void)value;
    if (strcasecmp(name, "X-Polytune-Seq") == 0)
        ((fake_request *)r)->has_message = true;
}

static enum MHD_Result answer(httpd_request *r)
{
    fake_party *f = httpd_user(r->server);
    if (((fake_request *)r)->has_message) {
        if (clock_ms() < f->not_before_ms)
            f->n_in_haste++;
        if (f->n_busy > 0) {
            f->n_busy--;
            f->not_before_ms = clock_ms() + 1000;
            return httpd_reply_with(r, 429, 1, "busy\n", "X-Polytune-Commit", f->says);
        }
        f->n_posted++;
    } else {
        f->n_asked++;
    }
    return httpd_reply_with(r, (unsigned)f->status, -1, "as told\n", "X-Polytune-Commit", f->says);
}

static const httpd_app fake_app = {
    .name = "a fake party",
    .request_size = sizeof(fake_request),
    .body_max = FRAME_PACKET_MAX,
    .too_long = "too long",
    .begin = begin,
    .header = header,
    .answer = answer,
};

void fake_party_start(fake_party *f, uint16_t port, char number)
{
    fake_party_start_with(f, port, number, 200);
}

void fake_party_start_with(fake_party *f, uint16_t port, char number, int status)
{
    const httpd_options options = {
        .address = "127.0.0.1", .port = port, .max_connections = 100, .client_timeout_ms = 10000};
    *f = (fake_party){.status = status};
    memset(f->number, number, sizeof f->number - 1);
    direct_commit(f->commit, f->number);
    f->says = f->commit;
    pt_error error;
    if (httpd_new(&f->server, &fake_app, f, &error) != PT_OK ||
        httpd_start(f->server, &options, &error) != PT_OK)
        fail_msg("%s", error.message);
    (void)snprintf(f->url, sizeof f->url, "http://127.0.0.1:%u", (unsigned)httpd_port(f->server));
}

void fake_party_stop(fake_party *f)
{
    httpd_free(f->server);
    f->server = NULL;
}

int fake_party_post(const fake_party *f, uint16_t port, uint64_t seq, const void *bytes, size_t len)
{
    return fake_party_post_with(f, port, seq, "", bytes, len);
}

int fake_party_post_with(const fake_party *f, uint16_t port, uint64_t seq, const char *more,
                         const void *bytes, size_t len)
{
    char headers[320];
    int n = snprintf(headers, sizeof headers,
                     "X-Polytune-Session: polytune\r\nX-Polytune-To: 0\r\n"
                     "X-Polytune-Client: %s\r\n%s",
                     f->number, more);
    if (seq != 0)
        (void)snprintf(headers + n, sizeof headers - (size_t)n, "X-Polytune-Seq: %" PRIu64 "\r\n",
                       seq);
    http_response r = http_once(port, "POST", "/msg/1", headers, bytes, len);
    const int status = r.status;
    http_clear(&r);
    return status;
}
