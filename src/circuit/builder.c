#include "circuit/builder.h"

#include <string.h>

#include "base/assert.h"
#include "base/mem.h"
#include "base/min.h"
#include "circuit/builder_impl.h"

#define FIRST_CAPACITY ((uint32_t)256)

static bool count_inputs(uint32_t *ret_inputs, const uint32_t *party_inputs, size_t n_parties)
{
    uint64_t sum = 0;
    if (n_parties > CIRCUIT_MAX_PARTIES)
        return false;
    for (size_t p = 0; p < n_parties; p++)
        sum += party_inputs[p];
    *ret_inputs = (uint32_t)sum;
    return sum < CIRCUIT_MAX_WIRES;
}

circuit_builder *circuit_builder_new(const uint32_t *party_inputs, size_t n_parties,
                                     uint32_t max_gates)
{
    circuit_builder *b = mem_new(1, sizeof *b);
    if (b == NULL)
        return NULL;
    b->failure = PT_OK;
    b->is_sharing = true;
    b->max_ands = UINT32_MAX;
    if (!count_inputs(&b->n_inputs, party_inputs, n_parties)) {
        b->n_inputs = 0;
        b->failure = PT_ERR_LIMIT;
        return b;
    }
    const uint32_t most = CIRCUIT_MAX_WIRES - b->n_inputs - 1;
    b->n_parties = n_parties;
    b->max_gates = max_gates == 0 || max_gates > most ? most : max_gates;
    b->party_inputs = mem_new(n_parties, sizeof *party_inputs);
    b->gates = mem_new(FIRST_CAPACITY, sizeof *b->gates);
    b->capacity = FIRST_CAPACITY;
    b->table = (gate_table){.gates = b->gates, .first_gate = b->n_inputs + 1};
    if (b->party_inputs == NULL || b->gates == NULL) {
        circuit_builder_free(b);
        return NULL;
    }
    if (n_parties != 0)
        memcpy(b->party_inputs, party_inputs, n_parties * sizeof *party_inputs);
    return b;
}

void circuit_builder_free(circuit_builder *b)
{
    if (b == NULL)
        return;
    mem_free(b->party_inputs);
    mem_free(b->gates);
    gate_table_clear(&b->table);
    mem_free(b->lines);
    mem_free(b->line_counts);
    mem_free(b);
}

bool builder_keep_lines(circuit_builder *b)
{
    PT_ASSERT(b->n_gates == 0);
    b->lines = mem_new(b->capacity, sizeof *b->lines);
    return b->lines != NULL;
}

bool circuit_builder_count_lines(circuit_builder *b, uint32_t n_lines)
{
    b->n_lines = n_lines;
    b->line_counts = mem_new((size_t)n_lines + 1, sizeof *b->line_counts);
    return b->line_counts != NULL && builder_keep_lines(b);
}

uint32_t circuit_builder_set_line(circuit_builder *b, uint32_t line)
{
    const uint32_t before = b->line;
    b->line = line;
    return before;
}

const uint32_t *circuit_builder_line_counts(const circuit_builder *b)
{
    return b->line_counts;
}

void circuit_builder_set_watch(circuit_builder *b, watch *w)
{
    b->watch = w;
}

bool circuit_builder_set_sharing(circuit_builder *b, bool on)
{
    const bool before = b->is_sharing;
    b->is_sharing = on;
    return before;
}

void circuit_builder_set_max_ands(circuit_builder *b, uint32_t max_ands)
{
    b->max_ands = max_ands;
}

wire circuit_input(const circuit_builder *b, uint32_t i)
{
    if (b->failure != PT_OK)
        return WIRE_FALSE;
    PT_ASSERT(i < b->n_inputs);
    return (i + 1) * 2;
}

bool circuit_is_input(uint32_t *ret_i, const circuit_builder *b, wire w)
{
    if (w % 2 != 0 || wire_is_const(w) || w / 2 > b->n_inputs)
        return false;
    *ret_i = w / 2 - 1;
    return true;
}

bool circuit_builder_failed(const circuit_builder *b)
{
    return b->failure != PT_OK;
}

void circuit_builder_fail(circuit_builder *b, pt_status failure)
{
    PT_ASSERT(failure == PT_ERR_MEMORY || failure == PT_ERR_LIMIT || failure == PT_ERR_CANCELLED);
    if (b->failure == PT_OK)
        b->failure = failure;
    b->room = 0;
}

