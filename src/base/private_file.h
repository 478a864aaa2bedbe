/* Files that are nobody else's to read. Layer: base. */
#ifndef BASE_PRIVATE_FILE_H
#define BASE_PRIVATE_FILE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/compiler.h"
#include "polytune/status.h"

/* Whether others may do anything with an open file: everybody, or its group, which may read what
 * root has given it, as where TLS keys have a group of their own. What is no file has no others.
 * Tells the mode. */
bool private_file_is_open_to_others(int fd, unsigned *ret_mode);

/* Writes a private key to a new file; one that is there is never replaced. PT_ERR_FILE. */
MUST_CHECK pt_status private_file_create(const char *path, const char *text, size_t len,
                                         pt_error *error);

#endif
