#define _POSIX_C_SOURCE 200809L
#include "cli/flags/where.h"

#include <stdbool.h>
#include <string.h>
#include <strings.h>

#include "base/error.h"
#include "base/mem.h"
#include "channel/http/url.h"
#include "cli/flags/args.h"

static const char separators[] = ";,";
static const char blanks[] = " \t\r\n";

static pt_status check_url(const char *url, bool is_relay, pt_error *error)
{
    const size_t len = strcspn(url, blanks);
    if (url[len] != '\0')
        return error_set(error, PT_ERR_USAGE,
                         "in WHERE a blank follows '%.*s'; the URLs of several parties are "
                         "separated by ; or ,",
                         len < 80 ? (int)len : 80, url);
    if (url_is_good(url))
        return PT_OK;
    if (strncmp(url, "http", 4) != 0 &&
        (strncasecmp(url, "http://", 7) == 0 || strncasecmp(url, "https://", 8) == 0))
        return error_set(error, PT_ERR_USAGE, "'%.80s': write http:// or https:// in small letters",
                         url);
    if (url[0] == '\0')
        return error_set(error, PT_ERR_USAGE, "%s",
                         is_relay ? "WHERE is empty; give a relay's URL, or those of all parties"
                                  : "between two separators in WHERE the URL is missing");
    return error_set(error, PT_ERR_USAGE, "'%.80s' is not the URL of a %s, e.g. %s", url,
                     is_relay ? "relay" : "party", "http://127.0.0.1:8000");
}

static size_t count_urls(const char *text)
{
    size_t n = 1;
    for (; *text != '\0'; text++)
        n += strchr(separators, *text) != NULL;
    return n;
}

/* The URL without the blanks around it, terminated. */
static char *trim(char *url)
{
    size_t len = 0;
    url += strspn(url, blanks);
    len = strlen(url);
    while (len > 0 && strchr(blanks, url[len - 1]) != NULL)
        len--;
    url[len] = '\0';
    return url;
}

pt_status where_parse(where *ret_where, const char *text, pt_error *error)
{
    *ret_where = (where){0};
    where *w = ret_where;
    if (strcmp(text, "p2p:new") == 0) {
        w->kind = WHERE_P2P_NEW;
        return PT_OK;
    }
    if (strncmp(text, "p2p:", 4) == 0) {
        w->kind = WHERE_P2P_JOIN;
        return pt_p2p_ticket_parse(&w->ticket, text, error);
    }
    w->n_urls = count_urls(text);
    w->kind = w->n_urls == 1 ? WHERE_RELAY : WHERE_DIRECT;
    w->text = mem_string(text);
    w->urls = mem_new(w->n_urls, sizeof *w->urls);
    if (w->text == NULL || w->urls == NULL)
        return error_memory(error);
    pt_status status = PT_OK;
    char *at = w->text;
    for (size_t i = 0; status == PT_OK && i < w->n_urls; i++) {
        const size_t len = strcspn(at, separators);
        at[len] = '\0';
        w->urls[i] = trim(at);
        at += len + 1;
        status = check_url(w->urls[i], w->kind == WHERE_RELAY, error);
    }
    return status;
}

void where_clear(where *w)
{
    mem_free(w->text);
    mem_free(w->urls);
    *w = (where){0};
}

pt_status where_listen(char **ret_host, uint16_t *ret_port, const char *listen, pt_error *error)
{
    const char *colon = strrchr(listen, ':');
    uint64_t port = 0;
    if (strstr(listen, "://") != NULL)
        return error_set(error, PT_ERR_USAGE,
                         "--listen takes HOST:PORT without a scheme, e.g. 127.0.0.1:8000, not "
                         "'%.80s'; https comes with --tls-cert and --tls-key",
                         listen);
    if (colon == NULL || colon == listen || (listen[0] == '[') != (colon[-1] == ']'))
        return error_set(error, PT_ERR_USAGE,
                         "--listen takes HOST:PORT, e.g. 127.0.0.1:8000 or [::1]:8000, not '%.80s'",
                         listen);
    const pt_status status = args_number(&port, colon + 1, "the port in --listen", 0, 65535, error);
    if (status != PT_OK)
        return status;
    const bool bracketed = listen[0] == '[';
    char *host = mem_string(listen + bracketed);
    if (host == NULL)
        return error_memory(error);
    host[(size_t)(colon - listen) - (bracketed ? 2 : 0)] = '\0';
    *ret_host = host;
    *ret_port = (uint16_t)port;
    return PT_OK;
}
