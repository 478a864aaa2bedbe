/* Files read as a whole, or mapped into memory. Layer: cli. */
#ifndef CLI_FILE_H
#define CLI_FILE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/mem.h"
#include "polytune/status.h"

#define FILE_BYTES_MAX MEM_LIMIT((uint64_t)4 << 30)

/* Reads a file ("-" is standard input). *ret_text is terminated and the caller's (mem_free).
 * PT_ERR_FILE. */
PT_MUST_CHECK pt_status file_read(char **ret_text, size_t *ret_len, const char *path,
                                  pt_error *error);

/* The same for one that has `max` bytes at most. */
PT_MUST_CHECK pt_status file_read_most(char **ret_text, size_t *ret_len, size_t max,
                                       const char *path, pt_error *error);

/* The same for a secret of at most `max` bytes, without copies in buffers on the way. *ret_text is
 * guarded memory of *ret_size bytes, terminated (mem_free_guarded). */
PT_MUST_CHECK pt_status file_read_secret(char **ret_text, size_t *ret_size, size_t *ret_len,
                                         size_t max, const char *path, pt_error *error);

typedef struct file_map {
    const void *bytes;
    size_t len;
} file_map;

/* False: it is no file that can be mapped (a pipe, an empty one), another user than this one or
 * root may write it, or it cannot be read; who reads it finds out which. */
bool file_map_open(file_map *ret_map, const char *path);
void file_map_close(file_map *m);

#endif
