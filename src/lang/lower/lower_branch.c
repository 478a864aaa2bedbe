/* if, match, && and ||: code that runs under a condition (spec S7, S12, D8). */
#include "base/buffer.h"
#include "base/mem.h"
#include "lang/lower/lower_impl.h"

/* A branch in progress or done: its changes to variables, undone, and its value. */
typedef struct branch {
    journal *journal;
    value value;
} branch;

/* Lowers `e` (NULL: unit) as the arm of `fork` with this condition, and undoes what it did. */
static bool lower_arm(lowerer *l, branch *ret_branch, panic_fork *fork, wire condition,
                      const expr *e)
{
    panic_arm_begin(&l->panics, fork, condition);
    if (!journal_begin(l, &ret_branch->journal))
        return false;
    if (e == NULL ? !value_new(l, &ret_branch->value, 0) : !lower_expr(l, &ret_branch->value, e))
        return false;
    panic_arm_end(&l->panics, fork);
    return journal_undo(l, ret_branch->journal);
}

/* An if of a chain of else-ifs, while what follows its `else` is lowered. */
typedef struct open_if {
    const expr *e;
    wire condition;
    panic_fork fork;
    branch taken;
    journal *rest;
} open_if;

/* Lowers the first branch and begins the second. */
static bool open_if_begin(lowerer *l, open_if *o, const expr *e, wire condition)
{
    *o = (open_if){.e = e, .condition = condition};
    panic_fork_begin(&o->fork, &l->panics);
    if (!lower_arm(l, &o->taken, &o->fork, condition, e->as.if_.then_branch))
        return false;
    panic_arm_begin(&l->panics, &o->fork, WIRE_TRUE);
    return journal_begin(l, &o->rest);
}

/* Ends the second branch, whose value is *v, and selects. */
static bool open_if_end(lowerer *l, open_if *o, value *v)
{
    panic_arm_end(&l->panics, &o->fork);
    (void)circuit_builder_set_line(l->builder, o->e->span.line);
    if (!journal_undo(l, o->rest))
        return false;
    panic_fork_end(&l->panics, &o->fork);
    if (!journal_merge(l, o->condition, o->taken.journal, o->rest))
        return false;
    journal_release(l, o->taken.journal);
    journal_release(l, o->rest);
    return value_mux(l, v, o->condition, &o->taken.value, v);
}

/* Opens the ifs of a chain up to one that is decided or has no else-if; *ret_last is what remains
 * to be lowered, NULL for nothing. */
static bool open_chain(lowerer *l, buffer *opened, const expr **ret_last, const expr *e)
{
    for (const expr *first = e; e != NULL && e->kind == EXPR_IF; e = e->as.if_.else_branch) {
        wire c;
        open_if o;
        if (e != first && !lower_count(l, 1, e->span))
            return false;
        (void)circuit_builder_set_line(l->builder, e->span.line);
        if (!lower_wire(l, &c, e->as.if_.condition))
            return false;
        if (c == WIRE_TRUE) {
            e = e->as.if_.then_branch;
            break;
        }
        if (c == WIRE_FALSE)
            continue;
        if (!open_if_begin(l, &o, e, c))
            return false;
        buffer_put(opened, &o, sizeof o);
        if (opened->failed)
            return lower_out_of_memory(l);
    }
    *ret_last = e;
    return true;
}

bool lower_if(lowerer *l, value *ret_value, const expr *e)
{
    const expr *last = NULL;
    value v = {0};
    buffer opened;
    buffer_init(&opened, SIZE_MAX / 4);
    bool done = open_chain(l, &opened, &last, e) &&
                (last == NULL ? value_new(l, &v, 0) : lower_expr(l, &v, last));
    open_if *ifs = (open_if *)(void *)opened.bytes;
    for (size_t i = opened.len / sizeof *ifs; done && i-- > 0;)
        done = open_if_end(l, &ifs[i], &v);
    buffer_clear(&opened);
    *ret_value = v;
    return done;
}

bool lower_when(lowerer *l, value *ret_value, wire condition, const expr *e)
{
    panic_fork fork;
    branch runs;
    journal *skipped;
    if (condition == WIRE_TRUE)
        return lower_expr(l, ret_value, e);
    panic_fork_begin(&fork, &l->panics);
    if (!lower_arm(l, &runs, &fork, condition, e))
        return false;
    panic_fork_end(&l->panics, &fork);
    if (!journal_begin(l, &skipped) || !journal_undo(l, skipped) ||
        !journal_merge(l, condition, runs.journal, skipped))
        return false;
    journal_release(l, runs.journal);
    journal_release(l, skipped);
    *ret_value = runs.value;
    return true;
}

