/* polytune keygen: a key pair for a party. */
#include <stdio.h>

#include "base/error.h"
#include "base/mem.h"
#include "cli/commands/command.h"
#include "cli/flags/keys.h"
#include "cli/output.h"
#include "cli/report.h"

#define DEFAULT_FILE "polytune.key"

static const flag flags[] = {
    {"o", "FILE", "where the private key goes (default " DEFAULT_FILE "); it must not exist yet",
     false},
    {"public", "FILE", "print the public key of this private key file instead", false},
    {0},
};
static const flag *const flag_lists[] = {flags, flags_common, NULL};

static pt_status create(uint8_t ret_public_key[PT_KEY_BYTES], const char *path, pt_error *error)
{
    const pt_status status = key_create(ret_public_key, path, error);
    if (status == PT_OK)
        report_message(REPORT_INFO,
                       "wrote the private key to %s; give the others the public key below", path);
    return status;
}

static pt_status show(uint8_t ret_public_key[PT_KEY_BYTES], const char *path, pt_error *error)
{
    uint8_t private_key[PT_KEY_BYTES];
    pt_status status = key_read(private_key, path, error);
    if (status == PT_OK)
        status = pt_channel_secure_public_key(ret_public_key, private_key, error);
    mem_wipe(private_key, sizeof private_key);
    return status;
}

static pt_status keygen_run(const args *a, pt_error *error)
{
    const char *existing = args_get(a, "public");
    const char *path = args_get(a, "o");
    uint8_t public_key[PT_KEY_BYTES];
    char text[PT_KEY_TEXT_SIZE];
    if (existing != NULL && path != NULL)
        return error_set(error, PT_ERR_USAGE, "--public makes no key: -o does not go with it");
    const pt_status status = existing != NULL
                                 ? show(public_key, existing, error)
                                 : create(public_key, path != NULL ? path : DEFAULT_FILE, error);
    if (status != PT_OK)
        return status;
    pt_channel_secure_key_print(text, public_key, false);
    return output_line(text, error);
}

const command command_keygen = {
    .name = "keygen",
    .arguments = "",
    .summary = "make a key by which the other parties know this one",
    .details =
        "Prints the public key. Whoever takes part collects everybody's public keys in a roster, "
        "a file of lines "
        "NUMBER PUBLIC_KEY, and gives it to polytune party with --roster, and the own private key "
        "with --key.\n",
    .flags = flag_lists,
    .n_positional = 0,
    .run = keygen_run,
};
