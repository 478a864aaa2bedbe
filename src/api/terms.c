/* What a party runs, as the text that network channels compare (polytune/mpc.h). */
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/hex.h"
#include "crypto/ro.h"
#include "crypto/ro_labels.h"
#include "mpc/session/hello.h"
#include "mpc/session/params.h"
#include "polytune/mpc.h"

/* So short that it tells two programs apart, but of many that it may be not which one it is. */
#define PROGRAM_BYTES 2

/* False: out of memory. */
static bool digest_program(char ret_text[HEX_SIZE(PROGRAM_BYTES)], const pt_circuit *circuit,
                           const char *name)
{
    ro h;
    uint8_t whole[DIGEST_BYTES];
    uint8_t digest[DIGEST_BYTES];
    if (!circuit_hash_kept(whole, circuit))
        return false;
    ro_init(&h, sizeof digest, RO_LABEL_TERMS);
    ro_field(&h, name, strlen(name));
    ro_field(&h, whole, sizeof whole);
    ro_final(&h, digest);
    hex_write(ret_text, digest, PROGRAM_BYTES);
    return true;
}

pt_status pt_terms_print(char ret_terms[PT_TERMS_SIZE], const pt_terms *terms, pt_error *error)
{
    char program[HEX_SIZE(PROGRAM_BYTES)] = "";
    if (ret_terms == NULL || terms == NULL || terms->session == NULL)
        return error_missing(error, "terms with a session, and a place for their text");
    if (terms->parties == 0 || terms->parties > PT_MPC_MAX_PARTIES)
        return error_set(error, PT_ERR_USAGE, "%zu parties: 1 to %d are possible", terms->parties,
                         PT_MPC_MAX_PARTIES);
    if (terms->circuit != NULL && !digest_program(program, terms->circuit, terms->session))
        return error_memory(error);
    const int len =
        snprintf(ret_terms, PT_TERMS_SIZE, "version=%d;parties=%zu;dealer=%s", MPC_PROTOCOL_VERSION,
                 terms->parties, terms->dealer || terms->is_dealer ? "yes" : "no");
    if (!terms->is_dealer)
        (void)snprintf(ret_terms + len, PT_TERMS_SIZE - (size_t)len, ";program=%s",
                       terms->circuit == NULL ? "with-constants" : program);
    return PT_OK;
}
