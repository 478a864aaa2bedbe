/* Rewrites the finished graph with fewer ANDs. Every node may be computed by its gate, or from one
 * of its cuts by the recipe of its function; chosen is what costs fewest ANDs, counting those that
 * nothing else needs any more, and those that are needed again. This is technology mapping by
 * "exact local area" (A. Mishchenko, S. Chatterjee, R. Brayton, "Improvements to technology mapping
 * for LUT-based FPGAs", 2007), with recipes for cells. Then the graph is built anew.
 *
 * Everything is decided by numbers of gates, so that all parties make the same circuit. */
#include "base/mem.h"
#include "circuit/passes/cuts.h"

/* Circuits below this limit are rewritten again while that helps. */
#define REWRITE_MAX_GATES_AGAIN ((uint32_t)100000)
#define REWRITE_MAX_ROUNDS      4

/* Cuts are kept for so many nodes at a time; they end where the nodes before begin. */
#define WINDOW ((uint32_t)1 << 14)

/* Most nodes that one decision may release or take up: a bound on its time. What lies behind keeps
 * its count of users, so that less seems to be saved. */
#define MAX_VISITS 100

typedef struct rewriter {
    const circuit_builder *b;
    recipe *recipes;
    uint32_t *users;  /* per node: choices of nodes in use that read it, and outputs */
    bool *in_use;     /* per node: its operands count it as a user */
    uint32_t *chosen; /* per node: number of its chosen cut + 1, or 0 for its gate */
    cut *cuts;        /* the chosen ones */
    uint32_t n_cuts;
    uint32_t cuts_capacity;
    cut_list *window; /* WINDOW lists, of nodes from window_first on */
    uint32_t window_first;
    unsigned visits;
    bool is_first; /* of the rounds */
} rewriter;

static uint32_t first_gate(const rewriter *r)
{
    return r->b->n_inputs + 1;
}

static builder_gate gate_of(const rewriter *r, uint32_t node)
{
    return r->b->gates[node - first_gate(r)];
}

/* A way to compute a node: its gate as a cut of two leaves. */
static cut gate_cut(builder_gate g)
{
    return (cut){.leaves = {wire_node(g.a), wire_node(g.b)},
                 .n_leaves = 2,
                 .n_ands = gate_is_and(g) ? 1 : 0};
}

static cut way_of(const rewriter *r, uint32_t node)
{
    const uint32_t chosen = r->chosen[node];
    return chosen != 0 ? r->cuts[chosen - 1] : gate_cut(gate_of(r, node));
}

/* Counts the leaves used once more; returns the ANDs of the nodes that are needed again. Depth is
 * at most MAX_VISITS. */
static unsigned take(rewriter *r, const cut *c)
{
    unsigned n_ands = 0;
    for (unsigned i = 0; i < c->n_leaves; i++) {
        const uint32_t leaf = c->leaves[i];
        r->users[leaf]++;
        if (leaf < first_gate(r) || r->in_use[leaf] || r->visits == 0)
            continue;
        r->visits--;
        r->in_use[leaf] = true;
        const cut way = way_of(r, leaf);
        n_ands += way.n_ands + take(r, &way);
    }
    return n_ands;
}

/* The opposite; returns the ANDs of the nodes that are not needed any more. */
static unsigned release(rewriter *r, const cut *c)
{
    unsigned n_ands = 0;
    for (unsigned i = 0; i < c->n_leaves; i++) {
        const uint32_t leaf = c->leaves[i];
        if (r->users[leaf] != 0)
            r->users[leaf]--;
        if (r->users[leaf] != 0 || leaf < first_gate(r) || !r->in_use[leaf] || r->visits == 0)
            continue;
        r->visits--;
        r->in_use[leaf] = false;
        const cut way = way_of(r, leaf);
        n_ands += way.n_ands + release(r, &way);
    }
    return n_ands;
}

/* What is saved by computing a node so. The leaves of the cut are taken first, so that of the
 * present way only what lies before them is released. */
