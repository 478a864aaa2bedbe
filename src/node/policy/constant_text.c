#include "node/policy/constant_text.h"

#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"

#define NUMBER_MAX  24 /* characters */
#define LITERAL_MAX 4096

static const struct {
    const char *json;
    const char *garble;
    bool is_signed;
} number_types[] = {
    {"Usize", "usize", false}, {"U8", "u8", false},   {"U16", "u16", false},
    {"U32", "u32", false},     {"U64", "u64", false}, {"I8", "i8", true},
    {"I16", "i16", true},      {"I32", "i32", true},  {"I64", "i64", true},
};

static pt_status no_constant(pt_error *error)
{
    return error_set(error, PT_ERR_INPUT,
                     "constants: expected a number such as {\"NumUnsigned\": [4, \"Usize\"]}, "
                     "\"True\" or \"False\"");
}

static bool is_whole_number(json_slice s, bool may_be_negative)
{
    const size_t sign = s.len > 1 && s.at[0] == '-' ? 1 : 0;
    if (s.len == 0 || s.len > NUMBER_MAX || (sign == 1 && !may_be_negative))
        return false;
    for (size_t i = sign; i < s.len; i++) {
        if (s.at[i] < '0' || s.at[i] > '9')
            return false;
    }
    return true;
}

static char *number_text(json_slice number, const char *suffix)
{
    const size_t size = number.len + strlen(suffix) + 1;
    char *text = mem_new(size, 1);
    if (text != NULL)
        (void)snprintf(text, size, "%.*s%s", (int)number.len, number.at, suffix);
    return text;
}

/* [NUMBER, TYPE] */
static pt_status typed_number(char **ret_text, json_slice pair, bool is_signed, pt_error *error)
{
    json_text t;
    json_slice number;
    json_slice type;
    json_slice more;
    json_text_enter(&t, pair);
    if (!json_slice_is_array(pair) || !json_text_element(&t, &number) ||
        !json_text_element(&t, &type) || json_text_element(&t, &more) ||
        !is_whole_number(number, is_signed))
        return no_constant(error);
    for (size_t i = 0; i < sizeof number_types / sizeof *number_types; i++) {
        if (number_types[i].is_signed != is_signed ||
            !json_slice_equals(type, number_types[i].json))
            continue;
        *ret_text = number_text(number, number_types[i].garble);
        return *ret_text == NULL ? error_memory(error) : PT_OK;
    }
    return no_constant(error);
}

static pt_status object_text(char **ret_text, json_slice value, pt_error *error)
{
    json_text t;
    json_slice key;
    json_slice item;
    json_slice more;
    json_text_enter(&t, value);
    if (!json_text_member(&t, &key, &item))
        return no_constant(error);
    const bool is_signed = json_slice_equals(key, "NumSigned");
    if ((!is_signed && !json_slice_equals(key, "NumUnsigned")) ||
        json_text_member(&t, &more, &more))
        return no_constant(error);
    return typed_number(ret_text, item, is_signed, error);
}

/* Garble text as it stands, or a word of Garble JSON. */
static pt_status string_text(char **ret_text, json_slice value, pt_error *error)
{
    char *text = NULL;
    const pt_status status = json_slice_text(&text, value, error);
    if (status != PT_OK)
        return status == PT_ERR_MEMORY ? status : no_constant(error);
    const bool is_good = *text != '\0' && strlen(text) <= LITERAL_MAX;
    if (strcmp(text, "True") == 0 || strcmp(text, "False") == 0)
        text[0] = (char)(text[0] | 32);
    *ret_text = text;
    return is_good ? PT_OK : no_constant(error);
}

pt_status constant_text(char **ret_text, json_slice value, pt_error *error)
{
    if (json_slice_is_object(value))
        return object_text(ret_text, value, error);
    if (json_slice_is_string(value))
        return string_text(ret_text, value, error);
    const bool is_word = value.len > 3 && (value.at[0] == 't' || value.at[0] == 'f');
    if (!is_word && !is_whole_number(value, true))
        return no_constant(error);
    *ret_text = number_text(value, "");
    return *ret_text == NULL ? error_memory(error) : PT_OK;
}
