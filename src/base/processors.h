/* How many processors this thread may use. Layer: base. In system_linux.c,
 * system_other.c. */
#ifndef BASE_PROCESSORS_H
#define BASE_PROCESSORS_H

#include <stdbool.h>

/* Whether it is a single one: then threads do not run at once. False where that is not known. */
bool processor_is_only_one(void);

#endif
