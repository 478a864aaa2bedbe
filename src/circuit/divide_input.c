/* Circuits of one input value, for several parties: the value is cut into pieces, or is the XOR of
 * shares. Gates and outputs stay as they are. */
#include <string.h>

#include "base/assert.h"
#include "base/error.h"
#include "base/mem.h"
#include "circuit/pack.h"
#include "circuit/plan.h"

/* Where the old input wires are found in the new circuit, and how many gates come before its own.
 */
typedef struct division {
    const pt_circuit *from;
    pt_circuit *to;
    gate *gates;     /* of `to` */
    uint32_t *wires; /* by old input */
    uint32_t n_added;
} division;

static pt_status check_divisible(pt_circuit **ret_circuit, const pt_circuit *circuit,
                                 pt_error *error)
{
    if (ret_circuit == NULL || circuit == NULL)
        return error_missing(error, "a circuit and a place for the result");
    if (circuit->n_parties != 1)
        return error_set(error, PT_ERR_USAGE,
                         "the circuit has %zu input values, one for each party, and not one to be "
                         "divided",
                         circuit->n_parties);
    return PT_OK;
}

/* Makes room for a circuit of so many parties, input bits and further gates. */
static pt_status division_init(division *ret_division, const pt_circuit *from, size_t parties,
                               uint64_t n_inputs, uint64_t n_added, pt_error *error)
{
    const uint64_t n_gates = n_added + from->n_gates;
    division d = {.from = from, .n_added = (uint32_t)n_added};
    *ret_division = d;
    if (n_inputs > CIRCUIT_MAX_WIRES || n_gates > CIRCUIT_MAX_WIRES - n_inputs)
        return error_set(error, PT_ERR_LIMIT,
                         "with shares for %zu parties the circuit is too large", parties);
    d.wires = mem_new(from->n_inputs, sizeof *d.wires);
    d.gates = mem_new((size_t)n_gates, sizeof *d.gates);
    d.to = mem_new(1, sizeof *d.to);
    if (d.to != NULL) {
        *d.to = (pt_circuit){.n_parties = parties,
                             .party_inputs = mem_new(parties, sizeof *d.to->party_inputs),
                             .n_inputs = (uint32_t)n_inputs,
                             .n_gates = (uint32_t)n_gates,
                             .n_outputs = from->n_outputs,
                             .outputs = mem_new(from->n_outputs, sizeof *d.to->outputs),
                             .n_output_values = from->n_output_values,
                             .output_value_bits =
                                 mem_new(from->n_output_values, sizeof *d.to->output_value_bits),
                             .n_and = from->n_and};
    }
    *ret_division = d;
    if (d.wires == NULL || d.gates == NULL || d.to == NULL || d.to->party_inputs == NULL ||
        d.to->outputs == NULL || d.to->output_value_bits == NULL)
        return error_memory(error);
    return PT_OK;
}

static uint32_t moved_wire(const division *d, uint32_t old)
{
    if (old < d->from->n_inputs)
        return d->wires[old];
    return d->to->n_inputs + d->n_added + (old - d->from->n_inputs);
}

/* A constant's `a` is its value, and what a gate does not read is 0. */
static gate moved_gate(const division *d, gate g)
{
    if (g.op != GATE_CONST)
        g.a = moved_wire(d, g.a) & (CIRCUIT_MAX_WIRES - 1);
    if (g.op == GATE_AND || g.op == GATE_XOR)
        g.b = moved_wire(d, g.b);
    return g;
}

/* The gates and outputs, now that the inputs' wires are known. False: out of memory. */
static bool division_move(division *d)
{
    gate_walk w;
    const bool ok = gate_walk_init(&w, d->from);
    for (uint32_t g = 0; ok && g < d->from->n_gates; g++)
        d->gates[d->n_added + g] = moved_gate(d, gate_walk_next(&w));
    gate_walk_clear(&w);
    for (uint32_t h = 0; h < d->from->n_outputs; h++)
        d->to->outputs[h] = moved_wire(d, d->from->outputs[h]);
    for (size_t v = 0; v < d->from->n_output_values; v++)
        d->to->output_value_bits[v] = d->from->output_value_bits[v];
    gate *gates = d->gates;
    if (!ok)
        return false;
    d->gates = NULL;
    return circuit_pack(d->to, gates);
}

/* Ends it. */
static pt_status division_finish(division *d, pt_circuit **ret_circuit, pt_status status,
                                 pt_error *error)
{
    if (status == PT_OK && !division_move(d))
        status = error_memory(error);
    if (status == PT_OK) {
        PT_DEBUG_ASSERT(circuit_is_sound(d->to));
        *ret_circuit = d->to;
    } else {
        pt_circuit_free(d->to);
    }
    mem_free(d->gates);
    mem_free(d->wires);
    return status;
}

