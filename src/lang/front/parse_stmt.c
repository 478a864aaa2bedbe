/* Statements, blocks, if, match and for. */
#include "lang/front/foreign.h"
#include "lang/front/parse.h"
#include "lang/front/parser.h"

typedef struct assign_row {
    bool is_assign;
    bool compound;
    binary_op op;
} assign_row;

static const assign_row assigns[TOKEN_N_KINDS] = {
    [TOKEN_ASSIGN] = {true, false, OP_ADD},        [TOKEN_ADD_ASSIGN] = {true, true, OP_ADD},
    [TOKEN_SUB_ASSIGN] = {true, true, OP_SUB},     [TOKEN_MUL_ASSIGN] = {true, true, OP_MUL},
    [TOKEN_DIV_ASSIGN] = {true, true, OP_DIV},     [TOKEN_REM_ASSIGN] = {true, true, OP_REM},
    [TOKEN_XOR_ASSIGN] = {true, true, OP_BIT_XOR}, [TOKEN_AND_ASSIGN] = {true, true, OP_BIT_AND},
    [TOKEN_OR_ASSIGN] = {true, true, OP_BIT_OR},   [TOKEN_SHL_ASSIGN] = {true, true, OP_SHL},
    [TOKEN_SHR_ASSIGN] = {true, true, OP_SHR},
};

static stmt *new_stmt(parser *p, stmt_kind kind, span at)
{
    stmt *s = parser_new(p, 1, sizeof *s);
    if (s != NULL) {
        s->kind = kind;
        s->span = at;
        s->height = 1;
    }
    return s;
}

/* end: ";" unless the next token is "}" or "," (G4). Before an item it is the block's "}" that is
 * missing, and the block says so. */
static bool parse_end(parser *p, const char *where)
{
    return parser_at_end_of_stmts(p) || parser_expect(p, TOKEN_SEMICOLON, where);
}

/* Another language's statement, read as a name or call: `while x {`, `return x`, `switch (x) {`. */
static bool report_foreign(parser *p, const expr *e)
{
    const char *name = NULL;
    if (parser_next_is(p, TOKEN_SEMICOLON) || parser_at_end_of_stmts(p))
        return false;
    if (e->kind == EXPR_NAME)
        name = e->as.name.text;
    else if (e->kind == EXPR_CALL)
        name = e->as.call.name.text;
    const char *advice = name == NULL ? NULL : foreign_advice(FOREIGN_STATEMENT, name);
    if (advice != NULL)
        parser_report(p, e->span, "there is no `%s`: %s", name, advice);
    return advice != NULL;
}

/* "1 | 2 =>", "x if x > 2 =>" */
static bool expect_arrow(parser *p)
{
    const span at = parser_token_span(p->at);
    if (parser_next_is(p, TOKEN_OR))
        parser_report(p, at, "a pattern has no `|`: write an arm for each, or a range as 1..=2");
    else if (parser_next_is(p, TOKEN_IF))
        parser_report(p, at, "an arm has no `if` before `=>`: put it into the arm, `x => if ..`");
    else
        return parser_expect(p, TOKEN_FAT_ARROW, "after the pattern");
    return false;
}

/* "let" "mut" IDENT [ ":" type ] "=" expr ";" | "let" pattern [ ":" type ] "=" expr ";" */
static stmt *parse_let(parser *p)
{
    stmt *s = new_stmt(p, STMT_LET, parser_token_span(p->at++));
    if (s == NULL)
        return NULL;
    const bool is_mutable = parser_accept(p, TOKEN_MUT);
    if (is_mutable && !parser_next_is(p, TOKEN_IDENT)) {
        parser_report_expected(p, "a name after `let mut`");
        return NULL;
    }
    s->as.let.pattern = parse_pattern(p);
    if (s->as.let.pattern == NULL)
        return NULL;
    if (is_mutable && s->as.let.pattern->kind != PATTERN_BIND) {
        parser_report(p, s->as.let.pattern->span,
                      "expected a name after `let mut`, found a pattern");
        return NULL;
    }
    if (is_mutable)
        s->as.let.pattern->as.bind.mutable = true;
    if (parser_accept(p, TOKEN_COLON)) {
        s->as.let.type = parse_type(p);
        if (s->as.let.type == NULL)
            return NULL;
    }
    if (!parser_expect(p, TOKEN_ASSIGN, "and a value in the let statement"))
        return NULL;
    s->as.let.value = parse_expr(p);
    if (s->as.let.value == NULL || !parser_grow(p, &s->height, s->as.let.value->height))
        return NULL;
    s->span = span_join(s->span, s->as.let.value->span);
    return parser_expect(p, TOKEN_SEMICOLON, "after the let statement") ? s : NULL;
}

