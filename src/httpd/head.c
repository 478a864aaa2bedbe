#include "httpd/head.h"

#include <string.h>
#include <strings.h>

#include "httpd/text.h"

/* RFC 9110, section 5.6.2. */
static bool head_is_token(const char *text)
{
    static const char allowed[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789!#$%&'*+-.^_`|~";
    return text[0] != '\0' && text[strspn(text, allowed)] == '\0';
}

static bool head_is_control(char c)
{
    return (unsigned char)c < ' ' || c == 0x7f;
}

/* A carriage return within a line is its end for some readers. */
static bool head_is_value(const char *text)
{
    for (; *text != '\0'; text++)
        if (head_is_control(*text) && *text != '\t')
            return false;
    return true;
}

bool head_is_bad_target(const char *text)
{
    for (; *text != '\0'; text++)
        if (head_is_control(*text))
            return true;
    return false;
}

/* Blanks after a value are none of it (RFC 9110, section 5.5). */
static size_t head_value_len(const char *value)
{
    size_t len = strlen(value);
    while (len != 0 && (value[len - 1] == ' ' || value[len - 1] == '\t'))
        len--;
    return len;
}

bool head_take(request_head *h, const char *name, const char *value)
{
    const size_t len = head_value_len(value);
    if (!head_is_token(name) || !head_is_value(value)) {
        h->has_bad_field = true;
        return true;
    }
    if (strcasecmp(name, "Content-Length") == 0) {
        h->n_lengths++;
        h->has_length = text_number(value, len, UINT64_MAX, &h->length);
        return true;
    }
    if (strcasecmp(name, "Transfer-Encoding") == 0) {
        h->n_encodings++;
        h->is_chunked = len == 7 && strncasecmp(value, "chunked", len) == 0;
        return true;
    }
    h->n_hosts += strcasecmp(name, "Host") == 0;
    return false;
}

static const char *head_wrong_length(const request_head *h)
{
    if (h->n_lengths > 1)
        return "more than one Content-Length";
    if (h->n_lengths != 0 && h->n_encodings != 0)
        return "both Content-Length and Transfer-Encoding";
    if (h->n_encodings > 1 || (h->n_encodings == 1 && !h->is_chunked))
        return "no Transfer-Encoding but chunked is understood";
    if (h->n_lengths == 1 && !h->has_length)
        return "Content-Length is not a number";
    return NULL;
}

const char *head_wrong(const request_head *h, const char *method, const char *version)
{
    const bool is_old = strcmp(version, "HTTP/1.0") == 0;
    if (!head_is_token(method))
        return "the method has a character that it must not have";
    if (h->has_bad_target)
        return "the path has a character that it must not have";
    if (h->has_bad_field)
        return "a header has a character that it must not have";
    if (h->n_hosts > 1)
        return "more than one Host";
    if (h->n_hosts == 0 && !is_old)
        return "no Host";
    if (h->n_encodings != 0 && is_old)
        return "Transfer-Encoding in a version that has none";
    return head_wrong_length(h);
}

bool head_has_body(const request_head *h)
{
    return h->is_chunked || (h->has_length && h->length != 0);
}
