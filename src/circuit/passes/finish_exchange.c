/* Exchanges that the builder has kept as records become gates (circuit/rows/exchange.h).
 *
 * Of a bit k that nobody reads afterwards nothing is left; if it is one of the key, the comparison.
 * Who reads low[k] and high[k] last is told by marks of the record's slots, of which a wire's node
 * leaves some over:
 *
 *                       of low[k], in slot 2k   of high[k], in slot 2k + 1
 *     the difference    FLIP_A and FLIP_B       FLIP_A and FLIP_B
 *     the comparison    LAST_OF_B
 *     the row's wire    LAST_OF_A               LAST_OF_A */
#include "base/assert.h"
#include "base/mem.h"
#include "circuit/passes/finish_impl.h"

#define ENDS_IN_DIFFERENCE (FLIP_A | FLIP_B) /* no complement: both are flipped */
#define ENDS_IN_COMPARISON LAST_OF_B
#define ENDS_IN_ROW        LAST_OF_A

bool finish_exchanges_init(finisher *f)
{
    const size_t width = f->b->exchange_width;
    f->scratch = (exchange_scratch){.rows = mem_new(2 * width, sizeof *f->scratch.rows),
                                    .differences = mem_new(width, sizeof *f->scratch.differences),
                                    .registers = mem_new(2 * width, sizeof *f->scratch.registers),
                                    .numbers = mem_new(2 * width, sizeof *f->scratch.numbers)};
    return f->scratch.rows != NULL && f->scratch.differences != NULL &&
           f->scratch.registers != NULL && f->scratch.numbers != NULL;
}

void finish_exchanges_clear(finisher *f)
{
    mem_free(f->scratch.rows);
    mem_free(f->scratch.differences);
    mem_free(f->scratch.registers);
    mem_free(f->scratch.numbers);
}

static uint8_t *marks_of(const finisher *f, exchange_record e)
{
    return f->marks + f->b->n_inputs + 1 + e.first;
}

/* Whether the row's wire of a slot is read. */
static bool slot_is_read(uint8_t mark)
{
    return (mark & NEED_ANY) != 0;
}

static bool bit_is_read(const uint8_t *marks, uint32_t k)
{
    return slot_is_read(marks[2 * k] | marks[2 * k + 1]);
}

static uint32_t count_read_bits(const uint8_t *marks, uint32_t width)
{
    uint32_t n = 0;
    for (uint32_t k = 0; k < width; k++)
        n += bit_is_read(marks, k) ? 1 : 0;
    return n;
}

/* --- from the last gate to the first --- */

static void mark_rows(finisher *f, exchange_record e, uint8_t *marks)
{
    for (uint32_t i = 2 * e.width; i-- > 0;) {
        if (!slot_is_read(marks[i]))
            continue;
        const wire w = i % 2 == 0 ? exchange_low(f->b, e, i / 2) : exchange_high(f->b, e, i / 2);
        f->n_gates += finish_needs_not(marks[i]) ? 2 : 1;
        if (finish_need(f, w))
            marks[i] |= ENDS_IN_ROW;
    }
}

static void mark_comparison(finisher *f, exchange_record e, uint8_t *marks)
{
    for (uint32_t k = 0; k < e.n_key; k++) {
        if (finish_need(f, exchange_low(f->b, e, k)))
            marks[2 * k] |= ENDS_IN_COMPARISON;
    }
}

static void mark_differences(finisher *f, exchange_record e, uint8_t *marks)
{
    for (uint32_t k = e.width; k-- > 0;) {
        const bool is_read = bit_is_read(marks, k);
        if (k >= e.n_key && !is_read)
            continue;
        f->n_gates += is_read ? 2 : 1;
        if (finish_need(f, exchange_high(f->b, e, k)))
            marks[2 * k + 1] |= ENDS_IN_DIFFERENCE;
        if (finish_need(f, exchange_low(f->b, e, k)))
            marks[2 * k] |= ENDS_IN_DIFFERENCE;
    }
}

