/* Any bytes as an audit log: it is found out, or it can be gone on with, and still holds together.
 */
#define _GNU_SOURCE
#include <sodium.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/assert.h"
#include "node/audit.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Going on writes a line, and closing signs it. */
static void go_on(const char *path, const audit_report *before)
{
    static const uint8_t seed[crypto_sign_SEEDBYTES] = {3};
    signing_key key;
    audit_report after;
    audit *log = NULL;
    (void)crypto_sign_seed_keypair(key.public, key.secret, seed);
    /* What another key has signed is not gone on with. */
    const pt_status status = audit_open(&log, path, &key, NULL);
    PT_ASSERT(status == PT_OK || (status == PT_ERR_INPUT && before->n_signatures != 0));
    if (status != PT_OK)
        return;
    PT_ASSERT(audit_close(log, NULL) == PT_OK);
    if (before->n_signatures != 0)
        return;
    PT_ASSERT(audit_verify(&after, path, key.public, &before->head, NULL) == PT_OK);
    PT_ASSERT(after.head.seq == before->head.seq + 2 && after.n_half_bytes == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    audit_report report;
    pt_error error;
    char path[64];
    const int fd = memfd_create("audit", MFD_CLOEXEC);
    PT_ASSERT(fd >= 0 && write(fd, data, size) == (ssize_t)size);
    (void)snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    pt_error_clear(&error);
    if (audit_verify(&report, path, NULL, NULL, &error) == PT_OK)
        go_on(path, &report);
    else
        PT_ASSERT(error.status == PT_ERR_INPUT && error.message[0] != '\0');
    (void)close(fd);
    return 0;
}
