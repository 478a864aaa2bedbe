/* What is to be computed: a Garble program or a Bristol Fashion circuit, behind one face. Layer:
 * cli.
 *
 * A PROGRAM that begins with a digit is a Bristol Fashion circuit; its literals are 0x... or 0b...,
 * wire 0 being the least significant bit of each value. One that was compiled before (.ptc) is told
 * by its first bytes. Everything else is Garble. */
#ifndef CLI_COMPUTATION_H
#define CLI_COMPUTATION_H

#include <stdint.h>

#include "base/buffer.h"
#include "cli/file.h"
#include "cli/flags/args.h"
#include "cli/flags/const_flags.h"
#include "polytune/polytune.h"

/* Opened, then declared: parties and types are known, and input can be read; then compiled: there
 * is a circuit. */
typedef struct computation {
    const char *path;
    char *source;
    file_map file; /* of a program compiled before, unless it was read */
    size_t source_len;
    pt_signature *signature;   /* once declared; NULL for a Bristol circuit */
    bool is_saved;             /* compiled before: there is no text, and a program once opened */
    pt_program *program;       /* once compiled; NULL for a Bristol circuit */
    pt_circuit *bristol;       /* once declared; NULL for a Garble program */
    const pt_circuit *circuit; /* once compiled */
    size_t parties;            /* once declared */
    bool private_results;      /* --private-results, once declared: party i learns part i */
    uint64_t max_ands;         /* accepted, see pt_compile_options; zero when opened */
    uint64_t max_bytes;
} computation;

/* Loads and compiles `path` with the flags --function and --const. Diagnostics of the program are
 * shown here. */
PT_MUST_CHECK pt_status computation_init(computation *ret_computation, const char *path,
                                         const args *a, pt_error *error);

/* Reads the file. Release with computation_clear, also after a failure. */
PT_MUST_CHECK pt_status computation_open(computation *ret_computation, const char *path,
                                         pt_error *error);
/* Told by what is in the file. */
bool computation_is_bristol(const computation *c);
/* Warns of constants that are given and that a program's text does not have. */
void computation_warn(const computation *c, const const_flags *given);
/* Adds the constants that a saved program was compiled with, as if they were given: the others must
 * give the same. */
PT_MUST_CHECK pt_status computation_add_constants(const computation *c, const_flags *given,
                                                  pt_error *error);
/* Appends " --const=NAME=LITERAL" for each constant that these errors say is missing. */
void computation_put_missing(buffer *b, const pt_diagnostics *diagnostics);
/* What is known before all constants are; a Bristol circuit needs none. */
PT_MUST_CHECK pt_status computation_inspect(pt_program_facts *ret_facts, const computation *c,
                                            const args *a, const pt_constant *constants,
                                            size_t n_constants, pt_error *error);
/* Finds out a program's types, or reads a Bristol circuit; with --private-results, there must be a
 * part of the result for each party. */
PT_MUST_CHECK pt_status computation_declare(computation *c, const args *a,
                                            const pt_constant *constants, size_t n_constants,
                                            pt_error *error);
/* Compiles what was declared with the same constants. */
PT_MUST_CHECK pt_status computation_compile(computation *c, const args *a,
                                            const pt_constant *constants, size_t n_constants,
                                            pt_error *error);
void computation_clear(computation *c);

/* How many bits `party`'s input has, once declared. */
size_t computation_input_bits(const computation *c, size_t party);
/* The bits of `party`'s input, one byte each; `argument` is a literal or @FILE. *ret_bits:
 * mem_free_secret. */
PT_MUST_CHECK pt_status computation_input(uint8_t **ret_bits, const computation *c, size_t party,
                                          const char *argument, pt_error *error);

/* The result, or the part of it that is `party`'s if there are such, as text and as JSON text
 * (mem_free both). PT_ERR_PANIC with a full sentence when it panicked. */
PT_MUST_CHECK pt_status computation_result(char **ret_text, char **ret_json, const computation *c,
                                           size_t party, const uint8_t *output_bits,
                                           pt_error *error);

#endif
