/* Literals of Bristol Fashion circuits: 0x... and 0b..., bit 0 the least significant. Layer: cli.
 */
#ifndef CLI_BITS_LITERAL_H
#define CLI_BITS_LITERAL_H

#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "polytune/status.h"

/* Writes n_bits bytes 0 or 1. The text has len bytes and a NUL behind them; digits may be fewer
 * than the width, and bits past it must be zero. PT_ERR_INPUT. */
PT_MUST_CHECK pt_status bits_literal_parse(uint8_t *ret_bits, size_t n_bits, const char *text,
                                           size_t len, pt_error *error);

/* Appends 0x and as many digits as n_bits need. */
void bits_literal_print(buffer *b, const uint8_t *bits, size_t n_bits);

#endif
