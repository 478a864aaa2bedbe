/* A mesh that counts what is on its way, and can hold every message back for as long as that is
 * possible: one is given out only when all parties wait for one, so that as many are on their way
 * as windows allow, whatever the machine does. */
#ifndef TESTS_MPC_FORECAST_HELD_H
#define TESTS_MPC_FORECAST_HELD_H

#include <stddef.h>
#include <stdint.h>

#include "polytune/channel.h"

#define HELD_SEATS_MAX 9

typedef struct held held;

/* Nothing is held back. */
#define HELD_NOT SIZE_MAX

/* Wraps the ends of a mesh in place; seat `last` is the last of all to get a message. `count` is
 * told of bytes that are sent, and, negative, of those taken. Release with held_free when all ends
 * are closed. */
held *held_wrap(pt_channel *channels, size_t seats, size_t last, void (*count)(long long bytes));
void held_free(held *h);

/* The most bytes that were on their way between two seats at once, both ways together. */
size_t held_most(const held *h);

#endif
