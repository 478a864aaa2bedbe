/* Garble programs: compiling them, and what is known of one. */
#ifndef POLYTUNE_PROGRAM_H
#define POLYTUNE_PROGRAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "polytune/circuit.h"
#include "polytune/literal.h"
#include "polytune/status.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct pt_program pt_program;
typedef struct pt_diagnostics pt_diagnostics;

/* A value for an external constant such as PARTY_0::ROWS; `literal` is Garble text ("3usize"). */
typedef struct pt_constant {
    const char *party; /* the part before :: */
    const char *name;
    const char *literal;
} pt_constant;

typedef struct pt_compile_options {
    const char *source; /* need not be terminated */
    size_t source_len;
    const char *file_name; /* for messages; NULL for "program" */
    const char *function;  /* entry point; NULL for "main" */
    const pt_constant *constants;
    size_t n_constants;
    bool count_lines; /* for pt_program_line_counts */
    /* What is accepted, where others give constants and so choose how large the program gets. 0:
     * all that this version can. Past them it is PT_ERR_LIMIT, and the error names the largest of
     * the constants. The time to compile grows with them: work that builds no gates counts too, as
     * do gates that the finished circuit does not have, though not one for one. */
    uint64_t max_ands;  /* AND gates of the circuit */
    uint64_t max_bytes; /* of memory that compiling takes, about */
    /* Both may be NULL, and are for pt_program_compile. Progress is told of checking, lowering
     * (gates built; how many there will be nobody knows) and optimising (gates looked at). */
    pt_progress_fn progress;
    void *progress_user;
    pt_cancelled_fn cancelled;
    void *cancelled_user;
} pt_compile_options;

/* Parses, checks and lowers. On success *ret_program is the caller's; on failure it is untouched.
 * `ret_diagnostics` (may be NULL) receives the list of errors when the source is at fault; the
 * caller frees it; NULL when there is none. PT_ERR_PROGRAM, PT_ERR_UNSUPPORTED, PT_ERR_LIMIT,
 * PT_ERR_CONSTANT, PT_ERR_MEMORY, PT_ERR_CANCELLED. */
PT_API PT_MUST_CHECK pt_status pt_program_compile(pt_program **ret_program,
                                                  pt_diagnostics **ret_diagnostics,
                                                  const pt_compile_options *options,
                                                  pt_error *error);

/* Parses and type-checks all functions, and tries to compile the entry point (without one, all
 * `pub` functions) as far as that takes no time: not with constants missing, and not the whole of a
 * large program. Statuses are those of pt_program_compile. */
PT_API PT_MUST_CHECK pt_status pt_program_check(pt_diagnostics **ret_diagnostics,
                                                const pt_compile_options *options, pt_error *error);
PT_API void pt_program_free(pt_program *program);

/* What is known of a program before all its external constants are. */
typedef struct pt_program_facts {
    size_t n_externals; /* external constants that it uses */
    size_t n_parties;   /* of the entry point; 0: depends on a constant that was not given */
} pt_program_facts;

/* Parses and type-checks, and says what else must be known to compile; constants may be missing.
 * Outputs and errors as with pt_program_compile. */
PT_API PT_MUST_CHECK pt_status pt_program_inspect(pt_program_facts *ret_facts,
                                                  pt_diagnostics **ret_diagnostics,
                                                  const pt_compile_options *options,
                                                  pt_error *error);

/* The types of a program's inputs and result, known before it is compiled: what does not fit them
 * is refused at once, and not after a compilation of minutes. */
typedef struct pt_signature pt_signature;

/* Parses, type-checks and reads the constants, all of which must be given. Outputs and errors as
 * with pt_program_compile. */
PT_API PT_MUST_CHECK pt_status pt_signature_new(pt_signature **ret_signature,
                                                pt_diagnostics **ret_diagnostics,
                                                const pt_compile_options *options, pt_error *error);
/* That of a compiled program, which must outlive it. */
PT_API PT_MUST_CHECK pt_status pt_signature_of_program(pt_signature **ret_signature,
                                                       const pt_program *program, pt_error *error);
PT_API void pt_signature_free(pt_signature *signature);
/* As of the program; types and names are owned by the signature. */
PT_API size_t pt_signature_party_count(const pt_signature *signature);
PT_API const pt_type *pt_signature_input_type(const pt_signature *signature, size_t party);
PT_API const char *pt_signature_input_name(const pt_signature *signature, size_t party);
PT_API const pt_type *pt_signature_output_type(const pt_signature *signature);

/* One error of a program. Lines and columns are one-based, natural; the end is exclusive. Zero
 * line: no place. */
typedef struct pt_diagnostic {
    const char *phase;   /* "scan", "parse", "type" or "compile" */
    const char *message; /* one line */
    uint32_t line, column, end_line, end_column;
} pt_diagnostic;

PT_API size_t pt_diagnostics_count(const pt_diagnostics *diagnostics);
PT_API pt_diagnostic pt_diagnostics_get(const pt_diagnostics *diagnostics, size_t index);
/* All of them as text: file, line, the source line and carets under the span; with `color`, escape
 * sequences for a terminal. Source lines that would be wider than `columns` are cut around the
 * span; 0: 168. Release with pt_text_free. */
PT_API PT_MUST_CHECK pt_status pt_diagnostics_print(char **ret_text,
                                                    const pt_diagnostics *diagnostics, bool color,
                                                    size_t columns, pt_error *error);
