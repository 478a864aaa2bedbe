#include "relay/transit.h"

#include <string.h>

#include "base/assert.h"
#include "base/mem.h"
#include "relay/server.h"

static traveller *traveller_find(const transit *t, const char *address)
{
    traveller *found = t->travellers;
    while (found != NULL && strcmp(found->address, address) != 0)
        found = found->next;
    return found;
}

static traveller *traveller_add(transit *t, const char *address)
{
    traveller *added = mem_new(1, sizeof *added);
    if (added == NULL)
        return NULL;
    memcpy(added->address, address, strlen(address) + 1);
    added->next = t->travellers;
    t->travellers = added;
    return added;
}

static void traveller_drop(transit *t, traveller *gone)
{
    traveller **link = &t->travellers;
    while (*link != gone)
        link = &(*link)->next;
    *link = gone->next;
    mem_free(gone);
}

/* Who has nothing on its way may have one message, however large: it would never pass else. */
static bool traveller_has_room(const traveller *t, size_t len, size_t max)
{
    return t->bytes == 0 || (t->bytes <= max && len <= max - t->bytes);
}

static store_result address_take(request *r, size_t len)
{
    transit *t = &r->server->transit;
    if (t->address_max == 0 || len == 0)
        return STORE_DONE;
    traveller *own = r->traveller;
    if (own == NULL)
        own = traveller_find(t, r->address);
    if (own == NULL)
        own = traveller_add(t, r->address);
    if (own == NULL)
        return STORE_MEMORY;
    if (!traveller_has_room(own, len, t->address_max))
        return STORE_FULL_ADDRESS_BYTES;
    own->bytes += len;
    r->n_travelling += len;
    r->traveller = own;
    return STORE_DONE;
}

static void address_give(request *r, size_t len)
{
    traveller *own = r->traveller;
    if (own == NULL)
        return;
    PT_ASSERT(r->n_travelling >= len && own->bytes >= len);
    r->n_travelling -= len;
    own->bytes -= len;
    if (own->bytes == 0)
        traveller_drop(&r->server->transit, own);
    if (r->n_travelling == 0)
        r->traveller = NULL;
}

static bool transit_fits(size_t used, size_t more, size_t max)
{
    return used <= max && more <= max - used;
}

store_result transit_receive(request *r, size_t len)
{
    relay_server *server = r->server;
    if (!transit_fits(server->store->bytes + server->transit.receiving, len,
                      server->options.max_bytes))
        return STORE_FULL_BYTES;
    const store_result result = address_take(r, len);
    if (result == STORE_DONE)
        server->transit.receiving += len;
    return result;
}

void transit_received(request *r, size_t len)
{
    PT_ASSERT(r->server->transit.receiving >= len);
    r->server->transit.receiving -= len;
    address_give(r, len);
}

store_result transit_send(request *r, size_t len)
{
    transit *t = &r->server->transit;
    if (t->sending != 0 && !transit_fits(t->sending, len, r->server->options.max_bytes))
        return STORE_FULL_BYTES;
    const store_result result = address_take(r, len);
    if (result == STORE_DONE) {
        r->n_sending = len;
        t->sending += len;
    }
    return result;
}

void transit_sent(request *r)
{
    PT_ASSERT(r->server->transit.sending >= r->n_sending);
    r->server->transit.sending -= r->n_sending;
    address_give(r, r->n_sending);
    r->n_sending = 0;
}
