#include "lang/graph.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"

typedef enum node_state { NODE_NEW, NODE_OPEN, NODE_DONE } node_state;

typedef struct walk {
    size_t *first;   /* first[v] .. first[v + 1]: where v's targets are */
    size_t *targets; /* of all edges, grouped by source */
    size_t *next;    /* the target to look at next */
    size_t *path;    /* from the root to the current node */
    unsigned char *state;
    size_t n_path;
} walk;

static void walk_clear(walk *w)
{
    mem_free(w->first);
    mem_free(w->targets);
    mem_free(w->next);
    mem_free(w->path);
    mem_free(w->state);
}

/* Groups the edges by source, keeping their order. */
static bool walk_init(walk *w, size_t n_nodes, const graph_edge *edges, size_t n_edges)
{
    w->first = mem_new(n_nodes + 1, sizeof *w->first);
    w->targets = mem_new(n_edges, sizeof *w->targets);
    w->next = mem_new(n_nodes, sizeof *w->next);
    w->path = mem_new(n_nodes, sizeof *w->path);
    w->state = mem_new(n_nodes, sizeof *w->state);
    if (w->first == NULL || w->targets == NULL || w->next == NULL || w->path == NULL ||
        w->state == NULL)
        return false;
    for (size_t i = 0; i < n_edges; i++)
        w->first[edges[i].from + 1]++;
    for (size_t v = 0; v < n_nodes; v++) {
        w->first[v + 1] += w->first[v];
        w->next[v] = w->first[v];
    }
    for (size_t i = 0; i < n_edges; i++)
        w->targets[w->next[edges[i].from]++] = edges[i].to;
    if (n_nodes != 0)
        memcpy(w->next, w->first, n_nodes * sizeof *w->next);
    return true;
}

static void enter(walk *w, size_t node)
{
    w->state[node] = NODE_OPEN;
    w->path[w->n_path++] = node;
}

static size_t position_on_path(const walk *w, size_t node)
{
    size_t at = w->n_path - 1;
    while (w->path[at] != node)
        at--;
    return at;
}

pt_status graph_order(size_t *ret_order, size_t n_nodes, const graph_edge *edges, size_t n_edges,
                      void (*on_cycle)(void *user, const size_t *path, size_t n_path), void *user,
                      pt_error *error)
{
    walk w = {0};
    if (!walk_init(&w, n_nodes, edges, n_edges)) {
        walk_clear(&w);
        return error_memory(error);
    }
    size_t n_done = 0;
    for (size_t root = 0; root < n_nodes; root++) {
        if (w.state[root] == NODE_NEW)
            enter(&w, root);
        while (w.n_path > 0) {
            const size_t node = w.path[w.n_path - 1];
            if (w.next[node] == w.first[node + 1]) {
                w.state[node] = NODE_DONE;
                ret_order[n_done++] = node;
                w.n_path--;
                continue;
            }
            const size_t target = w.targets[w.next[node]++];
            if (w.state[target] == NODE_NEW) {
                enter(&w, target);
            } else if (w.state[target] == NODE_OPEN) {
                const size_t at = position_on_path(&w, target);
                on_cycle(user, w.path + at, w.n_path - at);
            }
        }
    }
    walk_clear(&w);
    return PT_OK;
}
