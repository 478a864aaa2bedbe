/* Which names a session may have: they stand in paths unescaped. Layer: wire. */
#ifndef WIRE_SESSION_NAME_H
#define WIRE_SESSION_NAME_H

#include <stdbool.h>
#include <stddef.h>

#define SESSION_NAME_MAX  128
#define SESSION_NAME_RULE "a session name is 1 to 128 of the characters A-Z a-z 0-9 . _ ~ -"

bool session_name_is_good(const char *name, size_t len);

#endif
