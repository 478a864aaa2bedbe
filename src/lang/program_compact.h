/* A compiled program in few bytes, and back. Layer: lang.
 *
 *     name of the entry point
 *     number of external constants, of each party, name and literal
 *     number of parties, of each name of the parameter and type of the input
 *     type of the result
 *     number of panic sites, of each reason, line, column, end line, end column
 *     number of sorted inputs, of each first bit, rows, bits of a row, bits of a key
 *     the circuit (circuit/compact.h)
 *
 * Numbers are those of base/varint.h, texts and types those of lang/value/type_compact.h. */
#ifndef LANG_PROGRAM_COMPACT_H
#define LANG_PROGRAM_COMPACT_H

#include "base/buffer.h"
#include "base/compiler.h"
#include "polytune/program.h"

/* Appends a program; b->failed for want of memory. */
void program_put_compact(buffer *b, const pt_program *program);

/* Reads one of anybody's making; what it accepts is a program that holds together. The caller frees
 * *ret_program, and with `in_place` keeps the bytes as they are until then. PT_ERR_CIRCUIT,
 * PT_ERR_LIMIT, PT_ERR_MEMORY. */
MUST_CHECK pt_status program_get_compact(pt_program **ret_program, reader *r, bool in_place,
                                         pt_error *error);

#endif
