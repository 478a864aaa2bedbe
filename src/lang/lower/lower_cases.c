/* Joining branches of which one is taken: the arms of a match, or of a chain of else-ifs.
 *
 * What they leave in variables, and their values, is selected at once (arith_choose), or, where
 * that would take too much memory, branch by branch. */
#include <string.h>

#include "base/mem.h"
#include "circuit/arith.h"
#include "lang/lower/lower_impl.h"

/* Most wires, over all branches, that are selected from at once. */
#define AT_ONCE_MAX_WIRES ((size_t)1 << 22)

/* Selects from the last case to the first: each is taken if it matches, else what follows. */
static bool merge_in_turn(lowerer *l, value *ret_value, branch_case *cases, size_t n)
{
    branch rest = cases[n - 1].branch;
    for (size_t i = n - 1; i-- > 0;) {
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

/* The wires to select from: a row for each case, its value and then what it leaves in the places.
 */
typedef struct case_rows {
    journal_places places;
    size_t n_value; /* wires */
    size_t width;
    wire *wires;
    wire *matches;
    wire *exclusive; /* NULL: not known */
} case_rows;

static void rows_clear(case_rows *r)
{
    mem_free(r->wires);
    mem_free(r->matches);
    mem_free(r->exclusive);
}

/* False: out of memory. */
static bool rows_init(case_rows *r, const branch_case *cases, size_t n, bool is_exclusive)
{
    r->wires = mem_new(n * r->width, sizeof *r->wires);
    r->matches = mem_new(n, sizeof *r->matches);
    r->exclusive = is_exclusive ? mem_new(n, sizeof *r->exclusive) : NULL;
    if (r->wires == NULL || r->matches == NULL || (is_exclusive && r->exclusive == NULL))
        return false;
    for (size_t i = 0; i + 1 < n; i++) {
        r->matches[i] = cases[i].matches;
        if (is_exclusive)
            r->exclusive[i] = cases[i].exclusive;
    }
    return true;
}

static bool fill_rows(lowerer *l, case_rows *r, branch_case *cases, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        wire *row = r->wires + i * r->width;
        branch *from = &cases[i].branch;
        if (from->value.n > 0)
            memcpy(row, from->value.wires, from->value.n * sizeof *row);
        value_release(l, &from->value);
        if (!journal_note(l, from->journal, &r->places, row + r->n_value))
            return false;
        journal_release(l, from->journal);
    }
    return true;
}

static bool merge_rows_of(lowerer *l, value *ret_value, case_rows *r, branch_case *cases, size_t n,
                          bool is_exclusive)
{
    value merged;
    if (!rows_init(r, cases, n, is_exclusive))
        return lower_out_of_memory(l);
    if (!fill_rows(l, r, cases, n))
        return false;
    if (!is_exclusive && circuit_are_exclusive(l->builder, r->matches, n - 1))
        r->exclusive = r->matches;
    const arith_choice choice = {.n = n,
                                 .width = r->width,
                                 .values = r->wires,
                                 .conditions = r->matches,
                                 .exclusive = r->exclusive};
    if (r->exclusive == r->matches)
        r->exclusive = NULL; /* released once */
    l->n_steps += n * r->width / 64;
    if (!value_new(l, &merged, r->width))
        return false;
    arith_choose(l->builder, merged.wires, &choice);
    if (!journal_write(l, &r->places, merged.wires + r->n_value))
        return false;
    value_narrow(&merged, 0, r->n_value);
    *ret_value = merged;
    return true;
}

bool lower_merge(lowerer *l, value *ret_value, branch_case *cases, size_t n, bool is_exclusive)
{
    case_rows r = {.n_value = cases[0].branch.value.n};
    bool fits = n > 2;
    for (size_t i = 0; fits && i < n; i++)
        fits = journal_collect(&r.places, cases[i].branch.journal);
    r.width = r.n_value + r.places.n_wires;
    if (!fits || r.width > AT_ONCE_MAX_WIRES / n)
        return merge_in_turn(l, ret_value, cases, n);
    const bool done = merge_rows_of(l, ret_value, &r, cases, n, is_exclusive);
    rows_clear(&r);
    return done;
}