PT_API void pt_diagnostics_free(pt_diagnostics *diagnostics);

/* A compiled program as bytes, for a file (.ptc): its circuit, the types and names of its inputs,
 * the type of its result, its panics with their places, and what it was compiled with; not its
 * text, and no counts of lines. Release with pt_text_free. All machines and systems read the same
 * bytes. PT_ERR_MEMORY. */
PT_API PT_MUST_CHECK pt_status pt_program_save(char **ret_bytes, size_t *ret_len,
                                               const pt_program *program, pt_error *error);
/* The program that was saved. Whose bytes they are does not matter: all that could do harm is
 * looked at, and damage found by a checksum. But a program whose text one has not seen may compute
 * anything, as other parties' circuits may: parties compare circuits before they run.
 * PT_ERR_CIRCUIT for what is no such file, another version's or damaged; PT_ERR_LIMIT,
 * PT_ERR_MEMORY. */
PT_API PT_MUST_CHECK pt_status pt_program_load(pt_program **ret_program, const void *bytes,
                                               size_t len, pt_error *error);
/* The same without a copy of the circuit: the bytes, a file that was mapped into memory, have to
 * stay where and as they are until pt_program_free. What a run has passed of them need not stay in
 * memory, so that it takes room for the wires in use only. They are checked here and read again in
 * each run: whoever could change them meanwhile chooses what is computed, after the parties agreed
 * on something else. So map only a file that nobody else may write, and load any other. */
PT_API PT_MUST_CHECK pt_status pt_program_load_in_place(pt_program **ret_program, const void *bytes,
                                                        size_t len, pt_error *error);
/* Whether a file begins as saved programs do; no program's text does. */
PT_API bool pt_program_is_saved(const void *bytes, size_t len);

/* The function that was compiled, and the external constants it was compiled with, each once; owned
 * by the program. */
PT_API const char *pt_program_function(const pt_program *program);
PT_API const pt_constant *pt_program_constants(size_t *ret_count, const pt_program *program);

/* How many parties give input: one per parameter, or one per element of a lone array parameter. */
PT_API size_t pt_program_party_count(const pt_program *program);
/* The circuit, owned by the program. Its outputs are the panic code, then the result bits. */
PT_API const pt_circuit *pt_program_circuit(const pt_program *program);
/* How many AND gates of the circuit come from a line of the source. */
typedef struct pt_line_count {
    uint32_t line; /* one-based */
    uint64_t and_gates;
} pt_line_count;
/* Every line that AND gates come from, the one with most of them first; the sum is that of the
 * circuit. Gates of a function or loop count where they are written, however often it is called or
 * repeated; a gate that several lines share counts for the one that built it first. NULL unless
 * `count_lines` was set. Owned by the program. */
PT_API const pt_line_count *pt_program_line_counts(size_t *ret_count, const pt_program *program);
/* The circuit as Bristol Fashion text with the result bits only: one output value, most significant
 * bit first, without the panic code. Release with pt_text_free. */
PT_API PT_MUST_CHECK pt_status pt_program_write_bristol(char **ret_text, size_t *ret_len,
                                                        const pt_program *program, pt_error *error);
/* The type of a party's input, and of the result; owned by the program. */
PT_API const pt_type *pt_program_input_type(const pt_program *program, size_t party);
/* The name of the parameter that a party gives, UTF-8; the elements of a lone array parameter all
 * have its name. Owned by the program. */
PT_API const char *pt_program_input_name(const pt_program *program, size_t party);
PT_API const pt_type *pt_program_output_type(const pt_program *program);

/* Checks what a program expects of an input besides its type: that rows which a join takes as they
 * are ascend by their keys and have each key once. `bits` are the n_bits bits of this party's
 * value, one byte each. Costs nothing and talks to nobody; matches would be lost without.
 * PT_ERR_INPUT names the row, counted from 1; PT_ERR_USAGE for a number of bits that is not the
 * type's. */
PT_API PT_MUST_CHECK pt_status pt_program_check_input(const pt_program *program, size_t party,
                                                      const uint8_t *bits, size_t n_bits,
                                                      pt_error *error);
/* The same with packed bits (status.h). */
PT_API PT_MUST_CHECK pt_status pt_program_check_input_packed(const pt_program *program,
                                                             size_t party, const uint8_t *bytes,
                                                             size_t n_bytes, pt_error *error);

/* A panic at run time. Line and column are one-based, the end is exclusive. */
typedef struct pt_panic {
    const char *reason; /* "Overflow", "Division By Zero", "Array Access Out Of Bounds" */
    uint32_t line, column, end_line, end_column;
} pt_panic;

/* Decodes the circuit's output bits (one byte each). On PT_ERR_PANIC *ret_panic (may be NULL) says
 * where and the error message is a full sentence; *ret_literal is the caller's on success and
 * untouched otherwise. */
PT_API PT_MUST_CHECK pt_status pt_program_decode(pt_literal **ret_literal, pt_panic *ret_panic,
                                                 const pt_program *program,
                                                 const uint8_t *output_bits, size_t n_bits,
                                                 pt_error *error);

/* The same with packed bits (status.h). */
PT_API PT_MUST_CHECK pt_status pt_program_decode_packed(pt_literal **ret_literal,
                                                        pt_panic *ret_panic,
                                                        const pt_program *program,
                                                        const uint8_t *outputs, size_t n_bytes,
                                                        pt_error *error);

#ifdef __cplusplus
}
#endif
#endif
