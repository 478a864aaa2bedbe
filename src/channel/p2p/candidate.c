#define _DEFAULT_SOURCE
#include "channel/p2p/candidate.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#define VERSION  1
#define PORT_MIN 1024

static const uint8_t magic[4] = {'P', 'T', 'p', '4'};

static size_t address_bytes(uint8_t family)
{
    return family == 4 ? 4 : 16;
}

bool candidate_from_socket(candidate *ret_candidate, const struct sockaddr *address)
{
    candidate c = {0};
    if (address->sa_family == AF_INET) {
        struct sockaddr_in in;
        memcpy(&in, address, sizeof in);
        c.family = 4;
        memcpy(c.address, &in.sin_addr, 4);
        c.port = ntohs(in.sin_port);
    } else if (address->sa_family == AF_INET6) {
        struct sockaddr_in6 in;
        memcpy(&in, address, sizeof in);
        c.family = 6;
        memcpy(c.address, &in.sin6_addr, 16);
        c.port = ntohs(in.sin6_port);
    } else {
        return false;
    }
    *ret_candidate = c;
    return true;
}

socklen_t candidate_to_socket(struct sockaddr_storage *ret_address, const candidate *c)
{
    *ret_address = (struct sockaddr_storage){0};
    if (c->family == 4) {
        struct sockaddr_in in = {.sin_family = AF_INET, .sin_port = htons(c->port)};
        memcpy(&in.sin_addr, c->address, 4);
        memcpy(ret_address, &in, sizeof in);
        return sizeof in;
    }
    struct sockaddr_in6 in = {.sin6_family = AF_INET6, .sin6_port = htons(c->port)};
    memcpy(&in.sin6_addr, c->address, 16);
    memcpy(ret_address, &in, sizeof in);
    return sizeof in;
}

void candidate_print(char ret_text[CANDIDATE_TEXT_SIZE], const candidate *c)
{
    char host[INET6_ADDRSTRLEN];
    if (inet_ntop(c->family == 4 ? AF_INET : AF_INET6, c->address, host, sizeof host) == NULL)
        host[0] = '\0';
    (void)snprintf(ret_text, CANDIDATE_TEXT_SIZE, c->family == 4 ? "%s:%u" : "[%s]:%u", host,
                   (unsigned)c->port);
}

static bool parse_port(uint16_t *ret_port, const char *text, size_t len)
{
    uint32_t port = 0;
    for (size_t i = 0; i < len; i++) {
        if (text[i] < '0' || text[i] > '9')
            return false;
        port = port * 10 + (uint32_t)(text[i] - '0');
    }
    *ret_port = (uint16_t)port;
    return len >= 1 && len <= 5 && text[0] != '0' && port <= UINT16_MAX;
}

bool candidate_parse(candidate *ret_candidate, const char *text, size_t len)
{
    char host[INET6_ADDRSTRLEN + 2];
    size_t host_len = len;
    while (host_len != 0 && text[host_len - 1] != ':')
        host_len--;
    candidate c = {0};
    if (host_len-- == 0 || host_len >= sizeof host || len - host_len - 1 > 5 ||
        !parse_port(&c.port, text + host_len + 1, len - host_len - 1))
        return false;
    memcpy(host, text, host_len);
    host[host_len] = '\0';
    if (strlen(host) != host_len)
        return false;
    if (host_len >= 2 && host[0] == '[' && host[host_len - 1] == ']') {
        host[host_len - 1] = '\0';
        c.family = 6;
        if (inet_pton(AF_INET6, host + 1, c.address) != 1)
            return false;
    } else {
        c.family = 4;
        if (inet_pton(AF_INET, host, c.address) != 1)
            return false;
    }
    *ret_candidate = c;
    return true;
}

bool candidate_is_equal(const candidate *a, const candidate *b)
{
    return a->family == b->family && a->port == b->port &&
           memcmp(a->address, b->address, sizeof a->address) == 0;
}

