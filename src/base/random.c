#define _DEFAULT_SOURCE
#include "base/random.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/mem.h"
#include "base/min.h"

#define ENTROPY_MAX 256 /* what getentropy gives at once */

#ifdef PT_TESTING
#    include <stdatomic.h>

static atomic_bool is_told_to_fail;

void random_fail(bool fails)
{
    atomic_store(&is_told_to_fail, fails);
}

static int draw(uint8_t *ret_bytes, size_t len)
{
    errno = ENOSYS;
    return atomic_load(&is_told_to_fail) ? -1 : getentropy(ret_bytes, len);
}
#else
static int draw(uint8_t *ret_bytes, size_t len)
{
    return getentropy(ret_bytes, len);
}
#endif

pt_status random_bytes(void *ret_bytes, size_t len, pt_error *error)
{
    uint8_t *at = ret_bytes;
    for (size_t done = 0; done < len;) {
        const size_t n = min_size(len - done, ENTROPY_MAX);
        if (draw(at + done, n) != 0) {
            mem_wipe(at, len);
            return error_set(error, PT_ERR_RANDOM,
                             "the operating system gives no random numbers: %s", strerror(errno));
        }
        done += n;
    }
    return PT_OK;
}
