/* Policies: what is read, what is refused and with which words, and that printing one and reading
 * that gives the same. */
#include "support/test.h"

#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "node/policy/policy.h"

#define ID       "\"computation_id\":\"00000000-0000-4000-8000-00000000000A\""
#define URLS     "\"participants\":[\"http://a.example/c/\",\"https://b.example:8443\"]"
#define PROGRAM  "\"program\":\"pub fn main(a: u8, b: u8) -> u8 { a }\""
#define NUMBERS  "\"leader\":0,\"party\":1"
#define REST     "\"input\":{\"NumUnsigned\":[18446744073709551615,\"U64\"]},\"constants\":{}"
#define COMPLETE ID "," URLS "," PROGRAM "," NUMBERS "," REST

static void expect_fault(const char *json, policy_fault wanted, const char *words)
{
    policy p;
    policy_fault fault;
    pt_error error;
    if (policy_parse(&p, json, strlen(json), &fault, &error))
        fail_msg("taken: %s", json);
    if (fault != wanted || strstr(error.message, words) == NULL)
        fail_msg("%d \"%s\", not %d \"%s\": %s", (int)fault, error.message, (int)wanted, words,
                 json);
    policy_clear(&p);
}

static void parse_good(policy *ret_policy, const char *json)
{
    policy_fault fault;
    pt_error error;
    if (!policy_parse(ret_policy, json, strlen(json), &fault, &error))
        fail_msg("%s: %s", error.message, json);
}

static void test_members(void **state)
{
    policy p;
    (void)state;
    parse_good(&p, "{" COMPLETE ",\"output\":\"http://o.example/x\",\"unknown\":[1]}");
    assert_string_equal(p.id, "00000000-0000-4000-8000-00000000000a");
    assert_int_equal(p.n_parties, 2);
    assert_string_equal(p.participants[0], "http://a.example/c/");
    assert_string_equal(p.output_url, "http://o.example/x");
    assert_int_equal(p.leader, 0);
    assert_int_equal(p.party, 1);
    assert_true(p.receives[0] && p.receives[1]);
    /* A number that is beyond what trees of JSON hold stays as it is. */
    static const char input[] = "{\"NumUnsigned\":[18446744073709551615,\"U64\"]}";
    assert_int_equal(p.input_len, strlen(input));
    assert_memory_equal(p.input, input, p.input_len);
    policy_clear(&p);
}

static void test_names_of_this_node(void **state)
{
    policy p;
    (void)state;
    parse_good(&p, "{" ID "," URLS "," PROGRAM "," NUMBERS
                   ",\"input\":{\"source\":\"patients\"},\"output\":{\"output\":\"results\"},"
                   "\"constants\":{\"N\":{\"NumUnsigned\":[4,\"Usize\"]},\"B\":\"True\","
                   "\"I\":{\"NumSigned\":[-3,\"I32\"]},\"T\":\"7u8\",\"P\":5},"
                   "\"function\":\"other\",\"output_parties\":[1]}");
    static const char *const wanted[][2] = {
        {"B", "true"}, {"I", "-3i32"}, {"N", "4usize"}, {"P", "5"}, {"T", "7u8"}};
    assert_string_equal(p.source, "patients");
    assert_string_equal(p.output_name, "results");
    assert_null(p.output_url);
    assert_null(p.input);
    assert_int_equal(p.n_constants, 5);
    for (size_t i = 0; i < 5; i++) {
        assert_string_equal(p.constants[i].party, "PARTY_1");
        assert_string_equal(p.constants[i].name, wanted[i][0]);
        assert_string_equal(p.constants[i].literal, wanted[i][1]);
    }
    assert_true(!p.receives[0] && p.receives[1]);
    policy_clear(&p);
}

static void test_print_and_restore(void **state)
{
    policy p;
    policy q;
    pt_error error;
    (void)state;
    parse_good(&p, "{" COMPLETE ",\"comment\":1,\"output_parties\":[0]}");
    char *text = policy_print(&p);
    assert_non_null(text);
    assert_null(strstr(text, "18446744073709551615"));
    uint8_t *input = mem_new(3, 1);
    memcpy(input, "123", 3);
    assert_int_equal(policy_restore(&q, NULL, NULL, 0, &error), PT_ERR_MEMORY);
    policy_clear(&q);
    assert_int_equal(policy_restore(&q, text, input, 3, &error), PT_OK);
    char *again = policy_print(&q);
    assert_string_equal(text, again);
    assert_memory_equal(q.input, "123", 3);
    assert_memory_equal(p.program_sha256, q.program_sha256, POLICY_HASH_BYTES);
    mem_free(text);
    mem_free(again);
    policy_clear(&p);
    policy_clear(&q);
}

static void test_no_json(void **state)
{
    static const char *const texts[] = {"",           "{",         "{}x",       "{\"a\":01}",
                                        "{\"a\":1,}", "[1",        "\"\\ud8\"", "{\"a\":tru}",
                                        "nul",        "{\"a\" 1}", "\"\n\"",    "{'a':1}",
                                        "\xff",       "\"\xff\"",  "{\"a\":-}", "{\"a\":1.}"};
    char deep[200];
    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        expect_fault(texts[i], POLICY_NO_JSON, "not JSON");
    memset(deep, '[', sizeof deep - 1);
    deep[sizeof deep - 1] = '\0';
    expect_fault(deep, POLICY_NO_JSON, "not JSON");
}

