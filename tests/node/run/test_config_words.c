/* Messages about a node's inputs and parties name what its operator can change. */
#include "support/test.h"

#include <stdio.h>
#include <string.h>

#include "node/run/config_words.h"

static void test_words(void **state)
{
    static const struct {
        const char *text, *expected;
    } cases[] = {
        {"", ""},
        {"row 3 of days.csv: 5", "row 3 of days.csv: 5"},
        {"x; --scale=COLUMN:100 keeps two places", "x; scale: COLUMN:100 keeps two places"},
        {"too many places after the point for --scale",
         "too many places after the point for scale"},
        {" (--header=no makes the first line a row)",
         " (header: false makes the first line a row)"},
        {"; if decimal places follow it, give --decimal=,",
         "; if decimal places follow it, give decimal: \",\""},
        {"; 1000,50 is read so where --decimal=, is given",
         "; 1000,50 is read so where decimal: \",\" is given"},
        {"; if tabs stand between its values, give --separator=tab",
         "; if tabs stand between its values, give separator: \"\\t\""},
        {"; if ';' stands between its values, give --separator=';'",
         "; if ';' stands between its values, give separator: ';'"},
        {"; --input=sqlite:FILE and --query read a database",
         "; from: sqlite:FILE and query read a database"},
        {"party 1 has another key than the roster says (or the ticket): either",
         "party 1 has another key than the configuration says: either"},
        {"not trusted (see --tls-ca), for", "not trusted, for"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[128];
        (void)snprintf(text, sizeof text, "%s", cases[i].text);
        config_words(text, sizeof text);
        assert_string_equal(text, cases[i].expected);
    }
}

/* Longer words do not write beyond the end. */
static void test_room(void **state)
{
    char text[16] = "--truncate it";
    (void)state;
    config_words(text, 13);
    assert_string_equal(text, "truncate: tr");
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_words), cmocka_unit_test(test_room)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
