#define _DEFAULT_SOURCE
#include "relay/admit.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/random.h"
#include "relay/server.h"
#include "wire/wire.h"

#define TOKEN_MAX 256 /* characters of a seat token */
#define TOKEN_MIN 22  /* 128 bits in base64 */

/* ---- addresses ---- */

/* Writes the address; of IPv6 the network of 64 bits, which is what one customer has. An IPv4
 * address may come as a mapped one. */
static void write_ipv6(char *ret_text, const struct in6_addr *address)
{
    struct in6_addr network = *address;
    if (IN6_IS_ADDR_V4MAPPED(address)) {
        (void)inet_ntop(AF_INET, address->s6_addr + 12, ret_text, ADDRESS_MAX);
        return;
    }
    memset(network.s6_addr + 8, 0, 8);
    (void)inet_ntop(AF_INET6, &network, ret_text, ADDRESS_MAX);
}

void admit_write_address(char ret_text[ADDRESS_MAX], const struct sockaddr *address)
{
    (void)snprintf(ret_text, ADDRESS_MAX, "unknown");
    if (address != NULL && address->sa_family == AF_INET)
        (void)inet_ntop(AF_INET, &((const struct sockaddr_in *)(const void *)address)->sin_addr,
                        ret_text, ADDRESS_MAX);
    else if (address != NULL && address->sa_family == AF_INET6)
        write_ipv6(ret_text, &((const struct sockaddr_in6 *)(const void *)address)->sin6_addr);
}

void admit_address(request *r)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(r->http.connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
    admit_write_address(r->address, info == NULL ? NULL : info->client_addr);
}

/* The last address is the one that the proxy next to us saw; those before it anybody may write. */
void admit_forwarded(request *r, const char *value)
{
    const char *comma = strrchr(value, ',');
    const char *last = comma == NULL ? value : comma + 1;
    char text[ADDRESS_MAX];
    struct in_addr ipv4;
    struct in6_addr ipv6;
    last += strspn(last, " \t");
    const size_t len = strcspn(last, " \t");
    if (len >= sizeof text)
        return;
    memcpy(text, last, len);
    text[len] = '\0';
    if (inet_pton(AF_INET, text, &ipv4) == 1)
        (void)inet_ntop(AF_INET, &ipv4, r->address, ADDRESS_MAX);
    else if (inet_pton(AF_INET6, text, &ipv6) == 1)
        write_ipv6(r->address, &ipv6);
}

/* ---- tokens ---- */

static void note_token(request *r, const char *token, size_t len)
{
    (void)crypto_generichash(r->who.digest, sizeof r->who.digest, (const uint8_t *)token, len, NULL,
                             0);
    r->who.has_token = true;
}

void admit_token(request *r, const char *value)
{
    static const char allowed[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~+/=";
    const size_t len = strlen(value);
    if (r->who.has_token || len < TOKEN_MIN || len > TOKEN_MAX || strspn(value, allowed) != len) {
        httpd_refuse(&r->http, 400,
                     "a seat token is 22 to 256 of the characters A-Z a-z 0-9 - . _ ~ + / =");
        return;
    }
    note_token(r, value, len);
}

/* Another scheme than Bearer is somebody else's business: a proxy's before us. */
void admit_authorization(request *r, const char *value)
{
    static const char scheme[] = WIRE_BEARER;
    if (strncasecmp(value, scheme, sizeof scheme - 1) == 0)
        admit_token(r, value + sizeof scheme - 1 + strspn(value + sizeof scheme - 1, " "));
}

bool admit_issue(request *r)
{
    uint8_t random[16];
    if (random_bytes(random, sizeof random, NULL) != PT_OK)
        return false;
    (void)sodium_bin2hex(r->issued, sizeof r->issued, random, sizeof random);
    mem_wipe(random, sizeof random);
    note_token(r, r->issued, strlen(r->issued));
    return true;
}

/* ---- limits ---- */

pt_status admit_init(admit_limits *a, const relay_options *o, pt_error *error)
{
    const struct {
        quota *quota;
        double per_second;
        double burst;
    } limits[] = {
        {&a->address_requests, o->address_requests, 2.0 * o->address_requests},
        {&a->session_requests, o->session_requests, 2.0 * o->session_requests},
        {&a->address_sessions, o->address_sessions / 60.0, 2.0 * o->address_sessions},
    };
    pt_status status = PT_OK;
    for (size_t i = 0; status == PT_OK && i < sizeof limits / sizeof *limits; i++)
        status = quota_init(limits[i].quota, limits[i].per_second, limits[i].burst, error);
    return status;
}

void admit_clear(admit_limits *a)
{
    quota_clear(&a->address_requests);
    quota_clear(&a->session_requests);
    quota_clear(&a->address_sessions);
}

bool admit_count(request *r, refusal *ret_why)
{
    admit_limits *a = &r->server->limits;
    const char *session = r->route.session;
    const uint64_t now = clock_ms();
    if (session[0] == '\0')
        return true;
    *ret_why = REFUSED_RATE_ADDRESS;
    if (quota_take(&a->address_requests, r->address, strlen(r->address), now) != 0)
        return false;
    *ret_why = REFUSED_RATE_SESSION;
    return quota_take(&a->session_requests, session, strlen(session), now) == 0;
}

uint64_t admit_opening_wait_ms(admit_limits *a, const char *address)
{
    return quota_wait_ms(&a->address_sessions, address, strlen(address), clock_ms());
}

void admit_opened(admit_limits *a, const char *address)
{
    (void)quota_take(&a->address_sessions, address, strlen(address), clock_ms());
}
