/* Any bytes as a literal, as text and as JSON, of each of several types: read or refused, and what
 * is read prints to something that reads back as the same bits. The first byte picks the type. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/assert.h"
#include "base/bits.h"
#include "lang/value/literal.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define N_TYPES 8

static void make_types(const pt_type *types[N_TYPES], arena *a)
{
    const type_field rec[] = {{.name = "zed", .type = type_scalar(TYPE_U8)},
                              {.name = "alf", .type = type_scalar(TYPE_BOOL)}};
    type_field move[] = {{.type = type_scalar(TYPE_I8)}, {.type = type_scalar(TYPE_I64)}};
    const type_variant variants[] = {
        {.name = "Quit"},
        {.name = "Nil", .is_tuple = true},
        {.name = "Move", .is_tuple = true, .n_fields = 2, .fields = move}};
    pt_status status = type_new_struct(&types[0], a, "Rec", rec, 2, NULL);
    if (status == PT_OK)
        status = type_new_enum(&types[1], a, "Msg", variants, 3, NULL);
    if (status == PT_OK)
        status = type_new_array(&types[2], a, types[0], 2, NULL);
    const type_field parts[] = {{.type = types[2]}, {.type = types[1]}, {.type = types[0]}};
    if (status == PT_OK)
        status = type_new_tuple(&types[3], a, parts, 3, NULL);
    if (status == PT_OK)
        status = type_new_array(&types[4], a, type_scalar(TYPE_USIZE), 3, NULL);
    if (status == PT_OK)
        status = type_new_array(&types[5], a, type_scalar(TYPE_U64), 0, NULL);
    if (status == PT_OK)
        status = type_new_tuple(&types[6], a, NULL, 0, NULL);
    types[7] = type_scalar(TYPE_I16);
    PT_ASSERT(status == PT_OK);
}

/* One-tuples print as `(7)`, which does not read back (spec Q6); there is none among the types. */
static void check_round_trip(const pt_literal *literal)
{
    char *text = NULL;
    char *json = NULL;
    pt_literal *from_text = NULL;
    pt_literal *from_json = NULL;
    const pt_type *type = literal->type;
    const size_t n_bytes = bits_bytes(type->n_bits);
    PT_ASSERT(pt_literal_print(&text, literal, NULL) == PT_OK);
    PT_ASSERT(pt_literal_to_json(&json, literal, NULL) == PT_OK);
    PT_ASSERT(pt_literal_parse(&from_text, type, text, strlen(text), NULL) == PT_OK);
    PT_ASSERT(pt_literal_from_json(&from_json, type, json, strlen(json), NULL) == PT_OK);
    PT_ASSERT(memcmp(literal->bits, from_text->bits, n_bytes) == 0);
    PT_ASSERT(memcmp(literal->bits, from_json->bits, n_bytes) == 0);
    pt_text_free(text);
    pt_text_free(json);
    pt_literal_free(from_text);
    pt_literal_free(from_json);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    arena a;
    arena_init(&a, (size_t)1 << 20);
    const pt_type *types[N_TYPES];
    make_types(types, &a);
    const pt_type *type = types[data[0] % N_TYPES];
    const char *text = (const char *)data + 1;
    pt_literal *literal = NULL;
    pt_error error;
    if (pt_literal_parse(&literal, type, text, size - 1, &error) == PT_OK) {
        check_round_trip(literal);
        pt_literal_free(literal);
    }
    if (pt_literal_from_json(&literal, type, text, size - 1, &error) == PT_OK) {
        check_round_trip(literal);
        pt_literal_free(literal);
    }
    arena_clear(&a);
    return 0;
}
