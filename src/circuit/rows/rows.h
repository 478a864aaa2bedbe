/* Networks that move rows of wires: merging two sorted lists, and gathering marked rows. Layer:
 * circuit. */
#ifndef CIRCUIT_ROWS_ROWS_H
#define CIRCUIT_ROWS_ROWS_H

#include "circuit/builder.h"

/* Rows of `width` wires, one after the other. */
typedef struct row_table {
    circuit_builder *builder;
    wire *wires;
    size_t width;
} row_table;

static inline wire *row_at(const row_table *t, size_t i)
{
    return t->wires + i * t->width;
}

/* A merge of two sorted lists of rows, made as its rows are asked for: what reads a row when it has
 * just been made lets the wires before it end, of which a circuit would keep as many again. */
typedef struct row_merge {
    row_table t;
    size_t n_key;
    uint32_t *order; /* order[i] is the row that is i-th; n_done are known */
    size_t n_done;
    const uint32_t *even; /* the merged halves */
    const uint32_t *odd;
    size_t n_even;
    size_t n_odd;
    size_t next;       /* exchange of an odd row and an even one */
    wire *differences; /* scratch: one row */
} row_merge;

/* So many numbers `memory` has below. */
static inline size_t rows_merge_numbers(size_t n_rows, size_t width)
{
    return 3 * n_rows + width;
}
/* Merges rows 0 .. n_a-1 with the n_b rows behind them, both ascending by their first n_key bits,
 * with Batcher's odd-even network: n_key + width ANDs for each exchange. The wires of the rows stay
 * whole rows also when the lists are not sorted. All but the last exchanges are made at once;
 * `memory` is used until all are. */
void rows_merge_begin(row_merge *ret_merge, const row_table *t, uint32_t *memory, size_t n_a,
                      size_t n_b, size_t n_key);
/* Makes rows 0 .. i of the merged ones. */
void rows_merge_until(row_merge *m, size_t i);

/* Moves the rows whose first wire is true behind the others; rows whose first wire is false must
 * have no true wires. They come in the order of the bitonic network of spec garble.md S34, on
 * `n_rows` rows: at most `width` ANDs for each exchange, and none with a row of WIRE_FALSE.
 * `make_pair` fills rows i and i+1 before they are first read, and `make_row` row i: ascending
 * (`up`), or descending. */
typedef struct row_source {
    void *context;
    void (*make_row)(void *context, const row_table *t, size_t i);
    void (*make_pair)(void *context, const row_table *t, size_t i, bool up);
} row_source;
void rows_gather(const row_table *t, size_t n_rows, const row_source *source);

#endif
