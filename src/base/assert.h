/* Assertions about our own state; no byte from a peer, file or user may reach one. Layer: base.
 *
 * PT_ASSERT stays on in release builds: a protocol in a wrong state must stop, not continue.
 * PT_DEBUG_ASSERT is for costly checks and is off when NDEBUG is defined. With PT_ASSERT_BY_PLACE,
 * for a build that must be small, one that fails tells its place only. */
#ifndef BASE_ASSERT_H
#define BASE_ASSERT_H

_Noreturn void assert_failed(const char *condition, const char *file, int line);

#ifdef PT_ASSERT_BY_PLACE
#    define PT_ASSERT_TEXT(condition) ""
#else
#    define PT_ASSERT_TEXT(condition) #    condition
#endif

#define PT_ASSERT(condition)                                                                       \
    ((condition) ? (void)0 : assert_failed(PT_ASSERT_TEXT(condition), __FILE__, __LINE__))

#ifdef NDEBUG
#    define PT_DEBUG_ASSERT(condition) ((void)sizeof(condition))
#else
#    define PT_DEBUG_ASSERT(condition) PT_ASSERT(condition)
#endif

#endif
