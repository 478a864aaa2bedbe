/* A whole file into a buffer. Layer: base. */
#ifndef BASE_READ_FILE_H
#define BASE_READ_FILE_H

#include <stdio.h>

#include "base/buffer.h"
#include "polytune/status.h"

/* Appends what is left of `file`. PT_ERR_FILE, which names `path`, when it cannot be read or is
 * more than the buffer takes. */
MUST_CHECK pt_status read_file(buffer *b, FILE *file, const char *path, pt_error *error);

#endif
