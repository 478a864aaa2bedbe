#include "node/policy/literal_check.h"

#define DEPTH_MAX 8 /* each level is read once more */

static bool are_digits(const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (text[i] < '0' || text[i] > '9')
            return false;
    return len != 0;
}

/* [NUMBER, "TYPE"] */
static bool is_number_pair(json_slice value, bool is_signed)
{
    json_text t;
    json_slice number;
    json_slice type;
    json_slice more;
    json_text_enter(&t, value);
    if (!json_text_element(&t, &number) || !json_text_element(&t, &type) ||
        json_text_element(&t, &more) || !json_slice_is_string(type))
        return false;
    const size_t sign = is_signed && number.at[0] == '-' ? 1 : 0;
    return are_digits(number.at + sign, number.len - sign);
}

static bool may_be_good(json_slice value, unsigned depth);

static bool is_good_member(json_slice key, json_slice value, unsigned depth)
{
    if (json_slice_equals(key, "NumUnsigned"))
        return is_number_pair(value, false);
    if (json_slice_equals(key, "NumSigned"))
        return is_number_pair(value, true);
    return may_be_good(value, depth);
}

static bool may_be_good(json_slice value, unsigned depth)
{
    json_text t;
    json_slice key;
    json_slice item;
    if (depth == DEPTH_MAX)
        return true;
    json_text_enter(&t, value);
    if (json_slice_is_object(value))
        while (json_text_member(&t, &key, &item))
            if (!is_good_member(key, item, depth + 1))
                return false;
    if (json_slice_is_array(value))
        while (json_text_element(&t, &item))
            if (!may_be_good(item, depth + 1))
                return false;
    return true;
}

bool literal_may_be_good(json_slice value)
{
    return may_be_good(value, 0);
}
