#include "lang/rules.h"

#include "support/test.h"

#include "base/mem.h"

#define ARENA_BYTES ((size_t)256 * 1024 * 1024)

pt_status check_source(checked_program **ret_program, pt_diagnostics **ret_diagnostics, arena *a,
                       const char *source, size_t len, const char *file_name, pt_error *error)
{
    pt_diagnostics *d = NULL;
    pt_status status = diag_new(&d, file_name, source, len, error);
    if (status == PT_OK)
        status = lang_check(ret_program, a, source, len, d, error);
    if (status == PT_ERR_PROGRAM)
        status = diag_finish(d, error);
    if (status == PT_ERR_PROGRAM && ret_diagnostics != NULL)
        *ret_diagnostics = d;
    else
        pt_diagnostics_free(d);
    return status;
}

static void one_rule(void **state)
{
    const rule_case *row = *state;
    arena a;
    arena_init(&a, ARENA_BYTES);
    checked_program *program = NULL;
    pt_diagnostics *d = NULL;
    pt_error error;
    pt_error_clear(&error);
    const pt_status status =
        check_source(&program, &d, &a, row->source, strlen(row->source), "t", &error);
    if (row->expect == NULL && status != PT_OK)
        fail_msg("%s must be accepted: %s\n%s", row->rule, row->source, error.message);
    if (row->expect != NULL && status == PT_OK)
        fail_msg("%s must be rejected: %s", row->rule, row->source);
    if (row->expect != NULL && strstr(pt_diagnostics_get(d, 0).message, row->expect) == NULL)
        fail_msg("%s: %s\nexpected: %s\nfound: %s", row->rule, row->source, row->expect,
                 error.message);
    assert_true((program != NULL) == (status == PT_OK));
    pt_diagnostics_free(d);
    arena_clear(&a);
}

int run_rules(const char *group, const rule_case *cases, size_t n_cases)
{
    struct CMUnitTest *tests = mem_new(n_cases, sizeof *tests);
    char(*names)[120] = mem_new(n_cases, sizeof *names);
    if (tests == NULL || names == NULL)
        return 1;
    for (size_t i = 0; i < n_cases; i++) {
        (void)snprintf(names[i], sizeof names[i], "%s %s: %.80s", cases[i].rule,
                       cases[i].expect == NULL ? "accepts" : "rejects", cases[i].source);
        void *row = (void *)(uintptr_t)&cases[i];
        tests[i] = (struct CMUnitTest){names[i], one_rule, NULL, NULL, row};
    }
    const int n_failed = _cmocka_run_group_tests(group, tests, n_cases, NULL, NULL);
    mem_free(tests);
    mem_free(names);
    return n_failed;
}

checked_program *check_good(arena *a, const char *source)
{
    checked_program *program = NULL;
    pt_error error;
    pt_error_clear(&error);
    arena_init(a, ARENA_BYTES);
    if (check_source(&program, NULL, a, source, strlen(source), NULL, &error) != PT_OK)
        fail_msg("%s\n%s", source, error.message);
    return program;
}

pt_diagnostics *check_bad(const char *source)
{
    arena a;
    arena_init(&a, ARENA_BYTES);
    checked_program *program = NULL;
    pt_diagnostics *d = NULL;
    const pt_status status = check_source(&program, &d, &a, source, strlen(source), "t", NULL);
    arena_clear(&a);
    assert_int_equal(status, PT_ERR_PROGRAM);
    assert_non_null(d);
    return d;
}
