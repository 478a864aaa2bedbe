#include "httpd/tls.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"

#define PEM_MAX ((size_t)1 << 20)

/* False with errno, or errno 0 for a file that is too large. */
static bool read_file(buffer *text, const char *path)
{
    errno = 0;
    FILE *file = fopen(path, "rbe");
    if (file == NULL)
        return false;
    (void)setvbuf(file, NULL, _IONBF, 0); /* a key stays nowhere but in `text` */
    for (;;) {
        uint8_t *room = buffer_extend(text, 4096);
        if (room == NULL)
            break;
        const size_t n = fread(room, 1, 4096, file);
        text->len -= 4096 - n;
        if (n == 0)
            break;
    }
    const bool ok = !text->failed && ferror(file) == 0;
    (void)fclose(file);
    return ok;
}

pt_status tls_read_pem(buffer *ret_text, const char *path, const char *what, pt_error *error)
{
    buffer text;
    buffer_init(&text, PEM_MAX);
    if (!read_file(&text, path)) {
        const int why = errno;
        buffer_clear(&text);
        return error_set(error, PT_ERR_USAGE, "cannot read the %s %s: %s", what, path,
                         why == 0 ? "too large" : strerror(why));
    }
    const char *terminated = buffer_text(&text);
    if (terminated == NULL || strlen(terminated) != text.len ||
        strstr(terminated, "-----BEGIN ") == NULL) {
        buffer_clear(&text);
        return error_set(error, PT_ERR_USAGE, "the %s %s is not a PEM file", what, path);
    }
    *ret_text = text;
    return PT_OK;
}
