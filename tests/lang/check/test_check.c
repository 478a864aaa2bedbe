/* What the checker notes on the tree: the contract with the lowering. */
#include "lang/rules.h"

#include "support/test.h"

#include "lang/check/const.h"

static const fn_decl *function_named(const checked_program *program, const char *name)
{
    for (size_t i = 0; i < program->n_functions; i++)
        if (strcmp(program->functions[i]->name.text, name) == 0)
            return program->functions[i];
    fail_msg("no function %s", name);
    return NULL;
}

static const stmt *nth_stmt(const checked_program *program, size_t n)
{
    return function_named(program, "main")->body->as.block.stmts[n];
}

static void literals_get_their_final_type(void **state)
{
    (void)state;
    arena a;
    const checked_program *program = check_good(
        &a, "pub fn main(n: u8, i: i16) -> [i16; 2] { let a = n < 5; [1 + 2, -3 << 1] }");
    const expr *compare = nth_stmt(program, 0)->as.let.value;
    assert_int_equal(compare->type->kind, CTYPE_BOOL);
    assert_int_equal(compare->as.binary.right->type->kind, CTYPE_U8);
    assert_null(compare->as.binary.right->value_type);
    const expr *array = nth_stmt(program, 1)->as.expr.value;
    const expr *sum = array->as.list.elements[0];
    const expr *shift = array->as.list.elements[1];
    assert_int_equal(sum->type->kind, CTYPE_I16);
    assert_int_equal(sum->as.binary.left->type->kind, CTYPE_I16);
    assert_int_equal(shift->as.binary.left->type->kind, CTYPE_I16);
    assert_int_equal(shift->as.binary.right->type->kind, CTYPE_U8);
    assert_true(number_bits(&shift->as.binary.left->as.number) == (uint64_t)-3);
    arena_clear(&a);
}

/* T15: ?u stays 32 bits wide where it is kept and is converted where it is used. */
static void values_without_suffix_are_converted(void **state)
{
    (void)state;
    arena a;
    const checked_program *program =
        check_good(&a, "pub fn main(n: u8, z: bool) -> u8 {"
                       " let k = 5; let v = [1, 2]; let w: [u8; 2] = v;"
                       " let s = n + k; let q = n << k; let i = if z { k } else { n };"
                       " let j = k + -1; for x in 0..3 { let y: u64 = x; } v[k] + i }");
    assert_int_equal(nth_stmt(program, 0)->as.let.value->type->kind, CTYPE_ANY_UNSIGNED);
    const expr *v = nth_stmt(program, 2)->as.let.value;
    assert_int_equal(v->type->as.array.element->kind, CTYPE_U8);
    assert_int_equal(v->value_type->as.array.element->kind, CTYPE_ANY_UNSIGNED);
    const expr *k = nth_stmt(program, 3)->as.let.value->as.binary.right;
    assert_int_equal(k->type->kind, CTYPE_U8);
    assert_int_equal(k->value_type->kind, CTYPE_ANY_UNSIGNED);
    const expr *shift = nth_stmt(program, 4)->as.let.value;
    assert_int_equal(shift->as.binary.right->value_type->kind, CTYPE_ANY_UNSIGNED);
    const expr *branch = nth_stmt(program, 5)->as.let.value->as.if_.then_branch;
    assert_int_equal(branch->type->kind, CTYPE_U8);
    assert_null(branch->value_type);
    assert_int_equal(block_value(branch)->value_type->kind, CTYPE_ANY_UNSIGNED);
    const expr *mixed = nth_stmt(program, 6)->as.let.value;
    assert_int_equal(mixed->type->kind, CTYPE_ANY_SIGNED);
    assert_int_equal(mixed->as.binary.left->value_type->kind, CTYPE_ANY_UNSIGNED);
    const expr *element = nth_stmt(program, 8)->as.expr.value->as.binary.left;
    assert_int_equal(element->type->kind, CTYPE_U8);
    assert_int_equal(element->value_type->kind, CTYPE_ANY_UNSIGNED);
    assert_int_equal(element->as.index.index->type->kind, CTYPE_USIZE);
    assert_int_equal(element->as.index.index->value_type->kind, CTYPE_ANY_UNSIGNED);
    arena_clear(&a);
}

