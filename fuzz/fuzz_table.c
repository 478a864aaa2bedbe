/* CSV files as tables, tables as bits, and back as CSV: what was written is read again. */
#define _POSIX_C_SOURCE 200809L
#include <stdio.h>
#include <string.h>

#include "base/assert.h"
#include "base/bits.h"
#include "base/mem.h"
#include "data/csv_read.h"
#include "data/csv_write.h"
#include "data/from_bits.h"
#include "data/to_bits.h"
#include "polytune/polytune.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char source[] = "enum Sex { Female, Male, Missing }\n"
                             "enum Row { Empty, Full(u8, [u8; 4], Sex, i64, bool) }\n"
                             "pub fn main(a: [Row; 8], b: bool) -> bool { b }\n";

static pt_program *program;

static pt_status read_bytes(table *ret_table, const void *bytes, size_t size)
{
    const csv_options how = {.source = "t", .separator = ','};
    pt_error error;
    FILE *file = fmemopen((void *)(uintptr_t)bytes, size, "rb");
    PT_ASSERT(file != NULL);
    const pt_status status = csv_read(ret_table, file, &how, &error);
    (void)fclose(file);
    return status;
}

static uint8_t *convert(const table *t)
{
    const to_bits_options options = {.pad = true, .truncate = true};
    uint8_t *bits = NULL;
    pt_error error;
    if (table_to_bits(&bits, t, pt_program_input_type(program, 0), &options, &error) != PT_OK)
        return NULL;
    return bits;
}

static void write_back(buffer *ret_text, const uint8_t *packed)
{
    const pt_type *type = pt_program_input_type(program, 0);
    uint8_t *bits = mem_new(pt_type_bits(type), 1);
    pt_error error;
    row_shape rows;
    table t;
    for (size_t i = 0; i < pt_type_bits(type); i++)
        bits[i] = (uint8_t)bits_get(packed, i);
    PT_ASSERT(row_shape_init(&rows, type, &error) == PT_OK);
    PT_ASSERT(table_from_bits(&t, &rows, bits, &error) == PT_OK);
    csv_write_table(ret_text, &t, ',');
    table_clear(&t);
    row_shape_clear(&rows);
    mem_free(bits);
}

/* A second reading of what the first one was written as gives the same text. */
static void check_again(const uint8_t *bits)
{
    buffer first;
    buffer second;
    table t;
    buffer_init(&first, 1 << 20);
    buffer_init(&second, 1 << 20);
    write_back(&first, bits);
    PT_ASSERT(read_bytes(&t, first.bytes, first.len) == PT_OK);
    uint8_t *again = convert(&t);
    PT_ASSERT(again != NULL);
    write_back(&second, again);
    PT_ASSERT(first.len == second.len && memcmp(first.bytes, second.bytes, first.len) == 0);
    mem_free(again);
    table_clear(&t);
    buffer_clear(&first);
    buffer_clear(&second);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const pt_compile_options options = {.source = source, .source_len = sizeof source - 1};
    table t;
    pt_error error;
    if (program == NULL)
        PT_ASSERT(pt_program_compile(&program, NULL, &options, &error) == PT_OK);
    if (size == 0)
        return 0;
    if (read_bytes(&t, data, size) == PT_OK) {
        uint8_t *bits = convert(&t);
        if (bits != NULL)
            check_again(bits);
        mem_free(bits);
    }
    table_clear(&t);
    return 0;
}
