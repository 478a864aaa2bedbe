/* Command line arguments: a table of flags per command, parsed strictly. Layer: cli.
 *
 * Flags are --name=value or --name value; -o and -h are the only short ones. Everything after "--"
 * is positional. An unknown flag is an error that names the nearest known one. */
#ifndef CLI_FLAGS_ARGS_H
#define CLI_FLAGS_ARGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "polytune/status.h"

typedef struct flag {
    const char *name;        /* without the dashes */
    const char *placeholder; /* NULL for a switch without value */
    const char *help;
    bool repeat; /* may be given several times */
} flag;

typedef struct args {
    const flag *const *lists; /* each ended by a NULL name; then NULL */
    const char **positional;
    size_t n_positional;
    const char **given_names; /* flags as given, in order */
    const char **given_values;
    size_t n_given;
} args;

/* Parses argv[0 .. argc). On failure the error says what is wrong. Release with args_clear in any
 * case. */
PT_MUST_CHECK pt_status args_parse(args *ret_args, const flag *const *lists, int argc,
                                   const char *const *argv, pt_error *error);
void args_clear(args *a);

/* The value of a flag, or NULL when it was not given; "" for a given switch. The last one counts.
 */
const char *args_get(const args *a, const char *name);
size_t args_count(const args *a, const char *name);
/* The nth value of a repeated flag. */
const char *args_nth(const args *a, const char *name, size_t n);

/* The file of -o or --output, which are the same; NULL when neither was given. */
PT_MUST_CHECK pt_status args_output(const char **ret_path, const args *a, pt_error *error);

/* A decimal number in [min, max]; `what` names it in the message. */
PT_MUST_CHECK pt_status args_number(uint64_t *ret_number, const char *text, const char *what,
                                    uint64_t min, uint64_t max, pt_error *error);

/* Bytes in [1, max]: a number, and perhaps K, M or G for 2^10, 2^20 or 2^30 of them. */
PT_MUST_CHECK pt_status args_size(uint64_t *ret_bytes, const char *text, const char *what,
                                  uint64_t max, pt_error *error);

#endif
