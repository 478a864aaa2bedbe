/* Embedding the library: two parties in one process learn the larger of two numbers, and nothing
 * else. For another program change `source`, PARTIES and the inputs.
 *
 *   cc embed.c $(pkg-config --cflags --libs polytune) -pthread && ./a.out
 *
 * Real parties run in different places; only the channel changes: see pt_channel_relay_open, and
 * custom_channel.c for a channel of your own. */
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <polytune/polytune.h>

#define PARTIES 2

static const char source[] = "pub fn main(a: u32, b: u32) -> u32 { if a > b { a } else { b } }";

typedef struct side {
    size_t party;
    const char *input;
    pt_channel channel;
    char *result; /* released with pt_text_free */
} side;

/* What one party runs: its input and the result, a byte a bit, as many as the program has. */
typedef struct run {
    pt_program *program;
    const pt_circuit *circuit;
    uint8_t *input_bits;
    size_t n_input_bits;
    uint8_t *output_bits;
    size_t n_output_bits;
} run;

static pt_status prepare(run *r, size_t party, pt_error *error)
{
    const pt_compile_options options = {.source = source, .source_len = sizeof source - 1};
    const pt_status status = pt_program_compile(&r->program, NULL, &options, error);
    if (status != PT_OK)
        return status;
    r->circuit = pt_program_circuit(r->program);
    r->n_input_bits = pt_circuit_input_bits(r->circuit, party);
    r->n_output_bits = pt_circuit_output_bits(r->circuit);
    r->input_bits = malloc(r->n_input_bits + 1);
    r->output_bits = malloc(r->n_output_bits + 1);
    return r->input_bits == NULL || r->output_bits == NULL ? PT_ERR_MEMORY : PT_OK;
}

static pt_status read_input(run *r, const side *s, pt_error *error)
{
    const pt_type *type = pt_program_input_type(r->program, s->party);
    pt_literal *input = NULL;
    pt_status status = pt_literal_parse(&input, type, s->input, strlen(s->input), error);
    if (status == PT_OK)
        status = pt_literal_to_bits(r->input_bits, r->n_input_bits, input, error);
    pt_literal_free(input);
    return status;
}

static pt_status print_result(char **ret_text, const run *r, pt_error *error)
{
    pt_literal *result = NULL;
    pt_status status =
        pt_program_decode(&result, NULL, r->program, r->output_bits, r->n_output_bits, error);
    if (status == PT_OK)
        status = pt_literal_print(ret_text, result, error);
    pt_literal_free(result);
    return status;
}

/* What one party does, from the program's text to the result. */
static pt_status take_part(side *s, pt_error *error)
{
    const pt_mpc_options options = {.party = s->party, .parties = PARTIES};
    run r = {0};
    pt_status status = prepare(&r, s->party, error);
    if (status == PT_OK)
        status = read_input(&r, s, error);
    if (status == PT_OK)
        status = pt_mpc_run(r.output_bits, r.n_output_bits, &s->channel, r.circuit, r.input_bits,
                            r.n_input_bits, &options, error);
    if (status == PT_OK)
        status = print_result(&s->result, &r, error);
    free(r.input_bits);
    free(r.output_bits);
    pt_program_free(r.program);
    return status;
}

static void *run_side(void *argument)
{
    side *s = argument;
    pt_error error;
    pt_error_clear(&error);
    if (take_part(s, &error) != PT_OK)
        (void)fprintf(stderr, "party %zu: %s\n", s->party, error.message);
    return NULL;
}

int main(void)
{
    side sides[PARTIES] = {{.party = 0, .input = "17"}, {.party = 1, .input = "41"}};
    pt_channel channels[PARTIES];
    pthread_t threads[PARTIES];
    pt_error error;
    bool agree = true;
    if (pt_channel_memory_mesh(channels, PARTIES, 10000, &error) != PT_OK)
        return 1;
    for (size_t i = 0; i < PARTIES; i++) {
        sides[i].channel = channels[i];
        if (pthread_create(&threads[i], NULL, run_side, &sides[i]) != 0)
            return 1;
    }
    for (size_t i = 0; i < PARTIES; i++) {
        (void)pthread_join(threads[i], NULL);
        agree = agree && sides[0].result != NULL && sides[i].result != NULL &&
                strcmp(sides[0].result, sides[i].result) == 0;
    }
    if (agree)
        (void)printf("larger: %s\n", sides[0].result);
    for (size_t i = 0; i < PARTIES; i++) {
        pt_channel_close(&channels[i]);
        pt_text_free(sides[i].result);
    }
    return agree ? 0 : 1;
}