static void names_are_variables_or_constants(void **state)
{
    (void)state;
    arena a;
    const checked_program *program = check_good(&a, "const K: u8 = 1u8; const n: u8 = 2u8;"
                                                    "fn g(a: u8) -> u8 { a + K }"
                                                    "pub fn main(n: u8, mut m: u8) -> u8 {"
                                                    " let K = n; let n = K; m = n; g(K) }");
    const fn_decl *main = function_named(program, "main");
    assert_int_equal(main->n_locals, 4);
    assert_string_equal(main->locals[0].name, "n");
    assert_true(main->locals[1].mutable);
    const stmt *first = nth_stmt(program, 0);
    assert_int_equal(first->as.let.pattern->as.bind.local, 2);
    assert_int_equal(first->as.let.value->as.name.local, 0);
    assert_null(first->as.let.value->as.name.constant); /* D12: the parameter, not the constant */
    assert_int_equal(nth_stmt(program, 1)->as.let.value->as.name.local, 2);
    assert_int_equal(nth_stmt(program, 2)->as.assign.place.local, 1);
    assert_int_equal(nth_stmt(program, 2)->as.assign.value->as.name.local, 3);
    const fn_decl *g = function_named(program, "g");
    assert_ptr_equal(nth_stmt(program, 3)->as.expr.value->as.call.function, g);
    assert_true(g->idx < main->idx); /* callees first */
    const expr *sum = g->body->as.block.stmts[0]->as.expr.value;
    assert_ptr_equal(sum->as.binary.right->as.name.constant, program->constants[0]); /* D11 */
    arena_clear(&a);
}

static void struct_fields_are_in_alphabetical_order(void **state)
{
    (void)state;
    arena a;
    const checked_program *program =
        check_good(&a, "struct R { zed: u8, alf: bool, mid: u8 }"
                       "pub fn main(n: u8, z: bool) -> u8 {"
                       " let mut r = R { zed: n, mid: 1, alf: z, zed: 2 };"
                       " r.mid = match r { R { zed, mid: 3, .. } => zed, _ => 0 }; r.zed }");
    const struct_decl *decl = program->structs[0];
    assert_string_equal(decl->fields[0].name.text, "alf");
    assert_string_equal(decl->fields[2].name.text, "zed");
    const expr *literal = nth_stmt(program, 0)->as.let.value;
    assert_ptr_equal(literal->as.structure.decl, decl);
    assert_int_equal(literal->as.structure.by_field[0]->kind, EXPR_NAME);
    assert_int_equal(literal->as.structure.by_field[2]->as.number.magnitude, 2);
    const stmt *assign = nth_stmt(program, 1);
    assert_int_equal(assign->as.assign.place.steps[0].field_idx, 1);
    const pattern *p = assign->as.assign.value->as.match.arms[0].pattern;
    assert_null(p->as.structure.by_field[0]);
    assert_int_equal(p->as.structure.by_field[1]->as.number.low, 3);
    assert_int_equal(p->as.structure.by_field[2]->kind, PATTERN_BIND);
    arena_clear(&a);
}

static void places_loops_and_patterns(void **state)
{
    (void)state;
    arena a;
    const checked_program *program =
        check_good(&a, "enum E { A, B(u8) }"
                       "pub fn main(e: E, i: i8, l: [(u8, u8); 2]) -> u8 {"
                       " let mut w = l; w[1].0 <<= 2;"
                       " for ((_, x), _) in join_iter(l, l) { w[0].1 = x; }"
                       " match e { E::A => match i { -5i8..3i8 => 1, _ => 2 }, E::B(x) => x } }");
    const stmt *shift = nth_stmt(program, 1);
    assert_true(shift->as.assign.compound);
    assert_int_equal(shift->as.assign.op, OP_SHL);
    assert_int_equal(shift->as.assign.place.n_steps, 2);
    assert_int_equal(shift->as.assign.place.steps[0].kind, STEP_INDEX);
    assert_int_equal(shift->as.assign.place.steps[1].position, 0);
    assert_int_equal(shift->as.assign.place.type->kind, CTYPE_U8);
    assert_int_equal(shift->as.assign.value->type->kind, CTYPE_U8);
    const stmt *join = nth_stmt(program, 2);
    assert_int_equal(join->kind, STMT_FOR_JOIN);
    assert_int_equal(join->as.for_.sequence->as.call.n_args, 2);
    const expr *match = nth_stmt(program, 3)->as.expr.value;
    assert_int_equal(match->as.match.arms[1].pattern->as.variant.variant, 1);
    const expr *inner = block_value(match->as.match.arms[0].body);
    const pattern *range = inner->as.match.arms[0].pattern;
    assert_true(range->as.number.low == (uint64_t)-5);
    assert_true(range->as.number.high == 2);
    arena_clear(&a);
}

