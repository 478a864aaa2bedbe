#include "lang/value/text.h"

#include "base/error.h"

pt_status text_take(char **ret_text, buffer *out, pt_error *error)
{
    buffer_put_u8(out, 0);
    if (out->failed) {
        buffer_clear(out);
        return error_memory(error);
    }
    size_t len = 0;
    *ret_text = (char *)buffer_take(out, &len);
    return PT_OK;
}
