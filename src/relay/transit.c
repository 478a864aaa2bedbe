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

/* Which of an address's counts it is. */
typedef enum transit_way { WAY_RECEIVING, WAY_SENDING } transit_way;

static size_t *traveller_count(traveller *t, transit_way way)
{
    return way == WAY_RECEIVING ? &t->receiving : &t->sending;
}

static bool transit_fits(size_t used, size_t more, size_t max)
{
    return used <= max && more <= max - used;
}

static store_result address_take(request *r, transit_way way, size_t len)
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
    size_t *count = traveller_count(own, way);
    /* Who has nothing on its way may have one message, however large: it would never pass else. */
    if (*count != 0 && !transit_fits(*count, len, t->address_max))
        return STORE_FULL_ADDRESS_BYTES;
    *count += len;
    r->n_travelling += len;
    r->traveller = own;
    return STORE_DONE;
}

static void address_give(request *r, transit_way way, size_t len)
{
    traveller *own = r->traveller;
    if (own == NULL)
        return;
    size_t *count = traveller_count(own, way);
    PT_ASSERT(r->n_travelling >= len && *count >= len);
    r->n_travelling -= len;
    *count -= len;
    if (own->receiving == 0 && own->sending == 0)
        traveller_drop(&r->server->transit, own);
    if (r->n_travelling == 0)
        r->traveller = NULL;
}

store_result transit_receive(request *r, size_t len)
{
    relay_server *server = r->server;
    if (!transit_fits(server->store->bytes + server->transit.receiving, len,
                      server->options.max_bytes))
        return STORE_FULL_BYTES;
    const store_result result = address_take(r, WAY_RECEIVING, len);
    if (result == STORE_DONE)
        server->transit.receiving += len;
    return result;
}

void transit_received(request *r, size_t len)
{
    PT_ASSERT(r->server->transit.receiving >= len);
    r->server->transit.receiving -= len;
    address_give(r, WAY_RECEIVING, len);
}

store_result transit_send(request *r, size_t len)
{
    transit *t = &r->server->transit;
    if (t->sending != 0 && !transit_fits(t->sending, len, r->server->options.max_bytes))
        return STORE_FULL_BYTES;
    const store_result result = address_take(r, WAY_SENDING, len);
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
    address_give(r, WAY_SENDING, r->n_sending);
    r->n_sending = 0;
}
