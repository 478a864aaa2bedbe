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

void store_seats_add_terms(store_seats *seats, uint32_t party, const char *text, size_t len)
{
    if (seats->n_terms == STORE_TERMS_MAX || !terms_are_good(text, len))
        return;
    for (size_t i = 0; i < seats->n_terms; i++)
        if (strlen(seats->terms[i].text) == len && memcmp(seats->terms[i].text, text, len) == 0)
            return;
    store_terms *added = &seats->terms[seats->n_terms++];
    added->party = party;
    memcpy(added->text, text, len);
    added->text[len] = '\0';
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
