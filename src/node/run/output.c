#define _POSIX_C_SOURCE 200809L
#include "node/run/output.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/error.h"
#include "base/hex.h"
#include "base/mem.h"
#include "base/random.h"
#include "data/csv_write.h"
#include "data/from_bits.h"
#include "data/sink.h"
#include "node/run/odbc_connection.h"
#include "polytune/literal.h"

#define PATH_SIZE 4096

static sink sink_of(const output *o)
{
    return (sink){.argument = o->to->to, .odbc = o->odbc, .table = o->to->table};
}

pt_status output_open(output *ret_output, const node_config *config, const char *name,
                      const pt_type *type, pt_error *error)
{
    output *o = ret_output;
    *o = (output){.n_bits = pt_type_bits(type)};
    if (name == NULL)
        return PT_OK;
    o->to = node_config_output(config, name);
    if (o->to == NULL)
        return error_set(error, PT_ERR_INPUT, "this node has no output %s", name);
    pt_status status = odbc_connection(&o->odbc, o->to->to, error);
    if (status == PT_OK)
        status = row_shape_init(&o->rows, type, error);
    if (status != PT_OK || !sink_is_database(o->to->to))
        return status;
    const sink s = sink_of(o);
    return sink_check(&s, &o->rows, error);
}

void output_clear(output *o)
{
    row_shape_clear(&o->rows);
    odbc_connection_free(o->odbc);
    *o = (output){0};
}

/* ---- files ---- */

static pt_status file_problem(const char *path, pt_error *error)
{
    return error_set(error, PT_ERR_FILE, "cannot write '%.200s': %s", path, strerror(errno));
}

static bool write_all(int fd, const uint8_t *bytes, size_t len)
{
    while (len > 0) {
        const ssize_t n = write(fd, bytes, len);
        if (n < 0 && errno != EINTR)
            return false;
        bytes += n < 0 ? 0 : n;
        len -= n < 0 ? 0 : (size_t)n;
    }
    return true;
}

/* A new file takes the place of the old one when it is on the disk. */
static pt_status replace_file(const char *path, const buffer *text, pt_error *error)
{
    char part[PATH_SIZE];
    uint8_t random[8];
    char digits[HEX_SIZE(sizeof random)];
    const pt_status drawn = random_bytes(random, sizeof random, error);
    if (drawn != PT_OK)
        return drawn;
    /* Its own for every computation: several may have the same output. */
    hex_write(digits, random, sizeof random);
    const int len = snprintf(part, sizeof part, "%s.%s.part", path, digits);
    if (len < 0 || (size_t)len >= sizeof part)
        return error_set(error, PT_ERR_FILE, "the name of '%.200s' is too long", path);
    const int fd = open(part, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        return file_problem(path, error);
    const bool is_written = write_all(fd, text->bytes, text->len) && fsync(fd) == 0;
    const bool is_closed = close(fd) == 0;
    if (is_written && is_closed && rename(part, path) == 0)
        return PT_OK;
    const pt_status status = file_problem(path, error);
    (void)unlink(part);
    return status;
}

static pt_status write_file(const char *path, const table *t, pt_error *error)
{
    buffer text;
    const size_t len = strlen(path);
    const bool is_tsv = len >= 4 && strcasecmp(path + len - 4, ".tsv") == 0;
    buffer_init(&text, SIZE_MAX / 4);
    csv_write_table(&text, t, is_tsv ? '\t' : ',');
    const pt_status status = text.failed ? error_memory(error) : replace_file(path, &text, error);
    buffer_clear(&text);
    return status;
}

pt_status output_write(const output *o, const uint8_t *bits, pt_error *error)
{
    table t = {0};
    if (o->to == NULL)
        return PT_OK;
    pt_status status = table_from_bits(&t, &o->rows, bits, error);
    if (status == PT_OK && sink_is_database(o->to->to)) {
        const sink s = sink_of(o);
        status = sink_write(&s, &o->rows, &t, error);
    } else if (status == PT_OK) {
        status = write_file(o->to->to + (o->to->to[0] == '@'), &t, error);
    }
    table_clear(&t);
    return status;
}
