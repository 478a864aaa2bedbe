#include "channel/attendance.h"

#include <stdio.h>
#include <string.h>

#define LIST_MAX 16 /* parties that are named; of others the number is told */

void attendance_note(attendance *a, size_t party, bool is_here)
{
    a->is_here[party] = is_here;
    a->was_here[party] = a->was_here[party] || is_here;
}

size_t attendance_count(const attendance *a)
{
    size_t n = 0;
    for (size_t i = 0; i < a->parties; i++)
        n += a->is_here[i];
    return n;
}

static bool is_listed(const attendance *a, size_t party, bool were_here)
{
    return !a->is_here[party] && a->was_here[party] == were_here;
}

/* The first from `party` on. */
static size_t next_listed(const attendance *a, size_t party, bool were_here)
{
    while (party < a->parties && !is_listed(a, party, were_here))
        party++;
    return party;
}

size_t attendance_missing(const attendance *a)
{
    const size_t never = next_listed(a, 0, false);
    return never < a->parties ? never : next_listed(a, 0, true);
}

static size_t count_listed(const attendance *a, bool were_here)
{
    size_t n = 0;
    for (size_t i = 0; i < a->parties; i++)
        n += is_listed(a, i, were_here);
    return n;
}

void attendance_list(char ret_text[ATTENDANCE_TEXT], const attendance *a, bool were_here)
{
    const size_t n = count_listed(a, were_here);
    const size_t named = n > LIST_MAX ? LIST_MAX : n;
    size_t party = next_listed(a, 0, were_here);
    size_t len = 0;
    ret_text[0] = '\0';
    for (size_t i = 0; i < named; i++) {
        const char *before = ", ";
        if (i == 0)
            before = n == 1 ? "party " : "parties ";
        else if (i + 1 == n)
            before = " and ";
        len += (size_t)snprintf(ret_text + len, ATTENDANCE_TEXT - len, "%s%zu", before, party);
        party = next_listed(a, party + 1, were_here);
    }
    if (n > named)
        (void)snprintf(ret_text + len, ATTENDANCE_TEXT - len, " and %zu more", n - named);
}

void attendance_list_left(char ret_text[ATTENDANCE_TEXT + 32], const attendance *a)
{
    char list[ATTENDANCE_TEXT];
    attendance_list(list, a, true);
    if (list[0] == '\0')
        ret_text[0] = '\0';
    else
        (void)snprintf(ret_text, ATTENDANCE_TEXT + 32, "; %s %s there and left", list,
                       count_listed(a, true) == 1 ? "was" : "were");
}
