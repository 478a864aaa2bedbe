/* Test hooks: places where a test can look at, or change, what a party computes. Layer: mpc.
 *
 * HOOK(session, "name", data, len) does nothing in shipped builds. Builds with PT_TESTING call the
 * session's hook, if any: tests use it to play a cheating party and to collect all parties' views.
 */
#ifndef MPC_HOOK_H
#define MPC_HOOK_H

#include <stddef.h>

struct session;

#ifdef PT_TESTING
typedef void (*mpc_hook_fn)(void *user, struct session *s, const char *name, void *data,
                            size_t len);
#    define HOOK(s, name, data, len)                                                               \
        do {                                                                                       \
            if ((s)->hook != NULL)                                                                 \
                (s)->hook((s)->hook_user, (s), (name), (data), (len));                             \
        } while (0)
#else
#    define HOOK(s, name, data, len) ((void)0)
#endif

#endif
