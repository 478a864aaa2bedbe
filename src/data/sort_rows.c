#include "data/sort_rows.h"

#include <string.h>

#include "base/bits.h"
#include "base/error.h"
#include "base/mem.h"

typedef struct row_sorter {
    uint8_t *keys; /* of every row and then of an empty one, padded to whole bytes, most significant
                      first */
    size_t key_bytes;
    size_t n_rows;
    bool has_empty; /* there are empty rows, whose key is that of the last */
    size_t *order;
    size_t *spare;
} row_sorter;

static const uint8_t *key_at(const row_sorter *s, size_t row)
{
    return s->keys + row * s->key_bytes;
}

static int key_compare(const row_sorter *s, size_t x, size_t y)
{
    return memcmp(key_at(s, x), key_at(s, y), s->key_bytes);
}

static bool is_empty(const row_sorter *s, size_t row)
{
    return s->has_empty && key_compare(s, row, s->n_rows) == 0;
}

static bool is_in_order(const row_sorter *s, size_t x, size_t y)
{
    if (is_empty(s, x) || is_empty(s, y))
        return is_empty(s, y);
    return key_compare(s, x, y) <= 0;
}

/* Rows that fill a table up are empty, and so may be others, if the row is an enum. */
static void take_empty(row_sorter *s, const row_shape *r, const table *t)
{
    uint8_t *key = s->keys + s->n_rows * s->key_bytes;
    if (table_rows(t) < s->n_rows) {
        s->has_empty = true;
        memcpy(key, key_at(s, s->n_rows - 1), s->key_bytes);
    } else if (r->row.kind == SHAPE_CHOICE && r->row.empty != SHAPE_NO_VARIANT) {
        s->has_empty = true;
        for (size_t i = 0; i < r->row.tag_bits; i++) {
            const size_t bit = (r->row.empty >> (r->row.tag_bits - 1 - i)) & 1;
            key[i / 8] |= (uint8_t)(bit << (7 - i % 8));
        }
    }
}

static void copy_keys(row_sorter *s, const uint8_t *bits, size_t row_bits, size_t key_bits)
{
    for (size_t row = 0; row < s->n_rows; row++) {
        uint8_t *key = s->keys + row * s->key_bytes;
        for (size_t i = 0; i < key_bits; i++) {
            const unsigned bit = bits_get(bits, row * row_bits + i);
            key[i / 8] |= (uint8_t)(bit << (7 - i % 8));
        }
    }
}

/* Merges the sorted order[first..middle) and order[middle..end) by way of `spare`. */
static void merge(row_sorter *s, size_t first, size_t middle, size_t end)
{
    size_t left = first;
    size_t right = middle;
    for (size_t i = first; i < end; i++) {
        const bool from_left =
            right == end || (left < middle && is_in_order(s, s->order[left], s->order[right]));
        s->spare[i] = from_left ? s->order[left++] : s->order[right++];
    }
    memcpy(s->order + first, s->spare + first, (end - first) * sizeof *s->order);
}

static void merge_sort(row_sorter *s)
{
    for (size_t width = 1; width < s->n_rows; width *= 2) {
        for (size_t first = 0; first + width < s->n_rows; first += 2 * width) {
            const size_t left = s->n_rows - first;
            merge(s, first, first + width, left < 2 * width ? s->n_rows : first + 2 * width);
        }
    }
}

/* Keys that occur twice are neighbours now. */
static pt_status check_twice(const row_sorter *s, const table *t, pt_error *error)
{
    for (size_t i = 1; i < s->n_rows; i++) {
        const size_t x = s->order[i - 1];
        const size_t y = s->order[i];
        if (y < table_rows(t) && key_compare(s, x, y) == 0)
            return error_set(error, PT_ERR_INPUT,
                             "%s: rows %zu and %zu have the same key; a join needs each key once",
                             t->source, x + 1, y + 1);
    }
    return PT_OK;
}

static pt_status move_rows(const row_sorter *s, uint8_t *bits, size_t row_bits, pt_error *error)
{
    const size_t size = bits_bytes(s->n_rows * row_bits);
    uint8_t *old = mem_new(size, 1);
    if (old == NULL)
        return error_memory(error);
    memcpy(old, bits, size);
    for (size_t row = 0; row < s->n_rows; row++) {
        for (size_t i = 0; i < row_bits; i++)
            bits_set(bits, row * row_bits + i, bits_get(old, s->order[row] * row_bits + i));
    }
    mem_free_secret(old, size);
    return PT_OK;
}

pt_status sort_rows(uint8_t *bits, const row_shape *r, const table *t, pt_error *error)
{
    const size_t row_bits = r->row.n_bits;
    const size_t key_bits = r->is_tuple ? r->row.parts[0].n_bits : row_bits;
    row_sorter s = {.key_bytes = bits_bytes(key_bits), .n_rows = r->n_rows};
    s.keys = mem_new(s.n_rows + 1, s.key_bytes);
    s.order = mem_new(s.n_rows, sizeof *s.order);
    s.spare = mem_new(s.n_rows, sizeof *s.spare);
    pt_status status = PT_OK;
    if (s.keys == NULL || s.order == NULL || s.spare == NULL)
        status = error_memory(error);
    if (status == PT_OK) {
        copy_keys(&s, bits, row_bits, key_bits);
        take_empty(&s, r, t);
        for (size_t i = 0; i < s.n_rows; i++)
            s.order[i] = i;
        merge_sort(&s);
        status = check_twice(&s, t, error);
    }
    if (status == PT_OK)
        status = move_rows(&s, bits, row_bits, error);
    mem_free_secret(s.keys, (s.n_rows + 1) * s.key_bytes);
    mem_free_secret(s.order, s.n_rows * sizeof *s.order);
    mem_free_secret(s.spare, s.n_rows * sizeof *s.spare);
    return status;
}
