/* A direct interpreter of checked programs, to compare the compiler with. Layer: tests of lang.
 *
 * Written from sections 4, 5 and 11 of the specification over the tree of lang/ast.h, and from
 * nothing else: no circuit, no part of the lowering, of const.h or of the literals is used. Only
 * the path taken is run. Values are trees that never change once they are made; everything lives in
 * the interpreter's arena. Out of memory is the end of the test run. */
#ifndef TESTS_LANG_INTERP_H
#define TESTS_LANG_INTERP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "lang/front/ast.h"

typedef struct value value;

struct value {
    uint64_t bits;       /* bool, integers: two's complement, zero above the width; enums: the index
                            of the variant */
    size_t n_parts;      /* of a tuple, an array, a struct (alphabetical), a variant's fields */
    const value **parts; /* */
};

typedef struct interp {
    arena *memory;
    const checked_program *program;
    const value *const *externals; /* one for each of program->externals */
    uint64_t *constants;           /* 64-bit two's complement, one for each of program->constants */
    uint64_t steps_left;           /* expressions and statements still allowed */
    bool stopped;                  /* a panic, or out of steps */
    const char *panic;             /* NULL, or the reason as pt_panic has it */
    span panic_span;
} interp;

/* Evaluates the constants. All pointers are kept. */
void interp_init(interp *in, arena *memory, const checked_program *program,
                 const value *const *externals);

/* The function's value, or NULL: `panic` says why, and where is `panic_span`; `panic` NULL means
 * that the steps ran out. */
const value *interp_call(interp *in, const fn_decl *function, const value *const *arguments,
                         uint64_t max_steps);

/* ---- Values (interp_value.c) ---- */

/* The function of that name, or NULL. */
const fn_decl *interp_find(const interp *in, const char *name);

/* What a size stands for, once the constants are known. */
uint64_t interp_size(const interp *in, const array_size *size);

unsigned value_scalar_width(ctype_kind kind);
bool value_scalar_is_signed(ctype_kind kind);

const value *value_scalar(arena *memory, uint64_t bits);
/* Parts are to be filled in by the caller. */
value *value_parts(arena *memory, size_t n_parts);

/* How many parts a value of this type has (for enums: of that variant), and their types. */
size_t value_n_parts(const interp *in, const ctype *type, uint64_t variant);
const ctype *value_part_type(const ctype *type, uint64_t variant, size_t part);

/* Bits most significant first, one byte each (B1). */
size_t value_width(const interp *in, const ctype *type);
void value_encode(uint8_t *ret_bits, const interp *in, const ctype *type, const value *v);
const value *value_decode(const interp *in, const ctype *type, const uint8_t *bits);

/* As V3; `readable`: one-tuples get the comma that makes them one when read (G10). */
void value_print(buffer *out, const interp *in, const ctype *type, const value *v, bool readable);

/* The value converted from one type to another of the same shape, scalars as by `as` (S8). */
const value *value_convert(interp *in, const ctype *to, const ctype *from, const value *v);

/* Adjacent rows with the same key, as the joins of S33 find them. */
typedef struct join_hit {
    bool hit;
    const value *left, *right; /* meaningful only if hit */
} join_hit;

/* Merges the rows of two arrays; `*ret_n` neighbours in order. `keyed`: elements are tuples whose
 * first part is the key; else the element itself is. */
join_hit *join_rows(interp *in, size_t *ret_n, const ctype *left_type, const value *left,
                    const ctype *right_type, const value *right, bool keyed);
/* Sorts by `hit`, misses first, with the network of S34. */
void join_sort(join_hit *hits, size_t n);

#endif
