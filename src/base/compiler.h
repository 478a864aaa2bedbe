/* Compiler-specific things, in one place. Layer: base. */
#ifndef BASE_COMPILER_H
#define BASE_COMPILER_H

#if defined(__GNUC__) || defined(__clang__)
#    define MUST_CHECK                      __attribute__((warn_unused_result))
#    define PRINTF_LIKE(format_at, args_at) __attribute__((format(printf, format_at, args_at)))
#    define LIKELY(x)                       __builtin_expect(!!(x), 1)
#    define UNLIKELY(x)                     __builtin_expect(!!(x), 0)
#    define ALWAYS_INLINE                   inline __attribute__((always_inline))
#    define NOINLINE                        __attribute__((noinline))
#    define PREFETCH(address)               __builtin_prefetch(address)
#else
#    define MUST_CHECK
#    define PRINTF_LIKE(format_at, args_at)
#    define LIKELY(x)     (x)
#    define UNLIKELY(x)   (x)
#    define ALWAYS_INLINE inline
#    define NOINLINE
#    define PREFETCH(address) (void)(address)
#endif

#endif