uint32_t circuit_builder_and_count(const circuit_builder *b)
{
    return b->n_and;
}

/* --- gates --- */

static bool grow_gates(circuit_builder *b)
{
    const uint32_t capacity = b->capacity + b->capacity / 2;
    builder_gate *gates = mem_resize(b->gates, capacity, sizeof *gates);
    if (gates == NULL)
        return false;
    b->gates = gates;
    b->table.gates = gates;
    if (b->lines != NULL) {
        uint32_t *lines = mem_resize(b->lines, capacity, sizeof *lines);
        if (lines == NULL)
            return false;
        b->lines = lines;
    }
    b->capacity = capacity;
    return true;
}

/* How many gates are built between two looks at who waits. */
#define GATES_A_LOOK 16384

/* Room for gates up to b->room; false, and none, when the builder fails. */
static NOINLINE bool make_more_room(circuit_builder *b)
{
    if (b->failure != PT_OK)
        return false;
    PT_ASSERT(b->table.gates != NULL);
    if (b->n_gates >= b->max_gates || b->n_and >= b->max_ands)
        circuit_builder_fail(b, PT_ERR_LIMIT);
    else if (b->n_gates == b->capacity && !grow_gates(b))
        circuit_builder_fail(b, PT_ERR_MEMORY);
    else if (b->n_gates >= b->next_look && !watch_goes_on(b->watch))
        circuit_builder_fail(b, PT_ERR_CANCELLED);
    if (b->n_gates >= b->next_look)
        b->next_look += GATES_A_LOOK;
    if (b->failure == PT_OK)
        b->room = min_u32(b->next_look, min_u32(b->capacity, b->max_gates));
    return b->failure == PT_OK;
}

/* Room for one gate more. */
static bool make_room(circuit_builder *b)
{
    return LIKELY(b->n_gates < b->room && b->n_and < b->max_ands) || make_more_room(b);
}

/* Appends a gate, or what stands in the place of one. */
static wire append_slot(circuit_builder *b, builder_gate g)
{
    b->gates[b->n_gates] = g;
    if (b->lines != NULL)
        b->lines[b->n_gates] = b->line;
    b->n_gates++;
    return (b->n_inputs + b->n_gates) * 2;
}

static wire append(circuit_builder *b, builder_gate g)
{
    if (gate_is_and(g))
        b->n_and++;
    return append_slot(b, g);
}

bool builder_add_exchange(circuit_builder *b, wire *low, wire *high, size_t width, size_t n_key)
{
    const uint32_t head = (uint32_t)n_key | EXCHANGE_MARK;
    const uint32_t end = (uint32_t)width | EXCHANGE_MARK;
    for (size_t k = 0; k < width; k++) {
        const builder_gate rows = {.a = low[k] | EXCHANGE_MARK, .b = high[k] | EXCHANGE_MARK};
        if (!make_room(b))
            return false;
        low[k] = append_slot(b, rows);
        if (!make_room(b))
            return false;
        high[k] = append_slot(
            b, (builder_gate){.a = k == 0 ? head : (uint32_t)k | EXCHANGE_MARK, .b = end});
    }
    b->n_and += (uint32_t)(width + n_key);
    b->work += 4 * width + 3 * n_key;
    b->exchange_width = max_u32(b->exchange_width, (uint32_t)width);
    return true;
}

/* The wire of the gate on x < y: one that there is, *ret_found then, or a new one. WIRE_FALSE when
 * there is no room. */
static wire gate_on(circuit_builder *b, bool *ret_found, wire x, wire y, bool is_and)
{
    const builder_gate wanted = {.a = is_and ? x : y, .b = is_and ? y : x};
    *ret_found = false;
    if (!make_room(b))
        return WIRE_FALSE;
    b->work++;
    if (!b->is_sharing)
        return append(b, wanted);
    const uint32_t node = b->n_inputs + 1 + b->n_gates;
    const uint32_t of_gate = gate_table_find_or_enter(&b->table, x, y, is_and, node);
    if (of_gate == node)
        return append(b, wanted);
    if (of_gate == 0)
        circuit_builder_fail(b, PT_ERR_MEMORY);
    *ret_found = of_gate != 0;
    return of_gate * 2;
}

