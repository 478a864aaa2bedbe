/* The circuit as instructions on reusable registers, for execution with memory in proportion to the
 * wires alive at once (spec garble.md K8). Layer: circuit.
 *
 * Input wires take registers 0 .. n_inputs-1. A gate's output takes the register of an operand that
 * is read for the last time (the first one's, if both are), else that which was given back last,
 * else a new one. A gate that nothing reads gives its register back at once; those of output wires
 * are never given back.
 *
 * A circuit is kept as these instructions (circuit->code), a few bytes each, so that running it
 * takes no memory beside it:
 *
 *     byte   op in bits 0-1; bit 2: a ends here, bit 3: b; bits 4-5: bytes of a, less one;
 *            bits 6-7: of b. 0x0f: nothing reads what the gate that follows drives
 *     a, b   little-endian; one or two bytes: wire w-1-a, when the gate drives wire w;
 *            three or four: the wire in register a
 *
 * NOT and CONST have a b of 0 in one byte, and CONST its value as a, likewise.
 *
 * An exchange of two rows (rows/exchange.h) whose wires nothing else reads any more is one
 * instruction for all of its gates, in the order in which they stand there, those of a bit one
 * after the other. The rows afterwards are in the registers in which they were before; the gates
 * between take others, and give them back, as they do alone.
 *
 *     byte   0x13
 *     u16    bits of a row, u16 bits of the key
 *     runs   of registers, until low's and then high's are all named: u32 the first one, with
 *            PLAN_RUN_DOWN if they descend, u16 how many */
#ifndef CIRCUIT_PLAN_H
#define CIRCUIT_PLAN_H

#include "base/assert.h"
#include "base/le.h"
#include "circuit/circuit.h"

/* Wires at most so far back are named by their distance, at least one; those before by register. */
#define PLAN_NEAR ((uint32_t)1 << 16)

#define PLAN_A_ENDS  4u
#define PLAN_B_ENDS  8u /* never together with PLAN_A_ENDS for one wire */
#define PLAN_DROPPED 0x0fu

/* Whether there are such: not in a module for browsers, which is to be small (wasm/CMakeLists.txt);
 * a program of which they are part it cannot run together with others. */
#ifndef PLAN_HAS_EXCHANGES
#    define PLAN_HAS_EXCHANGES true
#endif

#define PLAN_EXCHANGE       0x13u
#define PLAN_EXCHANGE_BYTES 5 /* before the runs */
#define PLAN_RUN_BYTES      6
#define PLAN_RUN_DOWN       ((uint32_t)1 << 31)
#define PLAN_MAX_ROW        UINT16_MAX
#define PLAN_MAX_RUN        UINT16_MAX

/* Behind the last instruction come so many zeros, for reads of four bytes. */
#define PLAN_PADDING   4
#define PLAN_MAX_BYTES 10 /* of an instruction, with what says that it is dropped */

/* An instruction as it is written. */
typedef struct plan_code {
    unsigned control;
    uint32_t a;
    uint32_t b;
    bool a_is_register;
    bool b_is_register;
    unsigned n_bytes; /* of control, a and b */
} plan_code;

static inline unsigned plan_code_bytes(unsigned control)
{
    return 3 + (control >> 4 & 3u) + (control >> 6);
}

/* Reads up to PLAN_PADDING bytes more than there are. */
static inline plan_code plan_code_read(const uint8_t *at)
{
    const unsigned control = *at++;
    const unsigned a_bytes = 1 + (control >> 4 & 3u);
    const unsigned b_bytes = 1 + (control >> 6);
    return (plan_code){.control = control,
                       .a = le_get_u32(at) & (UINT32_MAX >> (32 - 8 * a_bytes)),
                       .b = le_get_u32(at + a_bytes) & (UINT32_MAX >> (32 - 8 * b_bytes)),
                       .a_is_register = a_bytes > 2,
                       .b_is_register = b_bytes > 2,
                       .n_bytes = plan_code_bytes(control)};
}

