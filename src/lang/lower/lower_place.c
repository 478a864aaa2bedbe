/* Assignment to a variable or a part of one (spec S10, S14, D9, Q20).
 *
 * Steps of the path with a known place (fields, constant indices) are a matter of offsets. Each
 * index that is not constant selects among the elements, and the element rebuilt with its change is
 * stored back. */
#include <string.h>

#include "base/assert.h"
#include "base/mem.h"
#include "circuit/arith.h"
#include "lang/lower/lower_impl.h"

/* A step, ready for use: where the part lies, or among which elements the index chooses. */
typedef struct resolved_step {
    size_t offset;
    size_t n_bits; /* of the part */
    size_t length; /* elements to choose from; 0 when the offset is all */
    value index;
} resolved_step;

static bool resolve_index(lowerer *l, resolved_step *ret_step, const pt_type *array,
                          const place_step *step, span at)
{
    uint64_t constant;
    value index;
    if (!lower_expr(l, &index, step->index) || !lower_check_index(l, &index, array->length, at))
        return false;
    ret_step->n_bits = array->element->n_bits;
    if (!value_is_const(&index, &constant)) {
        ret_step->length = array->length;
        ret_step->index = index;
        return true;
    }
    /* Out of bounds the panic makes every later value meaningless; any element will do. */
    ret_step->offset = constant < array->length ? (size_t)constant * ret_step->n_bits : 0;
    value_release(l, &index);
    return true;
}

/* Evaluates the indices in order and checks their bounds. `*ret_nowhere`: the path leads into an
 * array without elements, so the statement always panics and there is nothing to write. */
static bool resolve_steps(lowerer *l, resolved_step *steps, bool *ret_nowhere, const place *p,
                          span at)
{
    const pt_type *type;
    bool has_index = false;
    *ret_nowhere = false;
    const ctype *from = l->function->locals[p->local].type;
    for (size_t i = 0; i < p->n_steps; i++) {
        const place_step *step = &p->steps[i];
        if (!lower_type(l, &type, from, at))
            return false;
        if (step->kind == STEP_INDEX) {
            if (!resolve_index(l, &steps[i], type, step, at))
                return false;
            has_index = true;
            *ret_nowhere = *ret_nowhere || type->length == 0;
        } else {
            const size_t idx = step->kind == STEP_FIELD ? step->field_idx : (size_t)step->position;
            steps[i].offset = type->fields[idx].offset;
            steps[i].n_bits = type->fields[idx].type->n_bits;
        }
        from = step->type;
    }
    if (has_index && !*ret_nowhere && steps[p->n_steps - 1].n_bits == 0) /* Q20 */
        return lower_fail(l, PT_ERR_PROGRAM, at, "cannot assign to an element without bits");
    return true;
}

/* The part of `whole`, which it takes, that the steps lead to. */
static bool read_steps(lowerer *l, value *ret_value, value *whole, const resolved_step *steps,
                       size_t n_steps)
{
    for (size_t i = 0; i < n_steps; i++) {
        if (steps[i].length == 0) {
            value_narrow(whole, steps[i].offset, steps[i].n_bits);
        } else {
            value element;
            if (!lower_select(l, &element, whole, steps[i].length, &steps[i].index))
                return false;
            *whole = element;
        }
    }
    *ret_value = *whole;
    return true;
}

/* Stores `part` into part [offset, offset + part->n) of element `index` of `array`, in place. */
static bool store_in_elements(lowerer *l, value *array, const resolved_step *step, size_t offset,
                              const value *part)
{
    const size_t n = part->n;
    value column;
    wire out_of_bounds;
    l->n_steps += array->n / 64;
    if (!value_new(l, &column, step->length * n))
        return false;
    for (size_t i = 0; i < step->length; i++)
        memcpy(column.wires + i * n, array->wires + i * step->n_bits + offset,
               n * sizeof *column.wires);
    arith_store(l->builder, column.wires, &out_of_bounds, step->length, n, step->index.wires,
                step->index.n, part->wires);
    for (size_t i = 0; i < step->length; i++)
        memcpy(array->wires + i * step->n_bits + offset, column.wires + i * n,
               n * sizeof *column.wires);
    value_release(l, &column);
    return true;
}

/* Changes `array`, in place, so that `part` is at the end of the steps, of which the first chooses
 * among the array's elements. Depth is bounded by that of types. */
