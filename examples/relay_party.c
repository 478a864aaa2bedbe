/* One of two parties that meet at a relay and learn the larger of their numbers: what a program
 * that takes part over a network does besides what embed.c shows. It encrypts, knows the other
 * party by a session secret, tells what it waits for and how far it is, counts what it sends, and
 * ends in order on Ctrl-C.
 *
 *   cc relay_party.c $(pkg-config --cflags --libs polytune) -o relay_party
 *   POLYTUNE_SESSION_SECRET="..." ./relay_party http://127.0.0.1:8000 SESSION 0 17
 *
 * The other runs the same with another number of its own, or `polytune party` with the same
 * program, session and secret. For other ways to meet only open_network changes:
 * pt_channel_direct_open, pt_channel_p2p_open. */
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <polytune/polytune.h>

#define PARTIES 2

static const char source[] = "pub fn main(a: u32, b: u32) -> u32 { if a > b { a } else { b } }";

static volatile sig_atomic_t interrupted;

static void on_interrupt(int number)
{
    (void)number;
    interrupted = 1;
}

/* Asked several times a second while a call waits. */
static bool is_interrupted(void *user)
{
    (void)user;
    return interrupted != 0;
}

static void on_notice(void *user, const char *text)
{
    (void)user;
    (void)fprintf(stderr, "%s\n", text);
}

static void on_progress(void *user, const char *phase, uint64_t done, uint64_t total)
{
    (void)user;
    (void)fprintf(stderr, "%.0f %% (%s)\n", 100.0 * (double)done / (double)total, phase);
}

typedef struct party {
    size_t number;
    const char *relay;
    const char *session;
    const char *secret;
    const char *input;
    pt_program *program;
    pt_meter *meter;
    pt_channel channel;
    uint8_t *output_bits;
    size_t n_output_bits;
} party;

/* A channel to the relay; nothing on it is encrypted yet. */
static pt_status open_network(party *p, pt_error *error)
{
    const pt_relay_options options = {
        .url = p->relay,
        .session = p->session,
        .party = p->number,
        .parties = PARTIES,
        .network.notice = on_notice,
        .network.cancelled = is_interrupted,
    };
    return pt_channel_relay_open(&p->channel, &options, error);
}

/* The network below, the meter above it, encryption on top. A wrapper takes the channel over, so
 * p->channel is always the one to close. */
static pt_status open_channel(party *p, pt_error *error)
{
    const pt_secure_options secure = {
        .party = p->number,
        .parties = PARTIES,
        .session = p->session,
        .session_len = strlen(p->session),
        .session_secret = p->secret,
        .session_secret_len = strlen(p->secret),
    };
    pt_status status = open_network(p, error);
    if (status == PT_OK)
        status = pt_meter_new(&p->meter, PARTIES, error);
    if (status == PT_OK)
        status = pt_channel_metered_wrap(&p->channel, p->channel, p->meter, error);
    if (status == PT_OK)
        status = pt_channel_secure_wrap(&p->channel, p->channel, &secure, error);
    return status;
}

/* Bits are a byte each; how many there are, the program says. */
static pt_status run_protocol(party *p, pt_error *error)
{
    const pt_circuit *circuit = pt_program_circuit(p->program);
    const pt_type *type = pt_program_input_type(p->program, p->number);
    const size_t n_input_bits = pt_circuit_input_bits(circuit, p->number);
    const pt_mpc_options options = {
        .party = p->number,
        .parties = PARTIES,
        .session = (const uint8_t *)p->session, /* the parties compare it */
        .session_len = strlen(p->session),
        .progress = on_progress,
    };
    pt_literal *input = NULL;
    uint8_t *input_bits = malloc(n_input_bits + 1);
    p->n_output_bits = pt_circuit_output_bits(circuit);
    p->output_bits = malloc(p->n_output_bits + 1);
    pt_status status = input_bits == NULL || p->output_bits == NULL ? PT_ERR_MEMORY : PT_OK;
    if (status == PT_OK)
        status = pt_literal_parse(&input, type, p->input, strlen(p->input), error);
    if (status == PT_OK)
        status = pt_literal_to_bits(input_bits, n_input_bits, input, error);
    if (status == PT_OK)
        status = open_channel(p, error);
    if (status == PT_OK)
        status = pt_mpc_run(p->output_bits, p->n_output_bits, &p->channel, circuit, input_bits,
                            n_input_bits, &options, error);
    pt_literal_free(input);
    free(input_bits);
    return status;
}

static pt_status print_result(const party *p, pt_error *error)
{
    pt_literal *result = NULL;
    char *text = NULL;
    pt_status status =
        pt_program_decode(&result, NULL, p->program, p->output_bits, p->n_output_bits, error);
    if (status == PT_OK)
        status = pt_literal_print(&text, result, error);
    if (status == PT_OK)
        (void)printf("larger: %s\n", text);
    pt_text_free(text);
    pt_literal_free(result);
    return status;
}

static void print_traffic(pt_meter *meter)
{
    pt_traffic row;
    for (size_t i = 0; pt_meter_read(&row, meter, i); i++)
        (void)fprintf(stderr, "%s: %llu bytes sent to party %zu\n", row.phase,
                      (unsigned long long)row.bytes_sent, row.peer);
}

int main(int argc, char **argv)
{
    const pt_compile_options compile = {.source = source, .source_len = sizeof source - 1};
    const char *secret = getenv("POLYTUNE_SESSION_SECRET");
    pt_error error;
    if (argc != 5 || (strcmp(argv[3], "0") != 0 && strcmp(argv[3], "1") != 0) || secret == NULL) {
        (void)fprintf(stderr,
                      "usage: POLYTUNE_SESSION_SECRET=... relay_party RELAY SESSION 0|1 NUMBER\n");
        return PT_CLASS_USAGE;
    }
    party p = {.relay = argv[1],
               .session = argv[2],
               .number = argv[3][0] == '1',
               .input = argv[4],
               .secret = secret};
    pt_error_clear(&error);
    (void)signal(SIGINT, on_interrupt);
    pt_status status = pt_program_compile(&p.program, NULL, &compile, &error);
    if (status == PT_OK)
        status = run_protocol(&p, &error);
    pt_channel_close(&p.channel); /* sends what is still queued */
    if (status == PT_OK)
        status = print_result(&p, &error);
    if (status != PT_OK)
        (void)fprintf(stderr, "%s: %s\n", pt_status_text(status), error.message);
    if (p.meter != NULL)
        print_traffic(p.meter);
    pt_meter_free(p.meter);
    free(p.output_bits);
    pt_program_free(p.program);
    return (int)pt_status_class_of(status);
}