void finish_exchange_mark(finisher *f, exchange_record e)
{
    uint8_t *marks = marks_of(f, e);
    if (count_read_bits(marks, e.width) == 0)
        return;
    mark_rows(f, e, marks);
    mark_comparison(f, e, marks);
    f->n_gates += 3 * e.n_key - 2;
    mark_differences(f, e, marks);
}

/* --- and back --- */

static unsigned ends_of(bool a_ends, bool b_ends)
{
    return (a_ends ? PLAN_A_ENDS : 0) | (b_ends ? PLAN_B_ENDS : 0);
}

static bool has_marks(uint8_t marks, unsigned wanted)
{
    return (marks & wanted) == wanted;
}

/* A gate whose output only this exchange reads. */
static bool put_inner(finisher *f, pack_operand *ret, gate_op op, pack_operand a, bool a_ends,
                      pack_operand b, bool b_ends)
{
    if (!packer_put(&f->packer, 0, op, ends_of(a_ends, b_ends), a, b))
        return false;
    *ret = packer_last(&f->packer);
    return true;
}

static bool put_differences(finisher *f, exchange_record e, const uint8_t *marks)
{
    pack_operand low, high;
    for (uint32_t k = 0; k < e.width; k++) {
        bool low_ends = has_marks(marks[2 * k], ENDS_IN_DIFFERENCE);
        bool high_ends = has_marks(marks[2 * k + 1], ENDS_IN_DIFFERENCE);
        if (k >= e.n_key && !bit_is_read(marks, k))
            continue;
        if (!finish_operand(f, &low, f->scratch.rows[2 * k], &low_ends) ||
            !finish_operand(f, &high, f->scratch.rows[2 * k + 1], &high_ends) ||
            !put_inner(f, &f->scratch.differences[k], GATE_XOR, low, low_ends, high, high_ends))
            return false;
    }
    return true;
}

static bool put_comparison(finisher *f, exchange_record e, const uint8_t *marks,
                           pack_operand *ret_greater)
{
    pack_operand low, sum, change;
    for (uint32_t k = e.n_key; k-- > 0;) {
        const pack_operand difference = f->scratch.differences[k];
        const bool difference_ends = !bit_is_read(marks, k);
        bool ends = has_marks(marks[2 * k], ENDS_IN_COMPARISON);
        if (!finish_operand(f, &low, f->scratch.rows[2 * k], &ends))
            return false;
        if (k == e.n_key - 1) {
            if (!put_inner(f, ret_greater, GATE_AND, low, ends, difference, difference_ends))
                return false;
        } else if (!put_inner(f, &sum, GATE_XOR, *ret_greater, false, low, ends) ||
                   !put_inner(f, &change, GATE_AND, sum, true, difference, difference_ends) ||
                   !put_inner(f, ret_greater, GATE_XOR, *ret_greater, true, change, true)) {
            return false;
        }
    }
    return true;
}

/* The wire of a slot, from what it was before and the change, which nothing reads afterwards if
 * `change_ends`. */
static bool put_row_wire(finisher *f, uint32_t first, uint32_t slot, uint8_t mark,
                         pack_operand change, bool change_ends)
{
    const wire out = (f->b->n_inputs + 1 + first + slot) * 2;
    bool ends = (mark & ENDS_IN_ROW) != 0;
    pack_operand before;
    return finish_operand(f, &before, f->scratch.rows[slot], &ends) &&
           packer_put(&f->packer, out, GATE_XOR, ends_of(ends, change_ends), before, change);
}

static bool put_rows(finisher *f, exchange_record e, const uint8_t *marks, pack_operand greater,
                     uint32_t n_read)
{
    pack_operand change;
    for (uint32_t k = 0; n_read > 0; k++) {
        if (!bit_is_read(marks, k))
            continue;
        const bool low_is_read = slot_is_read(marks[2 * k]);
        const bool high_is_read = slot_is_read(marks[2 * k + 1]);
        n_read--;
        if (!put_inner(f, &change, GATE_AND, f->scratch.differences[k], true, greater, n_read == 0))
            return false;
        if (low_is_read && !put_row_wire(f, e.first, 2 * k, marks[2 * k], change, !high_is_read))
            return false;
        if (high_is_read && !put_row_wire(f, e.first, 2 * k + 1, marks[2 * k + 1], change, true))
            return false;
    }
    return true;
}

