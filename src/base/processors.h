/* How many processors this thread may use. Layer: base. In system_linux.c,
 * system_other.c. */
#ifndef BASE_PROCESSORS_H
#define BASE_PROCESSORS_H

#include <stddef.h>

/* At least 1, also where that is not known. */
size_t processors_usable(void);

#endif