/* --- XOR --- */

static bool xor_has(builder_gate g, wire operand, wire *ret_other)
{
    if (g.a != operand && g.b != operand)
        return false;
    *ret_other = g.a == operand ? g.b : g.a;
    return true;
}

/* Cancels what two XOR gates, or one and its operand, have in common. x and y are plain. */
static bool cancel_xor(const circuit_builder *b, wire *x, wire *y)
{
    builder_gate gx = {0}, gy = {0};
    const bool x_is_xor = builder_gate_of(b, &gx, *x) && !gate_is_and(gx);
    const bool y_is_xor = builder_gate_of(b, &gy, *y) && !gate_is_and(gy);
    wire other;
    if (x_is_xor && xor_has(gx, *y, &other)) {
        *x = other;
        *y = WIRE_FALSE;
        return true;
    }
    if (y_is_xor && xor_has(gy, *x, &other)) {
        *x = other;
        *y = WIRE_FALSE;
        return true;
    }
    if (!x_is_xor || !y_is_xor)
        return false;
    if (xor_has(gy, gx.a, &other)) {
        *x = gx.b;
        *y = other;
        return true;
    }
    if (xor_has(gy, gx.b, &other)) {
        *x = gx.a;
        *y = other;
        return true;
    }
    return false;
}

/* Whether the node of `w` exists. */
static bool is_built(const circuit_builder *b, wire w)
{
    return wire_node(w) <= b->n_inputs + b->n_gates;
}

wire circuit_xor(circuit_builder *b, wire x, wire y)
{
    if (b->failure != PT_OK)
        return WIRE_FALSE;
    PT_DEBUG_ASSERT(is_built(b, x));
    PT_DEBUG_ASSERT(is_built(b, y));
    const wire complement = wire_complement(x ^ y);
    x = wire_plain(x);
    y = wire_plain(y);
    /* Ends: each round replaces a wire by an older one. */
    do {
        if (x == y)
            return complement;
        if (x == WIRE_FALSE)
            return y ^ complement;
        if (y == WIRE_FALSE)
            return x ^ complement;
    } while (b->is_sharing && cancel_xor(b, &x, &y));

    bool found;
    const wire w = x < y ? gate_on(b, &found, x, y, false) : gate_on(b, &found, y, x, false);
    return w == WIRE_FALSE ? w : w ^ complement;
}

/* --- AND --- */

/* An AND on the same two nodes exists, g driving `w`, perhaps with other complements: the one
 * wanted differs by XORs only: (u ^ e)(v ^ f) = uv ^ fu ^ ev ^ ef. */
static wire share_polarity(circuit_builder *b, wire w, builder_gate g, wire x, wire y)
{
    const wire e = g.a ^ x;
    const wire f = g.b ^ y;
    wire result = w ^ (e & f);
    if (f != 0)
        result = circuit_xor(b, result, g.a);
    if (e != 0)
        result = circuit_xor(b, result, g.b);
    return result;
}

/* p ^ w, where w may be an AND that reads p: p ^ pr = p!r, and p ^ !pr = !(!p!r). */
static bool xor_as_and(const circuit_builder *b, builder_gate *ret_gate, bool *ret_negated, wire p,
                       wire w)
{
    builder_gate g;
    if (!builder_gate_of(b, &g, w) || !gate_is_and(g))
        return false;
    if (wire_plain(g.b) == p)
        g = (builder_gate){.a = g.b, .b = g.a};
    else if (wire_plain(g.a) != p)
        return false;
    *ret_gate = (builder_gate){.a = g.a, .b = wire_not(g.b)};
    *ret_negated = wire_complement(g.a) != 0;
    return true;
}

bool builder_as_and(const circuit_builder *b, builder_gate *ret_gate, bool *ret_negated, wire x)
{
    builder_gate g;
    if (!builder_gate_of(b, &g, x))
        return false;
    if (gate_is_and(g)) {
        *ret_gate = g;
        *ret_negated = false;
    } else if (!xor_as_and(b, ret_gate, ret_negated, g.a, g.b) &&
               !xor_as_and(b, ret_gate, ret_negated, g.b, g.a)) {
        return false;
    }
    *ret_negated ^= wire_complement(x) != 0;
    return true;
}

