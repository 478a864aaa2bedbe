/* The store in Redis (or Valkey), for several relays that serve the same sessions.
 *
 * Nothing is kept here but connections: each operation is a script that Redis runs at once, see
 * redis_scripts.h. Asking waits for Redis, some tens of microseconds next door; a Redis that does
 * not answer holds up the relay for LINK_TIMEOUT_MS once, and then is asked again now and then
 * while requests get 503. A question whose answer was lost may have been carried out: clients that
 * number their messages repeat it without harm. */
#define _DEFAULT_SOURCE
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "base/min.h"
#include "base/random.h"
#include "httpd/text.h"
#include "relay/redis_link.h"
#include "relay/redis_scripts.h"
#include "relay/route.h"
#include "relay/store_impl.h"

typedef enum script {
    SCRIPT_JOIN,
    SCRIPT_LEAVE,
    SCRIPT_SEATS,
    SCRIPT_PUT,
    SCRIPT_GET,
    SCRIPT_DELIVERED,
    SCRIPT_RECEIVED,
    SCRIPT_ABSENT,
    SCRIPT_PRESENT,
    SCRIPT_SWEEP,
    SCRIPT_CHECK,
    SCRIPT_FIGURES,
    N_SCRIPTS
} script;

static const char *const scripts[N_SCRIPTS] = {
    script_join,     script_leave,  script_seats,   script_put,   script_get,   script_delivered,
    script_received, script_absent, script_present, script_sweep, script_check, script_figures};

/* Which of them Redis shall run also when it has all the memory it may. */
static const bool scripts_free[N_SCRIPTS] = {
    [SCRIPT_LEAVE] = true,     [SCRIPT_SEATS] = true,    [SCRIPT_GET] = true,
    [SCRIPT_DELIVERED] = true, [SCRIPT_RECEIVED] = true, [SCRIPT_ABSENT] = true,
    [SCRIPT_PRESENT] = true,   [SCRIPT_SWEEP] = true};

#define SHA_HEX 40

typedef struct redis_store {
    store base;
    redis_place place;
    char channel[64];
    char shas[N_SCRIPTS][SHA_HEX + 1];
    redis_link link;
    redis_ear ear;
} redis_store;

/* ---- scripts ---- */

/* The script's text: the limits, what all share, and itself. */
static char *write_script(const redis_store *m, script which)
{
    const store_options *o = &m->base.options;
    buffer text;
    size_t len;
    buffer_init(&text, (size_t)64 << 10);
    buffer_printf(&text,
                  "local SESSIONS, SEATS, MESSAGES = %zu, %zu, %zu\n"
                  "local QUEUE_BYTES, SESSION_BYTES, BYTES = %zu, %zu, %zu\n"
                  "local OPENING_BYTES, ADDRESS_SESSIONS, ADDRESS_BYTES = %zu, %zu, %zu\n"
                  "local EXPIRY, TIMEOUT, ABSENCE = %" PRIu32 ", %" PRIu32 ", %d\n"
                  "local NEEDS_TOKENS, CHANNEL = %s, '%s'\n%s%s%s%s",
                  o->sessions, o->seats < STORE_SEATS_MAX ? o->seats : (size_t)STORE_SEATS_MAX,
                  o->messages, o->queue_bytes, o->session_bytes, o->bytes,
                  STORE_OPENING_BYTES(o->bytes), o->address_sessions, o->address_bytes,
                  o->expiry_ms, o->timeout_ms, STORE_ABSENCE, o->needs_tokens ? "true" : "false",
                  m->channel, script_common, scripts_free[which] ? script_frees : "",
                  script_sessions, scripts[which]);
    buffer_put(&text, "", 1);
    return (char *)buffer_take(&text, &len);
}

static bool load_script(redis_link *link, redis_store *m, script which)
{
    char *text = write_script(m, which);
    redisReply *reply = text == NULL ? NULL : redisCommand(link->context, "SCRIPT LOAD %s", text);
    const bool ok = reply != NULL && reply->type == REDIS_REPLY_STRING && reply->len == SHA_HEX;
    mem_free(text);
    if (ok)
        memcpy(m->shas[which], reply->str, SHA_HEX + 1);
    else
        redis_link_break(link, reply != NULL && reply->type == REDIS_REPLY_ERROR
                                   ? reply->str
                                   : "it does not take scripts");
    if (reply != NULL)
        freeReplyObject(reply);
    return ok;
}