static inline gate_op plan_code_op(plan_code code)
{
    return (gate_op)(code.control & 3u);
}

/* Reads the instruction at *at, which moves on; it is no exchange. */
static inline plan_code plan_code_next(const uint8_t **at)
{
    if (**at == PLAN_DROPPED)
        ++*at;
    const plan_code code = plan_code_read(*at);
    *at += code.n_bytes;
    return code;
}

/* Whether the instruction, which there is, is an exchange. */
static inline bool plan_is_exchange(const uint8_t *at)
{
    return PLAN_HAS_EXCHANGES && *at == PLAN_EXCHANGE;
}

static inline uint32_t plan_ends_count(unsigned ends)
{
    return (ends / PLAN_A_ENDS & 1) + (ends / PLAN_B_ENDS & 1);
}

typedef struct plan_step {
    gate_op op;
    uint32_t out;
    uint32_t a; /* register; for GATE_CONST the value */
    uint32_t b; /* register; for GATE_NOT and GATE_CONST any */
} plan_step;

/* The gate of an exchange that is next. */
typedef enum plan_exchange_stage {
    EXCHANGE_BEGIN, /* there is none, or it was not read yet */
    EXCHANGE_DIFFERENCE,
    EXCHANGE_FIRST, /* AND, of the key's last bit */
    EXCHANGE_SUM,
    EXCHANGE_AND, /* of that sum */
    EXCHANGE_GREATER,
    EXCHANGE_CHANGE, /* AND */
    EXCHANGE_LOW,
    EXCHANGE_HIGH
} plan_exchange_stage;

/* Everything is registers. */
typedef struct plan_exchange {
    plan_exchange_stage stage;
    uint32_t width;
    uint32_t n_key;
    uint32_t bit;
    uint32_t greater;
    uint32_t change; /* or the sum */
    unsigned ends;   /* which operands of the last gate ended: PLAN_A_ENDS, PLAN_B_ENDS */
    size_t n_bytes;  /* of the instruction */
    uint32_t *rows;  /* low, then high */
    uint32_t *differences;
} plan_exchange;

/* A walk through all instructions, once. They are in order: packed here, or checked when they were
 * read. Should somebody write into a file that is used in place, no register is left even so. */
typedef struct plan_walk {
    const uint8_t *at;
    const uint8_t *end;
    const uint8_t *passed; /* where the bytes begin that plan_walk_pass has to do with next */
    uint32_t wire;         /* that the next one drives */
    uint32_t n_taken;      /* registers, ever */
    uint32_t n_registers;  /* at most */
    uint32_t n_spare;
    uint32_t max_spare;
    uint32_t *spare;        /* registers given back, the last one first to be taken */
    uint32_t *recent;       /* registers of the last wires */
    uint32_t mask;          /* of `recent` */
    uint32_t max_width;     /* of the rows that are exchanged */
    plan_exchange exchange; /* `at` stays until all its gates are passed */
} plan_walk;

/* Starts at the first instruction; borrows the circuit. Clear it either way. False: out of memory.
 */
MUST_CHECK bool plan_walk_init(plan_walk *ret_walk, const pt_circuit *c);
void plan_walk_clear(plan_walk *w);
/* What a walk takes, at most. */
uint64_t plan_walk_bytes(const pt_circuit *c);

/* What the walk has passed will not be needed for some time: pages of a file may leave memory. */
void plan_walk_pass(plan_walk *w, const pt_circuit *c);

/* The same now and then: behind each step of a walk that nothing else cuts. */
#define PLAN_GATES_A_PASS ((uint32_t)1 << 20)
static inline void plan_walk_pass_often(plan_walk *w, const pt_circuit *c)
{
    if (w->wire % PLAN_GATES_A_PASS == 0)
        plan_walk_pass(w, c);
}

static inline bool plan_walk_is_done(const plan_walk *w)
{
    return w->at >= w->end;
}

static inline bool plan_walk_is_dropped(const plan_walk *w)
{
    return *w->at == PLAN_DROPPED;
}

