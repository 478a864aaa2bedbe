#define _POSIX_C_SOURCE 200809L
#include "cli/commands/bench_circuit.h"

#include <time.h>

#include "base/buffer.h"
#include "base/error.h"
#include "base/mem.h"
#include "cli/flags/threads.h"
#include "cli/local_run.h"

#define LIVE       1024u
#define VALUE_BITS 128u

typedef struct writer {
    buffer text;
    uint64_t next_wire;
    uint64_t random;
    uint64_t live[LIVE];
} writer;

/* Marsaglia, Xorshift RNGs, 2003; the triple (13, 7, 17). */
static size_t random_below(writer *w, size_t n)
{
    w->random ^= w->random << 13;
    w->random ^= w->random >> 7;
    w->random ^= w->random << 17;
    return (size_t)(w->random % n);
}

static uint64_t put_gate(writer *w, uint64_t x, uint64_t y, const char *kind)
{
    buffer_printf(&w->text, "2 1 %llu %llu %llu %s\n", (unsigned long long)x, (unsigned long long)y,
                  (unsigned long long)w->next_wire, kind);
    return w->next_wire++;
}

static void put_header(writer *w, uint64_t n_and, size_t parties)
{
    const uint64_t n_gates = 2 * n_and + LIVE - VALUE_BITS;
    buffer_printf(&w->text, "%llu %llu\n%zu", (unsigned long long)n_gates,
                  (unsigned long long)(n_gates + parties * VALUE_BITS), parties);
    for (size_t i = 0; i < parties; i++)
        buffer_printf(&w->text, " %u", VALUE_BITS);
    buffer_printf(&w->text, "\n1 %u\n\n", VALUE_BITS);
}

pt_status bench_circuit(pt_circuit **ret_circuit, uint64_t n_and, size_t parties, pt_error *error)
{
    writer w = {.next_wire = parties * VALUE_BITS, .random = 0x9e3779b97f4a7c15u};
    buffer_init(&w.text, SIZE_MAX / 4);
    put_header(&w, n_and, parties);
    for (size_t i = 0; i < LIVE; i++)
        w.live[i] = i % (parties * VALUE_BITS);
    for (uint64_t i = 0; i < n_and; i++) {
        const size_t at = (size_t)(i % LIVE);
        const size_t x = (at + 1 + random_below(&w, LIVE / 2 - 1)) % LIVE;
        const size_t y = (at + LIVE / 2 + random_below(&w, LIVE / 2)) % LIVE;
        const uint64_t product = put_gate(&w, w.live[x], w.live[y], "AND");
        w.live[at] = put_gate(&w, w.live[at], product, "XOR");
    }
    for (size_t i = VALUE_BITS; i < LIVE; i++)
        w.live[i % VALUE_BITS] = put_gate(&w, w.live[i % VALUE_BITS], w.live[i], "XOR");
    const char *text = buffer_text(&w.text);
    const pt_status status =
        text == NULL ? error_memory(error)
                     : pt_circuit_read_bristol(ret_circuit, text, w.text.len, "benchmark", error);
    buffer_clear(&w.text);
    return status;
}

double bench_cpu_seconds(void)
{
    struct timespec now = {0};
    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

pt_status bench_circuit_run(bench_run *ret_runs, const pt_circuit *circuit,
                            const pt_channel *channels, size_t parties, bool dealer,
                            unsigned threads, pt_error *error)
{
    local_party all[BENCH_MAX_SEATS] = {0};
    const size_t seats = parties + dealer;
    size_t most_bits = 0;
    for (size_t i = 0; i < parties; i++) {
        const size_t n = pt_circuit_input_bits(circuit, i);
        most_bits = n > most_bits ? n : most_bits;
    }
    uint8_t *bits = mem_new(most_bits, 1);
    pt_status status = bits == NULL ? error_memory(error) : PT_OK;
    for (size_t i = 0; i < seats && status == PT_OK; i++) {
        all[i].options = (pt_mpc_options){.party = i,
                                          .parties = parties,
                                          .dealer = dealer,
                                          .threads = threads_each(threads, seats),
                                          .stats = &ret_runs[i].stats};
        all[i].channel = channels[i];
        if (i == parties) /* the dealer */
            continue;
        all[i].circuit = circuit;
        all[i].input = bits;
        all[i].output = mem_new(pt_circuit_output_bits(circuit), 1);
        if (all[i].output == NULL)
            status = error_memory(error);
    }
    const double start_cpu = bench_cpu_seconds();
    if (status == PT_OK)
        status = local_run(all, seats, error);
    const double cpu = bench_cpu_seconds() - start_cpu;
    for (size_t i = 0; i < seats; i++) {
        ret_runs[i].cpu_seconds = cpu / (double)seats;
        mem_free(all[i].output);
    }
    mem_free(bits);
    return status;
}
