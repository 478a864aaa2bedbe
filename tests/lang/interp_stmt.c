/* Statements and patterns of the interpreter (S10, S13-S15, S31, T45). */
#include "lang/interp_impl.h"

/* ---- Patterns ---- */

__extension__ typedef __int128 wide;

static wide number_exact(const number_lit *n)
{
    return n->negative ? -(wide)n->magnitude : (wide)n->magnitude;
}

static bool number_matches(const pattern *p, uint64_t bits)
{
    const unsigned width = value_scalar_width(p->type->kind);
    wide exact = (wide)bits;
    if (value_scalar_is_signed(p->type->kind) && bits >> (width - 1) & 1)
        exact -= (wide)1 << width;
    const wide last = number_exact(&p->as.number.last);
    return exact >= number_exact(&p->as.number.first) &&
           (p->as.number.inclusive ? exact <= last : exact < last);
}

bool interp_matches(const pattern *p, const value *v)
{
    switch (p->kind) {
    case PATTERN_BIND:
        return true;
    case PATTERN_BOOL:
        return p->as.boolean == (v->bits != 0);
    case PATTERN_NUMBER:
        return number_matches(p, v->bits);
    case PATTERN_TUPLE:
        for (size_t i = 0; i < p->as.tuple.n_elements; i++)
            if (!interp_matches(p->as.tuple.elements[i], v->parts[i]))
                return false;
        return true;
    case PATTERN_STRUCT:
        for (size_t i = 0; i < p->as.structure.decl->n_fields; i++)
            if (p->as.structure.by_field[i] != NULL &&
                !interp_matches(p->as.structure.by_field[i], v->parts[i]))
                return false;
        return true;
    case PATTERN_VARIANT:
        if (p->as.variant.variant != v->bits)
            return false;
        for (size_t i = 0; i < p->as.variant.n_fields; i++)
            if (!interp_matches(p->as.variant.fields[i], v->parts[i]))
                return false;
        return true;
    }
    abort();
}

void interp_bind(frame *f, const pattern *p, const value *v)
{
    switch (p->kind) {
    case PATTERN_BIND:
        f->locals[p->as.bind.local] = v;
        return;
    case PATTERN_BOOL:
    case PATTERN_NUMBER:
        return;
    case PATTERN_TUPLE:
        for (size_t i = 0; i < p->as.tuple.n_elements; i++)
            interp_bind(f, p->as.tuple.elements[i], v->parts[i]);
        return;
    case PATTERN_STRUCT:
        for (size_t i = 0; i < p->as.structure.decl->n_fields; i++)
            if (p->as.structure.by_field[i] != NULL)
                interp_bind(f, p->as.structure.by_field[i], v->parts[i]);
        return;
    case PATTERN_VARIANT:
        for (size_t i = 0; i < p->as.variant.n_fields; i++)
            interp_bind(f, p->as.variant.fields[i], v->parts[i]);
        return;
    }
    abort();
}

/* ---- Assignment ---- */

static size_t step_part(const place_step *step, const size_t *index)
{
    if (step->kind == STEP_INDEX)
        return *index;
    return step->kind == STEP_TUPLE_FIELD ? (size_t)step->position : step->field_idx;
}

/* The parts that the path selects, outermost first; false after a panic. */
static bool eval_path(interp *in, frame *f, const stmt *s, const value *whole, size_t *ret_parts)
{
    const place *p = &s->as.assign.place;
    for (size_t i = 0; i < p->n_steps; i++) {
        size_t index = 0;
        if (p->steps[i].kind == STEP_INDEX) {
            const value *v = interp_eval(in, f, p->steps[i].index);
            if (v == NULL)
                return false;
            index = (size_t)v->bits;
            if (index >= whole->n_parts)
                return interp_panic(in, "Array Access Out Of Bounds", s->span) != NULL;
        }
        ret_parts[i] = step_part(&p->steps[i], &index);
        whole = whole->parts[ret_parts[i]];
    }
    return true;
}