/* "for" pattern "in" expr "{" stmts "}" */
static stmt *parse_for(parser *p)
{
    stmt *s = new_stmt(p, STMT_FOR, parser_token_span(p->at++));
    if (s == NULL)
        return NULL;
    s->as.for_.pattern = parse_pattern(p);
    if (s->as.for_.pattern == NULL || !parser_expect(p, TOKEN_IN, "after the pattern of the loop"))
        return NULL;
    const bool is_name =
        parser_next_is_word(p, "join_iter") && parser_peek_second(p) == TOKEN_LEFT_PAREN;
    s->as.for_.sequence = parse_header_expr(p);
    if (s->as.for_.sequence == NULL)
        return NULL;
    if (is_name && s->as.for_.sequence->kind == EXPR_CALL)
        s->kind = STMT_FOR_JOIN;
    const bool outer = p->no_struct;
    p->no_struct = false;
    s->as.for_.body = parse_block(p, "before the body of the loop");
    p->no_struct = outer;
    if (s->as.for_.body == NULL || !parser_grow(p, &s->height, s->as.for_.sequence->height) ||
        !parser_grow(p, &s->height, s->as.for_.body->height))
        return NULL;
    s->span = span_join(s->span, parser_previous_span(p));
    return s;
}

/* place: pushes the steps from the variable to `target`; false, reported, if it is no place. */
static bool collect_steps(parser *p, expr *target, ident *ret_variable)
{
    if (target->kind == EXPR_NAME) {
        *ret_variable = (ident){target->as.name.text, target->span};
        return true;
    }
    place_step step = {.span = target->span};
    expr *inner = NULL;
    if (target->kind == EXPR_INDEX) {
        step.kind = STEP_INDEX;
        step.index = target->as.index.index;
        inner = target->as.index.array;
    } else if (target->kind == EXPR_TUPLE_FIELD) {
        step.kind = STEP_TUPLE_FIELD;
        step.position = target->as.tuple_field.position;
        inner = target->as.tuple_field.tuple;
    } else if (target->kind == EXPR_FIELD) {
        step.kind = STEP_FIELD;
        step.field = target->as.field.name;
        inner = target->as.field.structure;
    } else {
        parser_report(p, target->span,
                      "cannot assign to this: expected a variable, or a field or element "
                      "of one");
        return false;
    }
    if (!collect_steps(p, inner, ret_variable))
        return false;
    parser_list_push(p, &step, sizeof step);
    return true;
}

/* place ( "=" | opassign ) expr end, the place taken */
static stmt *parse_assign(parser *p, expr *target)
{
    const assign_row row = assigns[p->at++->kind];
    stmt *s = new_stmt(p, STMT_ASSIGN, target->span);
    if (s == NULL)
        return NULL;
    place *const to = &s->as.assign.place;
    const size_t start = parser_list_start(p);
    if (!collect_steps(p, target, &to->variable))
        return NULL;
    to->steps = parser_list_take(p, start, sizeof *to->steps, &to->n_steps);
    if (to->steps == NULL)
        return NULL;
    s->as.assign.compound = row.compound;
    s->as.assign.op = row.op;
    s->as.assign.value = parse_expr(p);
    if (s->as.assign.value == NULL || !parser_grow(p, &s->height, target->height) ||
        !parser_grow(p, &s->height, s->as.assign.value->height))
        return NULL;
    s->span = span_join(target->span, s->as.assign.value->span);
    return parse_end(p, "after the assignment") ? s : NULL;
}

static bool starts_block_like(const parser *p)
{
    return parser_next_is(p, TOKEN_IF) || parser_next_is(p, TOKEN_MATCH) ||
           parser_next_is(p, TOKEN_LEFT_BRACE);
}

/* An expression that starts a statement with `if`, `match` or `{` needs no `;` after it, so a
 * number with a sticking minus after it is the next statement, not a subtraction (Q1, G3, G4). */
static expr *parse_stmt_expr(parser *p, bool block_like)
{
    if (parser_next_is(p, TOKEN_LEFT_BRACE))
        return parse_block(p, "");
    const bool outer = p->minus_starts_next;
    p->minus_starts_next = block_like;
    expr *e = parse_operators(p);
    p->minus_starts_next = outer;
    return e;
}