static bool gate_reads_wire(builder_gate g, wire w)
{
    return g.a == w || g.b == w;
}

/* How far down a XOR `given` looks. A mux is two deep: f ^ (s & ..). */
#define GIVEN_DEPTH 2
/* How often `given` may make new XORs for one AND, to keep its cost bounded. */
#define GIVEN_ROUNDS 4

/* What w is when y is known to be true: an AND in it that reads y loses it, as with nested
 * conditions. Takes XORs only. */
static wire given(circuit_builder *b, wire w, wire y, unsigned depth)
{
    builder_gate g;
    const wire complement = wire_complement(w);
    if (!builder_gate_of(b, &g, w))
        return w;
    if (gate_is_and(g)) {
        if (gate_reads_wire(g, wire_not(y)))
            return complement;
        if (g.a == y || g.b == y)
            return (g.a == y ? g.b : g.a) ^ complement;
        return w;
    }
    if (depth == 0)
        return w;
    const wire p = given(b, g.a, y, depth - 1);
    const wire q = given(b, g.b, y, depth - 1);
    return p == g.a && q == g.b ? w : circuit_xor(b, p, q) ^ complement;
}

/* AND(x, y) where y is an operand of x's gate, up to complements: x is then known given y, or may
 * be replaced by something older. True when settled: *ret is the result; else x may be replaced. */
static bool and_absorb(circuit_builder *b, wire *ret, wire *x, wire y)
{
    builder_gate g;
    bool negated;
    wire other;
    if (builder_as_and(b, &g, &negated, *x)) {
        if (gate_reads_wire(g, y)) { /* y(yq) = yq; y!(yq) = y ^ yq */
            *ret = negated ? circuit_xor(b, wire_not(*x), y) : *x;
            return true;
        }
        if (gate_reads_wire(g, wire_not(y))) { /* y(!yq) = 0; y!(!yq) = y */
            *ret = negated ? y : WIRE_FALSE;
            return true;
        }
    }
    /* y = p or !p and x = p ^ q: given y, x is q up to a known complement. */
    if (builder_gate_of(b, &g, *x) && !gate_is_and(g) && xor_has(g, wire_plain(y), &other))
        *x = other ^ wire_complement(*x) ^ wire_complement(y) ^ 1u;
    return false;
}

/* AND(x, y) of two ANDs, either complemented. True when settled; else y may be replaced by
 * something older. */
static bool and_of_ands(circuit_builder *b, wire *ret, wire x, wire *y)
{
    builder_gate gx, gy;
    bool x_negated, y_negated;
    if (!builder_as_and(b, &gx, &x_negated, x) || !builder_as_and(b, &gy, &y_negated, *y))
        return false;
    if (gate_reads_wire(gy, wire_not(gx.a)) || gate_reads_wire(gy, wire_not(gx.b))) {
        /* The two conjunctions are never both true. */
        if (x_negated && y_negated)
            *ret = wire_not(circuit_xor(b, x, *y));
        else if (x_negated)
            *ret = *y;
        else if (y_negated)
            *ret = x;
        else
            *ret = WIRE_FALSE;
        return true;
    }
    if (x_negated)
        return false;
    /* (sp)(sq) = (sp)q and (sp)!(sq) = (sp)!q */
    if (gate_reads_wire(gx, gy.a))
        *y = y_negated ? wire_not(gy.b) : gy.b;
    else if (gate_reads_wire(gx, gy.b))
        *y = y_negated ? wire_not(gy.a) : gy.a;
    return false;
}

/* How many gates of a conjunction are looked through for one bit. */
#define MAX_LOOKED_THROUGH 64

/* Whether `bit` or its complement is one of those whose conjunction an AND is, plain. */
static bool has_bit(const circuit_builder *b, wire *ret_found, wire conjunction, wire bit)
{
    wire open[MAX_LOOKED_THROUGH + 1];
    size_t n_open = 0;
    builder_gate g;
    open[n_open++] = conjunction;
    for (unsigned i = 0; n_open > 0 && i < MAX_LOOKED_THROUGH; i++) {
        const wire w = open[--n_open];
        if (wire_node(w) == wire_node(bit)) {
            *ret_found = w;
            return true;
        }
        /* What a gate reads is older than it is. */
        if (wire_node(w) < wire_node(bit) || wire_complement(w) != 0 ||
            !builder_gate_of(b, &g, w) || !gate_is_and(g))
            continue;
        open[n_open++] = g.a;
        open[n_open++] = g.b;
    }
    return false;
}

