/* Compiled programs as files: pt_program_save and pt_program_load of polytune/program.h.
 *
 *     8 bytes   89 'P' 'T' 'C' 0d 0a 1a 0a: no text, and changed by whatever changes texts
 *     u32       version of what follows, little-endian
 *     32 bytes  RO_32("mpcag/ptc"; the rest)
 *     the rest  lang/program_compact.h */
#include "base/buffer.h"
#include "base/error.h"
#include "base/le.h"
#include "base/min.h"
#include "base/pages.h"
#include "crypto/ct.h"
#include "crypto/ro.h"
#include "crypto/ro_labels.h"
#include "lang/program_compact.h"
#include "polytune/program.h"

#define FILE_VERSION 3u
#define DIGEST_BYTES 32
#define DIGEST_STEP  ((size_t)4 << 20)

enum { AT_VERSION = 8, AT_DIGEST = 12, AT_BODY = AT_DIGEST + DIGEST_BYTES };

static const uint8_t magic[AT_VERSION] = {0x89, 'P', 'T', 'C', 0x0d, 0x0a, 0x1a, 0x0a};

/* `in_place`: what has been read may leave memory, of which a large file would fill as much. */
static void body_digest(uint8_t ret_digest[DIGEST_BYTES], const uint8_t *body, size_t len,
                        bool in_place)
{
    ro h;
    size_t passed = 0;
    ro_init(&h, DIGEST_BYTES, RO_LABEL_PROGRAM_FILE);
    ro_field_begin(&h, len);
    for (size_t at = 0; at < len; at += DIGEST_STEP) {
        const size_t n = min_size(DIGEST_STEP, len - at);
        ro_part(&h, body + at, n);
        if (in_place)
            passed += pages_passed(body + passed, at + n - passed);
    }
    ro_final(&h, ret_digest);
}

bool pt_program_is_saved(const void *bytes, size_t len)
{
    return bytes != NULL && len >= sizeof magic && ct_equal(bytes, magic, sizeof magic);
}

pt_status pt_program_save(char **ret_bytes, size_t *ret_len, const pt_program *program,
                          pt_error *error)
{
    if (ret_bytes == NULL || ret_len == NULL || program == NULL)
        return error_missing(error, "a program, and places for the bytes and their number,");
    static const uint8_t no_digest[DIGEST_BYTES];
    buffer b;
    buffer_init(&b, SIZE_MAX / 4);
    buffer_put(&b, magic, sizeof magic);
    buffer_put_u32(&b, FILE_VERSION);
    buffer_put(&b, no_digest, sizeof no_digest);
    program_put_compact(&b, program);
    if (b.failed) {
        buffer_clear(&b);
        return error_memory(error);
    }
    body_digest(b.bytes + AT_DIGEST, b.bytes + AT_BODY, b.len - AT_BODY, false);
    *ret_bytes = (char *)buffer_take(&b, ret_len);
    return PT_OK;
}

static pt_status check_frame(const uint8_t *bytes, size_t len, bool in_place, pt_error *error)
{
    uint8_t digest[DIGEST_BYTES];
    if (!pt_program_is_saved(bytes, len) || len < AT_BODY)
        return error_set(error, PT_ERR_CIRCUIT, "this is no compiled program, or cut off");
    const uint32_t version = le_get_u32(bytes + AT_VERSION);
    if (version != FILE_VERSION)
        return error_set(error, PT_ERR_CIRCUIT,
                         "the compiled program is of version %u, and this release reads version "
                         "%u: compile it again",
                         (unsigned)version, FILE_VERSION);
    body_digest(digest, bytes + AT_BODY, len - AT_BODY, in_place);
    if (!ct_equal(digest, bytes + AT_DIGEST, sizeof digest))
        return error_set(error, PT_ERR_CIRCUIT,
                         "the compiled program is damaged: its checksum is wrong");
    return PT_OK;
}

static pt_status load_program(pt_program **ret_program, const void *bytes, size_t len,
                              bool in_place, pt_error *error)
{
    if (ret_program == NULL || bytes == NULL)
        return error_missing(error, "bytes, and a place for the program,");
    reader r;
    const pt_status status = check_frame(bytes, len, in_place, error);
    if (status != PT_OK)
        return status;
    reader_init(&r, (const uint8_t *)bytes + AT_BODY, len - AT_BODY);
    return program_get_compact(ret_program, &r, in_place, error);
}

pt_status pt_program_load(pt_program **ret_program, const void *bytes, size_t len, pt_error *error)
{
    return load_program(ret_program, bytes, len, false, error);
}

pt_status pt_program_load_in_place(pt_program **ret_program, const void *bytes, size_t len,
                                   pt_error *error)
{
    return load_program(ret_program, bytes, len, true, error);
}
