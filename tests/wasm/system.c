/* What clang's builtins of Debian ask of their host: a stack protector. */
#include <stdint.h>
#include <stdlib.h>

uintptr_t __stack_chk_guard;
_Noreturn void __stack_chk_fail(void);

_Noreturn void __stack_chk_fail(void)
{
    abort();
}
