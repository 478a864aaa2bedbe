#include "lang/marks.h"

#include "support/test.h"

#include <stdbool.h>

/* "$1[" or "]$1" at `at`: the number, else 0. */
static size_t mark_at(const char *at, bool opens)
{
    const char *number = opens ? at + 1 : at + 2;
    const bool is_mark = opens ? at[0] == '$' : at[0] == ']' && at[1] == '$';
    if (!is_mark || *number < '1' || *number > '9' || (opens && number[1] != '['))
        return 0;
    return (size_t)(*number - '0');
}

void marks_read(marks *ret_marks, const char *marked)
{
    char starts[MARKS_MAX + 1][24] = {""};
    unsigned line = 1;
    unsigned column = 1;
    size_t n = 0;
    memset(ret_marks, 0, sizeof *ret_marks);
    ret_marks->source = calloc(strlen(marked) + 1, 1);
    assert_non_null(ret_marks->source);
    while (*marked != '\0') {
        const size_t opened = mark_at(marked, true);
        const size_t closed = mark_at(marked, false);
        if (opened != 0) {
            (void)snprintf(starts[opened], sizeof starts[opened], "%u:%u", line, column);
        } else if (closed != 0) {
            assert_true(starts[closed][0] != '\0');
            (void)snprintf(ret_marks->places[closed], sizeof ret_marks->places[closed], "%s-%u:%u",
                           starts[closed], line, column);
        } else {
            ret_marks->source[n++] = *marked;
            column = *marked == '\n' ? 1 : column + ((*marked & 0xc0) != 0x80 ? 1 : 0);
            line += *marked == '\n' ? 1 : 0;
        }
        marked += opened != 0 || closed != 0 ? 3 : 1;
    }
    for (size_t i = 1; i <= MARKS_MAX; i++)
        assert_true((starts[i][0] == '\0') == (ret_marks->places[i][0] == '\0'));
}

void marks_clear(marks *m)
{
    free(m->source);
    m->source = NULL;
}

void marks_expand(char ret_text[MARKS_MAX_TEXT], const marks *m, const char *expected)
{
    size_t len = 0;
    ret_text[0] = '\0';
    for (; *expected != '\0'; expected++) {
        if (expected[0] == '$' && expected[1] >= '1' && expected[1] <= '9') {
            const char *place = m->places[*++expected - '0'];
            assert_true(place[0] != '\0');
            len += (size_t)snprintf(ret_text + len, MARKS_MAX_TEXT - len, "%s", place);
        } else {
            len += (size_t)snprintf(ret_text + len, MARKS_MAX_TEXT - len, "%c", *expected);
        }
        assert_true(len < MARKS_MAX_TEXT);
    }
}
