#include "httpd/text.h"

#include <string.h>

#include "base/hex.h"

/* An unreserved character of RFC 3986, section 2.3. */
static bool is_unreserved(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '_' || c == '~' || c == '-';
}

bool text_number(const char *text, size_t len, uint64_t max, uint64_t *ret_number)
{
    uint64_t number = 0;
    if (len == 0 || len > 20)
        return false;
    for (size_t i = 0; i < len; i++) {
        if (text[i] < '0' || text[i] > '9')
            return false;
        const uint64_t digit = (uint64_t)(text[i] - '0');
        if (number > (max - digit) / 10 || digit > max)
            return false;
        number = number * 10 + digit;
    }
    *ret_number = number;
    return true;
}

bool text_hex(const char *text, uint64_t *ret_number)
{
    const size_t len = strlen(text);
    uint64_t number = 0;
    if (len == 0 || len > 16)
        return false;
    for (size_t i = 0; i < len; i++) {
        const int digit = hex_digit(text[i]);
        if (digit < 0)
            return false;
        number = number << 4 | (uint64_t)digit;
    }
    *ret_number = number;
    return true;
}

size_t text_unescape(char *text)
{
    char *out = text;
    for (const char *in = text; *in != '\0';) {
        const int high = *in == '%' ? hex_digit(in[1]) : -1;
        const int low = high < 0 ? -1 : hex_digit(in[2]);
        const char c = (char)(low < 0 ? 0 : high * 16 + low);
        if (is_unreserved(c)) {
            *out++ = c;
            in += 3;
        } else {
            *out++ = *in++;
        }
    }
    *out = '\0';
    return (size_t)(out - text);
}