/* Whether the next gate is one of an exchange. */
static inline bool plan_walk_in_exchange(const plan_walk *w)
{
    return plan_is_exchange(w->at);
}

/* Whether the next gate, which there is, is an AND. */
static inline bool plan_walk_at_and(const plan_walk *w)
{
    if (plan_walk_in_exchange(w))
        return w->exchange.stage == EXCHANGE_FIRST || w->exchange.stage == EXCHANGE_AND ||
               w->exchange.stage == EXCHANGE_CHANGE;
    return (w->at[plan_walk_is_dropped(w) ? 1 : 0] & 3u) == GATE_AND;
}

static inline uint32_t plan_walk_operand(const plan_walk *w, uint32_t v, bool is_register)
{
    PT_ASSERT(!is_register || v < w->n_taken);
    return is_register ? v : w->recent[(w->wire - 1 - v) & w->mask];
}

static inline void plan_walk_give_back(plan_walk *w, uint32_t number)
{
    PT_ASSERT(w->n_spare < w->max_spare);
    w->spare[w->n_spare++] = number;
}

/* The register that the output takes. */
static inline uint32_t plan_walk_take(plan_walk *w, unsigned ends, uint32_t a, uint32_t b)
{
    if (ends & PLAN_B_ENDS)
        plan_walk_give_back(w, b);
    if (ends & PLAN_A_ENDS)
        plan_walk_give_back(w, a);
    const uint32_t out = w->n_spare > 0 ? w->spare[--w->n_spare] : w->n_taken++;
    PT_ASSERT(out < w->n_registers);
    w->recent[w->wire++ & w->mask] = out;
    return out;
}

typedef struct plan_exchange_counts {
    uint32_t n_xor;
    uint32_t n_and;
} plan_exchange_counts;

/* The gates of the exchange at *at, which moves on. */
plan_exchange_counts plan_exchange_count(const uint8_t **at);
/* The next gate of the exchange at which the walk is. */
plan_step plan_exchange_next(plan_walk *w);
/* The next gate of the one that is in w->exchange. */
plan_step plan_exchange_step(plan_walk *w);

/* The next gate. There must be one. */
static inline plan_step plan_walk_next(plan_walk *w)
{
    if (plan_walk_in_exchange(w))
        return plan_exchange_next(w);
    const bool is_dropped = plan_walk_is_dropped(w);
    const plan_code code = plan_code_next(&w->at);
    plan_step step = {.op = plan_code_op(code), .a = code.a, .b = 0};
    if (step.op != GATE_CONST) {
        step.a = plan_walk_operand(w, code.a, code.a_is_register);
        step.b = plan_walk_operand(w, code.b, code.b_is_register);
    }
    step.out = plan_walk_take(w, code.control, step.a, step.b);
    if (is_dropped)
        plan_walk_give_back(w, step.out);
    return step;
}

/* The gates in order, as they were before registers. */
typedef struct gate_walk {
    plan_walk plan;
    uint32_t *wires; /* in each register, if it has had one that is no input, + 1 */
} gate_walk;

/* As plan_walk_init. */
MUST_CHECK bool gate_walk_init(gate_walk *ret_walk, const pt_circuit *c);
void gate_walk_clear(gate_walk *w);

static inline uint32_t gate_walk_wire(const gate_walk *w, uint32_t at)
{
    return w->wires[at] == 0 ? at : w->wires[at] - 1;
}

/* The next gate, which there is. */
static inline gate gate_walk_next(gate_walk *w)
{
    const plan_step step = plan_walk_next(&w->plan);
    gate g = {.op = (unsigned)step.op & 3u, .a = step.a & (CIRCUIT_MAX_WIRES - 1), .b = 0};
    if (step.op != GATE_CONST)
        g.a = gate_walk_wire(w, step.a) & (CIRCUIT_MAX_WIRES - 1);
    if (step.op == GATE_AND || step.op == GATE_XOR)
        g.b = gate_walk_wire(w, step.b);
    w->wires[step.out] = w->plan.wire;
    return g;
}

#endif
