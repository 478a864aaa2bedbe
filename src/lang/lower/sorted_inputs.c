#include "lang/lower/sorted_inputs.h"

#include <string.h>

#include "base/error.h"
#include "base/mem.h"

/* Whether the wires are input bits that follow each other, and the first of them. */
static bool are_inputs(uint32_t *ret_first, const circuit_builder *b, const wire *wires, size_t n)
{
    if (!circuit_is_input(ret_first, b, wires[0]))
        return false;
    for (size_t i = 1; i < n; i++) {
        uint32_t at = 0;
        if (!circuit_is_input(&at, b, wires[i]) || at != *ret_first + i)
            return false;
    }
    return true;
}

bool sorted_inputs_add(sorted_inputs *s, const circuit_builder *b, const wire *wires, size_t n_rows,
                       size_t row_bits, size_t key_bits)
{
    uint32_t first = 0;
    if (n_rows < 2 || key_bits == 0 || !are_inputs(&first, b, wires, n_rows * row_bits))
        return true;
    for (size_t i = 0; i < s->n; i++) {
        const sorted_input *known = &s->list[i];
        if (known->first_bit == first && known->n_rows == n_rows && known->key_bits == key_bits)
            return true;
    }
    sorted_input *list = mem_resize(s->list, s->n + 1, sizeof *list);
    if (list == NULL)
        return false;
    s->list = list;
    list[s->n++] = (sorted_input){first, n_rows, row_bits, key_bits};
    return true;
}

void sorted_inputs_clear(sorted_inputs *s)
{
    mem_free(s->list);
    *s = (sorted_inputs){0};
}

/* Keys compare as the join compares them: as unsigned numbers, most significant bit first. The bits
 * are the party's own, and the answer goes to nobody else. */
static pt_status check_rows(const sorted_input *of, const uint8_t *rows, pt_error *error)
{
    for (size_t i = 1; i < of->n_rows; i++) {
        const uint8_t *row = rows + i * of->row_bits;
        const int order = memcmp(row - of->row_bits, row, of->key_bits);
        if (order > 0)
            return error_set(error, PT_ERR_INPUT,
                             "row %zu has a smaller key than the row before; a join needs rows "
                             "ascending by their key, as an unsigned number",
                             i + 1);
        if (order == 0)
            return error_set(error, PT_ERR_INPUT,
                             "rows %zu and %zu have the same key; a join needs each key once", i,
                             i + 1);
    }
    return PT_OK;
}

pt_status sorted_inputs_check(const sorted_inputs *s, uint32_t first_bit, const uint8_t *bits,
                              size_t n_bits, pt_error *error)
{
    for (size_t i = 0; i < s->n; i++) {
        const sorted_input *of = &s->list[i];
        if (of->first_bit < first_bit || of->first_bit - first_bit >= n_bits)
            continue; /* another party's */
        const pt_status status = check_rows(of, bits + (of->first_bit - first_bit), error);
        if (status != PT_OK)
            return status;
    }
    return PT_OK;
}
