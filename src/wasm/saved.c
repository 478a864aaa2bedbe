/* Compiled programs, from one instance of the module to another: as api/program_file.c has them,
 * but for what tells a file from others, an older one and a damaged one. */
#include "base/buffer.h"
#include "base/error.h"
#include "lang/program_compact.h"

pt_status pt_program_save(char **ret_bytes, size_t *ret_len, const pt_program *program,
                          pt_error *error)
{
    buffer b;
    buffer_init(&b, SIZE_MAX / 4);
    program_put_compact(&b, program);
    if (b.failed) {
        buffer_clear(&b);
        return error_memory(error);
    }
    *ret_bytes = (char *)buffer_take(&b, ret_len);
    return PT_OK;
}

pt_status pt_program_load_in_place(pt_program **ret_program, const void *bytes, size_t len,
                                   pt_error *error)
{
    reader r;
    reader_init(&r, bytes, len);
    return program_get_compact(ret_program, &r, true, error);
}
