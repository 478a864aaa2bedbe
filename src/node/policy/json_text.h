/* JSON as text that is not turned into a tree: values are found, checked and passed on as they
 * stand. Layer: node.
 *
 * A policy's input may be a hundred megabytes of numbers, some of them beyond what trees of JSON
 * libraries can hold; the literal's own reader takes it from its text. Strict: RFC 8259, UTF-8, at
 * most JSON_TEXT_DEPTH levels. */
#ifndef NODE_POLICY_JSON_TEXT_H
#define NODE_POLICY_JSON_TEXT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/compiler.h"
#include "polytune/status.h"

#define JSON_TEXT_DEPTH 64

/* A value, or a string with its quotes, as it stands in the text. */
typedef struct json_slice {
    const char *at;
    size_t len;
} json_slice;

/* Where a reader is. `failed` stays. */
typedef struct json_text {
    const char *begin;
    const char *at;
    const char *end;
    bool failed;
} json_text;

void json_text_init(json_text *t, const char *text, size_t len);

/* The next value, with everything in it. */
MUST_CHECK bool json_text_value(json_text *t, json_slice *ret_value);
/* Whether nothing but white space is left. */
MUST_CHECK bool json_text_ends(json_text *t);

/* Walks the members of an object, or the elements of an array, that json_text_value has given:
 * after json_text_enter each call gives one; false at the end, or when it is something else. */
void json_text_enter(json_text *t, json_slice value);
MUST_CHECK bool json_text_member(json_text *t, json_slice *ret_key, json_slice *ret_value);
MUST_CHECK bool json_text_element(json_text *t, json_slice *ret_value);

/* What a value is, by its first character. */
bool json_slice_is_object(json_slice s);
bool json_slice_is_array(json_slice s);
bool json_slice_is_string(json_slice s);
bool json_slice_is_null(json_slice s);

/* A string's text, decoded; mem_free. PT_ERR_INPUT when it is none, or holds a zero. */
MUST_CHECK pt_status json_slice_text(char **ret_text, json_slice s, pt_error *error);
/* Whether it is the string `text`, which needs no escapes. */
bool json_slice_equals(json_slice s, const char *text);

#endif