static void test_wrong_shapes(void **state)
{
    static const struct {
        const char *json;
        const char *words;
    } rows[] = {
        {"[]", "an object"},
        {"{}", "computation_id is missing"},
        {"{" COMPLETE ",\"party\":0}", "party is there twice"},
        {"{\"computation_id\":\"x\"," URLS "," PROGRAM "," NUMBERS "," REST "}", "a UUID"},
        {"{\"computation_id\":7," URLS "," PROGRAM "," NUMBERS "," REST "}", "a UUID"},
        {"{" ID ",\"participants\":[\"http://a\",\"b\"]," PROGRAM "," NUMBERS "," REST "}",
         "participants[1]: expected a URL"},
        {"{" ID ",\"participants\":[\"http://a\"]," PROGRAM "," NUMBERS "," REST "}", "2 to 255"},
        {"{" ID "," URLS ",\"program\":\"a\\u0000b\"," NUMBERS "," REST "}", "program"},
        {"{" ID "," URLS "," PROGRAM ",\"leader\":2,\"party\":1," REST "}", "leader"},
        {"{" ID "," URLS "," PROGRAM ",\"leader\":0,\"party\":5," REST "}", "party"},
        {"{" ID "," URLS "," PROGRAM ",\"leader\":-1,\"party\":0," REST "}", "leader"},
        {"{" ID "," URLS "," PROGRAM ",\"leader\":0.0,\"party\":0," REST "}", "leader"},
        {"{" ID "," URLS "," PROGRAM "," NUMBERS ",\"input\":{\"NumUnsigned\":[-1,\"U8\"]},"
         "\"constants\":{}}",
         "input"},
        {"{" ID "," URLS "," PROGRAM "," NUMBERS ",\"input\":{\"source\":\"../x\"},"
         "\"constants\":{}}",
         "input.source"},
        {"{" ID "," URLS "," PROGRAM "," NUMBERS ",\"input\":1,\"constants\":{\"PARTY_5::R\":1}}",
         "without PARTY_n::"},
        {"{" ID "," URLS "," PROGRAM "," NUMBERS ",\"input\":1,\"constants\":{\"A\":1,\"A\":2}}",
         "each name once"},
        {"{" ID "," URLS "," PROGRAM "," NUMBERS ",\"input\":1,\"constants\":{\"A\":1.5}}",
         "constants"},
        {"{" ID "," URLS "," PROGRAM "," NUMBERS ",\"input\":1,\"constants\":[]}", "constants"},
        {"{" COMPLETE ",\"output\":\"ftp://x\"}", "output: expected a URL"},
        {"{" COMPLETE ",\"output_parties\":[0,0]}", "output_parties"},
        {"{" COMPLETE ",\"output_parties\":[]}", "output_parties"},
        {"{" COMPLETE ",\"function\":\"a b\"}", "function"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        expect_fault(rows[i].json, POLICY_WRONG_SHAPE, rows[i].words);
}

/* Left out, they would mean something else: a result for everybody, or for nobody. */
static void test_misspelt_members(void **state)
{
    static const char *const rows[][2] = {
        {"\"output_partys\":[1]", "no member 'output_partys'; did you mean 'output_parties'?"},
        {"\"outputParties\":[1]", "did you mean 'output_parties'?"},
        {"\"output-parties\":[1]", "did you mean 'output_parties'?"},
        {"\"outptu\":\"http://o.example/\"", "did you mean 'output'?"},
        {"\"Output\":null", "did you mean 'output'?"},
        {"\"func\\u0074oin\":\"f\"", "no member 'functoin'; did you mean 'function'?"},
        {"\"constant\":{}", "did you mean 'constants'?"},
        {"\"outpu\\u0074\":null,\"output\":null", "output is there twice"},
    };
    char json[1024];
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        (void)snprintf(json, sizeof json, "{" COMPLETE ",%s}", rows[i][0]);
        expect_fault(json, POLICY_WRONG_SHAPE, rows[i][1]);
    }
}

/* A member's name may be written with escapes: it is that member. */
static void test_members_with_escapes(void **state)
{
    policy p;
    (void)state;
    parse_good(&p,
               "{" COMPLETE ",\"output_p\\u0061rties\":[1],\"\\u0000output\":0,\"name\":\"x\"}");
    assert_true(!p.receives[0] && p.receives[1]);
    policy_clear(&p);
}

static void test_urls(void **state)
{
    (void)state;
    assert_true(policy_same_url("http://a/b", "http://a/b/"));
    assert_true(policy_same_url("http://a//", "http://a"));
    assert_false(policy_same_url("http://a", "http://ab"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_members),
        cmocka_unit_test(test_names_of_this_node),
        cmocka_unit_test(test_print_and_restore),
        cmocka_unit_test(test_no_json),
        cmocka_unit_test(test_wrong_shapes),
        cmocka_unit_test(test_misspelt_members),
        cmocka_unit_test(test_members_with_escapes),
        cmocka_unit_test(test_urls),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