static int gain(rewriter *r, const cut *present, const cut *c)
{
    r->visits = MAX_VISITS;
    const unsigned needed = c->n_ands + take(r, c);
    r->visits = MAX_VISITS;
    const unsigned saved = present->n_ands + release(r, present);
    r->visits = MAX_VISITS;
    (void)take(r, present);
    r->visits = MAX_VISITS;
    (void)release(r, c);
    return (int)saved - (int)needed;
}

static bool keep_choice(rewriter *r, uint32_t node, const cut *c)
{
    if (r->n_cuts == r->cuts_capacity) {
        const uint32_t capacity = r->cuts_capacity * 2 + 64;
        cut *cuts = mem_resize(r->cuts, capacity, sizeof *cuts);
        if (cuts == NULL)
            return false;
        r->cuts = cuts;
        r->cuts_capacity = capacity;
    }
    r->cuts[r->n_cuts++] = *c;
    r->chosen[node] = r->n_cuts;
    return true;
}

/* Chooses the way to compute a node in use. */
static bool choose(rewriter *r, uint32_t node, const cut_list *list)
{
    const cut present = gate_cut(gate_of(r, node));
    const cut *best = NULL;
    int most = 0;
    for (unsigned i = 0; i < list->n; i++) {
        const cut *c = &list->cuts[i];
        if (c->n_ands >= c->n_inside)
            continue;
        const int saved = gain(r, &present, c);
        if (saved > most) {
            most = saved;
            best = c;
        }
    }
    if (best == NULL)
        return true;
    r->visits = MAX_VISITS;
    (void)take(r, best);
    r->visits = MAX_VISITS;
    (void)release(r, &present);
    return keep_choice(r, node, best);
}

static const cut_list *window_list(const rewriter *r, wire w)
{
    const uint32_t node = wire_node(w);
    return node < r->window_first ? NULL : &r->window[node - r->window_first];
}

static bool has_promise(const cut_list *list)
{
    return list->n > 0 && list->cuts[0].n_ands < list->cuts[0].n_inside;
}

/* What could be saved at this node is decided: cuts behind it count only what they save besides. */
static void settle(cut_list *list)
{
    for (unsigned i = 0; i < list->n; i++)
        list->cuts[i].n_inside = list->cuts[i].n_ands;
}

/* Tells of the first round, which takes most of the time. */
static bool rewriter_goes_on(const rewriter *r, uint32_t node)
{
    if (r->is_first)
        watch_tell(r->b->watch, "optimising", node - first_gate(r), r->b->n_gates);
    return watch_goes_on(r->b->watch);
}

static bool choose_all(rewriter *r)
{
    const uint32_t n_nodes = first_gate(r) + r->b->n_gates;
    for (uint32_t node = first_gate(r); node < n_nodes; node++) {
        if ((node - first_gate(r)) % WINDOW == 0) {
            r->window_first = node;
            if (!rewriter_goes_on(r, node))
                return false;
        }
        if (!r->in_use[node]) {
            r->window[node - r->window_first].n = 0;
            continue;
        }
        const builder_gate g = gate_of(r, node);
        cut_list *list = &r->window[node - r->window_first];
        cuts_make(list, r->recipes, g, window_list(r, g.a), window_list(r, g.b));
        if (has_promise(list) && !choose(r, node, list))
            return false;
        settle(list);
    }
    return true;
}

static void count_users(rewriter *r, const wire *outputs, size_t n_outputs)
{
    for (size_t i = 0; i < n_outputs; i++)
        r->users[wire_node(outputs[i])]++;
    for (uint32_t node = first_gate(r) + r->b->n_gates; node-- > first_gate(r);) {
        const builder_gate g = gate_of(r, node);
        if (r->users[node] == 0)
            continue;
        r->in_use[node] = true;
        r->users[wire_node(g.a)]++;
        r->users[wire_node(g.b)]++;
    }
}

/* in_use[node]: the outputs need it, by the ways chosen. */
static void mark_needed(rewriter *r, const wire *outputs, size_t n_outputs)
{
    for (uint32_t node = 0; node < first_gate(r) + r->b->n_gates; node++)
        r->in_use[node] = false;
    for (size_t i = 0; i < n_outputs; i++)
        r->in_use[wire_node(outputs[i])] = true;
    for (uint32_t node = first_gate(r) + r->b->n_gates; node-- > first_gate(r);) {
        if (!r->in_use[node])
            continue;
        const cut way = way_of(r, node);
        for (unsigned i = 0; i < way.n_leaves; i++)
            r->in_use[way.leaves[i]] = true;
    }
}

