/* if, match, && and ||: code that runs under a condition (spec S7, S12, D8). */
#include <stdlib.h>

#include "base/buffer.h"
#include "base/mem.h"
#include "lang/lower/lower_impl.h"

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

/* Ends the second branch. */
static bool open_if_end(lowerer *l, open_if *o)
{
    panic_arm_end(&l->panics, &o->fork);
    (void)circuit_builder_set_line(l->builder, o->e->span.line);
    if (!journal_undo(l, o->rest))
        return false;
    panic_fork_end(&l->panics, &o->fork);
    return true;
}

/* Ends ifs of which a condition changes variables, from the last to the first; *v is the value of
 * the last branch, and then that of the chain. */
static bool close_in_turn(lowerer *l, open_if *ifs, size_t n, value *v)
{
    for (size_t i = n; i-- > 0;) {
        open_if *o = &ifs[i];
        if (!open_if_end(l, o) || !journal_merge(l, o->condition, o->taken.journal, o->rest))
            return false;
        journal_release(l, o->taken.journal);
        journal_release(l, o->rest);
        if (!value_mux(l, v, o->condition, &o->taken.value, v))
            return false;
    }
    return true;
}

/* Ends ifs whose branches all begin with the same variables. */
static bool close_at_once(lowerer *l, open_if *ifs, size_t n, value *v)
{
    branch_case *cases = mem_new(n + 1, sizeof *cases);
    if (cases == NULL)
        return lower_out_of_memory(l);
    bool done = true;
    for (size_t i = n; done && i-- > 0;) {
        cases[i] = (branch_case){.matches = ifs[i].condition, .branch = ifs[i].taken};
        done = open_if_end(l, &ifs[i]);
        if (i + 1 < n)
            journal_release(l, ifs[i].rest);
    }
    cases[n] = (branch_case){.matches = WIRE_TRUE, .branch = {ifs[n - 1].rest, *v}};
    done = done && lower_merge(l, v, cases, n + 1, false);
    mem_free(cases);
    return done;
}

/* Whether no condition but the first changes variables. */
static bool begin_alike(const open_if *ifs, size_t n)
{
    for (size_t i = 0; i + 1 < n; i++) {
        if (ifs[i].rest->n_entries != 0)
            return false;
    }
    return true;
}

static bool close_chain(lowerer *l, open_if *ifs, size_t n, value *v)
{
    if (n == 0)
        return true;
    return begin_alike(ifs, n) ? close_at_once(l, ifs, n, v) : close_in_turn(l, ifs, n, v);
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
    done = done && close_chain(l, ifs, opened.len / sizeof *ifs, &v);
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

/* What the tests of a match know, of unsigned numbers: all values below `next` are covered, and
 * `below` tells whether the value is one of them. */
typedef struct match_tests {
    uint64_t next;
    wire below;
} match_tests;

/* Tests an arm. A range that begins at or below `next` need not be tested at its lower end. */
static bool test_arm(lowerer *l, branch_case *c, match_tests *t, const pattern *p, const value *v)
{
    const uint64_t low = p->kind == PATTERN_NUMBER ? p->as.number.low : 0;
    const uint64_t high = p->kind == PATTERN_NUMBER ? p->as.number.high : 0;
    if (p->kind != PATTERN_NUMBER || ctype_is_signed(p->type) || low > t->next) {
        if (!pattern_test(l, &c->matches, p, v))
            return false;
        c->exclusive = c->matches;
        return true;
    }
    pattern open = *p;
    if (low != high)
        open.as.number.low = 0;
    if (!pattern_test(l, &c->matches, &open, v))
        return false;
    c->exclusive = low != high ? circuit_xor(l->builder, c->matches, t->below) : c->matches;
    if (high >= t->next && high < UINT64_MAX) {
        t->next = high + 1;
        t->below = circuit_xor(l->builder, t->below, c->exclusive);
    }
    return true;
}

/* Values that an arm takes at most, as keys in their order. */
typedef struct arm_range {
    uint64_t low, high;
} arm_range;

static bool range_of(arm_range *ret_range, const pattern *p)
{
    const uint64_t flip =
        p->kind == PATTERN_NUMBER && ctype_is_signed(p->type) ? (uint64_t)1 << 63 : 0;
    if (p->kind == PATTERN_NUMBER)
        *ret_range = (arm_range){p->as.number.low ^ flip, p->as.number.high ^ flip};
    else if (p->kind == PATTERN_VARIANT)
        *ret_range = (arm_range){p->as.variant.variant, p->as.variant.variant};
    else if (p->kind == PATTERN_BOOL)
        *ret_range = (arm_range){p->as.boolean ? 1 : 0, p->as.boolean ? 1 : 0};
    return p->kind == PATTERN_NUMBER || p->kind == PATTERN_VARIANT || p->kind == PATTERN_BOOL;
}

static int compare_arms(const void *left, const void *right)
{
    const arm_range *x = left;
    const arm_range *y = right;
    return (x->low > y->low) - (x->low < y->low);
}

/* Whether no value matches two arms, of all but the last. False: out of memory. */
static bool arms_are_disjoint(bool *ret_are, const match_arm *arms, size_t n_arms)
{
    arm_range *ranges = mem_new(n_arms, sizeof *ranges);
    if (ranges == NULL)
        return false;
    *ret_are = true;
    for (size_t i = 0; i + 1 < n_arms; i++)
        *ret_are = *ret_are && range_of(&ranges[i], arms[i].pattern);
    if (*ret_are && n_arms > 1)
        qsort(ranges, n_arms - 1, sizeof *ranges, compare_arms);
    for (size_t i = 1; *ret_are && i + 1 < n_arms; i++)
        *ret_are = ranges[i - 1].high < ranges[i].low;
    mem_free(ranges);
    return true;
}

static bool lower_case(lowerer *l, branch_case *c, panic_fork *fork, const match_arm *arm,
                       const value *scrutinee)
{
    /* The names are bound before the arm begins: they are new, no branch need save them. */
    return pattern_bind(l, arm->pattern, scrutinee) &&
           lower_arm(l, &c->branch, fork, c->matches, arm->body);
}

/* Lowers the cases that can be reached; the last of them always matches (T46 proves it). */
static bool lower_cases(lowerer *l, value *ret_value, const expr *e, branch_case *cases,
                        const value *scrutinee)
{
    match_tests tests = {.next = 0, .below = WIRE_FALSE};
    panic_fork fork;
    size_t n_cases = 0;
    bool ends = false;
    bool are_disjoint = false;
    if (!arms_are_disjoint(&are_disjoint, e->as.match.arms, e->as.match.n_arms))
        return lower_out_of_memory(l);
    panic_fork_begin(&fork, &l->panics);
    for (size_t i = 0; i < e->as.match.n_arms && !ends; i++) {
        const match_arm *arm = &e->as.match.arms[i];
        branch_case *c = &cases[n_cases];
        (void)circuit_builder_set_line(l->builder, arm->pattern->span.line);
        if (!test_arm(l, c, &tests, arm->pattern, scrutinee))
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
    return lower_merge(l, ret_value, cases, n_cases, are_disjoint);
}

bool lower_match(lowerer *l, value *ret_value, const expr *e)
{
    value scrutinee;
    if (!lower_expr(l, &scrutinee, e->as.match.scrutinee))
        return false;
    branch_case *cases = mem_new(e->as.match.n_arms, sizeof *cases);
    if (cases == NULL)
        return lower_out_of_memory(l);
    const bool done = lower_cases(l, ret_value, e, cases, &scrutinee);
    mem_free(cases);
    value_release(l, &scrutinee);
    return done;
}
