#include "circuit/rows/exchange.h"

#include "base/assert.h"
#include "circuit/builder_impl.h"

/* low ^ high for every bit, and whether low is the greater, for one AND a key bit: from the last
 * bit on, where the bits differ low's decides. */
static wire compare(circuit_builder *b, const wire *low, const wire *high, size_t width,
                    size_t n_key, wire *differences)
{
    wire greater = WIRE_FALSE;
    for (size_t k = 0; k < width; k++)
        differences[k] = circuit_xor(b, low[k], high[k]);
    for (size_t k = n_key; k-- > 0;) {
        const wire change = circuit_and(b, differences[k], circuit_xor(b, low[k], greater));
        greater = circuit_xor(b, greater, change);
    }
    return greater;
}

static void exchange_by_gates(circuit_builder *b, wire *low, wire *high, size_t width, size_t n_key,
                              wire *differences)
{
    const wire swap = compare(b, low, high, width, n_key, differences);
    for (size_t k = 0; k < width; k++) {
        const wire change = circuit_and(b, differences[k], swap);
        low[k] = circuit_xor(b, low[k], change);
        high[k] = circuit_xor(b, high[k], change);
    }
}

/* Whether nothing folds: no bit is a constant, or the same in both rows. */
static bool folds_nowhere(const wire *low, const wire *high, size_t width)
{
    for (size_t k = 0; k < width; k++) {
        if (wire_is_const(low[k]) || wire_is_const(high[k]) ||
            wire_node(low[k]) == wire_node(high[k]))
            return false;
    }
    return true;
}

void circuit_exchange(circuit_builder *b, wire *low, wire *high, size_t width, size_t n_key,
                      wire *differences)
{
    PT_ASSERT(n_key > 0 && n_key <= width);
    if (!builder_keeps_exchanges(b) || !folds_nowhere(low, high, width) ||
        !builder_add_exchange(b, low, high, width, n_key))
        exchange_by_gates(b, low, high, width, n_key, differences);
}