/* --- as one instruction --- */

/* Whether the wire of a slot is read, and the one before ends with it: nothing else reads that, its
 * NOT gate included. */
static bool goes_on_in_place(const finisher *f, uint32_t slot, uint8_t mark)
{
    const wire before = f->scratch.rows[slot];
    const uint8_t marks = f->marks[wire_node(before)];
    const bool has_not_to_come = finish_needs_not(marks) && (marks & NOT_MADE) == 0;
    return slot_is_read(mark) && (mark & ENDS_IN_ROW) != 0 &&
           (!has_not_to_come || wire_complement(before) != finish_made_complement(marks));
}

/* Whether the bits that are read are, in both rows, and all of the key is. */
static bool is_one_instruction(const finisher *f, exchange_record e, const uint8_t *marks,
                               uint32_t n_read)
{
    if (n_read > PLAN_MAX_ROW)
        return false;
    for (uint32_t k = 0; k < e.width; k++) {
        if (k >= e.n_key && !bit_is_read(marks, k))
            continue;
        if (!goes_on_in_place(f, 2 * k, marks[2 * k]) ||
            !goes_on_in_place(f, 2 * k + 1, marks[2 * k + 1]))
            return false;
    }
    return true;
}

static bool take_row(finisher *f, exchange_record e, const uint8_t *marks, uint32_t offset,
                     uint32_t n)
{
    pack_operand at;
    for (uint32_t k = 0; k < e.width; k++) {
        const uint32_t slot = 2 * k + offset;
        bool ends = true;
        if (!bit_is_read(marks, k))
            continue;
        if (!finish_operand(f, &at, f->scratch.rows[slot], &ends))
            return false;
        PT_ASSERT(ends);
        f->scratch.registers[n] = at.in_register;
        f->scratch.numbers[n++] = (f->b->n_inputs + 1 + e.first + slot) * 2;
    }
    return true;
}

static bool put_one_instruction(finisher *f, exchange_record e, const uint8_t *marks,
                                uint32_t n_read)
{
    return take_row(f, e, marks, 0, 0) && take_row(f, e, marks, 1, n_read) &&
           packer_put_exchange(&f->packer, f->scratch.registers, f->scratch.numbers, n_read,
                               e.n_key);
}

/* Reads the rows; the packer has read the first slot. */
static exchange_record read_record(finisher *f, uint32_t first, builder_gate slot)
{
    exchange_record e = {.first = first, .width = 1};
    for (uint32_t k = 0; k < e.width; k++) {
        builder_gate end;
        if (k > 0)
            packer_next(&f->packer, &slot);
        packer_next(&f->packer, &end);
        if (k == 0)
            e = (exchange_record){first, exchange_number(end.b), exchange_number(end.a)};
        f->scratch.rows[2 * k] = exchange_number(slot.a);
        f->scratch.rows[2 * k + 1] = exchange_number(slot.b);
    }
    return e;
}

uint32_t finish_exchange_emit(finisher *f, uint32_t first, builder_gate slot)
{
    const exchange_record e = read_record(f, first, slot);
    const uint8_t *marks = marks_of(f, e);
    const uint32_t n_read = count_read_bits(marks, e.width);
    pack_operand greater;
    if (n_read == 0)
        return 2 * e.width;
    finish_count_ands(f, first, e.n_key + n_read);
    const bool done = is_one_instruction(f, e, marks, n_read)
                          ? put_one_instruction(f, e, marks, n_read)
                          : put_differences(f, e, marks) && put_comparison(f, e, marks, &greater) &&
                                put_rows(f, e, marks, greater, n_read);
    return done ? 2 * e.width : 0;
}
