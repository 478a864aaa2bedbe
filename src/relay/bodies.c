#include "relay/bodies.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/clock.h"
#include "relay/answer.h"
#include "relay/server.h"
#include "wire/wire.h"

#define PACE_MS 20 /* until a message is looked at again that came too soon after others */
/* Bytes of an answer of many messages: who asks has them only when it is whole. */
#define ANSWER_MAX ((size_t)256 << 10)

/* A message counts as a request; the first one was counted as that. */
static bool is_too_soon(request *r)
{
    refusal why;
    r->is_counted = r->is_counted || admit_count(r, &why);
    return !r->is_counted;
}

static void hold_back(httpd_request *http)
{
    http->deadline_ms = clock_ms() + PACE_MS;
    httpd_hold(http);
}

static void next_message(request *r)
{
    r->number++;
    r->is_counted = false;
    r->wait_until_ms = 0;
}

/* An httpd_take_record: puts the message into its queue. */
static bool take_record(httpd_request *http, bool is_last)
{
    request *r = (request *)http;
    store_wake what = STORE_WAKE_SENDER;
    waiting_stop(r); /* its time may be over */
    if (httpd_is_stopping(http->server)) {
        httpd_refuse(http, 503, "the relay is stopping");
        return false;
    }
    presence_heard(r);
    if (is_too_soon(r)) {
        hold_back(http);
        return false;
    }
    const store_result result = answer_put(r);
    if (result == STORE_DONE || result == STORE_REPEATED) {
        r->has_last = r->has_last || is_last;
        next_message(r);
        return true;
    }
    if (answer_waits_for(result, &what) && waiting_is_possible(r) && waiting_has_room(r))
        (void)waiting_start(r, what);
    else
        answer_no_room(r, result);
    return false;
}

static size_t take(httpd_request *http, const char *bytes, size_t len)
{
    return httpd_take_records(http, &((request *)http)->records, take_record, bytes, len);
}

void bodies_check(request *r)
{
    httpd_request *http = &r->http;
    const bool is_body = r->route.method == ROUTE_POST;
    if (!r->who.has_epoch || (is_body && !r->has_number))
        httpd_refuse(http, 400, WIRE_SESSION " and " WIRE_SEQ " must say which messages these are");
    r->who.party = r->route.from;
    r->came_ms = clock_ms();
    r->is_counted = true;
    http->wants_body = is_body;
    http->take = is_body ? take : NULL;
}

static void add_number(struct MHD_Response *response, const char *name, uint64_t number)
{
    char text[24];
    (void)snprintf(text, sizeof text, "%" PRIu64, number);
    (void)MHD_add_response_header(response, name, text);
}

/* All messages of the body are in their queue. Tells for how long it came: not at all where its
 * length was known, for who sends bodies that go on does not know it. */
static enum MHD_Result reply_taken(request *r)
{
    struct MHD_Response *response =
        MHD_create_response_from_buffer(0, (void *)"", MHD_RESPMEM_PERSISTENT);
    if (response != NULL) {
        add_number(response, WIRE_BODY, r->http.head.has_length ? 0 : clock_ms() - r->came_ms);
        add_number(response, WIRE_RECEIVED, r->number - 1);
        if (r->leaves && r->has_last)
            answer_leave_with(r, response);
    }
    return httpd_finish(&r->http, 200, response);
}

static enum MHD_Result reply_received(request *r)
{
    uint64_t number = 0;
    const store_result result = store_received(r->server->store, &r->who, r->route.to, &number);
    if (result != STORE_DONE)
        return answer_failure(r, result);
    struct MHD_Response *response =
        MHD_create_response_from_buffer(0, (void *)"", MHD_RESPMEM_PERSISTENT);
    if (response != NULL)
        add_number(response, WIRE_RECEIVED, number);
    return httpd_finish(&r->http, 200, response);
}

enum MHD_Result bodies_answer(request *r)
{
    if (r->route.method == ROUTE_GET)
        return reply_received(r);
    if (!httpd_records_are_whole(&r->records))
        return httpd_reply(&r->http, 400, -1, "a body of several messages ends within one\n");
    return reply_taken(r);
}

/* ---- answers ---- */

static void put_record(buffer *records, const stored *m)
{
    buffer_put_u32(records, (uint32_t)m->len);
    buffer_put(records, m->bytes, m->len);
}

/* One more message, which counts as a request; NULL: it is not there, or comes another time. Of
 * those before it none is acknowledged that the request did not. */
static stored *next_of_answer(request *r, uint64_t number, size_t room)
{
    const store_place place = {.number = number, .first = r->first != 0 ? r->first : r->number};
    refusal why;
    stored *m = NULL;
    if (store_get(r->server->store, &r->who, r->route.from, place, &m) != STORE_DONE)
        return NULL;
    if (m->len <= room && admit_count(r, &why))
        return m;
    stored_release(m);
    return NULL;
}

bool bodies_gather(request *r)
{
    const size_t first_len = RECORD_HEAD + r->message->len;
    uint64_t number = r->number + r->every;
    if (r->every == 0 || !r->has_number || first_len + RECORD_HEAD > ANSWER_MAX)
        return false;
    stored *m = next_of_answer(r, number, ANSWER_MAX - first_len - RECORD_HEAD);
    if (m == NULL)
        return false;
    buffer_init(&r->several, ANSWER_MAX);
    put_record(&r->several, r->message);
    for (size_t n = 2; m != NULL; n++) {
        put_record(&r->several, m);
        stored_release(m);
        number += r->every;
        const size_t used = r->several.len + RECORD_HEAD;
        const bool is_full = r->several.failed || n == WIRE_TOGETHER || used > ANSWER_MAX;
        m = is_full ? NULL : next_of_answer(r, number, ANSWER_MAX - used);
    }
    return !r->several.failed && transit_send(r, r->several.len) == STORE_DONE;
}

enum MHD_Result bodies_reply(request *r)
{
    struct MHD_Response *response =
        MHD_create_response_from_buffer(r->several.len, r->several.bytes, MHD_RESPMEM_PERSISTENT);
    if (response != NULL) {
        (void)MHD_add_response_header(response, "Content-Type", "application/octet-stream");
        add_number(response, WIRE_SEQ, r->number);
        add_number(response, WIRE_EVERY_HEADER, r->every);
    }
    return httpd_finish(&r->http, 200, response);
}