static const value *replace(interp *in, const value *whole, const size_t *parts, size_t n_parts,
                            const value *new_part)
{
    if (n_parts == 0)
        return new_part;
    value *v = value_parts(in->memory, whole->n_parts);
    for (size_t i = 0; i < whole->n_parts; i++)
        v->parts[i] = whole->parts[i];
    v->parts[parts[0]] = replace(in, whole->parts[parts[0]], parts + 1, n_parts - 1, new_part);
    return v;
}

/* The variable is read first and stored last; what happens to it in between is lost (S10). */
static bool run_assign(interp *in, frame *f, const stmt *s)
{
    const place *p = &s->as.assign.place;
    const value *whole = must_value(f->locals[p->local]);
    size_t *parts = must(arena_new(in->memory, p->n_steps + 1, sizeof *parts));
    if (!eval_path(in, f, s, whole, parts))
        return false;
    const value *old = whole;
    for (size_t i = 0; i < p->n_steps; i++)
        old = old->parts[parts[i]];
    const value *new_part = interp_eval(in, f, s->as.assign.value);
    if (new_part == NULL)
        return false;
    if (s->as.assign.compound) {
        new_part = interp_operate(in, s->as.assign.op, p->type, old, new_part, s->span);
        if (new_part == NULL)
            return false;
    }
    f->locals[p->local] = replace(in, whole, parts, p->n_steps, new_part);
    return true;
}

/* ---- Loops ---- */

static bool run_iteration(interp *in, frame *f, const stmt *s, const value *element)
{
    interp_bind(f, s->as.for_.pattern, element);
    return interp_eval(in, f, s->as.for_.body) != NULL;
}

static bool run_for(interp *in, frame *f, const stmt *s)
{
    const value *sequence = interp_eval(in, f, s->as.for_.sequence);
    if (sequence == NULL)
        return false;
    for (size_t i = 0; i < sequence->n_parts; i++)
        if (!run_iteration(in, f, s, sequence->parts[i]))
            return false;
    return true;
}

static bool run_for_join(interp *in, frame *f, const stmt *s)
{
    expr *const *args = s->as.for_.sequence->as.call.args;
    const value *left = interp_eval(in, f, args[0]);
    const value *right = left == NULL ? NULL : interp_eval(in, f, args[1]);
    if (right == NULL)
        return false;
    size_t n;
    const join_hit *hits = join_rows(in, &n, args[0]->type, left, args[1]->type, right, true);
    for (size_t i = 0; i < n; i++) {
        if (!hits[i].hit)
            continue;
        value *pair = value_parts(in->memory, 2);
        pair->parts[0] = hits[i].left;
        pair->parts[1] = hits[i].right;
        if (!run_iteration(in, f, s, pair))
            return false;
    }
    return true;
}

/* ---- Blocks ---- */

static bool run_let(interp *in, frame *f, const stmt *s)
{
    const value *v = interp_eval(in, f, s->as.let.value);
    if (v != NULL)
        interp_bind(f, s->as.let.pattern, v);
    return v != NULL;
}

static bool run(interp *in, frame *f, const stmt *s)
{
    if (!interp_step(in))
        return false;
    switch (s->kind) {
    case STMT_LET:
        return run_let(in, f, s);
    case STMT_ASSIGN:
        return run_assign(in, f, s);
    case STMT_FOR:
        return run_for(in, f, s);
    case STMT_FOR_JOIN:
        return run_for_join(in, f, s);
    case STMT_EXPR:
        return interp_eval(in, f, s->as.expr.value) != NULL;
    }
    abort();
}

const value *interp_block(interp *in, frame *f, const expr *block)
{
    const expr *last = block_value(block);
    for (size_t i = 0; i < block->as.block.n_stmts; i++) {
        const stmt *s = block->as.block.stmts[i];
        if (s->kind == STMT_EXPR && s->as.expr.value == last)
            return interp_eval(in, f, last);
        if (!run(in, f, s))
            return NULL;
    }
    return value_parts(in->memory, 0);
}
