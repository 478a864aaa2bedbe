/* What the processor and the operating system offer to the back-ends, in backend.c. Layer: crypto.
 */
#ifndef CRYPTO_CPU_H
#define CRYPTO_CPU_H

enum {
    CPU_AESNI = 1 << 0,  /* AES-NI, and AVX with its registers saved by the system */
    CPU_PCLMUL = 1 << 1, /* PCLMULQDQ, and AVX likewise */
    CPU_AVX2 = 1 << 2,
    CPU_VAES = 1 << 3,    /* VAES on 256 bits */
    CPU_VPCLMUL = 1 << 4, /* VPCLMULQDQ on 256 bits */
    CPU_AVX512 = 1 << 5,  /* AVX-512 F, BW, DQ and VL, 512-bit registers saved by the system */
};

/* The set of features that may be used, by CPUID and XGETBV; 0 on other processors. */
unsigned cpu_features(void);

#endif
