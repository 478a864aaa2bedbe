/* Status codes and errors of every polytune call.
 *
 * Every call that can fail returns a pt_status and fills an optional pt_error. The class of a
 * status decides the exit status of the command line tool. The innermost layer fills the error;
 * outer layers keep it.
 *
 * For the whole library: results come first among the arguments, then handles, then inputs, the
 * error last, which may be NULL. A pointer that is NULL where something is needed, and a number out
 * of range, are PT_ERR_USAGE; calls that return no status then answer 0, NULL or false. What frees
 * something accepts NULL. Results are untouched on failure unless the call says otherwise. */
#ifndef POLYTUNE_STATUS_H
#define POLYTUNE_STATUS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__) || defined(__clang__)
#    define PT_MUST_CHECK __attribute__((warn_unused_result))
#    define PT_API        __attribute__((visibility("default")))
#else
#    define PT_MUST_CHECK
#    define PT_API
#endif

/* X(name, class, text). The order is part of the ABI: append only. */
#define PT_STATUS_LIST(X)                                                                          \
    X(PT_OK, PT_CLASS_DONE, "done")                                                                \
    X(PT_ERR_INTERNAL, PT_CLASS_INTERNAL, "internal error")                                        \
    X(PT_ERR_MEMORY, PT_CLASS_INTERNAL, "out of memory")                                           \
    X(PT_ERR_USAGE, PT_CLASS_USAGE, "wrong use of an option or argument")                          \
    X(PT_ERR_PROGRAM, PT_CLASS_PROGRAM, "the program does not compile")                            \
    X(PT_ERR_UNSUPPORTED, PT_CLASS_PROGRAM,                                                        \
      "the program uses something this version cannot compile")                                    \
    X(PT_ERR_LIMIT, PT_CLASS_PROGRAM, "the program or circuit is larger than a limit allows")      \
    X(PT_ERR_INPUT, PT_CLASS_INPUT, "invalid input")                                               \
    X(PT_ERR_CONSTANT, PT_CLASS_INPUT, "invalid constant")                                         \
    X(PT_ERR_CIRCUIT, PT_CLASS_INPUT, "invalid circuit file")                                      \
    X(PT_ERR_FILE, PT_CLASS_INPUT, "file cannot be read or written")                               \
    X(PT_ERR_PANIC, PT_CLASS_PANIC, "the program panicked")                                        \
    X(PT_ERR_TIMEOUT, PT_CLASS_TRANSPORT, "timed out")                                             \
    X(PT_ERR_CLOSED, PT_CLASS_TRANSPORT, "connection closed")                                      \
    X(PT_ERR_REFUSED, PT_CLASS_TRANSPORT, "refused")                                               \
    X(PT_ERR_TOO_LARGE, PT_CLASS_TRANSPORT, "message too large")                                   \
    X(PT_ERR_IO, PT_CLASS_TRANSPORT, "communication failed")                                       \
    X(PT_PEER_ABORT, PT_CLASS_PEER, "another party found a failed check")                          \
    X(PT_PEER_MALFORMED, PT_CLASS_PEER, "malformed message")                                       \
    X(PT_PEER_SETUP, PT_CLASS_PEER, "the parties disagree on what to run")                         \
    X(PT_PEER_TRANSCRIPT, PT_CLASS_PEER, "the parties saw different messages")                     \
    X(PT_PEER_COMMITMENT, PT_CLASS_PEER, "a commitment was opened wrongly")                        \
    X(PT_PEER_BASE_OT, PT_CLASS_PEER, "invalid group element in base OT")                          \
    X(PT_PEER_ABIT, PT_CLASS_PEER, "authenticated-bit check failed")                               \
    X(PT_PEER_DELTA, PT_CLASS_PEER, "global-key consistency check failed")                         \
    X(PT_PEER_ZERO_CHECK, PT_CLASS_PEER, "AND-triple zero check failed")                           \
    X(PT_PEER_OPENING, PT_CLASS_PEER, "authenticated opening failed")                              \
    X(PT_PEER_EVALUATOR, PT_CLASS_PEER, "the evaluator's circuit authentication failed")           \
    X(PT_PEER_GARBLER, PT_CLASS_PEER, "a garbler's circuit authentication failed")                 \
    X(PT_PEER_IDENTITY, PT_CLASS_PEER, "a party is not who it should be")                          \
    X(PT_PEER_ALTERED, PT_CLASS_PEER, "messages were altered on the way")                          \
    X(PT_ERR_CANCELLED, PT_CLASS_TRANSPORT, "cancelled")                                           \
    X(PT_ERR_RANDOM, PT_CLASS_INTERNAL, "the operating system gives no random numbers")            \
    X(PT_ERR_THREAD, PT_CLASS_INTERNAL, "no thread can be started")                                \
    X(PT_ERR_STOPPED, PT_CLASS_TRANSPORT, "another party stopped")

/* clang-format off */
typedef enum pt_status {
#define X(name, class_, text) name,
    PT_STATUS_LIST(X)
#undef X
    PT_STATUS_COUNT
} pt_status;
/* clang-format on */

/* What kind of failure a status is; the value is the exit status of the command. */
typedef enum pt_status_class {
    PT_CLASS_DONE = 0,
    PT_CLASS_INTERNAL = 1,
    PT_CLASS_USAGE = 2,
    PT_CLASS_PROGRAM = 3,
    PT_CLASS_INPUT = 4,
    PT_CLASS_PANIC = 5,
    PT_CLASS_TRANSPORT = 6,
    PT_CLASS_PEER = 7
} pt_status_class;

#define PT_NO_PARTY          (-1)
#define PT_ERROR_MESSAGE_MAX 512

/* An error, on the caller's stack. `party` is the party blamed or waited for, or PT_NO_PARTY;
 * `phase` a static string, or NULL. `message` is always terminated. */
typedef struct pt_error {
    pt_status status;
    int party;
    const char *phase;
    char message[PT_ERROR_MESSAGE_MAX];
} pt_error;

/* The status's name ("PT_OK"), text and class; any number at all is answered. */
PT_API const char *pt_status_name(pt_status status);
PT_API const char *pt_status_text(pt_status status);
PT_API pt_status_class pt_status_class_of(pt_status status);

/* Sets `error` to PT_OK with an empty message. */
PT_API void pt_error_clear(pt_error *error);

/* Releases text that a call of this library returned. Accepts NULL. */
PT_API void pt_text_free(char *text);

/* Whether to give up: asked several times a second by whoever waits or computes, so that Ctrl-C for
 * example can end a computation in order. Once true, stays true; calls then fail with
 * PT_ERR_CANCELLED, and closing the channel tells the others. May be called from any thread that
 * uses the channel, and from the channel's own. */
typedef bool (*pt_cancelled_fn)(void *user);

/* Told from time to time what a long call does (`phase`, a word or two) and how much of it is done:
 * `done` only grows within a phase. `total` is 0 while nobody can know it. Called from the thread
 * that made the call. */
typedef void (*pt_progress_fn)(void *user, const char *phase, uint64_t done, uint64_t total);

/* Bits go in and out as one byte 0 or 1 each, or, by the calls that end in _packed, eight a byte:
 * bit i is bit i % 8 of byte i / 8, the lowest first, in PT_PACKED_BYTES(n_bits) bytes; what is
 * left over in the last byte is zero. The order of the bits is the same in both. */
#define PT_PACKED_BYTES(n_bits) ((n_bits) / 8 + ((n_bits) % 8 != 0))

#ifdef __cplusplus
}
#endif
#endif
