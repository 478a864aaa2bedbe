/* How to compute any function of four bits with the fewest ANDs (never more than three): the
 * multiplicative complexity of functions of up to six inputs is studied in M. Turan Sonmez,
 * R. Peralta, "The multiplicative complexity of Boolean functions on four and five variables",
 * LightSec 2014. Layer: circuit.
 *
 * XOR and NOT are free, so functions that differ by an affine one cost the same: a function is
 * looked up by the eleven coefficients of its algebraic normal form that are not linear. */
#ifndef CIRCUIT_PASSES_RECIPE_H
#define CIRCUIT_PASSES_RECIPE_H

#include <stddef.h>
#include <stdint.h>

#include "circuit/builder.h"

#define RECIPE_COUNT    2048
#define RECIPE_MAX_ANDS 3

/* Product i is a[i] & b[i], each the XOR of the inputs in bits 0 .. 3 and of the products before,
 * in bits 4 and 5. The function is the XOR of the products in `out` and something affine. */
typedef struct recipe {
    uint8_t n_ands;
    uint8_t out;
    uint8_t a[RECIPE_MAX_ANDS];
    uint8_t b[RECIPE_MAX_ANDS];
} recipe;

/* The recipes of all functions: a constant table, made by a search of some 10,000 steps. */
void recipes_make(recipe ret_recipes[RECIPE_COUNT]);

/* The place of a function in it. Bit x of a truth table is the value for the inputs x, input 0 the
 * least significant; unused inputs do not matter to it. */
size_t recipe_of(uint16_t truth_table);

/* Builds the function on four wires. */
wire recipe_build(circuit_builder *b, const recipe recipes[RECIPE_COUNT], uint16_t truth_table,
                  const wire inputs[4]);

#endif
