/* Orders nodes so that each comes after those it needs, and finds cycles. Layer: lang.
 *
 * Used for functions that call each other and types that contain each other; walks without
 * recursion, since chains may be as long as the program. */
#ifndef LANG_GRAPH_H
#define LANG_GRAPH_H

#include <stddef.h>

#include "base/compiler.h"
#include "polytune/status.h"

typedef struct graph_edge {
    size_t from, to;
} graph_edge;

/* Writes all nodes 0 .. n_nodes - 1 to `ret_order`, those an edge leads to before those it comes
 * from. For each cycle met, `on_cycle` gets the nodes along it (the last leads back to the first);
 * then the order is only partly right. PT_ERR_MEMORY. */
MUST_CHECK pt_status graph_order(size_t *ret_order, size_t n_nodes, const graph_edge *edges,
                                 size_t n_edges,
                                 void (*on_cycle)(void *user, const size_t *path, size_t n_path),
                                 void *user, pt_error *error);

#endif
