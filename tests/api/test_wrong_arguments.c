/* Every public function is called with every combination of arguments that are missing or out of
 * range: it says PT_ERR_USAGE with a message, or answers something harmless, and never crashes. A
 * function of tests/house/abi.txt without a row in wrong_arguments/ fails the test. */
#include "api/wrong_arguments/table.h"

#define MAX_WRONG 14

results r;

static const table *const tables[] = {
    &wrong_channel, &wrong_circuit, &wrong_constants, &wrong_literal,  &wrong_meter,
    &wrong_mpc,     &wrong_network, &wrong_plan,      &wrong_polytune, &wrong_private_results,
    &wrong_program, &wrong_secure,  &wrong_status,
};

#define N_TABLES (sizeof tables / sizeof tables[0])

static void world_init(world *w)
{
    const pt_compile_options options = {.source = SOURCE, .source_len = sizeof SOURCE - 1};
    const pt_constant given = {"P", "N", "1"};
    pt_channel alone;
    *w = (world){0};
    assert_int_equal(pt_program_compile(&w->program, NULL, &options, NULL), PT_OK);
    w->circuit = pt_program_circuit(w->program);
    w->type = pt_program_input_type(w->program, 0);
    assert_int_equal(pt_literal_parse(&w->literal, w->type, "3", 1, NULL), PT_OK);
    assert_int_equal(pt_channel_memory_mesh(&alone, 1, 1, NULL), PT_OK);
    assert_int_equal(pt_constants_exchange(&w->constants, &alone, 0, 1, &given, 1, NULL), PT_OK);
    pt_channel_close(&alone);
    assert_int_equal(pt_channel_memory_mesh(w->channels, 2, 1, NULL), PT_OK);
    assert_int_equal(pt_meter_new(&w->meter, 2, NULL), PT_OK);
    assert_int_equal(pt_p2p_ticket_new(&w->ticket, "http://r", 0, w->key, NULL), PT_OK);
}

static void world_clear(world *w)
{
    pt_channel_close(&w->channels[0]);
    pt_channel_close(&w->channels[1]);
    pt_meter_free(w->meter);
    pt_constants_free(w->constants);
    pt_literal_free(w->literal);
    pt_program_free(w->program);
}

static void check_call(const row *of, const world *w, unsigned wrong)
{
    pt_error error;
    pt_error_clear(&error);
    const pt_status status = of->call(w, wrong, &error);
    if (status != of->expected)
        fail_msg("%s, wrong arguments %#x: %s: %s", of->name, wrong, pt_status_name(status),
                 error.message);
    if (status != PT_OK && (error.status != status || error.message[0] == '\0'))
        fail_msg("%s, wrong arguments %#x: no message", of->name, wrong);
    assert_int_equal(of->call(w, wrong, NULL), status);
}

static void check_table(const table *of, const world *w)
{
    for (size_t i = 0; i < of->n; i++) {
        assert_true(of->rows[i].n_wrong >= 1 && of->rows[i].n_wrong <= MAX_WRONG);
        for (unsigned wrong = 1; wrong < 1u << of->rows[i].n_wrong; wrong++)
            check_call(&of->rows[i], w, wrong);
    }
}

static void test_wrong_arguments(void **state)
{
    (void)state;
    world w;
    world_init(&w);
    for (size_t i = 0; i < N_TABLES; i++)
        check_table(tables[i], &w);
    assert_null(r.text);
    assert_null(r.circuit);
    assert_null(r.program);
    assert_null(r.literal);
    assert_null(r.constants);
    assert_null(r.meter);
    assert_null(r.channels[0].ops);
    world_clear(&w);
}

static bool table_has(const table *of, const char *name, size_t len)
{
    for (size_t i = 0; i < of->n; i++) {
        if (strlen(of->rows[i].name) == len && memcmp(of->rows[i].name, name, len) == 0)
            return true;
    }
    return false;
}

static bool has_row(const char *name, size_t len)
{
    for (size_t i = 0; i < N_TABLES; i++) {
        if (table_has(tables[i], name, len))
            return true;
    }
    return false;
}

static size_t row_count(void)
{
    size_t n = 0;
    for (size_t i = 0; i < N_TABLES; i++)
        n += tables[i]->n;
    return n;
}

static void test_every_function_has_a_row(void **state)
{
    (void)state;
    char path[4096];
    char line[1024];
    size_t n = 0;
    (void)snprintf(path, sizeof path, "%s/tests/house/abi.txt", getenv("POLYTUNE_SOURCE_DIR"));
    FILE *list = fopen(path, "r");
    assert_non_null(list);
    for (; fgets(line, sizeof line, list) != NULL; n++) {
        if (!has_row(line, strcspn(line, " ")))
            fail_msg("no row for %s", line);
    }
    (void)fclose(list);
    assert_int_equal(n, row_count());
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_wrong_arguments),
        cmocka_unit_test(test_every_function_has_a_row),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
