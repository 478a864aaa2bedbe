#include "wire/terms.h"

#include <stdio.h>
#include <string.h>

static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-=;";

/* Every field has a name, and one value. */
static bool field_is_good(const char *field, size_t len)
{
    const char *equals = memchr(field, '=', len);
    return equals != NULL && equals != field &&
           memchr(equals + 1, '=', len - (size_t)(equals + 1 - field)) == NULL;
}

static size_t field_len(const char *text, size_t len)
{
    const char *end = memchr(text, ';', len);
    return end == NULL ? len : (size_t)(end - text);
}

bool terms_are_good(const char *text, size_t len)
{
    if (len == 0 || len > TERMS_MAX)
        return false;
    for (size_t i = 0; i < len; i++)
        if (memchr(allowed, text[i], sizeof allowed - 1) == NULL)
            return false;
    for (size_t at = 0; at <= len;) {
        const size_t one = field_len(text + at, len - at);
        if (!field_is_good(text + at, one))
            return false;
        at += one + 1;
    }
    return true;
}

/* The field of that name, with its length; NULL: there is none. */
static const char *find_field(const char *text, const char *name, size_t name_len, size_t *ret_len)
{
    while (*text != '\0') {
        const size_t len = strcspn(text, ";");
        if (len > name_len && strncmp(text, name, name_len) == 0 && text[name_len] == '=') {
            *ret_len = len;
            return text;
        }
        text += len + (text[len] == ';');
    }
    return NULL;
}

bool terms_differ(char ret_a[TERMS_FIELD_MAX + 1], char ret_b[TERMS_FIELD_MAX + 1], const char *a,
                  const char *b)
{
    while (*a != '\0') {
        const size_t len = strcspn(a, ";");
        size_t other_len = 0;
        const char *other = find_field(b, a, strcspn(a, "=;"), &other_len);
        if (other != NULL && (other_len != len || strncmp(a, other, len) != 0)) {
            (void)snprintf(ret_a, TERMS_FIELD_MAX + 1, "%.*s", (int)len, a);
            (void)snprintf(ret_b, TERMS_FIELD_MAX + 1, "%.*s", (int)other_len, other);
            return true;
        }
        a += len + (a[len] == ';');
    }
    return false;
}
