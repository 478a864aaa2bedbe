#include "relay/store.h"

#include <string.h>

#include "base/assert.h"
#include "base/error.h"
#include "base/mem.h"
#include "relay/store_impl.h"

pt_status store_open(store **ret_store, const char *where, const store_options *options,
                     const store_listener *listener, pt_error *error)
{
    static const char sqlite[] = "sqlite:";
    const bool is_file = where != NULL && strncmp(where, sqlite, sizeof sqlite - 1) == 0;
    if (options->syncs && !is_file)
        return error_set(error, PT_ERR_USAGE, "--store-sync is for --store=sqlite:FILE");
    if (where == NULL || strcmp(where, "memory") == 0)
        return store_memory_open(ret_store, options, listener, error);
    if (is_file && where[sizeof sqlite - 1] != '\0')
        return store_sqlite_open(ret_store, where + sizeof sqlite - 1, options, listener, error);
    if (strncmp(where, "redis://", 8) == 0)
        return store_redis_open(ret_store, where, options, listener, error);
    return error_set(error, PT_ERR_USAGE,
                     "a store is memory, sqlite:FILE or redis://HOST:PORT/DB, not '%.80s'", where);
}

void store_free(store *s)
{
    if (s != NULL)
        s->ops->free(s);
}

stored *stored_new(uint64_t number, uint8_t *bytes, size_t len)
{
    stored *m = mem_new(1, sizeof *m);
    if (m != NULL)
        *m = (stored){.number = number, .refs = 1, .len = len, .bytes = bytes};
    return m;
}

stored *stored_hold(stored *m)
{
    PT_ASSERT(m->refs != 0);
    m->refs++;
    return m;
}

void stored_release(stored *m)
{
    if (m == NULL)
        return;
    PT_ASSERT(m->refs != 0);
    if (--m->refs != 0)
        return;
    mem_free(m->bytes);
    mem_free(m);
}
