/* Writes an audit log for tests that look at it from outside.
 *      write_audit LOG KEY N [crash]
 * N lines, then the log is closed in order, or the process ends at once. */
#define _POSIX_C_SOURCE 200809L
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "node/audit.h"

static int fail(const pt_error *error)
{
    (void)fprintf(stderr, "write_audit: %s\n", error->message);
    return 1;
}

int main(int argc, char **argv)
{
    signing_key key;
    audit *log = NULL;
    pt_error error;
    if (argc < 4)
        return 2;
    if (signing_key_read(&key, argv[2], &error) != PT_OK ||
        audit_open(&log, argv[1], &key, &error) != PT_OK)
        return fail(&error);
    signing_key_clear(&key);
    for (long i = strtol(argv[3], NULL, 10); i > 0; i--) {
        json_t *fields = json_pack("{s:s, s:I, s:s}", "caller", "office", "number", (json_int_t)i,
                                   "text", "caf\xc3\xa9 \x1b[2J\n");
        if (audit_append(log, "tested", fields, &error) != PT_OK)
            return fail(&error);
    }
    if (argc > 4)
        _exit(0);
    return audit_close(log, &error) == PT_OK ? 0 : fail(&error);
}
