#define _POSIX_C_SOURCE 200809L
#include "httpd/tls.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/private_file.h"

#define PEM_MAX ((size_t)1 << 20)

/* False with errno, or errno 0 for a file that is too large. */
static bool read_all(buffer *text, FILE *file)
{
    errno = 0;
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
    return !text->failed && ferror(file) == 0;
}

static pt_status check_mode(FILE *file, const char *path, pt_error *error)
{
    unsigned mode;
    if (!private_file_is_open_to_others(fileno(file), &mode))
        return PT_OK;
    return error_set(error, PT_ERR_INPUT,
                     "the key %s is open to others (mode %03o): if nobody has seen it, "
                     "'chmod 600 %s', otherwise make a new one",
                     path, mode, path);
}

static pt_status check_pem(buffer *text, const char *path, const char *what, pt_error *error)
{
    const char *terminated = buffer_text(text);
    if (terminated != NULL && strlen(terminated) == text->len &&
        strstr(terminated, "-----BEGIN ") != NULL)
        return PT_OK;
    return error_set(error, PT_ERR_INPUT, "the %s %s is not a PEM file", what, path);
}

static pt_status unreadable(const char *path, const char *what, int why, pt_error *error)
{
    return error_set(error, PT_ERR_FILE, "cannot read the %s %s: %s", what, path,
                     why == 0 ? "too large" : strerror(why));
}

static pt_status read_pem(buffer *text, FILE *file, const char *path, const char *what,
                          pt_error *error)
{
    buffer_init(text, PEM_MAX);
    pt_status status = PT_OK;
    if (!read_all(text, file))
        status = unreadable(path, what, errno, error);
    if (status == PT_OK)
        status = check_pem(text, path, what, error);
    if (status != PT_OK)
        buffer_clear(text);
    return status;
}

pt_status tls_read_certificate(buffer *ret_text, const char *path, pt_error *error)
{
    FILE *file = fopen(path, "rbe");
    if (file == NULL)
        return unreadable(path, "certificate", errno, error);
    const pt_status status = read_pem(ret_text, file, path, "certificate", error);
    (void)fclose(file);
    return status;
}

pt_status tls_read_key(buffer *ret_text, const char *path, pt_error *error)
{
    FILE *file = fopen(path, "rbe");
    if (file == NULL)
        return unreadable(path, "key", errno, error);
    pt_status status = check_mode(file, path, error);
    if (status == PT_OK)
        status = read_pem(ret_text, file, path, "key", error);
    (void)fclose(file);
    return status;
}
