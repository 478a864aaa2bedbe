#include "support/test.h"

#include "channel/http/fake_relay.h"

#include <inttypes.h>

#include "wire/wire.h"

#define QUEUE_MAX   4096
#define REQUEST_MAX 65536

typedef struct fake_message {
    uint8_t *bytes;
    size_t len;
} fake_message;

/* All that came from one party for another; those before `oldest` were acknowledged. */
typedef struct fake_queue {
    fake_message messages[QUEUE_MAX];
    size_t n;
    size_t oldest; /* from 1; of a plain relay: the next to be taken */
} fake_queue;

struct fake_relay {
    fake_relay_options options;
    http_caller caller;
    bool seated[FAKE_RELAY_PARTIES];
    fake_queue queues[FAKE_RELAY_PARTIES][FAKE_RELAY_PARTIES];
    unsigned per_mille;
    uint64_t random;
    long only_answer;
    unsigned n_messages;
    size_t n_disturbances;
    char paths[REQUEST_MAX][24];
    size_t n_paths;
};

static uint64_t random_next(fake_relay *r)
{
    r->random ^= r->random << 13;
    r->random ^= r->random >> 7;
    r->random ^= r->random << 17;
    return r->random;
}

static void answer(http_call *call, long status, const char *text)
{
    http_answer(call, status);
    buffer_put(&call->response, text, strlen(text));
}

/* ---- paths ---- */

static void answer_join(fake_relay *r, http_call *call, size_t party)
{
    assert_true(party < FAKE_RELAY_PARTIES);
    r->seated[party] = call->method == HTTP_PUT;
    answer(call, 200, "");
    if (!r->options.is_plain)
        http_answer_header(call, WIRE_SESSION, "00000000000000e1");
}

static void answer_participants(fake_relay *r, http_call *call, size_t wanted)
{
    size_t n = 0;
    char text[64] = "[";
    for (size_t i = 0; i < FAKE_RELAY_PARTIES; i++)
        n += r->seated[i];
    if (n < wanted && r->options.idle != NULL)
        r->options.idle(r->options.user);
    for (size_t i = 0; i < FAKE_RELAY_PARTIES; i++)
        if (r->seated[i])
            (void)snprintf(text + strlen(text), sizeof text - strlen(text), "%s%zu",
                           strlen(text) == 1 ? "" : ",", i);
    answer(call, 200, text);
    answer(call, 200, "]");
}

/* The header of the request, or 0. */
static uint64_t number_of(const fake_relay *r, const http_call *call)
{
    uint64_t number = 0;
    bool has_session = false;
    bool has_token = false;
    for (const char *line = NULL; (line = http_next_header(call, line)) != NULL;) {
        (void)sscanf(line, WIRE_SEQ ": %" SCNu64, &number);
        has_session = has_session || strcmp(line, WIRE_SESSION ": 00000000000000e1") == 0;
        has_token = has_token || strncmp(line, WIRE_AUTHORIZATION ": " WIRE_BEARER, 22) == 0;
    }
    assert_true(r->options.is_plain ? number == 0 : number != 0 && has_session && has_token);
    return number;
}

static void store(fake_relay *r, fake_queue *q, const http_call *call)
{
    unsigned times = 1;
    r->n_messages++;
    if (r->n_messages == r->options.repeat_nth)
        times = 2;
    if (r->n_messages == r->options.lose_nth)
        times = 0;
    for (; times != 0; times--) {
        fake_message *m = &q->messages[q->n++];
        assert_true(q->n < QUEUE_MAX);
        m->len = call->body_len;
        m->bytes = malloc(m->len + 1);
        assert_non_null(m->bytes);
        memcpy(m->bytes, call->body, m->len);
    }
}

static void answer_send(fake_relay *r, http_call *call, fake_queue *q)
{
    const uint64_t number = number_of(r, call);
    assert_true(call->body_len != 0 && call->body_len <= WIRE_MESSAGE_MAX);
    if (number > q->n + 1) {
        answer(call, 409, "a message before this one is missing\n");
        return;
    }
    if (number == 0 || number == q->n + 1)
        store(r, q, call);
    answer(call, 200, "");
}

static void answer_recv(fake_relay *r, http_call *call, fake_queue *q)
{
    const uint64_t number = number_of(r, call);
    assert_true(number == 0 || number >= q->oldest);
    if (number != 0)
        q->oldest = number; /* acknowledges those before */
    if (q->oldest > q->n && r->options.idle != NULL)
        r->options.idle(r->options.user);
    if (q->oldest > q->n) {
        answer(call, 400, "nothing yet\n");
        return;
    }
    const fake_message *m = &q->messages[q->oldest - 1];
    http_answer(call, 200);
    buffer_put(&call->response, m->bytes, m->len);
    if (number == 0)
        q->oldest++;
}