static wire build_node(const rewriter *r, circuit_builder *to, const wire *map, uint32_t node)
{
    if (r->chosen[node] == 0) {
        const builder_gate g = gate_of(r, node);
        const wire x = map[wire_node(g.a)] ^ wire_complement(g.a);
        const wire y = map[wire_node(g.b)] ^ wire_complement(g.b);
        return gate_is_and(g) ? circuit_and(to, x, y) : circuit_xor(to, x, y);
    }
    const cut *c = &r->cuts[r->chosen[node] - 1];
    wire leaves[CUT_MAX_LEAVES] = {WIRE_FALSE};
    for (unsigned i = 0; i < c->n_leaves; i++)
        leaves[i] = map[c->leaves[i]];
    return recipe_build(to, r->recipes, c->table, leaves);
}

static void build_all(const rewriter *r, circuit_builder *to, wire *map)
{
    for (uint32_t i = 0; i < r->b->n_gates; i++) {
        const uint32_t node = first_gate(r) + i;
        if (!r->in_use[node])
            continue;
        if (r->b->lines != NULL)
            (void)circuit_builder_set_line(to, r->b->lines[i]);
        map[node] = build_node(r, to, map, node);
    }
}

static bool rewriter_init(rewriter *r)
{
    const size_t n_nodes = (size_t)first_gate(r) + r->b->n_gates;
    r->recipes = mem_new(RECIPE_COUNT, sizeof *r->recipes);
    r->users = mem_new(n_nodes, sizeof *r->users);
    r->in_use = mem_new(n_nodes, sizeof *r->in_use);
    r->chosen = mem_new(n_nodes, sizeof *r->chosen);
    r->window = mem_new(WINDOW < r->b->n_gates ? WINDOW : r->b->n_gates, sizeof *r->window);
    return r->recipes != NULL && r->users != NULL && r->in_use != NULL && r->chosen != NULL &&
           r->window != NULL;
}

static void rewriter_clear(rewriter *r)
{
    mem_free(r->recipes);
    mem_free(r->users);
    mem_free(r->in_use);
    mem_free(r->chosen);
    mem_free(r->cuts);
    mem_free(r->window);
}

/* One round; *ret_better: the graph has changed. False: the builder has failed. */
static bool rewrite_once(bool *ret_better, circuit_builder *b, wire *outputs, size_t n_outputs,
                         bool is_first)
{
    rewriter r = {.b = b, .is_first = is_first};
    builder_rebuilt anew = {0};
    *ret_better = false;
    bool done = rewriter_init(&r);
    if (done) {
        recipes_make(r.recipes);
        count_users(&r, outputs, n_outputs);
        done = choose_all(&r);
    }
    if (done && r.n_cuts > 0) {
        done = builder_rebuilt_init(&anew, b);
        mem_free(r.window);
        r.window = NULL;
        if (done) {
            mark_needed(&r, outputs, n_outputs);
            build_all(&r, anew.builder, anew.map);
            done = builder_rebuilt_keep(ret_better, &anew, b, outputs, n_outputs);
        }
    }
    if (!done)
        circuit_builder_fail(b, watch_goes_on(b->watch) ? PT_ERR_MEMORY : PT_ERR_CANCELLED);
    builder_rebuilt_clear(&anew);
    rewriter_clear(&r);
    return b->failure == PT_OK;
}

bool builder_rewrite(circuit_builder *b, wire *outputs, size_t n_outputs)
{
    uint32_t most = BUILDER_REWRITE_MAX_GATES;
    bool better = true;
    for (unsigned round = 0; better && round < REWRITE_MAX_ROUNDS; round++) {
        if (b->n_gates > most || b->n_and < 2 || b->exchange_width > 0)
            return true;
        if (!rewrite_once(&better, b, outputs, n_outputs, round == 0))
            return false;
        most = REWRITE_MAX_GATES_AGAIN;
    }
    return true;
}
