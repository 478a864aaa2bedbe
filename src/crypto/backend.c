#include "crypto/backend.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/cpu.h"

#if defined(__x86_64__)

#    include <cpuid.h>

/* XCR0: which register states the operating system saves (Intel SDM vol. 1, section 13.3). */
#    define XCR0_AVX    0x06u /* SSE and AVX */
#    define XCR0_AVX512 0xe6u /* and opmask, upper halves, upper registers */

static uint64_t saved_states(void)
{
    uint32_t low;
    uint32_t high;
    __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
    return (uint64_t)high << 32 | low;
}

unsigned cpu_features(void)
{
    unsigned a;
    unsigned b;
    unsigned c;
    unsigned d;
    if (!__get_cpuid(1, &a, &b, &c, &d))
        return 0;
    const uint64_t saved = (c & bit_OSXSAVE) ? saved_states() : 0;
    if ((saved & XCR0_AVX) != XCR0_AVX || !(c & bit_AVX))
        return 0;
    unsigned found = 0;
    if (c & bit_AES)
        found |= CPU_AESNI;
    if (c & bit_PCLMUL)
        found |= CPU_PCLMUL;
    if (!__get_cpuid_count(7, 0, &a, &b, &c, &d) || !(b & bit_AVX2))
        return found;
    found |= CPU_AVX2;
    if (c & bit_VAES)
        found |= CPU_VAES;
    if (c & bit_VPCLMULQDQ)
        found |= CPU_VPCLMUL;
    const unsigned avx512 = bit_AVX512F | bit_AVX512BW | bit_AVX512DQ | bit_AVX512VL;
    if ((saved & XCR0_AVX512) == XCR0_AVX512 && (b & avx512) == avx512)
        found |= CPU_AVX512;
    return found;
}

#else

unsigned cpu_features(void)
{
    return 0;
}

#endif

const backend *backend_find(const backend *const *list, size_t n, const char *name)
{
    const unsigned features = cpu_features();
    for (size_t i = 0; i < n; i++) {
        if ((list[i]->needs & ~features) != 0)
            continue;
        if (name == NULL || strcmp(name, list[i]->name) == 0)
            return list[i];
    }
    return NULL;
}

const backend *backend_choose(const backend *const *list, size_t n, const char *variable)
{
    const char *wanted = getenv(variable);
    const backend *found = wanted != NULL ? backend_find(list, n, wanted) : NULL;
    return found != NULL ? found : backend_find(list, n, NULL);
}
