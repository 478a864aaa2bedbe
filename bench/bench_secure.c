/* Throughput of encrypted messages, sealing and opening, by message size: the best of REPEATS, in
 * processor time, so that what else runs does not matter. */
#define _POSIX_C_SOURCE 200809L
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "channel/secure/record.h"

#define REPEATS 7

static uint8_t *plain, *sealed, *work;
static noise_cipher sender, receiver;

static void reset(void)
{
    sender = receiver = (noise_cipher){.key = {1}};
}

static uint64_t cpu_ns(void)
{
    struct timespec t = {0};
    (void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static double gigabytes_per_second(size_t len, size_t times, uint64_t ns)
{
    return (double)len * (double)times / (double)(ns == 0 ? 1 : ns);
}

static int bench(size_t len, size_t times)
{
    uint64_t best_seal = UINT64_MAX, best_open = UINT64_MAX;
    const size_t sealed_len = record_sealed_len(len);
    size_t opened = 0;
    for (int repeat = 0; repeat < REPEATS; repeat++) {
        uint64_t seal_ns = 0, open_ns = 0;
        reset();
        for (size_t i = 0; i < times; i++) {
            const uint64_t start = cpu_ns();
            if (record_seal(&sender, sealed, plain, len) != NOISE_OK)
                return 1;
            const uint64_t middle = cpu_ns();
            memcpy(work, sealed, sealed_len);
            const uint64_t copied = cpu_ns();
            if (record_open(&receiver, work, sealed_len, &opened) != NOISE_OK)
                return 1;
            seal_ns += middle - start;
            open_ns += cpu_ns() - copied;
        }
        best_seal = seal_ns < best_seal ? seal_ns : best_seal;
        best_open = open_ns < best_open ? open_ns : best_open;
    }
    (void)printf("%12zu %14.3f %14.3f\n", len, gigabytes_per_second(len, times, best_seal),
                 gigabytes_per_second(len, times, best_open));
    return 0;
}

int main(void)
{
    const size_t most = (size_t)64 << 20;
    plain = calloc(most, 1);
    sealed = malloc(record_sealed_len(most));
    work = malloc(record_sealed_len(most));
    if (plain == NULL || sealed == NULL || work == NULL || sodium_init() < 0)
        return 1;
    (void)printf("%12s %14s %14s\n", "bytes", "seal GB/s", "open GB/s");
    return bench(64, 20000) || bench(1024, 20000) || bench(65511, 500) ||
           bench((size_t)1 << 20, 40) || bench(most, 1);
}