static bool rebuild_array(lowerer *l, value *array, const resolved_step *steps, size_t n_steps,
                          const value *part)
{
    size_t offset = 0; /* within the chosen element, of what is stored */
    size_t next = 1;
    for (; next < n_steps && steps[next].length == 0; next++)
        offset += steps[next].offset;
    if (next == n_steps)
        return store_in_elements(l, array, &steps[0], offset, part);
    value element;
    value held = value_hold(array);
    if (!lower_select(l, &element, &held, steps[0].length, &steps[0].index))
        return false;
    value_narrow(&element, offset, steps[next].length * steps[next].n_bits);
    if (!value_own(l, &element) ||
        !rebuild_array(l, &element, steps + next, n_steps - next, part) ||
        !store_in_elements(l, array, &steps[0], offset, &element))
        return false;
    value_release(l, &element);
    return true;
}

/* Where in the variable the change lies: all before the first choice, and the choice's array. */
static size_t known_prefix(const resolved_step *steps, size_t n_steps, size_t total, size_t *ret_n,
                           size_t *ret_first)
{
    size_t offset = 0;
    size_t i = 0;
    *ret_n = total;
    for (; i < n_steps && steps[i].length == 0; i++) {
        offset += steps[i].offset;
        *ret_n = steps[i].n_bits;
    }
    if (i < n_steps)
        *ret_n = steps[i].length * steps[i].n_bits;
    *ret_first = i;
    return offset;
}

/* Writes `part` to the place in `before`, the variable's value when the statement began, and makes
 * that the variable's value: what the right side itself stored there is lost (S10). */
static bool write_place(lowerer *l, size_t idx, value *before, const resolved_step *steps,
                        size_t n_steps, const value *part)
{
    size_t n;
    size_t first;
    const size_t offset = known_prefix(steps, n_steps, before->n, &n, &first);
    const value *now = &l->variables[idx].value;
    if (now->wires != before->wires && !variable_write(l, idx, 0, before->wires, before->n))
        return false;
    if (first == n_steps) {
        value_release(l, before);
        return variable_write(l, idx, offset, part->wires, n);
    }
    value array;
    if (!value_new(l, &array, n))
        return false;
    memcpy(array.wires, before->wires + offset, n * sizeof *array.wires);
    value_release(l, before);
    if (!rebuild_array(l, &array, steps + first, n_steps - first, part) ||
        !variable_write(l, idx, offset, array.wires, n))
        return false;
    value_release(l, &array);
    return true;
}

/* The value to store: that of the right side, or of the operator on the old one and it. */
static bool lower_stored(lowerer *l, value *ret_value, const stmt *s, const value *before,
                         const resolved_step *steps)
{
    value old;
    value right;
    if (!s->as.assign.compound)
        return lower_expr(l, ret_value, s->as.assign.value);
    value whole = value_hold(before);
    return read_steps(l, &old, &whole, steps, s->as.assign.place.n_steps) &&
           lower_expr(l, &right, s->as.assign.value) &&
           lower_operator(l, ret_value, s->as.assign.op, s->as.assign.place.type, &old, &right,
                          s->span);
}

static bool assign_with_steps(lowerer *l, const stmt *s, resolved_step *steps)
{
    const place *p = &s->as.assign.place;
    const size_t idx = l->frame + p->local;
    value part;
    bool nowhere;
    value before = value_hold(&l->variables[idx].value);
    if (!resolve_steps(l, steps, &nowhere, p, s->span))
        return false;
    if (nowhere) {
        value_release(l, &before);
        if (!lower_expr(l, &part, s->as.assign.value))
            return false;
    } else if (!lower_stored(l, &part, s, &before, steps) ||
               !write_place(l, idx, &before, steps, p->n_steps, &part)) {
        return false;
    }
    value_release(l, &part);
    for (size_t i = 0; i < p->n_steps; i++)
        value_release(l, &steps[i].index);
    return true;
}

bool lower_assign(lowerer *l, const stmt *s)
{
    resolved_step *steps = mem_new(s->as.assign.place.n_steps, sizeof *steps);
    if (steps == NULL)
        return lower_out_of_memory(l);
    const bool done = assign_with_steps(l, s, steps);
    mem_free(steps);
    return done;
}
