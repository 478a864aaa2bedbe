/* Public functions with right arguments, each of which can be made wrong; test_wrong_arguments.c
 * calls them with every combination. A file of this folder has those of one public header. */
#ifndef WRONG_ARGUMENTS_TABLE_H
#define WRONG_ARGUMENTS_TABLE_H

#include <stdbool.h>

#include "polytune/polytune.h"
#include "support/test.h"

#define SOURCE "pub fn main(a: u8, b: u8) -> u8 { a & b }"

/* What right arguments are taken from. */
typedef struct world {
    pt_program *program;
    const pt_circuit *circuit;
    const pt_type *type; /* u8 */
    pt_literal *literal;
    pt_constants *constants;
    pt_meter *meter;
    pt_channel channels[2];
    uint8_t bits[64];
    uint8_t packed[8];
    uint8_t key[PT_KEY_BYTES];
    pt_p2p_ticket ticket;
} world;

/* What results are written to; nothing may be. */
typedef struct results {
    char *text;
    size_t len;
    pt_circuit *circuit;
    pt_program *program;
    pt_signature *signature;
    pt_literal *literal;
    pt_constants *constants;
    pt_channel channels[2];
    pt_meter *meter;
    pt_traffic traffic;
    pt_program_facts facts;
    uint8_t bits[64];
    uint8_t keys[2][PT_KEY_BYTES];
    char words[PT_FINGERPRINT_SIZE];
    pt_p2p_ticket ticket;
    char ticket_text[PT_P2P_TICKET_SIZE];
} results;

extern results r;

typedef struct row {
    const char *name;
    pt_status (*call)(const world *w, unsigned wrong, pt_error *error);
    unsigned n_wrong; /* arguments that may be wrong; each of them is enough for `expected` */
    pt_status expected;
} row;

typedef struct table {
    const row *rows;
    size_t n;
} table;

/* Those of a public header, by its name. */
extern const table wrong_channel, wrong_circuit, wrong_constants, wrong_literal, wrong_meter,
    wrong_mpc, wrong_network, wrong_plan, wrong_polytune, wrong_private_results, wrong_program,
    wrong_secure, wrong_status;

/* Argument number `i` of those that may be wrong. */
#define IS_WRONG(i)    (((wrong) >> (i)) & 1u)
#define PTR(i, right)  (IS_WRONG(i) ? NULL : (right))
#define SIZE(i, right) (IS_WRONG(i) ? SIZE_MAX : (size_t)(right))

#define CALL(name) static pt_status call_##name(const world *w, unsigned wrong, pt_error *error)

/* What frees something takes NULL. */
#define FREES(name)                                                                                \
    CALL(name)                                                                                     \
    {                                                                                              \
        (void)w, (void)wrong, (void)error;                                                         \
        name(NULL);                                                                                \
        return PT_OK;                                                                              \
    }

/* Fails with PT_ERR_USAGE, or cannot fail and is harmless. */
/* clang-format off */
#define FAILS(name, n)    {#name, call_##name, n, PT_ERR_USAGE}
#define HARMLESS(name, n) {#name, call_##name, n, PT_OK}
/* clang-format on */

#define TABLE(header) const table wrong_##header = {rows, sizeof rows / sizeof rows[0]}

#endif
