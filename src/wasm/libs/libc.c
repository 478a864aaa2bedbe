/* What wasi-libc has too, in less space. */
#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>

#include "base/assert.h"

/* ---- sorting: a heap ---- */

static void swap_items(char *a, char *b, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        const char byte = a[i];
        a[i] = b[i];
        b[i] = byte;
    }
}

/* Item i of n sinks below its children, which are heaps. */
static void sink_item(char *items, size_t i, size_t n, size_t size,
                      int (*compare)(const void *, const void *))
{
    for (size_t child; (child = 2 * i + 1) < n; i = child) {
        if (child + 1 < n && compare(items + child * size, items + (child + 1) * size) < 0)
            child++;
        if (compare(items + i * size, items + child * size) >= 0)
            return;
        swap_items(items + i * size, items + child * size, size);
    }
}

void qsort(void *items, size_t n, size_t size, int (*compare)(const void *, const void *))
{
    for (size_t i = n / 2; i-- > 0;)
        sink_item(items, i, n, size, compare);
    for (; n > 1; n--) {
        swap_items(items, (char *)items + (n - 1) * size, size);
        sink_item(items, 0, n - 1, size, compare);
    }
}

/* ---- numbers, which are decimal here ---- */

/* Where a number may begin. */
static const char *past_blanks(const char *text)
{
    while (*text == ' ' || (*text >= '\t' && *text <= '\r'))
        text++;
    return text;
}

/* Of digits only; ERANGE and the greatest possible when it is more than `max`. */
static uint64_t read_digits(const char *text, const char **ret_end, uint64_t max)
{
    uint64_t value = 0;
    bool is_more = false;
    for (; *text >= '0' && *text <= '9'; text++) {
        const uint64_t digit = (uint64_t)(*text - '0');
        is_more = is_more || value > (max - digit) / 10;
        value = 10 * value + digit;
    }
    *ret_end = text;
    if (!is_more)
        return value;
    errno = ERANGE;
    return max;
}

/* Without digits the end is the beginning, before any blanks. */
static void tell_end(char **ret_end, const char *text, const char *digits, const char *end)
{
    if (ret_end != NULL)
        *ret_end = (char *)(uintptr_t)(end == digits ? text : end);
}

/* Without a sign. */
unsigned long strtoul(const char *text, char **ret_end, int base)
{
    const char *digits = past_blanks(text);
    const char *end;
    PT_ASSERT(base == 10);
    const unsigned long value = (unsigned long)read_digits(digits, &end, ULONG_MAX);
    tell_end(ret_end, text, digits, end);
    return value;
}

long long strtoll(const char *text, char **ret_end, int base)
{
    const char *digits = past_blanks(text);
    const char *end;
    PT_ASSERT(base == 10);
    const bool is_negative = *digits == '-';
    const uint64_t most = (uint64_t)LLONG_MAX + is_negative;
    digits += is_negative;
    const uint64_t value = read_digits(digits, &end, most);
    tell_end(ret_end, text, digits, end);
    return is_negative ? (long long)(0 - value) : (long long)value;
}
