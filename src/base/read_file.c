#include "base/read_file.h"

#include <errno.h>
#include <string.h>

#include "base/error.h"

#define READ_BYTES 65536

pt_status read_file(buffer *b, FILE *file, const char *path, pt_error *error)
{
    for (;;) {
        uint8_t *at = buffer_extend(b, READ_BYTES);
        if (at == NULL)
            return error_set(error, PT_ERR_FILE, "'%s' is too large", path);
        const size_t got = fread(at, 1, READ_BYTES, file);
        b->len -= READ_BYTES - got;
        if (ferror(file))
            return error_set(error, PT_ERR_FILE, "cannot read '%s': %s", path, strerror(errno));
        if (got == 0)
            return PT_OK;
    }
}
