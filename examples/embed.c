/* Embedding the library: two parties in one process learn the larger of two numbers, and nothing
 * else.
 *
 *   cc embed.c $(pkg-config --cflags --libs polytune) -pthread && ./a.out
 *
 * Real parties run in different places; only the channel changes: see pt_channel_relay_open, and
 * custom_channel.c for a channel of your own. */
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include <polytune/polytune.h>

static const char source[] = "pub fn main(a: u32, b: u32) -> u32 { if a > b { a } else { b } }";

typedef struct side {
    size_t party;
    const char *input;
    pt_channel channel;
    char result[64];
} side;

/* What one party does, from the program's text to the result. */
static pt_status take_part(side *s, pt_error *error)
{
    const pt_compile_options compile = {.source = source, .source_len = sizeof source - 1};
    pt_program *program = NULL;
    pt_literal *input = NULL;
    pt_literal *result = NULL;
    char *text = NULL;
    uint8_t input_bits[32];
    uint8_t output_bits[64];

    pt_status status = pt_program_compile(&program, NULL, &compile, error);
    if (status == PT_OK)
        status = pt_literal_parse(&input, pt_program_input_type(program, s->party), s->input,
                                  strlen(s->input), error);
    if (status == PT_OK) {
        const pt_mpc_options options = {.party = s->party, .parties = 2};
        pt_literal_to_bits(input_bits, input);
        status = pt_mpc_run(&options, &s->channel, pt_program_circuit(program), input_bits,
                            output_bits, error);
    }
    if (status == PT_OK)
        status = pt_program_decode(&result, NULL, program, output_bits,
                                   pt_circuit_output_bits(pt_program_circuit(program)), error);
    if (status == PT_OK)
        status = pt_literal_print(&text, result, error);
    if (status == PT_OK)
        (void)snprintf(s->result, sizeof s->result, "%s", text);
    pt_text_free(text);
    pt_literal_free(result);
    pt_literal_free(input);
    pt_program_free(program);
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
    side sides[2] = {{.party = 0, .input = "17"}, {.party = 1, .input = "41"}};
    pt_channel channels[2];
    pthread_t threads[2];
    pt_error error;
    if (pt_channel_memory_mesh(channels, 2, 10000, &error) != PT_OK)
        return 1;
    for (int i = 0; i < 2; i++) {
        sides[i].channel = channels[i];
        if (pthread_create(&threads[i], NULL, run_side, &sides[i]) != 0)
            return 1;
    }
    for (int i = 0; i < 2; i++)
        (void)pthread_join(threads[i], NULL);
    for (int i = 0; i < 2; i++)
        pt_channel_close(&channels[i]);
    (void)printf("larger: %s\n", sides[0].result);
    return strcmp(sides[0].result, sides[1].result) == 0 && sides[0].result[0] != '\0' ? 0 : 1;
}