static bool load_scripts(redis_link *link, void *user)
{
    bool ok = true;
    for (size_t i = 0; ok && i < N_SCRIPTS; i++)
        ok = load_script(link, user, (script)i);
    return ok;
}

/* ---- asking ---- */

static store_result result_of(const char *name)
{
    static const struct {
        const char *name;
        store_result result;
    } names[] = {{"DONE", STORE_DONE},
                 {"REPEATED", STORE_REPEATED},
                 {"EMPTY", STORE_EMPTY},
                 {"GONE", STORE_GONE},
                 {"LOST", STORE_LOST},
                 {"EARLY", STORE_EARLY},
                 {"FULL_SESSIONS", STORE_FULL_SESSIONS},
                 {"FULL_SEATS", STORE_FULL_SEATS},
                 {"FULL_QUEUE", STORE_FULL_QUEUE},
                 {"FULL_SESSION", STORE_FULL_SESSION},
                 {"FULL_BYTES", STORE_FULL_BYTES},
                 {"FULL_ADDRESS_SESSIONS", STORE_FULL_ADDRESS_SESSIONS},
                 {"FULL_ADDRESS_BYTES", STORE_FULL_ADDRESS_BYTES},
                 {"TAKEN", STORE_TAKEN},
                 {"ENDING", STORE_ENDING},
                 {"UNAUTHORIZED", STORE_UNAUTHORIZED},
                 {"FORBIDDEN", STORE_FORBIDDEN},
                 {"CLOSED", STORE_CLOSED}};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(names[i].name, name) == 0)
            return names[i].result;
    return STORE_UNAVAILABLE;
}

/* An answer that is not a script's. Redis that has all the memory it may is full. */
static store_result redis_failed(redis_store *m, const redisReply *reply)
{
    m->base.errors++;
    if (reply != NULL && reply->type == REDIS_REPLY_ERROR) {
        if (strstr(reply->str, "OOM command not allowed") != NULL)
            return STORE_FULL_REDIS;
        redis_link_break(&m->link, reply->str);
    } else if (reply != NULL) {
        redis_link_break(&m->link, "it gave a strange answer");
    }
    return STORE_UNAVAILABLE;
}

#define ARGUMENTS_MAX 16

typedef struct question {
    const char *argv[ARGUMENTS_MAX];
    size_t lens[ARGUMENTS_MAX];
    int n;
    char key[SESSION_NAME_MAX + 16];
    char numbers[4][24];
    size_t n_numbers;
} question;

static void question_add(question *q, const void *bytes, size_t len)
{
    q->argv[q->n] = bytes;
    q->lens[q->n++] = len;
}

static void question_add_text(question *q, const char *text)
{
    question_add(q, text, strlen(text));
}

static void question_add_number(question *q, const char *format, uint64_t number)
{
    char *text = q->numbers[q->n_numbers++];
    if (strcmp(format, "x") == 0)
        (void)snprintf(text, sizeof q->numbers[0], "%016" PRIx64, number);
    else
        (void)snprintf(text, sizeof q->numbers[0], "%" PRIu64, number);
    question_add_text(q, text);
}

/* Begins a question with what all scripts want. The question and the caller stay where they are. */
static void question_begin(question *q, const redis_store *m, script which, const store_caller *who)
{
    *q = (question){0};
    (void)snprintf(q->key, sizeof q->key, "polytune:{%s}", who->session);
    question_add_text(q, "EVALSHA");
    question_add(q, m->shas[which], SHA_HEX);
    question_add_text(q, "1");
    question_add_text(q, q->key);
    question_add_text(q, who->session);
    question_add_number(q, "u", who->party);
    if (who->has_epoch)
        question_add_number(q, "x", who->epoch);
    else
        question_add_text(q, "");
    question_add(q, who->digest, who->has_token ? STORE_DIGEST_BYTES : 0);
    question_add_text(q, who->may_open ? "1" : "0");
}

/* Asks; the answer has `n` elements at least after the result if that is STORE_DONE. NULL with the
 * result of the failure otherwise. */
static redisReply *redis_ask(redis_store *m, question *q, size_t n, store_result *ret_result)
{
    redisReply *reply = redis_link_ask(&m->link, q->n, q->argv, q->lens);
    const bool is_answer = reply != NULL && reply->type == REDIS_REPLY_ARRAY &&
                           reply->elements >= 1 && reply->element[0]->type == REDIS_REPLY_STRING;
    *ret_result = is_answer ? result_of(reply->element[0]->str) : STORE_UNAVAILABLE;
    if (is_answer && *ret_result != STORE_UNAVAILABLE &&
        (*ret_result != STORE_DONE || reply->elements > n))
        return reply;
    *ret_result = redis_failed(m, reply);
    if (reply != NULL)
        freeReplyObject(reply);
    return NULL;
}