static bool is_loopback_6(const uint8_t a[16])
{
    static const uint8_t loopback[16] = {[15] = 1};
    return memcmp(a, loopback, sizeof loopback) == 0;
}

bool candidate_is_loopback(const candidate *c)
{
    return c->family == 4 ? c->address[0] == 127 : is_loopback_6(c->address);
}

static bool is_possible_4(const uint8_t a[4])
{
    const bool is_link_local = a[0] == 169 && a[1] == 254;
    return a[0] != 0 && a[0] < 224 && !is_link_local; /* from 224 on: groups, broadcast, reserved */
}

/* Refuses also addresses that stand for IPv4 ones (mapped, translated, 6to4, Teredo): they would
 * lead past the rules for those. */
static bool is_possible_6(const uint8_t a[16])
{
    static const uint8_t zeros[8] = {0};
    const bool is_group = a[0] == 0xff;
    const bool is_link_local = a[0] == 0xfe && (a[1] & 0xc0) == 0x80;
    const bool is_embedded = memcmp(a, zeros, sizeof zeros) == 0 && !is_loopback_6(a);
    const bool is_nat64 = a[0] == 0x00 && a[1] == 0x64;
    const bool is_tunnel = (a[0] == 0x20 && a[1] == 0x02) ||
                           (a[0] == 0x20 && a[1] == 0x01 && a[2] == 0x00 && a[3] == 0x00);
    return !is_group && !is_link_local && !is_embedded && !is_nat64 && !is_tunnel;
}

bool candidate_is_possible(const candidate *c)
{
    return c->port >= PORT_MIN &&
           (c->family == 4 ? is_possible_4(c->address) : is_possible_6(c->address));
}

void candidates_add(candidates *list, const candidate *c, size_t limit)
{
    if (list->n >= limit || list->n >= CANDIDATES_MAX || !candidate_is_possible(c))
        return;
    for (size_t i = 0; i < list->n; i++)
        if (candidate_is_equal(&list->items[i], c))
            return;
    list->items[list->n++] = *c;
}

void offer_put(buffer *b, const offer *o)
{
    buffer_put(b, magic, sizeof magic);
    buffer_put_u8(b, VERSION);
    buffer_put(b, o->nonce, sizeof o->nonce);
    buffer_put_u8(b, (uint8_t)o->candidates.n);
    for (size_t i = 0; i < o->candidates.n; i++) {
        const candidate *c = &o->candidates.items[i];
        buffer_put_u8(b, c->family);
        buffer_put(b, c->address, address_bytes(c->family));
        buffer_put_u8(b, (uint8_t)(c->port & 0xff));
        buffer_put_u8(b, (uint8_t)(c->port >> 8));
    }
}

static bool read_candidate(candidate *ret_candidate, reader *r)
{
    candidate c = {.family = reader_u8(r)};
    if (c.family != 4 && c.family != 6)
        return false;
    reader_get(r, c.address, address_bytes(c.family));
    const unsigned low = reader_u8(r);
    c.port = (uint16_t)(low | (unsigned)reader_u8(r) << 8);
    *ret_candidate = c;
    return !r->failed && candidate_is_possible(&c);
}

bool offer_parse(offer *ret_offer, const uint8_t *bytes, size_t len)
{
    offer o = {0};
    reader r;
    uint8_t start[sizeof magic];
    reader_init(&r, bytes, len);
    reader_get(&r, start, sizeof start);
    const uint8_t version = reader_u8(&r);
    reader_get(&r, o.nonce, sizeof o.nonce);
    o.candidates.n = reader_u8(&r);
    if (r.failed || memcmp(start, magic, sizeof magic) != 0 || version != VERSION ||
        o.candidates.n > CANDIDATES_MAX)
        return false;
    for (size_t i = 0; i < o.candidates.n; i++)
        if (!read_candidate(&o.candidates.items[i], &r))
            return false;
    if (!reader_done(&r))
        return false;
    *ret_offer = o;
    return true;
}
