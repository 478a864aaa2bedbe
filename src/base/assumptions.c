/* Every implementation-defined behaviour the project relies on. */
#include <limits.h>
#include <stddef.h>
#include <stdint.h>

_Static_assert(CHAR_BIT == 8, "bytes have eight bits");
_Static_assert(sizeof(int) >= 4, "int has at least 32 bits");
_Static_assert(sizeof(size_t) >= 4, "sizes have at least 32 bits");
_Static_assert((-1 & 3) == 3, "two's complement");
_Static_assert(((int64_t)-1 >> 1) == -1, "right shift of negative numbers is arithmetic");
#if defined(__BYTE_ORDER__)
_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__,
               "blocks are kept in little-endian memory order");
#endif
