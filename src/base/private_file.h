/* Whether a file is nobody else's to read. Layer: base. */
#ifndef BASE_PRIVATE_FILE_H
#define BASE_PRIVATE_FILE_H

#include <stdbool.h>

/* Whether others may do anything with an open file: everybody, or its group, which may read what
 * root has given it, as where TLS keys have a group of their own. What is no file has no others.
 * Tells the mode. */
bool private_file_is_open_to_others(int fd, unsigned *ret_mode);

#endif
