/* A file that is written as a whole or not at all. Layer: cli.
 *
 *      file_out out = {0};
 *      file_out_open(&out, path, ..);      before the work: can it be written?
 *      file_out_commit(&out, text, len, ..);
 *      file_out_clear(&out);               without commit: the old file stays as it was
 *
 * What is written goes to a new file beside the target, with a name that nobody can guess, which
 * takes the target's place when it is on the disk; an old file's permissions are kept. A link is
 * followed: the file it names is replaced, not the link. What is no ordinary file (a device, a
 * pipe, anything below /dev and /proc) is written to as it is, at its end. A signal that ends the
 * process removes the new file. */
#ifndef CLI_FILE_OUT_H
#define CLI_FILE_OUT_H

#include <stdbool.h>
#include <stddef.h>

#include "polytune/status.h"

typedef struct file_out {
    const char *path; /* as given; borrowed */
    char *target;     /* what it names, behind links; NULL: written to as it is */
    char *part;       /* the new file, while it exists */
    bool is_open;
    int fd;
} file_out;

/* Release with file_out_clear in any case. PT_ERR_FILE. */
PT_MUST_CHECK pt_status file_out_open(file_out *ret_out, const char *path, pt_error *error);

/* Takes so much of the disk now, so that a full one is found before the work. PT_ERR_FILE. */
PT_MUST_CHECK pt_status file_out_reserve(file_out *out, size_t bytes, pt_error *error);

/* Once. PT_ERR_FILE, and what was there before is still there (unless it is no ordinary file). */
PT_MUST_CHECK pt_status file_out_commit(file_out *out, const char *text, size_t len,
                                        pt_error *error);
void file_out_clear(file_out *out);

#endif