/* How many parties the pieces are for; 0, with an error, when they are not those of the input. */
static size_t check_pieces(const pt_circuit *c, const pt_input_piece *pieces, size_t n,
                           pt_error *error)
{
    bool has_piece[CIRCUIT_MAX_PARTIES] = {false};
    size_t parties = 0;
    uint64_t sum = 0;
    for (size_t i = 0; i < n; i++) {
        if (pieces[i].party >= CIRCUIT_MAX_PARTIES || pieces[i].bits > c->n_inputs) {
            (void)error_set(error, PT_ERR_USAGE,
                            "piece %zu, party %zu's %zu bits, is not one of an input of %u bits", i,
                            pieces[i].party, pieces[i].bits, (unsigned)c->n_inputs);
            return 0;
        }
        sum += pieces[i].bits;
        has_piece[pieces[i].party] = true;
        parties = pieces[i].party + 1 > parties ? pieces[i].party + 1 : parties;
    }
    for (size_t p = 0; p < parties; p++) {
        if (!has_piece[p]) {
            (void)error_set(error, PT_ERR_USAGE,
                            "there are parties up to %zu, but no piece is of %zu", parties - 1, p);
            return 0;
        }
    }
    if (n == 0 || sum != c->n_inputs) {
        (void)error_set(error, PT_ERR_USAGE, "the pieces have %llu bits together, the input %u",
                        (unsigned long long)sum, (unsigned)c->n_inputs);
        return 0;
    }
    return parties;
}

/* Each piece comes after those that its party had before. */
static void place_pieces(const division *d, const pt_input_piece *pieces, size_t n)
{
    uint32_t next[CIRCUIT_MAX_PARTIES] = {0};
    uint32_t old = 0;
    for (size_t i = 0; i < n; i++)
        d->to->party_inputs[pieces[i].party] += (uint32_t)pieces[i].bits;
    for (size_t p = 1; p < d->to->n_parties; p++)
        next[p] = next[p - 1] + d->to->party_inputs[p - 1];
    for (size_t i = 0; i < n; i++) {
        for (size_t h = 0; h < pieces[i].bits; h++)
            d->wires[old++] = next[pieces[i].party]++;
    }
    PT_ASSERT(old == d->from->n_inputs);
}

pt_status pt_circuit_split_input(pt_circuit **ret_circuit, const pt_circuit *circuit,
                                 const pt_input_piece *pieces, size_t n_pieces, pt_error *error)
{
    division d;
    pt_status status = check_divisible(ret_circuit, circuit, error);
    if (status != PT_OK)
        return status;
    if (pieces == NULL)
        return error_missing(error, "the pieces of the input");
    const size_t parties = check_pieces(circuit, pieces, n_pieces, error);
    if (parties == 0)
        return PT_ERR_USAGE;
    status = division_init(&d, circuit, parties, circuit->n_inputs, 0, error);
    if (status == PT_OK)
        place_pieces(&d, pieces, n_pieces);
    return division_finish(&d, ret_circuit, status, error);
}

/* The gates that add up the shares, party by party. */
static void add_shares(const division *d)
{
    const uint32_t n = d->from->n_inputs;
    uint32_t added = 0;
    for (size_t p = 0; p < d->to->n_parties; p++)
        d->to->party_inputs[p] = n;
    for (uint32_t h = 0; h < n; h++)
        d->wires[h] = h;
    for (uint32_t p = 1; p < d->to->n_parties; p++) {
        for (uint32_t h = 0; h < n; h++) {
            d->gates[added] =
                (gate){.op = GATE_XOR, .a = d->wires[h] & (CIRCUIT_MAX_WIRES - 1), .b = p * n + h};
            d->wires[h] = d->to->n_inputs + added++;
        }
    }
    PT_ASSERT(added == d->n_added);
}

pt_status pt_circuit_share_input(pt_circuit **ret_circuit, const pt_circuit *circuit,
                                 size_t parties, pt_error *error)
{
    division d;
    pt_status status = check_divisible(ret_circuit, circuit, error);
    if (status != PT_OK)
        return status;
    if (parties == 0 || parties > CIRCUIT_MAX_PARTIES)
        return error_set(error, PT_ERR_USAGE, "shares are for 1 to %d parties, not %zu",
                         CIRCUIT_MAX_PARTIES, parties);
    const uint64_t n = circuit->n_inputs;
    status = division_init(&d, circuit, parties, n * parties, n * (parties - 1), error);
    if (status == PT_OK)
        add_shares(&d);
    return division_finish(&d, ret_circuit, status, error);
}