/* AND(x, y) of a comparison with a constant and one of the bits that are compared: that is known
 * where the comparison holds. */
static bool and_with_bit(circuit_builder *b, wire *ret, wire x, wire y)
{
    wire found;
    const wire conjunction = wire_node(x) > wire_node(y) ? wire_plain(x) : wire_plain(y);
    const bool negated = conjunction != x && conjunction != y;
    const wire bit = conjunction == wire_plain(x) ? y : x;
    if (!has_bit(b, &found, conjunction, bit))
        return false;
    if (negated) /* !(yq)y = yq ^ y; !(!yq)y = y */
        *ret = found == bit ? circuit_xor(b, conjunction, bit) : bit;
    else /* (yq)y = yq; (!yq)y = 0 */
        *ret = found == bit ? conjunction : WIRE_FALSE;
    return true;
}

/* The rules that make AND(x, y) something that exists already, or something on older wires. True
 * when *ret is the result. */
static bool and_rules(circuit_builder *b, wire *ret, wire *x, wire *y)
{
    for (unsigned round = 0;; round++) {
        if (*x == WIRE_FALSE || *y == WIRE_FALSE || *x == wire_not(*y)) {
            *ret = WIRE_FALSE;
            return true;
        }
        if (*x == WIRE_TRUE || *x == *y) {
            *ret = *y;
            return true;
        }
        if (*y == WIRE_TRUE) {
            *ret = *x;
            return true;
        }
        if (!b->is_sharing)
            return false;
        const wire old_x = *x;
        const wire old_y = *y;
        if (round < GIVEN_ROUNDS && builder_is_xor(b, *x))
            *x = given(b, *x, *y, GIVEN_DEPTH);
        if (round < GIVEN_ROUNDS && builder_is_xor(b, *y))
            *y = given(b, *y, *x, GIVEN_DEPTH);
        if (*x != old_x || *y != old_y)
            continue;
        if (and_absorb(b, ret, x, *y) || and_absorb(b, ret, y, *x) || and_of_ands(b, ret, *x, y) ||
            and_of_ands(b, ret, *y, x))
            return true;
        if (*x == old_x && *y == old_y)
            return and_with_bit(b, ret, *x, *y);
    }
}

wire circuit_and(circuit_builder *b, wire x, wire y)
{
    wire result;
    if (b->failure != PT_OK)
        return WIRE_FALSE;
    PT_DEBUG_ASSERT(is_built(b, x));
    PT_DEBUG_ASSERT(is_built(b, y));
    if (and_rules(b, &result, &x, &y))
        return result;
    bool found;
    builder_gate g;
    const wire low = x < y ? x : y;
    const wire high = x < y ? y : x;
    const wire w = gate_on(b, &found, low, high, true);
    return found && builder_gate_of(b, &g, w) ? share_polarity(b, w, g, low, high) : w;
}

/* --- derived --- */

wire circuit_or(circuit_builder *b, wire x, wire y)
{
    return wire_not(circuit_and(b, wire_not(x), wire_not(y)));
}

wire circuit_mux(circuit_builder *b, wire s, wire t, wire f)
{
    /* With a constant or the selector itself as a branch, one AND and no XOR does. */
    if (t == f)
        return t;
    if (t == s || t == WIRE_TRUE)
        return circuit_or(b, s, f);
    if (t == wire_not(s) || t == WIRE_FALSE)
        return circuit_and(b, wire_not(s), f);
    if (f == s || f == WIRE_FALSE)
        return circuit_and(b, s, t);
    if (f == wire_not(s) || f == WIRE_TRUE)
        return circuit_or(b, wire_not(s), t);
    if (wire_complement(s) != 0)
        return circuit_xor(b, t, circuit_and(b, wire_not(s), circuit_xor(b, t, f)));
    return circuit_xor(b, f, circuit_and(b, s, circuit_xor(b, t, f)));
}

uint64_t circuit_builder_work(const circuit_builder *b)
{
    return b->work;
}