/* The nth element as a number; 0 when there is none. */
static uint64_t number_at(const redisReply *reply, size_t n)
{
    const redisReply *e = n < reply->elements ? reply->element[n] : NULL;
    uint64_t number = 0;
    if (e != NULL && e->type == REDIS_REPLY_INTEGER)
        return e->integer < 0 ? 0 : (uint64_t)e->integer;
    if (e != NULL && e->type == REDIS_REPLY_STRING &&
        !text_number(e->str, (size_t)e->len, UINT64_MAX, &number))
        return 0;
    return number;
}

static const char *text_at(const redisReply *reply, size_t n)
{
    const redisReply *e = n < reply->elements ? reply->element[n] : NULL;
    return e != NULL && e->type == REDIS_REPLY_STRING ? e->str : "";
}

static void redis_note(redis_store *m, store_event event, const store_caller *who, const char *name,
                       uint32_t party)
{
    m->base.listener.note(m->base.listener.user, event, who, name, party);
}

/* The epoch a session gets, should one be opened, and for whom it counts. */
static void question_add_opening(question *q, const store_caller *who)
{
    uint64_t random;
    if (random_bytes(&random, sizeof random, NULL) != PT_OK)
        q->argv[q->n - 1] = "0"; /* without randomness none is */
    question_add_number(q, "x", random);
    question_add_text(q, who->address == NULL ? "" : who->address);
}

/* ---- seats ---- */

static store_result redis_join(store *s, const store_caller *who, store_joined *ret_joined)
{
    redis_store *m = (redis_store *)s;
    question q;
    store_result result;
    question_begin(&q, m, SCRIPT_JOIN, who);
    question_add_opening(&q, who);
    question_add_number(&q, "u", who->timeout_ms);
    question_add_text(&q, who->terms == NULL ? "" : who->terms);
    redisReply *reply = redis_ask(m, &q, 5, &result);
    if (reply == NULL)
        return result;
    if (result == STORE_TAKEN) {
        const redisReply *holder = reply->elements > 1 ? reply->element[1] : NULL;
        ret_joined->has_holder = holder != NULL && holder->type == REDIS_REPLY_STRING &&
                                 holder->len == STORE_DIGEST_BYTES;
        if (ret_joined->has_holder)
            memcpy(ret_joined->holder, holder->str, STORE_DIGEST_BYTES);
    }
    const size_t at = result == STORE_DONE ? 2 : 1;
    /* A session may have been opened, and then been full. */
    if (result == STORE_DONE || result == STORE_FULL_SEATS || result == STORE_FULL_SESSION ||
        result == STORE_FULL_BYTES || result == STORE_FULL_ADDRESS_BYTES) {
        if (number_at(reply, at + 1) != 0)
            redis_note(m, STORE_REPLACED, who, who->session, 0);
        if (number_at(reply, at) != 0)
            redis_note(m, STORE_OPENED, who, who->session, 0);
    }
    if (result == STORE_DONE) {
        if (number_at(reply, 4) != 0)
            redis_note(m, STORE_SEATED, who, who->session, who->party);
        ret_joined->timeout_ms = (uint32_t)number_at(reply, 5);
        if (!text_hex(text_at(reply, 1), &ret_joined->epoch))
            result = redis_failed(m, reply);
    }
    freeReplyObject(reply);
    return result;
}

static store_result redis_leave(store *s, const store_caller *who)
{
    redis_store *m = (redis_store *)s;
    question q;
    store_result result;
    question_begin(&q, m, SCRIPT_LEAVE, who);
    redisReply *reply = redis_ask(m, &q, 1, &result);
    if (reply == NULL)
        return result;
    if (strcmp(text_at(reply, 1), "ended") == 0)
        redis_note(m, STORE_ENDED, who, who->session, 0);
    else if (strcmp(text_at(reply, 1), "left") == 0)
        redis_note(m, STORE_LEFT, who, who->session, who->party);
    freeReplyObject(reply);
    return result;
}

