#define _DEFAULT_SOURCE
#include "relay/redis_link.h"

#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/hex.h"
#include "base/mem.h"
#include "base/thread.h"
#include "httpd/text.h"

#define CONNECT_TIMEOUT_MS 1000
#define LINES_MAX          ((size_t)1 << 20)

/* ---- where it is ---- */

/* Decodes a part of a URL; false when it does not fit. */
static bool decode(char *ret_text, size_t size, const char *text, size_t len)
{
    size_t n = 0;
    for (size_t i = 0; i < len; i++) {
        char c = text[i];
        if (c == '%') {
            const int high = len - i > 2 ? hex_digit(text[i + 1]) : -1;
            const int low = len - i > 2 ? hex_digit(text[i + 2]) : -1;
            if (high < 0 || low < 0)
                return false;
            c = (char)(high * 16 + low);
            i += 2;
        }
        if (c == '\0' || n + 1 >= size)
            return false;
        ret_text[n++] = c;
    }
    ret_text[n] = '\0';
    return true;
}

static bool parse_login(redis_place *p, const char *text, size_t len)
{
    const char *colon = memchr(text, ':', len);
    const size_t user_len = colon == NULL ? 0 : (size_t)(colon - text);
    const char *password = colon == NULL ? text : colon + 1;
    return decode(p->user, sizeof p->user, text, user_len) &&
           decode(p->password, sizeof p->password, password, len - (size_t)(password - text));
}

/* [address], or a name up to the port. */
static bool parse_host(redis_place *p, const char *text, size_t len)
{
    uint64_t port = 6379;
    size_t host_len = len;
    const char *host = text;
    const char *rest;
    if (len != 0 && text[0] == '[') {
        const char *end = memchr(text, ']', len);
        if (end == NULL)
            return false;
        host = text + 1;
        host_len = (size_t)(end - host);
        rest = end + 1;
    } else {
        const char *colon = memchr(text, ':', len);
        host_len = colon == NULL ? len : (size_t)(colon - text);
        rest = text + host_len;
    }
    const size_t rest_len = len - (size_t)(rest - text);
    if (rest_len != 0 &&
        (rest[0] != ':' || !text_number(rest + 1, rest_len - 1, UINT16_MAX, &port) || port == 0))
        return false;
    p->port = (uint16_t)port;
    return host_len != 0 && decode(p->host, sizeof p->host, host, host_len);
}

pt_status redis_place_parse(redis_place *ret_place, const char *url, pt_error *error)
{
    static const char scheme[] = "redis://";
    redis_place p = {0};
    uint64_t db = 0;
    bool ok = strncmp(url, scheme, sizeof scheme - 1) == 0;
    const char *text = ok ? url + sizeof scheme - 1 : "";
    const size_t authority_len = strcspn(text, "/");
    const char *path = text + authority_len;
    size_t login_len = authority_len;
    while (login_len != 0 && text[login_len - 1] != '@')
        login_len--;
    if (login_len != 0)
        ok = ok && parse_login(&p, text, login_len - 1);
    ok = ok && parse_host(&p, text + login_len, authority_len - login_len);
    if (ok && path[0] == '/' && path[1] != '\0')
        ok = text_number(path + 1, strlen(path + 1), 1000000, &db);
    p.db = (unsigned)db;
    if (ok)
        *ret_place = p;
    mem_wipe(&p, sizeof p);
    return ok ? PT_OK
              : error_set(error, PT_ERR_USAGE,
                          "--store: a Redis store is redis://[[USER]:PASSWORD@]HOST[:PORT][/DB], "
                          "with %%XX for special characters");
}

/* ---- asking ---- */

void redis_link_close(redis_link *link)
{
    if (link->context != NULL)
        redisFree(link->context);
    link->context = NULL;
}

void redis_link_break(redis_link *link, const char *why)
{
    (void)snprintf(link->problem, sizeof link->problem, "%s", why);
    redis_link_close(link);
    const uint64_t now = clock_ms();
    const uint64_t pause = LINK_PAUSE * (now - link->asked_ms);
    link->retry_ms = now + (pause > LINK_RETRY_MS ? pause : LINK_RETRY_MS);
}

/* Whether the answer is there and no error; notes what else it is. */
static bool is_good(redis_link *link, redisReply *reply)
{
    const bool ok = reply != NULL && reply->type != REDIS_REPLY_ERROR;
    char why[160];
    if (!ok) {
        (void)snprintf(why, sizeof why, "%s", reply != NULL ? reply->str : link->context->errstr);
        redis_link_break(link, why);
    }
    if (reply != NULL)
        freeReplyObject(reply);
    return ok;
}

static bool log_in(redis_link *link)
{
    const redis_place *p = link->place;
    if (p->password[0] == '\0')
        return true;
    return is_good(link, p->user[0] == '\0'
                             ? redisCommand(link->context, "AUTH %s", p->password)
                             : redisCommand(link->context, "AUTH %s %s", p->user, p->password));
}

static struct timeval interval(unsigned ms)
{
    return (struct timeval){.tv_sec = (time_t)(ms / 1000),
                            .tv_usec = (suseconds_t)(ms % 1000) * 1000};
}