bool lower_lazy(lowerer *l, value *ret_value, const expr *e)
{
    const bool is_and = e->as.binary.op == OP_AND;
    wire left;
    value right;
    if (!lower_wire(l, &left, e->as.binary.left))
        return false;
    if (left == wire_const(!is_and))
        return value_wire(l, ret_value, left);
    if (!lower_when(l, &right, is_and ? left : wire_not(left), e->as.binary.right))
        return false;
    const wire r = right.wires[0];
    value_release(l, &right);
    return value_wire(l, ret_value,
                      is_and ? circuit_and(l->builder, left, r) : circuit_or(l->builder, left, r));
}

/* An arm of a match with its condition, given that no earlier arm matched. */
typedef struct match_case {
    wire matches;
    branch branch;
} match_case;

/* Tests an arm, given that no earlier one matched. `*next` is the least value not yet covered, for
 * unsigned scrutinees: a range that begins at or below it need not be tested at its lower end. */
static bool test_arm(lowerer *l, wire *ret_wire, uint64_t *next, const pattern *p, const value *v)
{
    if (p->kind != PATTERN_NUMBER || ctype_is_signed(p->type) || p->as.number.low > *next)
        return pattern_test(l, ret_wire, p, v);
    pattern open = *p;
    open.as.number.low = 0;
    if (p->as.number.high >= *next && p->as.number.high < UINT64_MAX)
        *next = p->as.number.high + 1;
    return pattern_test(l, ret_wire, &open, v);
}

static bool lower_case(lowerer *l, match_case *c, panic_fork *fork, const match_arm *arm,
                       const value *scrutinee)
{
    /* The names are bound before the arm begins: they are new, no branch need save them. */
    return pattern_bind(l, arm->pattern, scrutinee) &&
           lower_arm(l, &c->branch, fork, c->matches, arm->body);
}

/* Selects from the last case to the first: each is taken if it matches, else what follows. */
static bool merge_cases(lowerer *l, value *ret_value, match_case *cases, size_t n_cases)
{
    branch rest = cases[n_cases - 1].branch;
    for (size_t i = n_cases - 1; i-- > 0;) {
        const wire c = cases[i].matches;
        branch *taken = &cases[i].branch;
        journal *merged;
        if (!journal_begin(l, &merged) || !journal_merge(l, c, taken->journal, rest.journal) ||
            !journal_undo(l, merged) || !value_mux(l, &rest.value, c, &taken->value, &rest.value))
            return false;
        journal_release(l, taken->journal);
        journal_release(l, rest.journal);
        rest.journal = merged;
    }
    *ret_value = rest.value;
    if (!journal_apply(l, rest.journal))
        return false;
    journal_release(l, rest.journal);
    return true;
}

/* Lowers the cases that can be reached; the last of them always matches (T46 proves it). */
static bool lower_cases(lowerer *l, value *ret_value, const expr *e, match_case *cases,
                        const value *scrutinee)
{
    uint64_t next = 0;
    panic_fork fork;
    size_t n_cases = 0;
    bool ends = false;
    panic_fork_begin(&fork, &l->panics);
    for (size_t i = 0; i < e->as.match.n_arms && !ends; i++) {
        const match_arm *arm = &e->as.match.arms[i];
        match_case *c = &cases[n_cases];
        (void)circuit_builder_set_line(l->builder, arm->pattern->span.line);
        if (!test_arm(l, &c->matches, &next, arm->pattern, scrutinee))
            return false;
        if (i + 1 == e->as.match.n_arms)
            c->matches = WIRE_TRUE;
        if (c->matches == WIRE_FALSE)
            continue;
        ends = c->matches == WIRE_TRUE;
        if (!lower_case(l, c, &fork, arm, scrutinee))
            return false;
        n_cases++;
    }
    (void)circuit_builder_set_line(l->builder, e->span.line);
    panic_fork_end(&l->panics, &fork);
    return merge_cases(l, ret_value, cases, n_cases);
}

bool lower_match(lowerer *l, value *ret_value, const expr *e)
{
    value scrutinee;
    if (!lower_expr(l, &scrutinee, e->as.match.scrutinee))
        return false;
    match_case *cases = mem_new(e->as.match.n_arms, sizeof *cases);
    if (cases == NULL)
        return lower_out_of_memory(l);
    const bool done = lower_cases(l, ret_value, e, cases, &scrutinee);
    mem_free(cases);
    value_release(l, &scrutinee);
    return done;
}
