/* Values of a program's types, as text, JSON or bits. */
#ifndef POLYTUNE_LITERAL_H
#define POLYTUNE_LITERAL_H

#include <stddef.h>
#include <stdint.h>

#include "polytune/status.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct pt_literal pt_literal;
typedef struct pt_type pt_type;

/* The type as text ("[u8; 3]"); release with pt_text_free. */
PT_API PT_MUST_CHECK pt_status pt_type_print(char **ret_text, const pt_type *type, pt_error *error);
PT_API size_t pt_type_bits(const pt_type *type);

/* What a type is made of, for tables and bindings of other languages. A value's bits are those of
 * its parts, one after the other in the order of their indices; of an enum they are the index of
 * the variant, in as few bits as hold every index, then the variant's fields, then zeros up to the
 * width of the widest variant. Types and names belong to the type's program. */
typedef enum pt_kind {
    PT_KIND_BOOL,
    PT_KIND_UNSIGNED, /* usize is one of 32 bits */
    PT_KIND_SIGNED,
    PT_KIND_ARRAY,
    PT_KIND_TUPLE,
    PT_KIND_STRUCT,
    PT_KIND_ENUM
} pt_kind;

PT_API pt_kind pt_type_kind(const pt_type *type);
/* The name of a struct or enum; NULL for other types. */
PT_API const char *pt_type_name(const pt_type *type);
/* An array's element type and length; NULL and 0 for other types. */
PT_API const pt_type *pt_type_element(const pt_type *type);
PT_API size_t pt_type_length(const pt_type *type);
/* The fields of a tuple or struct, the latter in alphabetical order; 0 for other types. NULL for
 * the name of a tuple's field, and past the last. */
PT_API size_t pt_type_field_count(const pt_type *type);
PT_API const char *pt_type_field_name(const pt_type *type, size_t field);
PT_API const pt_type *pt_type_field_type(const pt_type *type, size_t field);
/* The variants of an enum in the order of their definition, and the fields of a variant, which have
 * no names; 0 for other types and NULL past the last. */
PT_API size_t pt_type_variant_count(const pt_type *type);
PT_API const char *pt_type_variant_name(const pt_type *type, size_t variant);
PT_API size_t pt_type_variant_field_count(const pt_type *type, size_t variant);
PT_API const pt_type *pt_type_variant_field_type(const pt_type *type, size_t variant, size_t field);

/* Reads a literal of the given type (owned by a program that must outlive the literal). Errors name
 * the place in the text and what was expected: PT_ERR_INPUT. */
PT_API PT_MUST_CHECK pt_status pt_literal_parse(pt_literal **ret_literal, const pt_type *type,
                                                const char *text, size_t len, pt_error *error);
/* The same from JSON: Garble's, which names the kinds of values, or plain JSON ([1,2], {"x":1},
 * {"Variant":[..]}, "text" for [u8; N]), value by value. */
PT_API PT_MUST_CHECK pt_status pt_literal_from_json(pt_literal **ret_literal, const pt_type *type,
                                                    const char *json, size_t len, pt_error *error);
/* The value's bits, most significant first, one byte each: pt_type_bits(type) of them, or
 * PT_ERR_USAGE. */
PT_API PT_MUST_CHECK pt_status pt_literal_to_bits(uint8_t *ret_bits, size_t n_bits,
                                                  const pt_literal *literal, pt_error *error);
/* The value that has these bits, of which there must be pt_type_bits(type); PT_ERR_INPUT when there
 * are not, or when they are no value of the type. */
PT_API PT_MUST_CHECK pt_status pt_literal_from_bits(pt_literal **ret_literal, const pt_type *type,
                                                    const uint8_t *bits, size_t n_bits,
                                                    pt_error *error);
/* Both with packed bits (status.h). */
PT_API PT_MUST_CHECK pt_status pt_literal_to_packed(uint8_t *ret_bytes, size_t n_bytes,
                                                    const pt_literal *literal, pt_error *error);
PT_API PT_MUST_CHECK pt_status pt_literal_from_packed(pt_literal **ret_literal, const pt_type *type,
                                                      const uint8_t *bytes, size_t n_bytes,
                                                      pt_error *error);
/* As `polytune eval` prints it; release with pt_text_free. */
PT_API PT_MUST_CHECK pt_status pt_literal_print(char **ret_text, const pt_literal *literal,
                                                pt_error *error);
PT_API PT_MUST_CHECK pt_status pt_literal_to_json(char **ret_text, const pt_literal *literal,
                                                  pt_error *error);
PT_API void pt_literal_free(pt_literal *literal);

#ifdef __cplusplus
}
#endif
#endif
