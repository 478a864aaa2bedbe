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

/* Reads a literal of the given type (owned by a program that must outlive the literal). Errors name
 * the place in the text and what was expected: PT_ERR_INPUT. */
PT_API PT_MUST_CHECK pt_status pt_literal_parse(pt_literal **ret_literal, const pt_type *type,
                                                const char *text, size_t len, pt_error *error);
PT_API PT_MUST_CHECK pt_status pt_literal_from_json(pt_literal **ret_literal, const pt_type *type,
                                                    const char *json, size_t len, pt_error *error);
/* The value's bits, most significant first, one byte each: pt_type_bits(type) of them. */
PT_API void pt_literal_to_bits(uint8_t *ret_bits, const pt_literal *literal);
PT_API PT_MUST_CHECK pt_status pt_literal_from_bits(pt_literal **ret_literal, const pt_type *type,
                                                    const uint8_t *bits, size_t n_bits,
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
