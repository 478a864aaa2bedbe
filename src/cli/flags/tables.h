/* Inputs that are tables: the flags --input=@FILE.csv, --query, --rows, --pad-to and those that say
 * how cells are read. Layer: cli.
 *
 * Tables are read before the program is compiled, because their numbers of rows may be constants of
 * it, and become bits afterwards, when their types are known. */
#ifndef CLI_FLAGS_TABLES_H
#define CLI_FLAGS_TABLES_H

#include "cli/computation.h"
#include "cli/flags/const_flags.h"
#include "data/to_bits.h"

extern const flag flags_table[];

typedef struct tables {
    const args *a;
    table *list; /* one for each --input; without columns if that is no table */
    size_t n;
    table_scale *scales;
    char **scale_texts; /* what the scales point into */
    size_t n_scales;
    uint64_t pad_to; /* 0: not given */
} tables;

/* Reads all inputs that are tables. PT_ERR_USAGE for flags that cannot be, PT_ERR_FILE,
 * PT_ERR_INPUT. Release with tables_clear in any case. */
MUST_CHECK pt_status tables_init(tables *ret_tables, const args *a, pt_error *error);
void tables_clear(tables *t);

/* Adds the constants that --rows names. `own_party` as for const_flags_init, then the only --input
 * is its own; NULL when there is an --input for each party. */
MUST_CHECK pt_status tables_add_constants(const tables *t, const_flags *constants,
                                          const char *own_party, pt_error *error);

/* The bits of `party`'s input of a declared computation, one byte each, from the nth --input: a
 * table, which is wiped then, or anything that computation_input reads. *ret_bits: mem_free_secret.
 */
MUST_CHECK pt_status tables_input(uint8_t **ret_bits, tables *t, size_t nth, const computation *c,
                                  size_t party, pt_error *error);

/* Whether the bits are what the compiled program expects besides their type. PT_ERR_INPUT. */
MUST_CHECK pt_status tables_check_input(const tables *t, size_t nth, const computation *c,
                                        size_t party, const uint8_t *bits, pt_error *error);

#endif
