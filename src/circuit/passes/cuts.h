/* Cuts of a builder's graph: up to four nodes that a node is a function of. Layer: circuit.
 *
 * Every node keeps its few cuts that promise most: with the fewest ANDs for its function, against
 * the ANDs that the graph has between the node and the cut. */
#ifndef CIRCUIT_PASSES_CUTS_H
#define CIRCUIT_PASSES_CUTS_H

#include "circuit/builder_impl.h"
#include "circuit/passes/recipe.h"

#define CUT_MAX_LEAVES 4
#define CUTS_PER_NODE  4

typedef struct cut {
    uint32_t leaves[CUT_MAX_LEAVES]; /* nodes, ascending */
    uint16_t table;                  /* of the node, leaf 0 the least significant input */
    uint8_t n_leaves;
    uint8_t n_ands; /* that the function needs */
    uint8_t
        n_inside; /* ANDs between node and leaves, as good as is known; on two ways counted twice */
} cut;

typedef struct cut_list {
    uint8_t n;
    cut cuts[CUTS_PER_NODE];
} cut_list;

/* The cuts of a node from those of its operands; NULL for an operand that has only itself. */
void cuts_make(cut_list *ret_list, const recipe *recipes, builder_gate g, const cut_list *of_a,
               const cut_list *of_b);

#endif
