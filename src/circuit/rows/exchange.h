/* The exchange of two rows of wires, as a network that merges lists has it many times. Layer:
 * circuit.
 *
 *     d[k]    = low[k] ^ high[k]                       for every bit k of the rows
 *     greater = greater ^ d[k] & (low[k] ^ greater)    from the last bit of the key to the first
 *     low[k]  = low[k] ^ d[k] & greater                for every bit: the smaller row
 *     high[k] = high[k] ^ d[k] & greater               and the other
 *
 * Gates of different exchanges are never equal, so that nothing looks for them. A large graph keeps
 * an exchange as one record, a slot for each wire that comes out of it, in place of three times as
 * many gates: the graph's passes see those wires as they see inputs. */
#ifndef CIRCUIT_ROWS_EXCHANGE_H
#define CIRCUIT_ROWS_EXCHANGE_H

#include "circuit/builder.h"

/* Exchanges the rows, of `width` wires each, if low's first n_key bits, at least one, are the
 * greater number. `differences` is scratch: `width` wires. */
void circuit_exchange(circuit_builder *b, wire *low, wire *high, size_t width, size_t n_key,
                      wire *differences);

#endif