/* expr end | place ( "=" | opassign ) expr end */
static stmt *parse_expr_stmt(parser *p)
{
    const bool block_like = starts_block_like(p);
    expr *e = parse_stmt_expr(p, block_like);
    if (e == NULL)
        return NULL;
    if (assigns[p->at->kind].is_assign && !block_like)
        return parse_assign(p, e);
    if (!block_like && report_foreign(p, e))
        return NULL;
    stmt *s = new_stmt(p, STMT_EXPR, e->span);
    if (s == NULL || !parser_grow(p, &s->height, e->height))
        return NULL;
    s->as.expr.value = e;
    return block_like || parse_end(p, "after the expression") ? s : NULL;
}

/* stmt = let | for | place ( "=" | opassign ) expr end | expr end */
static stmt *parse_stmt(parser *p)
{
    if (parser_next_is(p, TOKEN_LET))
        return parse_let(p);
    if (parser_next_is(p, TOKEN_FOR))
        return parse_for(p);
    return parse_expr_stmt(p);
}

/* stmts = { stmt } ; after an error, goes on with the next statement */
static bool parse_stmts(parser *p, expr *block)
{
    const size_t start = parser_list_start(p);
    while (!parser_at_end_of_stmts(p)) {
        const size_t before = parser_list_start(p);
        const bool block_like = starts_block_like(p) || parser_next_is(p, TOKEN_FOR);
        stmt *s = parse_stmt(p);
        if (s == NULL) {
            parser_list_drop(p, before);
            parser_recover(p);
            continue;
        }
        if (block_like && parser_accept(p, TOKEN_SEMICOLON) && s->kind == STMT_EXPR)
            s->as.expr.discarded = true;
        if (!parser_grow(p, &block->height, s->height))
            return false;
        parser_list_push(p, &s, sizeof s);
    }
    block->as.block.stmts =
        parser_list_take(p, start, sizeof *block->as.block.stmts, &block->as.block.n_stmts);
    return block->as.block.stmts != NULL;
}

/* "{" stmts "}" */
expr *parse_block(parser *p, const char *where)
{
    const span start = parser_token_span(p->at);
    const bool outer = p->minus_starts_next;
    p->minus_starts_next = false;
    expr *block = parser_new_expr(p, EXPR_BLOCK, start);
    const bool ok = parser_nest(p) && block != NULL && parser_expect(p, TOKEN_LEFT_BRACE, where) &&
                    parse_stmts(p, block) &&
                    parser_expect(p, TOKEN_RIGHT_BRACE, "at the end of the block");
    parser_unnest(p);
    p->minus_starts_next = outer;
    if (!ok)
        return NULL;
    block->span = span_join(start, parser_previous_span(p));
    return block;
}

/* The body of an if, an else or an arm: a header's ban on struct literals ends here. */
static expr *parse_branch(parser *p, const char *where)
{
    const bool outer = p->no_struct;
    p->no_struct = false;
    expr *block = parse_block(p, where);
    p->no_struct = outer;
    return block;
}

/* "if" expr "{" stmts "}" */
static expr *parse_condition_and_then(parser *p)
{
    expr *e = parser_new_expr(p, EXPR_IF, parser_token_span(p->at++));
    if (e == NULL)
        return NULL;
    e->as.if_.condition = parse_header_expr(p);
    if (e->as.if_.condition == NULL)
        return NULL;
    if (parser_next_is(p, TOKEN_ASSIGN)) {
        parser_report(p, parser_token_span(p->at), "`=` assigns; a comparison is `==`");
        return NULL;
    }
    e->as.if_.then_branch = parse_branch(p, "after the condition of the if");
    if (e->as.if_.then_branch == NULL)
        return NULL;
    e->span = span_join(e->span, parser_previous_span(p));
    return parser_adopt(p, e, e->as.if_.condition) && parser_adopt(p, e, e->as.if_.then_branch)
               ? e
               : NULL;
}

/* Makes `branch` what the if does else. An else-if stands as high as its if: walks do not recurse
 * along the chain. */
static bool set_else(parser *p, expr *e, expr *branch)
{
    e->as.if_.else_branch = branch;
    e->span = span_join(e->span, branch->span);
    if (branch->kind != EXPR_IF)
        return parser_adopt(p, e, branch);
    if (branch->height > e->height)
        e->height = branch->height;
    return true;
}

/* Links ifs, which follow on each other by `else`, from the last to the first. */
static expr *link_chain(parser *p, expr **chain, size_t n, expr *last)
{
    for (size_t i = n; i-- > 0;) {
        if (!set_else(p, chain[i], last))
            return NULL;
        last = chain[i];
    }
    return last;
}

