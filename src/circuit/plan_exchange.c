/* The gates of an exchange, one by one: see plan.h. */
#include "circuit/plan.h"

/* Its rows' registers. That they are right is checked when the instruction is packed or read
 * (compact.c); here, that none is anywhere else, should the bytes have changed since. */
static void read_rows(plan_walk *w, const uint8_t *at)
{
    plan_exchange *x = &w->exchange;
    for (uint32_t n = 0; n < 2 * x->width;) {
        PT_ASSERT(w->end - at >= PLAN_RUN_BYTES);
        const uint32_t first = le_get_u32(at);
        const uint32_t step = (first & PLAN_RUN_DOWN) != 0 ? UINT32_MAX : 1;
        uint32_t number = first & ~PLAN_RUN_DOWN;
        for (unsigned left = le_get_u16(at + 4); left > 0; left--, number += step) {
            PT_ASSERT(number < w->n_taken && n < 2 * x->width);
            x->rows[n++] = number;
        }
        at += PLAN_RUN_BYTES;
    }
    x->n_bytes = (size_t)(at - w->at);
}

static void begin_exchange(plan_walk *w)
{
    plan_exchange *x = &w->exchange;
    PT_ASSERT(w->end - w->at >= PLAN_EXCHANGE_BYTES);
    x->width = le_get_u16(w->at + 1);
    x->n_key = le_get_u16(w->at + 3);
    PT_ASSERT(x->width <= w->max_width && x->n_key <= x->width && x->n_key > 0);
    read_rows(w, w->at + PLAN_EXCHANGE_BYTES);
    x->bit = 0;
    x->stage = EXCHANGE_DIFFERENCE;
}

static plan_step take_step(plan_walk *w, gate_op op, uint32_t a, uint32_t b, unsigned ends)
{
    w->exchange.ends = ends;
    return (plan_step){.op = op, .a = a, .b = b, .out = plan_walk_take(w, ends, a, b)};
}

/* The comparison of a bit is done. */
static void compare_next(plan_exchange *x)
{
    x->stage = x->bit == 0 ? EXCHANGE_CHANGE : EXCHANGE_SUM;
    x->bit -= x->bit == 0 ? 0 : 1;
}

plan_step plan_exchange_step(plan_walk *w)
{
    enum { NONE = 0, A = PLAN_A_ENDS, B = PLAN_B_ENDS };
    plan_exchange *x = &w->exchange;
    plan_step step = {.op = GATE_XOR};
    const uint32_t bit = x->bit;
    uint32_t *low = x->rows;
    uint32_t *high = x->rows + x->width;
    switch (x->stage) {
    case EXCHANGE_BEGIN:
        break;
    case EXCHANGE_DIFFERENCE:
        step = take_step(w, GATE_XOR, low[bit], high[bit], NONE);
        x->differences[bit] = step.out;
        x->bit++;
        if (x->bit == x->width) {
            x->bit = x->n_key - 1;
            x->stage = EXCHANGE_FIRST;
        }
        break;
    case EXCHANGE_FIRST:
        step = take_step(w, GATE_AND, low[bit], x->differences[bit], NONE);
        x->greater = step.out;
        compare_next(x);
        break;
    case EXCHANGE_SUM:
        step = take_step(w, GATE_XOR, x->greater, low[bit], NONE);
        x->change = step.out;
        x->stage = EXCHANGE_AND;
        break;
    case EXCHANGE_AND:
        step = take_step(w, GATE_AND, x->change, x->differences[bit], A);
        x->change = step.out;
        x->stage = EXCHANGE_GREATER;
        break;
    case EXCHANGE_GREATER:
        step = take_step(w, GATE_XOR, x->greater, x->change, A | B);
        x->greater = step.out;
        compare_next(x);
        break;
    case EXCHANGE_CHANGE:
        step = take_step(w, GATE_AND, x->differences[bit], x->greater,
                         bit + 1 == x->width ? A | B : A);
        x->change = step.out;
        x->stage = EXCHANGE_LOW;
        break;
    case EXCHANGE_LOW:
        step = take_step(w, GATE_XOR, low[bit], x->change, A);
        x->stage = EXCHANGE_HIGH;
        break;
    case EXCHANGE_HIGH:
        step = take_step(w, GATE_XOR, high[bit], x->change, A | B);
        x->bit++;
        x->stage = x->bit == x->width ? EXCHANGE_BEGIN : EXCHANGE_CHANGE;
        break;
    }
    return step;
}

plan_step plan_exchange_next(plan_walk *w)
{
    plan_exchange *x = &w->exchange;
    if (x->stage == EXCHANGE_BEGIN)
        begin_exchange(w);
    const plan_step step = plan_exchange_step(w);
    if (x->stage == EXCHANGE_BEGIN)
        w->at += x->n_bytes;
    return step;
}

plan_exchange_counts plan_exchange_count(const uint8_t **at)
{
    const uint32_t width = le_get_u16(*at + 1);
    const uint32_t n_key = le_get_u16(*at + 3);
    uint32_t n = 0;
    *at += PLAN_EXCHANGE_BYTES;
    while (n < 2 * width) {
        const uint32_t length = le_get_u16(*at + 4);
        PT_ASSERT(length > 0);
        n += length;
        *at += PLAN_RUN_BYTES;
    }
    return (plan_exchange_counts){.n_xor = 3 * width + 2 * (n_key - 1), .n_and = width + n_key};
}
