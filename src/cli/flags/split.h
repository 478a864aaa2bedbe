/* --split and --share: a circuit of one input value for several parties. Layer: cli. */
#ifndef CLI_FLAGS_SPLIT_H
#define CLI_FLAGS_SPLIT_H

#include "cli/flags/args.h"
#include "polytune/polytune.h"

extern const flag flags_split[];

bool split_is_given(const args *a);

/* Replaces the circuit of the file `path` as the flags say. PT_ERR_USAGE. */
PT_MUST_CHECK pt_status split_apply(pt_circuit **circuit, const char *path, const args *a,
                                    pt_error *error);

#endif
