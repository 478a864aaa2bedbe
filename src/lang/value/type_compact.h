/* A type in few bytes, and back. Layer: lang.
 *
 *     kind (a byte), then of a tuple      number of fields, their types
 *                            an array     length, type of an element
 *                            a struct     name, number of fields, name and type of each, ascending
 *                            an enum      name, number of variants; of each name, whether it is a
 *                                         tuple (a byte), number of fields, their types
 *
 * Numbers are those of base/varint.h, a name is its length and as many bytes of UTF-8. */
#ifndef LANG_VALUE_TYPE_COMPACT_H
#define LANG_VALUE_TYPE_COMPACT_H

#include "lang/value/type.h"

void type_put_compact(buffer *b, const pt_type *type);
/* Reads one of anybody's making into `a`. PT_ERR_CIRCUIT for what is none, PT_ERR_LIMIT,
 * PT_ERR_MEMORY. */
MUST_CHECK pt_status type_get_compact(const pt_type **ret_type, arena *a, reader *r,
                                      pt_error *error);

/* A text of at most `max` bytes of UTF-8; a name has at least one, and no control characters.
 * PT_ERR_CIRCUIT, PT_ERR_MEMORY. */
void text_put_compact(buffer *b, const char *text);
MUST_CHECK pt_status text_get_compact(const char **ret_text, arena *a, reader *r, size_t max,
                                      pt_error *error);
MUST_CHECK pt_status name_get_compact(const char **ret_name, arena *a, reader *r, pt_error *error);

#endif
