#define _POSIX_C_SOURCE 200809L
#include "cli/flags/keys.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/mem.h"
#include "base/private_file.h"
#include "cli/file.h"
#include "cli/flags/args.h"

#define FILE_MAX         4096
#define ROSTER_BYTES_MAX ((size_t)1 << 20)

static const char private_prefix[] = "sk:";
static const char blanks[] = " \t\r";

/* ---- Private key files ---- */

pt_status key_create(uint8_t ret_public_key[PT_KEY_BYTES], const char *path, pt_error *error)
{
    uint8_t private_key[PT_KEY_BYTES];
    char public_text[PT_KEY_TEXT_SIZE];
    char private_text[PT_KEY_TEXT_SIZE];
    char text[512];
    pt_status status = pt_channel_secure_keygen(ret_public_key, private_key, error);
    if (status != PT_OK)
        return status;
    pt_channel_secure_key_print(public_text, ret_public_key, false);
    pt_channel_secure_key_print(private_text, private_key, true);
    const int len = snprintf(text, sizeof text,
                             "# Polytune private key (X25519). Keep it to yourself.\n"
                             "# Its public key, for the rosters of the others:\n"
                             "# %s\n%s\n",
                             public_text, private_text);
    status = private_file_create(path, text, (size_t)len, error);
    mem_wipe(private_key, sizeof private_key);
    mem_wipe(private_text, sizeof private_text);
    mem_wipe(text, sizeof text);
    return status;
}

/* Reads a file into `ret_text`, FILE_MAX bytes, terminated. */
static pt_status read_private(char *ret_text, const char *path, pt_error *error)
{
    struct stat info;
    size_t len = 0;
    ssize_t got = 0;
    pt_status status = PT_OK;
    const int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &info) != 0)
        status = error_set(error, PT_ERR_FILE, "cannot read '%s': %s", path, strerror(errno));
    else if (S_ISREG(info.st_mode) && (info.st_mode & (S_IRWXG | S_IRWXO)) != 0)
        status = error_set(error, PT_ERR_FILE,
                           "the private key in '%s' is open to others (mode %03o): if nobody has "
                           "seen it, 'chmod 600 %s', otherwise make a new one",
                           path, (unsigned)info.st_mode & 0777u, path);
    while (status == PT_OK && len < FILE_MAX - 1 &&
           (got = read(fd, ret_text + len, FILE_MAX - 1 - len)) > 0)
        len += (size_t)got;
    if (status == PT_OK && got < 0)
        status = error_set(error, PT_ERR_FILE, "cannot read '%s': %s", path, strerror(errno));
    ret_text[len] = '\0';
    if (fd >= 0)
        (void)close(fd);
    return status;
}

/* The next line's text without blanks around it, comments cut off; false at the end. */
static bool next_line(const char **at, const char **ret_line, size_t *ret_len)
{
    if (**at == '\0')
        return false;
    const char *line = *at;
    size_t len = strcspn(line, "\n");
    *at = line + len + (line[len] == '\n');
    len = strcspn(line, "#\n");
    while (len > 0 && strchr(blanks, line[0]) != NULL) {
        line++;
        len--;
    }
    while (len > 0 && strchr(blanks, line[len - 1]) != NULL)
        len--;
    *ret_line = line;
    *ret_len = len;
    return true;
}

static pt_status parse_private(uint8_t ret_key[PT_KEY_BYTES], const char *text, const char *path,
                               pt_error *error)
{
    const char *line = NULL;
    size_t len = 0;
    bool found = false;
    pt_error inner;
    pt_error_clear(&inner);
    while (next_line(&text, &line, &len)) {
        if (len == 0)
            continue;
        pt_status status = PT_OK;
        if (found)
            status = error_set(&inner, PT_ERR_INPUT, "it has more than one key");
        else
            status = pt_channel_secure_key_parse(ret_key, line, len, true, &inner);
        if (status != PT_OK)
            return error_set(error, status, "'%s' is not a private key file of polytune keygen: %s",
                             path, inner.message);
        found = true;
    }
    return found ? PT_OK
                 : error_set(error, PT_ERR_INPUT, "'%s' is not a private key file: it has no key",
                             path);
}

pt_status key_read(uint8_t ret_private_key[PT_KEY_BYTES], const char *path, pt_error *error)
{
    char text[FILE_MAX];
    pt_status status = read_private(text, path, error);
    if (status == PT_OK)
        status = parse_private(ret_private_key, text, path, error);
    mem_wipe(text, sizeof text);
    return status;
}

/* ---- Rosters ---- */

/* A key tells parties apart only if each has its own. */
static pt_status check_alone(const roster *r, size_t party, pt_error *error)
{
    const uint8_t *key = r->keys + party * PT_KEY_BYTES;
    for (size_t i = 0; i < ROSTER_MAX_KEYS; i++)
        if (i != party && r->has[i] && memcmp(r->keys + i * PT_KEY_BYTES, key, PT_KEY_BYTES) == 0)
            return error_set(error, PT_ERR_INPUT, "party %zu has the key of party %zu", party, i);
    return PT_OK;
}

static pt_status parse_member(roster *r, const char *line, size_t len, pt_error *error)
{
    char number[12] = "";
    uint64_t party = 0;
    size_t digits = 0;
    while (digits < len && strchr(blanks, line[digits]) == NULL)
        digits++;
    if (digits >= sizeof number)
        digits = sizeof number - 1;
    memcpy(number, line, digits);
    pt_status status =
        args_number(&party, number, "the party's number", 0, ROSTER_MAX_KEYS - 1, NULL);
    if (status != PT_OK &&
        strncmp(number, private_prefix, sizeof private_prefix - 1) == 0) /* not to be shown */
        return error_set(error, PT_ERR_INPUT, "a private key does not belong into a roster");
    if (status != PT_OK)
        return error_set(error, PT_ERR_INPUT, "a line is NUMBER PUBLIC_KEY, not '%.60s'", number);
    if (r->has[party])
        return error_set(error, PT_ERR_INPUT, "party %llu has two lines",
                         (unsigned long long)party);
    line += digits;
    len -= digits;
    while (len > 0 && strchr(blanks, line[0]) != NULL) {
        line++;
        len--;
    }
    pt_error inner;
    status = pt_channel_secure_key_parse(r->keys + party * PT_KEY_BYTES, line, len, false, &inner);
    if (status != PT_OK)
        return error_set(error, status, "the key of party %llu: %s", (unsigned long long)party,
                         inner.message);
    r->has[party] = true;
    return check_alone(r, (size_t)party, error);
}

pt_status roster_read(roster *ret_roster, const char *path, pt_error *error)
{
    char *text = NULL;
    size_t size = 0, len = 0;
    const char *line = NULL;
    pt_error inner;
    *ret_roster = (roster){0};
    pt_error_clear(&inner);
    pt_status status = file_read_most(&text, &size, ROSTER_BYTES_MAX, path, error);
    if (status != PT_OK)
        return status;
    const char *at = text;
    if (strlen(text) != size)
        status = error_set(error, PT_ERR_INPUT, "roster '%s' is not text", path);
    for (unsigned number = 1; status == PT_OK && next_line(&at, &line, &len); number++) {
        status = len == 0 ? PT_OK : parse_member(ret_roster, line, len, &inner);
        if (status != PT_OK)
            (void)error_set(error, status, "roster '%s', line %u: %s", path, number, inner.message);
    }
    mem_free(text);
    return status;
}
