/* Random programs: what the circuit yields is what the interpreter says, on random inputs.
 *
 * POLYTUNE_RANDOM_PROGRAMS=N runs N programs instead of some thousand, some hundred under
 * sanitizers,, POLYTUNE_SEED=S starts with (and, without a number, runs only) seed S,
 * POLYTUNE_RANDOM_SIZE=N bounds the programs. A failure prints seed, program and inputs, made
 * smaller. */
#include "support/test.h"

#include <inttypes.h>

#include "lang/case.h"
#include "lang/compilation.h"
#include "lang/generate.h"
#include "lang/interp.h"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#    define DEFAULT_PROGRAMS 400
#else
#    define DEFAULT_PROGRAMS 2500
#endif
#define DEFAULT_SIZE       250
#define INPUTS_PER_PROGRAM 8
#define MAX_PARTIES        16
#define MAX_STEPS          2000000
#define SHRINK_TRIES       3000

typedef enum verdict {
    AGREED,
    TOO_LARGE,
    REJECTED, /* a program that the specification accepts */
    DIFFERED,
} verdict;

typedef struct tally {
    size_t n_programs, n_too_large, n_values, n_panics, n_too_long;
} tally;

typedef struct comparison {
    arena memory;
    interp in;
    const fn_decl *function;
    pt_program *program;
    size_t n_inputs;
    buffer input_texts[MAX_PARTIES];
    buffer constant_texts[CASE_MAX_CONSTANTS];
    char expected[CASE_MAX_OUTCOME];
    char outcome[CASE_MAX_OUTCOME];
} comparison;

static uint64_t env_number(const char *name, uint64_t otherwise)
{
    const char *text = getenv(name);
    return text == NULL ? otherwise : strtoull(text, NULL, 10);
}

/* ---- Inputs ---- */

static uint64_t random_scalar(choices *c, const ctype *type)
{
    const unsigned width = value_scalar_width(type->kind);
    const uint64_t mask = UINT64_MAX >> (64 - width);
    switch (choose(c, 8)) {
    case 4:
        return choose_bits(c) & mask;
    case 5:
        return (mask - choose(c, 3)) & mask; /* maximum, or -1 */
    case 6:
        return ((mask >> 1) + choose(c, 3)) & mask; /* about the limits of a signed type */
    case 7:
        return value_scalar_is_signed(type->kind) ? mask / 2 + 1 : choose(c, 40) & mask;
    default:
        return choose(c, 5) & mask;
    }
}

static const value *random_value(choices *c, const interp *in, const ctype *type)
{
    if (value_scalar_width(type->kind) != 0)
        return value_scalar(in->memory, random_scalar(c, type));
    uint64_t variant = 0;
    if (type->kind == CTYPE_ENUM)
        variant = choose(c, (uint32_t)type->as.enumeration->n_variants);
    value *v = value_parts(in->memory, value_n_parts(in, type, variant));
    v->bits = variant;
    for (size_t i = 0; i < v->n_parts; i++)
        v->parts[i] = random_value(c, in, value_part_type(type, variant, i));
    return v;
}

/* An array for a join: keys strictly ascending, small enough to meet those of the other. */
static const value *random_rows(choices *c, const interp *in, const ctype *type)
{
    const value *rows = random_value(c, in, type);
    const bool keyed = type->as.array.element->kind == CTYPE_TUPLE;
    uint64_t key = choose(c, 3);
    for (size_t i = 0; i < rows->n_parts; i++) {
        const value *v = value_scalar(in->memory, key);
        if (keyed)
            rows->parts[i]->parts[0] = v;
        else
            rows->parts[i] = v;
        key += 1 + choose(c, 2);
    }
    return rows;
}

static bool is_for_join(const param_decl *p)
{
    return strcmp(p->name.text, "jl") == 0 || strcmp(p->name.text, "jr") == 0;
}

static void print_input(comparison *k, const ctype *type, const value *v)
{
    assert_true(k->n_inputs < MAX_PARTIES);
    buffer *out = &k->input_texts[k->n_inputs++];
    buffer_reset(out);
    value_print(out, &k->in, type, v, true);
}

/* One text for each party (B2), and the arguments. */
static const value **random_inputs(comparison *k, choices *c)
{
    const fn_decl *f = k->function;
    const value **arguments = arena_new(&k->memory, f->n_params, sizeof *arguments);
    assert_non_null(arguments);
    k->n_inputs = 0;
    for (size_t i = 0; i < f->n_params; i++) {
        const ctype *type = f->params[i].type;
        arguments[i] = is_for_join(&f->params[i]) ? random_rows(c, &k->in, type)
                                                  : random_value(c, &k->in, type);
        if (f->n_params == 1 && type->kind == CTYPE_ARRAY && type->as.array.size.kind != SIZE_EXPR)
            for (size_t e = 0; e < arguments[i]->n_parts; e++)
                print_input(k, type->as.array.element, arguments[i]->parts[e]);
        else
            print_input(k, type, arguments[i]);
    }
    return arguments;
}