static void repeated_definitions_count_once(void **state)
{
    (void)state;
    arena a;
    const checked_program *program =
        check_good(&a, "struct S { a: u8, b: bool, a: u16 } enum E { X, Y, X(u8) }"
                       "struct S { c: u8, b: bool, c: u16 } const K: u8 = 1u8; const K: u16 = 2u16;"
                       "pub fn main(s: S, e: E) -> u16 { s.c + K }");
    assert_int_equal(program->n_structs, 1);
    assert_int_equal(program->structs[0]->n_fields, 2);
    assert_int_equal(program->enums[0]->n_variants, 2);
    assert_int_equal(program->n_constants, 1);
    arena_clear(&a);
}

static void constants_wrap_in_their_type(void **state)
{
    (void)state;
    arena a;
    const checked_program *program = check_good(
        &a, "const A: u8 = 3u8 - 5u8;"                /* 254 */
            "const B: u8 = max(A, 100u8) + 3u8;"      /* 254 + 3 = 1 */
            "const C: i32 = max(-3i32, 1i32 - 6i32);" /* -3, C4 */
            "const D: i8 = 127i8 + 1i8;"              /* -128 */
            "const F: u16 = min();"                   /* 65535 */
            "const G: u64 = max();"                   /* 0 */
            "const H: usize = 3usize - 5usize;"       /* 2^64 - 2 */
            "const I: bool = true;"
            "const J: usize = max(P::ROWS, Q::ROWS) + 1usize;"
            "const K: (u8, bool) = P::PAIR; const L: (u8, bool) = K; const M: u8 = P::SMALL;"
            "pub fn main(v: [u8; const { J + P::ROWS - 1 }], w: [u8; J], x: [u8; 7]) -> u8 { 1 }");
    assert_int_equal(program->n_externals, 4);
    assert_string_equal(program->externals[0].party, "P");
    assert_string_equal(program->externals[0].name, "ROWS");
    assert_int_equal(program->externals[0].type->kind, CTYPE_USIZE);
    assert_string_equal(program->externals[2].name, "PAIR");
    assert_int_equal(program->externals[2].type->kind, CTYPE_TUPLE);
    const uint64_t externals[] = {2, 5, 0, 300};
    uint64_t values[12];
    assert_int_equal(program->n_constants, 12);
    const_values(values, program, externals);
    static const uint64_t expected[] = {
        254, 1, (uint64_t)-3, (uint64_t)-128, 65535, 0, (uint64_t)-2, 1, 6, 0, 0, 44};
    for (size_t i = 0; i < 12; i++)
        assert_true(values[i] == expected[i]);
    assert_ptr_equal(program->constants[10]->external, program->constants[9]->value);
    assert_int_equal(program->constants[9]->external->as.external.idx, 2);
    const fn_decl *main = function_named(program, "main");
    static const uint64_t sizes[] = {7, 6, 7};
    for (size_t i = 0; i < 3; i++)
        assert_true(const_size(&main->params[i].type->as.array.size, values, externals) ==
                    sizes[i]);
    arena_clear(&a);
}

static void external_values_are_counted_once(void **state)
{
    (void)state;
    arena a;
    const checked_program *program =
        check_good(&a, "const A: u8 = Z::X + Z::X; const B: u16 = A::X + Z::X; const C: u16 = B;"
                       "pub fn main(n: u16) -> u16 { n + C }");
    assert_int_equal(program->n_externals, 2);
    assert_string_equal(program->externals[0].party, "Z");
    assert_int_equal(program->externals[0].type->kind, CTYPE_U16); /* C2: the last one counts */
    assert_string_equal(program->externals[1].party, "A");
    uint64_t values[3];
    const uint64_t externals[] = {200, 7};
    const_values(values, program, externals);
    assert_int_equal(values[0], 144);
    assert_int_equal(values[2], 207);
    assert_null(program->constants[2]->external);
    arena_clear(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(literals_get_their_final_type),
        cmocka_unit_test(values_without_suffix_are_converted),
        cmocka_unit_test(names_are_variables_or_constants),
        cmocka_unit_test(struct_fields_are_in_alphabetical_order),
        cmocka_unit_test(places_loops_and_patterns),
        cmocka_unit_test(repeated_definitions_count_once),
        cmocka_unit_test(constants_wrap_in_their_type),
        cmocka_unit_test(external_values_are_counted_once),
    };
    return cmocka_run_group_tests_name("lang.check", tests, NULL, NULL);
}
