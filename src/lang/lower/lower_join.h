/* What the two ways to join share. Layer: lang.
 *
 * Rows are merged (lower_join.c), or, where that takes fewer ANDs, each row of one array is
 * compared with each of the other (lower_join_pairs.c). */
#ifndef LANG_LOWER_LOWER_JOIN_H
#define LANG_LOWER_LOWER_JOIN_H

#include "circuit/rows/rows.h"
#include "lang/lower/lower_impl.h"

/* The two arrays of a join. The first `n_key` bits of an element are its key. */
typedef struct joined {
    lowerer *l;
    const pt_type *a;
    const pt_type *b;
    size_t n_key;
    size_t n_rows;
    size_t width;
    value rows;    /* merged: key, tag (0: of a), rest; each `width` wires */
    value numbers; /* memory of `merge` */
    row_merge merge;
    bool is_paired;
    value of_a; /* paired: the arrays as they are */
    value of_b;
    value pairs; /* whether row i of a and row k of b are a pair, at i * |b| + k */
} joined;

/* Bits of an element behind its key. */
static inline size_t join_rest(const joined *j, const pt_type *array)
{
    return array->element->n_bits - j->n_key;
}

/* Whether comparing all pairs takes fewer ANDs than merging, of a join whose rows are gathered or
 * looped over. */
bool pairs_are_fewer(const joined *j, bool is_gathered);
/* Compares the rows of `of_a` and `of_b`. */
MUST_CHECK bool pairs_find(joined *j);
/* How often the body of a join_iter runs; and for the i-th time: with which elements, of a and then
 * of b, if *ret_hit. */
size_t pairs_n_bodies(const joined *j);
MUST_CHECK bool pairs_elements(const joined *j, value *ret_value, wire *ret_hit, size_t i);
/* A row of a join's result before it is spread out, for a hit at one of the places `first` ..
 * `first` + n - 1, which are one or two: hit, a's element, the rest of b's; zeros if there is none.
 */
MUST_CHECK bool pairs_put_row(const joined *j, wire *ret, size_t first, size_t n);

#endif
