/* Filling a pt_error and passing it on. Layer: base.
 *
 * Every function takes the optional pt_error last and returns the status it set, so that a failing
 * call is `return error_set(error, PT_ERR_INPUT, "...");`. The innermost layer fills the error. */
#ifndef BASE_ERROR_H
#define BASE_ERROR_H

#include "base/compiler.h"
#include "polytune/status.h"

/* Sets status and message (printf-like, cut at PT_ERROR_MESSAGE_MAX); party and phase are left
 * unknown. */
pt_status error_set(pt_error *error, pt_status status, const char *format, ...) PRINTF_LIKE(3, 4);

/* The same with the party concerned and the protocol phase (a static string). */
pt_status error_set_peer(pt_error *error, pt_status status, int party, const char *phase,
                         const char *format, ...) PRINTF_LIKE(5, 6);

/* PT_ERR_MEMORY with a standard message. */
static inline pt_status error_memory(pt_error *error)
{
    (void)error_set(error, PT_ERR_MEMORY, "out of memory");
    return PT_ERR_MEMORY;
}

/* PT_ERR_USAGE: `what`, an argument, is NULL. */
pt_status error_missing(pt_error *error, const char *what);

#endif
