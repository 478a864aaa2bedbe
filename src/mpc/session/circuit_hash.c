/* The circuit hash of hello.h (protocol spec, section 0.8). The serialisation, all numbers u32:
 *
 *      parties, inputs, gates, outputs, output values
 *      input bits of each party        (party 0's wires come first: this names every input's owner)
 *      per gate: op (one byte), a, b
 *      output wires
 *      widths of the output values */
#include "base/le.h"
#include "circuit/plan.h"
#include "crypto/ro.h"
#include "crypto/ro_labels.h"
#include "mpc/session/hello.h"

/* Gathers small pieces for the hash. */
typedef struct sink {
    ro *h;
    size_t len;
    uint8_t bytes[4096];
} sink;

static void sink_flush(sink *k)
{
    ro_part(k->h, k->bytes, k->len);
    k->len = 0;
}

/* Where the next `len` bytes go, len at most CIRCUIT_HASH_GATE_BYTES. */
static uint8_t *sink_place(sink *k, size_t len)
{
    if (sizeof k->bytes - k->len < len)
        sink_flush(k);
    uint8_t *at = k->bytes + k->len;
    k->len += len;
    return at;
}

static void sink_u32(sink *k, uint32_t v)
{
    le_put_u32(sink_place(k, 4), v);
}

static void sink_gate(sink *k, gate g)
{
    uint8_t *at = sink_place(k, CIRCUIT_HASH_GATE_BYTES);
    at[0] = (uint8_t)g.op;
    le_put_u32(at + 1, g.a);
    le_put_u32(at + 5, g.b);
}

static void sink_u32s(sink *k, const uint32_t *v, size_t n)
{
    for (size_t i = 0; i < n; i++)
        sink_u32(k, v[i]);
}

bool circuit_hash(uint8_t ret_hash[DIGEST_BYTES], const pt_circuit *c)
{
    gate_walk w;
    if (!gate_walk_init(&w, c)) {
        gate_walk_clear(&w);
        return false;
    }
    const uint64_t words = 5 + (uint64_t)c->n_parties + c->n_outputs + c->n_output_values;
    ro h;
    sink k = {.h = &h};
    ro_init(&h, DIGEST_BYTES, RO_LABEL_CIRCUIT);
    ro_field_begin(&h, 4 * words + CIRCUIT_HASH_GATE_BYTES * (uint64_t)c->n_gates);
    sink_u32(&k, (uint32_t)c->n_parties);
    sink_u32(&k, c->n_inputs);
    sink_u32(&k, c->n_gates);
    sink_u32(&k, c->n_outputs);
    sink_u32(&k, (uint32_t)c->n_output_values);
    sink_u32s(&k, c->party_inputs, c->n_parties);
    for (uint32_t g = 0; g < c->n_gates; g++) {
        sink_gate(&k, gate_walk_next(&w));
        plan_walk_pass_often(&w.plan, c);
    }
    plan_walk_pass(&w.plan, c);
    sink_u32s(&k, c->outputs, c->n_outputs);
    sink_u32s(&k, c->output_value_bits, c->n_output_values);
    sink_flush(&k);
    ro_final(&h, ret_hash);
    gate_walk_clear(&w);
    return true;
}

_Static_assert(CIRCUIT_DIGEST_BYTES == DIGEST_BYTES, "a circuit has room for it");

enum { DIGEST_NONE, DIGEST_WRITTEN, DIGEST_THERE };

/* Threads that ask before it is there all compute it, and one of them leaves it. */
bool circuit_hash_kept(uint8_t ret_hash[DIGEST_BYTES], const pt_circuit *c)
{
    pt_circuit *keeper = (pt_circuit *)(uintptr_t)c;
    int state = DIGEST_NONE;
    if (atomic_load_explicit(&keeper->digest_state, memory_order_acquire) == DIGEST_THERE) {
        memcpy(ret_hash, c->digest, DIGEST_BYTES);
        return true;
    }
    if (!circuit_hash(ret_hash, c))
        return false;
    if (atomic_compare_exchange_strong(&keeper->digest_state, &state, DIGEST_WRITTEN)) {
        memcpy(keeper->digest, ret_hash, DIGEST_BYTES);
        atomic_store_explicit(&keeper->digest_state, DIGEST_THERE, memory_order_release);
    }
    return true;
}
