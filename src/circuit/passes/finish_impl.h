/* What finish.c and finish_exchange.c share. Layer: circuit. */
#ifndef CIRCUIT_PASSES_FINISH_IMPL_H
#define CIRCUIT_PASSES_FINISH_IMPL_H

#include "circuit/builder_impl.h"
#include "circuit/pack.h"

enum {
    NEED_PLAIN = 1,
    NEED_COMPLEMENT = 2,
    NEED_ANY = NEED_PLAIN | NEED_COMPLEMENT,
    FLIP_A = 4, /* this XOR reads operand a, b complemented */
    FLIP_B = 8,
    LAST_OF_A = 16, /* nothing reads operand a, b later in the polarity in which this gate does */
    LAST_OF_B = 32,
    NOT_MADE = 64, /* its NOT gate is there */
    WAS_READ = 128 /* only its NOT gate, which is to come, still reads it */
};

/* Of one exchange, as its gates are made. */
typedef struct exchange_scratch {
    wire *rows; /* low[0], high[0], low[1], .. */
    pack_operand *differences;
    uint32_t *registers; /* of the rows, low and then high */
    uint32_t *numbers;   /* and of what they are afterwards */
} exchange_scratch;

typedef struct finisher {
    circuit_builder *b;
    uint8_t *marks;   /* per node */
    uint64_t n_gates; /* of the circuit */
    packer packer;
    exchange_scratch scratch;
    pack_operand constants[2];
    bool has_constant[2];
    pt_circuit *c;
} finisher;

/* Whether it was not needed before: what says so, who comes later, reads it last. */
static inline bool finish_need(finisher *f, wire w)
{
    uint8_t *marks = &f->marks[wire_node(w)];
    const uint8_t before = *marks;
    *marks |= wire_complement(w) != 0 ? NEED_COMPLEMENT : NEED_PLAIN;
    return *marks != before;
}

/* The polarity in which a gate comes out: complemented when exactly one operand is flipped. */
static inline wire finish_made_complement(uint8_t needs)
{
    return ((needs & FLIP_A) != 0) != ((needs & FLIP_B) != 0);
}

/* Whether it is needed in the other polarity. */
static inline bool finish_needs_not(uint8_t needs)
{
    const uint8_t made = finish_made_complement(needs) != 0 ? NEED_COMPLEMENT : NEED_PLAIN;
    return (needs & NEED_ANY & ~made) != 0;
}

/* Where the circuit has `w`, of which nobody later reads when *ends; what that comes to for the
 * circuit's wire is there afterwards. False: out of memory. */
MUST_CHECK bool finish_operand(finisher *f, pack_operand *ret, wire w, bool *ends);

/* --- exchanges kept as records (passes/finish_exchange.c) --- */

/* False: out of memory. */
MUST_CHECK bool finish_exchanges_init(finisher *f);
void finish_exchanges_clear(finisher *f);
/* What the record needs, for the walk from the last gate to the first, when it comes to it. */
void finish_exchange_mark(finisher *f, exchange_record e);
/* Makes the gates of the record at gate `first`, whose first slot the packer has read; returns how
 * many slots there are, or 0: out of memory. */
MUST_CHECK uint32_t finish_exchange_emit(finisher *f, uint32_t first, builder_gate slot);

/* Counts `n` ANDs for the line of a gate. */
void finish_count_ands(const finisher *f, uint32_t i, uint32_t n);

#endif
