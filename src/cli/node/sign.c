/* polytune node sign and signing-key: programs that nodes recognise by who has signed them. */
#include "base/buffer.h"
#include "base/error.h"
#include "base/mem.h"
#include "cli/commands/node_verbs.h"
#include "cli/file.h"
#include "cli/output.h"
#include "cli/report.h"
#include "node/program_signature.h"

static pt_status sign_run(const args *a, const char *argument, pt_error *error)
{
    const char *key_path = args_get(a, "key");
    signing_key key = {0};
    char *program = NULL;
    size_t len = 0;
    buffer text;
    if (key_path == NULL)
        return error_set(error, PT_ERR_USAGE, "polytune node sign needs --key=FILE");
    buffer_init(&text, FILE_BYTES_MAX);
    pt_status status = file_read(&program, &len, argument, error);
    if (status == PT_OK)
        status = signing_key_read(&key, key_path, error);
    if (status == PT_OK)
        status = program_sign(&text, program, len, &key, error);
    if (status == PT_OK)
        status = output_text((const char *)text.bytes, text.len, error);
    signing_key_clear(&key);
    buffer_clear(&text);
    mem_free(program);
    return status;
}

static const char *const sign_flags[] = {"key", NULL};
const node_verb node_verb_sign = {"sign", "PROGRAM", sign_flags, sign_run};

static pt_status signing_key_run(const args *a, const char *argument, pt_error *error)
{
    uint8_t public_key[SIGNING_PUBLIC_BYTES];
    char text[SIGNING_PUBLIC_SIZE];
    (void)a;
    const pt_status status = signing_key_create(public_key, argument, error);
    if (status != PT_OK)
        return status;
    report_message(REPORT_INFO, "wrote the private key to %s; its public key is below", argument);
    signing_public_print(text, public_key);
    return output_line(text, error);
}

static const char *const signing_key_flags[] = {NULL};
const node_verb node_verb_signing_key = {"signing-key", "FILE", signing_key_flags, signing_key_run};