/* ---- Comparing ---- */

/* False when the program runs too long. */
static bool interpret(comparison *k, const value *const *arguments, tally *t)
{
    interp *in = &k->in;
    const value *result = interp_call(in, k->function, arguments, MAX_STEPS);
    if (result == NULL && in->panic == NULL) {
        t->n_too_long++;
        return false;
    }
    if (result == NULL) {
        t->n_panics++;
        const span at = in->panic_span;
        (void)snprintf(k->expected, sizeof k->expected, "panic %s %u:%u-%u:%u", in->panic, at.line,
                       at.column, at.end_line, at.end_column);
        return true;
    }
    t->n_values++;
    buffer text;
    buffer_init(&text, (size_t)1 << 20);
    value_print(&text, in, k->function->result, result, false);
    (void)snprintf(k->expected, sizeof k->expected, "%s", buffer_text(&text));
    buffer_clear(&text);
    return true;
}

static verdict compare_runs(comparison *k, uint64_t seed, tally *t)
{
    choices *c = malloc(sizeof *c);
    assert_non_null(c);
    verdict v = AGREED;
    choices_init(c, seed);
    for (size_t n = 0; n < INPUTS_PER_PROGRAM && v == AGREED; n++) {
        const value **arguments = random_inputs(k, c);
        if (!interpret(k, arguments, t))
            continue;
        if (k->program == NULL) {
            v = strncmp(k->expected, "panic ", 6) == 0 ? AGREED : DIFFERED;
            continue;
        }
        const char *texts[MAX_PARTIES];
        for (size_t i = 0; i < k->n_inputs; i++)
            texts[i] = buffer_text(&k->input_texts[i]);
        case_evaluate(k->outcome, k->program, texts, k->n_inputs);
        if (strcmp(k->outcome, k->expected) != 0)
            v = DIFFERED;
    }
    free(c);
    return v;
}

/* Values for the constants that parties supply, and the same as texts for the compiler. */
static const value *const *supply_constants(comparison *k, lang_case *c, uint64_t seed,
                                            const checked_program *program)
{
    choices *choices_of_values = malloc(sizeof *choices_of_values);
    const value **values = arena_new(&k->memory, program->n_externals + 1, sizeof *values);
    assert_non_null(values);
    assert_non_null(choices_of_values);
    assert_true(program->n_externals <= CASE_MAX_CONSTANTS);
    choices_init(choices_of_values, ~seed);
    interp shapes = {.memory = &k->memory, .program = program}; /* no sizes are named there */
    for (size_t i = 0; i < program->n_externals; i++) {
        const external_value *e = &program->externals[i];
        values[i] = e->name[0] == 'N' ? value_scalar(&k->memory, strtoull(e->name + 1, NULL, 10))
                                      : random_value(choices_of_values, &shapes, e->type);
        value_print(&k->constant_texts[i], &shapes, e->type, values[i], true);
        c->constants[i] = (pt_constant){e->party, e->name, buffer_text(&k->constant_texts[i])};
    }
    free(choices_of_values);
    return values;
}

/* The checked program; NULL, with the first error in the outcome, if it is wrong. */
static checked_program *check_text(comparison *k, const char *source)
{
    checked_program *checked = NULL;
    pt_diagnostics *d = NULL;
    pt_error error;
    assert_int_equal(diag_new(&d, NULL, source, strlen(source), NULL), PT_OK);
    const pt_status status = lang_check(&checked, &k->memory, source, strlen(source), d, NULL);
    if (status != PT_OK) {
        assert_int_equal(diag_finish(d, &error), PT_ERR_PROGRAM);
        (void)snprintf(k->outcome, sizeof k->outcome, "%s", error.message);
    }
    pt_diagnostics_free(d);
    return checked;
}

/* Programs that panic whatever the inputs, by a known index outside of branches, are refused: then
 * the interpreter must panic every time (S14). */
static bool is_refused_panic(const char *outcome)
{
    return strncmp(outcome, "rejected compile ", 17) == 0 &&
           strstr(outcome, "index out of bounds: the index is ") != NULL;
}

/* Checks and compiles `source` and runs it on inputs made from `seed`. */
static verdict compare_source(comparison *k, const char *source, uint64_t seed, tally *t)
{
    checked_program *checked = check_text(k, source);
    if (checked == NULL)
        return REJECTED;
    lang_case whole = {.source = source};
    const value *const *externals = supply_constants(k, &whole, seed, checked);
    const pt_status status = case_compile(&k->program, k->outcome, &whole);
    if (status != PT_OK && !is_refused_panic(k->outcome))
        return status == PT_ERR_LIMIT ? TOO_LARGE : REJECTED;
    interp_init(&k->in, &k->memory, checked, externals);
    k->function = interp_find(&k->in, "main");
    return k->function == NULL ? REJECTED : compare_runs(k, seed, t);
}