static void answer_path(fake_relay *r, http_call *call, const char *path)
{
    size_t a = 0;
    size_t b = 0;
    int wait = -1;
    if (sscanf(path, WIRE_JOIN("fake", "%zu"), &a) == 1) {
        answer_join(r, call, a);
    } else if (sscanf(path, WIRE_PARTICIPANTS("fake") "?wait=%d&parties=%zu", &wait, &a) == 2) {
        answer_participants(r, call, a);
    } else if (sscanf(path, WIRE_SEND("fake", "%zu", "%zu") "?wait=%d", &a, &b, &wait) == 3) {
        answer_send(r, call, &r->queues[a][b]);
    } else if (sscanf(path, WIRE_RECV("fake", "%zu", "%zu") "?wait=%d", &a, &b, &wait) == 3) {
        answer_recv(r, call, &r->queues[a][b]);
    } else {
        fail_msg("what is %s?", path);
    }
}

/* ---- the HTTP call ---- */

static void *fake_open(void *user, const char *tls_ca)
{
    assert_null(tls_ca);
    return user;
}

static void fake_close(void *opened)
{
    (void)opened;
}

/* Whether something goes wrong with this request, which then has been answered or not. */
static bool is_disturbed(fake_relay *r, http_call *call, const char *path)
{
    if (random_next(r) % 1000 >= r->per_mille)
        return false;
    r->n_disturbances++;
    switch (random_next(r) % 4) {
    case 0:
        http_no_answer(call, HTTP_NOBODY, "the request was lost");
        break;
    case 1:
        answer_path(r, call, path);
        http_begin(call);
        http_no_answer(call, HTTP_BROKEN, "the answer was lost");
        break;
    case 2:
        answer(call, 503, "not now\n");
        break;
    default:
        answer(call, 429, "full\n");
        http_answer_header(call, "Retry-After", "0");
        break;
    }
    return true;
}

static bool fake_perform(void *opened, http_call *call, uint64_t timeout_ms)
{
    static const char base[] = "http://fake";
    fake_relay *r = opened;
    assert_true(timeout_ms != 0 && http_is_ready(call));
    const char *url = buffer_text(&call->url);
    assert_non_null(url);
    /* Who is given less time than the relay holds the request would see a failure, not silence. */
    const char *wait = strstr(url, WIRE_WAIT "=");
    if (wait != NULL)
        assert_true(timeout_ms > 1000 * strtoull(wait + strlen(WIRE_WAIT "="), NULL, 10));
    assert_memory_equal(url, base, strlen(base));
    const char *path = url + strlen(base);
    assert_true(r->n_paths < REQUEST_MAX);
    (void)snprintf(r->paths[r->n_paths++], sizeof r->paths[0], "%s", path);
    http_begin(call);
    if (r->only_answer > 0)
        answer(call, r->only_answer, "as told\n");
    else if (r->only_answer == 0)
        http_no_answer(call, HTTP_NOBODY, "nobody is there");
    else if (!is_disturbed(r, call, path))
        answer_path(r, call, path);
    return true;
}

/* ---- for the tests ---- */

fake_relay *fake_relay_new(fake_relay_options options)
{
    fake_relay *r = calloc(1, sizeof *r);
    assert_non_null(r);
    r->options = options;
    r->only_answer = -1;
    r->random = 1;
    r->caller = (http_caller){fake_open, fake_perform, fake_close, r};
    for (size_t i = 0; i < FAKE_RELAY_PARTIES; i++)
        for (size_t j = 0; j < FAKE_RELAY_PARTIES; j++)
            r->queues[i][j].oldest = 1;
    return r;
}

void fake_relay_free(fake_relay *r)
{
    for (size_t i = 0; i < FAKE_RELAY_PARTIES; i++)
        for (size_t j = 0; j < FAKE_RELAY_PARTIES; j++)
            for (size_t k = 0; k < r->queues[i][j].n; k++)
                free(r->queues[i][j].messages[k].bytes);
    free(r);
}

const http_caller *fake_relay_caller(const fake_relay *r)
{
    return &r->caller;
}

void fake_relay_disturb(fake_relay *r, unsigned per_mille, uint64_t seed)
{
    r->per_mille = per_mille;
    r->random = seed;
}

void fake_relay_answer(fake_relay *r, long status)
{
    r->only_answer = status;
}

size_t fake_relay_count(const fake_relay *r, const char *path)
{
    size_t n = 0;
    for (size_t i = 0; i < r->n_paths; i++)
        n += strncmp(r->paths[i], path, strlen(path)) == 0;
    return n;
}

size_t fake_relay_disturbances(const fake_relay *r)
{
    return r->n_disturbances;
}
