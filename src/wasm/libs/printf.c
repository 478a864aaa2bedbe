/* printf into memory, as far as this project and jansson use it: libc's takes 2 KB more. There are
 *
 *      %[0][width or *][.precision or .*][l, ll, z][s c d i u x X p %]
 *
 * and a precision is one of texts only. Anything else ends the text with a question mark, as it
 * would for a number with a fraction, which nothing here has. */
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/min.h"

#define DIGITS 20 /* of the greatest number */

/* Where the text goes; `len` counts also what has no room. */
typedef struct print {
    char *at;
    size_t size;
    size_t len;
} print;

/* Of one conversion. */
typedef struct conversion {
    bool is_zero_filled;
    size_t width;
    size_t precision; /* SIZE_MAX: none */
    size_t bytes;     /* that an integer has */
    char kind;
} conversion;

static void print_text(print *p, const char *text, size_t n)
{
    if (p->len < p->size)
        memcpy(p->at + p->len, text, min_size(n, p->size - p->len));
    p->len += n;
}

static void print_fill(print *p, char fill, size_t width, size_t n)
{
    for (; n < width; n++)
        print_text(p, &fill, 1);
}

static void print_number(print *p, const conversion *c, uint64_t value, bool is_negative)
{
    char digits[DIGITS];
    const char *names = c->kind == 'X' ? "0123456789ABCDEF" : "0123456789abcdef";
    const bool is_decimal = c->kind == 'd' || c->kind == 'i' || c->kind == 'u';
    const unsigned base = is_decimal ? 10 : 16; /* an address has that of unsigned int */
    size_t n = 0;
    do
        digits[DIGITS - ++n] = names[value % base];
    while ((value /= base) != 0);
    if (!c->is_zero_filled)
        print_fill(p, ' ', c->width, n + is_negative);
    print_text(p, "-", is_negative);
    if (c->is_zero_filled)
        print_fill(p, '0', c->width, n + is_negative);
    print_text(p, digits + DIGITS - n, n);
}

static size_t read_size(const char **at, va_list *arguments)
{
    size_t n = 0;
    if (**at == '*') {
        ++*at;
        return (size_t)va_arg(*arguments, int);
    }
    for (; **at >= '0' && **at <= '9'; ++*at)
        n = 10 * n + (size_t)(**at - '0');
    return n;
}

/* What stands behind a percent sign; returns what is behind that. */
static const char *read_conversion(conversion *ret, const char *at, va_list *arguments)
{
    *ret = (conversion){.precision = SIZE_MAX, .bytes = sizeof(int)};
    ret->is_zero_filled = *at == '0';
    ret->width = read_size(&at, arguments);
    if (*at == '.') {
        at++;
        ret->precision = read_size(&at, arguments);
    }
    for (; *at == 'l' || *at == 'z'; at++)
        ret->bytes = at[1] == 'l' ? sizeof(long long) : ret->bytes;
    ret->kind = *at;
    return at + (*at != '\0');
}

static bool print_conversion(print *p, const conversion *c, va_list *arguments)
{
    const bool is_long = c->bytes == sizeof(long long);
    if (c->kind == 's') {
        const char *given = va_arg(*arguments, const char *);
        const char *text = given == NULL ? "(null)" : given;
        size_t n = 0;
        while (n < c->precision && text[n] != '\0')
            n++;
        print_fill(p, ' ', c->width, n);
        print_text(p, text, n);
    } else if (c->kind == 'c' || c->kind == '%') {
        const char byte = c->kind == 'c' ? (char)va_arg(*arguments, int) : '%';
        print_text(p, &byte, 1);
    } else if (c->kind == 'd' || c->kind == 'i') {
        const long long value = is_long ? va_arg(*arguments, long long) : va_arg(*arguments, int);
        print_number(p, c, value < 0 ? 0 - (uint64_t)value : (uint64_t)value, value < 0);
    } else if (c->kind == 'u' || c->kind == 'x' || c->kind == 'X' || c->kind == 'p') {
        const uint64_t value =
            is_long ? va_arg(*arguments, unsigned long long) : va_arg(*arguments, unsigned);
        print_number(p, c, value, false);
    } else {
        print_text(p, "?", 1);
        return false;
    }
    return true;
}

int vsnprintf(char *ret_text, size_t size, const char *format, va_list arguments)
{
    print p = {.at = ret_text, .size = size == 0 ? 0 : size - 1};
    va_list list;
    va_copy(list, arguments);
    for (const char *at = format; *at != '\0';) {
        const char *end = at;
        conversion c;
        while (*end != '%' && *end != '\0')
            end++;
        print_text(&p, at, (size_t)(end - at));
        if (*end == '\0')
            break;
        at = read_conversion(&c, end + 1, &list);
        if (!print_conversion(&p, &c, &list))
            break;
    }
    va_end(list);
    if (size != 0)
        ret_text[min_size(p.len, p.size)] = '\0';
    return (int)p.len;
}

int snprintf(char *ret_text, size_t size, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    const int n = vsnprintf(ret_text, size, format, arguments);
    va_end(arguments);
    return n;
}