/* if = "if" expr "{" stmts "}" [ "else" ( "{" stmts "}" | or ) ] ; that `or` begins with "if": the
 * operators after the chain belong to its last if (G3) */
static expr *parse_if(parser *p)
{
    const size_t start = parser_list_start(p);
    expr *e = parse_condition_and_then(p);
    while (e != NULL && parser_accept(p, TOKEN_ELSE)) {
        if (parser_next_is(p, TOKEN_IF)) {
            parser_list_push(p, &e, sizeof(expr *));
            e = parse_condition_and_then(p);
            continue;
        }
        expr *branch = parse_branch(p, "or `if` after `else`");
        if (branch == NULL || !set_else(p, e, branch))
            return NULL;
        break;
    }
    size_t n;
    expr **chain = e == NULL ? NULL : parser_list_take(p, start, sizeof(expr *), &n);
    if (chain == NULL || n == 0)
        return chain == NULL ? NULL : e;
    e = parse_operators_on(p, e);
    return e == NULL ? NULL : link_chain(p, chain, n, e);
}

/* arm = pattern "=>" stmt ; the statement becomes a block of its own */
static bool parse_arm(parser *p, expr *parent, match_arm *ret_arm)
{
    ret_arm->pattern = parse_pattern(p);
    if (ret_arm->pattern == NULL || !expect_arrow(p))
        return false;
    stmt *s = parse_stmt(p);
    if (s == NULL)
        return false;
    expr *body = parser_new_expr(p, EXPR_BLOCK, s->span);
    stmt **stmts = parser_new(p, 1, sizeof *stmts);
    if (body == NULL || stmts == NULL || !parser_grow(p, &body->height, s->height))
        return false;
    stmts[0] = s;
    body->as.block.stmts = stmts;
    body->as.block.n_stmts = 1;
    ret_arm->body = body;
    return parser_adopt(p, parent, body);
}

/* The comma after an arm may be left out only after a block, if or match (G7). */
static bool needs_comma(const match_arm *arm)
{
    const stmt *s = arm->body->as.block.stmts[0];
    if (s->kind != STMT_EXPR)
        return true;
    const expr_kind kind = s->as.expr.value->kind;
    return kind != EXPR_BLOCK && kind != EXPR_IF && kind != EXPR_MATCH;
}

/* { arm [ "," ] } "}" with at least one arm */
static bool parse_arms(parser *p, expr *e)
{
    const size_t start = parser_list_start(p);
    do {
        match_arm arm;
        if (!parse_arm(p, e, &arm))
            return false;
        parser_list_push(p, &arm, sizeof arm);
        if (!parser_accept(p, TOKEN_COMMA) && needs_comma(&arm) &&
            !parser_next_is(p, TOKEN_RIGHT_BRACE)) {
            parser_report_expected(p, "`,` or `}` after the arm");
            return false;
        }
    } while (!parser_next_is(p, TOKEN_RIGHT_BRACE) && !parser_next_is(p, TOKEN_END));
    e->as.match.arms = parser_list_take(p, start, sizeof *e->as.match.arms, &e->as.match.n_arms);
    return e->as.match.arms != NULL &&
           parser_expect(p, TOKEN_RIGHT_BRACE, "at the end of the match");
}

/* match = "match" expr "{" arm { [ "," ] arm } [ "," ] "}" */
static expr *parse_match(parser *p)
{
    expr *e = parser_new_expr(p, EXPR_MATCH, parser_token_span(p->at++));
    if (e == NULL)
        return NULL;
    e->as.match.scrutinee = parse_header_expr(p);
    if (e->as.match.scrutinee == NULL || !parser_adopt(p, e, e->as.match.scrutinee) ||
        !parser_expect(p, TOKEN_LEFT_BRACE, "after the value to match"))
        return NULL;
    const bool outer_struct = p->no_struct;
    const bool outer_minus = p->minus_starts_next;
    p->no_struct = false;
    p->minus_starts_next = false;
    const bool ok = parse_arms(p, e);
    p->no_struct = outer_struct;
    p->minus_starts_next = outer_minus;
    if (!ok) {
        parser_close_braces(p);
        return NULL;
    }
    e->span = span_join(e->span, parser_previous_span(p));
    return e;
}

expr *parse_branching(parser *p)
{
    return parser_next_is(p, TOKEN_IF) ? parse_if(p) : parse_match(p);
}
