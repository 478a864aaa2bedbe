#include "httpd/records.h"

#include <string.h>

#include "base/assert.h"
#include "base/le.h"
#include "base/min.h"
#include "httpd/impl.h"

static size_t bytes_wanted(const httpd_request *r, const httpd_records *x)
{
    return x->n_head < RECORD_HEAD ? RECORD_HEAD - x->n_head
                                   : (le_get_u32(x->head) & ~RECORD_FLAG) - r->body.len;
}

static void discharge(httpd_request *r, size_t len)
{
    PT_ASSERT(r->charged >= len);
    if (len != 0 && r->server->app->discharge != NULL)
        r->server->app->discharge(r, len);
    r->charged -= len;
}

/* A record begins. What was charged for the one before is the application's, if it took it. */
static void record_begin(httpd_request *r, httpd_records *x)
{
    discharge(r, r->charged);
    buffer_clear(&r->body);
    buffer_init(&r->body, RECORD_MAX);
    x->n_head = 0;
}

static void take_head(httpd_request *r, httpd_records *x, const char *bytes, size_t len)
{
    memcpy(x->head + x->n_head, bytes, len);
    x->n_head += len;
    const size_t wanted = x->n_head == RECORD_HEAD ? bytes_wanted(r, x) : 1;
    if (wanted == 0 || wanted > RECORD_MAX)
        httpd_refuse(r, 400, "a record of the body is too short or too long");
}

/* False: it is refused. */
static bool charge(httpd_request *r, size_t len)
{
    if (r->server->app->charge == NULL)
        return true;
    if (!r->server->app->charge(r, len)) {
        httpd_refuse(r, 429, "full: a limit is reached");
        return false;
    }
    r->charged += len;
    return true;
}

static void take_bytes(httpd_request *r, size_t wanted, const char *bytes, size_t len)
{
    httpd_reserve(r, wanted);
    buffer_put(&r->body, bytes, len);
    if (r->body.failed)
        httpd_refuse(r, 503, "out of memory");
}

/* The last bytes, which are left to come again if the record waits. */
static bool take_end(httpd_request *r, httpd_records *x, httpd_take_record *take, size_t n_last)
{
    if (take(r, (le_get_u32(x->head) & RECORD_FLAG) != 0)) {
        record_begin(r, x);
        return r->refusal == 0;
    }
    PT_ASSERT(r->held || r->refusal != 0);
    PT_ASSERT(r->body.len >= n_last);
    r->body.len -= n_last;
    discharge(r, n_last);
    return false;
}

size_t httpd_take_records(httpd_request *r, httpd_records *x, httpd_take_record *take,
                          const char *bytes, size_t len)
{
    size_t done = 0;
    bool goes_on = true;
    if (x->n_head == 0)
        record_begin(r, x); /* the body's room is that of a record */
    while (goes_on && done < len) {
        const bool is_head = x->n_head < RECORD_HEAD;
        const size_t wanted = bytes_wanted(r, x);
        const size_t n = min_size(wanted, len - done);
        if (!charge(r, n))
            break;
        if (is_head)
            take_head(r, x, bytes + done, n);
        else
            take_bytes(r, wanted, bytes + done, n);
        goes_on = r->refusal == 0;
        if (goes_on && !is_head && n == wanted)
            goes_on = take_end(r, x, take, n);
        done += goes_on ? n : 0;
    }
    return done;
}

bool httpd_records_are_whole(const httpd_records *x)
{
    return x->n_head == 0;
}