static int compare_parties(const void *a, const void *b)
{
    const uint32_t x = *(const uint32_t *)a;
    const uint32_t y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

/* Takes apart what the script says of terms. */
static void parse_terms(store_seats *seats, const char *text)
{
    while (*text != '\0') {
        const size_t len = strcspn(text, " ");
        const size_t colon = strcspn(text, ":");
        uint64_t party = 0;
        if (colon < len && text_number(text, colon, ROUTE_PARTY_MAX, &party))
            store_seats_add_terms(seats, (uint32_t)party, text + colon + 1, len - colon - 1);
        text += len + (text[len] == ' ');
    }
}

static store_result redis_seats(store *s, const store_caller *who, store_seats *ret_seats)
{
    redis_store *m = (redis_store *)s;
    question q;
    store_result result;
    *ret_seats = (store_seats){0};
    question_begin(&q, m, SCRIPT_SEATS, who);
    redisReply *reply = redis_ask(m, &q, 3, &result);
    if (reply == NULL)
        return result;
    const char *at = text_at(reply, 1);
    while (result == STORE_DONE && *at != '\0' && ret_seats->n < STORE_SEATS_MAX) {
        uint64_t party = 0;
        at += strspn(at, " ");
        const size_t len = strcspn(at, " ");
        if (len != 0 && text_number(at, len, ROUTE_PARTY_MAX, &party))
            ret_seats->parties[ret_seats->n++] = (uint32_t)party;
        at += len;
    }
    if (result == STORE_DONE && text_at(reply, 2)[0] != '\0') {
        ret_seats->has_own = true;
        ret_seats->own = (uint32_t)number_at(reply, 2);
    }
    if (result == STORE_DONE)
        parse_terms(ret_seats, text_at(reply, 3));
    qsort(ret_seats->parties, ret_seats->n, sizeof *ret_seats->parties, compare_parties);
    freeReplyObject(reply);
    return result;
}

/* ---- who lives ---- */

static store_result redis_absent(store *s, const store_caller *who)
{
    redis_store *m = (redis_store *)s;
    question q;
    store_result result;
    question_begin(&q, m, SCRIPT_ABSENT, who);
    redisReply *reply = redis_ask(m, &q, 0, &result);
    if (reply != NULL)
        freeReplyObject(reply);
    return result;
}

#define SIGNS_AT_ONCE 64

static void tell_some(redis_store *m, const store_sign *signs, size_t n)
{
    const store_caller nobody = {.session = ""};
    const char *argv[ARGUMENTS_MAX + 4 * SIGNS_AT_ONCE];
    size_t lens[ARGUMENTS_MAX + 4 * SIGNS_AT_ONCE];
    char numbers[SIGNS_AT_ONCE][2][24];
    question q;
    question_begin(&q, m, SCRIPT_PRESENT, &nobody);
    question_add_text(&q, ""); /* opens nothing */
    memcpy(argv, q.argv, sizeof q.argv);
    memcpy(lens, q.lens, sizeof q.lens);
    for (size_t i = 0; i < n; i++) {
        const store_caller *who = signs[i].who;
        const size_t at = (size_t)q.n + 4 * i;
        (void)snprintf(numbers[i][0], sizeof numbers[i][0], "%" PRIu32, who->party);
        (void)snprintf(numbers[i][1], sizeof numbers[i][1], "%" PRIu64, signs[i].ago_ms);
        const char *const texts[4] = {who->session, numbers[i][0], (const char *)who->digest,
                                      numbers[i][1]};
        for (size_t k = 0; k < 4; k++) {
            argv[at + k] = texts[k];
            lens[at + k] = k == 2 ? STORE_DIGEST_BYTES : strlen(texts[k]);
        }
    }
    redisReply *reply = redis_link_ask(&m->link, q.n + 4 * (int)n, argv, lens);
    if (reply == NULL || reply->type == REDIS_REPLY_ERROR)
        (void)redis_failed(m, reply);
    if (reply != NULL)
        freeReplyObject(reply);
}

static void redis_present(store *s, const store_sign *signs, size_t n)
{
    for (size_t at = 0; at < n; at += SIGNS_AT_ONCE)
        tell_some((redis_store *)s, signs + at, min_size(n - at, SIGNS_AT_ONCE));
}

/* ---- messages ---- */

/* Adds the other party, and which message. */
static void question_add_place(question *q, uint32_t other, store_place place,
                               char ret_texts[3][24])
{
    (void)snprintf(ret_texts[0], sizeof ret_texts[0], "%" PRIu32, other);
    (void)snprintf(ret_texts[1], sizeof ret_texts[1], "%" PRIu64, place.number);
    (void)snprintf(ret_texts[2], sizeof ret_texts[2], "%" PRIu64, place.first);
    for (size_t i = 0; i < 3; i++)
        question_add_text(q, ret_texts[i]);
}

static store_result redis_put(store *s, const store_caller *who, uint32_t to, store_place place,
                              uint8_t *bytes, size_t len)
{
    redis_store *m = (redis_store *)s;
    question q;
    store_result result;
    question_begin(&q, m, SCRIPT_PUT, who);
    question_add_opening(&q, who);
    char texts[3][24];
    question_add_place(&q, to, place, texts);
    question_add(&q, len == 0 ? (const void *)"" : bytes, len);
    redisReply *reply = redis_ask(m, &q, 1, &result);
    if (reply == NULL)
        return result;
    if (number_at(reply, 1) != 0)
        redis_note(m, STORE_OPENED, who, who->session, 0);
    if (result == STORE_DONE) {
        s->carried++;
        mem_free(bytes);
    }
    freeReplyObject(reply);
    return result;
}

static store_result take_message(const redisReply *reply, stored **ret_message)
{
    const redisReply *bytes = reply->element[2];
    const uint64_t number = number_at(reply, 1);
    if (number == 0 || bytes->type != REDIS_REPLY_STRING)
        return STORE_UNAVAILABLE;
    const size_t len = (size_t)bytes->len;
    uint8_t *copy = mem_new(len + 1, 1);
    stored *message = copy == NULL ? NULL : stored_new(number, copy, len);
    if (message == NULL) {
        mem_free(copy);
        return STORE_MEMORY;
    }
    memcpy(copy, bytes->str, len);
    *ret_message = message;
    return STORE_DONE;
}

static store_result redis_get(store *s, const store_caller *who, uint32_t from, store_place place,
                              stored **ret_message)
{
    redis_store *m = (redis_store *)s;
    question q;
    char texts[3][24];
    store_result result;
    question_begin(&q, m, SCRIPT_GET, who);
    question_add_text(&q, ""); /* opens nothing */
    question_add_place(&q, from, place, texts);
    redisReply *reply = redis_ask(m, &q, 2, &result);
    if (reply == NULL)
        return result;
    if (result == STORE_DONE)
        result = take_message(reply, ret_message);
    freeReplyObject(reply);
    return result;
}

static store_result redis_delivered(store *s, const store_caller *who, uint32_t from,
                                    uint64_t number)
{
    redis_store *m = (redis_store *)s;
    question q;
    char texts[3][24];
    store_result result;
    question_begin(&q, m, SCRIPT_DELIVERED, who);
    question_add_text(&q, ""); /* opens nothing */
    question_add_place(&q, from, (store_place){.number = number}, texts);
    redisReply *reply = redis_ask(m, &q, 0, &result);
    if (reply != NULL)
        freeReplyObject(reply);
    return result;
}

static store_result redis_received(store *s, const store_caller *who, uint32_t to,
                                   uint64_t *ret_number)
{
    redis_store *m = (redis_store *)s;
    question q;
    store_result result;
    question_begin(&q, m, SCRIPT_RECEIVED, who);
    question_add_text(&q, ""); /* opens nothing */
    question_add_number(&q, "u", to);
    redisReply *reply = redis_ask(m, &q, 1, &result);
    if (reply == NULL)
        return result;
    *ret_number = number_at(reply, 1);
    freeReplyObject(reply);
    return result;
}

/* ---- the rest ---- */

/* Time made it happen. */
static void note_swept(redis_store *m, const char *what, const char *session, uint32_t party)
{
    if (strcmp(what, "expired") == 0)
        redis_note(m, STORE_EXPIRED, NULL, session, 0);
    else if (strcmp(what, "ended") == 0)
        redis_note(m, STORE_ENDED, NULL, session, 0);
    else
        redis_note(m, STORE_LEFT, NULL, session, party);
}

static void redis_sweep(store *s, bool mourns)
{
    redis_store *m = (redis_store *)s;
    const store_caller nobody = {.session = ""};
    question q;
    store_result result;
    question_begin(&q, m, SCRIPT_SWEEP, &nobody);
    question_add_text(&q, ""); /* opens nothing */
    question_add_text(&q, mourns ? "1" : "0");
    redisReply *reply = redis_ask(m, &q, 0, &result);
    for (size_t i = 1; reply != NULL && i + 2 < reply->elements; i += 3)
        note_swept(m, text_at(reply, i), text_at(reply, i + 1), (uint32_t)number_at(reply, i + 2));
    if (reply != NULL)
        freeReplyObject(reply);
}

/* "KIND FROM:TO SESSION", or "all". */
static void pass_on(redis_store *m, const char *line)
{
    const store_listener *l = &m->base.listener;
    unsigned from = 0;
    unsigned to = 0;
    char kind[16] = "";
    char queue[32] = "";
    char name[SESSION_NAME_MAX + 1] = "";
    if (strcmp(line, "all") == 0) {
        l->wake(l->user, STORE_WAKE_ALL, "", 0, 0);
        return;
    }
    if (sscanf(line, "%15s %31s %128s", kind, queue, name) != 3)
        return;
    const bool is_queue = sscanf(queue, "%5u:%5u", &from, &to) == 2;
    if (is_queue && strcmp(kind, "message") == 0)
        l->wake(l->user, STORE_WAKE_RECEIVER, name, from, to);
    else if (is_queue && strcmp(kind, "room") == 0)
        l->wake(l->user, STORE_WAKE_SENDER, name, from, to);
    else if (strcmp(kind, "seated") == 0)
        l->wake(l->user, STORE_WAKE_WATCHERS, name, 0, 0);
    else if (strcmp(kind, "session") == 0)
        l->wake(l->user, STORE_WAKE_SESSION, name, 0, 0);
}

static void redis_collect(store *s)
{
    redis_store *m = (redis_store *)s;
    buffer lines;
    redis_ear_take(&m->ear, &lines);
    for (size_t at = 0; at < lines.len; at += strlen((const char *)lines.bytes + at) + 1)
        pass_on(m, (const char *)lines.bytes + at);
    buffer_clear(&lines);
}

static store_result redis_figures(store *s, store_figures *ret_figures)
{
    redis_store *m = (redis_store *)s;
    const store_caller nobody = {.session = ""};
    question q;
    store_result result;
    question_begin(&q, m, SCRIPT_FIGURES, &nobody);
    redisReply *reply = redis_ask(m, &q, 4, &result);
    if (reply == NULL)
        return result;
    *ret_figures = (store_figures){.sessions = number_at(reply, 1),
                                   .seats = number_at(reply, 2),
                                   .messages = number_at(reply, 3),
                                   .bytes = number_at(reply, 4)};
    freeReplyObject(reply);
    return result;
}

static store_result redis_check(store *s)
{
    redis_store *m = (redis_store *)s;
    const store_caller nobody = {.session = ""};
    question q;
    store_result result;
    question_begin(&q, m, SCRIPT_CHECK, &nobody);
    redisReply *reply = redis_ask(m, &q, 0, &result);
    if (reply != NULL)
        freeReplyObject(reply);
    return result;
}

static void redis_free(store *s)
{
    redis_store *m = (redis_store *)s;
    redis_ear_stop(&m->ear);
    redis_link_close(&m->link);
    mem_free_secret(m, sizeof *m);
}

static const store_ops redis_ops = {redis_join,    redis_leave,     redis_seats,    redis_put,
                                    redis_get,     redis_delivered, redis_received, redis_absent,
                                    redis_present, redis_sweep,     redis_collect,  redis_check,
                                    redis_figures, redis_free};

pt_status store_redis_open(store **ret_store, const char *url, const store_options *options,
                           const store_listener *listener, pt_error *error)
{
    store_figures figures;
    redis_store *m = mem_new(1, sizeof *m);
    if (m == NULL)
        return error_memory(error);
    m->base = (store){.ops = &redis_ops,
                      .kind = "redis",
                      .options = *options,
                      .listener = *listener,
                      .is_shared = true};
    m->link = (redis_link){.place = &m->place, .prepare = load_scripts, .user = m};
    m->ear = (redis_ear){.place = &m->place,
                         .channel = m->channel,
                         .heard = listener->woken,
                         .user = listener->user,
                         .stop_fd = -1};
    pt_status status = redis_place_parse(&m->place, url, error);
    (void)snprintf(m->channel, sizeof m->channel, "polytune:events:%u", m->place.db);
    if (status == PT_OK && redis_figures(&m->base, &figures) != STORE_DONE)
        status = error_set(error, PT_ERR_IO, "--store: cannot use Redis at %s port %u: %s",
                           m->place.host, (unsigned)m->place.port, m->link.problem);
    if (status == PT_OK)
        status = redis_ear_start(&m->ear, error);
    if (status != PT_OK) {
        redis_free(&m->base);
        return status;
    }
    *ret_store = &m->base;
    return PT_OK;
}