/* Opens the link unless it is open or failed just now. */
static bool link_open(redis_link *link)
{
    if (link->context != NULL)
        return true;
    if (clock_ms() < link->retry_ms)
        return false;
    link->context =
        redisConnectWithTimeout(link->place->host, link->place->port, interval(CONNECT_TIMEOUT_MS));
    if (link->context == NULL || link->context->err != 0) {
        char why[160];
        (void)snprintf(why, sizeof why, "%s",
                       link->context == NULL ? "out of memory" : link->context->errstr);
        redis_link_break(link, why);
        return false;
    }
    (void)redisSetTimeout(link->context, interval(LINK_TIMEOUT_MS));
    (void)redisEnableKeepAlive(link->context);
    return log_in(link) &&
           (link->place->db == 0 ||
            is_good(link, redisCommand(link->context, "SELECT %u", link->place->db))) &&
           (link->prepare == NULL || link->prepare(link, link->user));
}

redisReply *redis_link_ask(redis_link *link, int argc, const char **argv, const size_t *lens)
{
    link->asked_ms = clock_ms();
    if (!link_open(link))
        return NULL;
    redisReply *reply = redisCommandArgv(link->context, argc, argv, lens);
    if (reply == NULL) {
        char why[160];
        (void)snprintf(why, sizeof why, "%s", link->context->errstr);
        redis_link_break(link, why);
    }
    return reply;
}

/* ---- listening ---- */

static void put_line(redis_ear *ear, const char *text, size_t len)
{
    (void)pthread_mutex_lock(&ear->lock);
    buffer_put(&ear->lines, text, len);
    buffer_put(&ear->lines, "", 1);
    if (ear->lines.failed) { /* too much to tell one by one */
        buffer_clear(&ear->lines);
        buffer_init(&ear->lines, LINES_MAX);
        buffer_put(&ear->lines, "all", 4);
    }
    (void)pthread_mutex_unlock(&ear->lock);
}

void redis_ear_take(redis_ear *ear, buffer *ret_lines)
{
    (void)pthread_mutex_lock(&ear->lock);
    *ret_lines = ear->lines;
    buffer_init(&ear->lines, LINES_MAX);
    (void)pthread_mutex_unlock(&ear->lock);
}

/* Takes the messages that have come in; false when the connection broke. */
static bool take_heard(redis_ear *ear, redisContext *c)
{
    bool any = false;
    for (;;) {
        void *taken = NULL;
        if (redisGetReplyFromReader(c, &taken) != REDIS_OK)
            return false;
        redisReply *reply = taken;
        if (reply == NULL)
            break;
        if (reply->type == REDIS_REPLY_ARRAY && reply->elements == 3 &&
            reply->element[0]->type == REDIS_REPLY_STRING &&
            reply->element[2]->type == REDIS_REPLY_STRING &&
            strcmp(reply->element[0]->str, "message") == 0) {
            put_line(ear, reply->element[2]->str, (size_t)reply->element[2]->len);
            any = true;
        }
        freeReplyObject(reply);
    }
    if (any)
        ear->heard(ear->user);
    return true;
}

/* Whether it is to stop; waits for that, or for the connection if there is one. */
static bool wait_or_stop(const redis_ear *ear, int fd, int timeout_ms)
{
    struct pollfd ready[2] = {{.fd = ear->stop_fd, .events = POLLIN}, {.fd = fd, .events = POLLIN}};
    (void)poll(ready, fd < 0 ? 1 : 2, timeout_ms);
    return ready[0].revents != 0;
}

static bool subscribe(redis_link *link, void *user)
{
    const redis_ear *ear = user;
    return is_good(link, redisCommand(link->context, "SUBSCRIBE %s", ear->channel));
}

static void *listen_on(void *user)
{
    redis_ear *ear = user;
    redis_link link = {.place = ear->place, .prepare = subscribe, .user = ear};
    for (;;) {
        link.asked_ms = clock_ms();
        const bool is_open = link_open(&link);
        if (wait_or_stop(ear, -1, is_open ? 0 : LINK_RETRY_MS))
            break;
        if (!is_open)
            continue;
        /* What was said before, nobody heard. */
        put_line(ear, "all", 3);
        ear->heard(ear->user);
        bool works = take_heard(ear, link.context);
        while (works) {
            if (wait_or_stop(ear, link.context->fd, -1)) {
                redis_link_close(&link);
                return NULL;
            }
            works = redisBufferRead(link.context) == REDIS_OK && take_heard(ear, link.context);
        }
        link.asked_ms = clock_ms(); /* listening took its time for good reason */
        redis_link_break(&link, "closed");
        put_line(ear, "all", 3);
        ear->heard(ear->user);
    }
    redis_link_close(&link);
    return NULL;
}

pt_status redis_ear_start(redis_ear *ear, pt_error *error)
{
    buffer_init(&ear->lines, LINES_MAX);
    ear->stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    ear->has_lock = pthread_mutex_init(&ear->lock, NULL) == 0;
    if (ear->stop_fd < 0 || !ear->has_lock)
        return error_memory(error);
    const pt_status status = thread_start(&ear->thread, listen_on, ear, error);
    ear->is_running = status == PT_OK;
    return status;
}

void redis_ear_stop(redis_ear *ear)
{
    const uint64_t one = 1;
    if (ear->is_running) {
        const ssize_t written = write(ear->stop_fd, &one, sizeof one);
        (void)written;
        (void)pthread_join(ear->thread, NULL);
    }
    if (ear->stop_fd > 0)
        (void)close(ear->stop_fd);
    if (ear->has_lock) {
        buffer_clear(&ear->lines);
        (void)pthread_mutex_destroy(&ear->lock);
    }
    ear->is_running = false;
    ear->has_lock = false;
    ear->stop_fd = -1;
}