static void comparison_init(comparison *k)
{
    memset(k, 0, sizeof *k);
    arena_init(&k->memory, (size_t)1 << 30);
    for (size_t i = 0; i < MAX_PARTIES; i++)
        buffer_init(&k->input_texts[i], (size_t)1 << 20);
    for (size_t i = 0; i < CASE_MAX_CONSTANTS; i++)
        buffer_init(&k->constant_texts[i], (size_t)1 << 20);
}

static void comparison_clear(comparison *k)
{
    arena_clear(&k->memory);
    pt_program_free(k->program);
    for (size_t i = 0; i < MAX_PARTIES; i++)
        buffer_clear(&k->input_texts[i]);
    for (size_t i = 0; i < CASE_MAX_CONSTANTS; i++)
        buffer_clear(&k->constant_texts[i]);
}

/* ---- Programs ---- */

typedef struct run {
    uint64_t seed;
    uint32_t size;
    verdict wanted; /* when shrinking */
    bool is_last;   /* print what happens */
    tally *t;
} run;

static verdict run_program(choices *c, const run *r)
{
    buffer source;
    buffer_init(&source, (size_t)1 << 24);
    generate_program(&source, c, r->size);
    comparison k;
    comparison_init(&k);
    const char *text = buffer_text(&source);
    assert_non_null(text);
    const verdict v = compare_source(&k, text, r->seed, r->t);
    if (r->is_last) {
        (void)fprintf(stderr, "%s\n", text);
        for (size_t i = 0; i < CASE_MAX_CONSTANTS && k.constant_texts[i].len > 0; i++)
            (void)fprintf(stderr, "constant %zu: %s\n", i, buffer_text(&k.constant_texts[i]));
        for (size_t i = 0; i < k.n_inputs; i++)
            (void)fprintf(stderr, "input %zu: %s\n", i, buffer_text(&k.input_texts[i]));
        (void)fprintf(stderr, "expected: %s\n     got: %s\n",
                      v == REJECTED ? "accepted" : k.expected, k.outcome);
    }
    comparison_clear(&k);
    buffer_clear(&source);
    return v;
}

static bool fails_alike(choices *c, void *context)
{
    const run *r = context;
    return run_program(c, r) == r->wanted;
}

static void report(choices *c, run r, verdict v)
{
    tally ignored = {0};
    r.wanted = v;
    r.t = &ignored;
    choices_rewind(c);
    choices_shrink(c, fails_alike, &r, SHRINK_TRIES);
    (void)fprintf(stderr, "\nPOLYTUNE_SEED=%" PRIu64 " POLYTUNE_RANDOM_SIZE=%u (made smaller):\n",
                  r.seed, r.size);
    choices_rewind(c);
    r.is_last = true;
    (void)run_program(c, &r);
}

static void circuits_compute_what_the_interpreter_says(void **state)
{
    (void)state;
    const uint64_t first = env_number("POLYTUNE_SEED", 1);
    const bool one = getenv("POLYTUNE_SEED") != NULL;
    const uint64_t n = env_number("POLYTUNE_RANDOM_PROGRAMS", one ? 1 : DEFAULT_PROGRAMS);
    const bool verbose = getenv("POLYTUNE_VERBOSE") != NULL;
    tally t = {0};
    size_t n_failed = 0;
    choices *c = malloc(sizeof *c);
    assert_non_null(c);
    for (uint64_t seed = first; seed < first + n && n_failed < 5; seed++) {
        if (verbose)
            print_message("seed %" PRIu64 "\n", seed);
        const run r = {.seed = seed,
                       .size = (uint32_t)env_number("POLYTUNE_RANDOM_SIZE", DEFAULT_SIZE),
                       .t = &t};
        choices_init(c, seed);
        const verdict v = run_program(c, &r);
        t.n_programs++;
        t.n_too_large += v == TOO_LARGE;
        if (v == REJECTED || v == DIFFERED) {
            n_failed++;
            report(c, r, v);
        }
    }
    free(c);
    print_message("%zu programs, %zu too large; %zu values, %zu panics, %zu too "
                  "long\n",
                  t.n_programs, t.n_too_large, t.n_values, t.n_panics, t.n_too_long);
    assert_int_equal(n_failed, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(circuits_compute_what_the_interpreter_says),
    };
    return cmocka_run_group_tests_name("lang.random_programs", tests, NULL, NULL);
}
