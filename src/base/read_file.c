#include "base/read_file.h"

#include <errno.h>
#include <string.h>

#include "base/error.h"

#define READ_BYTES 65536

/* At most READ_BYTES, and no more than the buffer takes; one byte where it is full, to see whether
 * the file ends there. */
static size_t read_some(buffer *b, FILE *file, bool *ret_fits)
{
    const size_t room = b->max - b->len;
    const size_t wanted = room < READ_BYTES ? room : READ_BYTES;
    uint8_t beyond;
    uint8_t *at = wanted == 0 ? &beyond : buffer_extend(b, wanted);
    *ret_fits = at != NULL;
    if (at == NULL)
        return 0;
    const size_t got = fread(at, 1, wanted == 0 ? 1 : wanted, file);
    if (wanted == 0)
        *ret_fits = got == 0;
    else
        b->len -= wanted - got;
    return got;
}

pt_status read_file(buffer *b, FILE *file, const char *path, pt_error *error)
{
    for (;;) {
        bool fits;
        const size_t got = read_some(b, file, &fits);
        if (!fits)
            return error_set(error, PT_ERR_FILE, "'%s' is too large", path);
        if (ferror(file))
            return error_set(error, PT_ERR_FILE, "cannot read '%s': %s", path, strerror(errno));
        if (got == 0)
            return PT_OK;
    }
}
