/* A party that takes part like any other but changes one bit of what it sends, inside the
 * encryption: what a page must notice and say.
 *
 *   POLYTUNE_SESSION_SECRET=... cheating_party RELAY SESSION PROGRAM PARTY INPUT PHASE */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <polytune/polytune.h>

#include "channel/channel.h"
#include "support/faulty.h"

#define SOURCE_MAX 65536

typedef struct cheater {
    const char *relay, *session, *secret, *input;
    size_t party;
    pt_program *program;
    fault fault;
    pt_channel channel;
} cheater;

static size_t n_parties(const cheater *c)
{
    return pt_circuit_parties(pt_program_circuit(c->program));
}

static pt_status cheater_compile(cheater *c, const char *path, pt_error *error)
{
    static char source[SOURCE_MAX];
    FILE *file = fopen(path, "rb");
    if (file == NULL)
        return PT_ERR_FILE;
    const size_t len = fread(source, 1, sizeof source, file);
    (void)fclose(file);
    const pt_compile_options options = {.source = source, .source_len = len};
    return pt_program_compile(&c->program, NULL, &options, error);
}

static pt_status cheater_open(cheater *c, pt_error *error)
{
    const size_t parties = n_parties(c);
    const pt_relay_options relay = {
        .url = c->relay, .session = c->session, .party = c->party, .parties = parties};
    const pt_secure_options secure = {.party = c->party,
                                      .parties = parties,
                                      .session = c->session,
                                      .session_len = strlen(c->session),
                                      .session_secret = c->secret,
                                      .session_secret_len = strlen(c->secret)};
    pt_status status = pt_channel_relay_open(&c->channel, &relay, error);
    if (status == PT_OK)
        status = pt_channel_secure_wrap(&c->channel, c->channel, &secure, error);
    if (status == PT_OK)
        status = channel_faulty_wrap(&c->channel, c->channel, &c->fault, 1, 1, error);
    return status;
}

static pt_status cheater_run(cheater *c, pt_error *error)
{
    const pt_circuit *circuit = pt_program_circuit(c->program);
    const size_t n_in = pt_circuit_input_bits(circuit, c->party);
    const size_t n_out = pt_circuit_output_bits(circuit);
    uint8_t *in = calloc(n_in + 1, 1);
    uint8_t *out = calloc(n_out + 1, 1);
    pt_literal *input = NULL;
    const pt_mpc_options options = {.party = c->party,
                                    .parties = n_parties(c),
                                    .session = (const uint8_t *)c->session,
                                    .session_len = strlen(c->session),
                                    .insecure = true}; /* the harm is done above the encryption */
    pt_status status = in == NULL || out == NULL ? PT_ERR_MEMORY : PT_OK;
    if (status == PT_OK)
        status = pt_literal_parse(&input, pt_program_input_type(c->program, c->party), c->input,
                                  strlen(c->input), error);
    if (status == PT_OK)
        status = pt_literal_to_bits(in, n_in, input, error);
    if (status == PT_OK)
        status = pt_mpc_run(out, n_out, &c->channel, circuit, in, n_in, &options, error);
    pt_literal_free(input);
    free(in);
    free(out);
    return status;
}

int main(int argc, char **argv)
{
    pt_error error;
    const char *secret = getenv("POLYTUNE_SESSION_SECRET");
    if (argc != 7 || secret == NULL)
        return PT_CLASS_USAGE;
    cheater c = {.relay = argv[1],
                 .session = argv[2],
                 .secret = secret,
                 .input = argv[5],
                 .party = (size_t)strtoul(argv[4], NULL, 10),
                 .fault = {.kind = FAULT_FLIP_BIT, .phase = argv[6], .peer = FAULT_ANY_PEER}};
    pt_error_clear(&error);
    pt_status status = cheater_compile(&c, argv[3], &error);
    if (status == PT_OK)
        status = cheater_open(&c, &error);
    if (status == PT_OK)
        status = cheater_run(&c, &error);
    pt_channel_close(&c.channel);
    pt_program_free(c.program);
    if (!c.fault.struck)
        (void)fprintf(stderr, "nothing was changed\n");
    (void)fprintf(stderr, "%s: %s\n", pt_status_text(status), error.message);
    return (int)pt_status_class_of(status);
}
